/** attribute: what an administrator wants known of customers. */
import { attributeText } from "../model/attributes.ts";
import { attributeDefinitions, setAttribute } from "../services/attributes.ts";
import { anyText } from "./args.ts";
import { agentAuthor } from "../services/send-reply.ts";
import { FORM_FIELD, verb } from "./verb.ts";

/** A key, then its value; `none` takes it away. */
const ARGS = anyText.transform(({ text }) => { const [, word = "", value = ""] = /^(\S*)\s*([^]*)$/.exec(text) ?? []; return { word, value: value.trim() }; });

export const attribute = verb({
  name: "attribute", aliases: [], usage: "[key] [value | none]", help: "Sets something that is known of the customer, such as their plan; none takes it away, without a value it asks.",
  needs: { conversation: true }, args: ARGS,
  fromForm: (values) => `${values[FORM_FIELD] ?? ""} ${values.text?.trim() ?? ""}`.trim(),
  async run({ core, actor, conversation, args, ask }) {
    if (args.value === "") {
      const definitions = await attributeDefinitions(core);
      if (definitions.length === 0) return { notice: "There is no attribute to set. An administrator adds attributes in the settings file (threadline.yaml)." };
      return ask(`What is known of ${conversation.contactName}`, [
        { name: FORM_FIELD, label: "Attribute", kind: "select", required: true, options: definitions.slice(0, 25).map(({ key, name }) => ({ value: key, label: name })), ...(args.word === "" ? {} : { value: args.word }) },
        { name: "text", label: "Value", kind: "text", required: true, help: "none takes it away." },
      ]);
    }
    const { name, value } = await setAttribute(core, { conversation, actor: agentAuthor(actor), word: args.word, text: /^none$/i.test(args.value) ? null : args.value });
    return { notice: `${name}: ${value === null ? "taken away" : attributeText(value)}`, logged: true };
  },
});
