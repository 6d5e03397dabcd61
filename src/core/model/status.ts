/** The status machine and the waiting clock as pure rules: what each event changes, and on which state it may be written. */
import type { ActivityFact, Conversation, Status } from "./types.ts";

type Facts = Pick<Conversation, "status" | "waitingSince" | "firstReplyAt" | "lastIncomingSeq">;

/** A change to write in one update: `expect` must still hold, else read the conversation again and ask anew. */
export interface Transition {
  expect: Pick<Conversation, "status">;
  set: Partial<Conversation>;
  activity: ActivityFact[];
}

/** Fields that belong to the status `to` alone; the others' are cleared. */
function entering(to: Status, at: Date): Partial<Conversation> {
  return {
    status: to, statusAt: at, snoozedUntil: null, snoozeEpisode: null,
    resolvedAt: to === "resolved" ? at : null,
    ...(to === "resolved" ? { waitingSince: null } : {}),
  };
}

/** A customer's line: snoozed and resolved become open, and pending too unless a bot holds it. The clock starts when it stood still. */
export function onIncoming(conversation: Facts, at: Date, botHolds = false): Transition {
  const { status } = conversation;
  const opens = status === "snoozed" || status === "resolved" || (status === "pending" && !botHolds);
  return {
    expect: { status },
    set: { ...(opens ? entering("open", at) : {}), ...(conversation.waitingSince === null ? { waitingSince: at } : {}) },
    activity: opens ? [{ type: "status", from: status, to: "open", reason: "the customer wrote" }] : [],
  };
}

/**
 * An agent's reply reached `sent` at `at`: the first one stops the first-reply clock, and nobody waits any more.
 * `turn` is the reply's place in the delivery lane. When the customer wrote after it (`lastIncomingSeq > turn`), they still wait:
 * `nextIncomingAt` is the time of their first line after it, without which the clock is left as it is.
 */
export function onHumanReplySent(conversation: Facts, reply: { at: Date; turn: number; nextIncomingAt?: Date }): Transition {
  const answered = conversation.lastIncomingSeq <= reply.turn;
  const { waitingSince: before } = conversation;
  // A clock that stands still was stopped by a later reply, or by resolving: a reply never starts it, nor sets it back.
  const later = reply.nextIncomingAt !== undefined && before !== null && reply.nextIncomingAt > before ? reply.nextIncomingAt : before;
  const waitingSince = answered ? null : later;
  return {
    expect: { status: conversation.status },
    set: {
      ...(conversation.firstReplyAt === null ? { firstReplyAt: reply.at } : {}),
      ...(waitingSince?.getTime() === conversation.waitingSince?.getTime() ? {} : { waitingSince }),
    },
    activity: [],
  };
}

/** A person (or a rule) sets the status. Ask `canChange` first. */
export function onStatusSet(conversation: Facts, to: Status, at: Date, why: { reason?: string; until?: Date } = {}): Transition {
  return {
    expect: { status: conversation.status },
    set: entering(to, at),
    activity: [{ type: "status", from: conversation.status, to, ...why }],
  };
}

/** A snooze may be set again to another time; what is resolved must be reopened before anything else. */
export function canChange(from: Status, to: Status): "yes" | "already" | "reopen-first" {
  if (from === to && to !== "snoozed") return "already";
  return from === "resolved" && to !== "open" ? "reopen-first" : "yes";
}

/** Whether a customer's line at `at` still belongs to this conversation: always, until it was resolved for longer than `reopenHours`. */
export function takesNextLine(conversation: Pick<Conversation, "status" | "resolvedAt">, at: Date, reopenHours: number): boolean {
  if (conversation.status !== "resolved" || conversation.resolvedAt === null) return true;
  return at.getTime() - conversation.resolvedAt.getTime() <= reopenHours * 3_600_000;
}
