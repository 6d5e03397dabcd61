/** Showing what changed on what the thread has already: revisions, and receipts on the agent's own message. */
import { call, keepLease, openThread } from "./mirror-work.ts";
import type { Work } from "./mirror-work.ts";
import { customerName, postOf } from "./render-post.ts";
import { DeskError } from "../core/errors.ts";
import { retryDelayMs } from "../core/model/retry.ts";
import type { DeskThreadId, Message } from "../core/model/types.ts";

/** A revision of what the thread shows, or a receipt on the agent's own message. True: something was shown. */
export async function showChange(w: Work, message: Message): Promise<boolean> {
  const { core, held } = w;
  const settled = { _id: message._id, rev: message.rev, "delivery.state": message.delivery.state, "mirror.token": { $lte: held.token } };
  const done = { "mirror.rev": message.rev, "mirror.token": held.token, "mirror.tries": 0 };
  try {
    const thread = await openThread(w);
    const ours = message.deskPosts.filter((key) => key.startsWith(`${thread}|`)).map((key) => key.slice(thread.length + 1));
    await keepLease(w, message._id);
    if (message.origin === undefined && message.rev > message.mirror.rev && ours.length > 0) {
      await call(core, (signal) => w.desk.update(thread, ours, postOf(held.conversation, [message]), signal));
    }
    const receipt = message.kind === "outgoing" || message.delivery.state === "cancelled" ? message.delivery.state : undefined;
    const showOn = message.origin?.thread === thread ? message.origin.postId : ours.at(-1);
    if (receipt !== undefined && receipt !== message.mirror.receipt && showOn !== undefined) {
      await call(core, (signal) => w.desk.showReceipt(thread, showOn, receipt, message.mirror.receipt, signal));
      await tellOutcome(w, message, thread);
      const { matchedCount } = await core.store.messages.updateOne(settled, { $set: { ...done, "mirror.receipt": receipt }, $unset: { "mirror.dueAt": "" } });
      // It changed meanwhile and stays due; what the desk shows now is known all the same.
      if (matchedCount === 0) await core.store.messages.updateOne({ _id: message._id, "mirror.token": { $lte: held.token } }, { $set: { "mirror.receipt": receipt } });
    } else await core.store.messages.updateOne(settled, { $set: done, $unset: { "mirror.dueAt": "" } });
    return true;
  } catch (error) {
    if (!(error instanceof DeskError) || error.code === "THREAD_GONE") throw error;
    if (error.code === "POST_GONE" || error.o.refused === true) { await core.store.messages.updateOne(settled, { $set: done, $unset: { "mirror.dueAt": "" } }); return true; }
    const tries = message.mirror.tries + 1;
    await core.store.messages.updateOne({ _id: message._id, "mirror.token": { $lte: held.token } }, { $set: { "mirror.tries": tries, "mirror.dueAt": new Date(core.clock.now().getTime() + (error.o.retryAfterMs ?? retryDelayMs(tries))) } });
    w.runner().kickAt(held.conversation._id, error.o.retryAfterMs ?? retryDelayMs(tries));
    return false;
  }
}

/** A failed or unknown reply asks its author what to do. */
async function tellOutcome(w: Work, message: Message, thread: DeskThreadId): Promise<void> {
  const { state, error } = message.delivery;
  if (message.origin === undefined || (state !== "failed" && state !== "unknown")) return;
  const text = state === "failed"
    ? `Your reply did not reach ${customerName(w.held.conversation)}: ${error?.text ?? "the channel refused it"}`
    : `It is not known whether your reply reached ${customerName(w.held.conversation)}: ${error?.text ?? "the connection broke"} It is not sent again by itself.`;
  await w.desk.notify(message.origin.userId, thread, { text, messageId: message._id, buttons: [{ id: "retry", label: "Send again" }] });
}

