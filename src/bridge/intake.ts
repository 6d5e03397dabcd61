/** Desk events are stored raw before they are acknowledged, unique by what happened, then handled per thread by a leased lane. */
import type { Core } from "../core/core.ts";
import { acquire, release, stillHeld } from "../core/lanes/lease.ts";
import type { Runner } from "../core/lanes/runner.ts";
import { retryDelayMs } from "../core/model/retry.ts";
import type { Conversation, DeskKind, DeskThreadId, StoredDeskEvent, Thread } from "../core/model/types.ts";
import { canAdopt } from "../core/ports.ts";
import type { IncomingDeskEvent } from "../core/ports.ts";
import { deskPostKey } from "../core/services/send-reply.ts";
import { updateTogether } from "../core/store/change-together.ts";
import { DUE_AT_ONCE, unhandledEvents } from "../core/store/look-together.ts";
import { insertTogether } from "../core/store/insert.ts";
import { isDuplicateKey } from "../core/store/store.ts";
import { threadOf } from "../core/store/threads.ts";
import { perOwner } from "../core/store/together.ts";
import { handleDeskEvent } from "./from-desk.ts";
import type { Handling } from "./from-desk.ts";
import { call } from "./mirror-work.ts";
import { isRetired } from "./retired.ts";
import { tellPerson } from "./tell.ts";

/** Posts per conversation of which something was heard before they came. */
const EARLY_KEPT = 50;

const insertEvent = perOwner((core: Core) => insertTogether(core.store.deskEvents));

/** Resolves when all are stored; a repeat of what happened, live or caught up, makes no second one. Answers how many were new. */
export async function acceptDeskEvents(core: Core, desk: DeskKind, events: IncomingDeskEvent[]): Promise<number> {
  if (events.length === 0) return 0;
  const now = core.clock.now();
  const fresh = events.map((event): StoredDeskEvent => ({
    _id: storedEventId(desk, event.thread, event.id), desk, thread: event.thread, event: event.data, at: event.at, receivedAt: now, dueAt: now, tries: 0,
  }));
  let stored = 0;
  await Promise.all(fresh.map(async (event) => {
    try {
      await insertEvent(core)(event);
      stored++;
    } catch (error) { if (!isDuplicateKey(error)) throw error; }
  }));
  for (const thread of new Set(events.map((event) => event.thread))) core.bus.publish({ type: "intake.due", thread });
  return stored;
}

/** What takes an event out of its lane. */
export const handledAs = (core: Core, outcome: string): { $set: Pick<StoredDeskEvent, "handledAt" | "outcome">; $unset: { dueAt: "" } } => ({ $set: { handledAt: core.clock.now(), outcome }, $unset: { dueAt: "" } });

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
  const _id = threadId as DeskThreadId;
  const thread = await threadOf(core.store, _id);
  if (thread === null) return leaveUnlinked(core, _id);
  const [held, seen] = await Promise.all([acquire(core, "intake", thread.conversationId), unhandledEvents(core, _id)]);
  if (held === null) return runner().kickAt(threadId, core.limits.sweepMs);
  let known: Conversation | undefined = held.conversation;
  try {
    // What was read beside the lease stands when nobody else held it since we last did.
    for (let first = held.undisturbed ? seen : undefined; ; first = undefined) {
      const stored = first ?? (await unhandledEvents(core, _id));
      const now = core.clock.now();
      const due = stored.filter((event) => event.dueAt! <= now);
      const deleted = new Set(stored.flatMap(({ event }) => (event.type === "delete" ? [event.postId] : [])));
      for (const event of due) {
        if (!stillHeld(core, held)) { runner().kickAt(threadId, 0); return; }
        const conversation = known ?? (await core.store.conversations.findOne({ _id: thread.conversationId }));
        known = undefined;
        await handleOne(core, event, conversation === null ? null : { thread: await asItStands(core, thread, conversation), conversation, deleted, ...(stored.length === 1 ? { held } : {}) });
      }
      // What came meanwhile has kicked this lane again.
      if (due.length === 0 || stored.length < DUE_AT_ONCE.events || held.released === true) break;
    }
  } finally {
    if (held.released !== true) await release(core, held);
  }
  core.bus.publish({ type: "lane.due", lane: "delivery", conversationId: thread.conversationId });
}

