/** What a message does to its conversation: once, in order, whoever comes first. */
import type { UpdateFilter } from "mongodb";
import type { Core } from "../core.ts";
import { releasing } from "../lanes/lease.ts";
import type { Held } from "../lanes/lease.ts";
import { MOST_UNSHOWN } from "../model/campaigns.ts";
import { activityText } from "../model/activity-text.ts";
import { draftMessage, firstLine } from "../model/draft.ts";
import { newId } from "../model/ids.ts";
import { onIncoming } from "../model/status.ts";
import { languageOf } from "../model/language.ts";
import type { ActivityFact, Conversation, Message, OutboxEntry } from "../model/types.ts";
import { changeTogether } from "../store/change-together.ts";
import type { OneFilter } from "../store/change-together.ts";
import { updating } from "../store/in-order.ts";
import type { Step } from "../store/in-order.ts";
import { appendMessage } from "../store/messages.ts";
import type { Appended, Seqed } from "../store/messages.ts";
import { windowFromLine } from "./reply-window.ts";
import { tellOfWaking } from "./tell-owner.ts";
import { NO_SLA, slaOn } from "./sla.ts";
import { storeTellings } from "./tellings.ts";

/**
 * Applies every message up to `seq` that is not yet applied, lowest first. `message` saves a read when it is the next one, and so does
 * `known`, a conversation that was read a moment ago: the update is conditional on it, and reads again where it is out of date.
 * `held`, a lease on the conversation, is given back with the last effect if it still stands.
 * Answers the conversation as it stands then, or null when it does not exist.
 */
export async function applyUpTo(core: Core, conversationId: string, seq: number, message?: Message, known?: Conversation, held?: Held): Promise<Conversation | null> {
  const { conversations, messages } = core.store;
  let conversation = known !== undefined && known.appliedSeq === seq - 1 ? known : await conversations.findOne({ _id: conversationId });
  while (conversation !== null && conversation.appliedSeq < seq) {
    const next: number = conversation.appliedSeq + 1;
    // Of an erased person's line what was read before brings nothing back.
    const due: Message | null = message?.seq === next && conversation.erased !== true ? message : await messages.findOne({ conversationId, seq: next });
    if (due === null) return conversation;
    const after: Conversation | null = (next === seq && held !== undefined ? await applyAndRelease(core, conversation, due, held) : null) ?? (await applyOne(core, conversation, due));
    conversation = after ?? (await conversations.findOne({ _id: conversationId }));
  }
  return conversation;
}

async function applyAndRelease(core: Core, conversation: Conversation, message: Message, held: Held): Promise<Conversation | null> {
  const after = await applyOne(core, conversation, message, held);
  held.released = after !== null;
  return after;
}

/** Null when somebody else changed what the update was computed from (or has the lease): read again and repeat. */
async function applyOne(core: Core, conversation: Conversation, message: Message, held?: Held): Promise<Conversation | null> {
  const { filter, update, activity } = await changeBy(core, conversation, message, held);
  const after = await changeTogether<Conversation>(core.store, core.store.conversations, filter, update);
  if (after === null) return null;
  if (activity) await drainOutbox(core, after);
  core.bus.publish({ type: "conversation.changed", conversationId: conversation._id });
  return after;
}

interface Change { filter: OneFilter<Conversation>; update: UpdateFilter<Conversation>; activity: boolean }

/** What `message` does to the conversation as it was read, and to nothing else; `held` is given back with it. */
async function changeBy(core: Core, conversation: Conversation, message: Message, held?: Held): Promise<Change> {
  const { update, activity } = effectOf(core, conversation, message);
  const sla = message.kind === "incoming" ? await slaOn(core, conversation, update.$set as Partial<Conversation>, message.createdAt) : NO_SLA;
  Object.assign(update.$set!, sla.set);
  return {
    filter: { _id: conversation._id, appliedSeq: message.seq - 1, status: conversation.status, waitingSince: conversation.waitingSince, erased: conversation.erased ?? { $exists: false }, ...sla.expect, ...(held === undefined ? {} : { [`lanes.${held.lane}.token`]: held.token }) },
    update: held === undefined && sla.unset === undefined ? update : { ...update, $unset: { ...(held === undefined ? {} : releasing(held.lane)), ...(sla.unset === undefined ? {} : { sla: "" as const }) } },
    activity,
  };
}

/** `held`: a lease on the conversation that is given back with the effect. `also`: writes that need the message to be there, and nothing more. `identityId`: whose feed it is in, else the conversation's. */
export interface Along { held?: Held; also?: Step[]; identityId?: string }
/** `also`: whether those writes were carried out. */
export interface AppendedAndApplied extends Appended { also: boolean }

/**
 * `appendMessage` and `applyUpTo` in one: the message and what it does go as one command where nothing else has to be looked at for that.
 * `conversation` as it was read a moment ago.
 */
