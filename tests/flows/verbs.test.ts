/** Every verb that changes a conversation, through the desk's door, by the state it leaves. */
import { describe, expect, test } from "vitest";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { actOutside, oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();

describe("reply and note", () => {
  test("reply sends also from a team-only thread; note stays inside", async () => {
    const { act, help, customer, id, now } = await oneConversation(store());
    await act("Mara", "mode", "team-only");
    expect(await act("Mara", "reply", "On its way.")).toMatchObject({ ok: true });
    expect(await act("Mara", "note", "Ask the courier.")).toMatchObject({ ok: true });
    expect(help.channel.textsTo(customer)).toEqual(["On its way."]);
    expect((await help.lines("note", id)).map((line) => line.body)).toEqual(["Ask the courier."]);
    expect((await now()).waitingSince).toBeNull();
  });

  test("outside a thread the number names the conversation", async () => {
    const { help, customer, now } = await oneConversation(store());
    const { number } = await now();
    expect(await actOutside(help, "Mara", "reply", `#${number} It left today.`)).toMatchObject({ ok: true });
    await help.settle();
    expect(help.channel.textsTo(customer)).toEqual(["It left today."]);
    expect(await actOutside(help, "Mara", "reply", "It left today.")).toMatchObject({ ok: false, code: "NEEDS_CONVERSATION" });
    expect(await actOutside(help, "Mara", "resolve", "#999999")).toMatchObject({ ok: false, code: "CONVERSATION_UNKNOWN" });
  });

  test("a verb without its text says how it is written", async () => {
    const { act } = await oneConversation(store());
    expect(await act("Mara", "reply", "  ")).toMatchObject({ ok: false, code: "BAD_TEXT", notice: "There is no text to send. Write: /reply <text>" });
  });
});

describe("owner", () => {
  test("of two who take it at once one wins; the other is told who and may take it anyway", async () => {
    const { act, now, facts } = await oneConversation(store());
    const results = await Promise.all([act("Mara", "take"), act("Jonas", "claim")]);
    expect(results.map((result) => result.ok).toSorted()).toEqual([false, true]);
    const winner = results[0].ok ? "Mara" : "Jonas";
    const loser = winner === "Mara" ? "Jonas" : "Mara";
    expect((await now()).assigneeName).toBe(winner);
    const refused = results.find((result) => !result.ok)!;
    expect(refused).toMatchObject({ code: "ALREADY_SO", buttons: [{ id: "take:--anyway", label: "Take anyway" }] });
    expect(refused.notice).toContain(`${winner} has #`);
    expect(await act(loser, refused.buttons![0]!.id)).toMatchObject({ ok: true });
    expect((await now()).assigneeName).toBe(loser);
    expect(await act(loser, "take")).toMatchObject({ ok: false, code: "ALREADY_SO" });
    expect((await act(loser, "take")).buttons).toBeUndefined();
    expect((await facts()).map((fact) => (fact.type === "assigned" ? fact.toName : fact.type))).toEqual([winner, loser]);
  });

  test("assign asks by a form, takes a name or its beginning, and refuses who may not answer", async () => {
    const { act, help, now } = await oneConversation(store());
    const asked = await act("Mara", "assign");
    expect(asked.form?.fields[0]?.options?.map((option) => option.label)).toEqual(["Mara", "Jonas"]);
    expect(await act("Mara", asked.form!.id, "", { values: { value: "Jonas" } })).toMatchObject({ ok: true });
    expect((await now()).assigneeName).toBe("Jonas");
    expect(await act("Mara", "assign", "@mar")).toMatchObject({ ok: true });
    expect(await act("Mara", "assign", "me")).toMatchObject({ ok: false, code: "ALREADY_SO" });
    expect(await act("Mara", "assign", "Jnoas")).toMatchObject({ ok: false, code: "AGENT_UNKNOWN", notice: expect.stringContaining("Did you mean Jonas?") });
    expect(await actOutside(help, "Mara", "assign", `#${(await now()).number}`, { values: { value: "Jonas" } })).toMatchObject({ ok: true });
    expect((await now()).assigneeName).toBe("Jonas");
    expect(await act("Mara", "unassign")).toMatchObject({ ok: true });
    expect((await now()).assigneeId).toBeNull();
    expect(await act("Mara", "unassign")).toMatchObject({ ok: false, code: "ALREADY_SO" });
  });
});

describe("status", () => {
  test("resolve stops the clock and keeps the customer's next line here, which opens it again", async () => {
    const { act, help, customer, id, now, facts } = await oneConversation(store());
    expect((await now()).waitingSince).not.toBeNull();
    expect(await act("Mara", "close")).toMatchObject({ ok: true });
    expect(await now()).toMatchObject({ status: "resolved", waitingSince: null, openKey: (await now()).identityId });
    expect(await act("Mara", "resolve")).toMatchObject({ ok: false, code: "ALREADY_SO" });
    expect(await act("Mara", "snooze", "2h")).toMatchObject({ ok: false, code: "NOT_POSSIBLE" });
    await help.write("One more thing", customer);
    await help.settle();
    expect(await now()).toMatchObject({ _id: id, status: "open", resolvedAt: null });
    expect((await facts()).map((fact) => fact.type === "status" && `${fact.from} ${fact.to}`)).toEqual(["open resolved", "resolved open"]);
  });

  test("resolve and snooze ask when there is a line that their author could not see", async () => {
    const { act, help, customer, now } = await oneConversation(store());
    const seen = (await now()).lastIncomingSeq;
    await help.write("Wait, another question", customer);
    await help.settle();
    for (const [verb, args, again] of [["resolve", "", "resolve:--anyway"], ["snooze", "tomorrow 9:00", "snooze:tomorrow 9:00 --anyway"]] as const) {
      const refused = await act("Mara", verb, args, { seen });
      expect(refused).toMatchObject({ ok: false, code: "NEWER_LINE", buttons: [{ id: again }] });
      expect(refused.notice).toContain("Wait, another question");
      expect((await now()).status).toBe("open");
    }
    expect(await act("Mara", "snooze:tomorrow 9:00 --anyway", "", { seen })).toMatchObject({ ok: true });
    expect((await now()).status).toBe("snoozed");
    expect(await act("Mara", "resolve", "", { seen: (await now()).lastIncomingSeq })).toMatchObject({ ok: true });
  });

  test("reopen takes the next line over from a resolved conversation, never from an open one", async () => {
    const first = await oneConversation(store());
    const { help, customer, id } = first;
    await first.act("Mara", "resolve");
    await help.write("New matter", customer, { conversation: "new" });
    await help.settle();
    const second = await first.now();
    expect(second._id).not.toBe(id);

    const older = (await help.store.conversations.findOne({ _id: id }))!;
    const refused = await actOutside(help, "Mara", "reopen", `#${older.number}`);
    expect(refused).toMatchObject({ ok: false, code: "OTHER_CONVERSATION_OPEN" });
    expect(refused.notice).toContain(`#${second.number}`);

    expect(await actOutside(help, "Mara", "resolve", `#${second.number}`)).toMatchObject({ ok: true });
    expect(await actOutside(help, "Mara", "reopen", `#${older.number}`)).toMatchObject({ ok: true });
    expect(await help.store.conversations.findOne({ _id: id })).toMatchObject({ status: "open", openKey: older.identityId });
    expect((await help.store.conversations.findOne({ _id: second._id }))!.openKey).toBeUndefined();
  });

  test("pending waits for somebody else until the customer writes", async () => {
    const { act, help, customer, now } = await oneConversation(store());
    expect(await act("Mara", "pending")).toMatchObject({ ok: true });
    expect((await now()).status).toBe("pending");
    await help.write("Any news?", customer);
    await help.settle();
    expect((await now()).status).toBe("open");
    expect(await act("Mara", "reopen")).toMatchObject({ ok: false, code: "ALREADY_SO" });
  });
});

describe("snooze", () => {
  test("reads times in the agent's zone, asks by a form, and says what it can't read", async () => {
    const { act, now } = await oneConversation(store());
    const asks = Date.now();
    expect(await act("Mara", "later", "2h")).toMatchObject({ ok: true });
    const first = await now(), asked2h = first.snoozedUntil!.getTime() - 2 * 3_600_000;
    // a time that is read may be without its milliseconds
    expect(asked2h).toBeGreaterThanOrEqual(asks - 1_000);
    expect(asked2h).toBeLessThanOrEqual(Date.now());
    const asked = await act("Mara", "snooze");
    expect(asked.form?.fields.map((field) => field.name)).toEqual(["value", "other"]);
    expect(asked.buttons?.map((button) => button.id)).toContain("snooze:until reply");
    expect(await act("Mara", asked.form!.id, "", { values: { value: "1h", other: "until reply" } })).toMatchObject({ ok: true });
    const second = await now();
    expect(second).toMatchObject({ status: "snoozed", snoozedUntil: null });
    expect(second.snoozeEpisode).not.toBe(first.snoozeEpisode);
    expect(await act("Mara", "snooze", "when pigs fly")).toMatchObject({ ok: false, code: "BAD_TIME" });
  });

  test("a form's id that was changed is refused", async () => {
    const { act } = await oneConversation(store());
    const { form } = await act("Mara", "assign");
    expect(await act("Mara", form!.id.replace("form.assign", "form.resolve"), "", { values: {} })).toMatchObject({ ok: false, code: "FORM_UNKNOWN" });
  });
});

describe("sorting", () => {
  test("labels must exist; close names are suggested; both ways are told once", async () => {
    const { act, now, facts } = await oneConversation(store());
    expect(await act("Mara", "tag", "BILLING")).toMatchObject({ ok: true });
    expect((await now()).labels).toEqual(["billing"]);
    expect(await act("Mara", "label", "billing")).toMatchObject({ ok: false, code: "ALREADY_SO" });
    expect(await act("Mara", "label", "biling")).toMatchObject({ ok: false, code: "LABEL_UNKNOWN", notice: expect.stringContaining("Did you mean billing?") });
    expect((await act("Mara", "label")).form?.fields[0]?.options).toEqual([{ value: "bug", label: "bug" }]);
    expect((await act("Mara", "unlabel")).form?.fields[0]?.options).toEqual([{ value: "billing", label: "billing" }]);
    expect(await act("Mara", "unlabel", "billing")).toMatchObject({ ok: true });
    expect((await now()).labels).toEqual([]);
    expect(await act("Mara", "unlabel", "billing")).toMatchObject({ ok: false, code: "ALREADY_SO" });
    expect((await facts()).map((fact) => fact.type)).toEqual(["labelled", "unlabelled"]);
  });

  test("priority is set, asked for and taken away", async () => {
    const { act, now } = await oneConversation(store());
    expect(await act("Mara", "priority", "High")).toMatchObject({ ok: true });
    expect((await now()).priority).toBe("high");
    expect(await act("Mara", "priority", "high")).toMatchObject({ ok: false, code: "ALREADY_SO" });
    expect((await act("Mara", "priority")).form?.fields[0]?.value).toBe("high");
    expect(await act("Mara", "priority", "whatever")).toMatchObject({ ok: false, code: "BAD_TEXT" });
    expect(await act("Mara", "priority", "none")).toMatchObject({ ok: true });
    expect((await now()).priority).toBeNull();
  });

  test("mode says what it is and switches", async () => {
    const { act, now } = await oneConversation(store());
    const said = await act("Mara", "mode");
    expect(said.notice).toContain("reply mode");
    expect(await act("Mara", said.buttons![0]!.id)).toMatchObject({ ok: true });
    expect((await now()).mode).toBe("note-first");
    expect(await act("Mara", "mode", "note-first")).toMatchObject({ ok: false, code: "ALREADY_SO" });
  });
});

describe("who may", () => {
  test("an agent without the inbox, an inactive one, and a stranger are refused, and nothing changes", async () => {
    const { act, help, now } = await oneConversation(store());
    const { number } = await now();
    const outsider = { ...help.jonas, _id: `out-${number}`, name: `Out ${number}`, email: `out-${number}@example.com`, links: [{ desk: "fake", userId: `Out ${number}` }], inboxIds: ["another inbox"] };
    await help.store.agents.insertMany([outsider, { ...outsider, _id: `gone-${number}`, name: `Gone ${number}`, email: `gone-${number}@example.com`, links: [{ desk: "fake", userId: `Gone ${number}` }], inboxIds: "all", active: false }]);
    forgetSettings(help.core);
    expect(await act(`Out ${number}`, "resolve")).toMatchObject({ ok: false, code: "NOT_ALLOWED" });
    expect(await actOutside(help, `Out ${number}`, "resolve", `#${number}`)).toMatchObject({ ok: false, code: "NOT_ALLOWED" });
    expect((await actOutside(help, `Out ${number}`, "find", `#${number}`)).notice).toContain("Nothing fits");
    expect((await actOutside(help, `Out ${number}`, "queue")).notice).toContain("The queue is empty");
    await help.store.agents.updateOne({ _id: outsider._id }, { $set: { inboxIds: ["another inbox", (await now()).inboxId] } });
    forgetSettings(help.core);
    await help.store.conversations.updateOne({ _id: (await now())._id }, { $set: { waitingSince: new Date(1) } });
    expect((await actOutside(help, `Out ${number}`, "queue")).notice!.split("\n")[1]).toContain(`#${number} · `);
    expect(await act(`Gone ${number}`, "resolve")).toMatchObject({ ok: false });
    expect(await act("nobody", "resolve")).toMatchObject({ ok: false, code: "NOT_LINKED" });
    expect((await now()).status).toBe("open");
    await help.store.agents.deleteMany({ _id: { $in: [outsider._id, `gone-${number}`] } });
  });

  test("a verb that there is not is answered with what was meant", async () => {
    const { act } = await oneConversation(store());
    expect(await act("Mara", "resolv")).toMatchObject({ ok: false, code: "VERB_UNKNOWN", notice: expect.stringContaining("Did you mean resolve") });
  });
});
