/** Snooze and its end. The due time lives on the conversation; a timer that comes late, early or twice does no harm. */
import { setTimeout as sleep } from "node:timers/promises";
import type { AnyBulkWriteOperation } from "mongodb";
import type { Core } from "../core.ts";
import { newId } from "../model/ids.ts";
import { onStatusSet } from "../model/status.ts";
import type { Author, Conversation } from "../model/types.ts";
import { drainOutbox } from "./apply.ts";
import { slaOn } from "./sla.ts";
import { tellOfWaking } from "./tell-owner.ts";
import { enterStatus, type StatusAct } from "./set-status.ts";

/**
 * Hides the conversation until `until`, or (null) until the customer writes, which ends it early in any case.
 * @throws {UserError} NEWER_LINE, NOT_POSSIBLE when it is resolved
 */
export async function snooze(core: Core, act: StatusAct & { until: Date | null }): Promise<Conversation> {
  const { until } = act;
  const after = await enterStatus(core, act, "snoozed", {
    set: { snoozedUntil: until, snoozeEpisode: newId(core.clock.now()) },
    ...(until === null ? {} : { until }),
  });
  if (until !== null) core.scheduler?.wakeAt("snooze", until);
  return after;
}

/** So many at a time keep the store's writer for some 30 ms, behind which somebody's line may wait. */
const BATCH = 20;
/** Rest after a full batch, as a multiple of the time that it took. */
const REST = 1.5;
const AT_ONCE = 10;
const SYSTEM: Author = { type: "system", name: "Threadline" };

/**
 * Opens every conversation whose snooze is over, claimed in bulk by status and episode, with a rest after each full batch for those who write meanwhile.
 * What a crowd's timelines and cards say of it is left to the sweep. Answers how many were due, and when the next one is.
 */
export async function wakeDueSnoozes(core: Core): Promise<{ due: number; next: Date | null }> {
  const { conversations } = core.store;
  let due = 0;
  for (;;) {
    const now = core.clock.now();
    const began = performance.now();
    const batch = await conversations.find({ status: "snoozed", snoozedUntil: { $gt: new Date(0), $lte: now } }).sort({ snoozedUntil: 1 }).limit(BATCH).toArray();
    if (batch.length === 0) break;
    due += batch.length;
    await conversations.bulkWrite(await Promise.all(batch.map((conversation) => wakeOne(core, conversation, now))), { ordered: false });
    if (batch.length === BATCH) {
      await sleep((performance.now() - began) * REST);
      continue;
    }
    const changed = await conversations.find({ _id: { $in: batch.map((conversation) => conversation._id) } }).toArray();
    for (let i = 0; i < changed.length; i += AT_ONCE) await Promise.all(changed.slice(i, i + AT_ONCE).map((conversation) => tell(core, conversation)));
  }
  const next = await conversations.find({ status: "snoozed", snoozedUntil: { $gt: core.clock.now() } }, { projection: { snoozedUntil: 1 } }).sort({ snoozedUntil: 1 }).limit(1).next();
  return { due, next: next?.snoozedUntil ?? null };
}

/** Should this stop half-way, the sweep drains what is left and shows the card. */
async function tell(core: Core, conversation: Conversation): Promise<void> {
  await drainOutbox(core, conversation);
  core.bus.publish({ type: "conversation.changed", conversationId: conversation._id });
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: conversation._id });
}

async function wakeOne(core: Core, conversation: Conversation, now: Date): Promise<AnyBulkWriteOperation<Conversation>> {
  const change = onStatusSet(conversation, "open", now, { reason: "the snooze ended" });
  const sla = await slaOn(core, conversation, change.set, now);
  return {
    updateOne: {
      filter: { _id: conversation._id, status: "snoozed", snoozeEpisode: conversation.snoozeEpisode, ...sla.expect },
      update: {
        $set: { ...change.set, ...sla.set, cardDueAt: now },
        $inc: { cardRev: 1 }, ...(sla.unset === undefined ? {} : { $unset: { sla: "" as const } }),
        $push: { outbox: { $each: change.activity.map((what) => ({ id: newId(now), at: now, actor: SYSTEM, what, ...tellOfWaking(conversation, "the snooze ended") })) } },
      },
    },
  };
}
