/** What rules tell others: programs, the team, colleagues by name, the customer by an approved text, a rating or a mail of all that was said. */
import { expect, test } from "vitest";
import { fireDueWaits } from "../../src/automation/rules/waits.ts";
import { rehearse } from "../../src/automation/rules/rehearse.ts";
import { newId } from "../../src/core/model/ids.ts";
import { mailUnread } from "../../src/core/services/continuity.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { OUTWARD_ACTS } from "../../src/core/services/rule-acts-out.ts";
import { readyNamed } from "../../src/core/services/rules.ts";
import { FAKE_CAPABILITIES, FakeChannel } from "../fakes/fake-channel.ts";
import { buildRules, rulesDesk, until } from "../support/rules.ts";
import { TEST_SETTINGS } from "../support/core.ts";
import { sharedStore } from "./verbs-support.ts";

const store = sharedStore();

class Approving extends FakeChannel {
  templates = () => Promise.resolve([{ name: "order_update", language: "en", category: "UTILITY", body: "Hello {{1}}, your order {{2}}.", buttons: [], fields: [{ key: "body:1", label: "Name" }, { key: "body:2", label: "What" }] }]);
}
class Mailing extends FakeChannel {
  readonly threads = true;
  override readonly capabilities = { ...FAKE_CAPABILITIES, recipients: { is: 1, source: "this test" } };
  isOwnAddress = (): boolean => false;
}

test("each is done once, under the rule's name, however often the event is heard", async () => {
  const mails = new Mailing({ id: "mail" });
  const { help, apply, write, runs, said } = await buildRules(store(), "", { channel: new Approving() });
  const mailInbox = { ...help.inbox, _id: newId(help.clock.now()), name: "Mail", channel: "mail", identity: "mail", settings: TEST_SETTINGS };
  await store().inboxes.insertOne(mailInbox);
  help.core.channels.set(mailInbox._id, mails);
  await store().inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.csat": { scale: "1-5", delayMinutes: 0, everyDays: 30, onAutomatic: false, labels: [] } } });
  await store().webhooks.insertOne({ _id: "crm", name: "CRM", url: "https://crm.example.com", events: ["contact.updated"], when: "", enabled: true, allowPrivateAddress: false, secrets: {}, createdAt: help.clock.now() });
  forgetSettings(help.core);
  expect((await apply(`rules:
  - name: Out
    on: message created
    when: "kind:incoming"
    steps:
      - { do: webhook, with: crm }
      - { do: post, with: "Support: {{contact.first_name}} waits on #{{conversation.number}}" }
      - { do: note, with: "@Mara Please look, @nobody either; mail jonas@example.com" }
      - { do: template, with: "order_update/en {{contact.first_name}} | is on its way" }
      - { do: transcript, with: archive@example.com }
      - { do: csat }`)).faults).toEqual([]);
  const ana = await write("hello");
  const conversation = await help.conversation(ana);
  const [run] = await runs(ana);
  expect(run!.steps.map(({ do: act, outcome, why }) => [act, outcome, why])).toEqual(["webhook", "post", "note", "template", "transcript", "csat"].map((act) => [act, "done", undefined]));
  await mailUnread(help.core);
  // as after a stop behind each act and before its record
  const actor = (await help.lines("note", conversation._id))[0]!.author;
  for (const [n, step] of run!.steps.entries()) {
    await OUTWARD_ACTS[step.do]!.run({ core: help.core, conversation, actor, act: `${run!._id}#${n}.0`, automatic: false }, step.with);
  }
  await mailUnread(help.core);
  await help.settle();

  const deliveries = await store().webhookDeliveries.find({ conversationId: conversation._id }).toArray();
  expect(deliveries.map(({ webhookId, event, body }) => [webhookId, event, (JSON.parse(body!) as { rule: unknown; conversation: { number: number } }).rule])).toEqual([["crm", "rule.fired", { name: "Out" }]]);
  await until(() => Promise.resolve(rulesDesk.notices.length), (count) => count > 0);
  const alerts = [...rulesDesk.threads.values()].filter(({ card }) => card.title === `${ana} waits on #${conversation.number}`);
  expect(alerts).toHaveLength(1);
  expect(rulesDesk.notices.filter(({ notice }) => notice.text.includes(`#${conversation.number}`)).map(({ userId, notice }) => [userId, notice.text])).toEqual([["Mara", `Rule “Out” mentions you on #${conversation.number} · ${ana}: @Mara Please look, @nobody either; mail jonas@example.com`]]);
  expect(await said(ana)).toEqual([`Hello ${ana}, your order is on its way.`, expect.stringContaining("How did we do?")]);
  expect((await help.lines("outgoing", conversation._id))[0]!.template).toEqual({ name: "order_update", language: "en", values: { "body:1": ana, "body:2": "is on its way" } });
  expect(mails.sent.map(({ address, text }) => [address, text.includes("hello") && text.includes(`#${conversation.number}`) && !text.includes("Please look")])).toEqual([["archive@example.com", true]]);
  expect((await help.lines("note", conversation._id)).map(({ body }) => body)).toContain("What was said here went to archive@example.com by mail.");

  await write("hello again", ana);
  expect((await runs(ana))[1]!.steps.at(-1)).toMatchObject({ do: "csat", outcome: "already so" });
});

