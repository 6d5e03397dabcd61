/** Takes up who is due of a campaign: a bounded number, each stored as a line for the delivery lane under a key of its own. */
import type { AnyBulkWriteOperation } from "mongodb";
import type { Core } from "../../core/core.ts";
import type { Campaign, CampaignRecipient, SkipReason } from "../../core/model/campaigns.ts";
import { quietUntil, zoneOf } from "../../core/model/quiet-hours.ts";
import type { Contact, Inbox, Message } from "../../core/model/types.ts";
import { judge } from "../../core/services/campaign-audience.ts";
import { sayToOne } from "../../core/services/campaign-line.ts";

/** Lines that are stored side by side; between them it is looked whether the campaign still runs. */
const AT_ONCE = 8;
/** Most who are put off to the end of their quiet hours in one look. */
const PUT_OFF = 500;

type Writes = AnyBulkWriteOperation<CampaignRecipient>[];
const linked = ({ _id }: CampaignRecipient, { _id: messageId, conversationId, identityId }: Message): Writes => [
  { updateOne: { filter: { _id }, update: { $set: { messageId, conversationId, identityId }, $unset: { dueAt: "" } } } },
  { updateOne: { filter: { _id, state: "queued" }, update: { $set: { state: "sending" } } } },
];
const skipped = ({ _id }: CampaignRecipient, why: SkipReason): Writes => [{ updateOne: { filter: { _id, state: "queued" }, update: { $set: { state: "skipped", why }, $unset: { dueAt: "" } } } }];

/**
 * Stores lines for at most `most` recipients. `goesOn` is asked between them. Repeating it after a stop writes to nobody twice: who has a
 * line under their key is only noted. Answers how many lines there are, and whether more were due.
 */
export async function sendDue(core: Core, campaign: Campaign, inbox: Inbox, most: number, goesOn: () => Promise<boolean>): Promise<{ sent: number; more: boolean }> {
  const { campaignRecipients } = core.store;
  let sent = 0, putOff = 0;
  while (sent < most && putOff < PUT_OFF) {
    const asked = Math.min(most - sent, AT_ONCE * 4);
    const due = await campaignRecipients.find({ campaignId: campaign._id, dueAt: { $lte: core.clock.now() } }).sort({ dueAt: 1 }).limit(asked).toArray();
    if (due.length === 0) return { sent, more: false };
    const { ready, later } = await sortOut(core, campaign, due);
    putOff += later;
    for (let from = 0; from < ready.length; from += AT_ONCE) {
      if (!(await goesOn())) return { sent, more: true };
      sent += await sendSome(core, campaign, inbox, ready.slice(from, from + AT_ONCE));
    }
  }
  return { sent, more: true };
}

interface Ready { recipient: CampaignRecipient; contact: Contact }

/** Notes whose line is there already, who is gone, and who sleeps; answers who can be written to. */
async function sortOut(core: Core, campaign: Campaign, due: CampaignRecipient[]): Promise<{ ready: Ready[]; later: number }> {
  const { campaignRecipients, contacts, messages } = core.store;
  const now = core.clock.now();
  const [there, known] = await Promise.all([
    messages.find({ source: { $in: due.map(sourceOf) } }).toArray(), contacts.find({ _id: { $in: due.flatMap(({ contactId }) => contactId ?? []) } }).toArray(),
  ]);
  const written = new Map(there.map((message) => [message.source, message]));
  const byId = new Map(known.map((contact) => [contact._id, contact]));
  const became = await becameOf(core, campaign, known);
  const writes: Writes = [], ready: Ready[] = [];
  let later = 0;
  for (const recipient of due) {
    const message = written.get(sourceOf(recipient));
    const contact = became.get(recipient.contactId ?? "") ?? byId.get(recipient.contactId ?? "");
    const until = message !== undefined || contact === undefined || campaign.quiet === undefined ? null : quietUntil(campaign.quiet, zoneOf(contact, campaign.timeZone), now);
    if (message !== undefined) writes.push(...linked(recipient, message));
    else if (contact === undefined) writes.push(...skipped(recipient, "no-contact"));
    else if (contact.mergedInto !== undefined) writes.push(...skipped(recipient, "duplicate"));
    else if (until !== null) { writes.push({ updateOne: { filter: { _id: recipient._id, state: "queued" }, update: { $set: { dueAt: until } } } }); later++; }
    else ready.push({ recipient, contact });
  }
  if (writes.length > 0) await campaignRecipients.bulkWrite(writes, { ordered: true });
  return { ready, later };
}

/** Who turned out to be somebody else since, and that one is not on the list. */
async function becameOf(core: Core, { _id: campaignId }: Campaign, known: Contact[]): Promise<Map<string, Contact>> {
  const merged = known.flatMap(({ _id, mergedInto }) => (mergedInto === undefined ? [] : [{ _id, mergedInto }]));
  if (merged.length === 0) return new Map();
  const ids = merged.map(({ mergedInto }) => mergedInto);
  const [kept, listed] = await Promise.all([
    core.store.contacts.find({ _id: { $in: ids }, mergedInto: { $exists: false } }).toArray(), core.store.campaignRecipients.find({ _id: { $in: ids.map((id) => `${campaignId}/${id}`) } }, { projection: { contactId: 1 } }).toArray(),
  ]);
  const free = new Map(kept.filter(({ _id }) => !listed.some(({ contactId }) => contactId === _id)).map((contact) => [contact._id, contact]));
  return new Map(merged.flatMap(({ _id, mergedInto }) => { const contact = free.get(mergedInto); free.delete(mergedInto); return contact === undefined ? [] : [[_id, contact] as const]; }));
}

const sourceOf = ({ _id }: CampaignRecipient): string => `campaign:${_id}`;

async function sendSome(core: Core, campaign: Campaign, inbox: Inbox, some: Ready[]): Promise<number> {
  const judged = await judge(core, campaign, inbox, some.map(({ contact }) => contact));
  let sent = 0;
  const writes = await Promise.all(some.map(async ({ recipient }, i): Promise<Writes> => {
    const one = judged[i]!;
    if (one.skip !== undefined) return skipped(recipient, one.skip);
    const message = await sayToOne(core, { campaign, inbox, judged: one, recipientId: recipient._id, source: sourceOf(recipient) });
    if (message === "taken") return skipped(recipient, "duplicate");
    sent++;
    return linked(recipient, message);
  }));
  await core.store.campaignRecipients.bulkWrite(writes.flat(), { ordered: true });
  return sent;
}
