/** resolve, reopen, pending. */
import { UserError } from "../errors.ts";
import { missingAt, readDisposition, type DispositionRule, type Missing } from "../model/disposition.ts";
import type { Conversation } from "../model/types.ts";
import type { FormField } from "../ports.ts";
import { inboxOf } from "../services/inbox-settings.ts";
import { macroNamed } from "../services/macros.ts";
import { reopen as openAgain, reread, resolve as close, setPending } from "../services/set-status.ts";
import { agentAuthor } from "../services/send-reply.ts";
import { anyText, nothing } from "./args.ts";
import { runMacro } from "./run-macro.ts";
import { FORM_FIELD, verb, type Verb, type VerbContext } from "./verb.ts";

/** A bare name is taken for a macro's: nothing else may follow the verb. */
const WITH = anyText.transform(({ text, anyway }) => ({ macro: text.replace(/(^|\s)--no-survey(?=\s|$)/i, "").trim().replace(/^--with(\s+|$)/, "").trim(), anyway, noSurvey: /(^|\s)--no-survey(\s|$)/i.test(text) }));

/** The first is also offered as buttons, where a desk shows no form. */
function fieldsFor(rule: DispositionRule, missing: Missing): FormField[] {
  return [
    ...(missing.label ? [{ name: FORM_FIELD, label: "Label", kind: "select" as const, required: true, options: rule.labels.map((label) => ({ value: `label=${label}`, label })) }] : []),
    ...missing.fields.map(({ key, name, values }): FormField => (values === undefined ? { name: key, label: name, kind: "text", required: true } : { name: key, label: name, kind: "select", required: true, options: values.map((value) => ({ value, label: value })) })),
  ];
}

/** @param table what a macro's steps are run with; asked when it runs, since this verb stands in it. */
export const makeResolve = (table: () => readonly Verb[]): Verb => verb({
  name: "resolve", aliases: ["close"], usage: "[--with macro] [--no-survey] [--anyway]", flags: ["--anyway"],
  help: "Marks it as done, after a macro where you name one; asks first when the customer wrote a line that you could not see yet. Their next line opens it again.",
  needs: { conversation: true }, args: WITH,
  fromForm: (values) => Object.entries(values).filter(([, value]) => value.trim() !== "").map(([name, value]) => (name === FORM_FIELD ? value.trim() : `${name}=${value.trim().replaceAll(/[\n;]+/g, " ")}`)).join("\n"),
  async run(context: VerbContext<{ macro: string; anyway: boolean; noSurvey: boolean }, Conversation>) {
    const { core, actor, conversation, seen, args } = context;
    const rule = (await inboxOf(core, conversation.inboxId)).settings.atResolve;
    const said = rule == null ? undefined : readDisposition(rule, args.macro) ?? undefined;
    if (typeof said === "string") throw new UserError("BAD_TEXT", `${said} #${conversation.number} was not resolved.`);
    if (args.macro !== "" && said === undefined) {
      const { done, ...result } = await runMacro(table(), context, await macroNamed(core, args.macro), { anyway: args.anyway });
      if (!done) return { ...result, notice: `${result.notice ?? ""}\nSo #${conversation.number} was not resolved.` };
      const current = await reread(core, conversation._id);
      try {
        if (current.status !== "resolved") await close(core, { conversation: current, actor: agentAuthor(actor), seen, anyway: args.anyway, noSurvey: args.noSurvey });
      } catch (error) {
        // the macro has run: what is offered now must not run it again
        if (!(error instanceof UserError)) throw error;
        return { notice: `${result.notice ?? ""}\n${error.message}`, ...(error.code === "NEWER_LINE" ? { buttons: [{ id: "resolve:--anyway", label: "Resolve anyway" }] } : {}) };
      }
      return { notice: `${result.notice ?? ""}\n#${conversation.number} is resolved.` };
    }
    try {
      const { number } = await close(core, { conversation, actor: agentAuthor(actor), seen, anyway: args.anyway, noSurvey: args.noSurvey, disposition: said });
      return { notice: `#${number} is resolved.`, logged: true };
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== "DISPOSITION_MISSING" || rule == null) throw error;
      const missing = missingAt(rule, conversation, said);
      if (missing === null) throw error;
      return { ...context.ask(`Resolve #${conversation.number}`, fieldsFor(rule, missing)), notice: error.message };
    }
  },
});

export const reopen = verb({
  name: "reopen", aliases: [], usage: "", help: "Opens it again: resolved, pending or snoozed.",
  needs: { conversation: true }, args: nothing,
  async run({ core, actor, conversation }) {
    const { number } = await openAgain(core, { conversation, actor: agentAuthor(actor) });
    return { notice: `#${number} is open.`, logged: true };
  },
});

export const pending = verb({
  name: "pending", aliases: [], usage: "", help: "Waits for somebody else; the customer's next line opens it.",
  needs: { conversation: true }, args: nothing,
  async run({ core, actor, conversation }) {
    const { number } = await setPending(core, { conversation, actor: agentAuthor(actor) });
    return { notice: `#${number} is pending.`, logged: true };
  },
});
