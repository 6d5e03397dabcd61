/**
 * Replies that a customer of a chat has not read go to them by mail: gathered for each conversation, sent once. Due times stand on the
 * messages and the mails. A mail whose fate is unknown is told to the team and not sent again.
 */
import { createHash } from "node:crypto";
import type { ContinuityMail } from "../model/continuity-mail.ts";
import type { Core } from "../core.ts";
import { DeliveryError } from "../errors.ts";
import { callWithin } from "../lanes/call.ts";
import { retryDelayMs } from "../model/retry.ts";
import type { Author, Contact, Conversation, Message } from "../model/types.ts";
import { isThreading } from "../ports.ts";
import { isDuplicateKey } from "../store/store.ts";
import { addNote } from "./add-note.ts";
import { tellTranscript, transcriptOf } from "./transcript.ts";
import { inboxOf, isDeliveryPaused } from "./inbox-settings.ts";

const BATCH = 100;
/** Replies of one mail, and characters of it. */
const TOGETHER = 50, MAX_BODY = 50_000;
/** A reply that has not left yet, and what waits for an inbox or a pause, is looked at again after this. */
const LATER_MS = 60_000;
/** How long a sender that does not answer keeps a mail: longer than any call. */
const HELD_MS = 60_000;
const SYSTEM: Author = { type: "system", name: "Threadline" };

/** Answers how much was due, and when the next is. */
export async function mailUnread(core: Core): Promise<{ due: number; next: Date | null }> {
  const { messages, continuityMails } = core.store;
  let due = 0;
  for (;;) {
    const batch = await messages.find({ mailDueAt: { $lte: core.clock.now() } }, { projection: { conversationId: 1 } }).sort({ mailDueAt: 1 }).limit(BATCH).toArray();
    for (const conversationId of new Set(batch.map((message) => message.conversationId))) await gather(core, conversationId);
    due += batch.length;
    if (batch.length < BATCH) break;
  }
  for (;;) {
    const batch = await continuityMails.find({ dueAt: { $lte: core.clock.now() } }).sort({ dueAt: 1 }).limit(BATCH).toArray();
    for (const mail of batch) await sendOne(core, mail);
    due += batch.length;
    if (batch.length < BATCH) break;
  }
  const [reply, mail] = await Promise.all([
    messages.find({ mailDueAt: { $exists: true } }, { projection: { mailDueAt: 1 } }).sort({ mailDueAt: 1 }).limit(1).next(),
    continuityMails.find({ dueAt: { $exists: true } }, { projection: { dueAt: 1 } }).sort({ dueAt: 1 }).limit(1).next(),
  ]);
  const times = [reply?.mailDueAt, mail?.dueAt].filter((time) => time !== undefined);
  return { due, next: times.length === 0 ? null : new Date(Math.min(...times.map((time) => time.getTime()))) };
}

const isUnread = ({ delivery, deletedAt }: Message): boolean => deletedAt === undefined && (delivery.state === "sent" || delivery.state === "delivered");
const isUnderWay = ({ delivery, deletedAt }: Message): boolean => deletedAt === undefined && (delivery.state === "queued" || delivery.state === "sending");

/** One mail for all of a conversation's replies that wait, or the question whether they may go by mail. Repeating it makes no second one. */
async function gather(core: Core, conversationId: string): Promise<void> {
  const { messages, conversations, contacts } = core.store;
  const conversation = await conversations.findOne({ _id: conversationId });
  const waiting = await messages.find({ conversationId, mailDueAt: { $exists: true } }).sort({ mailDueAt: 1 }).limit(TOGETHER).toArray();
  const under = waiting.filter(isUnderWay);
  const settle = (ids: string[]) => messages.updateMany({ _id: { $in: ids }, mailDueAt: { $exists: true } }, { $unset: { mailDueAt: "" } });
  if (under.length > 0) await messages.updateMany({ _id: { $in: under.map(({ _id }) => _id) } }, { $set: { mailDueAt: new Date(core.clock.now().getTime() + LATER_MS) } });
  const rest = waiting.filter((message) => !isUnderWay(message)).map(({ _id }) => _id);
  const contact = conversation === null ? null : await contacts.findOne({ _id: conversation.contactId });
  const by = conversation === null ? undefined : (await inboxOf(core, conversation.inboxId)).settings.continuity;
  // Who wrote after a reply has seen it.
  const unread = waiting.filter((message) => isUnread(message) && message.seq > (conversation?.lastIncomingSeq ?? 0)).map(({ _id }) => _id).toSorted();
  if (conversation !== null && contact !== null && contact.blocked === undefined && by != null && contact.email !== undefined && unread.length > 0) {
    if (contact.verifiedEmail === contact.email) await mailReplies(core, conversation, by.inboxId, contact.email, unread);
    else await insertOnce(core, { _id: questionId(contact), conversationId, inboxId: by.inboxId, address: contact.email, kind: "question", messageIds: unread });
  }
  await settle(rest);
}

