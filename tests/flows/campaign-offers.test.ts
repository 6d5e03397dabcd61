/** Ongoing campaigns: shown to each visitor of a page once, who is nobody until then. */
import { expect, test, vi } from "vitest";
import { createCampaign, pauseCampaign, resumeCampaign, startCampaign, type CampaignInput } from "../../src/core/services/campaigns.ts";
import { createOffers } from "../../widget/frame/offers.ts";
import { buildWidget, until } from "../support/widget.ts";

async function offering(input: Partial<CampaignInput> = {}) {
  const it = await buildWidget();
  const made = await createCampaign(it.core, "test", { name: "Prices", inboxId: it.inbox._id, text: "Questions about our prices?", ongoing: { page: "/prices*", afterSeconds: 5 }, ...input });
  const campaign = await startCampaign(it.core, made, "test", null);
  const find = async (page: string) => (await it.call<{ offers: object[] }>("GET", `/offers?inboxKey=demo&page=${encodeURIComponent(page)}`)).body.offers;
  return { ...it, campaign, find, show: async (token: string, page = "https://shop.example/prices?x=1#top") => (await it.call<{ shown: boolean }>("POST", `/offers/${campaign._id}`, { token, body: { page } })).body.shown };
}

test("by page, once for each visitor, also when asked at once; it reaches the open chat, opens no thread, and the answer does", async () => {
  const it = await offering();
  expect([await it.find("https://shop.example/prices/all"), await it.find("https://shop.example/")]).toEqual([[{ id: it.campaign._id, afterSeconds: 5 }], []]);
  const ana = await it.visitor(), ben = await it.visitor();
  expect(await it.show(ana.token, "https://shop.example/")).toBe(false);
  expect(await it.store.contacts.countDocuments({})).toBe(0);
  const live = await ana.socket();
  expect((await Promise.all([it.show(ana.token), it.show(ana.token), it.show(ana.token)])).filter(Boolean).length).toBeGreaterThanOrEqual(1);
  expect(await it.show(ana.token)).toBe(false);
  expect(await it.show(ben.token)).toBe(true);
  await until(() => expect(live.messages().map(({ body }) => body)).toEqual(["Questions about our prices?"]));
  await it.settle();
  expect((await ana.feed()).messages.map(({ kind, body }) => [kind, body])).toEqual([["outgoing", "Questions about our prices?"]]);
  expect([it.desk.threads.size, await it.store.campaignRecipients.countDocuments({ campaignId: it.campaign._id })]).toEqual([0, 2]);

  await ana.write("Yes, what is shipping?");
  await it.settle();
  expect([...it.desk.threads.keys()].map((thread) => it.desk.texts(thread as never).slice(0, 2))).toEqual([["Questions about our prices?", "Yes, what is shipping?"]]);
  expect(await it.store.campaignRecipients.countDocuments({ campaignId: it.campaign._id, state: "replied" })).toBe(1);
});

test("not while it is paused, not to who is outside the segment, and not a text that needs what is not known", async () => {
  const it = await offering();
  const paused = await pauseCampaign(it.core, it.campaign, "test");
  expect(await it.show((await it.visitor()).token)).toBe(false);
  await resumeCampaign(it.core, paused, "test");
  const named = await it.visitor();
  await named.write("Hello");
  expect(await it.show(named.token)).toBe(true);
  await it.store.campaigns.updateOne({ _id: it.campaign._id }, { $set: { audience: { filter: "attribute:plan=gold" } } });
  expect(await it.show((await it.visitor()).token)).toBe(false);
  await it.store.campaigns.updateOne({ _id: it.campaign._id }, { $set: { audience: { filter: "" }, text: "Dear {{contact.name}}" } });
  expect(await it.show((await it.visitor()).token)).toBe(false);
  expect(await it.store.contacts.countDocuments({})).toBe(1);
  await expect(createCampaign(it.core, "test", { name: "Elsewhere", inboxId: (await it.store.inboxes.findOne({ channel: "fake" }))!._id, text: "Hi", ongoing: { page: "", afterSeconds: 0 } })).rejects.toMatchObject({ code: "BAD_TEXT" });
});

test("the chat waits its time on the page, for the newest page alone, and not while it is open", async () => {
  vi.useFakeTimers();
  try {
    const offered: string[] = [];
    let open = false;
    const offers = createOffers({ find: async (page) => ({ offers: [{ id: page, afterSeconds: 5 }] }), offer: async (id) => void offered.push(id), isShown: () => open });
    await offers.lookAt("a");
    vi.advanceTimersByTime(4_000);
    await Promise.all([offers.lookAt("b"), offers.lookAt("c")]);
    vi.advanceTimersByTime(5_000);
    open = true;
    await offers.lookAt("d");
    vi.advanceTimersByTime(6_000);
    expect(offered).toEqual(["c"]);
  } finally { vi.useRealTimers(); }
});
