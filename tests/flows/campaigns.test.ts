/** One text to many: who gets it, when, once; who does not and why; and what their answers become. */
import { expect, test } from "vitest";
import { DeliveryError } from "../../src/core/errors.ts";
import { cancelCampaign, pauseCampaign, resumeCampaign } from "../../src/core/services/campaigns.ts";
import { optOut } from "../../src/core/services/opt-out.ts";
import { campaigning } from "../support/campaigns.ts";

test("everybody of a segment gets it once, by the lane; nobody's desk sees it until the customer answers, and then what was said comes first", async () => {
  const it = await campaigning();
  const ana = await it.person("Ana Lima"), ben = await it.person("Ben");
  const campaign = await it.make();
  await it.start(campaign);
  await it.finish(campaign);
  expect([it.channel.textsTo(ana.address), it.channel.textsTo(ben.address)]).toEqual([["Hello Ana, shoes are cheap."], ["Hello Ben, shoes are cheap."]]);
  expect(await it.states(campaign)).toEqual({ "Ana Lima": "sent", Ben: "sent" });
  expect(await it.campaign(campaign)).toMatchObject({ state: "done", endedAt: expect.any(Date) });
  expect(await it.conversation(ana.address)).toMatchObject({ status: "resolved", resolvedAt: null, waitingSince: null, contactName: "Ana Lima" });
  expect([it.desk.threads.size, await it.store.conversations.countDocuments({ cardDueAt: { $exists: true } }), await it.store.messages.countDocuments({ "mirror.dueAt": { $exists: true } })]).toEqual([0, 0, 0]);

  it.clock.advance(30 * 86_400_000);
  await it.write("Which sizes?", ana.address);
  await it.settle();
  const conversation = await it.conversation(ana.address);
  expect(conversation).toMatchObject({ status: "open", contactName: "Ana Lima" });
  expect(it.desk.texts(conversation.thread!.id).slice(0, 2)).toEqual(["Hello Ana, shoes are cheap.", "Which sizes?"]);
  expect(await it.states(campaign)).toEqual({ "Ana Lima": "replied", Ben: "sent" });
  await it.say("All of them.", "Mara", conversation.thread!.id);
  expect(it.channel.textsTo(ana.address).at(-1)).toBe("All of them.");
});

test("who is left out is told with the reason", async () => {
  const it = await campaigning();
  const yes = { news: true };
  await it.store.settings.insertOne({ _id: "attributes", value: [{ key: "news", name: "News", type: "yes-no" }], at: it.clock.now() });
  await it.person("Ana", { attributes: yes });
  await it.person("Nowhere", { address: null, attributes: yes });
  await it.person("Blocked", { attributes: yes, blocked: { at: it.clock.now(), by: "Mara" } });
  await it.person("Silent");
  const off = await it.person("Off", { attributes: yes }), gone = await it.person("Gone", { attributes: yes });
  await it.person("", { attributes: yes });
  await optOut(it.core, { channel: "fake", address: off.address.toUpperCase(), how: "list" });
  await it.store.identities.updateOne({ address: gone.address }, { $set: { unreachable: { code: "BLOCKED_BY_CONTACT", at: it.clock.now() } } });
  const campaign = await it.make({ consent: "news" });
  await it.start(campaign);
  await it.finish(campaign);
  expect(await it.states(campaign)).toEqual({ Ana: "sent", Nowhere: "no-identity", Blocked: "blocked", Silent: "no-consent", Off: "opted-out", Gone: "unreachable", "": "text" });
  expect(it.channel.sent).toHaveLength(1);
});

