/** What becomes of a campaign's lines, noted with its recipients. The message is the truth: what it says is due here until it is noted (`mirror.dueAt`). */
import type { AnyBulkWriteOperation } from "mongodb";
import type { Core } from "../core.ts";
import { BELOW, type CampaignRecipient, type RecipientState } from "../model/campaigns.ts";
import type { Conversation, Message } from "../model/types.ts";
import { heedWish } from "./opt-out.ts";

const NOTED: readonly RecipientState[] = ["sent", "delivered", "read", "failed", "unknown", "cancelled"];
const isNoted = (state: string): state is RecipientState => (NOTED as readonly string[]).includes(state);

/** Of what is due in the mirror lane: notes it, and answers what the desk is to show all the same. A quiet line has no post to change. */
export async function noteCampaignLines(core: Core, due: Message[]): Promise<Message[]> {
  if (due.every(({ campaign }) => campaign === undefined)) return due;
  await noteRecipients(core, due);
  const quiet = due.filter(({ campaign, mirror }) => campaign !== undefined && mirror.state === "none");
  for (const { _id, rev, delivery } of quiet) await core.store.messages.updateOne({ _id, rev, "delivery.state": delivery.state, "mirror.state": "none" }, { $unset: { "mirror.dueAt": "" } });
  return due.filter((message) => !quiet.includes(message));
}

async function noteRecipients(core: Core, messages: Message[]): Promise<void> {
  const writes = messages.flatMap(({ campaign, delivery: { state, sentAt, error } }): AnyBulkWriteOperation<CampaignRecipient>[] => {
    if (campaign?.recipientId === undefined || !isNoted(state)) return [];
    const failed = state === "failed" || state === "unknown";
    return [{ updateOne: {
      filter: { _id: campaign.recipientId, state: { $in: BELOW[state]! } },
      update: { $set: { state, ...(sentAt === undefined ? {} : { sentAt }), ...(failed && error !== undefined ? { error } : {}) }, ...(failed ? {} : { $unset: { error: "" } }) },
    } }];
  });
  if (writes.length > 0) await core.store.campaignRecipients.bulkWrite(writes, { ordered: false });
}

/** Before anything is posted in a thread: the lines that went to many and were shown nowhere come first. Answers whether there are some. */
export async function showQuietLines(core: Core, { _id, unshown = [] }: Conversation): Promise<boolean> {
  if (unshown.length === 0) return false;
  await core.store.messages.updateMany({ _id: { $in: unshown }, "mirror.state": "none" }, { $set: { "mirror.state": "queued", "mirror.dueAt": core.clock.now() } });
  await core.store.conversations.updateOne({ _id, unshown }, { $unset: { unshown: "" } });
  return true;
}

/** Work of the to-do: the customer answered a campaign, or wants no more of them. */
export async function campaignAnswered(core: Core, message: Message): Promise<void> {
  const conversation = await core.store.conversations.findOne({ _id: message.conversationId }, { projection: { campaign: 1 } });
  if (conversation?.campaign !== undefined) {
    await core.store.campaignRecipients.updateOne({ _id: conversation.campaign.recipientId, state: { $in: BELOW.replied! } }, { $set: { state: "replied", repliedAt: message.createdAt } });
  }
  await heedWish(core, message);
}
