/** A macro's steps in words, and carried out one after the other through the verb table. */
import { UserError } from "../errors.ts";
import { firstLine } from "../model/draft.ts";
import type { Conversation, FileRef, Macro, MacroStep } from "../model/types.ts";
import { cannedNamed, countUse, renderWithFiles } from "../services/canned.ts";
import { filesInWords, filesToSend } from "../services/canned-files.ts";
import { newerLine, reread } from "../services/set-status.ts";
import { onceOnly } from "./once.ts";
import type { Verb, VerbContext, VerbResult } from "./verb.ts";

/** What a macro may do; `needs` says what has to stand in `with`. */
export const STEPS: Record<string, { needs: string | null }> = {
  reply: { needs: "the text" }, note: { needs: "the text" }, canned: { needs: "its code" },
  take: { needs: null }, assign: { needs: "an agent or a team" }, unassign: { needs: null }, transfer: { needs: "a desk" },
  label: { needs: "a label" }, unlabel: { needs: "a label" }, priority: { needs: "low, medium, high, urgent or none" }, mode: { needs: "reply, note-first or team-only" },
  pending: { needs: null }, reopen: { needs: null }, snooze: { needs: "a time" }, resolve: { needs: null },
};

export type MacroContext = Omit<VerbContext<unknown, Conversation>, "args">;
/** A step made ready: a text is filled in before anything is done, so that what was shown is what goes. */
interface Ready { words: string; step: MacroStep; text?: string; files?: FileRef[]; code?: string }

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** @throws {UserError} CANNED_UNKNOWN, VARIABLE_UNKNOWN, TEMPLATE_BROKEN for a text that could not be sent */
export async function makeReady({ core, actor, conversation }: Pick<MacroContext, "core" | "actor" | "conversation">, macro: Macro): Promise<Ready[]> {
  const ready: Ready[] = [];
  for (const step of macro.steps) {
    const canned = step.do === "canned" ? await cannedNamed(core, actor, conversation, step.with) : undefined;
    if (canned === undefined && step.do !== "reply" && step.do !== "note") {
      ready.push({ step, words: `${capital(step.do)}${step.with === "" ? "" : ` ${step.with}`}` });
      continue;
    }
    const { text, files } = await renderWithFiles(core, actor, conversation, canned ?? { body: step.with });
    const words = `${step.do === "note" ? "Note for the team" : "Send to the customer"}${canned === undefined ? "" : ` (${canned.code})`}: “${firstLine(text, 200)}”${step.do === "note" || files.length === 0 ? "" : ` ${filesInWords(files)}`}`;
    ready.push({ step, words, text, ...(step.do === "note" ? {} : { files: filesToSend(core, conversation, files) }), ...(canned === undefined ? {} : { code: canned.code }) });
  }
  return ready;
}

/**
 * Does the steps in order (with `once`: a text that the same run said before is not said again), and stops at the first that is refused or held. `done` is false then.
 * @throws {UserError} NEWER_LINE when the customer wrote a line that `seen` does not cover (nothing was done), MACRO_STOPPED naming what was done and what not
 */
export async function runMacro(table: readonly Verb[], context: MacroContext, macro: Macro, { anyway, once }: { anyway: boolean; once?: string | undefined }): Promise<VerbResult & { done: boolean }> {
  const { core, conversation } = context;
  const current = await reread(core, conversation._id);
  if (!anyway && context.seen !== undefined && current.lastIncomingSeq > context.seen) throw newerLine(current, `The macro ${macro.name} did nothing on #${current.number}`);
  const steps = await makeReady(context, macro);
  const lines: string[] = [];
  const report = (failed: string): string => [
    `The macro ${macro.name} stopped at step ${lines.length + 1} of ${steps.length} on #${current.number}.`,
    ...lines, `✗ ${steps[lines.length]!.words}: ${failed}`, ...steps.slice(lines.length + 1).map(({ words }) => `– not done: ${words}`),
  ].join("\n");

  for (const ready of steps) {
    let result: VerbResult;
    let mark = "✓";
    try {
      result = await doStep(table, { ...context, ...(anyway ? { seen: undefined } : {}), conversation: await reread(core, conversation._id) }, ready, () => onceOnly(context, once, String(lines.length)));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (!(await isSoAlready(context, ready, error))) throw new UserError("MACRO_STOPPED", report(error.message));
      [result, mark] = [{}, "✓ already so:"];
    }
    if (result.form !== undefined) throw new UserError("MACRO_STOPPED", report("it says too little to be done without asking. An administrator corrects it in the settings file."));
    // a reply that was held says why, and how its author lets it go
    if (ready.text !== undefined && result.notice !== undefined) return { ...result, notice: report(result.notice), done: false };
    lines.push(`${mark} ${ready.words}`);
  }
  return { notice: [`The macro ${macro.name} ran on #${current.number}.`, ...lines].join("\n"), done: true };
}

async function doStep(table: readonly Verb[], context: MacroContext, { step, text, files = [], code }: Ready, source: () => Promise<{ source?: string }>): Promise<VerbResult> {
  if (text !== undefined) {
    const result = await context.say(step.do === "note" ? "note" : "reply", text, context.conversation, { ...(await source()), canned: files });
    if (code !== undefined && result.notice === undefined) await countUse(context.core, code);
    return result;
  }
  const verb = table.find(({ name }) => name === step.do && Object.hasOwn(STEPS, name));
  if (verb === undefined) throw new UserError("VERB_UNKNOWN", `a macro can't do "${step.do}".`);
  return verb.run(context, step.with);
}

/** What a step asks for holds already. Not so when somebody else has what was to be taken. */
async function isSoAlready({ core, actor, conversation }: MacroContext, { step }: Ready, error: UserError): Promise<boolean> {
  return error.code === "ALREADY_SO" && (step.do !== "take" || (await reread(core, conversation._id)).assigneeId === actor._id);
}
