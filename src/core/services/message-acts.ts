/** What a person may do with one message: send a held one, keep it, retry, retract, correct, cancel. Each is one conditional update. */
import type { Filter } from "mongodb";
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { guard, reasonText } from "../model/guard.ts";
import { newId } from "../model/ids.ts";
import { termsOf } from "../model/terms.ts";
import type { ActivityFact, Agent, Author, Conversation, DeliveryPart, Message, Revision } from "../model/types.ts";
import { canDelete, isRepeatable } from "../ports.ts";
import type { ChannelAdapter } from "../ports.ts";
import { changeConversation } from "./change-conversation.ts";
import { askedAgain, FETCH_DESK_FILES, filesTodo } from "./desk-files.ts";
import { inboxOf, mayAnswer } from "./inbox-settings.ts";
import { heldChanged, markDue, wantMark } from "./marks.ts";
import { mustBeInWindow } from "./reply-window.ts";
import { agentAuthor, sendReply } from "./send-reply.ts";
import { ownedByOther, takeOnReply } from "./take-on-reply.ts";
import { updateInFeed } from "../store/messages.ts";

interface Act { message: Message; agent: Agent }
const kick = (core: Core, message: Message): void => {
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: message.conversationId });
  core.bus.publish({ type: "lane.due", lane: "delivery", conversationId: message.conversationId });
};

/** Records the act in the timeline; its seq becomes the message's place in the lanes, behind what was said since. */
export async function recordAct(core: Core, { message, by }: { message: Message; by: Author }, act: Extract<ActivityFact, { type: "delivery" }>["act"], text?: string): Promise<{ conversation: Conversation; turn: number }> {
  const conversation = await changeConversation(core, message.conversationId, by, { activity: [{ type: "delivery", messageId: message._id, act, ...(text === undefined ? {} : { text }) }] });
  if (conversation === null) throw new UserError("CONVERSATION_UNKNOWN", "This conversation does not exist (any more).");
  const entry = conversation.outbox.findLast((e) => e.what.type === "delivery" && e.what.messageId === message._id);
  const line = entry === undefined ? null : await core.store.messages.findOne({ _id: entry.id }, { projection: { seq: 1 } });
  return { conversation, turn: line?.seq ?? message.seq };
}

/** A held (or any agent's own) note goes to the customer now. @throws {UserError} ALREADY_SO, NOT_POSSIBLE */
export async function sendHeld(core: Core, act: Act): Promise<Message> {
  const { message, agent } = act;
  if (message.kind !== "note") throw new UserError("ALREADY_SO", "This message was already sent to the customer.");
  if (message.author.type !== "agent") throw new UserError("NOT_POSSIBLE", "Only an agent's own message can be sent to the customer.");
  if (message.deletedAt !== undefined) throw new UserError("NOT_POSSIBLE", "This message was deleted; there is nothing to send.");
  if (message.origin !== undefined && (await core.store.threads.findOne({ _id: message.origin.thread, state: "retired" })) !== null) {
    throw new UserError("NOT_POSSIBLE", "This thread was replaced by a newer one; write there instead.");
  }
  const inbox = await inboxOf(core, message.inboxId);
  const conversation = await core.store.conversations.findOne({ _id: message.conversationId });
  if (conversation !== null && message.template === undefined) await mustBeInWindow(core, conversation);
  await passGuard(core, act, conversation);
  // Whoever took it a moment ago meets the guard's question for this author.
  if (conversation !== null) await passGuard(core, act, await takeOnReply(core, conversation, inbox, agent));
  const { turn } = await recordAct(core, { message, by: agentAuthor(agent) }, "send");
  const now = core.clock.now();
  const after = await core.store.messages.findOneAndUpdate(
    // Only the text that passed the guard: an edit or deletion that came meanwhile wins.
    { _id: message._id, kind: "note", rev: message.rev, deletedAt: { $exists: false }, "delivery.state": { $in: ["none", "cancelled"] } },
    {
      $set: {
        kind: "outgoing", explicit: "send-to-customer", "delivery.state": "queued", "delivery.turn": turn, "delivery.dueAt": new Date(now.getTime() + inbox.settings.undoSeconds * 1_000),
        "mirror.dueAt": now, ...(message.held === undefined ? {} : { "held.settled": "sent" as const }), ...markDue(core, message, "none"),
      },
    },
    { returnDocument: "after" },
  );
  if (after === null) throw new UserError("ALREADY_SO", "This message was sent, edited or deleted a moment ago. Look at it again before you send it.");
  core.log.info({ messageId: message._id, agentId: agent._id }, "A held message was released.");
  await heldChanged(core, message);
  kick(core, after);
  return after;
}

