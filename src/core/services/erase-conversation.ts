/** One conversation emptied: its posts on the desks, its files and lines, and what its card says. Its number, times and owners stay for the counts. */
import type { UpdateFilter } from "mongodb";
import type { Core } from "../core.ts";
import { DeskError } from "../errors.ts";
import { callWithin } from "../lanes/call.ts";
import { acquire, release, type Held } from "../lanes/lease.ts";
import type { ActivityFact, Conversation, DeskThreadId, LeaseName, Message, Thread } from "../model/types.ts";
import { canLink, type Card } from "../ports.ts";

/** Somebody works on the conversation at this moment. */
export class Busy extends Error {}

/** Sources of our own words after an erasure: no data of anybody's. */
export const NOTE_SOURCE = "erased-note:";
const NAMELESS = "Erased customer";
const PAGE = 50;
const LANES: LeaseName[] = ["intake", "delivery", "mirror"];

export interface Erased { counts: { conversations: number; messages: number; files: number; posts: number }; left: string[] }
const nothing = (): Erased => ({ counts: { conversations: 0, messages: 0, files: 0, posts: 0 }, left: [] });

/**
 * `giveUp`: posts on a desk that can't be reached are listed instead of waited for. `record` keeps what was done, before the last trace of
 * it goes: should we stop in between, a few are counted twice and none is left out. @throws {Busy}, {DeskError}
 */
export async function eraseConversation(core: Core, conversationId: string, giveUp: boolean, record: (erased: Erased) => Promise<void>): Promise<void> {
  const held: Held[] = [];
  try {
    for (const lane of LANES) {
      const lease = await acquire(core, lane, conversationId);
      if (lease === null) throw new Busy("The conversation's lanes are at work.");
      held.push(lease);
    }
    await empty(core, held, giveUp, record);
  } finally {
    for (const lease of held) await release(core, lease);
    for (const lane of ["mirror", "delivery"] as const) core.bus.publish({ type: "lane.due", lane, conversationId });
  }
}

async function empty(core: Core, held: Held[], giveUp: boolean, record: (erased: Erased) => Promise<void>): Promise<void> {
  const { conversation } = held[0]!;
  const { _id: conversationId } = conversation;
  const { messages, threads } = core.store;
  const places = new Map((await threads.find({ conversationId }).toArray()).map((thread) => [thread._id, thread]));
  for (let after = 0; ;) {
    const page = await messages.find({ conversationId, seq: { $gt: after } }).sort({ seq: 1 }).limit(PAGE).toArray();
    for (const message of page) {
      if (message.erasedAt !== undefined || message.source.startsWith(NOTE_SOURCE)) continue;
      await renew(core, held);
      const erased = nothing();
      await removePosts(core, places, message, erased, giveUp);
      for (const { fileId, state } of message.files) if (state === "ready") { await core.files.remove(fileId); erased.counts.files++; }
      erased.counts.messages++;
      await record(erased);
      await messages.updateOne({ _id: message._id }, blank(core, message));
    }
    if (page.length < PAGE) break;
    after = page.at(-1)!.seq;
  }
  const erased = nothing();
  for (const thread of places.values()) await clearThread(core, thread, conversation, erased, giveUp);
  if (conversation.erased !== true) erased.counts.conversations++;
  await record(erased);
  for (const thread of places.values()) await threads.updateOne({ _id: thread._id }, { $unset: { posts: "" } });
  await core.store.continuityMails.deleteMany({ conversationId });
  await core.store.webhookDeliveries.updateMany({ conversationId }, { $set: { doneAt: core.clock.now() }, $unset: { body: "", dueAt: "" } });
  await core.store.ruleRuns.deleteMany({ conversationId });
  await core.store.ruleWaits.deleteMany({ conversationId });
  await core.store.tellings.deleteMany({ conversationId });
  await core.store.later.deleteMany({ conversationId });
  await core.store.calls.deleteMany({ conversationId });
  await core.store.surveys.updateMany({ conversationId }, { $set: { closesAt: core.clock.now() }, $unset: { comment: "", tellDueAt: "" } });
  await core.store.conversations.updateOne({ _id: conversationId }, shell(core, conversation));
}

