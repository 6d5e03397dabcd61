/** template: a text that the channel's vendor has approved, for customers who wrote too long ago for a free reply. */
import { UserError } from "../errors.ts";
import type { FormField, MessageTemplate } from "../ports.ts";
import { renderTemplate, templateId, templateNamed, templatesFor, valuesOf } from "../services/templates.ts";
import { anyText } from "./args.ts";
import { newOnce, ONCE, onceOnly } from "./once.ts";
import { FORM_FIELD, verb } from "./verb.ts";

/** What a list holds on every desk. */
const OFFERED = 25;
/** So many fields have a line of their own on every desk's form, beside the template itself. */
const OWN_LINES = 4;

const ARGS = anyText.transform(({ text }) => {
  const [, id = "", once, values = ""] = new RegExp(`^(\\S*)(?:\\s+(${ONCE})(?=\\s|$))?([\\s\\S]*)$`).exec(text) ?? [];
  return { id, once, values: values.trim() };
});

const clipped = (text: string, most: number): string => (text.length <= most ? text : `${[...text].slice(0, most - 1).join("")}…`);
const optionOf = (one: MessageTemplate) => ({ value: templateId(one), label: clipped(`${one.name} (${one.language}) · ${one.body.replace(/\s+/g, " ")}`, 75) });

/** The chosen one comes back with the values, and with a sign by which it is sent once. */
function fieldsFor(one: MessageTemplate): FormField[] {
  const chosen = `${templateId(one)} ${newOnce()}`;
  const fields: FormField[] = one.fields.length <= OWN_LINES
    ? one.fields.map(({ label }, i) => ({ name: `v${i}`, label, kind: "text", required: true }))
    : [{ name: "v0", label: "The values, one a line", kind: "longtext", required: true, help: clipped(one.fields.map(({ label }) => label).join(", "), 140) }];
  return [...fields, { name: "template", label: "Template", kind: "select", required: true, value: chosen, options: [{ value: chosen, label: optionOf(one).label }] }];
}

export const template = verb({
  name: "template", aliases: [], usage: "[name] [values]", help: "Sends an approved template, the way to reach a customer who wrote too long ago for a free reply; values one a line, or with | between them. Without a name it asks for one.",
  needs: { conversation: true }, args: ARGS,
  fromForm: (values) => {
    const filled = Object.keys(values).filter((name) => /^v\d$/.test(name)).toSorted().map((name) => values[name]!);
    const lines = filled.length > 1 ? filled.map((value) => value.replace(/\s+/g, " ")) : filled;
    return values.template === undefined ? (values[FORM_FIELD] ?? "") : `${values.template} ${lines.join("\n")}`;
  },
  async run(context) {
    const { core, conversation, say, args, ask } = context;
    const list = await templatesFor(core, conversation);
    if (list.length === 0) throw new UserError("NOT_POSSIBLE", "There is no approved template that can be sent from here. An administrator makes one at the vendor (docs/whatsapp.md, Templates).");
    if (args.id === "") {
      return ask(`Template for #${conversation.number}`, [{
        name: FORM_FIELD, label: "Template", kind: "select", required: true, options: list.slice(0, OFFERED).map(optionOf),
        ...(list.length > OFFERED ? { help: `The first ${OFFERED} of ${list.length}; any other by its name: /template <name>` } : {}),
      }]);
    }
    const one = templateNamed(list, args.id);
    if (one.fields.length > 0 && args.values === "") return ask(`Fill in ${clipped(one.name, 15)}`, fieldsFor(one));
    const values = valuesOf(one, args.values);
    return say("reply", renderTemplate(one, values), conversation, { ...(await onceOnly(context, args.once)), mentions: 0, files: [], template: { name: one.name, language: one.language, values } });
  },
});