/** *Send to customer* lifts only the reasons for which it was held; another one holds it again, and is told. @throws {UserError} NOT_POSSIBLE */
async function passGuard(core: Core, { message, agent }: Act, conversation: Conversation | null): Promise<void> {
  const verdict = guard({
    text: message.body, hasFiles: message.files.length > 0, author: { kind: "agent", mayAnswer: mayAnswer(agent, message.inboxId) }, mode: "reply", threadRetired: false,
    mentions: { teammates: message.mentions ?? 0 }, isVerb: () => false, explicit: "send-to-customer",
    ownerConflict: conversation !== null && ownedByOther(conversation, agent),
    ...(message.held === undefined ? {} : { heldFor: [message.held.why, ...(message.held.also ?? [])] }),
  });
  if (verdict.kind === "reply") return;
  if (verdict.kind !== "held") throw new UserError("NOT_POSSIBLE", "This can't be sent to the customer.");
  const before = message.held === undefined ? [] : [message.held.why, ...(message.held.also ?? [])];
  await core.store.messages.updateOne({ _id: message._id, kind: "note" }, { $set: { held: { why: verdict.why, also: [...(verdict.also ?? []), ...before], at: core.clock.now() }, ...markDue(core, message, "held") } });
  await heldChanged(core, message);
  throw new UserError("NOT_POSSIBLE", `${reasonText[verdict.why]} Choose Send to customer once more if it should.`);
}

/** @throws {UserError} ALREADY_SO */
export async function keepAsNote(core: Core, { message }: Act): Promise<void> {
  const { modifiedCount } = await core.store.messages.updateOne({ _id: message._id, kind: "note", "held.settled": { $exists: false } }, { $set: { "held.settled": "kept", ...markDue(core, message, "none") } });
  if (modifiedCount === 0) throw new UserError("ALREADY_SO", "This was settled already.");
  await heldChanged(core, message);
}

/** The far side took this part and could not bring it to the customer: under the same key it would take a second try for the first. */
const hadIt = (adapter: ChannelAdapter, part: DeliveryPart): boolean => isRepeatable(adapter) && part.state === "failed" && part.vendorId !== undefined;
/** `<message>:<part>`, `<message>:<part>.2`, … */
function nextKey(key: string): string {
  const [, first, n] = /^(.*?)(?:\.(\d+))?$/.exec(key)!;
  return `${first!}.${Number(n ?? 1) + 1}`;
}

/** Tries a failed or unknown message again; parts that were sent are skipped. @throws {UserError} NOT_POSSIBLE */
export async function retryDelivery(core: Core, act: Act): Promise<void> {
  const { message } = act;
  if (!["failed", "unknown"].includes(message.delivery.state)) throw new UserError("NOT_POSSIBLE", "Only a reply that failed, or whose outcome is unknown, can be tried again.");
  if (message.deletedAt !== undefined) throw new UserError("NOT_POSSIBLE", "This reply was deleted; there is nothing to send again.");
  const conversationNow = message.template === undefined ? await core.store.conversations.findOne({ _id: message.conversationId }) : null;
  if (conversationNow !== null) await mustBeInWindow(core, conversationNow);
  const { turn } = await recordAct(core, { message, by: agentAuthor(act.agent) }, "retry");
  const now = core.clock.now();
  const adapter = core.channels.get(message.inboxId);
  const parts = message.delivery.parts.map((part) => (part.state === "sent" ? part : { key: adapter !== undefined && hadIt(adapter, part) ? nextKey(part.key) : part.key, state: "queued" as const }));
  const files = askedAgain(message.files);
  const todo = message.todo.some((item) => item.for === FETCH_DESK_FILES) ? [] : filesTodo(files, now);
  const after = await core.store.messages.findOneAndUpdate(
    { _id: message._id, deletedAt: { $exists: false }, "delivery.state": { $in: ["failed", "unknown"] } },
    { $set: { "delivery.state": "queued", "delivery.turn": turn, "delivery.dueAt": now, "delivery.tries": 0, "delivery.parts": parts, "mirror.dueAt": now, files }, $unset: { "delivery.error": "", "delivery.since": "" }, ...(todo.length === 0 ? {} : { $push: { todo: { $each: todo } } }) },
    { returnDocument: "after" },
  );
  if (after === null) throw new UserError("NOT_POSSIBLE", "Somebody tried this again a moment ago.");
  if (todo.length > 0) core.bus.publish({ type: "todo.due", messageId: after._id, conversationId: after.conversationId, for: FETCH_DESK_FILES });
  kick(core, after);
}