/** @throws {Busy} when somebody else has it meanwhile */
async function renew(core: Core, held: Held[]): Promise<void> {
  const now = core.clock.now().getTime();
  if (held.every(({ until }) => until.getTime() - now > core.limits.leaseMs * 0.7)) return;
  const until = new Date(now + core.limits.leaseMs);
  const { matchedCount } = await core.store.conversations.updateOne(
    { _id: held[0]!.conversation._id, ...Object.fromEntries(held.map(({ lane, token }) => [`lanes.${lane}.token`, token])) },
    { $set: Object.fromEntries(held.map(({ lane }) => [`lanes.${lane}.until`, until])) },
  );
  if (matchedCount === 0) throw new Busy("The conversation's lanes were taken by another process.");
  for (const one of held) one.until = until;
}

async function removePosts(core: Core, places: Map<DeskThreadId, Thread>, message: Message, erased: Erased, giveUp: boolean): Promise<void> {
  for (const key of message.deskPosts) {
    const at = key.lastIndexOf("|");
    const thread = places.get(key.slice(0, at) as DeskThreadId);
    if (thread !== undefined) await removePost(core, thread, key.slice(at + 1), erased, giveUp);
  }
}

/** What the desk refuses, since it is somebody else's post or the thread is archived, is listed. */
async function removePost(core: Core, thread: Thread, postId: string, erased: Erased, giveUp: boolean): Promise<void> {
  if (await onDesk(core, thread, giveUp, (signal) => core.desks.get(thread.desk)!.remove(thread._id, [postId], signal))) erased.counts.posts++;
  else erased.left.push(`${whereIs(core, thread)} · post ${postId}`);
}

const GONE = new Set(["POST_GONE", "THREAD_GONE"]);

/** True: done, or there is nothing (any more) to do it to. */
async function onDesk(core: Core, thread: Thread, giveUp: boolean, work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
  if (core.desks.get(thread.desk) === undefined) return false;
  try {
    await callWithin(core.limits.vendorCallMs, work, () => new DeskError("TIMEOUT", "The desk did not answer in time.", { certain: false }));
    return true;
  } catch (error) {
    if (!(error instanceof DeskError)) throw error;
    if (GONE.has(error.code)) return true;
    if (error.o.refused === true || error.code === "REFUSED" || giveUp) return false;
    throw error;
  }
}

function whereIs(core: Core, { _id, desk: kind }: Thread): string {
  const desk = core.desks.get(kind);
  return desk !== undefined && canLink(desk) ? desk.linkTo(_id) : `${kind}, thread ${_id}`;
}

/** Facts that say nothing of the customer. */
const KEPT: ActivityFact["type"][] = ["assigned", "team", "labelled", "unlabelled", "priority", "mode"];

/** All else goes, also what is added to messages and conversations later. */
const KEPT_OF_MESSAGE = new Set<keyof Message>([
  "_id", "conversationId", "inboxId", "identityId", "seq", "kind", "source", "author", "body", "files", "createdAt", "sentAt", "terms", "feedSeqs", "feedFirst", "feedLast", "rev", "revisions", "deletedAt", "erasedAt", "reactions",
  "seen", "mirror", "delivery", "todo", "deskPosts", "schema",
]);
const KEPT_OF_CONVERSATION = new Set<keyof Conversation>([
  "_id", "number", "inboxId", "contactId", "identityId", "deskTargetId", "status", "statusAt", "subject", "contactName", "channel", "assigneeId", "assigneeName", "teamId", "teamName", "labels", "priority", "mode", "waitingSince",
  "firstReplyAt", "snoozedUntil", "snoozeEpisode", "resolvedAt", "appliedSeq", "lastIncomingSeq", "lastMessageAt", "lastLine", "counts", "outbox", "thread", "erased", "deskChosen", "move", "moveDueAt", "cardRev", "cardShown", "cardDueAt",
  "lanes", "createdAt", "schema", "holds",
]);

