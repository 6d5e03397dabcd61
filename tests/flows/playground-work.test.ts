/** Teams, canned responses, macros and contacts on the playground, from the settings file to what the customer gets: the real application over HTTP. */
import { expect, test } from "vitest";
import { startTestApp, type TestApp } from "../support/app.ts";

const SETTINGS = `
limits: off
agents:
  - { name: Front Desk, email: desk@example.com, role: administrator }
  - { name: Ben, email: ben@example.com }
teams: [{ name: Billing, members: [ben@example.com] }]
labels: [{ name: billing, color: "#b45309" }]
canned:
  - { code: greeting, title: First hello, text: 'Hi {{ contact.first_name | default: "there" }}, this is {{ agent.name }}.' }
macros:
  - name: Refund granted
    steps: [{ do: reply, with: "Your refund is on its way." }, { do: label, with: billing }]
desks: [{ name: Playground, kind: playground, channel: support }]
inboxes: [{ name: Website, channel: widget, key: shop, allowedOrigins: ["*"], undoSeconds: 0, doubleReplySeconds: 0 }]
`;

interface Answer { ok: boolean; notice?: string; form?: { id: string; fields: { name: string; value?: string }[] } }
interface Fact { label: string; value: string }
const WAIT = { timeout: 40_000, interval: 50 };

async function visitor(app: TestApp, text: string) {
  const { token } = (await app.call("POST", "/widget/v1/sessions", { inboxKey: "shop" })).json as { token: string };
  const authorization = { authorization: `Bearer ${token}` };
  await app.call("POST", "/widget/v1/messages", { body: text, clientId: "one" }, authorization);
  return async () => ((await app.call("GET", "/widget/v1/messages?after=0", undefined, authorization)).json as { messages: { kind: string; body: string }[] }).messages.filter((one) => one.kind === "outgoing").map((one) => one.body);
}

test("a settings file's teams, texts and macros work from the thread", { timeout: 60_000 }, async () => {
  const app = await startTestApp({ settings: SETTINGS });
  const received = await visitor(app, "I want my money back");
  const thread = await expect.poll(async () => ((await app.call("GET", "/playground/v1/threads")).json as { threads: { id: string }[] }).threads[0]?.id, WAIT).toBeDefined()
    .then(async () => ((await app.call("GET", "/playground/v1/threads")).json as { threads: { id: string }[] }).threads[0]!.id);
  const act = async (agent: string, action: string, args = "") => (await app.call("POST", `/playground/v1/threads/${thread}/actions`, { agent, action, args })).json as Answer;
  const submit = async (agent: string, form: string, values: Record<string, string>) => (await app.call("POST", `/playground/v1/forms/${form}`, { agent, values })).json as Answer;
  const card = async () => ((await app.call("GET", `/playground/v1/threads/${thread}`)).json as { card: { facts: Fact[] } }).card.facts;
  const suggested = async (text: string) => ((await app.call("GET", `/playground/v1/complete?agent=${encodeURIComponent("Ben")}&text=${encodeURIComponent(text)}&thread=${thread}`)).json as { suggestions: { text: string }[] }).suggestions.map((one) => one.text);

  expect(await suggested("/assign bi")).toEqual(["/assign Billing"]);
  expect(await act("Front Desk", "assign", "Billing")).toMatchObject({ ok: true });
  await expect.poll(card, WAIT).toContainEqual({ label: "Team", value: "Billing" });

  expect(await suggested("/canned hel")).toEqual(["/canned greeting"]);
  const shown = await act("Ben", "canned", "greeting");
  expect(shown.form!.fields.find(({ name }) => name === "text")?.value).toBe("Hi there, this is Ben.");
  expect(await submit("Ben", shown.form!.id, { text: "Hi, this is Ben!", code: "greeting" })).toMatchObject({ ok: true });
  await expect.poll(received, WAIT).toEqual(["Hi, this is Ben!"]);
  // no second preview is left beside the form, whose Send would send it again
  expect((await app.call("GET", "/playground/v1/notices?agent=Ben")).json).toEqual({ notices: [] });

  // a command that is written in the thread can't open a form by itself: its answer has a button that does
  await app.call("POST", `/playground/v1/threads/${thread}/messages`, { agent: "Ben", text: "!contact edit" });
  const offered = async () => ((await app.call("GET", "/playground/v1/notices?agent=Ben")).json as { notices: { buttons: { id: string; label: string }[] }[] }).notices.flatMap(({ buttons }) => buttons);
  await expect.poll(offered, WAIT).toMatchObject([{ id: "contact:edit", label: "Open the form" }]);
  const edit = await act("Ben", "contact:edit");
  expect(await submit("Ben", edit.form!.id, { name: "Ana Lima", email: "ana@example.com", phone: "" })).toMatchObject({ ok: true });
  await expect.poll(card, WAIT).toContainEqual({ label: "Contact", value: "Ana Lima · Widget" });

  expect((await act("Ben", "macro", "refund")).notice).toContain("2. Label billing");
  expect(await act("Ben", "resolve", "--with Refund granted")).toMatchObject({ ok: true });
  await expect.poll(received, WAIT).toEqual(["Hi, this is Ben!", "Your refund is on its way."]);
  await expect.poll(card, WAIT).toEqual(expect.arrayContaining([{ label: "Status", value: "Resolved" }, { label: "Labels", value: "billing" }, { label: "Owner", value: "Ben" }, { label: "Team", value: "Billing" }]));
});
