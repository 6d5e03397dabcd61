/** Setting replies and reminders for a time, and taking them back. What becomes of them then: `later-due.ts`. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { guard, reasonText } from "../model/guard.ts";
import type { Later } from "../model/later.ts";
import type { Agent, Conversation, FileRef } from "../model/types.ts";
import { isDuplicateKey } from "../store/store.ts";
import { changeConversation, NOT_ERASED } from "./change-conversation.ts";
import { cleanText } from "./clean-text.ts";
import { mayAnswer } from "./inbox-settings.ts";
import { agentAuthor } from "./send-reply.ts";
import { newerLine, reread } from "./set-status.ts";

/** What may wait in one conversation, of each kind. */
const MOST = 20;
const MOST_TEXT = 8_000;

export interface LaterAct { conversation: Conversation; agent: Agent }
interface Setting extends LaterAct { sign: string; at: Date; text: string; files?: FileRef[] }

/**
 * The text leaves at `at`, under the guard of replies as it stands then. A repeat under the same `sign` answers the first.
 * `seen`: the newest line that its author could see. @throws {UserError} NEWER_LINE, NOT_POSSIBLE for what never could be sent
 */
export async function scheduleReply(core: Core, act: Setting & { mentions: number; seen?: number | undefined; anyway: boolean }): Promise<Later> {
  const { agent, text, seen, anyway } = act;
  const conversation = await reread(core, act.conversation._id);
  if (!anyway && seen !== undefined && conversation.lastIncomingSeq > seen) throw newerLine(conversation, `No reply was scheduled on #${conversation.number}`);
  mustBeSendable(agent, conversation, text, act.files, act.mentions);
  const { made, later } = await insert(core, "reply", { ...act, conversation });
  await core.store.conversations.updateOne({ _id: conversation._id, ...NOT_ERASED }, { $set: { sendsLater: later._id } });
  await changeConversation(core, conversation._id, agentAuthor(agent), { expect: NOT_ERASED, activityId: `${later._id}:set`, activity: [{ type: "later", act: "set", at: later.at, text: later.body }] });
  if (made) core.scheduler?.wakeAt("later", later.at);
  return later;
}

/** Their author is told at `at`, in the thread. A repeat under the same `sign` answers the first. */
export async function setReminder(core: Core, act: Setting): Promise<Later> {
  const { later } = await insert(core, "reminder", act);
  core.scheduler?.wakeAt("later", later.at);
  return later;
}

function mustBeSendable(agent: Agent, conversation: Conversation, text: string, files: FileRef[] = [], mentions: number): void {
  const verdict = guard({
    text, hasFiles: files.length > 0, author: { kind: "agent", mayAnswer: mayAnswer(agent, conversation.inboxId) }, mode: "reply", threadRetired: false, mentions: { teammates: mentions }, isVerb: () => false, explicit: "reply-verb",
  });
  if (verdict.kind === "reply") return;
  throw new UserError("NOT_POSSIBLE", verdict.kind === "held" ? "It mentions a colleague or a group, so it was not kept: nobody could ask you when it goes. Write it without the mention." : verdict.kind === "note" && verdict.why !== undefined ? reasonText[verdict.why] : "There is nothing to send: write the text behind the time.");
}

async function insert(core: Core, kind: Later["kind"], { conversation, agent, sign, at, text, files = [] }: Setting): Promise<{ made: boolean; later: Later }> {
  const { later: all } = core.store;
  const body = cleanText(text.trim(), MOST_TEXT);
  const one: Later = {
    _id: `${conversation._id}:${sign}`, sign, kind, conversationId: conversation._id, agentId: agent._id, author: agentAuthor(agent), body, ...(files.length === 0 ? {} : { files }), at, dueAt: at, tries: 0, state: "waiting",
    seenSeq: conversation.lastIncomingSeq, createdAt: core.clock.now(),
  };
  const waiting = await all.countDocuments({ conversationId: conversation._id, state: "waiting", kind, ...(kind === "reply" ? {} : { agentId: agent._id }) }, { limit: MOST });
  if (waiting >= MOST) throw new UserError("NOT_POSSIBLE", `${MOST} ${kind === "reply" ? "replies" : "reminders"} wait here already. Cancel one first.`);
  try {
    await all.insertOne(one);
    return { made: true, later: one };
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return { made: false, later: (await all.findOne({ _id: one._id })) ?? one };
  }
}

/** What waits in a conversation, soonest first; reminders are their author's alone. */
export const waitingLater = (core: Core, kind: Later["kind"], { conversation, agent }: LaterAct): Promise<Later[]> =>
  core.store.later.find({ conversationId: conversation._id, state: "waiting", kind, ...(kind === "reply" ? {} : { agentId: agent._id }) }).sort({ at: 1, _id: 1 }).limit(2 * MOST).toArray();

/** One conditional update: it wins, or the sending did. @throws {UserError} ALREADY_SO */
export async function cancelLater(core: Core, { conversation, agent }: LaterAct, one: Later): Promise<void> {
  const { modifiedCount } = await core.store.later.updateOne({ _id: one._id, state: "waiting" }, { $set: { state: "cancelled", endedAt: core.clock.now() }, $unset: { dueAt: "" } });
  if (modifiedCount === 0) throw new UserError("ALREADY_SO", "Too late: it has gone, or was cancelled already.");
  await noneLeft(core, conversation._id);
  if (one.kind === "reply") await changeConversation(core, conversation._id, agentAuthor(agent), { expect: NOT_ERASED, activityId: `${one._id}:cancelled`, activity: [{ type: "later", act: "cancelled", at: one.at, text: one.body }] });
}

/** @throws {UserError} NOT_ALLOWED for another's text, ALREADY_SO, NOT_POSSIBLE */
export async function changeLater(core: Core, { conversation, agent, text, files, mentions }: LaterAct & { text: string; files: FileRef[]; mentions: number }, one: Later): Promise<void> {
  if (one.agentId !== agent._id) throw new UserError("NOT_ALLOWED", `It goes under ${one.author.name}'s name, so only they can change it. You can cancel it.`);
  mustBeSendable(agent, conversation, text, files, mentions);
  const body = cleanText(text.trim(), MOST_TEXT);
  const { modifiedCount } = await core.store.later.updateOne({ _id: one._id, state: "waiting", body: one.body }, { $set: { body, files } });
  if (modifiedCount === 0) throw new UserError("ALREADY_SO", "Too late: it has gone, or was changed or cancelled a moment ago.");
  await changeConversation(core, conversation._id, agentAuthor(agent), { expect: NOT_ERASED, activity: [{ type: "later", act: "changed", at: one.at, text: body }] });
}

/** Takes the conversation's mark off when no reply waits any more; one that was set meanwhile keeps it. */
export async function noneLeft(core: Core, conversationId: string): Promise<void> {
  const { conversations, later } = core.store;
  const conversation = await conversations.findOne({ _id: conversationId, sendsLater: { $exists: true } }, { projection: { sendsLater: 1 } });
  if (conversation?.sendsLater === undefined) return;
  const left = await later.findOne({ conversationId, state: { $in: ["waiting", "doing"] }, kind: "reply" }, { projection: { _id: 1 } });
  if (left === null) await conversations.updateOne({ _id: conversationId, sendsLater: conversation.sendsLater }, { $unset: { sendsLater: "" } });
}
