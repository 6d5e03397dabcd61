/** What a customer answers to a survey: by a press, a line or a page. One answer each; a later one takes its place until the survey closes. */
import type { Core } from "../core.ts";
import { isLow, highestOf, scoreIn, scoreText } from "../model/csat.ts";
import type { MessageCare, Survey } from "../model/care.ts";
import type { Author, Conversation, Message } from "../model/types.ts";
import { changeConversation, NOT_ERASED } from "./change-conversation.ts";
import { inboxOf } from "./inbox-settings.ts";
import { sendAutomatic } from "./send-automatic.ts";

export const SURVEY_ANSWER = "csat";
/** So long after a score their next words are taken as what they add to it. */
const COMMENT_MS = 3_600_000;
const MOST_COMMENT = 4_000;
const BATCH = 100;

interface Line { text: string; choice?: { messageId: string; id: string } | undefined; files: readonly unknown[] }
/** Which conversation the line belongs to and what marks it; a comment that asks for something has no `quiet`. */
export interface SurveyLine extends MessageCare { conversation: Conversation; survey: { id: string; score?: number } }

/** Whether a customer's new line answers a survey of theirs; null for any other line. One read, two for a score in words. */
export async function surveyLineOf(core: Core, identityId: string, line: Line): Promise<SurveyLine | null> {
  const { choice, text, files } = line;
  const open = { identityId, closesAt: { $gt: core.clock.now() } };
  const survey = choice === undefined
    ? await core.store.surveys.find(open).sort({ askedAt: -1 }).limit(1).next()
    : await core.store.surveys.findOne({ messageId: choice.messageId, ...open });
  if (survey === null) return null;
  const conversation = await core.store.conversations.findOne({ _id: survey.conversationId, identityId, ...NOT_ERASED });
  if (conversation === null) return null;
  const { _id: id, scale, answeredAt, comment } = survey;
  if (choice !== undefined) {
    const score = Number(choice.id);
    return score >= 1 && score <= highestOf(scale) ? { conversation, quiet: "survey", survey: { id, score } } : null;
  }
  const score = files.length > 0 ? null : scoreIn(scale, text);
  // A figure that an agent asked for meanwhile is no score.
  if (score !== null) return (await wroteSince(core, survey)) ? null : { conversation, quiet: "survey", survey: { id, score } };
  const adds = answeredAt !== undefined && comment === undefined && text.trim() !== "" && conversation.status === "resolved" && core.clock.now().getTime() - answeredAt.getTime() <= COMMENT_MS;
  if (!adds) return null;
  return { conversation, survey: { id }, ...(survey.low === true || asks(text) ? {} : { quiet: "survey" as const }) };
}

const asks = (text: string): boolean => /[?？؟;՞]/.test(text);
async function wroteSince(core: Core, { conversationId, askedAt }: Survey): Promise<boolean> {
  const last = await core.store.messages.find({ conversationId, kind: "outgoing", "author.type": "agent" }, { projection: { createdAt: 1 } }).sort({ seq: -1 }).limit(1).next();
  return last !== null && last.createdAt > askedAt;
}

/** Work of the to-do of such a line. */
export async function answerByLine(core: Core, message: Message): Promise<void> {
  const { survey, _id, body, createdAt } = message;
  if (survey === undefined) return;
  await answerSurvey(core, survey.id, { key: _id, at: createdAt, ...(survey.score === undefined ? { comment: body } : { score: survey.score }) });
}

/** Records and tells it. A repeat (the same `key`) and an older answer change nothing. Answers whether it counts. */
export async function answerSurvey(core: Core, id: string, { key, at, score, comment }: { key: string; at: Date; score?: number; comment?: string }): Promise<boolean> {
  const { surveys } = core.store;
  const known = await surveys.findOne({ _id: id });
  if (known === null || (score !== undefined && (score < 1 || score > highestOf(known.scale)))) return false;
  const survey = await surveys.findOneAndUpdate(
    { _id: id, closesAt: { $gt: at }, answerKey: { $ne: key }, $or: [{ answeredAt: { $exists: false } }, { answeredAt: { $lte: at } }] },
    {
      $set: { answeredAt: at, answerKey: key, tellDueAt: core.clock.now(), ...(score === undefined ? {} : { score, low: isLow(known.scale, score) }), ...(comment === undefined || comment.trim() === "" ? {} : { comment: comment.trim().slice(0, MOST_COMMENT) }) },
      $inc: { rev: 1 },
    },
    { returnDocument: "after" },
  );
  if (survey !== null) await tell(core, survey, score !== undefined);
  else if (known.answerKey === key && known.tellDueAt !== undefined) await tell(core, known, score !== undefined);
  return survey !== null || known.answerKey === key;
}

/** What a crash left untold. */
export async function tellAnswers(core: Core): Promise<number> {
  const due = await core.store.surveys.find({ tellDueAt: { $lte: core.clock.now() } }).sort({ tellDueAt: 1 }).limit(BATCH).toArray();
  for (const survey of due) await tell(core, survey, survey.score !== undefined);
  return due.length;
}

const INVITATION = "Thank you! If you would like to add something, just write it here.";

/** The timeline says it once for each answer; the first score is thanked for. */
async function tell(core: Core, survey: Survey, thanks: boolean): Promise<void> {
  const { _id, conversationId, score, low = false, comment, scale, agentId, agentName, rev } = survey;
  const conversation = await core.store.conversations.findOne({ _id: conversationId, ...NOT_ERASED });
  if (conversation !== null && score !== undefined) {
    const actor: Author = { type: "contact", id: conversation.contactId, name: conversation.contactName };
    await changeConversation(core, conversationId, actor, {
      expect: NOT_ERASED, activityId: `${_id}:${rev}`,
      activity: [{ type: "csat", score, of: highestOf(scale), shown: scoreText(scale, score), low, agent: agentId, agentName, ...(comment === undefined ? {} : { comment }), ...(rev > 1 ? { changed: true as const } : {}) }],
    });
    core.bus.publish({ type: "csat.answered", conversationId, surveyId: _id, score, low });
    if (thanks && comment === undefined) await sendAutomatic(core, { conversation, author: { type: "bot", name: (await inboxOf(core, conversation.inboxId)).name }, body: INVITATION, source: `csat:${_id}:thanks` });
  }
  await core.store.surveys.updateOne({ _id, rev }, { $unset: { tellDueAt: "" } });
}
