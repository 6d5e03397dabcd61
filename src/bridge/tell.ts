/** A word to one person alone. It is a courtesy: failing to say it must not undo what was stored, nor hold up what comes next. */
import type { Core } from "../core/core.ts";
import { callWithin } from "../core/lanes/call.ts";
import type { DeskKind, DeskThreadId, Message } from "../core/model/types.ts";
import type { Notice } from "../core/ports.ts";

/** Ends within `limits.vendorCallMs`; never rejects. */
export async function tellPerson(core: Core, to: { desk: DeskKind; thread: DeskThreadId; userId: string }, notice: Notice): Promise<void> {
  const desk = core.desks.get(to.desk);
  if (desk === undefined) return;
  try {
    await callWithin(core.limits.vendorCallMs, () => desk.notify(to.userId, to.thread, notice), () => new Error("The desk did not answer in time."));
  } catch (error) {
    core.log.warn({ err: error, messageId: notice.messageId }, "An agent could not be told what became of what they did.");
  }
}

/** ⚠️ on the line of a command that was not done: what was said about it is gone with the next reload. Never rejects. */
export async function markUndone(core: Core, { desk: kind, thread, postId }: NonNullable<Message["origin"]>): Promise<void> {
  const desk = core.desks.get(kind);
  if (desk === undefined) return;
  try {
    await callWithin(core.limits.vendorCallMs, (signal) => desk.showReceipt(thread, postId, "failed", undefined, signal), () => new Error("The desk did not answer in time."));
  } catch (error) {
    core.log.warn({ err: error }, "A command that was not done could not be marked in its thread.");
  }
}
