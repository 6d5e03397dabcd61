/** What became of an outgoing message: the receipt ladder, which only climbs, and the clocks that stop at `sent`. */
import type { Core } from "../core.ts";
import { DeliveryError } from "../errors.ts";
import { releasing } from "../lanes/lease.ts";
import { onHumanReplySent } from "../model/status.ts";
import type { Conversation, DeliveryPart, DeliveryStatus, Message } from "../model/types.ts";
import type { InboundEvent } from "../ports.ts";
import { slaOn } from "./sla.ts";
import { updateTogether } from "../store/change-together.ts";

/** States below each rung: only from these may a message climb to it. Cancelled is final, and a failure is known by its reason. */
const BELOW: Partial<Record<DeliveryStatus, DeliveryStatus[]>> = {
  // what is being sent is noted as sent by its lane
  sent: ["unknown"],
  delivered: ["sending", "sent", "unknown"],
  read: ["sending", "sent", "delivered", "unknown"],
  failed: ["sending", "sent", "unknown"],
};

type StatusEvent = Extract<InboundEvent, { type: "status" }>;

/** A vendor's later word on a message, by the id it gave us. Repeats and late lower rungs change nothing. Answers whether it climbed. */
export async function recordDeliveryStatus(core: Core, event: StatusEvent): Promise<boolean> {
  const found = await partOf(core, event);
  if (found === null) return climbNamed(core, event);
  const message = await hear(core, found.message, found.index, event);
  if (message === null) return false;
  // A repeat comes this far again, in case we stopped in between; a part that Retry has taken up since is not failed by it.
  if (event.state === "failed") return message.delivery.parts[found.index]?.state === "failed" && climb(core, message, "failed", event.error);
  const reached = lowest(message);
  if (reached === null || !(await climb(core, message, reached))) return false;
  // It was sent after all: the clocks did not hear of it.
  if (message.delivery.state === "unknown") await recordReplySent(core, message, core.clock.now());
  return true;
}

/** The vendor's word names our message, but none of its parts. */
async function climbNamed(core: Core, { inboxId, messageId, state, error }: StatusEvent): Promise<boolean> {
  const message = messageId === undefined ? null : await core.store.messages.findOne({ _id: messageId, inboxId, kind: "outgoing" });
  return message !== null && climb(core, message, state, error);
}

/** The part that the vendor means. One that is not noted as sent yet (or is so only since the first look) is known by the key that went with it. */
async function partOf(core: Core, { inboxId, vendorId, key }: StatusEvent): Promise<{ message: Message; index: number } | null> {
  const known = await core.store.messages.findOne({ inboxId, "delivery.parts.vendorId": vendorId });
  if (known !== null) return { message: known, index: known.delivery.parts.findIndex((part) => part.vendorId === vendorId) };
  const message = key === undefined ? null : await core.store.messages.findOne({ _id: key.slice(0, Math.max(key.lastIndexOf(":"), 0)), inboxId, kind: "outgoing" });
  const index = message?.delivery.parts.findIndex((part) => part.key === key && (part.vendorId === undefined || part.vendorId === vendorId)) ?? -1;
  return message === null || index < 0 ? null : { message, index };
}

const RUNGS = { failed: 0, sent: 1, delivered: 2, read: 3 } as const;

/** Notes what was told of one part. Answers the message as it stands then. */
async function hear(core: Core, first: Message, index: number, { vendorId, state }: StatusEvent): Promise<Message | null> {
  for (let message: Message | null = first; message !== null; message = await core.store.messages.findOne({ _id: first._id })) {
    const was = message.delivery.heard?.[index];
    const climbs = was === undefined || was.vendorId !== vendorId || (state === "failed" ? was.state === "sent" : was.state !== "failed" && RUNGS[state] > RUNGS[was.state]);
    const part = message.delivery.parts[index];
    if (!climbs || part === undefined) return message;
    // A failed part is sent again by Retry; one whose outcome was unknown is not.
    const settled: DeliveryPart | null = state === "failed" ? { key: part.key, state: "failed", vendorId } : part.state === "unknown" ? { key: part.key, state: "sent", vendorId } : null;
    const after = await core.store.messages.findOneAndUpdate(
      { _id: message._id, [`delivery.heard.${index}`]: was ?? { $exists: false }, [`delivery.parts.${index}.state`]: part.state },
      { $set: { [`delivery.heard.${index}`]: { vendorId, state }, ...(settled === null ? {} : { [`delivery.parts.${index}`]: settled }) } },
      { returnDocument: "after" },
    );
    if (after !== null) return after;
  }
  return null;
}

/** What all parts have reached; null while one of them has not been heard of. */
function lowest({ delivery: { parts, heard = {} } }: Message): "sent" | "delivered" | "read" | null {
  const states = parts.map((_, i) => heard[i]?.state);
  return (["sent", "delivered", "read"] as const).findLast((rung) => states.every((state) => state !== undefined && RUNGS[state] >= RUNGS[rung])) ?? null;
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
    const sla = await slaOn(core, conversation, set, at);
    const { modifiedCount } = await updateTogether<Conversation>(core.store, conversations,
      { _id: conversation._id, status: conversation.status, lastIncomingSeq: conversation.lastIncomingSeq, waitingSince: conversation.waitingSince, firstReplyAt: conversation.firstReplyAt, ...sla.expect, ...(releases ? { "lanes.delivery.token": known.release! } : {}) },
      { $set: { ...set, ...sla.set, cardDueAt: at }, $inc: { cardRev: 1 }, ...(releases || sla.unset !== undefined ? { $unset: { ...(releases ? releasing("delivery") : {}), ...(sla.unset === undefined ? {} : { sla: "" as const }) } } : {}) },
    );
    if (modifiedCount > 0) {
      core.bus.publish({ type: "conversation.changed", conversationId: conversation._id });
      return releases;
    }
    if (releases && (await conversations.findOne({ _id: message.conversationId, "lanes.delivery.token": known.release! }, { projection: { _id: 1 } })) === null) return recordReplySent(core, message, at);
  }
}

/** The vendor's id of a part whose call ended in doubt, when the vendor has told of it meanwhile: then the customer has it. */
export async function arrivedAs(core: Core, messageId: string, index: number, error: unknown): Promise<string | undefined> {
  if (error instanceof DeliveryError && error.o.certain) return undefined;
  const message = await core.store.messages.findOne({ _id: messageId }, { projection: { "delivery.heard": 1 } });
  const heard = message?.delivery?.heard?.[index];
  return heard?.state === "failed" ? undefined : heard?.vendorId;
}
