/** Threads that are not in use any more: which they are, and where the conversation goes on. */
import type { Core } from "../core/core.ts";
import type { Conversation, Move, Thread } from "../core/model/types.ts";
import { deskTargetOf } from "../core/services/inbox-settings.ts";
import { linkToThread } from "../core/services/thread-link.ts";
import { targetName } from "../core/services/transfer.ts";

/** A thread is in use while its conversation says so; what it was when it was first read says nothing. */
export function isRetired(thread: Pick<Thread, "_id" | "state">, { thread: inUse, move }: Pick<Conversation, "thread" | "move">): boolean {
  if (inUse !== undefined) return inUse.id !== thread._id;
  return thread.state === "retired" || move?.left.some((one) => one.thread === thread._id) === true;
}

/** What was left is kept as retired, also when a crash came between the move and this. */
export async function retireLeft(core: Core, { left, at }: Move): Promise<void> {
  if (left.length > 0) await core.store.threads.updateMany({ _id: { $in: left.map(({ thread }) => thread) } }, { $set: { state: "retired", leftAt: at } });
}

/** Where the conversation goes on now, in a sentence for somebody in an old thread. */
export async function whereNow(core: Core, conversation: Conversation): Promise<string> {
  const { number, thread, move } = conversation;
  if (thread === undefined && move === undefined) return `It opens with the customer's next line (#${number}).`;
  const place = targetName(await deskTargetOf(core, conversation.deskTargetId));
  if (thread === undefined) return `#${number} is on its way to ${place}; its thread opens there as soon as that desk can be reached.`;
  const link = await linkToThread(core, conversation);
  return link === undefined ? `#${number} is in ${place}.` : `#${number} is in ${place}: ${link}`;
}
