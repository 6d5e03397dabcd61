/** Desk events are stored raw before they are acknowledged, unique by what happened, then handled per thread by a leased lane. */
import type { Core } from "../core/core.ts";
import type { Runner } from "../core/lanes/runner.ts";
import { retryDelayMs } from "../core/model/retry.ts";
import type { DeskKind, DeskThreadId, StoredDeskEvent, Thread } from "../core/model/types.ts";
import type { IncomingDeskEvent } from "../core/ports.ts";
import { isDuplicateKey } from "../core/store/store.ts";
import { handleDeskEvent } from "./from-desk.ts";
import { tellPerson } from "./tell.ts";

const BATCH = 50;

/** Resolves when all are stored; a repeat of what happened, live or caught up, makes no second one. */
export async function acceptDeskEvents(core: Core, desk: DeskKind, events: IncomingDeskEvent[]): Promise<void> {
  if (events.length === 0) return;
  const now = core.clock.now();
  const fresh = events.map((event): StoredDeskEvent => ({
    _id: storedEventId(desk, event.thread, event.id), desk, thread: event.thread, event: event.data, at: event.at, receivedAt: now, dueAt: now, tries: 0,
  }));
  try {
    await core.store.deskEvents.insertMany(fresh, { ordered: false });
  } catch (error) {
    if (!areRepeats(error)) throw error;
  }
  for (const thread of new Set(events.map((event) => event.thread))) core.bus.publish({ type: "intake.due", thread });
}

/** Every event that was refused is there already; any other refusal means that something is not stored. */
function areRepeats(error: unknown): boolean {
  const { writeErrors, result } = error as { writeErrors?: unknown; result?: { getWriteConcernError?(): unknown } };
  if (result?.getWriteConcernError?.() !== undefined) return false;
  return writeErrors === undefined ? isDuplicateKey(error) : [writeErrors].flat().every((one) => isDuplicateKey(one));
}

/** The outcome of an edit or reaction whose post is no message (yet). */
export const NO_MESSAGE = "ignored: not a message";
/** A range of ids: all that happened to one post, or (`what`) its events of one kind. Served by the index on `_id`. */
export const eventsOfPost = (desk: DeskKind, thread: DeskThreadId, postId: string, what = ""): { $gte: string; $lt: string } => {
  const from = storedEventId(desk, thread, `${postId}:${what}`);
  return { $gte: from, $lt: `${from}\uffff` };
};

export const storedEventId = (desk: DeskKind, thread: DeskThreadId, id: string): string => `${desk}:${thread}:${id}`;

/** Handles what is due in one thread, by the desk's own time. One process at a time; a failing event waits with back-off, after ten tries it is parked. */
export async function runIntake(core: Core, runner: () => Runner, threadId: string): Promise<void> {
  const { threads, deskEvents } = core.store;
  const _id = threadId as DeskThreadId;
  const now = core.clock.now();
  const until = new Date(now.getTime() + core.limits.leaseMs);
  const thread = await threads.findOneAndUpdate(
    { _id, $or: [{ "intake.until": { $exists: false } }, { "intake.until": { $lt: now } }] },
    { $set: { "intake.holder": core.holder, "intake.until": until }, $inc: { "intake.token": 1 } },
    { returnDocument: "after" },
  );
  if (thread === null) {
    if ((await threads.findOne({ _id }, { projection: { _id: 1 } })) !== null) return runner().kickAt(threadId, core.limits.sweepMs);
    // Not one of ours (yet): a thread whose opening was not recorded is adopted when its card is posted; else there is nothing to do.
    await deskEvents.updateMany({ thread: _id, dueAt: { $lte: new Date(now.getTime() - core.limits.leaseMs) } }, { $set: { handledAt: now, outcome: "ignored: unlinked-thread" }, $unset: { dueAt: "" } });
    return;
  }
  try {
    for (;;) {
      const due = await deskEvents.find({ thread: _id, dueAt: { $lte: core.clock.now() } }).sort({ at: 1 }).limit(BATCH).toArray();
      if (due.length === 0) break;
      for (const event of due) {
        if (core.clock.now().getTime() > until.getTime() - core.limits.leaseMs / 2) { runner().kickAt(threadId, 0); return; }
        await handleOne(core, thread, event);
      }
      // What came meanwhile has kicked this lane again.
      if (due.length < BATCH) break;
    }
  } finally {
    await threads.updateOne({ _id, "intake.token": thread.intake!.token }, { $unset: { "intake.until": "" } });
  }
  core.bus.publish({ type: "lane.due", lane: "delivery", conversationId: thread.conversationId });
}

const PARKED = {
  message: "Threadline could not take your message over: it is neither sent nor noted. Write it again; if it had a file, without it.",
  edit: "Threadline could not take your edit over. What was stored or sent before is unchanged.",
  delete: "Threadline could not take your deletion over. If the message was a reply, the customer may have it.",
  reaction: "Threadline could not take your reaction over.",
} as const;

async function handleOne(core: Core, thread: Thread, event: StoredDeskEvent): Promise<void> {
  const { deskEvents } = core.store;
  try {
    const outcome = await handleDeskEvent(core, thread, event);
    await deskEvents.updateOne({ _id: event._id }, { $set: { handledAt: core.clock.now(), outcome }, $unset: { dueAt: "" } });
  } catch (error) {
    const tries = event.tries + 1;
    core.log.error({ err: error, deskEvent: event._id, tries }, "A desk event could not be handled.");
    const parks = tries >= core.limits.maxTries;
    await deskEvents.updateOne({ _id: event._id }, parks
      ? { $set: { tries, handledAt: core.clock.now(), outcome: "parked: failed ten times" }, $unset: { dueAt: "" } }
      : { $set: { tries, dueAt: new Date(core.clock.now().getTime() + retryDelayMs(tries)) } });
    const { userId } = event.event;
    if (parks && userId !== undefined) await tellPerson(core, { desk: thread.desk, thread: thread._id, userId }, { text: PARKED[event.event.type], buttons: [] });
  }
}
