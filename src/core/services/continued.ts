/** Customers of a chat who answer by mail go on in their conversation: the mail names one that we sent to that address, under our signature. */
import type { Core } from "../core.ts";
import type { ContinuityMail } from "../model/continuity-mail.ts";
import type { Conversation } from "../model/types.ts";
import type { InboundPlace } from "../ports.ts";
import { mailReplies } from "./continuity.ts";

const LOOKED_UP = 20;

/** The conversation that a line at `address` goes on in. A sender who may be somebody else, or a machine, goes on in none. */
export async function continuedBy(core: Core, inboxId: string, address: string, { ours, conversationId, caution, automatic }: InboundPlace): Promise<{ mail: ContinuityMail; conversation: Conversation } | null> {
  if (caution !== undefined || automatic !== undefined || (ours.length === 0 && conversationId === undefined)) return null;
  const { continuityMails, conversations } = core.store;
  const mail = (ours.length === 0 ? null : await continuityMails.findOne({ _id: { $in: ours.slice(0, LOOKED_UP) }, inboxId, address }))
    ?? (conversationId === undefined ? null : await continuityMails.find({ conversationId, inboxId, address }).sort({ at: -1 }).limit(1).next());
  const conversation = mail === null ? null : await conversations.findOne({ _id: mail.conversationId });
  return mail === null || conversation === null ? null : { mail, conversation };
}

/** Who answers has the address: it is theirs, and what waited for their word goes there. `before`: the conversation as it was before the answer. */
export async function provenAddress(core: Core, { inboxId, address }: ContinuityMail, before: Conversation): Promise<void> {
  const { contacts, messages } = core.store;
  const { modifiedCount } = await contacts.updateOne({ _id: before.contactId, email: address, verifiedEmail: { $ne: address } }, { $set: { verifiedEmail: address } });
  if (modifiedCount === 0) return;
  const waiting = await messages.find({ conversationId: before._id, seq: { $gt: before.lastIncomingSeq }, kind: "outgoing", "delivery.state": { $in: ["sent", "delivered"] } }, { projection: { _id: 1 } }).sort({ seq: 1 }).limit(LOOKED_UP).toArray();
  if (waiting.length > 0) await mailReplies(core, before, inboxId, address, waiting.map(({ _id }) => _id));
  core.scheduler?.wakeAt("continuity", core.clock.now());
}
