/** The mirror lane of one conversation: thread, posts, revisions, receipts and card, so that the desk shows what is. */
import { cardOf } from "./card.ts";
import { customerName, postOf } from "./render-post.ts";
import type { Core } from "../core/core.ts";
import { DeskError } from "../core/errors.ts";
import { acquire, nameHead, release } from "../core/lanes/lease.ts";
import type { Held } from "../core/lanes/lease.ts";
import type { Runner } from "../core/lanes/runner.ts";
import { retryDelayMs } from "../core/model/retry.ts";
import type { Conversation, DeskTarget, DeskThreadId, Message } from "../core/model/types.ts";
import { canFindPost } from "../core/ports.ts";
import type { DeskAdapter, Posted } from "../core/ports.ts";
import { applyUpTo } from "../core/services/apply.ts";
import { recordSeenByTeam, servesFeed } from "../core/services/feed.ts";
import { deskTargetOf, inboxOf } from "../core/services/inbox-settings.ts";
import { deskPostKey } from "../core/services/send-reply.ts";

const LOOK_AHEAD = 50;
export interface Mirror { core: Core; runner: () => Runner }
interface Work extends Mirror { held: Held; desk: DeskAdapter; target: DeskTarget; thread: DeskThreadId | undefined }

/** Works off what is due; returns when nothing is or the head has to wait. */
export async function mirrorConversation(m: Mirror, conversationId: string): Promise<void> {
  const { core } = m;
  const due = await dueMessages(core, conversationId);
  const known = due.length > 0 ? null : await core.store.conversations.findOne({ _id: conversationId, cardDueAt: { $exists: true } }, { projection: { _id: 1 } });
  if (due.length === 0 && known === null) return;
  const head = due.find((message) => message.mirror.state === "queued" || message.mirror.state === "posting");
  if (due.length === 1 && head !== undefined && known === null && comesLater(m, head)) return;

  const held = await acquire(core, "mirror", conversationId, head?._id, (orphan) => markPosting(core, orphan));
  if (held === null) return m.runner().kickAt(conversationId, core.limits.sweepMs);
  let shown: { set?: Record<string, unknown>; unset?: string[] } = {};
  try {
    shown = await work(m, held);
  } finally {
    await release(core, held, shown);
  }
}

const dueMessages = (core: Core, conversationId: string): Promise<Message[]> =>
  core.store.messages.find({ conversationId, "mirror.dueAt": { $exists: true } }).sort({ "mirror.turn": 1 }).limit(LOOK_AHEAD).toArray();

/** A look at what waits for later: the runner comes back then. */
function comesLater(m: Mirror, message: Message): boolean {
  const inMs = message.mirror.dueAt!.getTime() - m.core.clock.now().getTime();
  if (inMs > 0) m.runner().kickAt(message.conversationId, inMs);
  return inMs > 0;
}

async function work(m: Mirror, held: Held): Promise<{ set?: Record<string, unknown>; unset?: string[] }> {
  const { core } = m;
  const conversationId = held.conversation._id;
  const target = await deskTargetOf(core, held.conversation.deskTargetId);
  const desk = core.desks.get(target.kind);
  if (desk === undefined) return {};
  const w: Work = { ...m, held, desk, target, thread: held.conversation.thread?.id };
  try {
    for (;;) {
      const due = await dueMessages(core, conversationId);
      const highest = Math.max(0, ...due.map((message) => message.seq));
      if (held.conversation.appliedSeq < highest) await refresh(w, await applyUpTo(core, conversationId, highest));
      const now = core.clock.now();
      let progress = false;
      let headWaits = false;
      for (const message of due) {
        const waitsInLane = message.mirror.state === "queued" || message.mirror.state === "posting";
        if (message.seq > held.conversation.appliedSeq) break;
        if (!waitsInLane) { if (message.mirror.dueAt! <= now) progress = (await showChange(w, message)) || progress; continue; }
        if (headWaits) continue;
        const album = message.groupId === undefined ? [message] : due.filter((other) => other.groupId === message.groupId && other.mirror.state === message.mirror.state);
        if (album.some((part) => comesLater(m, part))) { headWaits = true; continue; }
        if (message.mirror.state === "queued" && (await postMessages(w, album))) progress = true;
        else if (message.mirror.state === "posting" && (await settlePosting(w, message))) progress = true;
        else headWaits = true;
        if (album.length > 1) break;
      }
      if (!progress) break;
    }
    return await showCard(w);
  } catch (error) {
    if (error instanceof LeaseLost) return {};
    if (error instanceof DeskError && error.code === "THREAD_GONE" && w.thread !== undefined) { await retireThread(core, held.conversation, w.thread); m.runner().kickAt(conversationId, 0); return {}; }
    throw error;
  }
}

