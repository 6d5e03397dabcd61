/** A campaign by mail: to who never wrote, with a way off the list by link and by one click, and answers that land where they belong. */
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { unsubscribeRoutes } from "../../src/channels/unsubscribe/routes.ts";
import { testCampaign } from "../../src/core/services/campaigns.ts";
import { buildServer } from "../../src/server.ts";
import { campaigning } from "../support/campaigns.ts";
import { startEmail } from "../support/email.ts";

async function mailing() {
  const { help, arrived, mail, conversations } = await startEmail();
  help.core.publicUrl = "https://help.shop.example";
  return { ...(await campaigning({}, help)), arrived, mail, conversations };
}

test("a mail of its own, without Re:, with List-Unsubscribe; the answer opens its conversation; the test to oneself is no recipient", async () => {
  const it = await mailing();
  await it.person("Ana Lima", { address: null, email: "Ana@customer.example" });
  const campaign = await it.make({ subject: "Shoes for {{contact.first_name}}" });
  await testCampaign(it.core, campaign, { agent: it.mara });
  const own = await it.arrived(1);
  expect([own.to, own.mail.subject]).toEqual([["mara@example.com"], "Shoes for Mara"]);
  await it.start(campaign);
  await it.finish(campaign);
  const sent = await it.arrived(2);
  expect([sent.to, sent.mail.subject, await it.states(campaign)]).toEqual([["ana@customer.example"], "Shoes for Ana", { "Ana Lima": "sent" }]);
  expect(sent.raw).toMatch(/^List-Unsubscribe: <https:\/\/help\.shop\.example\/unsubscribe\/[\w.-]+>\r$/m);
  expect(sent.raw).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
  expect(sent.mail.text).toMatch(/Hello Ana, shoes are cheap\.[\s\S]*https:\/\/help\.shop\.example\/unsubscribe\//);
  expect(it.desk.threads.size).toBe(0);

  await it.mail({ from: "Ana Lima <ana@customer.example>", inReplyTo: sent.mail.messageId!, subject: "Re: Shoes for Ana", text: "Which sizes?" });
  const conversation = (await it.conversations()).find(({ status }) => status === "open")!;
  expect(conversation).toMatchObject({ subject: "Shoes for Ana", contactName: "Ana Lima" });
  expect(it.desk.texts(conversation.thread!.id).slice(0, 2)).toEqual(["Hello Ana, shoes are cheap.", "Which sizes?"]);
  expect(await it.states(campaign)).toEqual({ "Ana Lima": "replied" });
});

test("opening the link changes nothing, its button and one click do; a forged one does not; another campaign leaves them out", async () => {
  const it = await mailing();
  await it.person("Ana", { address: "ana@customer.example" });
  const campaign = await it.make({ subject: "Shoes" });
  await it.start(campaign);
  await it.finish(campaign);
  const { mail } = await it.arrived(1);
  const url = new URL(/https:\S+\/unsubscribe\/\S+/.exec(mail.text!)![0]).pathname;
  const app = await buildServer({ plugins: [unsubscribeRoutes(it.core)], log: pino({ level: "silent" }), trustProxy: false });
  onTestFinished(() => app.close());
  const off = () => it.store.optOuts.find({}).toArray();
  expect((await app.inject({ method: "GET", url })).statusCode).toBe(200);
  expect((await app.inject({ method: "POST", url: `${url.slice(0, -4)}abcd` })).statusCode).toBe(404);
  expect(await off()).toEqual([]);
  const click = () => app.inject({ method: "POST", url, payload: "List-Unsubscribe=One-Click", headers: { "content-type": "application/x-www-form-urlencoded" } });
  expect((await click()).statusCode).toBe(200);
  expect((await click()).statusCode).toBe(200);
  expect(await off()).toMatchObject([{ channel: "fake", address: "ana@customer.example", how: "link", campaignId: campaign._id }]);
  const next = await it.make({ subject: "More shoes" });
  await it.start(next);
  await it.finish(next);
  expect(await it.states(next)).toEqual({ Ana: "opted-out" });
  expect((await app.inject({ method: "GET", url })).body).toContain("You are off the list");
  await app.inject({ method: "POST", url, payload: "again=1", headers: { "content-type": "application/x-www-form-urlencoded" } });
  expect(await off()).toEqual([]);
});
