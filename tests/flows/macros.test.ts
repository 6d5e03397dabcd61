/** Macros at the desk: shown, run step by step, stopped at the first refusal, asking when there is a newer line. */
import { describe, expect, test } from "vitest";
import { complete } from "../../src/bridge/commands/complete.ts";
import { wordsOf } from "../../src/core/services/canned.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();

async function withMacros() {
  const one = await oneConversation(store());
  await store().teams.deleteMany({});
  await store().teams.insertOne({ _id: "t-billing", name: "Billing", memberIds: [one.help.mara._id, one.help.jonas._id] });
  await store().canned.deleteMany({});
  await store().canned.insertOne({ _id: "c1", code: "refund", title: "Refund", body: "Dear {{ contact.name }}, it is on its way.", scope: "all", words: wordsOf("refund", "Refund"), uses: 0, createdAt: new Date() });
  await store().macros.deleteMany({});
  const step = (verb: string, text = "") => ({ do: verb, with: text });
  await store().macros.insertMany([
    { _id: "m1", name: "Refund granted", steps: [step("canned", "refund"), step("label", "billing"), step("assign", "Billing"), step("priority", "high"), step("note", "Told {{ contact.first_name }}"), step("snooze", "2h")] },
    { _id: "m2", name: "Broken", steps: [step("label", "billing"), step("label", "gone"), step("reply", "Too far")] },
    { _id: "m3", name: "Wrong text", steps: [step("label", "bug"), step("reply", "To {{ contact.email }}")] },
    { _id: "m4", name: "Bye", steps: [step("reply", "Bye {{ contact.name }}!"), step("resolve")] },
    { _id: "m5", name: "Thanks", steps: [step("reply", "Thank you."), step("take"), step("label", "bug")] },
    { _id: "m6", name: "Asks", steps: [step("take"), step("assign")] },
    { _id: "m7", name: "Calls", steps: [step("reply", "Ask @here"), step("label", "bug")] },
  ]);
  forgetSettings(one.help.core);
  return { ...one, sent: () => one.help.channel.textsTo(one.customer) };
}

