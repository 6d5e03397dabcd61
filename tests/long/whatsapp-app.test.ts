/** WhatsApp in the real application: from the settings file to Meta and back, on the playground desk. */
import { expect, onTestFinished, test } from "vitest";
import { FakeWhatsApp } from "../fakes/whatsapp/server.ts";
import { startTestApp } from "../support/app.ts";
import { until } from "../support/widget.ts";

const settings = (fake: FakeWhatsApp) => `
agents: [{ name: Mara, email: mara@example.com, role: administrator }]
desks: [{ name: Playground, kind: playground, channel: support }]
inboxes:
  - { name: Phone, channel: whatsapp, phoneNumberId: ${fake.phoneNumberId}, wabaId: ${fake.wabaId}, accessToken: "${fake.accessToken}", appSecret: "${fake.appSecret}", verifyToken: "${fake.verifyToken}", apiUrl: "${fake.apiUrl}", undoSeconds: 0, doubleReplySeconds: 0 }
  - { name: Second phone, channel: whatsapp, phoneNumberId: "200000000000002", wabaId: ${fake.wabaId}, accessToken: "${fake.accessToken}", appSecret: "${fake.appSecret}", verifyToken: "${fake.verifyToken}", apiUrl: "${fake.apiUrl}" }
`;

test("a number of a settings file: Meta's question, a line in, the answer out, its receipt, a template from More", async () => {
  const fake = await FakeWhatsApp.start();
  onTestFinished(() => fake.close());
  const app = await startTestApp({ settings: settings(fake) });
  fake.hook = `${app.url}/hooks/whatsapp/${fake.phoneNumberId}`;
  const asked = await app.call("GET", `/hooks/whatsapp/${fake.phoneNumberId}?hub.mode=subscribe&hub.verify_token=${fake.verifyToken}&hub.challenge=1158201444`);
  expect(asked).toMatchObject({ status: 200, json: 1158201444 });

  const ana = fake.user({ phone: "16505551234", userId: "US.13491208655302741918", name: "Ana" });
  fake.templates = [{ name: "hello", language: "en", status: "APPROVED", category: "UTILITY", components: [{ type: "BODY", text: "Hello {{1}}!" }] }];
  expect(await fake.tell(ana.text("Are you open?"), { ...ana.text("And you?"), number: "200000000000002" })).toBe(200);
  const threads = await until(async () => {
    const found = ((await app.call("GET", "/playground/v1/threads")).json as { threads: { id: string; title: string }[] }).threads;
    expect(found.map(({ title }) => title).toSorted()).toEqual([expect.stringContaining("And you?"), expect.stringContaining("Are you open?")]);
    return found;
  });
  const thread = encodeURIComponent(threads.find(({ title }) => title.includes("Are you open?"))!.id);
  const { facts } = ((await app.call("GET", `/playground/v1/threads/${thread}`)).json as { card: { facts: { label: string; value: string }[] } }).card;
  expect(facts).toEqual(expect.arrayContaining([{ label: "Contact", value: "Ana · WhatsApp" }, { label: "Inbox", value: "Phone" }, expect.objectContaining({ label: "Free replies until" })]));

  const lines = async () => ((await app.call("GET", `/playground/v1/threads/${thread}/messages?after=0`)).json as { messages: { text: string; reactions: { emoji: string }[] }[] }).messages;
  await until(async () => expect((await lines()).map(({ text }) => text)).toEqual(["Are you open?"]));
  expect(await app.call("POST", `/playground/v1/threads/${thread}/messages`, { agent: "Mara", text: "Until **six**." })).toMatchObject({ status: 201 });
  await until(() => expect(ana.sees.map(({ text }) => text)).toEqual(["Until *six*."]));
  await fake.tell(fake.statusOf(ana.sees[0]!, "read"));
  await until(async () => {
    expect((await lines()).find(({ text }) => text === "Until **six**.")!.reactions.map(({ emoji }) => emoji)).toContain("👁");
  });

  const act = async (action: string, args = "") => (await app.call("POST", `/playground/v1/threads/${thread}/actions`, { agent: "Mara", action, args })).json as { ok: boolean; form?: { fields: { options?: { value: string }[] }[] } };
  expect(await act("more")).toMatchObject({ ok: true });
  await until(async () => expect(JSON.stringify((await app.call("GET", "/playground/v1/notices?agent=Mara")).json)).toContain("\"Template\""));
  expect((await act("template")).form!.fields[0]!.options).toEqual([expect.objectContaining({ value: "hello/en" })]);
  expect(await act("template", "hello Ana")).toMatchObject({ ok: true });
  await until(() => expect(ana.sees.map(({ text }) => text)).toEqual(["Until *six*.", "Hello Ana!"]));
});
