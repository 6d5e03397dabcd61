/** Campaigns that go on: what may be shown on a page, and showing it to one visitor, once. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { isLikePage, type Campaign, type CampaignRecipient } from "../model/campaigns.ts";
import { newId } from "../model/ids.ts";
import type { Contact, Inbox } from "../model/types.ts";
import { isDuplicateKey } from "../store/store.ts";
import { isInSegment, judge, textFor, type Judged } from "./campaign-audience.ts";
import { sayToOne } from "./campaign-line.ts";
import { identityAt, type Profile } from "./find-conversation.ts";

const MOST = 20;

export const offersOn = async (core: Core, inboxId: string, page: string): Promise<Campaign[]> =>
  (await core.store.campaigns.find({ inboxId, state: "running", ongoing: { $exists: true } }).limit(MOST).toArray()).filter(({ ongoing }) => isLikePage(ongoing!.page, page));

export interface Visit { inbox: Inbox; address: string; profile: Profile; page: string }

/** Answers whether it is shown (now, or was about to be when something stopped it). Who is nobody yet becomes somebody only when it is. */
export async function offer(core: Core, campaignId: string, visit: Visit): Promise<boolean> {
  const { inbox, address, profile, page } = visit;
  const campaign = (await offersOn(core, inbox._id, page)).find(({ _id }) => _id === campaignId);
  if (campaign === undefined || !("filter" in campaign.audience)) return false;
  const identity = await core.store.identities.findOne({ inboxId: inbox._id, address });
  const known = identity === null ? null : await core.store.contacts.findOne({ _id: identity.contactId });
  const now = core.clock.now();
  const contact: Contact = known ?? { _id: newId(now), name: profile.name ?? "", anonymous: profile.name === undefined, createdAt: now, ...(profile.email === undefined ? {} : { email: profile.email }) };
  if (!(await isInSegment(core, campaign.audience.filter, contact))) return false;
  const judged = identity === null ? await judgeStranger(campaign, inbox, contact, address) : (await judge(core, campaign, inbox, [contact]))[0]!;
  if (judged?.text === undefined) return false;
  const there = judged.identity ?? (await identityAt(core, inbox._id, address, profile)).identity;
  return show(core, campaign, inbox, { ...judged, contact: { ...contact, _id: there.contactId }, identity: there });
}

async function judgeStranger(campaign: Campaign, inbox: Inbox, contact: Contact, address: string): Promise<Judged | null> {
  if (campaign.consent !== undefined) return null;
  try {
    return { contact, address, text: await textFor(campaign, inbox, contact) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return null;
  }
}

/** The recipient's key makes it once; who was noted and not shown, since something stopped in between, is shown it now. */
async function show(core: Core, campaign: Campaign, inbox: Inbox, judged: Judged): Promise<boolean> {
  const { campaignRecipients, messages } = core.store;
  const { contact, identity } = judged;
  const recipient: CampaignRecipient = { _id: `${campaign._id}/${contact._id}`, campaignId: campaign._id, contactId: contact._id, identityId: identity!._id, address: identity!.address, state: "queued", at: core.clock.now() };
  const source = `campaign:${recipient._id}`;
  try {
    await campaignRecipients.insertOne(recipient);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    if ((await campaignRecipients.findOne({ _id: recipient._id, messageId: { $exists: false } }, { projection: { _id: 1 } })) === null) return false;
  }
  const message = (await messages.findOne({ source })) ?? (await sayToOne(core, { campaign, inbox, judged, recipientId: recipient._id, source }));
  if (message === "taken") return false;
  await campaignRecipients.updateOne({ _id: recipient._id }, { $set: { messageId: message._id, conversationId: message.conversationId } });
  await campaignRecipients.updateOne({ _id: recipient._id, state: "queued" }, { $set: { state: "sending" } });
  return true;
}
