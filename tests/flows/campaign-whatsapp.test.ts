/** A campaign on WhatsApp: by template to numbers that never wrote, a free text only within the window, with what Meta tells of it. */
import { expect, test } from "vitest";
import { campaigning } from "../support/campaigns.ts";
import { buildWhatsApp } from "../support/whatsapp.ts";

test("a template reaches a known number, its receipts are noted, and the answer under another id is its answer; a free text only who wrote lately", async () => {
  const { fake, ana, ...help } = await buildWhatsApp();
  const it = await campaigning({}, help);
  fake.templates = [{ name: "hello", language: "en", status: "APPROVED", category: "MARKETING", components: [{ type: "BODY", text: "Hello {{1}}!" }] }];
  await it.person("Ana Lima", { address: null, phone: "+16505551234" });
  await it.person("Numberless", { address: null });
  await expect(it.make({ template: { name: "hello", language: "en", values: {} } })).rejects.toMatchObject({ code: "BAD_TEXT", message: expect.stringContaining("body:1") });
  await expect(it.make({ template: { name: "gone", language: "en", values: {} } })).rejects.toMatchObject({ code: "NOT_FOUND" });
  const free = await it.make();
  await it.start(free);
  await it.finish(free);
  expect(await it.states(free)).toEqual({ "Ana Lima": "no-identity", Numberless: "no-identity" });

  const campaign = await it.make({ template: { name: "hello", language: "en", values: { "body:1": "{{contact.first_name}}" } } });
  await it.start(campaign);
  await it.finish(campaign);
  expect(fake.shown.map(({ to, template }) => ({ to, template }))).toEqual([{ to: "16505551234", template: { name: "hello", language: "en", components: [{ type: "body", parameters: [{ type: "text", text: "Ana" }] }] } }]);
  for (const status of ["delivered", "read"]) {
    await help.hear(fake.statusOf(fake.shown[0]!, status));
    expect(await it.states(campaign)).toEqual({ "Ana Lima": status, Numberless: "no-identity" });
  }
  await help.hear(ana.text("Tell me more"));
  expect(await it.states(campaign)).toEqual({ "Ana Lima": "replied", Numberless: "no-identity" });
  const { thread, status } = await it.conversation();
  expect([status, it.desk.texts(thread!.id).slice(0, 2)]).toEqual(["open", ["Hello Ana!", "Tell me more"]]);

  const again = await it.make();
  await it.start(again);
  await it.finish(again);
  expect(await it.states(again)).toEqual({ "Ana Lima": "sent", Numberless: "no-identity" });
  it.clock.advance(25 * 3_600_000);
  const late = await it.make();
  await it.start(late);
  await it.finish(late);
  expect(await it.states(late)).toEqual({ "Ana Lima": "no-template", Numberless: "no-identity" });
});