test("a rule gives to who had the customer last or to nobody, sets an attribute and moves to another desk", async () => {
  const { help, apply, write, runs } = await buildRules(store(), "");
  const createdAt = help.clock.now();
  await store().deskTargets.insertOne({ _id: newId(createdAt), name: "Urgent", kind: "fake", identity: "fake", channel: "urgent", createdAt });
  forgetSettings(help.core);
  expect((await apply(`attributes: [{ key: plan, name: Plan }]
rules:
  - { name: Again, on: conversation created, steps: [{ do: assign, with: last agent }, { do: attribute, with: plan gold }, { do: transfer, with: Urgent }] }
  - { name: Free, on: labelled, steps: [{ do: assign, with: nobody }] }`)).faults).toEqual([]);
  const ana = await write("hello");
  expect((await runs(ana))[0]!.steps.map(({ outcome }) => outcome)).toEqual(["already so", "done", "done"]);
  await help.host.act({ desk: "fake", userId: "Jonas", thread: (await help.conversation(ana)).thread!.id, verb: "take", args: "" });
  await help.host.act({ desk: "fake", userId: "Jonas", thread: (await help.conversation(ana)).thread!.id, verb: "resolve", args: "" });
  await help.settle();
  help.clock.advance(49 * 3_600_000);
  await write("me again", ana);
  const second = await help.conversation(ana);
  expect(second).toMatchObject({ assigneeName: "Jonas", deskTargetId: (await store().deskTargets.findOne({ name: "Urgent" }))!._id });
  expect((await store().contacts.findOne({ _id: second.contactId }))!.attributes).toEqual({ plan: "gold" });
  await help.host.act({ desk: "fake", userId: "Mara", thread: second.thread!.id, verb: "label", args: "bug" });
  await until(() => help.conversation(ana), ({ assigneeId }) => assigneeId === null);
  expect((await help.conversation(ana)).assigneeName).toBeNull();
});

test("what names nothing is refused when the settings are applied, with where", async () => {
  const { apply } = await buildRules(store(), "");
  const { faults } = await apply(`rules:
  - name: Wrong
    on: message created
    steps: [{ do: webhook, with: nothing }, { do: post, with: "Support waits" }, { do: post, with: "Support: {{contact.nmae}}" }, { do: transcript, with: nobody }, { do: template }]`);
  expect(faults.map(({ reason }) => reason)).toEqual([
    expect.stringContaining("There is no webhook nothing."), expect.stringContaining("post needs a desk, a colon and the text"), expect.stringContaining("contact.nmae"), expect.stringContaining('"nobody" is no e-mail address'), expect.stringContaining("template needs its name"),
  ]);
});

test("a transcript goes to nobody whose address is only said to be theirs; a rehearsal says what each step would do", async () => {
  const { help, apply, write, runs, customer } = await buildRules(store(), "  - { name: Copy, on: customer waiting for 1h, steps: [{ do: transcript }] }");
  const ana = customer();
  await help.write("hello", ana, { profile: { name: ana, email: "somebody.else@example.com" } });
  await help.settle();
  help.clock.advance(3_600_001);
  await fireDueWaits(help.core);
  expect((await runs(ana))[0]!.steps).toMatchObject([{ do: "transcript", outcome: "failed", why: "No e-mail address is known to be this customer's." }]);
  expect((await apply(`macros: [{ name: Tidy, steps: [{ do: label, with: bug }, { do: reopen }] }]
rules: [{ name: Draft, on: message created, enabled: false, steps: [{ do: macro, with: Tidy }, { do: reply, with: "Hello {{contact.first_name}}" }, { do: reply, with: "To {{contact.phone}}" }, { do: assign, with: Mara }] }]`)).faults).toEqual([]);
  const ben = await write("hello");
  expect((await rehearse(help.core, await readyNamed(help.core, "Draft"), 1)).held.map(({ would }) => would)).toEqual([
    ["label bug", "reopen (already so)", `reply: “Hello ${ben}”`, expect.stringMatching(/^reply To \{\{contact.phone\}\}: refused, /), "assign Mara"],
  ]);
});
