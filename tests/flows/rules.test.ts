/** Rules: what they hear, ask and do, once each however many processes hear it; waits; rehearsal; and what an inbox says by itself. */
import { describe, expect, test } from "vitest";
import { rehearse } from "../../src/automation/rules/rehearse.ts";
import { fireDueWaits } from "../../src/automation/rules/waits.ts";
import type { Message } from "../../src/core/model/types.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { readyNamed } from "../../src/core/services/rules.ts";
import { buildTestCore, TestClock, type TestCore, type TestCoreOptions } from "../support/core.ts";
import { buildRules, REFUNDS, rulesDesk, until } from "../support/rules.ts";
import { actOutside, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
const withRules = (yaml: string, options: TestCoreOptions = {}) => buildRules(store(), yaml, options);

describe("events", () => {
  test("a rule that holds does its acts in order, says so in the timeline, and leaves what it saw", async () => {
    const { help, write, runs, timeline, said } = await withRules(REFUNDS);
    const ana = await write("I want a Refund, please");
    expect(await help.conversation(ana)).toMatchObject({ labels: ["billing"], priority: "high" });
    expect(await timeline(ana)).toEqual(["Rule “Refunds” added the label billing", "Rule “Refunds” set the priority to high"]);
    expect(await said(ana)).toEqual([`We look into it, ${ana}.`]);
    expect((await help.lines("note", (await help.conversation(ana))._id)).map(({ body, author }) => [body, author.name])).toEqual([["Check the order", "Rule “Refunds”"]]);
    expect(await runs(ana)).toMatchObject([{ state: "done", heard: "message created", seen: [{ asked: "kind is incoming", held: true, was: "incoming" }, { asked: "text contains refund", held: true }] }]);
    expect(JSON.stringify(await runs(ana))).not.toContain("please");
    expect((await help.conversation(ana)).waitingSince).not.toBeNull();
    const why = (await help.host.act({ desk: "fake", userId: "Jonas", thread: (await help.conversation(ana)).thread!.id, verb: "why", args: "" })).notice!;
    expect(why.split("\n")).toEqual([expect.stringMatching(/^Rule “Refunds”, just now, heard: message created$/), "  ✓ kind is incoming (was: incoming)", "  ✓ text contains refund",
      "  → label billing: done", "  → priority high: done", "  → reply We look into it, {{contact.first_name}}.: done", "  → note Check the order: done"]);
    await write("and nothing else, no refunds-office", ana);
    expect(await runs(ana)).toHaveLength(1);
  });

  test("rules are asked in order of what the one before left, and stop where one says so; macros are their steps", async () => {
    const { help, apply, write, runs } = await withRules("");
    expect((await apply(`macros: [{ name: Tidy, steps: [{ do: label, with: bug }, { do: pending }] }]
rules:
  - { name: First, on: conversation created, steps: [{ do: priority, with: urgent }] }
  - { name: Second, on: [conversation created, message created], when: "priority:urgent hours:open", stop: true, steps: [{ do: macro, with: Tidy }] }
  - { name: Third, on: conversation created, steps: [{ do: label, with: billing }] }`)).faults).toEqual([]);
    const ana = await write("hello");
    expect(await help.conversation(ana)).toMatchObject({ priority: "urgent", labels: ["bug"], status: "pending" });
    expect((await runs(ana)).map(({ ruleName, state }) => [ruleName, state])).toEqual([["First", "done"], ["Second", "done"]]);
  });

  test("what a rule did is heard only by rules that say so, three deep", async () => {
    const toggle = (name: string, when: string, act: string) => `  - { name: ${name}, on: [labelled, conversation updated, conversation created], when: "${when}", afterRules: true, steps: [{ do: ${act}, with: bug }] }`;
    const { write, runs, help } = await withRules(`  - { name: Deaf, on: labelled, steps: [{ do: priority, with: low }] }\n${toggle("On", "label:none", "label")}\n${toggle("Off", "label:bug changed:label", "unlabel")}`);
    const ana = await write("hello");
    await until(() => runs(ana), (found) => found.length >= 4);
    await help.settle();
    expect((await runs(ana)).map(({ ruleName, depth }) => [ruleName, depth])).toEqual([["On", 1], ["Off", 2], ["On", 3], ["Off", 3]]);
    expect((await help.conversation(ana)).priority).toBeNull();
  });

  test("changed from and to: a resolved conversation that is reopened", async () => {
    const { write, runs, help } = await withRules("  - { name: Again, on: status changed, when: \"from:resolved to:open by:customer\", steps: [{ do: priority, with: high }] }");
    const ana = await write("hello");
    await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation(ana)).thread!.id, verb: "resolve", args: "" });
    await write("it is back", ana);
    expect((await runs(ana)).map(({ seen }) => seen.map(({ was }) => was))).toEqual([["resolved", "open", "customer"]]);
  });

  test("no rule, no to-do; a rule for something else leaves a message alone", async () => {
    const { write, help, apply } = await withRules("");
    const todos = async (address: string) => (await help.messages((await help.conversation(address))._id)).map(({ todo }) => todo.length);
    expect(await todos(await write("hello"))).toEqual([0]);
    await apply('rules: [{ name: Label, on: labelled, steps: [{ do: priority, with: low }] }]');
    const seen: Message[] = [];
    const { client } = store().db;
    client.bulkWrite = ((write) => async (...args: Parameters<typeof write>) => { seen.push(...args[0].flatMap((one) => (one.name === "insertOne" ? [one.document as unknown as Message] : []))); return write(...args); })(client.bulkWrite.bind(client)) as typeof client.bulkWrite;
    await write("hello");
    Reflect.deleteProperty(client, "bulkWrite");
    expect(seen.filter(({ kind }) => kind === "incoming").map(({ todo }) => todo.length)).toEqual([0]);
  });
});

