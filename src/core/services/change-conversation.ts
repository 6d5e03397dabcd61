/** One conversation update that changes facts and pushes what it means to the timeline's outbox. */
import type { Filter, UpdateFilter } from "mongodb";
import type { Core } from "../core.ts";
import { newId } from "../model/ids.ts";
import type { Telling } from "../model/tellings.ts";
import type { ActivityFact, Author, Conversation, OutboxEntry } from "../model/types.ts";
import { drainOutbox } from "./apply.ts";
import { reviewSla } from "./sla.ts";

export interface Change {
  /** Extra condition: the change happens only to a conversation that still is so. */
  expect?: Filter<Conversation>;
  set?: Partial<Conversation>;
  unset?: (keyof Conversation)[];
  addLabel?: string;
  removeLabel?: string;
  activity: ActivityFact[];
  /** Names the activity, so that the same change again tells it once. One fact only. */
  activityId?: string;
  /** Who is to hear of it besides, however the process fares; with an activity. */
  tell?: Telling[];
}

/** What tells of a customer is never written onto a conversation that was erased meanwhile. */
export const NOT_ERASED = { erased: { $exists: false } } as const;

/** Facts that the conditions of service levels may ask for. */
const ASKED_BY_SLA: ReadonlySet<ActivityFact["type"]> = new Set(["labelled", "unlabelled", "priority", "team", "assigned", "transferred"]);
/** Acts of rules that a conversation remembers: more than one event's rules do. */
const MOST_ACTS = 60;

/** Answers the conversation after the change, or null when `expect` did not hold. The card is due and the activity follows. */
export async function changeConversation(core: Core, conversationId: string, actor: Author, change: Change): Promise<Conversation | null> {
  const now = core.clock.now();
  const act = actor.rule?.act;
  const outbox: OutboxEntry[] = change.activity.map((what) => ({ id: change.activityId ?? newId(now), at: now, actor, what }));
  if (change.tell !== undefined && outbox[0] !== undefined) outbox[0].tell = change.tell;
  const update: UpdateFilter<Conversation> = {
    $set: { ...change.set, cardDueAt: now },
    $inc: { cardRev: 1 },
    ...(change.unset === undefined ? {} : { $unset: Object.fromEntries(change.unset.map((name) => [name, ""])) }),
    ...(change.removeLabel === undefined ? {} : { $pull: { labels: change.removeLabel } }),
    $push: { outbox: { $each: outbox }, ...(act === undefined ? {} : { acts: { $each: [act], $slice: -MOST_ACTS } }) },
    ...(change.addLabel === undefined ? {} : { $addToSet: { labels: change.addLabel } }),
  };
  const after = await core.store.conversations.findOneAndUpdate({ _id: conversationId, ...change.expect, ...(act === undefined ? {} : { acts: { $ne: act } }) }, update, { returnDocument: "after" });
  if (after === null) return null;
  if (outbox.length > 0) await drainOutbox(core, after);
  if (change.activity.some(({ type }) => ASKED_BY_SLA.has(type))) await reviewSla(core, after);
  core.bus.publish({ type: "conversation.changed", conversationId });
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId });
  return after;
}