/** Stamps and places in order stay: what a customer's program has read must not shift. */
function blank(core: Core, message: Message): UpdateFilter<Message> {
  const { author, activity, delivery } = message;
  const waits = delivery.state === "queued" || delivery.state === "sending";
  const fact: ActivityFact | undefined = activity?.type === "status" ? { type: "status", from: activity.from, to: activity.to } : activity !== undefined && KEPT.includes(activity.type) ? activity : undefined;
  const agents = author.type === "agent" || author.type === "bot";
  return {
    $set: {
      body: "", files: [], terms: [], revisions: [], reactions: [], deskPosts: [], todo: [], source: `erased:${message._id}`, erasedAt: core.clock.now(), deletedAt: message.deletedAt ?? core.clock.now(),
      author: agents ? author : { type: author.type, name: NAMELESS }, "mirror.state": "none", "delivery.parts": [], ...(waits ? { "delivery.state": "cancelled" } : {}), ...(fact === undefined ? {} : { activity: fact }),
    },
    $unset: Object.fromEntries([
      ...Object.keys(message).filter((field) => !KEPT_OF_MESSAGE.has(field as keyof Message) && !(field === "activity" && fact !== undefined)),
      "mirror.dueAt", "mirror.error", "mirror.untold", "delivery.dueAt", "delivery.error", "delivery.heard",
    ].map((field) => [field, ""])),
  } as UpdateFilter<Message>;
}

function shell(core: Core, conversation: Conversation): UpdateFilter<Conversation> {
  const now = core.clock.now();
  const { status, resolvedAt } = conversation;
  return {
    $set: {
      erased: true, contactName: NAMELESS, subject: "", lastLine: null, outbox: [], mode: "team-only", cardDueAt: now,
      ...(status === "resolved" ? {} : { status: "resolved", statusAt: now }), resolvedAt: resolvedAt ?? now, waitingSince: null, snoozedUntil: null, snoozeEpisode: null,
    },
    $unset: Object.fromEntries([...Object.keys(conversation).filter((field) => !KEPT_OF_CONVERSATION.has(field as keyof Conversation)), ...(conversation.move === undefined ? [] : ["move.note"])].map((field) => [field, ""])),
    $inc: { cardRev: 1 },
  } as UpdateFilter<Conversation>;
}

/** What stands there besides lines: summaries, the card, what people wrote as the desk reported it. The card of the thread in use follows by its lane. */
async function clearThread(core: Core, thread: Thread, conversation: Conversation, erased: Erased, giveUp: boolean): Promise<void> {
  const { deskEvents } = core.store;
  for (const postId of thread.posts ?? []) await removePost(core, thread, postId, erased, giveUp);
  const from = `${thread.desk}:${thread._id}:`;
  await deskEvents.updateMany({ _id: { $gte: from, $lt: `${from}\uffff` }, "event.text": { $exists: true } }, { $set: { "event.text": "" } });
  await deskEvents.updateMany({ _id: { $gte: from, $lt: `${from}\uffff` }, "event.files": { $exists: true } }, { $set: { "event.files": [] } });
  if (thread._id === conversation.thread?.id) return;
  const card: Card = {
    conversationId: conversation._id, number: conversation.number, title: NAMELESS, facts: [{ label: "Contact", value: NAMELESS }], lastLine: null, buttons: [{ id: "more", label: "More" }], status: "resolved", priority: null, collapsed: true,
  };
  if (!(await onDesk(core, thread, giveUp, (signal) => core.desks.get(thread.desk)!.updateCard(thread._id, card, signal)))) erased.left.push(`${whereIs(core, thread)} · card`);
}