class LeaseLost extends Error {}
const lead = async (w: Work, messageId: string): Promise<void> => {
  if (!(await nameHead(w.core, w.held, messageId))) throw new LeaseLost("The lane's lease moved to another process.");
};
async function refresh(w: Work, conversation: Conversation | null): Promise<void> {
  if (conversation !== null) w.held.conversation = { ...conversation, lanes: w.held.conversation.lanes };
}

/** A vendor call ends within its time, whatever the desk does. */
async function call<T>(core: Core, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(core.limits.vendorCallMs);
  return Promise.race([
    work(signal),
    new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(new DeskError("TIMEOUT", "The desk did not answer in time.", { certain: false })), { once: true })),
  ]);
}

/** The thread of the conversation; opened, with the card as its first post, when there is none. */
async function openThread(w: Work): Promise<DeskThreadId> {
  if (w.thread !== undefined) return w.thread;
  const { core, held } = w;
  const conversation = held.conversation;
  const retired = await core.store.threads.countDocuments({ conversationId: conversation._id });
  const thread = await call(core, async (signal) => w.desk.openThread(w.target, cardOf(conversation, (await inboxOf(core, conversation.inboxId)).name), `${conversation._id}:${retired}`, signal));
  const now = core.clock.now();
  await core.store.threads.updateOne({ _id: thread }, { $setOnInsert: { conversationId: conversation._id, desk: w.desk.kind, targetId: w.target._id, state: "active", createdAt: now } }, { upsert: true });
  await core.store.conversations.updateOne({ _id: conversation._id }, { $set: { thread: { id: thread }, cardShown: conversation.cardRev } });
  w.thread = thread;
  held.conversation = { ...conversation, thread: { id: thread }, cardShown: conversation.cardRev };
  return thread;
}

/** Posts one message, or an album as one post. False: the head has to wait. */
async function postMessages(w: Work, parts: Message[]): Promise<boolean> {
  const { core } = w;
  const first = parts[0]!;
  try {
    await lead(w, first._id);
    const thread = await openThread(w);
    const post = postOf(w.held.conversation, parts);
    const posted = await call(core, (signal) => w.desk.post(thread, post, first._id, signal));
    await recordPosted(w, parts, thread, posted, "posted");
    return true;
  } catch (error) {
    return postFailed(w, parts, error);
  }
}

async function recordPosted(w: Work, parts: Message[], thread: DeskThreadId, posted: Posted, state: "posted" | "fallback"): Promise<void> {
  const { core, held } = w;
  const keys = posted.ids.map((id) => deskPostKey(thread, id));
  for (const message of parts) {
    const wasRev = { _id: message._id, "mirror.token": { $lte: held.token } };
    const set = { "mirror.state": state, "mirror.rev": message.rev, "mirror.token": held.token, "mirror.postedAt": posted.at, "mirror.tries": 0 };
    // What changed while it was posted stays due.
    const { matchedCount } = await core.store.messages.updateOne(
      { ...wasRev, rev: message.rev, "delivery.state": message.delivery.state },
      { $set: set, $addToSet: { deskPosts: { $each: keys } }, $unset: { "mirror.error": "", ...(message.kind === "outgoing" ? {} : { "mirror.dueAt": "" }) } },
    );
    if (matchedCount === 0) await core.store.messages.updateOne(wasRev, { $set: set, $addToSet: { deskPosts: { $each: keys } }, $unset: { "mirror.error": "" } });
  }
  const last = parts.at(-1)!;
  if (last.kind === "incoming" && servesFeed(core, last.inboxId)) await recordSeenByTeam(core, last.conversationId, last.seq, "delivered");
}

async function postFailed(w: Work, parts: Message[], error: unknown): Promise<boolean> {
  const { core, held } = w;
  if (!(error instanceof DeskError)) throw error;
  if (error.code === "THREAD_GONE") throw error;
  if (error.o.refused === true && w.thread !== undefined) {
    const plain = { ...postOf(held.conversation, parts), files: [], marks: [`shown without its ${parts.some((p) => p.files.length > 0) ? "files" : "formatting"}: ${error.message}`] };
    try {
      const posted = await call(core, (signal) => w.desk.post(w.thread!, plain, `${parts[0]!._id}:plain`, signal));
      await recordPosted(w, parts, w.thread, posted, "fallback");
      return true;
    } catch (second) {
      if (!(second instanceof DeskError)) throw second;
    }
  }
  const now = core.clock.now();
  for (const message of parts) {
    const tries = message.mirror.tries + 1;
    await core.store.messages.updateOne({ _id: message._id, "mirror.token": { $lte: held.token } }, {
      $set: {
        "mirror.state": error.o.certain ? "queued" : "posting", "mirror.token": held.token, "mirror.tries": tries,
        "mirror.dueAt": new Date(now.getTime() + (error.o.retryAfterMs ?? retryDelayMs(tries))), "mirror.error": { code: error.code, text: error.message },
      },
    });
  }
  w.runner().kickAt(held.conversation._id, error.o.retryAfterMs ?? retryDelayMs(parts[0]!.mirror.tries + 1));
  core.log.warn({ code: error.code, conversationId: held.conversation._id, tries: parts[0]!.mirror.tries + 1 }, "A post did not reach the desk; it is tried again.");
  return false;
}

