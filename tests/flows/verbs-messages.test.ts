/** The verbs on one message, and those that watch over the whole: by the state they leave. */
import { describe, expect, test } from "vitest";
import type { Message } from "../../src/core/model/types.ts";
import { DeliveryError } from "../../src/core/errors.ts";
import { findConversations } from "../../src/core/services/find.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { actOutside, oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
const byId = async (id: string): Promise<Message> => (await store().messages.findOne({ _id: id }))!;

describe("on one message", () => {
  test("send lets the newest held line of its author go; keep leaves it inside", async () => {
    const { act, help, customer, id, now } = await oneConversation(store());
    await act("Mara", "take");
    const thread = (await now()).thread!.id;
    await help.say("I would say yes", "Jonas", thread);
    await help.say("And no", "Jonas", thread);
    const held = await help.lines("note", id);
    expect(held.map((line) => line.held?.why)).toEqual(["owner", "owner"]);
    expect(await act("Mara", "send")).toMatchObject({ ok: false, code: "MESSAGE_UNKNOWN" });
    expect(await act("Jonas", "keep")).toMatchObject({ ok: true, messageId: held[1]!._id });
    expect((await byId(held[1]!._id)).held?.settled).toBe("kept");
    expect(await act("Jonas", "send")).toMatchObject({ ok: true, messageId: held[0]!._id });
    expect(help.channel.textsTo(customer)).toEqual(["I would say yes"]);
    expect(await act("Jonas", "send")).toMatchObject({ ok: false, code: "MESSAGE_UNKNOWN" });
  });

  test("retry tries the newest failed reply again", async () => {
    const { act, help, customer, id } = await oneConversation(store());
    expect(await act("Mara", "retry")).toMatchObject({ ok: false, code: "MESSAGE_UNKNOWN" });
    help.channel.failNext(new DeliveryError("REFUSED", "No.", { certain: true, permanent: true }));
    await act("Mara", "reply", "Here you are");
    const [reply] = await help.lines("outgoing", id);
    expect(reply?.delivery.state).toBe("failed");
    expect(await act("Mara", "retry")).toMatchObject({ ok: true, messageId: reply!._id });
    expect(help.channel.textsTo(customer)).toEqual(["Here you are"]);
  });

  test("cancel stops what has not left; retract and correct work on what has", async () => {
    const { act, help, customer, id } = await oneConversation(store());
    await store().inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.undoSeconds": 60 } });
    forgetSettings(help.core);
    await act("Mara", "reply", "Too early");
    expect(await act("Mara", "cancel")).toMatchObject({ ok: true });
    await store().inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.undoSeconds": 0 } });
    forgetSettings(help.core);
    expect((await help.lines("outgoing", id))[0]?.delivery.state).toBe("cancelled");
    expect(await act("Mara", "correct", "x")).toMatchObject({ ok: false, code: "MESSAGE_UNKNOWN" });

    await act("Mara", "reply", "It costs 10");
    const asked = await act("Mara", "correct");
    expect(asked.form?.fields[0]).toMatchObject({ value: "It costs 10", kind: "longtext" });
    expect(await act("Mara", asked.form!.id, "", { values: { value: "It costs 12" }, messageId: asked.messageId! })).toMatchObject({ ok: true });
    expect(help.channel.textsTo(customer)).toEqual(["It costs 10", "It costs 12"]);
    expect(await act("Mara", "retract")).toMatchObject({ ok: true });
    expect(help.channel.textsTo(customer)).toEqual(["It costs 10"]);
  });

  test("edit changes a reply in its window and at the customer's, asks with the present text, and offers a correction where the channel can't", async () => {
    const { act, help, customer, id, facts } = await oneConversation(store());
    expect(await act("Mara", "edit", "x")).toMatchObject({ ok: false, code: "MESSAGE_UNKNOWN" });
    await act("Mara", "reply", "It costs 10");
    const asked = await act("Mara", "edit");
    expect(asked.form?.fields[0]).toMatchObject({ value: "It costs 10", kind: "longtext" });
    expect(await act("Mara", asked.form!.id, "", { values: { value: "It costs 12" }, messageId: asked.messageId! })).toMatchObject({ ok: true });
    expect(help.channel.textsTo(customer)).toEqual(["It costs 12"]);
    expect(await facts()).toContainEqual(expect.objectContaining({ act: "edit", text: "It costs 12" }));
    expect((await help.lines("activity", id)).at(-1)?.body).toBe("Mara edited a reply. It says now: “It costs 12”");

    const [reply] = await help.lines("outgoing", id);
    expect(await act("Jonas", "edit", "It is free", { messageId: reply!._id })).toMatchObject({ ok: false, code: "NOT_ALLOWED" });
    expect(await act("Mara", "edit", "Ask @Jonas", { messageId: reply!._id, mentions: 1 })).toMatchObject({ ok: false, code: "NOT_POSSIBLE" });
    expect(await act("Mara", "edit", "!resolve", { messageId: reply!._id })).toMatchObject({ ok: false, code: "NOT_POSSIBLE" });
    expect(await act("Mara", "edit", "It costs 12", { messageId: reply!._id })).toMatchObject({ ok: true, notice: expect.stringContaining("already") as string });
    expect(help.channel.textsTo(customer)).toEqual(["It costs 12"]);

    help.core.channels.set(help.inbox._id, new Proxy(help.channel, { has: (of, name) => name !== "editPart" && name in of }));
    expect(await act("Mara", "edit")).toMatchObject({ ok: true, buttons: [{ id: "correct" }] });
    expect(await act("Mara", "edit", "It costs 14")).toMatchObject({ ok: true, buttons: [{ id: "correct" }] });
    expect((await help.lines("outgoing", id))[0]).toMatchObject({ body: "It costs 12" });

    await store().inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.undoSeconds": 60 } });
    forgetSettings(help.core);
    await act("Mara", "reply", "Wait");
    expect(await act("Mara", "edit", "Wait a moment")).toMatchObject({ ok: true, notice: expect.stringContaining("as it says now") as string });
    expect((await help.lines("outgoing", id)).at(-1)).toMatchObject({ body: "Wait a moment", delivery: { state: "queued" } });
    await act("Mara", "cancel");
    await store().inboxes.updateOne({ _id: help.inbox._id }, { $set: { "settings.undoSeconds": 0 } });
    forgetSettings(help.core);
  });

  test("what is offered outside a thread names its conversation, also on a desk that says the number itself", async () => {
    const { act, help, now } = await oneConversation(store());
    const { number } = await now();
    await act("Mara", "take");
    const asked = await actOutside(help, "Jonas", "take", `#${number}`);
    expect(asked).toMatchObject({ ok: false, buttons: [{ id: `take:#${number} --anyway` }] });
    expect((await act("Jonas", "take")).buttons).toEqual([expect.objectContaining({ id: "take:--anyway" })]);
    const { buttons = [] } = await actOutside(help, "Jonas", "more", `#${number}`);
    expect(buttons.map(({ id }) => id)).toContain(`label:#${number}`);
    expect(await actOutside(help, "Jonas", asked.buttons![0]!.id)).toMatchObject({ ok: true });
    expect((await now()).assigneeName).toBe("Jonas");
    expect(await actOutside(help, "Mara", "take", `#${number} #${number} --anyway`)).toMatchObject({ ok: true });
    expect((await now()).assigneeName).toBe("Mara");
  });

  test("a message of another conversation is refused", async () => {
    const first = await oneConversation(store());
    const second = await oneConversation(store());
    await first.act("Mara", "reply", "Mine");
    const [reply] = await first.help.lines("outgoing", first.id);
    expect(await second.act("Mara", "retract", "", { messageId: reply!._id })).toMatchObject({ ok: false, code: "MESSAGE_UNKNOWN" });
    expect((await byId(reply!._id)).deletedAt).toBeUndefined();
  });
});

