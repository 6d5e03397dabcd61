/** JSON form → plan: names are ids, times are moments, words are conversation ids. Query and predicate are both made from it. */
import { DateTime } from "luxon";
import { didYouMean } from "../model/close-names.ts";
import { LANGUAGES } from "../model/language.ts";
import { UserError } from "../errors.ts";
import { isCondition, type Condition, type Filter, type Value } from "./ast.ts";
import { planEvent, planText, type EventTest } from "./event.ts";
import { fieldOf, isContactField, isEventField, PRIORITIES } from "./fields.ts";
import { spanMs } from "./parse.ts";

/** Paths of a conversation that a plan may test. */
export type ScalarPath = "_id" | "status" | "inboxId" | "channel" | "deskTargetId" | "assigneeId" | "teamId" | "priority" | "number" | "language";
export type DatePath = "waitingSince" | "createdAt" | "lastMessageAt" | "resolvedAt";
export type TextPath = "contactName" | "subject";

export type Plan =
  | { all: Plan[] } | { some: Plan[] } | { none: Plan }
  | { path: ScalarPath | "labels"; in: (string | number | null)[] }
  | { path: "number"; over?: number; under?: number }
  | { path: DatePath; from?: Date; before?: Date; known?: boolean }
  | { path: "labels"; empty: boolean }
  /** `like` is the source of a regular expression that ignores case. */
  | { path: TextPath; like: string }
  | { event: EventTest };

/** What a filter's names and times are read against. */
export interface FilterContext {
  /** The person who asks, for `me`; null when nobody does. */
  me: string | null;
  now: Date;
  timeZone: string;
  agents: readonly { _id: string; name: string }[];
  teams: readonly { _id: string; name: string; memberIds: readonly string[] }[];
  inboxes: readonly { _id: string; name: string }[];
  /** Desk targets. */
  desks: readonly { _id: string; name: string }[];
  labels: readonly string[];
  /** Conversations by free text, looked up beforehand (see `words.ts`). */
  words: ReadonlyMap<string, readonly string[]>;
  /** A rule asks, of an event: its fields may be asked, and free text is looked for in its message. */
  event?: true;
}

const refuse = (message: string) => new UserError("BAD_FILTER", message);

/** @throws {UserError} BAD_FILTER for a name, status or time that there is not. */
export function planFilter(filter: Filter, context: FilterContext): Plan {
  if (isCondition(filter)) return planCondition(filter, context);
  if ("and" in filter) return { all: filter.and.map((child) => planFilter(child, context)) };
  if ("or" in filter) return { some: filter.or.map((child) => planFilter(child, context)) };
  return { none: planFilter(filter.not, context) };
}

function planCondition(condition: Condition, context: FilterContext): Plan {
  const { field, op } = condition;
  if (op === "is not") return { none: planCondition({ ...condition, op: "is" }, context) };
  if (op === "does not contain") return { none: planCondition({ ...condition, op: "contains" }, context) };
  const list = listOf(condition.value);
  if (isContactField(field)) throw refuse(`"${field}" can be asked of contacts only, in a segment. Here, write contact:name or a word to search for.`);
  if (isEventField(field)) return { event: planEvent(field, list, context) };
  switch (field) {
    case "status": return { path: "status", in: list.map((value) => choice(field, value)) };
    case "priority": return { path: "priority", in: priorities(condition, list) };
    case "channel": return { path: "channel", in: list.map((value) => String(value).toLowerCase()) };
    case "inbox": return { path: "inboxId", in: list.map((value) => named("inbox", String(value), context.inboxes)) };
    case "desk": return { path: "deskTargetId", in: list.map((value) => named("desk", String(value), context.desks)) };
    case "number": return op === "greater" || op === "less" ? { path: "number", ...(op === "greater" ? { over: int(list[0]) } : { under: int(list[0]) }) } : { path: "number", in: list.map(int) };
    case "label":
      if (op === "present" || op === "absent") return { path: "labels", empty: op === "absent" };
      return { path: "labels", in: list.map((value) => label(String(value), context.labels)) };
    case "assignee":
      if (op === "absent") return { path: "assigneeId", in: [null] };
      if (op === "present") return { none: { path: "assigneeId", in: [null] } };
      return { path: "assigneeId", in: list.map((value) => assignee(String(value), context)) };
    case "team":
      if (op === "absent") return { path: "teamId", in: [null] };
      if (op === "present") return { none: { path: "teamId", in: [null] } };
      return { path: "teamId", in: list.flatMap((value) => teams(String(value), context)) };
    case "language":
      if (op === "absent") return { path: "language", in: [null] };
      if (op === "present") return { none: { path: "language", in: [null] } };
      return { path: "language", in: list.map(language) };
    case "contact": return { path: "contactName", like: like(op, String(list[0])) };
    case "subject": return { path: "subject", like: like(op, String(list[0])) };
    case "waiting": return waiting(condition, context);
    case "created": return moment("createdAt", condition, context);
    case "updated": return moment("lastMessageAt", condition, context);
    case "resolved": return moment("resolvedAt", condition, context);
    case "text": {
      if (context.event === true) return { event: planText(String(list[0])) };
      const ids = context.words.get(String(list[0]));
      if (ids === undefined) throw refuse("Free text can't be searched here. Use fields only.");
      return { path: "_id", in: [...ids] };
    }
  }
}

