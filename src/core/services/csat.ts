/**
 * Asking customers how it went. When to ask stands on the conversation, written by the very update that resolves it; each resolve has one
 * survey by its id, so that whoever stops half-way, or does it twice, asks once.
 */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { CsatSettings, Survey } from "../model/care.ts";
import { inWords, labelsOf, QUESTION } from "../model/csat.ts";
import { newId } from "../model/ids.ts";
import type { Conversation, Inbox } from "../model/types.ts";
import { isThreading } from "../ports.ts";
import { isDuplicateKey } from "../store/store.ts";
import { NOT_ERASED } from "./change-conversation.ts";
import { inboxOf } from "./inbox-settings.ts";
import { whyWindowClosed } from "./reply-window.ts";
import { sendAutomatic } from "./send-automatic.ts";

const DAY_MS = 86_400_000;
/** So long an answer counts, and may be changed. */
const OPEN_MS = 14 * DAY_MS;
const BATCH = 100;
/** Replies of one episode that are looked at for who wrote most. */
const LINES = 500;

/** After how long the customer is asked, once this is resolved, in milliseconds; null where this inbox does not ask (or not now). */
export async function csatOnResolve(core: Core, { inboxId }: Conversation, { automatic = false, skip = false }: { automatic?: boolean | undefined; skip?: boolean | undefined }): Promise<number | null> {
  const csat = (await inboxOf(core, inboxId)).settings.csat ?? null;
  return csat === null || skip || (automatic && !csat.onAutomatic) ? null : csat.delayMinutes * 60_000;
}

/** Asks everybody who is due. Answers how many were, and when the next is. */
export async function askDueSurveys(core: Core): Promise<{ due: number; next: Date | null }> {
  const { conversations } = core.store;
  let due = 0;
  for (;;) {
    const batch = await conversations.find({ "csat.dueAt": { $lte: core.clock.now() } }).sort({ "csat.dueAt": 1 }).limit(BATCH).toArray();
    for (const conversation of batch) {
      await askAfterResolve(core, conversation);
      await conversations.updateOne({ _id: conversation._id, "csat.resolvedAt": conversation.csat!.resolvedAt }, { $unset: { csat: "" } });
    }
    due += batch.length;
    if (batch.length < BATCH) break;
  }
  const next = await conversations.find({ "csat.dueAt": { $gt: core.clock.now() } }, { projection: { csat: 1 } }).sort({ "csat.dueAt": 1 }).limit(1).next();
  return { due, next: next?.csat?.dueAt ?? null };
}

async function askAfterResolve(core: Core, conversation: Conversation): Promise<void> {
  const { csat: due, resolvedAt, status, labels, contactBlocked, erased } = conversation;
  const inbox = await inboxOf(core, conversation.inboxId);
  const csat = inbox.settings.csat ?? null;
  const stands = csat !== null && status === "resolved" && resolvedAt?.getTime() === due?.resolvedAt.getTime() && erased !== true && contactBlocked !== true;
  if (!stands || (csat.labels.length > 0 && !csat.labels.some((label) => labels.includes(label))) || (await cantReach(core, conversation)) !== null) return;
  const id = `${conversation._id}:${due!.resolvedAt.getTime().toString(36)}`;
  const by = await answeredBy(core, conversation);
  if (by === null) return;
  if (await mayAsk(core, conversation.contactId, csat, id)) await ask(core, conversation, inbox, csat, id, by);
}

const cantReach = async (core: Core, conversation: Conversation): Promise<string | null> =>
  conversation.unreachable !== undefined ? "The customer can't be reached here." : conversation.mode === "team-only" ? "This thread is team-only: nothing goes to the customer." : whyWindowClosed(core, conversation);

/** A person asks now, whatever was asked before. @throws {UserError} NOT_POSSIBLE, WINDOW_CLOSED */
export async function askNow(core: Core, conversation: Conversation): Promise<void> {
  const inbox = await inboxOf(core, conversation.inboxId);
  const why = conversation.contactBlocked === true ? "The customer is blocked." : await cantReach(core, conversation);
  if (why !== null) throw new UserError("NOT_POSSIBLE", `The customer was not asked. ${why}`);
  const csat = inbox.settings.csat ?? { scale: "1-5", delayMinutes: 0, everyDays: 0, onAutomatic: false, labels: [] };
  await ask(core, conversation, inbox, csat, `${conversation._id}:${newId(core.clock.now())}`, (await answeredBy(core, conversation)) ?? { id: null, name: null });
  if (inbox.settings.csat == null) await core.store.conversations.updateOne({ _id: conversation._id, ...NOT_ERASED }, { $set: { askedByHand: true } });
  await skipSurvey(core, conversation);
}