test("the pace is kept; a pause stops it, resuming goes on, cancelling ends it for good", async () => {
  const it = await campaigning();
  for (let n = 0; n < 12; n++) await it.person(`P${n}`);
  const campaign = await it.make({ perMinute: 60 });
  const began = it.clock.now().getTime();
  await it.start(campaign);
  await it.step(4);
  const before = it.channel.sent.length;
  expect(before).toBeGreaterThanOrEqual(2);
  expect(before).toBeLessThanOrEqual(1 + (it.clock.now().getTime() - began) / 1_000);
  await pauseCampaign(it.core, await it.campaign(campaign), "test");
  await it.step(3);
  expect(it.channel.sent).toHaveLength(before);
  await resumeCampaign(it.core, await it.campaign(campaign), "test");
  await it.step(3);
  const then = it.channel.sent.length;
  expect(then).toBeGreaterThan(before);
  await cancelCampaign(it.core, await it.campaign(campaign), "test");
  await it.step(3);
  expect(it.channel.sent).toHaveLength(then);
  await expect(resumeCampaign(it.core, await it.campaign(campaign), "test")).rejects.toMatchObject({ code: "NOT_POSSIBLE" });
});

test("nobody is written to in their night: where they are is told by attribute, number or the campaign", async () => {
  const it = await campaigning();
  const now = it.clock.now();
  // noon in Berlin
  it.clock.advance(new Date(Date.UTC(now.getUTCFullYear(), 0, 15, 11)).getTime() + 366 * 86_400_000 - now.getTime());
  const ana = await it.person("Ana", { phone: "+49 151 1234567" }), kim = await it.person("Kim", { phone: "+81 3 1234 5678" }), lee = await it.person("Lee", { attributes: { timezone: "America/Los_Angeles" } });
  const campaign = await it.make({ quiet: { from: "20:00", to: "08:00" }, timeZone: "Europe/Berlin" });
  await it.start(campaign);
  await it.step(3);
  expect(await it.states(campaign)).toEqual({ Ana: "sent", Kim: "queued", Lee: "queued" });
  expect(it.channel.textsTo(ana.address)).toHaveLength(1);
  // 08:00 in Los Angeles is 16:00 UTC, in Tokyo 23:00 UTC
  it.clock.advance(5 * 3_600_000);
  await it.step(3);
  expect([it.channel.textsTo(lee.address).length, it.channel.textsTo(kim.address).length]).toEqual([1, 0]);
  it.clock.advance(7 * 3_600_000);
  await it.finish(campaign);
  expect(it.channel.textsTo(kim.address)).toHaveLength(1);
});

test("STOP in any language takes off the list and opens nothing, START puts back", async () => {
  const it = await campaigning();
  const ana = await it.person("Ana");
  const first = await it.make();
  await it.start(first);
  await it.finish(first);
  await it.write(" Désabonner! ", ana.address);
  await it.settle();
  expect(it.channel.textsTo(ana.address).at(-1)).toContain("Write START");
  expect((await it.conversation(ana.address)).status).toBe("resolved");
  const second = await it.make();
  await it.start(second);
  await it.finish(second);
  expect(await it.states(second)).toEqual({ Ana: "opted-out" });
  await it.write("START", ana.address);
  await it.settle();
  const third = await it.make();
  await it.start(third);
  await it.finish(third);
  expect(await it.states(third)).toEqual({ Ana: "sent" });
});

test("what a vendor refuses is failed, what nobody knows is unknown and not repeated", async () => {
  const it = await campaigning();
  const ana = await it.person("Ana");
  const refused = await it.make();
  it.channel.failNext(new DeliveryError("BLOCKED_BY_CONTACT", "The customer blocked us.", { certain: true, permanent: true }));
  await it.start(refused);
  await it.finish(refused);
  expect((await it.recipients(refused))[0]).toMatchObject({ state: "failed", error: { code: "BLOCKED_BY_CONTACT" } });
  const ben = await it.person("Ben");
  const doubtful = await it.make();
  it.channel.timeOutAfterEffect();
  await it.start(doubtful);
  await it.finish(doubtful);
  await it.step(5);
  expect(await it.states(doubtful)).toEqual({ Ana: "unreachable", Ben: "unknown" });
  expect([it.channel.textsTo(ana.address), it.channel.textsTo(ben.address)].map((texts) => texts.length)).toEqual([0, 1]);
});
