/** canned: a text that was written before, filled in for this customer. */
import { UserError } from "../errors.ts";
import type { CannedFile } from "../model/settings.ts";
import type { CannedResponse, Conversation } from "../model/types.ts";
import { cannedNamed, countUse, renderWithFiles, suggestCanned } from "../services/canned.ts";
import { filesInWords, filesToSend } from "../services/canned-files.ts";
import { anyText } from "./args.ts";
import { newOnce, ONCE, onceOnly } from "./once.ts";
import { buttonId, FORM_FIELD, verb, type VerbContext } from "./verb.ts";

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

const helpOf = (...parts: string[]): { help?: string } => {
  const help = parts.filter((part) => part !== "").join(" ");
  return help === "" ? {} : { help };
};

/** Files that go although its text was written anew; of texts that can't be filled in any more, its own. */
async function filesBehind({ core, actor, conversation }: Pick<VerbContext<unknown, Conversation>, "core" | "actor" | "conversation">, found: CannedResponse): Promise<CannedFile[]> {
  try {
    return (await renderWithFiles(core, actor, conversation, found)).files;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return found.files ?? [];
  }
}

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
    const found = await cannedNamed(core, actor, conversation, args.code);
    const { code, title } = found;
    if (args.text !== undefined || args.send) {
      // a text that was changed in the form needs none of what the canned one asks for
      const { text, files } = args.text === undefined ? await renderWithFiles(core, actor, conversation, found) : { text: args.text, files: await filesBehind(context, found) };
      const result = await say("reply", text, conversation, { ...(await onceOnly(context, args.once)), canned: filesToSend(core, conversation, files) });
      // with a notice it was held
      if (result.notice === undefined) await countUse(core, code);
      return result;
    }
    const { text, files } = await renderWithFiles(core, actor, conversation, found);
    filesToSend(core, conversation, files);
    const withIt = filesInWords(files);
    const once = newOnce();
    const { form } = ask(`Send ${code}`, [
      { name: "text", label: "To the customer", kind: "longtext", required: text.length <= EDITABLE, value: text, ...helpOf(text.length <= EDITABLE ? "" : "Left empty, the text goes as it was written.", withIt) },
      { name: "code", label: "Canned response", kind: "select", required: true, value: `${code} ${once}`, options: [{ value: `${code} ${once}`, label: `${code} · ${title}` }] },
    ]);
    return { form: form!, notice: `${code} for #${conversation.number}, not sent yet:\n${[text, withIt].filter((part) => part !== "").join("\n")}`, buttons: [{ id: buttonId("canned", `${code} --send ${once}`), label: "Send", style: "main" }] };
  },
});
