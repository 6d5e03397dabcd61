/** The rules of this installation, made ready once: their filters as predicates, by the events that they hear. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { childrenOf, isCondition, type Condition, type Filter } from "../filters/ast.ts";
import type { EventFacts } from "../filters/event.ts";
import { fieldOf } from "../filters/fields.ts";
import { parseFilter } from "../filters/parse.ts";
import { planFilter, type FilterContext } from "../filters/plan.ts";
import { toEventPredicate, type EventPredicate } from "../filters/to-predicate.ts";
import { attributeText } from "../model/attributes.ts";
import { didYouMean } from "../model/close-names.ts";
import { changeOf, type Rule, type RuleEvent, type RuleRun } from "../model/rules.ts";
import type { Conversation, Message } from "../model/types.ts";
import { perOwner } from "../store/together.ts";
import { hoursOf } from "./hours.ts";
import { allAgents, allInboxes, allRules, allTargets, allTeams } from "./inbox-settings.ts";

export type RuleNames = Pick<FilterContext, "agents" | "teams" | "inboxes" | "desks" | "labels">;
export interface ReadyRule {
  rule: Rule;
  holds(conversation: Conversation, event: EventFacts, now: Date): boolean;
  /** Each condition by itself, with what was seen; never the customer's words. */
  explain(conversation: Conversation, event: EventFacts, now: Date): RuleRun["seen"];
  /** What has to be looked up before it can be asked. */
  asks: { hours: boolean; attributes: boolean };
}
export interface RuleBook {
  byEvent: ReadonlyMap<RuleEvent, readonly ReadyRule[]>;
  waiting: readonly ReadyRule[];
  byId: ReadonlyMap<string, ReadyRule>;
  /** Those whose filter can't be read (any more), with the reason. */
  broken: readonly { rule: Rule; why: string }[];
}

const conditionsOf = (filter: Filter): Condition[] => (isCondition(filter) ? [filter] : childrenOf(filter).flatMap(conditionsOf));
const TIMED_MS = 1_000;
/** Of the customer: told as held or not. */
const PERSONAL = new Set(["contact", "subject", "text", "attribute"]);

/** @throws {UserError} BAD_FILTER */
export function readyRule(rule: Rule, names: RuleNames, at: Date): ReadyRule {
  const filter = parseFilter(rule.when);
  const conditions = conditionsOf(filter);
  const plan = (part: Filter, now: Date): EventPredicate => toEventPredicate(planFilter(part, { ...names, me: null, now, timeZone: "UTC", words: new Map(), event: true }));
  const timed = conditions.some(({ field }) => ["span", "time"].includes(fieldOf(field).type));
  let ready = { at, predicate: plan(filter, at) };
  // What asks for a length of time is made anew when a second has gone by.
  const predicateAt = (now: Date): EventPredicate => {
    if (timed && Math.abs(now.getTime() - ready.at.getTime()) >= TIMED_MS) ready = { at: now, predicate: plan(filter, now) };
    return ready.predicate;
  };
  return {
    rule,
    holds: (conversation, event, now) => predicateAt(now)(conversation, event),
    explain: (conversation, event, now) => conditions.map((condition) => {
      const was = PERSONAL.has(condition.field) ? undefined : seenOf(condition.field, conversation, event, names);
      return { asked: inWords(condition), held: plan(condition, now)(conversation, event), ...(was === undefined ? {} : { was }) };
    }),
    asks: { hours: conditions.some(({ field }) => field === "hours"), attributes: conditions.some(({ field }) => field === "attribute") },
  };
}

const inWords = ({ field, op, value }: Condition): string => `${field} ${op}${value === undefined ? "" : ` ${[value].flat().join(", ")}`}`;

function seenOf(field: Condition["field"], it: Conversation, event: EventFacts, names: RuleNames): string {
  switch (field) {
    case "label": return it.labels.join(", ") || "none";
    case "assignee": return it.assigneeName ?? "none";
    case "team": return it.teamName ?? "none";
    case "inbox": return names.inboxes.find(({ _id }) => _id === it.inboxId)?.name ?? "none";
    case "desk": return names.desks.find(({ _id }) => _id === it.deskTargetId)?.name ?? "none";
    case "waiting": return it.waitingSince === null ? "nobody waits" : `since ${it.waitingSince.toISOString()}`;
    case "created": return it.createdAt.toISOString();
    case "updated": return it.lastMessageAt.toISOString();
    case "resolved": return it.resolvedAt?.toISOString() ?? "no";
    case "hours": case "kind": case "by": case "changed": case "from": case "to": return event[field] ?? "none";
    case "status": case "channel": return it[field];
    case "priority": return it.priority ?? "none";
    case "language": return it.language ?? "none";
    case "number": return String(it.number);
    default: return "";
  }
}

