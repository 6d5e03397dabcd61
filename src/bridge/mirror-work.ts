/** What the mirror lane's pieces share while they hold one conversation: lease, desk, thread. */
import { cardOf } from "./card.ts";
import type { Core } from "../core/core.ts";
import { DeskError } from "../core/errors.ts";
import { callWithin } from "../core/lanes/call.ts";
import { nameHead, stillHeld } from "../core/lanes/lease.ts";
import type { Held } from "../core/lanes/lease.ts";
import type { Runner } from "../core/lanes/runner.ts";
import type { Conversation, DeskTarget, DeskThreadId } from "../core/model/types.ts";
import type { DeskAdapter } from "../core/ports.ts";
import { inboxOf } from "../core/services/inbox-settings.ts";

export interface Mirror { core: Core; runner: () => Runner }
export interface Work extends Mirror { held: Held; desk: DeskAdapter; target: DeskTarget; thread: DeskThreadId | undefined }

/** Another process took the lane: stop at once. */
export class LeaseLost extends Error {}

/** Before a post: names the message whose outcome a crash would leave uncertain. @throws {LeaseLost} */
export async function lead(w: Work, messageId: string): Promise<void> {
  if (!(await nameHead(w.core, w.held, messageId))) throw new LeaseLost("The lane's lease moved to another process.");
}

/** Before a call that may be repeated without harm. @throws {LeaseLost} */
export async function keepLease(w: Work, messageId: string): Promise<void> {
  if (!stillHeld(w.core, w.held)) await lead(w, messageId);
}

/** A vendor call ends within its time, whatever the desk does. @throws {DeskError} TIMEOUT, uncertain */
export const call = <T>(core: Core, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
  callWithin(core.limits.vendorCallMs, work, () => new DeskError("TIMEOUT", "The desk did not answer in time.", { certain: false }));

/** The thread of the conversation; opened, with the card as its first post, when there is none. `mayExist`: an earlier try may have opened it. @throws {LeaseLost} */
export async function openThread(w: Work, mayExist = false): Promise<DeskThreadId> {
  if (w.thread !== undefined) return w.thread;
  const { core, held } = w;
  const conversation = held.conversation;
  // The key counts what was replaced: whoever opens at the same time asks for the same thread.
  const retired = await core.store.threads.countDocuments({ conversationId: conversation._id, state: "retired" });
  const thread = await call(core, async (signal) => w.desk.openThread(w.target, cardOf(conversation, (await inboxOf(core, conversation.inboxId)).name), `${conversation._id}:${retired}`, signal, mayExist));
  const now = core.clock.now();
  await core.store.threads.updateOne({ _id: thread }, { $setOnInsert: { conversationId: conversation._id, desk: w.desk.kind, targetId: w.target._id, state: "active", createdAt: now } }, { upsert: true });
  const { matchedCount } = await core.store.conversations.updateOne({ _id: conversation._id, "lanes.mirror.token": held.token }, { $set: { thread: { id: thread }, cardShown: conversation.cardRev } });
  if (matchedCount === 0) await leaveThread(core, conversation._id, thread);
  w.thread = thread;
  held.conversation = { ...conversation, thread: { id: thread }, cardShown: conversation.cardRev };
  return thread;
}

/** Opened by a process that had lost the lane meanwhile: where the new holder has another thread, this one is retired. @throws {LeaseLost} always */
async function leaveThread(core: Core, conversationId: string, thread: DeskThreadId): Promise<never> {
  const conversation = await core.store.conversations.findOne({ _id: conversationId }, { projection: { thread: 1 } });
  if (conversation?.thread !== undefined && conversation.thread.id !== thread) await core.store.threads.updateOne({ _id: thread }, { $set: { state: "retired" } });
  throw new LeaseLost("The lane's lease moved to another process while the thread was opened.");
}

/** The desk lost the thread: what is written there later becomes a note; the next post opens a new one. */
export async function retireThread(core: Core, conversation: Conversation, thread: DeskThreadId): Promise<void> {
  await core.store.threads.updateOne({ _id: thread }, { $set: { state: "retired" } });
  await core.store.conversations.updateOne({ _id: conversation._id, "thread.id": thread }, { $unset: { thread: "", cardDueAt: "" }, $inc: { cardRev: 1 } });
  core.log.warn({ conversationId: conversation._id }, "A desk thread is gone; a new one is opened.");
}
