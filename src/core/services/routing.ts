/** Which desk channel a conversation's thread is opened in, or moved to: the first rule whose filter holds, else its inbox's own. */
import type { Core } from "../core.ts";
import type { Filter } from "../filters/ast.ts";
import { isCondition } from "../filters/ast.ts";
import type { FieldName } from "../filters/fields.ts";
import { parseFilter } from "../filters/parse.ts";
import type { FilterContext } from "../filters/plan.ts";
import { planFilter } from "../filters/plan.ts";
import { toPredicate } from "../filters/to-predicate.ts";
import type { Predicate } from "../filters/to-predicate.ts";
import { UserError } from "../errors.ts";
import type { Conversation } from "../model/types.ts";
import { allAgents, allInboxes, allTeams, hasMovingRules } from "./inbox-settings.ts";

/** `when` in the filter language's text form. `moves`: it moves conversations that have a thread already, too. */
export interface RoutingRule { when: string; deskTargetId: string; moves?: true }
export const ROUTING_ID = "routing";

type Names = Pick<FilterContext, "agents" | "teams" | "inboxes" | "labels">;

/** Reads a rule's condition; it is asked of one conversation, by nobody. @throws {UserError} BAD_FILTER */
export function readCondition(when: string, names: Names, now: Date): Predicate {
  const filter = parseFilter(when);
  if (asks(filter, "desk")) throw new UserError("BAD_FILTER", "A routing rule can't ask for the desk: it decides it. Use inbox, label, team, priority or subject.");
  if (asks(filter, "text")) throw new UserError("BAD_FILTER", "A routing rule can't look for words in messages: it decides when the thread is opened. Use subject: for the first line.");
  return toPredicate(planFilter(filter, { ...names, me: null, now, timeZone: "UTC", desks: [], words: new Map() }));
}

function asks(filter: Filter, field: FieldName): boolean {
  if (isCondition(filter)) return filter.field === field;
  return "not" in filter ? asks(filter.not, field) : ("and" in filter ? filter.and : filter.or).some((part) => asks(part, field));
}

/** In the order in which they are asked. */
export const routingRules = async (core: Core): Promise<RoutingRule[]> => ((await core.store.settings.findOne({ _id: ROUTING_ID }))?.value ?? []) as RoutingRule[];

/** The id of the desk target in which this conversation's thread belongs now. A rule that can't be read (any more) is passed over and logged. */
export async function routeOf(core: Core, conversation: Conversation): Promise<string> {
  return (await ruleFor(core, conversation))?.deskTargetId ?? conversation.deskTargetId;
}

/** Where a rule moves this conversation out of the thread that it has; null: it stays, as does one that somebody moved, or that is over. */
export async function movedBy(core: Core, conversation: Conversation): Promise<string | null> {
  const { thread, deskChosen, status, deskTargetId } = conversation;
  if (thread === undefined || deskChosen === true || status === "resolved" || !(await hasMovingRules(core))) return null;
  const rule = await ruleFor(core, conversation);
  return rule?.moves === true && rule.deskTargetId !== deskTargetId ? rule.deskTargetId : null;
}

/** What the names in a condition may mean. */
export async function conditionNames(core: Core): Promise<Names> {
  const [agents, teams, inboxes, labels] = await Promise.all([allAgents(core), allTeams(core), allInboxes(core), core.store.labels.find({}, { projection: { name: 1 } }).toArray()]);
  return { agents, teams, inboxes, labels: labels.map((label) => label.name) };
}

async function ruleFor(core: Core, conversation: Conversation): Promise<RoutingRule | null> {
  const rules = await routingRules(core);
  if (rules.length === 0) return null;
  const names = await conditionNames(core);
  for (const rule of rules) {
    try {
      if (readCondition(rule.when, names, core.clock.now())(conversation)) return rule;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      core.log.warn({ code: error.code, when: rule.when }, `A routing rule can't be read and is passed over: ${error.message}`);
    }
  }
  return null;
}