test("two processes hear the same message: it is done once", async () => {
  const one = await withRules(REFUNDS);
  const two = await buildTestCore({ store: store(), desk: rulesDesk });
  const all = await Promise.all(Array.from({ length: 6 }, async (_, n) => { const ana = one.customer(); await (n % 2 === 0 ? one.help : two).write("refund", ana); return ana; }));
  for (const ana of all) {
    await until(() => one.runs(ana), (runs) => runs.some(({ state }) => state === "done"));
    expect(await one.said(ana)).toHaveLength(1);
    expect(await one.timeline(ana)).toHaveLength(2);
  }
});

test("a rule that fails three times in a row is off, administrators are told, and applying the file switches it on again", async () => {
  const { write, runs, help, apply } = await withRules('  - { name: Broken, on: message created, when: "kind:incoming", steps: [{ do: label, with: bug }, { do: assign, with: Jonas }] }');
  await store().agents.updateOne({ name: "Jonas" }, { $set: { active: false } });
  forgetSettings(help.core);
  const told = () => help.desk.notices.filter(({ notice }) => notice.text.includes("Broken")).map(({ userId }) => userId);
  const before = told().length;
  let ana = "";
  for (let n = 0; n < 4; n++) ana = await write("hello");
  await store().agents.updateOne({ name: "Jonas" }, { $set: { active: true } });
  expect(await store().rules.findOne({ name: "Broken" })).toMatchObject({ failures: 3, suspended: { why: expect.stringContaining("no longer active") } });
  expect(await runs(ana)).toEqual([]);
  expect((await until(async () => told(), (list) => list.length > before)).slice(before)).toEqual(["Mara"]);
  expect((await actOutside(help, "Mara", "health")).notice).toContain("Broken");
  expect((await apply('rules: [{ name: Broken, on: message created, when: "kind:incoming", steps: [{ do: label, with: bug }, { do: assign, with: Jonas }] }]')).changes).toEqual(["Rule Broken: on again"]);
  expect((await runs(await write("hello"))).map(({ state }) => state)).toEqual(["done"]);
});

