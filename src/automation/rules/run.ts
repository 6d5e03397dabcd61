/**
 * Rules that hear what happens in a conversation. What is to be heard stands as a to-do on the message itself; each rule that holds leaves
 * one record under the key (rule, event) before it does anything, and each of its acts is done once by its own key.
 */
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import type { EventFacts } from "../../core/filters/event.ts";
import { runTodo } from "../../core/lanes/todo.ts";
import { ruleEventsOf, type RuleCause, type RuleRun, type RuleStep, type StepOutcome } from "../../core/model/rules.ts";
import type { Author, Conversation, Message } from "../../core/model/types.ts";
import { applyUpTo } from "../../core/services/apply.ts";
import { RULES } from "../../core/services/inbox-settings.ts";
import { RULE_ACTS, wasDone } from "../../core/services/rule-acts.ts";
import { eventFacts, ruleBook, type ReadyRule } from "../../core/services/rules.ts";
import { reread } from "../../core/services/set-status.ts";
import { isDuplicateKey } from "../../core/store/store.ts";
import { sayAutomatic } from "./automatic-lines.ts";
import { noteFailure, noteSuccess, suspend } from "./suspend.ts";
import { noteWaits } from "./waits.ts";

/** Rules after rules after rules. */
const MOST_DEPTH = 3;
/** Times that rules may hold on one conversation in an hour. */
const MOST_RUNS = 50;
const HOUR_MS = 3_600_000;

/** Everything that is due on this conversation's lines, in their order. */
export async function runRules(core: Core, conversationId: string): Promise<void> {
  for (;;) {
    const due = { todo: { $elemMatch: { for: RULES, dueAt: { $lte: core.clock.now() }, parked: { $exists: false } } } };
    const next = await core.store.messages.find({ conversationId, "todo.dueAt": { $lte: core.clock.now() }, ...due }, { projection: { _id: 1 } }).sort({ seq: 1 }).limit(1).next();
    if (next === null || !(await runTodo(core, next._id, RULES, hear))) return;
  }
}

/** Work of the to-do `RULES`. */
async function hear(core: Core, message: Message): Promise<void> {
  const conversation = await applyUpTo(core, message.conversationId, message.seq);
  if (conversation === null || conversation.erased === true || message.erasedAt !== undefined || message.delivery.state === "cancelled") return;
  await sayAutomatic(core, conversation, message);
  const book = await ruleBook(core);
  for (const { rule, why } of book.broken) await suspend(core, rule, why);
  await noteWaits(core, book, conversation, message);
  const events = ruleEventsOf(message);
  const rules = [...new Set(events.flatMap((event) => book.byEvent.get(event) ?? []))].sort((a, b) => a.rule.place - b.rule.place);
  if (rules.length === 0) return;
  const now = core.clock.now();
  const heard = events.filter((event) => rules.some(({ rule }) => rule.on.includes(event))).join(", ");
  await runInOrder(core, rules, conversation, { id: message._id, heard, facts: await eventFacts(core, conversation, message, rules, now), depth: (message.author.rule?.depth ?? 0) + 1, automatic: message.place?.automatic === true });
}

/** `id`: the message's, or the episode's. `depth`: of what a rule does about it. */
export interface Heard { id: string; heard: string; facts: EventFacts; depth: number; automatic: boolean }

/** Asks one rule after the other, each of the conversation as the one before left it. After a crash it goes on behind the last that held. */
export async function runInOrder(core: Core, rules: readonly ReadyRule[], first: Conversation, heard: Heard): Promise<void> {
  if (heard.depth > MOST_DEPTH) return;
  const before = await core.store.ruleRuns.find({ event: heard.id }).toArray();
  const behind = Math.max(-1, ...before.map(({ place }) => place));
  let conversation = first;
  for (const ready of rules) {
    const { rule } = ready;
    const known = before.find(({ ruleId }) => ruleId === rule._id);
    if (known === undefined && (rule.place <= behind || (heard.depth > 1 && !rule.afterRules) || !ready.holds(conversation, heard.facts, core.clock.now()))) continue;
    const run = known ?? (await begin(core, ready, conversation, heard));
    if (run.state === "doing") {
      await carryOut(core, ready, run, heard.automatic);
      conversation = await reread(core, conversation._id);
    }
    if (run.stop) return;
  }
}

