/** Stops at every place of a campaign, and two processes at once: nobody is left out and nobody is written to twice. */
import { expect, test } from "vitest";
import { workCampaigns } from "../../src/automation/campaigns/work.ts";
import type { Author } from "../../src/core/model/types.ts";
import { cancelCampaign } from "../../src/core/services/campaigns.ts";
import { deliveryPaused, pauseDelivery, resumeDelivery } from "../../src/core/services/delivery-pause.ts";
import { campaigning } from "../support/campaigns.ts";

const BY: Author = { type: "system", name: "Threadline" };

test("a stop after each write, then two processes at once: each gets it once", async () => {
  const it = await campaigning();
  const all = await Promise.all(Array.from({ length: 24 }, (_, n) => it.person(`P${n}`)));
  const campaign = await it.make({ perMinute: 6_000 });
  await it.start(campaign);
  const { store, core } = it;
  const again = { dueAt: it.clock.now() };
  // stopped after the first page of the list was stored and before it was noted
  await workCampaigns(core);
  await store.campaigns.updateOne({ _id: campaign._id }, { $set: { listed: { after: "", rows: 0, done: false }, ...again } });
  await it.step(2);
  expect(await store.campaignRecipients.countDocuments({ campaignId: campaign._id })).toBe(24);
  // stopped after lines were stored and before any of it was noted; some were heard of meanwhile
  const written = await store.campaignRecipients.find({ campaignId: campaign._id, messageId: { $exists: true } }).toArray();
  expect(written.length).toBeGreaterThan(0);
  for (const [n, { _id }] of written.entries()) await store.campaignRecipients.updateOne({ _id }, { $set: { ...again, ...(n % 2 === 0 ? { state: "queued" as const } : {}) }, $unset: { messageId: "", conversationId: "" } });
  const other = { ...core, holder: "another process" };
  for (let n = 0; n < 8; n++) {
    await Promise.all([workCampaigns(core), workCampaigns(other), workCampaigns(core)]);
    await it.settle();
    it.clock.advance(1_000);
  }
  await it.finish(campaign);
  expect(all.map(({ address }) => it.channel.textsTo(address).length)).toEqual(all.map(() => 1));
  const recipients = await it.recipients(campaign);
  expect(recipients.every(({ messageId, dueAt }) => messageId !== undefined && dueAt === undefined)).toBe(true);
  expect(recipients.filter(({ state }) => state === "sent").length + recipients.filter(({ state }) => state === "sending").length).toBe(24);
  expect(await store.messages.countDocuments({ "campaign.id": campaign._id })).toBe(24);
});

test("a dead holder's claim is taken over; what waits in the lane is bounded, and taken back by cancelling", async () => {
  const it = await campaigning();
  for (let n = 0; n < 40; n++) await it.person(`P${n}`);
  const campaign = await it.make({ perMinute: 6_000 });
  await it.start(campaign);
  await it.step(1);
  await it.store.campaigns.updateOne({ _id: campaign._id }, { $set: { claim: "of the dead", dueAt: new Date(it.clock.now().getTime() + 60_000) } });
  expect(await workCampaigns(it.core)).toMatchObject({ due: 0 });
  await pauseDelivery(it.core, BY);
  await expect.poll(() => deliveryPaused(it.core), { timeout: 40_000 }).toBe(true);
  it.clock.advance(60_001);
  for (let n = 0; n < 6; n++) { await workCampaigns(it.core); it.clock.advance(2_000); }
  const { store } = it;
  const waiting = () => store.messages.countDocuments({ "campaign.id": campaign._id, "delivery.state": "queued" });
  expect(await waiting()).toBe(32);
  expect(it.channel.sent).toHaveLength(0);
  await cancelCampaign(it.core, await it.campaign(campaign), "test");
  expect(await waiting()).toBe(0);
  await resumeDelivery(it.core, BY);
  await it.settle();
  expect(it.channel.sent).toHaveLength(0);
  await expect.poll(() => store.campaignRecipients.countDocuments({ campaignId: campaign._id, state: "cancelled" }), { timeout: 40_000 }).toBe(32);
});