/** What a dead holder was posting is uncertain until the desk was asked. */
async function markPosting(core: Core, message: Message): Promise<void> {
  if (message.mirror.state !== "queued") return;
  await core.store.messages.updateOne({ _id: message._id, "mirror.state": "queued" }, { $set: { "mirror.state": "posting" } });
}

/** Looks for the post where the desk lets us; else posts again, marked: the team must never miss a line. */
async function settlePosting(w: Work, message: Message): Promise<boolean> {
  const { core } = w;
  const thread = await openThread(w);
  const { desk } = w;
  const found = canFindPost(desk) ? await call(core, (signal) => desk.findPost(thread, message._id, signal)) : null;
  if (found !== null) { await recordPosted(w, [message], thread, found, "posted"); return true; }
  const again: Message = canFindPost(desk) ? message : { ...message, mirror: { ...message.mirror, mayAppearTwice: true } };
  if (again.mirror.mayAppearTwice === true) await core.store.messages.updateOne({ _id: message._id }, { $set: { "mirror.mayAppearTwice": true } });
  return postMessages(w, [again]);
}

/** A revision of what the thread shows, or a receipt on the agent's own message. True: something was shown. */
async function showChange(w: Work, message: Message): Promise<boolean> {
  const { core, held } = w;
  const settled = { _id: message._id, rev: message.rev, "delivery.state": message.delivery.state, "mirror.token": { $lte: held.token } };
  const done = { "mirror.rev": message.rev, "mirror.token": held.token, "mirror.tries": 0 };
  try {
    const thread = await openThread(w);
    const ours = message.deskPosts.filter((key) => key.startsWith(`${thread}|`)).map((key) => key.slice(thread.length + 1));
    await lead(w, message._id);
    if (message.origin === undefined && message.rev > message.mirror.rev && ours.length > 0) {
      await call(core, (signal) => w.desk.update(thread, ours, postOf(held.conversation, [message]), signal));
    }
    const receipt = message.kind === "outgoing" || message.delivery.state === "cancelled" ? message.delivery.state : undefined;
    const showOn = message.origin?.thread === thread ? message.origin.postId : ours.at(-1);
    if (receipt !== undefined && receipt !== message.mirror.receipt && showOn !== undefined) {
      await call(core, (signal) => w.desk.showReceipt(thread, showOn, receipt, message.mirror.receipt, signal));
      await tellOutcome(w, message, thread);
      await core.store.messages.updateOne(settled, { $set: { ...done, "mirror.receipt": receipt }, $unset: { "mirror.dueAt": "" } });
      await core.store.messages.updateOne({ _id: message._id, "mirror.token": { $lte: held.token } }, { $set: { "mirror.receipt": receipt } });
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

async function showCard(w: Work): Promise<{ set?: Record<string, unknown>; unset?: string[] }> {
  const { core } = w;
  const conversation = await core.store.conversations.findOne({ _id: w.held.conversation._id });
  if (conversation === null || w.thread === undefined) return {};
  if (conversation.cardRev <= conversation.cardShown) {
    // the thread was opened with this very card: nothing is left to show
    if (conversation.cardDueAt !== undefined) await core.store.conversations.updateOne({ _id: conversation._id, cardRev: conversation.cardRev }, { $unset: { cardDueAt: "" } });
    return {};
  }
  try {
    await call(core, async (signal) => w.desk.updateCard(w.thread!, cardOf(conversation, (await inboxOf(core, conversation.inboxId)).name), signal));
  } catch (error) {
    if (!(error instanceof DeskError) || error.code === "THREAD_GONE") throw error;
    await core.store.conversations.updateOne({ _id: conversation._id }, { $set: { cardDueAt: new Date(core.clock.now().getTime() + (error.o.retryAfterMs ?? 5_000)) } });
    return {};
  }
  const { matchedCount } = await core.store.conversations.updateOne({ _id: conversation._id, cardRev: conversation.cardRev }, { $set: { cardShown: conversation.cardRev }, $unset: { cardDueAt: "" } });
  if (matchedCount === 0) w.runner().kickAt(conversation._id, 0);
  return {};
}

/** The desk lost the thread: what is written there later becomes a note; the next post opens a new one. */
async function retireThread(core: Core, conversation: Conversation, thread: DeskThreadId): Promise<void> {
  await core.store.threads.updateOne({ _id: thread }, { $set: { state: "retired" } });
  await core.store.conversations.updateOne({ _id: conversation._id, "thread.id": thread }, { $unset: { thread: "" }, $set: { cardDueAt: core.clock.now() }, $inc: { cardRev: 1 } });
  core.log.warn({ conversationId: conversation._id }, "A desk thread is gone; a new one is opened.");
}
