/** A far side's word on a part of a reply by the key that we gave it: also while we do not know yet whether the part arrived. */
import type { Core } from "../core.ts";
import type { DeliveryStatus, Message } from "../model/types.ts";
import { recordDeliveryStatus, recordReplySent } from "./record-delivery.ts";

export interface PartStatus { inboxId: string; messageId: string; /** The part's key in the lane. */ key: string; state: "sent" | "delivered" | "read" | "failed"; error?: { code: string; text: string } }

/** Raises the message's receipt, which only climbs. Answers what it is now, or null when there is no such part. */
export async function recordPartStatus(core: Core, told: PartStatus): Promise<DeliveryStatus | null> {
  const { messages } = core.store;
  const asked = { _id: told.messageId, inboxId: told.inboxId, kind: "outgoing" as const, "delivery.parts.key": told.key };
  const message = await messages.findOne(asked);
  if (message === null) return null;
  if (message.delivery.state === "queued" && told.state !== "failed") await arrived(core, message, told.key);
  await recordDeliveryStatus(core, { type: "status", inboxId: told.inboxId, address: "", vendorId: told.key, key: told.key, state: told.state, ...(told.error === undefined ? {} : { error: told.error }) });
  return (await messages.findOne(asked, { projection: { delivery: 1 } }))?.delivery.state ?? null;
}

/** A part that waits to be sent again after an uncertain try is there after all: it is not sent again. */
async function arrived(core: Core, message: Message, key: string): Promise<void> {
  if (message.delivery.since === undefined) return;
  const parts = message.delivery.parts.map((part) => (part.key === key ? { key, state: "sent" as const, vendorId: key } : part));
  const whole = parts.every((part) => part.state === "sent");
  const now = core.clock.now();
  const { modifiedCount } = await core.store.messages.updateOne(
    { _id: message._id, "delivery.state": "queued", "delivery.tries": message.delivery.tries, rev: message.rev },
    { $set: { "delivery.parts": parts, ...(whole ? { "delivery.state": "sent" as const, "delivery.sentAt": now, "mirror.dueAt": now } : { "delivery.dueAt": now }) }, ...(whole && message.delivery.rev === message.rev ? { $unset: { "delivery.dueAt": "" as const, "delivery.error": "" as const } } : {}) },
  );
  if (modifiedCount === 0) return;
  if (whole) await recordReplySent(core, message, now);
  core.bus.publish({ type: "lane.due", lane: whole ? "mirror" : "delivery", conversationId: message.conversationId });
}