describe("lists", () => {
  test("find, mine and queue show what they should, longest waiting first", async () => {
    const first = await oneConversation(store());
    const second = await oneConversation(store());
    const { help } = second;
    const [a, b] = [await first.now(), await second.now()];
    const queue = (await actOutside(help, "Jonas", "queue")).notice!;
    expect(queue.indexOf(`#${a.number} `)).toBeGreaterThan(0);
    expect(queue.indexOf(`#${a.number} `)).toBeLessThan(queue.indexOf(`#${b.number} `));

    await second.act("Jonas", "take");
    expect((await actOutside(help, "Jonas", "mine")).notice).toContain(`#${b.number} · `);
    expect((await actOutside(help, "Jonas", "queue")).notice).not.toContain(`#${b.number} `);
    expect((await actOutside(help, "Jonas", "find", "assignee:me is:open")).notice).toContain(`#${b.number} `);
    expect((await actOutside(help, "Jonas", "find", `parcel -#${a.number}`)).notice).not.toContain(`#${a.number} `);
    expect((await actOutside(help, "Jonas", "find", `"where parcel" #${a.number}`)).notice).toContain(`#${a.number} `);
    expect((await actOutside(help, "Jonas", "find", `${first.customer}`)).notice).toContain(`#${a.number} `);
    expect((await actOutside(help, "Jonas", "find", "zebra")).notice).toContain("Nothing fits");
    expect(await actOutside(help, "Jonas", "find", "statsu:open")).toMatchObject({ ok: false, code: "BAD_FILTER" });
  });

  test("a search stays within its candidates, and says when it had to leave something out", async () => {
    const first = await oneConversation(store());
    const second = await oneConversation(store());
    const { core, jonas } = second.help;
    const find = (text: string, candidates: number) => findConversations(core, jonas, text, { limit: 5, candidates });
    await expect(find("parcel", 1)).rejects.toMatchObject({ code: "TOO_BROAD" });
    await expect(find('"where parcel"', 1)).rejects.toMatchObject({ code: "TOO_BROAD" });
    expect(await find(`contact:${first.customer}`, 1)).toMatchObject({ conversations: [], cut: true });
    expect(await find(`contact:${second.customer}`, 1)).toMatchObject({ conversations: [{ _id: second.id }], cut: true });
    expect(await find(`contact:${first.customer} #${(await first.now()).number}`, 1)).toMatchObject({ conversations: [{ _id: first.id }], cut: false });
    await first.act("Mara", "label", "bug");
    expect(await find(`contact:${first.customer} label:bug`, 1)).toMatchObject({ conversations: [{ _id: first.id }], cut: false });
    expect(await find(`contact:${first.customer}`, 10_000)).toMatchObject({ conversations: [{ _id: first.id }], cut: false });
  });

  test("who tells what is known and what was before; help and more come from the table", async () => {
    const { act, help } = await oneConversation(store());
    const who = (await act("Mara", "who")).notice!;
    expect(who).toContain("Website");
    expect(who).toContain("No other conversation.");
    expect((await act("Mara", "help")).notice).toContain("/delivery [pause | resume]");
    expect((await actOutside(help, "Jonas", "help")).notice).not.toContain("/delivery");
    expect((await act("Mara", "help", "!snooze")).notice).toContain("also /later");
    expect((await act("Mara", "help", "find")).notice).toContain("waiting>2h");
    const more = (await act("Mara", "more")).buttons!.map((button) => button.id);
    expect(more).toContain("pending");
    expect(more).not.toContain("reopen");
  });
});

describe("watching over it", () => {
  test("only an administrator pauses and resumes delivery, and is told how much waited", async () => {
    const { act, help, customer } = await oneConversation(store());
    expect(await act("Jonas", "delivery", "pause")).toMatchObject({ ok: false, code: "NOT_ALLOWED" });
    expect(await actOutside(help, "Mara", "delivery", "pause")).toMatchObject({ ok: true, buttons: [{ id: "delivery:resume" }] });
    const { conversation } = { conversation: await help.conversation(customer) };
    await help.host.act({ desk: "fake", userId: "Mara", thread: conversation.thread!.id, verb: "reply", args: "Soon" });
    expect((await actOutside(help, "Mara", "health")).notice).toContain("paused until an administrator");
    expect(help.channel.textsTo(customer)).toEqual([]);
    expect(await actOutside(help, "Mara", "delivery", "pause")).toMatchObject({ ok: false, code: "ALREADY_SO" });
    expect((await actOutside(help, "Mara", "delivery", "resume")).notice).toContain("1 message is on the way");
    await help.settle();
    expect(help.channel.textsTo(customer)).toEqual(["Soon"]);
    expect((await actOutside(help, "Mara", "delivery")).notice).toContain("running");
  });
});
