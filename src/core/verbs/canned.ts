/** canned: a text that was written before, filled in for this customer. */
import { cannedNamed, countUse, renderCanned, suggestCanned } from "../services/canned.ts";
import { anyText } from "./args.ts";
import { newOnce, ONCE, onceOnly } from "./once.ts";
import { buttonId, FORM_FIELD, verb } from "./verb.ts";

/** What a list holds on every desk. */
const OFFERED = 25;
/** Longer than some desks let a person edit (Slack: 3,000 characters). */
const EDITABLE = 3_000;

/** `code`, then nothing (preview), `--send`, or `--text` and the text to send in its place: what the preview's form comes back as. A preview's sign stands behind the flag. */
const FORM = new RegExp(`^(\\S*)(?:\\s+(--send(?=\\s*$|\\s+${ONCE}\\s*$)|--text(?=\\s|$))(?:\\s+(${ONCE})(?=\\s|$))?([\\s\\S]*))?$`);
const ARGS = anyText.transform(({ text }) => {
  const [, code = "", act, once, rest = ""] = FORM.exec(text) ?? [undefined, text];
  return { code, send: act === "--send", text: act === "--text" ? rest.trim() : undefined, once };
});

export const canned = verb({
  name: "canned", aliases: ["c"], usage: "[code] [--send]", help: "Shows a canned response as this customer would get it, to change and send; with --send it goes at once. Without a code it asks for one.",
  needs: { conversation: true }, args: ARGS,
  fromForm: (values) => {
    if (values.code === undefined) return values[FORM_FIELD] ?? "";
    const [code = "", once = ""] = values.code.split(" ");
    return values.text === undefined ? `${code} --send ${once}` : `${code} --text ${once} ${values.text}`;
  },
  async run(context) {
    const { core, actor, conversation, say, args, ask } = context;
    if (args.code === "") {
      const names = await suggestCanned(core, actor, conversation, "", OFFERED);
      if (names.length === 0) return { notice: "There is no canned response that you may use here. An administrator adds them in the settings file (threadline.yaml)." };
      return ask(`Canned response for #${conversation.number}`, [{ name: FORM_FIELD, label: "Canned response", kind: "select", required: true, options: names.map(({ code, title }) => ({ value: code, label: `${code} · ${title}` })) }]);
    }
    const { code, title, body } = await cannedNamed(core, actor, conversation, args.code);
    if (args.text !== undefined || args.send) {
      const result = await say("reply", args.text ?? (await renderCanned(core, actor, conversation, body)), conversation, await onceOnly(context, args.once));
      // with a notice it was held
      if (result.notice === undefined) await countUse(core, code);
      return result;
    }
    const text = await renderCanned(core, actor, conversation, body);
    const once = newOnce();
    const { form } = ask(`Send ${code}`, [
      { name: "text", label: "To the customer", kind: "longtext", required: text.length <= EDITABLE, value: text, ...(text.length <= EDITABLE ? {} : { help: "Left empty, the text goes as it was written." }) },
      { name: "code", label: "Canned response", kind: "select", required: true, value: `${code} ${once}`, options: [{ value: `${code} ${once}`, label: `${code} · ${title}` }] },
    ]);
    return { form: form!, notice: `${code} for #${conversation.number}, not sent yet:\n${text}`, buttons: [{ id: buttonId("canned", `${code} --send ${once}`), label: "Send", style: "main" }] };
  },
});
