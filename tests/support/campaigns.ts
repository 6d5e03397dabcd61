/** Campaigns on a fake channel, driven step by step on a clock that a test pushes. */
import { workCampaigns } from "../../src/automation/campaigns/work.ts";
import type { Campaign, CampaignRecipient } from "../../src/core/model/campaigns.ts";
import { newId } from "../../src/core/model/ids.ts";
import type { Contact } from "../../src/core/model/types.ts";
import { createCampaign, startCampaign, type CampaignInput } from "../../src/core/services/campaigns.ts";
import { buildTestCore, type TestCore, type TestCoreOptions } from "./core.ts";

let people = 0;

export async function campaigning(options: TestCoreOptions = {}, help?: TestCore) {
  const all = help ?? (await buildTestCore(options));
  const { core, store, inbox, clock } = all;
  /** Known by an attribute of their test's own, so that tests share a store. */
  const crowd = `crowd${++people}${Math.random().toString(36).slice(2, 8)}`;
  return {
    ...all, crowd, filter: `attribute:crowd=${crowd}`,
    /** A contact with a place on the inbox, unless `address` is null. */
    async person(name: string, { address, ...more }: Partial<Contact> & { address?: string | null } = {}): Promise<Contact & { address: string }> {
      const at = address === undefined ? `${name.toLowerCase()}-${crowd}` : address;
      const contact: Contact = { _id: newId(clock.now()), name, anonymous: false, createdAt: clock.now(), ...more, attributes: { crowd, ...more.attributes } };
      await store.contacts.insertOne(contact);
      if (at !== null) await store.identities.insertOne({ _id: newId(clock.now()), inboxId: inbox._id, address: at, contactId: contact._id, createdAt: clock.now() });
      return { ...contact, address: at ?? "" };
    },
    make: (input: Partial<CampaignInput> = {}): Promise<Campaign> => createCampaign(core, "test", { name: `Autumn ${newId(clock.now())}`, inboxId: inbox._id, text: "Hello {{contact.first_name}}, shoes are cheap.", filter: `attribute:crowd=${crowd}`, perMinute: 600, ...input }),
    start: (campaign: Campaign, at: Date | null = null) => startCampaign(core, campaign, "test", at),
    /** A second passes, and whoever drives campaigns looks. */
    async step(times = 1): Promise<void> {
      for (let n = 0; n < times; n++) {
        await workCampaigns(core);
        await all.settle();
        clock.advance(1_000);
      }
    },
    /** Steps until it has ended. */
    async finish({ _id }: Campaign, most = 40): Promise<void> {
      for (let n = 0; n < most && (await store.campaigns.findOne({ _id }))!.state !== "done"; n++) {
        await workCampaigns(core);
        await all.settle();
        clock.advance(5_000);
      }
    },
    campaign: async ({ _id }: Campaign): Promise<Campaign> => (await store.campaigns.findOne({ _id }))!,
    recipients: async ({ _id }: Campaign): Promise<CampaignRecipient[]> => store.campaignRecipients.find({ campaignId: _id }).sort({ _id: 1 }).toArray(),
    states: async ({ _id }: Campaign): Promise<Record<string, string>> => {
      const found = await store.campaignRecipients.find({ campaignId: _id }).toArray();
      const names = new Map((await store.contacts.find({ _id: { $in: found.flatMap(({ contactId }) => contactId ?? []) } }).toArray()).map((contact) => [contact._id, contact.name]));
      return Object.fromEntries(found.map(({ contactId, state, why }) => [names.get(contactId ?? "") ?? "nobody", why ?? state]));
    },
  };
}
