/** In the application under test: people for a campaign, the campaign, and how far it is. */
import type { Core } from "../../src/core/core.ts";
import type { Inbox } from "../../src/core/model/types.ts";
import { newId } from "../../src/core/model/ids.ts";
import { createCampaign, startCampaign } from "../../src/core/services/campaigns.ts";
import type { Store } from "../../src/core/store/store.ts";
import { FIRST_RECIPIENT } from "./wire.ts";

const BATCH = 5_000;
/** What Telegram's adapter lets a campaign have. */
const PER_MINUTE = 1_200;

export async function addCrowd(store: Store, inbox: Inbox, people: number): Promise<void> {
  const createdAt = new Date();
  for (let from = 0; from < people; from += BATCH) {
    const ids = Array.from({ length: Math.min(BATCH, people - from) }, (_, i) => ({ n: from + i, contactId: newId(createdAt) }));
    await store.contacts.insertMany(ids.map(({ n, contactId }) => ({ _id: contactId, name: `Recipient ${n}`, anonymous: false, attributes: { crowd: true }, createdAt })));
    await store.identities.insertMany(ids.map(({ n, contactId }) => ({ _id: newId(createdAt), inboxId: inbox._id, address: String(FIRST_RECIPIENT + n), contactId, createdAt })));
  }
}

export async function beginCampaign(core: Core, inbox: Inbox): Promise<void> {
  const campaign = await createCampaign(core, "bench", { name: "Bench", inboxId: inbox._id, text: "c0 {{contact.first_name}}, our shoes are cheap this week", filter: "attribute:crowd=yes", perMinute: PER_MINUTE });
  await startCampaign(core, campaign, "bench", null);
}

export async function countRecipients({ campaignRecipients }: Store): Promise<{ listed: number; sent: number }> {
  const [listed, sent] = await Promise.all([campaignRecipients.countDocuments({}), campaignRecipients.countDocuments({ state: "sent" })]);
  return { listed, sent };
}