describe("macro", () => {
  test("shows its steps in words, and Run does them in order", async () => {
    const { act, now, sent, customer, help, facts, id } = await withMacros();
    const { number } = await now();
    const shown = await act("Mara", "macro", "refund granted");
    expect(shown).toMatchObject({ ok: true, buttons: [{ id: expect.stringMatching(/^macro:Refund granted --run ~[0-9a-f]{8}$/), label: "Run" }] });
    expect(shown.notice!.split("\n")).toEqual([
      `Refund granted on #${number} would:`, `1. Send to the customer (refund): “Dear ${customer}, it is on its way.”`, "2. Label billing", "3. Assign Billing", "4. Priority high", `5. Note for the team: “Told ${customer}”`, "6. Snooze 2h",
    ]);
    expect([sent(), (await now()).labels]).toEqual([[], []]);

    const ran = await act("Mara", shown.buttons![0]!.id);
    expect(ran.notice!.split("\n").map((line) => line.slice(0, 9))).toEqual(["The macro", "✓ Send to", "✓ Label b", "✓ Assign ", "✓ Priorit", "✓ Note fo", "✓ Snooze "]);
    expect(sent()).toEqual([`Dear ${customer}, it is on its way.`]);
    expect(await now()).toMatchObject({ labels: ["billing"], teamName: "Billing", assigneeName: "Mara", priority: "high", status: "snoozed" });
    expect((await help.lines("note", id)).map((line) => line.body)).toEqual([`Told ${customer}`]);
    expect((await facts()).map((fact) => fact.type)).toEqual(["assigned", "labelled", "team", "priority", "status"]);
    expect((await store().canned.findOne({ code: "refund" }))!.uses).toBe(1);
  });

  test("a second press of Run says nothing twice", async () => {
    const { act, sent, help, id } = await withMacros();
    const shown = await act("Mara", "macro", "refund granted");
    await act("Mara", shown.buttons![0]!.id);
    expect((await act("Mara", shown.buttons![0]!.id)).notice!.split("\n").filter((line) => line.startsWith("✓ already so: ")).map((line) => line.slice(14, 21))).toEqual(["Send to", "Label b", "Assign ", "Priorit", "Note fo"]);
    expect([sent().length, (await help.lines("note", id)).length]).toEqual([1, 1]);
  });

  test("stops at the first refusal and says what was done and what was not", async () => {
    const { act, now, sent } = await withMacros();
    const stopped = await act("Mara", "m", "Broken --run");
    expect(stopped).toMatchObject({ ok: false, code: "MACRO_STOPPED" });
    expect(stopped.notice!.split("\n")).toEqual([`The macro Broken stopped at step 2 of 3 on #${(await now()).number}.`, "✓ Label billing", expect.stringContaining('✗ Label gone: There is no label "gone".'), "– not done: Send to the customer: “Too far”"]);
    expect([sent(), (await now()).labels]).toEqual([[], ["billing"]]);
    expect(await act("Mara", "macro", "Asks --run")).toMatchObject({ ok: false, code: "MACRO_STOPPED", notice: expect.stringContaining("✗ Assign: it says too little") });
  });

  test("a text that can't be filled in is found before anything is done", async () => {
    const { act, now } = await withMacros();
    for (const args of ["Wrong text", "Wrong text --run"]) expect(await act("Mara", "macro", args)).toMatchObject({ ok: false, code: "VARIABLE_UNKNOWN", notice: expect.stringContaining("{{contact.email}}") });
    expect((await now()).labels).toEqual([]);
  });

  test("what holds already is no refusal; what a colleague has is one", async () => {
    const { act, now } = await withMacros();
    await act("Mara", "label", "bug");
    await act("Mara", "take");
    const again = await act("Mara", "macro", "Thanks --run");
    expect(again).toMatchObject({ ok: true, notice: expect.stringContaining("✓ already so: Take\n✓ already so: Label bug") });
    await act("Jonas", "take:--anyway");
    await store().macros.updateOne({ name: "Thanks" }, { $set: { steps: [{ do: "take", with: "" }] } });
    expect(await act("Mara", "macro", "Thanks --run")).toMatchObject({ ok: false, code: "MACRO_STOPPED", notice: expect.stringContaining("Jonas has #") });
    expect((await now()).assigneeName).toBe("Jonas");
  });

  test("a reply that is held stops it, and its author may let it go", async () => {
    const { act, now, sent, help, id } = await withMacros();
    const held = await act("Mara", "macro", "Calls --run");
    expect(held).toMatchObject({ ok: true, buttons: [{ id: "send" }, { id: "keep" }], notice: expect.stringContaining("– not done: Label bug") });
    expect([sent(), (await now()).labels]).toEqual([[], []]);
    expect((await help.lines("note", id))[0]).toMatchObject({ _id: held.messageId, held: { why: "mention" } });
  });

  test("asks when there is a newer line, and does nothing before that is answered", async () => {
    const { act, now, sent, help, customer } = await withMacros();
    const seen = (await now()).lastIncomingSeq;
    await help.write("Wait!", customer);
    await help.settle();
    const refused = await act("Mara", "macro", "Bye --run", { seen });
    expect(refused).toMatchObject({ ok: false, code: "NEWER_LINE", notice: expect.stringContaining("Wait!"), buttons: [{ id: "macro:Bye --run --anyway", label: "Run anyway" }] });
    expect([sent(), (await now()).status]).toEqual([[], "open"]);
    expect(await act("Mara", refused.buttons![0]!.id, "", { seen: (await now()).lastIncomingSeq })).toMatchObject({ ok: true });
    expect([sent(), (await now()).status]).toEqual([[`Bye ${customer}!`], "resolved"]);
  });

  test("values are data in its texts too", async () => {
    const { act, now, sent } = await withMacros();
    await store().contacts.updateOne({ _id: (await now()).contactId }, { $set: { name: "{{refund}} {{agent.name}}" } });
    await act("Mara", "macro", "Bye --run");
    expect(sent()).toEqual(["Bye {{refund}} {{agent.name}}!"]);
  });

  test("unknown ones are named, alone it asks, and both are suggested", async () => {
    const { act, help, now } = await withMacros();
    expect(await act("Mara", "macro", "Refnd granted")).toMatchObject({ ok: false, code: "MACRO_UNKNOWN", notice: expect.stringContaining("Did you mean Refund granted?") });
    expect(await act("Mara", "macro", "b")).toMatchObject({ ok: false, notice: expect.stringContaining("Broken or Bye") });
    const asked = await act("Mara", "macro");
    expect(asked.form?.fields[0]?.options?.map((option) => option.value)).toContain("Refund granted");
    expect((await act("Mara", asked.form!.id, "", { values: { value: "Bye" } })).notice).toContain("2. Resolve");
    const suggested = async (typed: string) => (await complete(help.core, { agent: help.mara, conversation: await now(), text: typed })).map((one) => one.text);
    expect(await suggested("/macro re")).toEqual(["/macro Refund granted"]);
    expect(await suggested("/resolve --with b")).toEqual(["/resolve --with Broken", "/resolve --with Bye"]);
  });
});

describe("resolve --with", () => {
  test("runs the macro, then resolves", async () => {
    const { act, now, sent } = await withMacros();
    expect(await act("Mara", "resolve", "--with thanks")).toMatchObject({ ok: true, notice: expect.stringContaining("is resolved") });
    expect([sent(), (await now()).status, (await now()).labels]).toEqual([["Thank you."], "resolved", ["bug"]]);
  });

  test("does not resolve when the macro stopped or was asked about", async () => {
    const { act, now, help, customer, sent } = await withMacros();
    expect(await act("Mara", "resolve", "--with Broken")).toMatchObject({ ok: false, code: "MACRO_STOPPED" });
    expect((await act("Mara", "resolve", "--with Calls")).notice).toContain("was not resolved");
    const seen = (await now()).lastIncomingSeq;
    await help.write("One more thing", customer);
    await help.settle();
    expect(await act("Mara", "resolve", "--with Bye", { seen })).toMatchObject({ ok: false, code: "NEWER_LINE", buttons: [{ id: "resolve:--with Bye --anyway" }] });
    expect([sent(), (await now()).status]).toEqual([[], "open"]);
    expect(await act("Mara", "resolve", "no such macro")).toMatchObject({ ok: false, code: "MACRO_UNKNOWN" });
  });
});