/** One question for each address, ever. */
const questionId = ({ _id, email = "" }: Contact): string => createHash("sha256").update(`${_id} ${email}`).digest("hex").slice(0, 24);

/** @param messageIds oldest first; the oldest names the mail, so that what was gathered twice is one */
export async function mailReplies(core: Core, { _id: conversationId }: Pick<Conversation, "_id">, inboxId: string, address: string, messageIds: string[]): Promise<void> {
  await insertOnce(core, { _id: messageIds[0]!, conversationId, inboxId, address, kind: "replies", messageIds });
}

/** @param id unique: a repeat sends no second one */
export const mailTranscript = (core: Core, conversation: Conversation, inboxId: string, address: string, id: string): Promise<void> =>
  insertOnce(core, { _id: id, conversationId: conversation._id, inboxId, address, kind: "transcript", messageIds: [] });

async function insertOnce(core: Core, mail: Pick<ContinuityMail, "_id" | "conversationId" | "inboxId" | "address" | "kind" | "messageIds">): Promise<void> {
  const now = core.clock.now();
  try {
    await core.store.continuityMails.insertOne({ ...mail, state: "queued", dueAt: now, at: now, tries: 0 });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}

async function sendOne(core: Core, seen: ContinuityMail): Promise<void> {
  const { continuityMails } = core.store;
  const now = core.clock.now();
  const as = { _id: seen._id, state: seen.state, tries: seen.tries };
  if (seen.state === "sending") {
    await tell(core, { ...seen, state: "unknown" });
    await continuityMails.updateOne({ ...as, dueAt: seen.dueAt! }, { $set: { state: "unknown" }, $unset: { dueAt: "" } });
    return;
  }
  const adapter = core.channels.get(seen.inboxId);
  const ready = adapter !== undefined && isThreading(adapter) && !(await isDeliveryPaused(core));
  if (!ready) return void (await continuityMails.updateOne(as, { $set: { dueAt: new Date(now.getTime() + LATER_MS) } }));
  const message = await contentOf(core, seen);
  if (message === null) return void (await continuityMails.updateOne(as, { $set: { state: "cancelled" }, $unset: { dueAt: "" } }));
  const mail = await continuityMails.findOneAndUpdate(as, { $set: { state: "sending", dueAt: new Date(now.getTime() + HELD_MS) }, $inc: { tries: 1 } }, { returnDocument: "after" });
  if (mail === null) return;
  const settle = (set: Partial<ContinuityMail>) => continuityMails.updateOne({ _id: mail._id, state: "sending", tries: mail.tries }, set.dueAt === undefined ? { $set: set, $unset: { dueAt: "" } } : { $set: set });
  try {
    await callWithin(core.limits.vendorCallMs, (signal) => adapter.sendPart({ inboxId: mail.inboxId, address: mail.address }, adapter.plan(message)[0]!, `${mail._id}:0`, signal),
      () => new DeliveryError("TIMEOUT", "The mail server did not answer in time.", { certain: false }));
    // The note first: what is not noted yet is told as unknown.
    await tell(core, { ...mail, state: "sent" });
    await settle({ state: "sent" });
  } catch (error) {
    const known = error instanceof DeliveryError ? error : new DeliveryError("UNREACHABLE", "Sending the mail failed.", { certain: false, cause: error });
    const { certain, permanent = false, retryAfterMs = 0 } = known.o;
    const again = certain && !permanent && now.getTime() - mail.at.getTime() < core.limits.giveUpAfterMs;
    if (again) return void (await settle({ state: "queued", dueAt: new Date(core.clock.now().getTime() + retryDelayMs(mail.tries, retryAfterMs)) }));
    const state = certain ? "failed" : "unknown";
    await tell(core, { ...mail, state }, known.tellAgent);
    await settle({ state });
  }
}

/** What the team reads of it; the same for a repeat. */
async function tell(core: Core, { _id, conversationId, address, kind, messageIds, state }: ContinuityMail, why = ""): Promise<void> {
  const conversation = await core.store.conversations.findOne({ _id: conversationId });
  if (conversation === null) return;
  if (kind === "transcript") return tellTranscript(core, conversation, { _id, address, state }, why);
  const what = kind === "question" ? "the question whether replies may go by mail" : messageIds.length === 1 ? "the reply that they had not read" : `the ${messageIds.length} replies that they had not read`;
  const body = state === "sent" ? `The customer is away: ${what} went to ${address} by mail.`
    : state === "failed" ? `The customer is away, and ${what} could not go to ${address} by mail. ${why}`
    : `The customer is away. Whether ${what} reached ${address} by mail is not known, so it is not sent again. ${why}`;
  await addNote(core, { conversation, author: SYSTEM, body: body.trim(), files: [], source: `continuity:${_id}:told` });
}

/** A bounce of such a mail. Answers whether it was one. */
export async function continuityFailed(core: Core, inboxId: string, id: string, why: string): Promise<boolean> {
  const mail = await core.store.continuityMails.findOne({ _id: id, inboxId });
  const conversation = mail === null ? null : await core.store.conversations.findOne({ _id: mail.conversationId });
  if (mail === null || conversation === null) return false;
  await addNote(core, { conversation, author: SYSTEM, body: `What went to ${mail.address} by mail did not arrive. ${why}`, files: [], source: `continuity:${id}:failed` });
  await core.store.continuityMails.updateOne({ _id: id }, { $set: { state: "failed" }, $unset: { dueAt: "" } });
  return true;
}

/** The mail as it reads now; null when nothing of it is unread (or left) any more. */
async function contentOf(core: Core, mail: ContinuityMail) {
  const conversation = await core.store.conversations.findOne({ _id: mail.conversationId });
  if (conversation === null) return null;
  if (mail.kind === "transcript") return transcriptOf(core, mail, conversation);
  const inbox = await inboxOf(core, conversation.inboxId);
  const unread = (await core.store.messages.find({ _id: { $in: mail.messageIds } }).sort({ seq: 1 }).toArray()).filter(isUnread);
  if (unread.length === 0) return null;
  const last = unread.at(-1)!;
  const answered = mail.kind === "question" ? null : await core.store.messages.find({ conversationId: mail.conversationId, seq: { $lt: last.seq }, kind: "incoming", "place.id": { $exists: true } }, { projection: { place: 1 } }).sort({ seq: -1 }).limit(1).next();
  const body = mail.kind === "question"
    ? `Hello,\n\nyou wrote to us in the chat of ${inbox.name}, and there is an answer. If you would like to get our answers by mail, just answer this mail, with any words.\n\nIf it was not you who wrote to us, do nothing: no more mails will come.`
    : `${unread.map(({ author, body: text, files }) => `${unread.length > 1 ? `${author.name}:\n` : ""}${[text, ...files.map((file) => `[File: ${file.name}. It is in the chat.]`)].filter((part) => part !== "").join("\n")}`).join("\n\n")}\n\nAnswer this mail to go on.`;
  return {
    id: mail._id, body: body.slice(0, MAX_BODY), files: [], author: mail.kind === "question" ? { name: "" } : { name: last.author.name }, ...(mail.kind === "question" ? { automatic: true as const } : {}),
    place: { conversationId: mail.conversationId, subject: mail.kind === "question" ? inbox.name : conversation.subject, answers: answered?.place ?? null, recipients: { to: null, alsoTo: [], cc: [], bcc: [], left: [] } },
  };
}
