/** A reply's new text, whichever way its author gives it: in its window, after it failed, or at the customer's. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { guard, reasonText } from "../model/guard.ts";
import { termsOf } from "../model/terms.ts";
import type { Agent, Message } from "../model/types.ts";
import { canEdit } from "../ports.ts";
import { inboxOf, mayAnswer } from "./inbox-settings.ts";
import { recordAct, reviseOutgoing } from "./message-acts.ts";
import { agentAuthor } from "./send-reply.ts";

/** `key`: of the edit; a repeat changes nothing. `mentions`: teammates that the desk marked in it. */
export interface NewText { body: string; key: string; at: Date; mentions?: number }
/** "window": it leaves with the new text. "failed": it is stored with it. "sent": it is on its way to the customer. "cannot": this channel can't. "gone": it was not sent, or was taken back. */
export type EditOutcome = "window" | "failed" | "sent" | "same" | "cannot" | "gone";

/** The text has passed the guard. */
export async function changeReply(core: Core, message: Message, { body, key, at, mentions = 0 }: NewText): Promise<EditOutcome> {
  const { messages } = core.store;
  // An approved text goes as it was approved.
  if (message.template !== undefined) return "cannot";
  const now = core.clock.now();
  const unsent = { _id: message._id, kind: "outgoing" as const, "revisions.key": { $ne: key }, "delivery.parts.state": { $ne: "sent" as const } };
  const text = { body, terms: termsOf(body), editedAt: at, ...(mentions > 0 ? { mentions } : {}), "mirror.dueAt": now };
  const change = { $push: { revisions: { key, at: now, by: "agent" as const, was: message.body } }, $inc: { rev: 1 } };
  const { undoSeconds } = (await inboxOf(core, message.inboxId)).settings;
  const queued = await messages.updateOne({ ...unsent, "delivery.state": "queued" }, { ...change, $set: { ...text, "delivery.dueAt": new Date(now.getTime() + undoSeconds * 1_000) } });
  if (queued.modifiedCount > 0) return "window";
  const failed = await messages.updateOne({ ...unsent, "delivery.state": "failed" }, { ...change, $set: text });
  if (failed.modifiedCount > 0) return "failed";
  if (message.body === body) return "same";
  const adapter = core.channels.get(message.inboxId);
  if (adapter === undefined || !canEdit(adapter)) return "cannot";
  return (await reviseOutgoing(core, message, { body })) ? "sent" : "gone";
}

/** Whether an edit of this reply can reach anybody: it has not left, or its channel takes edits. */
export function canChange(core: Core, { inboxId, delivery, template }: Message): boolean {
  if (template !== undefined) return false;
  const adapter = core.channels.get(inboxId);
  return (adapter !== undefined && canEdit(adapter)) || (["queued", "failed"].includes(delivery.state) && !delivery.parts.some((part) => part.state === "sent"));
}

/**
 * An author's explicit edit: the guard of all replies, but for mode and prefix, which an explicit act lifts.
 * @throws {UserError} NOT_ALLOWED for another's reply, NOT_POSSIBLE for what the guard keeps inside
 */
export async function editReply(core: Core, { message, agent, text, mentions, isVerb }: { message: Message; agent: Agent; text: string; mentions: number; isVerb: (word: string) => boolean }): Promise<EditOutcome> {
  if (message.kind !== "outgoing" || message.deletedAt !== undefined) throw new UserError("NOT_POSSIBLE", "Only a reply to the customer can be edited so. Edit a note where it was written.");
  if (message.author.id !== agent._id) throw new UserError("NOT_ALLOWED", `Only ${message.author.name} can edit this reply. Send the customer a correction instead.`);
  const verdict = guard({
    text, hasFiles: message.files.length > 0, edit: true, editOf: "reply", explicit: "reply-verb", author: { kind: "agent", mayAnswer: mayAnswer(agent, message.inboxId) },
    mode: "reply", threadRetired: false, mentions: { teammates: mentions }, isVerb,
  });
  if (verdict.kind !== "reply") throw new UserError("NOT_POSSIBLE", `Nothing was changed. ${verdict.kind === "command" ? reasonText["edit-command"] : verdict.why === undefined ? "There is no text." : reasonText[verdict.why]}`);
  const now = core.clock.now();
  const outcome = await changeReply(core, message, { body: verdict.body, key: `agent:edit:${message.rev}:${now.toISOString()}`, at: now, mentions });
  // its author's own post keeps the old words, so the timeline says the new ones
  if (outcome === "sent" || outcome === "window" || outcome === "failed") await recordAct(core, { message, by: agentAuthor(agent) }, "edit", verdict.body);
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: message.conversationId });
  core.bus.publish({ type: "lane.due", lane: "delivery", conversationId: message.conversationId });
  return outcome;
}