describe("waits", () => {
  const CHASE = '  - { name: Chase, on: customer waiting for 2h, when: "assignee:none", steps: [{ do: priority, with: urgent }] }';

  test("fires once in each episode, late rather than never, and asks its conditions when it is due", async () => {
    const clock = new TestClock();
    const { help, write, runs } = await withRules(CHASE, { clock });
    const [ana, ben, cleo] = [await write("hello"), await write("hello"), await write("hello")];
    await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation(ben)).thread!.id, verb: "take", args: "" });
    await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation(cleo)).thread!.id, verb: "resolve", args: "" });
    await help.settle();
    const none = async (address: string) => (await runs(address)).length;
    await fireDueWaits(help.core);
    expect([await none(ana), await none(ben), await none(cleo)]).toEqual([0, 0, 0]);
    clock.advance(26 * 3_600_000);
    await Promise.all([fireDueWaits(help.core), fireDueWaits(help.core)]);
    expect([await none(ana), await none(ben), await none(cleo)]).toEqual([1, 0, 0]);
    expect(await runs(ana)).toMatchObject([{ heard: "customer waiting for 2h", state: "done" }]);
    await write("still there?", ana);
    clock.advance(26 * 3_600_000);
    await fireDueWaits(help.core);
    expect(await none(ana), "the same waiting").toBe(1);
    await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation(ana)).thread!.id, verb: "reply", args: "Yes" });
    await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation(ana)).thread!.id, verb: "unassign", args: "" });
    await help.settle();
    await write("good", ana);
    clock.advance(3 * 3_600_000);
    await fireDueWaits(help.core);
    expect(await none(ana), "a new waiting").toBe(2);
  });

  test("we wait for the customer, and a status that lasts; a rule made later counts for what waits already", async () => {
    const clock = new TestClock();
    const { help, apply, write, runs } = await withRules("", { clock });
    const [ana, ben] = [await write("hello"), await write("hello")];
    await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation(ana)).thread!.id, verb: "reply", args: "Which order?" });
    await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation(ben)).thread!.id, verb: "pending", args: "" });
    await help.settle();
    expect((await apply(`rules:
  - { name: Nudge, on: agent waiting for 1d, steps: [{ do: reply, with: Are you still there? }] }
  - { name: Stale, on: in pending for 3d, steps: [{ do: reopen }] }`)).faults).toEqual([]);
    await fireDueWaits(help.core);
    clock.advance(25 * 3_600_000);
    await fireDueWaits(help.core);
    expect((await runs(ana)).map(({ ruleName }) => ruleName)).toEqual(["Nudge"]);
    clock.advance(50 * 3_600_000);
    await fireDueWaits(help.core);
    expect((await help.conversation(ben)).status).toBe("open");
    expect((await runs(ana)).map(({ ruleName }) => ruleName), "one nudge for one reply").toEqual(["Nudge"]);
  });

  test("working hours only: nothing at night", async () => {
    const clock = new TestClock();
    // a Monday that is an hour before closing, far enough ahead for any day on which this runs
    const monday = new Date("2035-01-01T16:00:00Z");
    clock.advance(monday.getTime() - Date.now());
    const { help, apply, write, runs } = await withRules("", { clock });
    const { faults } = await apply(`hours: [{ name: Office, timeZone: UTC, week: { mon-fri: 9:00-17:00 } }]
rules: [{ name: Late, on: customer waiting for 2h of working hours, steps: [{ do: priority, with: high }] }]`);
    expect(faults).toEqual([]);
    await store().inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.hoursId": (await store().hours.findOne({ name: "Office" }))!._id } });
    forgetSettings(help.core);
    const ana = await write("hello");
    clock.advance(15 * 3_600_000);
    await fireDueWaits(help.core);
    expect(await runs(ana)).toEqual([]);
    clock.advance(3.1 * 3_600_000);
    await fireDueWaits(help.core);
    expect(await runs(ana)).toHaveLength(1);
    await store().inboxes.updateOne({ _id: help.inbox._id }, { $unset: { "settings.hoursId": "" } });
  });
});

