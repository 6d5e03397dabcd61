/** A move in the application as it runs: the playground's calls, the widget's customer, and a desk that is off. */
import { expect, onTestFinished, test } from "vitest";
import { FakeSlack } from "../fakes/slack/server.ts";
import { startTestApp, type TestApp } from "../support/app.ts";

const WAIT = { timeout: 40_000 };
const settings = (desks: string) => `
agents:
  - { name: Mara, email: mara@example.com, role: administrator }
inboxes:
  - { name: Website, channel: widget, key: demo, allowedOrigins: ["*"], undoSeconds: 0, desk: Support }
desks:
  - { name: Support, kind: playground, channel: support }
${desks}`;

interface ThreadView { id: string; conversationNumber: number; retired: boolean }
const threadsOf = async (app: TestApp) => ((await app.call("GET", "/playground/v1/threads")).json as { threads: ThreadView[] }).threads;
const cardOf = async (app: TestApp, id: string) => ((await app.call("GET", `/playground/v1/threads/${id}`)).json as { card: { facts: { label: string; value: string }[]; buttons: { id: string }[] } }).card;
const textsOf = async (app: TestApp, id: string) => ((await app.call("GET", `/playground/v1/threads/${id}/messages?after=0`)).json as { messages: { text: string; author: { name: string } }[] }).messages.map(({ text }) => text);

async function customer(app: TestApp) {
  const { token } = (await app.call("POST", "/widget/v1/sessions", { inboxKey: "demo" })).json as { token: string };
  const auth = { authorization: `Bearer ${token}` };
  let sent = 0;
  return {
    write: (body: string) => app.call("POST", "/widget/v1/messages", { body, clientId: `c${++sent}` }, auth),
    read: async () => ((await app.call("GET", "/widget/v1/messages?after=0", undefined, auth)).json as { messages: { body: string }[] }).messages.map(({ body }) => body),
  };
}

test("from one channel of the playground to another, by form; the old card says where", { timeout: 60_000 }, async () => {
  const app = await startTestApp({ settings: settings("  - { name: Billing, kind: playground, channel: billing }") });
  const ana = await customer(app);
  await ana.write("My invoice is wrong");
  await expect.poll(async () => (await threadsOf(app)).length, WAIT).toBe(1);
  const [old] = await threadsOf(app);
  await expect.poll(() => textsOf(app, old!.id), WAIT).toEqual(["My invoice is wrong"]);

  const asked = (await app.call("POST", `/playground/v1/threads/${old!.id}/actions`, { agent: "Mara", action: "transfer" })).json as { form: { id: string; fields: { options?: { value: string }[] }[] } };
  expect(asked.form.fields[0]!.options).toEqual([{ value: "Billing", label: "Billing (Playground)" }]);
  expect((await app.call("POST", `/playground/v1/forms/${asked.form.id}`, { agent: "Mara", values: { value: "Billing", note: "Invoice 4711" } })).json).toMatchObject({ ok: true });
  await expect.poll(async () => (await threadsOf(app)).map(({ retired, conversationNumber }) => [retired, conversationNumber]).toSorted(), WAIT).toEqual([[false, old!.conversationNumber], [true, old!.conversationNumber]]);
  const now = (await threadsOf(app)).find(({ retired }) => !retired)!;
  await expect.poll(async () => (await cardOf(app, old!.id)).facts, WAIT).toEqual([expect.objectContaining({ label: "Contact" }), { label: "Moved to", value: "Billing (Playground)" }, { label: "By", value: "Mara" }]);
  expect((await cardOf(app, old!.id)).buttons.map(({ id }) => id)).toEqual(["transfer"]);
  expect(await textsOf(app, now.id)).toContainEqual(expect.stringMatching(/🔒 Note from Mara: Invoice 4711\n[^]*: My invoice is wrong$/));

  await app.call("POST", `/playground/v1/threads/${now.id}/messages`, { agent: "Mara", text: "Corrected!" });
  await expect.poll(ana.read, WAIT).toEqual(["My invoice is wrong", "Corrected!"]);
  expect((await app.call("POST", `/playground/v1/threads/${now.id}/actions`, { agent: "Mara", action: "resolve", seen: 1_000 })).json).toMatchObject({ ok: true });
  expect((await app.call("POST", `/playground/v1/threads/${old!.id}/actions`, { agent: "Mara", action: "reopen" })).json).toMatchObject({ ok: false, notice: expect.stringMatching(/replaced by a newer one.*#\d+ is in Billing \(Playground\)/) });
});

test("nothing is moved to the playground while a real desk keeps it off", { timeout: 60_000 }, async () => {
  const slack = new FakeSlack();
  await slack.start();
  onTestFinished(() => slack.stop());
  const channel = slack.space.addChannel("support");
  const mara = slack.space.addUser("mara", { realName: "Mara", displayName: "Mara", email: "mara@example.com" });
  channel.members.add(mara.id);
  const app = await startTestApp({ settings: settings(`  - { name: Front, kind: slack, channel: "#support", botToken: "${slack.botToken}", appToken: "${slack.appToken}", apiUrl: "${slack.apiUrl}" }`).replace("desk: Support", "desk: Front") });
  await (await customer(app)).write("Hello");
  const card = await slack.until(() => slack.messagesIn(channel.id).find(({ threadTs, ts }) => threadTs === null || threadTs === ts) ?? null, "the card");
  await slack.until(() => slack.messagesIn(channel.id, card.ts).length > 1, "the line");
  slack.userPosts(channel.id, mara.id, "!transfer Support", { threadTs: card.ts });
  await slack.until(() => slack.ephemeralsFor(mara.id).some(({ text }) => text.includes("Support (Playground) is off at present")), "the refusal");
});
