/** The first reply takes an unassigned conversation; who comes second meets the owner guard, whichever way the reply came. */
import { expect, test } from "vitest";
import type { DeskThreadId } from "../../src/core/model/types.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
type One = Awaited<ReturnType<typeof oneConversation>>;

/** What an agent's line that mentions a colleague becomes: a held note, and its id. */
async function heldBy(one: One, who: string, text: string): Promise<string> {
  await one.help.say(text, who, (await one.now()).thread!.id as DeskThreadId, 1);
  return (await one.help.lines("note", one.id)).find((line) => line.body === text)!._id;
}

test("of two who reply at once one takes it and sends; the other is asked", async () => {
  const one = await oneConversation(store());
  const results = await Promise.all([one.act("Mara", "reply", "from Mara"), one.act("Jonas", "reply", "from Jonas")]);
  const winner = results[0].notice === undefined ? "Mara" : "Jonas";
  expect(one.help.channel.textsTo(one.customer)).toEqual([`from ${winner}`]);
  expect((await one.now()).assigneeName).toBe(winner);
  expect(results.filter((result) => result.notice !== undefined)).toMatchObject([{ notice: expect.stringContaining("someone else owns"), buttons: [{ id: "send" }, { id: "keep" }] }]);
  const [held] = await one.help.lines("note", one.id);
  expect(held).toMatchObject({ body: `from ${winner === "Mara" ? "Jonas" : "Mara"}`, held: { why: "owner" } });
  expect((await one.facts()).filter((fact) => fact.type === "assigned")).toHaveLength(1);
});

test("it is taken before the reply is stored, so that a stop between them leaves no reply without an owner", async () => {
  const one = await oneConversation(store());
  await one.act("Mara", "reply", "On its way.");
  expect((await one.help.messages(one.id)).map((line) => line.kind)).toEqual(["incoming", "activity", "outgoing"]);
  expect((await one.now()).assigneeName).toBe("Mara");
});

test("Send to customer takes it as a reply does", async () => {
  const one = await oneConversation(store());
  const messageId = await heldBy(one, "Jonas", "Ask Mara about it");
  expect((await one.now()).assigneeId).toBeNull();
  expect(await one.act("Jonas", "send", "", { messageId })).toMatchObject({ ok: true });
  expect(one.help.channel.textsTo(one.customer)).toEqual(["Ask Mara about it"]);
  expect((await one.now()).assigneeName).toBe("Jonas");
});

test("of two held lines sent at once one goes, the other is asked about the owner", async () => {
  const one = await oneConversation(store());
  const [ofMara, ofJonas] = [await heldBy(one, "Mara", "Ask Jonas about it"), await heldBy(one, "Jonas", "Ask Mara about it")];
  const results = await Promise.all([one.act("Mara", "send", "", { messageId: ofMara }), one.act("Jonas", "send", "", { messageId: ofJonas })]);
  expect(results.map((result) => result.ok).toSorted()).toEqual([false, true]);
  expect(results.find((result) => !result.ok)!.notice).toContain("someone else owns");
  expect(one.help.channel.textsTo(one.customer)).toHaveLength(1);
  const loser = results[0].ok ? { name: "Jonas", messageId: ofJonas } : { name: "Mara", messageId: ofMara };
  expect(await one.act(loser.name, "send", "", { messageId: loser.messageId })).toMatchObject({ ok: true });
  expect(one.help.channel.textsTo(one.customer)).toHaveLength(2);
  expect((await one.now()).assigneeName).not.toBe(loser.name);
});

test("an inbox that does not take on reply lets both go", async () => {
  const one = await oneConversation(store());
  await one.help.store.inboxes.updateOne({ _id: one.help.inbox._id }, { $set: { "settings.takeOnReply": false } });
  forgetSettings(one.help.core);
  await Promise.all([one.act("Mara", "reply", "from Mara"), one.act("Jonas", "reply", "from Jonas")]);
  await one.help.store.inboxes.updateOne({ _id: one.help.inbox._id }, { $set: { "settings.takeOnReply": true } });
  expect(one.help.channel.textsTo(one.customer).toSorted()).toEqual(["from Jonas", "from Mara"]);
  expect((await one.now()).assigneeId).toBeNull();
});

test("a line in the thread takes it, too, before it is stored", async () => {
  const one = await oneConversation(store());
  await one.help.say("On its way.", "Mara", (await one.now()).thread!.id as DeskThreadId);
  expect((await one.help.messages(one.id)).map((line) => line.kind)).toEqual(["incoming", "activity", "outgoing"]);
});

test("a line in the thread and a /reply at once: one goes, the other is held for its owner", async () => {
  const one = await oneConversation(store());
  const { help } = one;
  const thread = (await one.now()).thread!.id as DeskThreadId;
  await Promise.all([help.desk.say(thread, "Mara", "from Mara", help.host), one.act("Jonas", "reply", "from Jonas")]);
  await help.settle();
  expect(help.channel.textsTo(one.customer)).toEqual([`from ${(await one.now()).assigneeName}`]);
  expect(await help.lines("note", one.id)).toMatchObject([{ held: { why: "owner" } }]);
});
