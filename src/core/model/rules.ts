/** Automation rules as plain data: what they hear, ask and do, what they did, and what they wait for. */
import type { Message, Status } from "./types.ts";

export const RULE_EVENTS = ["conversation created", "conversation updated", "status changed", "message created", "assigned", "labelled", "contact updated", "csat answered"] as const;
export type RuleEvent = (typeof RULE_EVENTS)[number];

/** `customer`: waits for us. `agent`: we wait for the customer. `status`: it stays in it. */
export interface RuleWait { for: "customer" | "agent" | "status"; status?: Status; ms: number; /** Only working hours count. */ working: boolean }

/** `do` names an act, `with` what a person would write behind it; a text with variables for reply and note. */
export interface RuleStep { do: string; with: string }

export interface Rule {
  _id: string;
  name: string;
  /** Rules are asked in this order. */
  place: number;
  on: RuleEvent[];
  waits: RuleWait[];
  /** In the filter language; empty: always. */
  when: string;
  steps: RuleStep[];
  enabled: boolean;
  /** Rules after it are not asked when it held. */
  stop: boolean;
  /** It also hears what other rules did. */
  afterRules: boolean;
  /** In a row. */
  failures: number;
  /** Failed so often that it is off until the settings file is applied anew, or somebody resumes it. */
  suspended?: { at: Date; why: string };
  /** Conversations that were there before it are still to be looked at for its waits; indexed while set. */
  armFrom?: string;
  createdAt: Date;
}

/** Who an act was done for. `act`: its unique key. `depth`: 1 for what was caused by people, one more for each rule before. */
export interface RuleCause { id: string; depth: number; act: string }

/** What a conversation remembers for rules. */
export interface RuledFacts {
  /** Keys of the newest acts of rules, so that none is done twice. */
  acts?: string[];
}

export type StepOutcome = "done" | "already so" | "failed";
/** One time that a rule held. Nothing in it is the customer's: what was seen of their words is told as held or not. */
export interface RuleRun {
  /** `<rule>/<event>`: once for each. */
  _id: string;
  ruleId: string;
  ruleName: string;
  conversationId: string;
  /** What the rule heard, in words, and its id: a message's, or an episode's. */
  heard: string;
  event: string;
  place: number;
  depth: number;
  at: Date;
  when: string;
  seen: { asked: string; held: boolean; was?: string }[];
  steps: (RuleStep & { outcome?: StepOutcome; why?: string })[];
  state: "doing" | "done" | "failed" | "limited";
  stop: boolean;
}

/** A wait of one rule on one conversation; the episode names the waiting, so that it fires once in it. */
export interface RuleWaiting {
  /** `<rule>/<conversation>/<place of the wait in the rule>`. */
  _id: string;
  ruleId: string;
  conversationId: string;
  wait: number;
  episode: string;
  since: Date;
  /** Set until it has fired or is over; indexed. */
  dueAt?: Date;
  tries: number;
}

const CHANGED: Record<string, { event?: RuleEvent; what: string }> = {
  status: { event: "status changed", what: "status" }, assigned: { event: "assigned", what: "assignee" }, team: { event: "assigned", what: "team" },
  labelled: { event: "labelled", what: "label" }, unlabelled: { what: "label" }, priority: { what: "priority" }, mode: { what: "mode" },
  contact: { event: "contact updated", what: "contact" }, attribute: { event: "contact updated", what: "attribute" }, transferred: { what: "desk" }, csat: { event: "csat answered", what: "csat" },
};

/** What a line of the timeline tells rules. */
export function ruleEventsOf({ kind, seq, activity, quiet, campaign }: Pick<Message, "kind" | "seq" | "activity" | "quiet" | "campaign">): RuleEvent[] {
  // the score itself is heard as the answer that it is; what goes to many is nobody's event until it is answered
  if (quiet === "survey" || campaign !== undefined) return [];
  const first: RuleEvent[] = seq === 1 ? ["conversation created"] : [];
  if (kind !== "activity") return [...first, "message created"];
  const known = activity === undefined ? undefined : CHANGED[activity.type];
  if (known === undefined) return first;
  return [...first, ...(known.event === undefined ? [] : [known.event]), ...(known.event === "contact updated" || known.event === "csat answered" ? [] : ["conversation updated" as const])];
}

/** What was changed from what to what, in lower case. */
export function changeOf({ activity }: Pick<Message, "activity">): { changed: string | null; from: string | null; to: string | null } {
  if (activity === undefined) return { changed: null, from: null, to: null };
  const changed = CHANGED[activity.type]?.what ?? null;
  switch (activity.type) {
    case "status": return { changed, from: activity.from, to: activity.to };
    case "assigned": case "team": return { changed, from: null, to: activity.toName?.toLowerCase() ?? null };
    case "labelled": return { changed, from: null, to: activity.label.toLowerCase() };
    case "unlabelled": return { changed, from: activity.label.toLowerCase(), to: null };
    case "priority": case "mode": return { changed, from: null, to: activity.to };
    case "csat": return { changed, from: null, to: activity.low ? "low" : "good" };
    case "transferred": return { changed, from: activity.fromName.toLowerCase(), to: activity.toName.toLowerCase() };
    default: return { changed, from: null, to: null };
  }
}

const UNIT_MS: Record<string, number> = { m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const WAIT = /^(?:(customer|agent) waiting|in (open|pending|snoozed|resolved)) for (\d{1,6}) ?(m|min|h|d|w)( of working hours)?$/;

/** "customer waiting for 2h", "in pending for 3d of working hours"; in words why it is none. */
export function readWait(text: string): RuleWait | { fault: string } {
  const [, who, status, count, unit = "", working] = WAIT.exec(text.toLowerCase().trim().replace(/\s+/g, " ")) ?? [];
  if (count === undefined) return { fault: `"${text}" is no event. There are: ${RULE_EVENTS.join(", ")}; and waits such as customer waiting for 2h, agent waiting for 1d, in pending for 3d, each also "of working hours".` };
  const ms = Number(count) * UNIT_MS[unit]!;
  if (ms < 60_000 || ms > 30 * 86_400_000) return { fault: "A wait may last from 1 minute to 30 days." };
  return { for: who === undefined ? "status" : (who as "customer" | "agent"), ...(status === undefined ? {} : { status: status as Status }), ms, working: working !== undefined };
}

const spanText = (ms: number): string => (ms % 86_400_000 === 0 ? `${ms / 86_400_000}d` : ms % 3_600_000 === 0 ? `${ms / 3_600_000}h` : `${ms / 60_000}m`);
export const waitText = (wait: RuleWait): string => `${wait.for === "status" ? `in ${wait.status ?? "open"}` : `${wait.for} waiting`} for ${spanText(wait.ms)}${wait.working ? " of working hours" : ""}`;
