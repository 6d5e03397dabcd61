/** An agent's edits, deletions and reactions: the same guard again, never a promotion, never a command. */
import { eventsOfPost, NO_MESSAGE, storedEventId } from "./intake.ts";
import { tellPerson } from "./tell.ts";
import { sourceOf } from "./from-desk.ts";
import type { Core } from "../core/core.ts";
import { guard, readCommand, reasonText } from "../core/model/guard.ts";
import type { GuardVerdict } from "../core/model/guard.ts";
import { termsOf } from "../core/model/terms.ts";
import type { Conversation, DeskEventData, Message, StoredDeskEvent, Thread } from "../core/model/types.ts";
import { canDelete, canReact } from "../core/ports.ts";
import type { CardButton } from "../core/ports.ts";
import { expandOrSay } from "../core/services/canned.ts";
import { changeReply, type EditOutcome } from "../core/services/edit-reply.ts";
import { agentByLink, inboxOf, mayAnswer } from "../core/services/inbox-settings.ts";
import { heldChanged, kickMarks, markDue, wantMark } from "../core/services/marks.ts";
import { teamHasRead } from "../core/services/team-read.ts";
import { cancelReply, reviseOutgoing } from "../core/services/message-acts.ts";
import { deskPostKey } from "../core/services/send-reply.ts";
import { modeOf } from "../core/services/mode.ts";
import { isVerb } from "../core/verbs/table.ts";

type Event<T extends DeskEventData["type"]> = Extract<DeskEventData, { type: T }>;
const CORRECT: CardButton[] = [{ id: "correct", label: "Send correction" }];
/** What became of an edit, for the event's record. */
const EDITED: Record<Exclude<EditOutcome, "cannot">, string> = { window: "reply edited in its window", failed: "failed reply edited", sent: "sent reply edited", same: "ignored: no change", gone: "ignored: not sent" };
const RETRACT: CardButton[] = [{ id: "retract", label: "Retract" }];

const tell = (core: Core, thread: Thread, userId: string, text: string, buttons: CardButton[], messageId: string): Promise<void> =>
  tellPerson(core, { desk: thread.desk, thread: thread._id, userId }, { text, buttons, messageId });

