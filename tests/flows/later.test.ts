/** Replies that go at a time, and reminders: on time, once, held when the customer writes first. */
import { describe, expect, onTestFinished, test } from "vitest";
import { createScheduler } from "../../src/automation/scheduler.ts";
import { doDueLater } from "../../src/core/services/later-due.ts";
import { snooze, wakeDueSnoozes } from "../../src/core/services/snooze.ts";
import { agentAuthor } from "../../src/core/services/send-reply.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
const HOUR = 3_600_000;

async function waiting() {
  const one = await oneConversation(store());
  const { number } = await one.now();
  const look = async (ms: number) => { one.help.clock.advance(ms); await doDueLater(one.help.core); await one.help.settle(); };
  const told = () => one.help.desk.notices.filter(({ notice }) => notice.text.includes(`#${number}`)).map(({ userId, notice }) => ({ userId, ...notice }));
  return { ...one, told, look, got: () => one.help.channel.textsTo(one.customer), set: async () => store().later.find({ conversationId: one.id }).sort({ at: 1 }).toArray() };
}

describe("a reply that was scheduled", () => {
  test("goes at its time, once however often and by however many it is looked at, and takes the conversation", async () => {
    const { help, act, look, got, now, set, facts } = await waiting();
    const said = await act("Mara", "schedule", "2h Your parcel arrives today.");
    expect(said).toMatchObject({ ok: true, notice: expect.stringContaining("unless they write first:\n“Your parcel arrives today.”") as string });
    await look(HOUR);
    expect(got()).toEqual([]);
    help.clock.advance(HOUR + 1);
    await Promise.all([doDueLater(help.core), doDueLater({ ...help.core, holder: "another" })]);
    await look(61_000);
    expect(got()).toEqual(["Your parcel arrives today."]);
    expect([(await now()).assigneeName, (await now()).sendsLater, (await set())[0]!.state]).toEqual(["Mara", undefined, "done"]);
    expect(await facts()).toContainEqual(expect.objectContaining({ type: "later", act: "set", text: "Your parcel arrives today." }));
  });

  test("is done by the scheduler itself, also when its time passed while nothing ran", async () => {
    const { help, act, got, set } = await waiting();
    await act("Mara", "schedule", "1h Late, but here.");
    await store().later.updateMany({ _id: (await set())[0]!._id }, { $set: { dueAt: new Date(Date.now() - 9 * 86_400_000) } });
    const scheduler = createScheduler(help.core);
    await scheduler.start();
    onTestFinished(() => scheduler.stop());
    await expect.poll(got, { timeout: 40_000 }).toEqual(["Late, but here."]);
  });

  test("after a stop behind its storing is not sent again, and after one before it still goes", async () => {
    const { help, act, look, got, set } = await waiting();
    await act("Mara", "schedule", "1h One");
    await act("Mara", "schedule", "1h Two");
    const [one, two] = await set();
    await look(HOUR + 1);
    await store().later.updateOne({ _id: one!._id }, { $set: { state: "doing", claim: "dead", dueAt: help.clock.now() }, $unset: { endedAt: "" } });
    await store().later.updateOne({ _id: two!._id }, { $set: { state: "doing", claim: "dead", dueAt: help.clock.now() }, $unset: { endedAt: "" } });
    await store().messages.updateOne({ source: `later:${two!._id}` }, { $set: { source: "never stored" } });
    await look(1);
    expect(got().toSorted()).toEqual(["One", "Two", "Two"]);
    expect((await set()).map(({ state }) => state)).toEqual(["done", "done"]);
  });

  test("is held when the customer writes first: its author is asked, and may send it, keep it or change it", async () => {
    const { help, customer, act, look, got, told, now } = await waiting();
    await act("Mara", "schedule", "tomorrow 9:00 Shall we send it again?");
    await act("Mara", "schedule", "tomorrow 10:00 Shall we pay it back?");
    await help.write("It has come!", customer);
    await help.settle();
    const held = (await help.lines("note", (await now())._id)).filter(({ held: why }) => why?.why === "wrote-since");
    expect(held.map(({ body }) => body)).toEqual(["Shall we send it again?", "Shall we pay it back?"]);
    expect(told()).toMatchObject(held.map(({ _id }) => ({ userId: "Mara", messageId: _id, buttons: [{ id: "send" }, { id: "keep" }, { id: "edit" }] })));
    expect((await help.desk.texts((await now()).thread!.id)).join("\n")).toContain("was not sent. Not sent: it was to go later, and the customer has written since.");
    await look(3 * 24 * HOUR);
    expect(got()).toEqual([]);
    expect(await act("Mara", "send", "", { messageId: held[0]!._id })).toMatchObject({ ok: true });
    const { form } = await act("Mara", "edit", "", { messageId: held[1]!._id });
    await act("Mara", form!.id, "", { values: { value: "Glad to hear it." } });
    await help.settle();
    expect(got()).toEqual(["Shall we send it again?", "Glad to hear it."]);
    expect((await help.lines("note", (await now())._id)).at(-1)).toMatchObject({ body: "Shall we pay it back?", held: { settled: "kept" } });
  });

  test("that a lost event let pass is held when it is due; a rating or thanks holds nothing", async () => {
    const { help, customer, act, look, got, now, id } = await waiting();
    await act("Mara", "schedule", "1h First");
    await store().conversations.updateOne({ _id: id }, { $unset: { sendsLater: "" } });
    await help.write("Hello?", customer);
    await look(HOUR + 1);
    expect(got()).toEqual([]);
    await act("Mara", "schedule", "1h Second");
    await store().conversations.updateOne({ _id: id }, { $unset: { sendsLater: "" } });
    await help.write("4", customer);
    await help.settle();
    await store().messages.updateOne({ conversationId: id, seq: (await now()).lastIncomingSeq }, { $set: { quiet: "survey" } });
    await look(HOUR + 1);
    expect(got()).toEqual(["Second"]);
  });

  test("is cancelled, changed and listed; what a colleague owns by then is held; a mention is refused", async () => {
    const { help, act, look, got, told, now } = await waiting();
    await act("Mara", "schedule", "2h Behind it");
    await act("Mara", "schedule", "1h Before it");
    const list = await act("Jonas", "schedule", "list");
    expect(list.notice).toMatch(/1\. .* · Mara: “Before it”\n2\. .* · Mara: “Behind it”/);
    expect(await act("Jonas", "schedule", "edit 2 Mine now")).toMatchObject({ ok: false, code: "NOT_ALLOWED" });
    expect(await act("Jonas", list.buttons![0]!.id)).toMatchObject({ ok: true });
    expect(await act("Jonas", list.buttons![0]!.id)).toMatchObject({ ok: false, code: "NOT_FOUND" });
    expect(await act("Mara", "schedule", "edit Changed since")).toMatchObject({ ok: true });
    expect(await act("Mara", "schedule", "1h Hello", { mentions: 1 })).toMatchObject({ ok: false, code: "NOT_POSSIBLE" });
    expect(await act("Mara", "schedule", "soonish Hello")).toMatchObject({ ok: false, code: "BAD_TIME" });
    await act("Jonas", "take");
    await look(2 * HOUR + 1);
    expect(got()).toEqual([]);
    expect(told().at(-1)).toMatchObject({ userId: "Mara", text: expect.stringContaining("someone else owns this") as string });
    expect((await help.lines("note", (await now())._id)).at(-1)).toMatchObject({ body: "Changed since", held: { why: "owner" } });
  });

  test("asks for time and text by a form, which sets it once however often it comes back", async () => {
    const { act, set } = await waiting();
    const { form } = await act("Mara", "schedule");
    const values = { value: form!.fields[0]!.options![0]!.value, other: "45m", text: "Two lines\nof text" };
    for (let i = 0; i < 2; i++) await act("Mara", form!.id, "", { values });
    expect((await set()).map(({ body }) => body)).toEqual(["Two lines\nof text"]);
    const second = (await act("Mara", "schedule", "tomorrow 9:00")).form!;
    expect(second.title).toMatch(/^Reply on .*, 09:00$/);
    await act("Mara", second.id, "", { values: { about: second.fields[1]!.value!, text: "Good morning" } });
    expect((await set()).map(({ body }) => body)).toEqual(["Two lines\nof text", "Good morning"]);
  });
});

