/** why: which rules acted on this conversation, and what they saw. */
import type { RuleRun } from "../model/rules.ts";
import { timeAgo } from "./describe.ts";
import { nothing } from "./args.ts";
import { verb } from "./verb.ts";

const SHOWN = 5;

export const why = verb({
  name: "why", aliases: [], usage: "", help: "Tells which rules acted on this conversation lately: what they heard, each condition with what was seen, and what became of each step.",
  needs: { conversation: true }, args: nothing,
  async run({ core, conversation }) {
    const runs = await core.store.ruleRuns.find({ conversationId: conversation._id }).sort({ at: -1 }).limit(SHOWN + 1).toArray();
    if (runs.length === 0) return { notice: `No rule has acted on #${conversation.number} (in the last 90 days).` };
    const now = core.clock.now();
    return { notice: [...runs.slice(0, SHOWN).map((run) => inWords(run, now)), ...(runs.length > SHOWN ? ["Earlier ones are not shown."] : [])].join("\n") };
  },
});

function inWords({ ruleName, heard, at, seen, steps, state }: RuleRun, now: Date): string {
  const asked = seen.map(({ asked: what, held, was }) => `  ${held ? "✓" : "–"} ${what}${was === undefined ? "" : ` (was: ${was})`}`);
  const done = state === "limited" ? ["  did nothing: rules held too often on this conversation within an hour"] : steps.map(({ do: act, with: what, outcome, why: reason }) => `  → ${act}${what === "" ? "" : ` ${what}`}: ${outcome ?? "under way"}${reason === undefined ? "" : `. ${reason}`}`);
  return [`Rule “${ruleName}”, ${timeAgo(at, now)}, heard: ${heard}`, ...(asked.length === 0 ? ["  no conditions"] : asked), ...done].join("\n");
}
