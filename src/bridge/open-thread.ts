/** The thread of a conversation: opened with its card as the first post, and told what was said where the conversation comes from elsewhere. */
import { cardOf } from "./card.ts";
import { handOver } from "./hand-over.ts";
import { call, keepLease, LeaseLost, placeOf } from "./mirror-work.ts";
import type { Work } from "./mirror-work.ts";
import { retireLeft } from "./retired.ts";
import type { Core } from "../core/core.ts";
import type { Conversation, DeskThreadId } from "../core/model/types.ts";
import { inboxOf } from "../core/services/inbox-settings.ts";
import { countHeld } from "../core/services/marks.ts";
import { mostRecipients } from "../core/services/recipients.ts";
import { replyUntil } from "../core/services/reply-window.ts";

/** `head`: the message for which it is opened. `mayExist`: an earlier try may have opened it. @throws {LeaseLost}, {DeskError} */
export async function openThread(w: Work, head: string, mayExist = false): Promise<DeskThreadId> {
  const fresh = w.thread === undefined;
  const thread = w.thread ?? (await open(w, mayExist));
  const { move } = w.held.conversation;
  if (move !== undefined && move.told !== true) {
    // Opening may have taken most of the lease.
    await keepLease(w, head);
    await handOver(w, move, thread, fresh);
  }
  return thread;
}

async function open(w: Work, mayExist: boolean): Promise<DeskThreadId> {
  const { core, held } = w;
  const { conversation } = held;
  const { move } = conversation;
  if (move !== undefined) {
    await retireLeft(core, move);
    await noteOpening(w);
  }
  // The key counts what was replaced: whoever opens at the same time asks for the same thread.
  const retired = await core.store.threads.countDocuments({ conversationId: conversation._id, state: "retired" });
  const key = `${conversation._id}:${retired}${move === undefined ? "" : `:${move.id}`}`;
  const thread = await call(core, async (signal) => w.desk.openThread(w.target, cardOf(conversation, (await inboxOf(core, conversation.inboxId)).name, replyUntil(core, conversation), mostRecipients(core, conversation.inboxId), await countHeld(core, conversation)), key, signal, mayExist || move?.opening === true));
  const now = core.clock.now();
  await core.store.threads.updateOne({ _id: thread }, { $setOnInsert: { conversationId: conversation._id, desk: w.desk.kind, targetId: w.target._id, state: "active", createdAt: now } }, { upsert: true });
  const { matchedCount } = await core.store.conversations.updateOne(
    { _id: conversation._id, "lanes.mirror.token": held.token, ...placeOf(w) }, { $set: { thread: { id: thread }, cardShown: conversation.cardRev } },
  );
  if (matchedCount === 0) await leaveThread(core, w, thread);
  w.thread = thread;
  held.conversation = { ...held.conversation, thread: { id: thread }, cardShown: conversation.cardRev };
  return thread;
}

/** Before the call: should we die in it, the thread that it opened is looked for. @throws {LeaseLost} */
async function noteOpening({ core, held }: Work): Promise<void> {
  const { _id, move } = held.conversation;
  if (move === undefined || move.opening === true) return;
  const { matchedCount } = await core.store.conversations.updateOne({ _id, "lanes.mirror.token": held.token, "move.id": move.id }, { $set: { "move.opening": true } });
  if (matchedCount === 0) throw new LeaseLost("The conversation was moved on, or the lane's lease moved to another process.");
  held.conversation = { ...held.conversation, move: { ...move, opening: true } };
}

/** Opened while the lane was lost or the conversation moved on: where it goes on elsewhere, this thread is retired. @throws {LeaseLost} always */
async function leaveThread(core: Core, w: Work, thread: DeskThreadId): Promise<never> {
  const now = await core.store.conversations.findOne({ _id: w.held.conversation._id });
  if (now !== null && goesOnElsewhere(now, w, thread)) {
    await core.store.threads.updateOne({ _id: thread }, { $set: { state: "retired" } });
    // Its card is to point to the new place too.
    if (now.move !== undefined && now.move.left.every((one) => one.thread !== thread)) {
      await core.store.conversations.updateOne({ _id: now._id, "move.id": now.move.id }, { $push: { "move.left": { thread, desk: w.desk.kind, tries: 0 } }, $set: { moveDueAt: core.clock.now() } });
    }
  }
  throw new LeaseLost("The lane's lease moved to another process while the thread was opened, or the conversation to another desk.");
}

/** Where it has no thread yet, whoever opens it under the same key gets this one. */
const goesOnElsewhere = (now: Conversation, { target, held: { conversation } }: Work, thread: DeskThreadId): boolean =>
  now.thread !== undefined ? now.thread.id !== thread : now.deskTargetId !== target._id || now.move?.id !== conversation.move?.id;