const listOf = (value: Value | undefined): (string | number)[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

function int(value: string | number | undefined): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw refuse(`"${value}" is not a conversation's number. Write for example #1042.`);
  return number;
}

function choice(field: "status" | "priority" | "language", value: string | number): string {
  const choices = fieldOf(field).choices!;
  const found = choices.find((one) => one === String(value).toLowerCase());
  if (found === undefined) throw refuse(`There is no ${field} "${value}".${didYouMean(String(value), choices)}${field === "language" ? " Write it in English, such as german, or as two letters." : ` Choose ${choices.join(", ")}.`}`);
  return found;
}

function language(value: string | number): string {
  const word = choice("language", value);
  return Object.entries(LANGUAGES).find(([code, name]) => code === word || name.toLowerCase() === word)![0];
}

function priorities({ op }: Condition, list: (string | number)[]): (string | null)[] {
  if (op === "absent") return [null];
  if (op === "present") return [...PRIORITIES];
  const chosen = list.map((value) => choice("priority", value));
  if (op !== "greater" && op !== "less") return chosen;
  const rank = PRIORITIES.findIndex((one) => one === chosen[0]);
  return op === "greater" ? PRIORITIES.slice(rank + 1) : PRIORITIES.slice(0, rank);
}

function named(what: string, value: string, known: readonly { _id: string; name: string }[]): string {
  const wanted = value.toLowerCase().replace(/^@/, "");
  const exact = known.find((one) => one.name.toLowerCase() === wanted) ?? known.find((one) => one._id === value);
  if (exact !== undefined) return exact._id;
  const starting = known.filter((one) => one.name.toLowerCase().startsWith(wanted));
  if (starting.length === 1) return starting[0]!._id;
  if (starting.length > 1) throw refuse(`"${value}" could be ${starting.map((one) => one.name).slice(0, 5).join(" or ")}. Write the whole name in quotation marks.`);
  throw refuse(`There is no ${what} "${value}".${didYouMean(value, known.map((one) => one.name)) || (known.length > 0 ? ` There are: ${known.map((one) => one.name).slice(0, 8).join(", ")}.` : "")}`);
}

function label(value: string, labels: readonly string[]): string {
  const found = labels.find((one) => one.toLowerCase() === value.toLowerCase());
  if (found === undefined) throw refuse(`There is no label "${value}".${didYouMean(value, labels)}`);
  return found;
}

function assignee(value: string, context: FilterContext): string {
  if (value.toLowerCase() !== "me") return named("agent", value, context.agents);
  if (context.me === null) throw refuse(`"me" means nobody here. Write an agent's name.`);
  return context.me;
}

function teams(value: string, context: FilterContext): string[] {
  if (value.toLowerCase() !== "mine") return [named("team", value, context.teams)];
  const { me } = context;
  if (me === null) throw refuse(`"mine" means nobody's here. Write a team's name.`);
  return context.teams.filter((team) => team.memberIds.includes(me)).map((team) => team._id);
}

export function like(op: Condition["op"], value: string): string {
  const text = value.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  return op === "is" ? `^${text}(?![\\s\\S])` : op === "starts with" ? `^${text}` : text;
}

function waiting({ op, value }: Condition, { now }: FilterContext): Plan {
  if (op === "present" || op === "absent") return { path: "waitingSince", known: op === "present" };
  const ms = spanMs(String(value));
  if (ms === null) throw refuse(`"${value}" is not a length of time. Write for example 30m, 2h or 3d.`);
  const since = new Date(now.getTime() - ms);
  return op === "greater" ? { path: "waitingSince", before: since } : { path: "waitingSince", from: new Date(since.getTime() + 1) };
}

/** A date means that whole day in the asker's time zone; `after` a date begins when the day is over. */
function moment(path: DatePath, { field, op, value }: Condition, context: FilterContext): Plan {
  if (op === "present" || op === "absent") return { path, known: op === "present" };
  const text = String(value).toLowerCase();
  const ms = spanMs(text);
  if (ms !== null) {
    const then = new Date(context.now.getTime() - ms);
    if (op === "is") throw refuse(`${field} takes a date here, such as 2026-11-20. For the last ${text} use "within last".`);
    return op === "before" ? { path, before: then } : { path, from: then };
  }
  if (op === "within last") throw refuse(`"${value}" is not a length of time. Write for example 24h or 7d.`);
  const here = DateTime.fromJSDate(context.now, { zone: context.timeZone });
  const day = text === "today" ? here.startOf("day") : text === "yesterday" ? here.minus({ days: 1 }).startOf("day") : null;
  const read = day ?? DateTime.fromISO(String(value), { zone: context.timeZone });
  if (!read.isValid) throw refuse(`"${value}" is not a time. Write for example 2026-11-20, today, yesterday or 7d.`);
  const whole = day !== null || /^\d{4}-\d{2}-\d{2}$/.test(text);
  const start = read.toJSDate();
  const end = whole ? read.plus({ days: 1 }).toJSDate() : new Date(start.getTime() + 1);
  if (op === "before") return { path, before: start };
  return op === "after" ? { path, from: end } : { path, from: start, before: end };
}