/** A rule asks now, at most once in `everyDays`; the same `key` asks once. @throws {UserError} NOT_POSSIBLE, ALREADY_SO */
export async function askByRule(core: Core, conversation: Conversation, key: string): Promise<void> {
  const inbox = await inboxOf(core, conversation.inboxId);
  const { csat = null } = inbox.settings;
  if (csat === null) throw new UserError("NOT_POSSIBLE", `The inbox ${inbox.name} asks for no ratings (its setting csat).`);
  const why = conversation.contactBlocked === true ? "The customer is blocked." : await cantReach(core, conversation);
  if (why !== null) throw new UserError("NOT_POSSIBLE", `The customer was not asked. ${why}`);
  const id = `${conversation._id}:${key}`;
  if (!(await mayAsk(core, conversation.contactId, csat, id))) throw new UserError("ALREADY_SO", "This customer was asked lately.");
  await ask(core, conversation, inbox, csat, id, (await answeredBy(core, conversation)) ?? { id: null, name: null });
}

/** Takes the customer's turn: a repeat under the same id has it still. */
async function mayAsk(core: Core, contactId: string, { everyDays }: CsatSettings, id: string): Promise<boolean> {
  const limit = new Date(core.clock.now().getTime() - everyDays * DAY_MS);
  const { matchedCount } = await core.store.contacts.updateOne(
    { _id: contactId, $or: [{ "surveyed.at": { $exists: false } }, { "surveyed.at": { $lte: limit } }, { "surveyed.by": id }] }, { $set: { surveyed: { at: core.clock.now(), by: id } } });
  return matchedCount === 1;
}

/** Answers whether one was to be asked after this resolve. */
export const skipSurvey = async (core: Core, { _id }: Conversation): Promise<boolean> => (await core.store.conversations.updateOne({ _id, csat: { $exists: true } }, { $unset: { csat: "" } })).modifiedCount === 1;

async function ask(core: Core, conversation: Conversation, inbox: Inbox, csat: CsatSettings, id: string, by: { id: string | null; name: string | null }): Promise<void> {
  const now = core.clock.now();
  const { _id: conversationId, contactId, identityId } = conversation;
  let survey: Survey = { _id: id, conversationId, contactId, identityId, inboxId: inbox._id, scale: csat.scale, messageId: newId(now), agentId: by.id, agentName: by.name, askedAt: now, closesAt: new Date(now.getTime() + OPEN_MS), rev: 0 };
  try {
    await core.store.surveys.insertOne(survey);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    survey = (await core.store.surveys.findOne({ _id: id })) ?? survey;
  }
  await sendAutomatic(core, { conversation, author: { type: "bot", name: inbox.name }, id: survey.messageId, source: `csat:${id}:ask`, ...asked(core, inbox, survey, csat.question ?? QUESTION) });
}

/** Buttons where the channel has them, a link by mail, words else. */
function asked(core: Core, inbox: Inbox, { _id, scale }: Survey, question: string): { body: string; choices?: { id: string; label: string }[] } {
  const adapter = core.channels.get(inbox._id);
  const labels = labelsOf(scale);
  if (question.length <= (adapter?.capabilities.choices.is ?? -1)) return { body: question, choices: labels.map((label, i) => ({ id: String(i + 1), label })) };
  if (adapter !== undefined && isThreading(adapter) && core.publicUrl != null) return { body: `${question}\n\n${core.publicUrl.replace(/\/$/, "")}/csat/${surveyToken(core, _id)}` };
  return { body: `${question}\n${inWords(scale)}` };
}

const PURPOSE = "csat";
export const surveyToken = (core: Core, id: string): string => `${Buffer.from(id).toString("base64url")}.${core.secrets.sign(PURPOSE, id)}`;
/** The survey of a link; null when it is not ours, is over, or the customer was erased. */
export async function surveyOfToken(core: Core, token: string): Promise<Survey | null> {
  const [, encoded, signature] = /^([\w-]{1,200})\.([\w-]{20,100})$/.exec(token) ?? [];
  if (encoded === undefined || signature === undefined) return null;
  const id = Buffer.from(encoded, "base64url").toString("utf8");
  return core.secrets.verify(PURPOSE, id, signature) ? core.store.surveys.findOne({ _id: id, closesAt: { $gt: core.clock.now() } }) : null;
}

/** Who wrote most of the replies since the conversation was last opened again, of several the last one; null when nobody did. */
async function answeredBy(core: Core, conversation: Conversation): Promise<{ id: string; name: string } | null> {
  const { messages } = core.store;
  const reopened = await messages.find({ conversationId: conversation._id, kind: "activity", "activity.type": "status", "activity.from": "resolved" }, { projection: { seq: 1 } }).sort({ seq: -1 }).limit(1).next();
  const lines = await messages.find({ conversationId: conversation._id, seq: { $gt: reopened?.seq ?? 0 }, kind: "outgoing", "author.type": "agent", "delivery.state": { $nin: ["cancelled", "failed"] } }, { projection: { author: 1 } }).sort({ seq: -1 }).limit(LINES).toArray();
  const counts = new Map<string, number>();
  for (const { author } of lines) if (author.id !== undefined) counts.set(author.id, (counts.get(author.id) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  const author = lines.find(({ author: { id } }) => id !== undefined && counts.get(id) === most)?.author;
  return author?.id === undefined ? null : { id: author.id, name: author.name };
}