describe("what an inbox says by itself", () => {
  const settings = async (help: TestCore, facts: Record<string, unknown>) => {
    await store().inboxes.updateOne({ _id: help.inbox._id }, { $set: Object.fromEntries(Object.entries(facts).map(([key, value]) => [`settings.${key}`, value])) });
    forgetSettings(help.core);
  };

  test("a greeting once in a conversation; out of hours a word once in each closed time, never to a machine", async () => {
    const clock = new TestClock();
    clock.advance(new Date("2036-01-07T12:00:00Z").getTime() - Date.now());
    const { help, apply, write, said } = await withRules("", { clock });
    await apply("hours: [{ name: Days, timeZone: UTC, week: { mon-fri: 9:00-17:00 } }]");
    await settings(help, { hoursId: (await store().hours.findOne({ name: "Days" }))!._id, greeting: "Welcome!", awayMessage: "We are back at nine." });
    const ana = await write("hello");
    await write("anybody?", ana);
    expect(await said(ana)).toEqual(["Welcome!"]);
    clock.advance(7 * 3_600_000);
    await write("now?", ana);
    await write("and now?", ana);
    expect(await said(ana)).toEqual(["Welcome!", "We are back at nine."]);
    clock.advance(24 * 3_600_000);
    await write("tomorrow?", ana);
    expect(await said(ana)).toEqual(["Welcome!", "We are back at nine.", "We are back at nine."]);
    const ben = await write("hello");
    expect(await said(ben)).toEqual(["We are back at nine."]);
    await settings(help, { hoursId: null, greeting: null, awayMessage: null });
  });
});

test("a rehearsal finds what a rule would have done, and what it did, and changes nothing", async () => {
  const clock = new TestClock();
  const { help, apply, write, runs } = await withRules('  - { name: Vip, on: message created, when: "kind:incoming label:bug", steps: [{ do: priority, with: urgent }] }', { clock });
  const acts = async (address: string, verb: string, args = "") => { await help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation(address)).thread!.id, verb, args }); await help.settle(); };
  const [ana, ben] = [await write("hello"), await write("hello")];
  await acts(ana, "label", "bug");
  await write("again", ana);
  await acts(ana, "unlabel", "bug");
  await write("and again", ana);
  await acts(ben, "reply", "Hi");
  expect((await apply(`rules:
  - { name: Vip, on: message created, when: "kind:incoming label:bug", enabled: false, steps: [{ do: priority, with: urgent }] }
  - { name: Slow, on: customer waiting for 2h, enabled: false, when: "label:none", steps: [{ do: label, with: bug }] }`)).faults).toEqual([]);
  const before = JSON.stringify(await store().conversations.find().sort({ _id: 1 }).toArray());
  const heldBy = async (name: string) => (await rehearse(help.core, await readyNamed(help.core, name), 2)).held.map(({ number, heard }) => `${number} ${heard}`);
  const number = (await help.conversation(ana)).number;
  expect(await heldBy("Vip"), "as it did").toEqual((await runs(ana)).map(({ heard }) => `${number} ${heard}`));
  expect(await heldBy("Vip")).toEqual([`${number} message created`]);
  expect(await heldBy("Slow")).toEqual([]);
  clock.advance(3 * 3_600_000);
  expect(await heldBy("Slow")).toEqual([`${number} customer waiting for 2h`]);
  expect(JSON.stringify(await store().conversations.find().sort({ _id: 1 }).toArray())).toBe(before);
  await expect(readyNamed(help.core, "Slov")).rejects.toMatchObject({ code: "NOT_FOUND", message: expect.stringContaining("Slow") });
});