async function asItStands(core: Core, known: Thread, conversation: Conversation): Promise<Thread> {
  // Where no thread is in use, only the store says what this one has become.
  const thread = conversation.thread !== undefined ? known : ((await core.store.threads.findOne({ _id: known._id })) ?? known);
  return { ...thread, state: isRetired(thread, conversation) ? "retired" : "active" };
}

/** Not one of ours (yet). A thread that was opened but not recorded (a crash between the two) is adopted as retired: its card says whose it is. */
async function leaveUnlinked(core: Core, thread: DeskThreadId): Promise<void> {
  const now = core.clock.now();
  // Until then it may still be recorded by whoever opens it.
  const old = { thread, dueAt: { $lte: new Date(now.getTime() - core.limits.leaseMs) } };
  const event = await core.store.deskEvents.findOne(old, { projection: { desk: 1 } });
  if (event === null) return;
  const desk = core.desks.get(event.desk);
  const conversationId = desk !== undefined && canAdopt(desk) ? await call(core, (signal) => desk.conversationOf(thread, signal)) : null;
  const conversation = conversationId === null ? null : await core.store.conversations.findOne({ _id: conversationId });
  if (conversation !== null) {
    await core.store.threads.updateOne({ _id: thread }, { $setOnInsert: { conversationId: conversation._id, desk: event.desk, targetId: conversation.deskTargetId, state: "retired", createdAt: now } }, { upsert: true });
    core.bus.publish({ type: "intake.due", thread });
    return;
  }
  await core.store.deskEvents.updateMany(old, { $set: { handledAt: now, outcome: "ignored: unlinked-thread" }, $unset: { dueAt: "" } });
}

const PARKED = {
  message: "Threadline could not take your message over: it is neither sent nor noted. Write it again.",
  edit: "Threadline could not take your edit over. What was stored or sent before is unchanged.",
  delete: "Threadline could not take your deletion over. If the message was a reply, the customer may have it.",
  reaction: "Threadline could not take your reaction over.",
} as const;

/** `handling`: null when the conversation is gone. */
async function handleOne(core: Core, event: StoredDeskEvent, handling: Handling | null): Promise<void> {
  try {
    const outcome = handling === null ? "ignored: unlinked-thread" : await handleDeskEvent(core, event, handling);
    if (handling?.settled === true) return;
    if (outcome === NO_MESSAGE && handling !== null) await rememberEarly(core, handling.conversation, event);
    await updateTogether<StoredDeskEvent>(core.store, core.store.deskEvents, { _id: event._id }, handledAs(core, outcome));
  } catch (error) {
    const tries = event.tries + 1;
    core.log.error({ err: error, deskEvent: event._id, tries }, "A desk event could not be handled.");
    const parks = tries >= core.limits.maxTries;
    await core.store.deskEvents.updateOne({ _id: event._id }, parks
      ? { $set: { tries, handledAt: core.clock.now(), outcome: "parked: failed ten times" }, $unset: { dueAt: "" } }
      : { $set: { tries, dueAt: new Date(core.clock.now().getTime() + retryDelayMs(tries)) } });
    const { userId } = event.event;
    if (parks && userId !== undefined) await tellPerson(core, { desk: event.desk, thread: event.thread, userId }, { text: PARKED[event.event.type], buttons: [] });
  }
}

/** When the post itself comes, it is looked at what has happened to it before. */
async function rememberEarly(core: Core, conversation: Conversation, { thread, event }: StoredDeskEvent): Promise<void> {
  await core.store.conversations.updateOne({ _id: conversation._id }, { $push: { early: { $each: [deskPostKey(thread, event.postId)], $slice: -EARLY_KEPT } } });
}