export async function appendAndApply(core: Core, conversation: Conversation, make: Seqed, inFeed: boolean, { held, also = [], identityId = conversation.identityId }: Along = {}): Promise<AppendedAndApplied> {
  const appended = await appendMessage(core.store, conversation._id, identityId, conversation.appliedSeq, make, inFeed, async (message) => {
    if (conversation.appliedSeq !== message.seq - 1 || conversation.erased === true) return [];
    const { filter, update, activity } = await changeBy(core, conversation, message, held);
    return activity ? [] : [updating(core.store.conversations, filter, update), ...also];
  });
  const { message, duplicate, followed } = appended;
  if (duplicate) return { ...appended, also: false };
  if (followed[0] === 1) {
    if (held !== undefined) held.released = true;
    core.bus.publish({ type: "conversation.changed", conversationId: conversation._id });
  } else await applyUpTo(core, conversation._id, message.seq, message, followed.length === 0 ? conversation : undefined, held);
  return { ...appended, also: followed.length > 0 };
}

function effectOf(core: Core, conversation: Conversation, message: Message): { update: UpdateFilter<Conversation>; activity: boolean } {
  const set: Partial<Conversation> = { appliedSeq: message.seq };
  if (message.kind === "activity") return { update: { $set: set }, activity: false };

  const { campaign } = message;
  set.lastMessageAt = message.createdAt;
  // where no thread shows the line, no card is to be drawn for it
  if (campaign?.quiet !== true) set.cardDueAt = core.clock.now();
  if (campaign?.recipientId !== undefined) set.campaign = { id: campaign.id, recipientId: campaign.recipientId };
  set.lastLine = { kind: message.kind, author: message.author.name, text: firstLine(message.body) || fileLine(message) };
  if (message.held !== undefined) set.holds = true;
  const increments: Record<string, number> = { cardRev: 1, [`counts.${message.kind}`]: 1 };
  const facts: ActivityFact[] = [];
  if (message.kind === "incoming") {
    set.lastIncomingSeq = message.seq;
    if (conversation.subject === "") set.subject = firstLine(message.body, 80) || fileLine(message);
    if (message.original !== undefined) set.folded = true;
    if (message.place !== undefined) Object.assign(set, { inCopy: [...new Set([...message.place.to, ...message.place.cc])], answerTo: message.place.replyTo ?? null });
    if (message.place?.caution !== undefined) set.caution = message.place.caution;
    if (conversation.language === undefined && conversation.counts.incoming < FIRST_LINES) Object.assign(set, languageFound(message.body));
    const change = message.quiet === undefined ? onIncoming(conversation, message.createdAt) : { set: {}, activity: [] };
    Object.assign(set, change.set, windowFromLine(core, conversation, message));
    if (conversation.nudged === true) set.nudged = null;
    facts.push(...change.activity);
  }
  const now = core.clock.now();
  const entries: OutboxEntry[] = facts.map((what) => ({ id: newId(now), at: now, actor: message.author, what, ...(conversation.status === "snoozed" ? tellOfWaking(conversation, "the customer wrote") : {}) }));
  const push = { ...(entries.length > 0 ? { outbox: { $each: entries } } : {}), ...(campaign?.quiet === true ? { unshown: { $each: [message._id], $slice: -MOST_UNSHOWN } } : {}) };
  return { update: { $set: set, $inc: increments, ...(Object.keys(push).length > 0 ? { $push: push } : {}) }, activity: entries.length > 0 };
}

/** Lines by which a conversation's language is told. */
const FIRST_LINES = 5;
const languageFound = (text: string): Pick<Conversation, "language"> => { const guess = languageOf(text); return guess === null ? {} : { language: guess.language }; };

const fileLine = (message: Message): string => message.files.map((file) => file.name).join(", ");

/** Turns what a conversation's outbox holds into activity messages: the entry's id is the message's `_id`, so a repeat makes none. `calm`: one of many for which nobody waits. */
export async function drainOutbox(core: Core, conversation: Conversation, calm = false): Promise<void> {
  if (conversation.outbox.length === 0) return;
  let last = 0;
  for (const entry of conversation.outbox) {
    const { message } = await appendMessage(core.store, conversation._id, conversation.identityId, Math.max(conversation.appliedSeq, last), (seq) => {
      const draft = draftMessage({
        id: entry.id, conversationId: conversation._id, inboxId: conversation.inboxId, identityId: conversation.identityId, kind: "activity",
        source: `activity:${entry.id}`, author: entry.actor, body: activityText(entry.actor.name, entry.what), files: [], now: entry.at, seq,
      });
      return { ...draft, activity: entry.what, mirror: { ...draft.mirror, state: "queued", dueAt: core.clock.now() } };
    }, false);
    last = Math.max(last, message.seq);
    await storeTellings(core, conversation._id, entry);
    if (message.todo.length > 0) core.bus.publish({ type: "todo.due", messageId: message._id, conversationId: conversation._id, for: message.todo[0]!.for });
  }
  await core.store.conversations.updateOne({ _id: conversation._id }, { $pull: { outbox: { id: { $in: conversation.outbox.map((entry) => entry.id) } } } });
  await applyUpTo(core, conversation._id, last);
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: conversation._id, ...(calm ? { calm } : {}) });
}