export async function handleEdit(core: Core, thread: Thread, conversation: Conversation, stored: StoredDeskEvent, event: Event<"edit">): Promise<string> {
  const { messages, deskEvents } = core.store;
  const message = await messages.findOne({ source: sourceOf(thread._id, event.postId) });
  if (message === null) return NO_MESSAGE;
  // A newer edit of the same post that is stored already makes this one history.
  const newer = await deskEvents.findOne({ _id: eventsOfPost(stored.desk, thread._id, event.postId, "edit:"), at: { $gt: stored.at } }, { projection: { _id: 1 } });
  if (newer !== null || message.deletedAt !== undefined) return "ignored: outdated";
  const agent = await agentByLink(core, stored.desk, event.userId);
  const inbox = await inboxOf(core, conversation.inboxId);
  const again = message.explicit === "reply-verb" ? readCommand(event.text, isVerb) : undefined;
  const stillReply = again !== undefined && (again.verb === "reply" || again.verb === "r");
  const explicit = stillReply ? "reply-verb" as const : message.explicit === "send-to-customer" ? "send-to-customer" as const : undefined;
  const written = stillReply ? again.args : event.text;
  const said = stillReply && message.kind === "outgoing" && mayAnswer(agent, conversation.inboxId) ? await expandOrSay(core, agent, conversation, written) : { text: written, files: [] };
  const added = said.files.find(({ name, bytes }) => !message.files.some((file) => file.name === name && file.bytes === bytes));
  const judged = guard({
    text: said.text, hasFiles: message.files.length > 0, edit: true, editOf: message.kind === "outgoing" ? "reply" : "note",
    author: { kind: agent === undefined ? "guest" : "agent", mayAnswer: mayAnswer(agent, conversation.inboxId) }, mode: modeOf(conversation, inbox), threadRetired: thread.state === "retired",
    mentions: { teammates: event.mentions }, isVerb, ...(explicit === undefined ? {} : { explicit }),
    ...(message.held === undefined ? {} : { heldFor: [message.held.why, ...(message.held.also ?? [])] }),
  });
  const refused = judged.kind === "reply" || judged.kind === "held" ? said.refused ?? (added === undefined ? undefined : `An edit can't add the file ${added.name} of a canned response: write a new reply.`) : undefined;
  const verdict: GuardVerdict = refused === undefined ? judged : { kind: "note", body: said.text, plain: true };
  const body = verdict.kind === "command" ? event.text : verdict.body;
  const now = core.clock.now();
  const text = { body, terms: termsOf(body), editedAt: event.editedAt, ...(event.mentions > 0 ? { mentions: event.mentions } : {}) };
  const revision = { key: stored._id, at: now, by: "agent" as const, was: message.body };
  const fresh = { _id: message._id, "revisions.key": { $ne: stored._id } };
  const unsent = { ...fresh, "delivery.parts.state": { $ne: "sent" as const } };

  if (message.kind !== "outgoing") {
    const meant = verdict.kind === "note" && verdict.why === "edit-command";
    const waits = message.held !== undefined && message.held.settled === undefined;
    const { matchedCount } = await messages.updateOne({ ...fresh, kind: message.kind }, { $set: { ...text, "mirror.dueAt": now, ...(meant && !waits ? markDue(core, message, "inside") : {}) }, $push: { revisions: revision }, $inc: { rev: 1 } });
    // Somebody sent it a moment ago: the edit is looked at as one of a reply.
    if (matchedCount === 0 && (await messages.findOne({ ...fresh, kind: "outgoing" }, { projection: { _id: 1 } })) !== null) return handleEdit(core, thread, conversation, stored, event);
    if (meant) {
      kickMarks(core, message);
      await tell(core, thread, event.userId, reasonText["edit-command"], [], message._id);
    }
    return "note edited";
  }
  if (verdict.kind === "reply") {
    const outcome = await changeReply(core, message, { body, key: stored._id, at: event.editedAt, mentions: event.mentions });
    if (outcome !== "cannot") {
      await wantMark(core, message, "none");
      return EDITED[outcome];
    }
    await wantMark(core, message, "inside");
    await tell(core, thread, event.userId, "The customer still has the old text: this channel can't change what was sent.", CORRECT, message._id);
    return "edit stays inside";
  }
  const why = refused !== undefined ? refused : verdict.kind === "command" ? reasonText["edit-command"] : verdict.kind === "held" || verdict.why !== undefined ? reasonText[verdict.why!] : "It begins with a note prefix now.";
  const turned = await messages.updateOne({ ...unsent, "delivery.state": { $in: ["queued", "failed"] } }, {
    $set: { ...text, kind: "note", "delivery.state": "cancelled", "mirror.dueAt": now, ...(verdict.kind === "held" ? { held: { why: verdict.why, at: now } } : {}), ...markDue(core, message, verdict.kind === "held" ? "held" : "inside") },
    $push: { revisions: revision }, $inc: { rev: 1 }, $unset: { "delivery.dueAt": "" },
  });
  if (turned.modifiedCount > 0) {
    await heldChanged(core, message);
    await tell(core, thread, event.userId, `Your reply became a note and was not sent. ${why}`, verdict.kind === "held" ? [{ id: "send", label: "Send to customer" }] : [], message._id);
    return "reply became a note";
  }
  await wantMark(core, message, "inside");
  await tell(core, thread, event.userId, `Your edit stays inside; the customer has the text as it was sent. ${why}`, CORRECT, message._id);
  return "edit stays inside";
}

