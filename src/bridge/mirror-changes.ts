/** Showing what changed on what the thread has already: revisions, and receipts on the agent's own message. */
import { call, keepLease, writeNotes } from "./mirror-work.ts";
import type { Work } from "./mirror-work.ts";
import { openThread } from "./open-thread.ts";
import { customerName, postOf } from "./render-post.ts";
import { DeskError } from "../core/errors.ts";
import type { Core } from "../core/core.ts";
import { retryDelayMs } from "../core/model/retry.ts";
import type { DeliveryStatus, DeskKind, DeskThreadId, Message } from "../core/model/types.ts";
import { canFindPost } from "../core/ports.ts";
import type { Notice } from "../core/ports.ts";
import { allAgents } from "../core/services/inbox-settings.ts";
import { wantMark } from "../core/services/marks.ts";
import { recordReplySent } from "../core/services/record-delivery.ts";
import { deskPostKey } from "../core/services/send-reply.ts";
import { updating } from "../core/store/in-order.ts";

/** A revision of what the thread shows, or a receipt on the agent's own message. True: something was shown. */
export async function showChange(w: Work, message: Message): Promise<boolean> {
  const { core, held } = w;
  // Whatever makes it due again meanwhile stays due.
  const settled = { _id: message._id, rev: message.rev, "delivery.state": message.delivery.state, "mirror.token": { $lte: held.token }, "mirror.dueAt": message.mirror.dueAt!, "mirror.untold": message.mirror.untold ?? { $exists: false } };
  const done = { "mirror.rev": message.rev, "mirror.token": held.token, "mirror.tries": 0 };
  try {
    await writeNotes(core, w.notes);
    await stopClocks(w, message);
    await keepLease(w, message._id);
    const thread = await openThread(w, message._id);
    const elsewhere = message.origin?.thread === thread ? undefined : message.origin;
    const there = message.deskPosts.filter((key) => key.startsWith(`${thread}|`)).map((key) => key.slice(thread.length + 1));
    const ours = there.length === 0 && (await isUnknownHere(core, message, thread)) ? await bringOver(w, message, thread) : there;
    if ((message.origin === undefined || elsewhere !== undefined) && message.rev > message.mirror.rev && ours.length > 0) {
      const parts = await partsOf(core, message);
      await call(core, (signal) => w.desk.update(thread, ours, postOf(held.conversation, parts), signal));
    }
    let told = message.mirror.untold === true;
    if (told) await tellRefused(w, message, thread);
    const receipt = message.kind === "outgoing" || message.delivery.state === "cancelled" ? message.delivery.state : undefined;
    const shown = receipt === undefined || receipt === message.mirror.receipt ? {} : { "mirror.receipt": receipt };
    if (receipt !== undefined && receipt !== message.mirror.receipt) {
      const showOn = message.origin?.thread === thread ? message.origin.postId : ours.at(-1);
      if (showOn !== undefined) await call(core, (signal) => w.desk.showReceipt(thread, showOn, receipt, message.mirror.receipt, signal)).catch(unlessGone);
      if (elsewhere !== undefined) await showThere(core, elsewhere, receipt, message.mirror.receipt);
      told ||= await tellOutcome(w, message, thread);
    }
    w.notes.push({
      step: updating<Message>(core.store.messages, settled, { $set: { ...done, ...shown }, $unset: { "mirror.dueAt": "", "mirror.untold": "" } }),
      // It changed meanwhile and stays due; what the desk shows now is known all the same.
      missed: async () => { if (receipt !== undefined) await core.store.messages.updateOne({ _id: message._id, "mirror.token": { $lte: held.token } }, { $set: { "mirror.receipt": receipt } }); },
    });
    // A receipt or an edited post may be shown again after a stop; nobody is told the same twice for it.
    if (told) await writeNotes(core, w.notes);
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

/** An author may delete their own line; what became of the reply they are told all the same. */
function unlessGone(error: unknown): void {
  if (!(error instanceof DeskError) || error.code !== "POST_GONE") throw error;
}

/** What only an old thread shows: a customer's line that was edited since, or an agent's that was taken over while the conversation moved. */
async function isUnknownHere(core: Core, message: Message, thread: DeskThreadId): Promise<boolean> {
  if (message.deletedAt !== undefined || message.deskPosts.length === 0) return false;
  if (message.kind === "incoming") return message.rev > message.mirror.rev && message.editedAt !== undefined;
  if (message.origin === undefined || message.origin.thread === thread) return false;
  const opened = await core.store.threads.findOne({ _id: thread }, { projection: { createdAt: 1 } });
  return opened !== null && message.createdAt >= opened.createdAt;
}

/** Answers its posts in this thread. */
async function bringOver({ core, desk, held: { conversation } }: Work, message: Message, thread: DeskThreadId): Promise<string[]> {
  const key = `${message._id}:again`;
  const found = canFindPost(desk) ? await call(core, (signal) => desk.findPost(thread, key, signal)) : null;
  const { ids } = found ?? (await call(core, (signal) => desk.post(thread, postOf(conversation, [message]), key, signal)));
  await core.store.messages.updateOne({ _id: message._id }, { $addToSet: { deskPosts: { $each: ids.map((id) => deskPostKey(thread, id)) } } });
  return ids;
}

/** On the agent's own message in a thread that was left meanwhile; a thread or post that is gone needs none. */
async function showThere(core: Core, { desk: kind, thread, postId }: NonNullable<Message["origin"]>, now: DeliveryStatus, was: DeliveryStatus | undefined): Promise<void> {
  const desk = core.desks.get(kind);
  if (desk === undefined) return;
  try {
    await call(core, (signal) => desk.showReceipt(thread, postId, now, was, signal));
  } catch (error) {
    if (!(error instanceof DeskError) || (error.code !== "THREAD_GONE" && error.code !== "POST_GONE" && error.o.refused !== true)) throw error;
  }
}

/** All that one post shows: the parts of an album, and lines that went together, share theirs. */
const partsOf = async (core: Core, message: Message): Promise<Message[]> =>
  message.kind === "incoming" ? core.store.messages.find({ deskPosts: { $in: message.deskPosts } }).sort({ seq: 1 }).toArray() : [message];

const WITH_CUSTOMER = new Set<string | undefined>(["sent", "delivered", "read"]);

/** What a crash between "sent" and the clocks left, and what a vendor's later word made known. */
async function stopClocks({ core, held: { conversation } }: Work, message: Message): Promise<void> {
  const { delivery, mirror } = message;
  if (!WITH_CUSTOMER.has(delivery.state) || WITH_CUSTOMER.has(mirror.receipt)) return;
  if (conversation.firstReplyAt === null || conversation.waitingSince !== null) await recordReplySent(core, message, delivery.sentAt ?? core.clock.now());
}

interface Place { desk: DeskKind; thread: DeskThreadId | null; userId: string }

/** Where the author of a reply is reached: where they wrote it, else in its thread, else on a desk on which they have an account. */
async function authorOf(w: Work, message: Message, thread: DeskThreadId): Promise<Place | undefined> {
  if (message.origin !== undefined) return message.origin;
  const links = (await allAgents(w.core)).find((agent) => agent._id === message.author.id)?.links ?? [];
  const here = links.find((link) => link.desk === w.desk.kind);
  if (here !== undefined) return { desk: here.desk, thread, userId: here.userId };
  const other = links.find((link) => w.core.desks.has(link.desk));
  return other === undefined ? undefined : { desk: other.desk, thread: null, userId: other.userId };
}

/** In the thread in use it is tried again until it is said; elsewhere nothing waits for it. */
async function notify(w: Work, to: Place, thread: DeskThreadId, notice: Notice): Promise<void> {
  const desk = w.core.desks.get(to.desk);
  if (desk === undefined) return;
  try {
    await call(w.core, () => desk.notify(to.userId, to.thread, notice));
  } catch (error) {
    if (to.thread === thread) throw error;
    w.core.log.warn({ err: error, messageId: notice.messageId }, "An agent could not be told on another desk what became of a reply.");
  }
}

/** A failed or unknown reply asks its author what to do; a late one says so. Answers whether there was anything to tell. */
async function tellOutcome(w: Work, message: Message, thread: DeskThreadId): Promise<boolean> {
  const { state, error } = message.delivery;
  const arrived = WITH_CUSTOMER.has(state) && !WITH_CUSTOMER.has(message.mirror.receipt);
  const late = arrived && message.delivery.late === true;
  const blind = arrived && !late && message.delivery.blind === true;
  const to = late || blind || state === "failed" || state === "unknown" ? await authorOf(w, message, thread) : undefined;
  if (to === undefined) return false;
  if (late) {
    const text = `Your reply was waiting when Threadline or the channel was away, and has reached ${customerName(w.held.conversation)} late.`;
    await notify(w, to, thread, { text, messageId: message._id, buttons: [] });
    return true;
  }
  if (blind) {
    const text = "Your reply went out while this desk's connection to Threadline was down. If you edited or deleted it meanwhile, the customer may still have it as it was.";
    await notify(w, to, thread, { text, messageId: message._id, buttons: [] });
    return true;
  }
  const text = state === "failed"
    ? `Your reply did not reach ${customerName(w.held.conversation)}: ${error?.text ?? "the channel refused it"}`
    : `It is not known whether your reply reached ${customerName(w.held.conversation)}: ${error?.text ?? "the connection broke"} It is not sent again by itself.`;
  await notify(w, to, thread, { text, messageId: message._id, buttons: [{ id: "retry", label: "Send again" }] });
  return true;
}

/** A change that the channel did not take: whoever made it learns what the customer has. */
async function tellRefused(w: Work, message: Message, thread: DeskThreadId): Promise<void> {
  if (message.deletedAt === undefined) await wantMark(w.core, message, "inside");
  const to = await authorOf(w, message, thread);
  if (to === undefined) return;
  const text = `${customerName(w.held.conversation)} still has your reply ${message.deletedAt === undefined ? "as it was before your edit" : "that you deleted"}: ${message.delivery.error?.text ?? "the channel refused the change."}`;
  await notify(w, to, thread, { text, messageId: message._id, buttons: message.deletedAt === undefined ? [{ id: "correct", label: "Send correction" }] : [] });
}
