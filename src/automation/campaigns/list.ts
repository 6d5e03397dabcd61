/** Makes the list of a campaign's recipients, a page at a time: a stop goes on at the last page, and who is on it twice is on it once. */
import type { Core } from "../../core/core.ts";
import type { Campaign, CampaignRecipient } from "../../core/model/campaigns.ts";
import type { Contact, Inbox } from "../../core/model/types.ts";
import { judge, PAGE, segmentOf, segmentPage } from "../../core/services/campaign-audience.ts";
import { isDuplicateKey } from "../../core/store/store.ts";
import type { TableReader } from "../../core/services/campaign-table.ts";

interface Listed { listed: Campaign["listed"]; recipients: CampaignRecipient[] }

/** One page. Answers how far the list is; nothing of it is noted on the campaign yet. */
export async function listPage(core: Core, tables: TableReader, campaign: Campaign, inbox: Inbox): Promise<Campaign["listed"]> {
  const { listed, recipients } = "fileId" in campaign.audience ? await fromTable(core, tables, campaign, campaign.audience.fileId, inbox) : await fromSegment(core, campaign, campaign.audience.filter, inbox);
  await insert(core, recipients);
  return listed;
}

async function fromSegment(core: Core, campaign: Campaign, filter: string, inbox: Inbox): Promise<Listed> {
  const { contacts, next } = await segmentPage(core, await segmentOf(core, filter), campaign.listed.after);
  return { listed: { ...campaign.listed, after: next ?? campaign.listed.after, done: next === null }, recipients: await recipientsOf(core, campaign, inbox, contacts) };
}

async function fromTable(core: Core, tables: TableReader, campaign: Campaign, fileId: string, inbox: Inbox): Promise<Listed> {
  const { rows, end } = await tables.page(fileId, campaign.listed.rows, PAGE);
  if (end) tables.close(fileId);
  const contacts = new Map(rows.flatMap(({ contact }) => (contact === null ? [] : [[contact._id, contact] as const])));
  const unknown = rows.filter(({ contact }) => contact === null).map(({ line }): CampaignRecipient => ({ _id: `${campaign._id}/row:${line}`, campaignId: campaign._id, state: "skipped", why: "no-contact", at: core.clock.now() }));
  return { listed: { ...campaign.listed, rows: campaign.listed.rows + rows.length, done: end }, recipients: [...(await recipientsOf(core, campaign, inbox, [...contacts.values()])), ...unknown] };
}

async function recipientsOf(core: Core, campaign: Campaign, inbox: Inbox, contacts: Contact[]): Promise<CampaignRecipient[]> {
  const at = core.clock.now();
  return (await judge(core, campaign, inbox, contacts)).map(({ contact, identity, address, skip }): CampaignRecipient => ({
    _id: `${campaign._id}/${contact._id}`, campaignId: campaign._id, contactId: contact._id, ...(identity === undefined ? {} : { identityId: identity._id }), at,
    ...(skip === undefined ? { state: "queued", address: address!, dueAt: at } : { state: "skipped", why: skip }),
  }));
}

/** Who is on the list already stays as they are; whose address is there under another contact is left out. */
async function insert(core: Core, recipients: CampaignRecipient[]): Promise<void> {
  const { campaignRecipients } = core.store;
  if (recipients.length === 0) return;
  try {
    await campaignRecipients.insertMany(recipients, { ordered: false });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const ids = recipients.map(({ _id }) => _id);
    const there = new Set((await campaignRecipients.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id));
    const doubles = recipients.filter(({ _id }) => !there.has(_id)).map(({ address: _address, dueAt: _dueAt, ...rest }): CampaignRecipient => ({ ...rest, state: "skipped", why: "duplicate" }));
    if (doubles.length > 0) await campaignRecipients.insertMany(doubles, { ordered: false });
  }
}