export async function handleDelete(core: Core, thread: Thread, stored: StoredDeskEvent, event: Event<"delete">): Promise<string> {
  const { messages, deskEvents } = core.store;
  // Whatever of this post still waits behind its deletion has nothing left to say.
  const newId = storedEventId(stored.desk, thread._id, `${event.postId}:new`);
  await deskEvents.updateOne({ _id: newId, dueAt: { $exists: true } }, { $set: { handledAt: core.clock.now(), outcome: "ignored: deleted" }, $unset: { dueAt: "" } });
  const message = await messages.findOne({ source: sourceOf(thread._id, event.postId) });
  if (message === null || message.deletedAt !== undefined) return NO_MESSAGE;
  const now = core.clock.now();
  if (message.kind !== "outgoing") {
    // What was written in an old thread is shown in the new one too.
    const elsewhere = message.deskPosts.length > 1;
    const { matchedCount } = await messages.updateOne({ _id: message._id, kind: message.kind }, elsewhere ? { $set: { deletedAt: now, "mirror.dueAt": now }, $inc: { rev: 1 }, $unset: { mark: "" } } : { $set: { deletedAt: now }, $unset: { mark: "" } });
    if (matchedCount > 0 && message.held !== undefined) await heldChanged(core, message);
    // Somebody sent it a moment ago: then a reply was deleted.
    return matchedCount === 0 ? handleDelete(core, thread, stored, event) : "note deleted";
  }
  const agent = message.origin === undefined ? undefined : await agentByLink(core, stored.desk, event.userId ?? message.origin.userId);
  if (message.delivery.state === "queued" && (await cancelReply(core, { message, agent })) === "cancelled") {
    await messages.updateOne({ _id: message._id }, { $set: { deletedAt: now } });
    return "cancelled";
  }
  const failed = await messages.updateOne(
    { _id: message._id, "delivery.state": { $in: ["failed", "cancelled"] }, "delivery.parts.state": { $ne: "sent" } },
    { $set: { deletedAt: now, "delivery.state": "cancelled", "mirror.dueAt": now } },
  );
  const current = await messages.findOne({ _id: message._id });
  if (current === null || failed.matchedCount > 0) return "deleted: nothing was sent";
  const adapter = core.channels.get(message.inboxId);
  if (adapter !== undefined && canDelete(adapter) && (await reviseOutgoing(core, current, { deleted: true }))) return "retracted";
  await tell(core, thread, event.userId ?? message.origin?.userId ?? "", "Too late to cancel: the customer has this reply, and this channel can't take it back.", CORRECT, message._id);
  return "deleted here only";
}

const CANCEL_EMOJI = new Set(["❌", "✖️", "✖", "❎"]);

export async function handleReaction(core: Core, thread: Thread, conversation: Conversation, event: Event<"reaction">): Promise<string> {
  const { messages } = core.store;
  const agent = await agentByLink(core, thread.desk, event.userId);
  if (!mayAnswer(agent, conversation.inboxId)) return "ignored: not an agent of this inbox";
  const found = await messages.find({ deskPosts: deskPostKey(thread._id, event.postId) }).sort({ seq: -1 }).limit(1).next();
  if (found === null) return NO_MESSAGE;
  if (found.kind === "outgoing") {
    if (event.removed || !CANCEL_EMOJI.has(event.emoji)) return "ignored: no meaning here";
    if ((await cancelReply(core, { message: found, agent })) === "cancelled") return "cancelled";
    const adapter = core.channels.get(found.inboxId);
    const can = adapter !== undefined && canDelete(adapter) && ["sent", "delivered", "read"].includes(found.delivery.state);
    await tell(core, thread, event.userId, can ? "Too late to cancel: this reply has been sent. You can still take it back." : "Too late to cancel: this reply has been sent.", can ? RETRACT : CORRECT, found._id);
    return "too late to cancel";
  }
  if (found.kind !== "incoming") return "ignored: not a customer's line";
  return reactToCustomer(core, conversation, found, { emoji: event.emoji, by: agent.name, removed: event.removed });
}

async function reactToCustomer(core: Core, conversation: Conversation, message: Message, reaction: { emoji: string; by: string; removed: boolean }): Promise<string> {
  const { messages } = core.store;
  const entry = { emoji: reaction.emoji, by: reaction.by, from: "agent" as const };
  const adapter = core.channels.get(message.inboxId);
  const travels = adapter !== undefined && canReact(adapter);
  const due = travels ? { "delivery.dueAt": core.clock.now() } : {};
  const { modifiedCount } = reaction.removed
    ? await messages.updateOne({ _id: message._id, reactions: entry }, { $pull: { reactions: entry }, ...(travels ? { $set: due } : {}) })
    : await messages.updateOne({ _id: message._id, reactions: { $ne: entry } }, { $push: { reactions: entry }, ...(travels ? { $set: due } : {}) });
  if (modifiedCount === 0) return "repeat";
  await teamHasRead(core, conversation, message.seq);
  if (travels) core.bus.publish({ type: "lane.due", lane: "delivery", conversationId: conversation._id });
  return "reaction";
}