const books = perOwner<Core, { from: unknown; key: string; book: RuleBook } | Record<string, never>>(() => ({}));

async function namesOf(core: Core): Promise<RuleNames> {
  const [agents, teams, inboxes, desks, labels] = await Promise.all([allAgents(core), allTeams(core), allInboxes(core), allTargets(core), core.store.labels.find({}, { projection: { name: 1 } }).toArray()]);
  return { agents, teams, inboxes, desks, labels: labels.map(({ name }) => name) };
}

/** One rule, whether it is on or off. @throws {UserError} NOT_FOUND with close names, BAD_FILTER */
export async function readyNamed(core: Core, name: string): Promise<ReadyRule> {
  const rules = await allRules(core);
  const rule = rules.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (rule === undefined) throw new UserError("NOT_FOUND", `There is no rule "${name}".${didYouMean(name, rules.map((one) => one.name))} Rules stand in the settings file; one with enabled: false is a draft.`);
  return readyRule(rule, await namesOf(core), core.clock.now());
}

/** Made anew only when a rule or a name in it changed. */
export async function ruleBook(core: Core): Promise<RuleBook> {
  const rules = await allRules(core);
  const known = books(core);
  if (known.from === rules) return known.book!;
  const names = await namesOf(core);
  const { agents, teams, inboxes, desks, labels } = names;
  const named = (list: readonly { _id: string; name: string }[]) => list.map(({ _id, name }) => [_id, name]);
  const key = JSON.stringify([rules.map(({ failures: _failures, armFrom: _armFrom, ...rule }) => rule), named(agents), teams, named(inboxes), named(desks), labels]);
  const book = known.key === key ? known.book! : makeBook(rules, names, core.clock.now());
  Object.assign(known, { from: rules, key, book });
  return book;
}

function makeBook(rules: readonly Rule[], names: RuleNames, now: Date): RuleBook {
  const byEvent = new Map<RuleEvent, ReadyRule[]>();
  const ready: ReadyRule[] = [];
  const broken: { rule: Rule; why: string }[] = [];
  for (const rule of rules) {
    if (!rule.enabled || rule.suspended !== undefined) continue;
    try {
      const one = readyRule(rule, names, now);
      ready.push(one);
      for (const event of rule.on) byEvent.set(event, [...(byEvent.get(event) ?? []), one]);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      broken.push({ rule, why: error.message });
    }
  }
  return { byEvent, waiting: ready.filter(({ rule }) => rule.waits.length > 0), byId: new Map(ready.map((one) => [one.rule._id, one])), broken };
}

const WHO: Record<Message["author"]["type"], string> = { contact: "customer", guest: "customer", agent: "agent", bot: "threadline", system: "threadline" };

/** What rules may ask of an event; null: a wait is over. Looks up only what one of `rules` asks. */
export async function eventFacts(core: Core, conversation: Conversation, message: Message | null, rules: readonly Pick<ReadyRule, "asks">[], at: Date): Promise<EventFacts> {
  const hours = rules.some(({ asks }) => asks.hours) ? await hoursOf(core, conversation) : null;
  const contact = rules.some(({ asks }) => asks.attributes) ? await core.store.contacts.findOne({ _id: conversation.contactId }, { projection: { attributes: 1 } }) : null;
  return {
    text: message === null ? conversation.lastLine?.text ?? "" : message.kind === "activity" ? "" : message.body,
    hours: hours === null || hours.isOpen(at) ? "open" : "closed",
    kind: message === null || message.kind === "activity" ? null : message.kind,
    by: message === null ? "threadline" : message.author.rule !== undefined ? "rule" : WHO[message.author.type],
    ...changeOf(message ?? {}),
    attributes: Object.fromEntries(Object.entries(contact?.attributes ?? {}).map(([key, value]) => [key, attributeText(value).toLowerCase()])),
  };
}
