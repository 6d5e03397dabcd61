/** The mirror lane of one conversation: thread, posts, revisions, receipts and card, so that the desk shows what is. */
import { cardOf } from "./card.ts";
import { pointOld } from "./hand-over.ts";
import { showChange } from "./mirror-changes.ts";
import { markPosting, postMessages, settlePosting } from "./mirror-posts.ts";
import { call, LeaseLost, retireThread, writeNotes } from "./mirror-work.ts";
import type { Mirror, Note, Work } from "./mirror-work.ts";
import type { Core } from "../core/core.ts";
import { DeskError, UserError } from "../core/errors.ts";
import { acquire, release, releasing } from "../core/lanes/lease.ts";
import type { Held } from "../core/lanes/lease.ts";
import type { Author, Conversation, DeskTarget, Message } from "../core/model/types.ts";
import { applyUpTo } from "../core/services/apply.ts";
import { deskTargetOf, inboxOf } from "../core/services/inbox-settings.ts";
import { noteCampaignLines, showQuietLines } from "../core/services/campaign-receipts.ts";
import { countHeld } from "../core/services/marks.ts";
import { mostRecipients } from "../core/services/recipients.ts";
import { replyUntil } from "../core/services/reply-window.ts";
import { movedBy, routeOf } from "../core/services/routing.ts";
import { transfer } from "../core/services/transfer.ts";
import { updating } from "../core/store/in-order.ts";
import type { Step } from "../core/store/in-order.ts";
import { DUE_AT_ONCE, dueInLane } from "../core/store/look-together.ts";

/** Works off what is due; returns when nothing is or the head has to wait. */
export async function mirrorConversation(m: Mirror, conversationId: string): Promise<void> {
  const { core } = m;
  const seen = await dueHere(core, conversationId);
  const cardOnly = seen.length === 0;
  const otherwiseDue = { $or: [{ cardDueAt: { $exists: true }, "thread.id": { $exists: true } }, { moveDueAt: { $lte: core.clock.now() } }] };
  if (cardOnly && (await core.store.conversations.findOne({ _id: conversationId, ...otherwiseDue }, { projection: { _id: 1 } })) === null) return;
  const head = seen.find(waitsInLane);
  if (seen.length === 1 && head !== undefined && comesLater(m, head)) return;

  const held = await acquire(core, "mirror", conversationId, head?._id, (orphan) => markPosting(core, orphan));
  if (held === null) return m.runner().kickAt(conversationId, core.limits.sweepMs);
  let card: number | undefined;
  let broken = true;
  const notes: Note[] = [];
  try {
    card = await work({ ...m, held, notes }, held.undisturbed ? seen : await dueHere(core, conversationId));
    broken = false;
  } finally {
    if ((await writeNotes(core, notes, card === undefined ? undefined : releaseWithCard(core, held, card))) === 0) await release(core, held, broken);
  }
}

const dueHere = async (core: Core, conversationId: string): Promise<Message[]> => noteCampaignLines(core, await dueInLane(core, "mirror", conversationId));

const waitsInLane = ({ mirror }: Message): boolean => mirror.state === "queued" || mirror.state === "posting";

/** A look at what waits for later: the runner comes back then. */
function comesLater(m: Mirror, message: Message): boolean {
  const inMs = message.mirror.dueAt!.getTime() - m.core.clock.now().getTime();
  if (inMs > 0) m.runner().kickAt(message.conversationId, inMs);
  return inMs > 0;
}

/** Answers the card's revision that the desk shows now, if any was due. What comes meanwhile kicks the lane again. */
async function work(m: Pick<Work, "core" | "runner" | "held" | "notes">, first: Message[]): Promise<number | undefined> {
  const { core, held } = m;
  const conversationId = held.conversation._id;
  if (held.conversation.cardDueAt !== undefined && (await moveByRule(core, held.conversation))) {
    m.runner().kickAt(conversationId, 0);
    return undefined;
  }
  const target = await targetOf(core, held);
  const desk = core.desks.get(target.kind);
  if (desk === undefined) { await pointOld(core, held); return undefined; }
  const w: Work = { ...m, desk, target, thread: held.conversation.thread?.id };
  try {
    const quiet = first.some(waitsInLane) && (await showQuietLines(core, held.conversation));
    for (let due = quiet ? await nextDue(w) : first; due.length > 0; due = await nextDue(w)) {
      const highest = Math.max(...due.map((message) => message.seq));
      if (held.conversation.appliedSeq < highest) {
        const applied = await applyUpTo(core, conversationId, highest);
        if (applied !== null) held.conversation = { ...applied, lanes: held.conversation.lanes };
      }
      if (!(await workOff(w, due))) break;
    }
    const shown = await showCard(w);
    await pointOld(core, held);
    return shown;
  } catch (error) {
    if (error instanceof LeaseLost) return undefined;
    if (error instanceof DeskError && error.code === "THREAD_GONE" && w.thread !== undefined) {
      await retireThread(core, held.conversation, w.thread);
      m.runner().kickAt(conversationId, 0);
      return undefined;
    }
    throw error;
  }
}

async function nextDue({ core, held, notes }: Work): Promise<Message[]> {
  await writeNotes(core, notes);
  return dueHere(core, held.conversation._id);
}

