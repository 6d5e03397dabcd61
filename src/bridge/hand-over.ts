/** A move between desk targets, as the threads show it: what was said so far goes first into the new one, and the old cards point to it. */
import { pointerOf } from "./card.ts";
import { COUNTED, historyOf } from "./history-text.ts";
import { call, LeaseLost } from "./mirror-work.ts";
import type { Work } from "./mirror-work.ts";
import { linkToThread } from "../core/services/thread-link.ts";
import { retireLeft } from "./retired.ts";
import type { Core } from "../core/core.ts";
import { DeskError } from "../core/errors.ts";
import type { Held } from "../core/lanes/lease.ts";
import { retryDelayMs } from "../core/model/retry.ts";
import type { Conversation, DeskPostId, DeskThreadId, LeftThread, Message, Move } from "../core/model/types.ts";
import { canFindPost } from "../core/ports.ts";
import type { DeskPost } from "../core/ports.ts";
import { deskTargetOf, inboxOf } from "../core/services/inbox-settings.ts";
import { targetName } from "../core/services/transfer.ts";

/** Lines that the summary shows at most; and its characters, where a post takes so many. */
const LINES = 20;
const CHARS = 3_000;
/** Lines before those in which hand-over notes of earlier moves are looked for. */
const LOOKED = 200;

/** Posts the summary before any line. `fresh`: the thread was opened a moment ago, so it can't stand there. @throws {LeaseLost}, {DeskError} */
export async function handOver(w: Work, move: Move, thread: DeskThreadId, fresh: boolean): Promise<void> {
  const { core, held } = w;
  const key = `${move.id}:summary`;
  const text = await summaryOf(core, held.conversation, move, Math.min(CHARS, w.desk.limits.textChars));
  if (text !== null) {
    const { desk } = w;
    const found = fresh || !canFindPost(desk) ? null : await call(core, (signal) => desk.findPost(thread, key, signal));
    const ids = found?.ids ?? (await say(w, thread, key, text));
    // should somebody's data be erased, this has to go too
    await core.store.threads.updateOne({ _id: thread }, { $addToSet: { posts: { $each: ids } } });
  }
  const { matchedCount } = await core.store.conversations.updateOne({ _id: held.conversation._id, "lanes.mirror.token": held.token, "move.id": move.id }, { $set: { "move.told": true } });
  if (matchedCount === 0) throw new LeaseLost("The conversation was moved on, or the lane's lease moved to another process.");
  held.conversation = { ...held.conversation, move: { ...move, told: true } };
}

/** A desk that refuses the text gets the lines none the less: they must not wait for it. */
async function say(w: Work, thread: DeskThreadId, key: string, text: string): Promise<DeskPostId[]> {
  const post: DeskPost = { kind: "system", author: { name: "Threadline" }, text, files: [], marks: [] };
  try {
    return (await call(w.core, (signal) => w.desk.post(thread, post, key, signal))).ids;
  } catch (error) {
    if (!(error instanceof DeskError) || error.o.refused !== true || error.code === "THREAD_GONE") throw error;
    w.core.log.warn({ code: error.code, conversationId: w.held.conversation._id }, "A desk refused the summary of a conversation that was moved there; its lines go on without it.");
    return [];
  }
}

/** Null: nothing was said yet. Lines that still wait are no part of it: they are posted themselves. */
async function summaryOf(core: Core, conversation: Conversation, move: Move, chars: number): Promise<string | null> {
  const shown = { conversationId: conversation._id, kind: { $in: ["incoming", "outgoing", "note"] satisfies Message["kind"][] }, "mirror.state": { $in: ["posted", "fallback"] satisfies Message["mirror"]["state"][] }, deletedAt: { $exists: false } };
  const [newest, lines] = await Promise.all([core.store.messages.find(shown).sort({ seq: -1 }).limit(LINES).toArray(), core.store.messages.countDocuments(shown, { limit: COUNTED })]);
  const near = { $gt: (newest.at(-1)?.seq ?? conversation.appliedSeq) - LOOKED };
  const earlier = await core.store.messages.find({ conversationId: conversation._id, seq: near, "activity.type": "transferred", "activity.note": { $exists: true }, createdAt: { $lt: move.at } }).sort({ seq: -1 }).limit(LINES).toArray();
  const said = [...newest, ...earlier].toSorted((a, b) => a.seq - b.seq);
  if (said.length === 0 && move.note === undefined) return null;
  return historyOf({ move, said, channel: conversation.channel, lines, chars });
}

/** The cards of what was left say where the conversation goes on; never in the way of its lines. */
export async function pointOld(core: Core, held: Held): Promise<void> {
  const { _id, move } = held.conversation;
  if (move === undefined) return;
  await retireLeft(core, move);
  const arrived = held.conversation.thread !== undefined;
  const mine = { _id, "lanes.mirror.token": held.token, "move.id": move.id };
  let nextInMs: number | undefined;
  for (const one of move.left) {
    if (!arrived && one.announced === true) continue;
    const outcome = await point(core, held.conversation, move, one);
    if (outcome === "shown" && !arrived) await core.store.conversations.updateOne({ ...mine, "move.left.thread": one.thread }, { $set: { "move.left.$.announced": true } });
    else if (outcome === "shown" || outcome === "gone") await core.store.conversations.updateOne(mine, { $pull: { "move.left": { thread: one.thread } } });
    else {
      nextInMs = Math.min(nextInMs ?? Number.POSITIVE_INFINITY, outcome.retryAfterMs ?? retryDelayMs(one.tries + 1));
      await core.store.conversations.updateOne({ ...mine, "move.left.thread": one.thread }, { $inc: { "move.left.$.tries": 1 } });
    }
  }
  const done = arrived && move.told === true ? await core.store.conversations.updateOne({ ...mine, "move.left": { $size: 0 } }, { $unset: { move: "", moveDueAt: "" } }) : null;
  if (done?.matchedCount === 1) return;
  await core.store.conversations.updateOne(mine, { $set: { moveDueAt: new Date(core.clock.now().getTime() + (nextInMs ?? AGAIN_MS)) } });
}
/** Milliseconds after which an unfinished move is looked at again, when nothing else is due. */
const AGAIN_MS = 30_000;

async function point(core: Core, conversation: Conversation, { by }: Move, { thread, desk: kind }: LeftThread): Promise<"shown" | "gone" | { retryAfterMs: number | undefined }> {
  const desk = core.desks.get(kind);
  if (desk === undefined) return { retryAfterMs: undefined };
  try {
    const [inbox, target, link] = await Promise.all([inboxOf(core, conversation.inboxId), deskTargetOf(core, conversation.deskTargetId), linkToThread(core, conversation)]);
    const card = pointerOf(conversation, inbox.name, { to: targetName(target), by: by.name, arrived: conversation.thread !== undefined, ...(link === undefined ? {} : { link }) });
    await call(core, (signal) => desk.updateCard(thread, card, signal));
    return "shown";
  } catch (error) {
    if (error instanceof DeskError && (error.code === "THREAD_GONE" || error.code === "POST_GONE" || error.o.refused === true)) return "gone";
    core.log.warn({ err: error, conversationId: conversation._id }, "The card of a thread that was left could not be pointed to the new one; it is tried again.");
    return { retryAfterMs: error instanceof DeskError ? error.o.retryAfterMs : undefined };
  }
}