test("a reminder is told to its author in the thread, once, by their own clock, and to nobody else's list", async () => {
  const { act, look, told, facts, set } = await waiting();
  expect((await act("Mara", "remind", "tomorrow 9:00 ask the courier")).notice).toMatch(/You are reminded of #\d+ on \w+ \d+ \w+, 09:00/);
  expect((await set())[0]!.at.toLocaleString("de", { timeZone: "Europe/Berlin", timeStyle: "short" })).toBe("09:00");
  expect((await act("Jonas", "remind", "list")).notice).toContain("No reminder of yours");
  await look(2 * 24 * HOUR);
  await look(1);
  expect(told()).toMatchObject([{ userId: "Mara", text: expect.stringMatching(/^Reminder for #\d+ · .*: ask the courier$/) as string }]);
  expect((await facts()).filter(({ type }) => type === "later")).toMatchObject([{ act: "reminder", byName: "Mara", text: "ask the courier" }]);
  await act("Mara", "remind", "1h again");
  await act("Mara", "remind", "cancel");
  await look(2 * HOUR);
  expect(told()).toHaveLength(1);
});

test("an owner is told once when a snooze ends, by its time or by the customer", async () => {
  const { help, customer, act, now, told } = await waiting();
  await act("Mara", "take");
  await snooze(help.core, { conversation: await now(), actor: agentAuthor(help.mara), until: new Date(help.clock.now().getTime() + HOUR) });
  help.clock.advance(HOUR + 1);
  await Promise.all([wakeDueSnoozes(help.core), wakeDueSnoozes(help.core)]);
  await help.settle();
  await act("Mara", "snooze", "until reply");
  await help.write("Now!", customer);
  await help.settle();
  expect(told().map(({ userId, text }) => [userId, text.replace(/^#\d+ | again/g, "").replace(/: .*/, "")])).toEqual([["Mara", "is open, the snooze ended"], ["Mara", "is open, the customer wrote"]]);
});
