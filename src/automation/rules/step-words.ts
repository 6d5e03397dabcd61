/** What steps of a rule would do to a conversation as it stands, in words; changes nothing. */
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import { firstLine } from "../../core/model/draft.ts";
import type { RuleStep } from "../../core/model/rules.ts";
import type { Conversation } from "../../core/model/types.ts";
import { slaNamed, slaStands } from "../../core/services/sla-work.ts";
import { slaPolicies } from "../../core/services/inbox-settings.ts";
import { filesInWords, filesToSend } from "../../core/services/canned-files.ts";
import { cannedForAll, renderWithFiles } from "../../core/services/canned.ts";

/** Texts as they would read, a macro by its steps, what is so already, and why a step would be refused where that can be told. */
export async function stepsInWords(core: Core, steps: readonly RuleStep[], conversation: Conversation): Promise<string[]> {
  const words: string[] = [];
  for (const step of steps) {
    const macro = step.do === "macro" ? await core.store.macros.findOne({ name: step.with }) : undefined;
    if (macro === null) words.push(`macro ${step.with}: refused, there is none of that name`);
    else if (macro !== undefined) words.push(...(await stepsInWords(core, macro.steps, conversation)));
    else words.push(await oneInWords(core, step, conversation));
  }
  return words;
}

const TEXTS = new Set(["reply", "note", "canned", "post"]);

async function oneInWords(core: Core, step: RuleStep, conversation: Conversation): Promise<string> {
  const { do: act, with: text } = step;
  if (act === "sla") return slaInWords(core, text, conversation);
  if (!TEXTS.has(act)) return `${act} ${text}`.trim() + (isSo(step, conversation) ? " (already so)" : "");
  try {
    const said = await renderWithFiles(core, null, conversation, act === "canned" ? await cannedForAll(core, conversation, text) : { body: text });
    const goes = (act === "canned" || act === "reply") && filesToSend(core, conversation, said.files).length > 0;
    return `${act === "canned" ? `canned ${text}` : act}: “${firstLine(said.text, 200)}”${goes ? ` ${filesInWords(said.files)}` : ""}`;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `${act} ${firstLine(text, 60)}: refused, ${error.message}`;
  }
}

async function slaInWords(core: Core, text: string, conversation: Conversation): Promise<string> {
  const policy = slaNamed(text);
  const words = policy === null ? "no service level" : policy === "auto" ? "the service level whose condition holds" : `the service level ${text}`;
  if (policy !== null && policy !== "auto" && !(await slaPolicies(core)).some(({ name }) => name.toLowerCase() === policy.toLowerCase())) return `sla ${text}: refused, there is none of that name`;
  return words + (slaStands(conversation, policy) ? " (already so)" : "");
}

function isSo({ do: act, with: text }: RuleStep, { labels, priority, status, assigneeId, assigneeName, teamName, mode }: Conversation): boolean {
  const name = text.toLowerCase().replace(/^@/, "");
  switch (act) {
    case "label": return labels.some((label) => label.toLowerCase() === name);
    case "unlabel": return !labels.some((label) => label.toLowerCase() === name);
    case "priority": return (priority ?? "none") === name;
    case "assign": return name === "nobody" || name === "none" ? assigneeId === null : assigneeName?.toLowerCase() === name || (assigneeId === null && teamName?.toLowerCase() === name);
    case "unassign": return name === "team" ? teamName === undefined : assigneeId === null;
    case "resolve": return status === "resolved";
    case "reopen": return status === "open";
    case "pending": return status === "pending";
    case "snooze": return status === "snoozed";
    case "mode": return mode === name;
    default: return false;
  }
}
