/** What the mirror lane's pieces share while they hold one conversation: lease, desk, thread. */
import type { Filter } from "mongodb";
import type { Core } from "../core/core.ts";
import { DeskError } from "../core/errors.ts";
import { callWithin } from "../core/lanes/call.ts";
import { nameHead, stillHeld } from "../core/lanes/lease.ts";
import type { Held } from "../core/lanes/lease.ts";
import type { Runner } from "../core/lanes/runner.ts";
import type { Conversation, DeskTarget, DeskThreadId } from "../core/model/types.ts";
import type { DeskAdapter } from "../core/ports.ts";
import { writeInOrder } from "../core/store/in-order.ts";
import type { Step } from "../core/store/in-order.ts";

export interface Mirror { core: Core; runner: () => Runner }
export interface Work extends Mirror {
  held: Held; desk: DeskAdapter; target: DeskTarget; thread: DeskThreadId | undefined;
  /** Something was posted into the thread. */
  posted?: true;
  /** What the thread shows by now and the store does not know yet: written before the next call that changes the thread, or with the lease. */
  notes: Note[];
}
/** `missed`: the message changed meanwhile, so that the step came upon nothing. */
export interface Note { step: Step; missed(): Promise<void> }

/** Writes what is noted, and `last` behind it. Answers how many documents that came upon. */
export async function writeNotes(core: Core, notes: Note[], last?: Step): Promise<number> {
  const written = notes.splice(0);
  const steps = [...written.map(({ step }) => step), ...(last === undefined ? [] : [last])];
  if (steps.length === 0) return 0;
  const counts = await writeInOrder(core.store, steps);
  for (const [n, { missed }] of written.entries()) if (counts[n] === 0) await missed();
  return last === undefined ? 0 : counts.at(-1)!;
}

/** Another process took the lane, or the conversation was moved on: stop at once. */
export class LeaseLost extends Error {}

/** The conversation is still where this work found it: a move to another desk target changes that at any time. */
export const placeOf = ({ thread, target, held: { conversation: { move } } }: Work): Filter<Conversation> =>
  (thread !== undefined ? { "thread.id": thread } : { "thread.id": { $exists: false }, deskTargetId: target._id, "move.id": move === undefined ? { $exists: false } : move.id });

/** Before a post: names the message whose outcome a crash would leave uncertain. @throws {LeaseLost} also when the conversation was moved on */
export async function lead(w: Work, messageId: string): Promise<void> {
  if (!(await nameHead(w.core, w.held, messageId, placeOf(w)))) throw new LeaseLost("The lane's lease moved to another process, or the conversation to another desk.");
}

/** Before a call that may be repeated without harm. @throws {LeaseLost} */
export async function keepLease(w: Work, messageId: string): Promise<void> {
  if (!stillHeld(w.core, w.held)) await lead(w, messageId);
}

/** A vendor call ends within its time, whatever the desk does. @throws {DeskError} TIMEOUT, uncertain */
export const call = <T>(core: Core, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
  callWithin(core.limits.vendorCallMs, work, () => new DeskError("TIMEOUT", "The desk did not answer in time.", { certain: false }));

/** The desk lost the thread: what is written there later becomes a note; the next post opens a new one. */
export async function retireThread(core: Core, conversation: Conversation, thread: DeskThreadId): Promise<void> {
  await core.store.threads.updateOne({ _id: thread }, { $set: { state: "retired" } });
  await core.store.conversations.updateOne({ _id: conversation._id, "thread.id": thread }, { $unset: { thread: "", cardDueAt: "" }, $inc: { cardRev: 1 } });
  core.log.warn({ conversationId: conversation._id }, "A desk thread is gone; a new one is opened.");
}
