/** What a campaign would do, and what it did. */
import type { Core } from "../core.ts";
import { RECIPIENT_STATES, SKIP_REASONS, type Campaign, type CampaignRecipient, type RecipientState, type SkipReason } from "../model/campaigns.ts";
import { quietUntil, zoneOf } from "../model/quiet-hours.ts";
import type { Contact } from "../model/types.ts";
import type { Store } from "../store/store.ts";
import { judge, PAGE, segmentOf, segmentPage } from "./campaign-audience.ts";
import { createTableReader } from "./campaign-table.ts";
import { adapterOf } from "./campaigns.ts";
import { inboxOf } from "./inbox-settings.ts";

/** A person waits for a preview: it ends after this, or so many, and says so. */
const PREVIEW_MS = 3_000;
const PREVIEW_CONTACTS = 20_000;
const SHOWN = 10;

export interface Preview {
  /** Contacts, or rows, that were looked at; false: that was not all. */
  looked: number; whole: boolean;
  recipients: number;
  /** Of these, who have quiet hours at the time of the start. */
  later: number;
  skipped: Partial<Record<SkipReason, number>>;
  sample: { contactId: string; name: string; address: string; subject: string; text: string; later: Date | null }[];
}

async function* pagesOf(core: Core, { audience }: Campaign): AsyncGenerator<{ contacts: Contact[]; unknown: number; last: boolean }> {
  if ("fileId" in audience) {
    const tables = createTableReader(core);
    try {
      for (let after = 0, end = false; !end;) {
        const page = await tables.page(audience.fileId, after, PAGE);
        after += page.rows.length;
        ({ end } = page);
        yield { contacts: page.rows.flatMap(({ contact }) => contact ?? []), unknown: page.rows.filter(({ contact }) => contact === null).length, last: end };
      }
    } finally { tables.close(audience.fileId); }
    return;
  }
  const segment = await segmentOf(core, audience.filter);
  for (let after: string | null = ""; after !== null;) {
    const { contacts, next } = await segmentPage(core, segment, after);
    after = next;
    yield { contacts, unknown: 0, last: next === null };
  }
}

/** Nothing is stored. @throws {UserError} NOT_POSSIBLE while the inbox is off */
export async function previewCampaign(core: Core, campaign: Campaign): Promise<Preview> {
  const inbox = await inboxOf(core, campaign.inboxId);
  adapterOf(core, inbox);
  const until = performance.now() + PREVIEW_MS;
  const at = campaign.startAt !== null && campaign.startAt > core.clock.now() ? campaign.startAt : core.clock.now();
  const preview: Preview = { looked: 0, whole: false, recipients: 0, later: 0, skipped: {}, sample: [] };
  const skip = (why: SkipReason, n = 1) => { if (n > 0) preview.skipped[why] = (preview.skipped[why] ?? 0) + n; };
  const seen = new Set<string>();
  for await (const { contacts, unknown, last } of pagesOf(core, campaign)) {
    preview.looked += contacts.length + unknown;
    skip("no-contact", unknown);
    for (const { contact, address, skip: why, text } of await judge(core, campaign, inbox, contacts)) {
      if (why !== undefined) { skip(why); continue; }
      if (seen.has(address!)) { skip("duplicate"); continue; }
      seen.add(address!);
      const later = campaign.quiet === undefined ? null : quietUntil(campaign.quiet, zoneOf(contact, campaign.timeZone), at);
      preview.recipients++;
      if (later !== null) preview.later++;
      if (preview.sample.length < SHOWN) preview.sample.push({ contactId: contact._id, name: contact.name, address: address!, subject: text!.subject, text: text!.body, later });
    }
    if (last) return { ...preview, whole: true };
    if (preview.looked >= PREVIEW_CONTACTS || performance.now() > until) break;
  }
  return preview;
}

export interface Report { states: Record<RecipientState, number>; skipped: Partial<Record<SkipReason, number>>; converted: number; value: number; won: number | null }

/** Who waits for a campaign that was ended gets nothing any more. */
export async function reportCampaign({ campaignRecipients, conversations }: Pick<Store, "campaignRecipients" | "conversations">, { _id: campaignId, goalLabel, state: now }: Campaign): Promise<Report> {
  const count = (more: object) => campaignRecipients.countDocuments({ campaignId, ...more });
  const states = Object.fromEntries(await Promise.all(RECIPIENT_STATES.map(async (state) => [state, await count({ state })] as const))) as Record<RecipientState, number>;
  if (now === "cancelled") { states.cancelled += states.queued; states.queued = 0; }
  const reasons = states.skipped === 0 ? [] : await Promise.all((Object.keys(SKIP_REASONS) as SkipReason[]).map(async (why) => [why, await count({ why })] as const));
  const [converted, won, [sum]] = await Promise.all([
    count({ convertedAt: { $exists: true } }), goalLabel === undefined ? null : conversations.countDocuments({ "campaign.id": campaignId, labels: goalLabel }),
    campaignRecipients.aggregate<{ value: number }>([{ $match: { campaignId, convertedAt: { $exists: true } } }, { $group: { _id: null, value: { $sum: "$value" } } }]).toArray(),
  ]);
  return { states, skipped: Object.fromEntries(reasons.filter(([, n]) => n > 0)), converted, value: sum?.value ?? 0, won };
}

/** In one order, `after` the last of the page before. */
export const listRecipients = ({ campaignRecipients }: Pick<Store, "campaignRecipients">, { _id: campaignId }: Campaign, state: RecipientState, { after, limit }: { after: string | undefined; limit: number }): Promise<CampaignRecipient[]> =>
  campaignRecipients.find({ campaignId, state, ...(after === undefined ? {} : { _id: { $gt: after } }) }).sort({ _id: 1 }).limit(limit).toArray();

/** A program of the administrator's saw what the campaign was for; the first time counts. False: this contact was not written to. */
export async function recordConversion(core: Core, { _id: campaignId }: Campaign, contactId: string, { at, value }: { at: Date; value: number | undefined }): Promise<boolean> {
  const _id = `${campaignId}/${contactId}`;
  const { matchedCount } = await core.store.campaignRecipients.updateOne({ _id, state: { $nin: ["queued", "skipped", "cancelled"] }, convertedAt: { $exists: false } }, { $set: { convertedAt: at, ...(value === undefined ? {} : { value }) } });
  return matchedCount > 0 || (await core.store.campaignRecipients.findOne({ _id, convertedAt: { $exists: true } }, { projection: { _id: 1 } })) !== null;
}
