/** Nobody is told twice: where the thread's timeline says what was done, its author gets no notice beside it. */
import { expect, test } from "vitest";
import { complete } from "../../src/bridge/commands/complete.ts";
import { cardOf } from "../../src/bridge/card.ts";
import { actOutside, oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();

test("in the thread the timeline tells what a verb did; elsewhere a notice does", async () => {
  const { act, help, now, facts } = await oneConversation(store());
  for (const [verb, args] of [["take", ""], ["assign", "Jonas"], ["unassign", ""], ["label", "bug"], ["unlabel", "bug"], ["priority", "high"], ["mode", "note-first"], ["snooze", "until reply"], ["reopen", ""], ["pending", ""], ["resolve", ""]] as const) {
    const before = (await facts()).length;
    expect(await act("Mara", verb, args), verb).toEqual({ ok: true });
    expect((await facts()).length, verb).toBe(before + 1);
  }
  const { number } = await now();
  expect(await actOutside(help, "Mara", "reopen", `#${number}`)).toEqual({ ok: true, notice: `#${number} is open.` });
  expect(await actOutside(help, "Mara", "label", `#${number} billing`)).toMatchObject({ ok: true, notice: `#${number} is labelled billing.` });
});

test("about another conversation than the thread's own a notice tells it", async () => {
  const one = await oneConversation(store());
  const other = await oneConversation(store());
  const { form } = await actOutside(one.help, "Mara", "priority", `#${(await other.now()).number}`);
  expect(await one.act("Mara", form!.id, "", { values: { value: "high" } })).toMatchObject({ ok: true, notice: expect.stringContaining(`#${(await other.now()).number} has the priority high.`) });
});

test("a typed !verb leaves no notice either, but errors, lists and times are told", async () => {
  const { help, now, act } = await oneConversation(store());
  const thread = (await now()).thread!.id;
  const told = () => help.desk.notices.length;
  const before = told();
  await help.say("!label bug", "Mara", thread);
  expect((await now()).labels).toEqual(["bug"]);
  expect(told()).toBe(before);
  await help.say("!label nosuch", "Mara", thread);
  expect(told()).toBe(before + 1);
  expect((await act("Mara", "queue")).notice).toBeDefined();
  expect((await act("Mara", "snooze", "tomorrow 9:00")).notice).toContain("09:00");
  expect((await act("Mara", "keep")).notice).toBeDefined();
});

test("more shows its buttons once; a suggestion's hint says what the verb does, not how it is spelled", async () => {
  const { act, help, now } = await oneConversation(store());
  const more = await act("Mara", "more");
  expect(more.notice).toBe(`More for #${(await now()).number}:`);
  expect(more.buttons!.length).toBeGreaterThan(4);
  const [label] = await complete(help.core, { agent: help.mara, conversation: await now(), text: "/lab" });
  expect(label).toEqual({ text: "/label ", hint: "Adds a label; without a name it asks for one." });
});

test("the snooze form asks for one thing and offers another", async () => {
  const { act } = await oneConversation(store());
  expect((await act("Mara", "snooze")).form!.fields.map(({ name, required }) => [name, required])).toEqual([["value", true], ["other", false]]);
});

test("who wrote a moment ago does not wait for 0 minutes", async () => {
  const { act, help, customer, now } = await oneConversation(store());
  const line = async () => (await actOutside(help, "Mara", "find", `contact:${customer}`)).notice!;
  expect(await line()).toContain(" · waiting · ");
  expect((await act("Mara", "who")).notice).toContain("First seen just now");
  help.clock.advance(5 * 60_000);
  expect(await line()).toContain(" · waiting 5 min · ");
  expect((await act("Mara", "who")).notice).toContain("First seen 5 min ago");
  expect((await now()).waitingSince).not.toBeNull();
});

test("a customer called as a colleague's note is shown with their channel", async () => {
  const { help, now, customer } = await oneConversation(store());
  await help.write("Refund them", customer, { profile: { name: "🔒 Mara" } });
  await help.settle();
  expect(cardOf(await now(), "Website").lastLine).toBe("🔒 Mara · Fake: Refund them");
});

test("a line with an unknown !verb keeps its sign on the card", async () => {
  const { help, now } = await oneConversation(store());
  await help.say("!frobnicate the parcel", "Mara", (await now()).thread!.id);
  expect(cardOf(await now(), "Website").lastLine).toBe("🔒 Mara: !frobnicate the parcel");
});