async function begin(core: Core, { rule, explain }: ReadyRule, conversation: Conversation, heard: Heard): Promise<RuleRun> {
  const at = core.clock.now();
  const many = await core.store.ruleRuns.countDocuments({ conversationId: conversation._id, at: { $gt: new Date(at.getTime() - HOUR_MS) } }, { limit: MOST_RUNS });
  const run: RuleRun = {
    _id: `${rule._id}/${heard.id}`, ruleId: rule._id, ruleName: rule.name, conversationId: conversation._id, heard: heard.heard, event: heard.id, place: rule.place, depth: heard.depth,
    at, when: rule.when, seen: explain(conversation, heard.facts, at), steps: rule.steps.map((step) => ({ ...step })), state: many >= MOST_RUNS ? "limited" : "doing", stop: rule.stop,
  };
  try {
    await core.store.ruleRuns.insertOne(run);
    if (run.state === "limited") core.log.warn({ rule: rule.name, conversationId: conversation._id }, `Rules held ${MOST_RUNS} times on this conversation within an hour; this one did nothing. Look for rules that cause each other.`);
    return run;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return (await core.store.ruleRuns.findOne({ _id: run._id })) ?? run;
  }
}

/** Who the timeline names. */
export const ruleAuthor = (name: string, rule: RuleCause): Author => ({ type: "bot", id: `rule:${rule.id}`, name: `Rule “${name}”`, rule });

/** Every step by itself: one that is refused does not keep the next from being done. @throws what is no refusal, so that it is tried again */
async function carryOut(core: Core, { rule }: ReadyRule, run: RuleRun, automatic: boolean): Promise<void> {
  const results: RuleRun["steps"] = [];
  for (const [n, step] of run.steps.entries()) {
    for (const [m, part] of (await partsOf(core, step)).entries()) {
      const act = `${run._id}#${n}.${m}`;
      const author = ruleAuthor(rule.name, { id: rule._id, depth: run.depth, act });
      results.push({ ...part, ...(await doOne(core, run.conversationId, author, act, part, automatic)) });
    }
  }
  const failed = results.find(({ outcome }) => outcome === "failed");
  const { modifiedCount } = await core.store.ruleRuns.updateOne({ _id: run._id, state: "doing" }, { $set: { steps: results, state: failed === undefined ? "done" : "failed" } });
  if (modifiedCount === 0) return;
  if (failed === undefined) await noteSuccess(core, rule);
  else await noteFailure(core, rule, `${failed.do} ${failed.with}: ${failed.why ?? ""}`);
}

/** A macro is its steps. */
async function partsOf(core: Core, step: RuleStep): Promise<(RuleStep & { missing?: true })[]> {
  if (step.do !== "macro") return [step];
  const macro = await core.store.macros.findOne({ name: step.with });
  return macro === null ? [{ ...step, missing: true }] : macro.steps;
}

async function doOne(core: Core, conversationId: string, actor: Author, act: string, step: RuleStep & { missing?: true }, automatic: boolean): Promise<{ outcome: StepOutcome; why?: string }> {
  const conversation = await reread(core, conversationId);
  if (await wasDone(core, conversation, act)) return { outcome: "done" };
  const spec = Object.hasOwn(RULE_ACTS, step.do) ? RULE_ACTS[step.do] : undefined;
  if (spec === undefined || step.missing === true) return { outcome: "failed", why: step.missing === true ? `There is no macro ${step.with} (any more).` : `A rule can't do ${step.do}.` };
  try {
    await spec.run({ core, conversation, actor, act, automatic }, step.with);
    return { outcome: "done" };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.code === "ALREADY_SO") return { outcome: (await wasDone(core, await reread(core, conversationId), act)) ? "done" : "already so" };
    return { outcome: "failed", why: error.message };
  }
}