const ROUTING: Author = { type: "system", name: "Routing" };
/** What changed on the card may be what a rule asks for. True: it goes on elsewhere. */
async function moveByRule(core: Core, conversation: Conversation): Promise<boolean> {
  const to = await movedBy(core, conversation);
  if (to === null) return false;
  try {
    await transfer(core, { conversation, to, actor: ROUTING, byRule: true });
    return true;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    core.log.warn({ code: error.code, conversationId: conversation._id }, `A routing rule could not move a conversation: ${error.message}`);
    return false;
  }
}

/** Where the thread is, or, when there is none, where the routing rules want it. */
async function targetOf(core: Core, held: Held): Promise<DeskTarget> {
  const { conversation } = held;
  const deskTargetId = conversation.thread === undefined && conversation.deskChosen !== true ? await routeOf(core, conversation) : conversation.deskTargetId;
  if (deskTargetId !== conversation.deskTargetId) {
    const { matchedCount } = await core.store.conversations.updateOne({ _id: conversation._id, "lanes.mirror.token": held.token, deskTargetId: conversation.deskTargetId, deskChosen: { $exists: false } }, { $set: { deskTargetId } });
    // Somebody chose a desk at this moment: the next look goes there.
    if (matchedCount === 0) return deskTargetOf(core, conversation.deskTargetId);
    held.conversation = { ...conversation, deskTargetId };
  }
  return deskTargetOf(core, deskTargetId);
}

/** Posts in order, until the head has to wait; changes of what is there go on. True: look again, more may be due. */
async function workOff(w: Work, due: Message[]): Promise<boolean> {
  const now = w.core.clock.now();
  let again = due.length === DUE_AT_ONCE.mirror;
  let progress = false;
  let headWaits = false;
  const posted = new Set<string>();
  for (const message of due) {
    if (message.seq > w.held.conversation.appliedSeq) break;
    if (!waitsInLane(message)) {
      if (message.mirror.dueAt! <= now && (await showChange(w, message))) progress = true;
      continue;
    }
    if (headWaits || posted.has(message._id)) continue;
    const album = message.groupId === undefined ? burstFrom(w, message, due) : due.filter((other) => other.groupId === message.groupId && waitsInLane(other));
    const uncertain = album.some((part) => part.mirror.state === "posting");
    const done = !album.some((part) => comesLater(w, part)) && (await (uncertain ? settlePosting(w, album) : postMessages(w, album)));
    if (!done) { headWaits = true; continue; }
    progress = true;
    w.posted = true;
    for (const part of album) posted.add(part._id);
    // A reply that was posted here shows its receipt next; a post that was found, what it should say now.
    if (message.kind === "outgoing" || uncertain) again = true;
  }
  return again && progress;
}

/** The lines of a customer that wait one after the other, as far as they fit into one post of this desk: a slow desk catches up so. */
function burstFrom(w: Work, first: Message, due: Message[]): Message[] {
  const room = w.desk.limits.burstChars;
  const fits = (message: Message) => message.kind === "incoming" && message.mirror.state === "queued" && message.mirror.dueAt! <= w.core.clock.now() && message.seq <= w.held.conversation.appliedSeq
    && message.groupId === undefined && message.files.length === 0 && message.quote === undefined && message.deletedAt === undefined && message.author.name === first.author.name;
  if (room === undefined || !fits(first)) return [first];
  const burst = [first];
  let chars = first.body.length;
  for (const message of due.slice(due.indexOf(first) + 1)) {
    chars += 1 + message.body.length;
    if (!fits(message) || chars > room) break;
    burst.push(message);
  }
  return burst;
}

/** The card as it stood when the lane was taken (and applied); a later change makes it due again. */
async function showCard(w: Work): Promise<number | undefined> {
  const { core } = w;
  const { conversation } = w.held;
  // A post opens a thread that a resolved conversation's card had closed.
  const opened = w.posted === true && conversation.status === "resolved";
  if ((conversation.cardDueAt === undefined && !opened) || w.thread === undefined) return undefined;
  if (conversation.cardRev <= conversation.cardShown && !opened) return conversation.cardRev;
  try {
    await call(core, async (signal) => w.desk.updateCard(w.thread!, cardOf(conversation, (await inboxOf(core, conversation.inboxId)).name, replyUntil(core, conversation), mostRecipients(core, conversation.inboxId), await countHeld(core, conversation)), signal));
    return conversation.cardRev;
  } catch (error) {
    if (!(error instanceof DeskError) || error.code === "THREAD_GONE") throw error;
    await core.store.conversations.updateOne({ _id: conversation._id }, { $set: { cardDueAt: new Date(core.clock.now().getTime() + (error.o.retryAfterMs ?? 5_000)) } });
    return undefined;
  }
}

/** The shown card and the lease in one write; it comes upon nothing when the card changed meanwhile, and so is due again. */
const releaseWithCard = (core: Core, held: Held, rev: number): Step => updating<Conversation>(core.store.conversations,
  { _id: held.conversation._id, cardRev: rev, "lanes.mirror.token": held.token },
  { $set: { cardShown: rev }, $unset: { cardDueAt: "", ...releasing("mirror") } },
);
