/** What became of an outgoing message: the receipt ladder, which only climbs, and the clocks that stop at `sent`. */
import type { Core } from "../core.ts";
import { releasing } from "../lanes/lease.ts";
import { onHumanReplySent } from "../model/status.ts";
import type { Conversation, DeliveryStatus, Message } from "../model/types.ts";
import type { InboundEvent } from "../ports.ts";

/** States below each rung: only from these may a message climb to it. Cancelled is final, and a failure is known by its reason. */
const BELOW: Partial<Record<DeliveryStatus, DeliveryStatus[]>> = {
  sent: ["sending", "unknown"],
  delivered: ["sending", "sent", "unknown"],
  read: ["sending", "sent", "delivered", "unknown"],
  failed: ["sending", "sent", "unknown"],
};

/** A vendor's later word on a message, by the id it gave us. Repeats and late lower rungs change nothing. Answers whether it climbed. */
export async function recordDeliveryStatus(core: Core, event: Extract<InboundEvent, { type: "status" }>): Promise<boolean> {
  const message = await core.store.messages.findOne({ inboxId: event.inboxId, "delivery.parts.vendorId": event.vendorId })
    ?? (event.messageId === undefined ? null : await core.store.messages.findOne({ _id: event.messageId, inboxId: event.inboxId, kind: "outgoing" }));
  return message !== null && climb(core, message, event.state, event.error);
}

/** Raises one message to `state`; its receipt on the desk follows. */
export async function climb(core: Core, message: Message, state: "sent" | "delivered" | "read" | "failed", error?: { code: string; text: string }): Promise<boolean> {
  const { modifiedCount } = await core.store.messages.updateOne(
    { _id: message._id, "delivery.state": { $in: BELOW[state]! } },
    { $set: { "delivery.state": state, "mirror.dueAt": core.clock.now(), ...(error === undefined ? {} : { "delivery.error": error }) } },
  );
  if (modifiedCount === 0) return false;
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: message.conversationId });
  return true;
}

/** A conversation read a moment ago saves a read; `release`, the delivery lane's token, gives the lane back in the same write. */
export interface KnownAtSending { conversation: Conversation; release?: number }

/**
 * A reply has left: the first-reply and waiting clocks of its conversation, conditional so that a newer line keeps waiting.
 * Answers whether the lane was given back with it.
 */
export async function recordReplySent(core: Core, message: Message, at: Date, known?: KnownAtSending): Promise<boolean> {
  const { conversations, messages } = core.store;
  if (message.author.type !== "agent") return false;
  for (let conversation = known?.conversation ?? null; ; conversation = null) {
    conversation ??= await conversations.findOne({ _id: message.conversationId });
    if (conversation === null) return false;
    const { turn } = message.delivery;
    const newer = conversation.lastIncomingSeq > turn
      ? await messages.findOne({ conversationId: message.conversationId, seq: { $gt: turn }, kind: "incoming" }, { sort: { seq: 1 } })
      : null;
    const { set } = onHumanReplySent(conversation, { at, turn, ...(newer === null ? {} : { nextIncomingAt: newer.createdAt }) });
    if (Object.keys(set).length === 0) {
      if (conversation === known?.conversation && conversation.appliedSeq < turn) continue;
      return false;
    }
    const releases = known?.release !== undefined;
    const { modifiedCount } = await conversations.updateOne(
      { _id: conversation._id, status: conversation.status, lastIncomingSeq: conversation.lastIncomingSeq, waitingSince: conversation.waitingSince, firstReplyAt: conversation.firstReplyAt, ...(releases ? { "lanes.delivery.token": known.release! } : {}) },
      { $set: { ...set, cardDueAt: at }, $inc: { cardRev: 1 }, ...(releases ? { $unset: releasing("delivery") } : {}) },
    );
    if (modifiedCount > 0) {
      core.bus.publish({ type: "conversation.changed", conversationId: conversation._id });
      return releases;
    }
    if (releases && (await conversations.findOne({ _id: message.conversationId, "lanes.delivery.token": known.release! }, { projection: { _id: 1 } })) === null) return recordReplySent(core, message, at);
  }
}