/** Takes a reply back inside its undo window. One conditional update: it wins, or the send did. Without an agent its author did it. */
export async function cancelReply(core: Core, { message, agent }: { message: Message; agent?: Agent | undefined }): Promise<"cancelled" | "too-late"> {
  const now = core.clock.now();
  const after = await core.store.messages.findOneAndUpdate(
    { _id: message._id, kind: "outgoing", "delivery.state": "queued", "delivery.parts.state": { $ne: "sent" } },
    { $set: { "delivery.state": "cancelled", "mirror.dueAt": now }, $unset: { "delivery.dueAt": "" } },
    { returnDocument: "after" },
  );
  if (after === null) return "too-late";
  await recordAct(core, { message: after, by: agent === undefined ? message.author : agentAuthor(agent) }, "cancel");
  kick(core, after);
  return "cancelled";
}

/** The customer has it, or some of it. */
const GONE_OUT: Filter<Message> = { $or: [{ "delivery.state": { $in: ["sending", "sent", "delivered", "read", "unknown"] } }, { "delivery.state": { $in: ["queued", "failed"] }, "delivery.parts.state": "sent" }] };

/** Deletes a sent reply at the customer's. @throws {UserError} NOT_POSSIBLE when the channel can't, or nothing was sent */
export async function retract(core: Core, act: Act): Promise<void> {
  const { message } = act;
  if (message.delivery.state === "queued" && (await cancelReply(core, act)) === "cancelled") return;
  const adapter = core.channels.get(message.inboxId);
  if (adapter === undefined || !canDelete(adapter)) throw new UserError("NOT_POSSIBLE", "This channel can't take a message back. Send a correction instead.");
  await recordAct(core, { message, by: agentAuthor(act.agent) }, "retract");
  if (!(await reviseOutgoing(core, message, { deleted: true }))) throw new UserError("NOT_POSSIBLE", "This reply was not sent, or was taken back already.");
}

/** A sent reply's new text or deletion: stored as a revision, carried out by the delivery lane. False: not sent, or deleted already. */
export async function reviseOutgoing(core: Core, message: Message, change: { body: string } | { deleted: true }): Promise<boolean> {
  const now = core.clock.now();
  const revision: Revision = { key: `agent:${newId(now)}`, at: now, by: "agent", was: message.body, ...("deleted" in change ? { deleted: true as const } : {}) };
  const after = await updateInFeed(core, message, { ...GONE_OUT, deletedAt: { $exists: false } }, {
    $set: { "delivery.dueAt": now, "mirror.dueAt": now, ...("deleted" in change ? { deletedAt: now } : { body: change.body, terms: termsOf(change.body), editedAt: now }) },
    $push: { revisions: revision },
    $inc: { rev: 1 },
  });
  if (after === null) return false;
  kick(core, after);
  return true;
}

/** A new reply that corrects a sent one. @throws {UserError} NOT_POSSIBLE, BAD_TEXT */
export async function sendCorrection(core: Core, act: Act & { body: string; source?: string }): Promise<Message> {
  const { message, agent } = act;
  if (act.body.trim() === "") throw new UserError("BAD_TEXT", "A correction needs a text: `correct <the right text>`.");
  if (message.kind !== "outgoing") throw new UserError("NOT_POSSIBLE", "Only a reply that was sent can be corrected.");
  const before = await core.store.conversations.findOne({ _id: message.conversationId });
  if (before !== null) await mustBeInWindow(core, before);
  const { conversation } = await recordAct(core, { message, by: agentAuthor(agent) }, "correct");
  await wantMark(core, message, "none");
  return sendReply(core, { conversation, agent, body: act.body, files: [], source: act.source ?? `correct:${message._id}:${newId(core.clock.now())}`, explicit: "reply-verb" });
}
