/** What the team does goes to the bridge: signed, in order, once by its id, again when nobody knows; and what the bridge says of it. */
import { expect, test } from "vitest";
import type { Message } from "../../src/core/model/types.ts";
import { retryDelivery } from "../../src/core/services/message-acts.ts";
import { buildApi, type ApiSetup } from "../support/api.ts";
import { until } from "../support/widget.ts";

async function opened(setup: ApiSetup = {}) {
  const help = await buildApi(setup);
  const { contact } = help;
  await help.line("Hi", { id: "m-1", contact: contact(contact().id, { name: "Ana" }) });
  await help.settle();
  const thread = (await help.conversation()).thread!.id;
  const reply = async (): Promise<Message> => (await help.lines("outgoing"))[0]!;
  return { ...help, thread, reply, stateOf: async () => (await reply()).delivery.state };
}
type Help = Awaited<ReturnType<typeof opened>>;
const statusOf = (help: Help, id: string, status: string, more: object = {}) => help.call("POST", `/messages/${encodeURIComponent(id)}/status`, { body: { status, ...more } });

test("a reply is posted signed, once, with its author", async () => {
  const { say, bridge, contact, stateOf, texts } = await opened();
  await say("Good **day**");
  expect(bridge.unsigned).toEqual([]);
  expect(bridge.callsOf("message")).toHaveLength(1);
  expect(bridge.told("message")).toMatchObject([{ inbox: "sms", contact: { id: contact().id }, message: { text: "Good **day**", files: [], author: { name: "Mara" } } }]);
  expect(await stateOf()).toBe("sent");
  expect(await texts()).toEqual(["Hi", "Good **day**", "Mara took this conversation"]);
});

test("a note never goes out", async () => {
  const { say, bridge } = await opened();
  await say("note: he is angry");
  expect(bridge.calls).toEqual([]);
});

test("an agent's files go along and are fetched with the key", async () => {
  const { core, call, bridge, conversation, settle, mara } = await opened();
  const file = await core.files.put({ name: "offer.pdf", type: "application/pdf", owner: "desk" }, Buffer.from("%PDF-1.7 offer"), 1_000);
  const { sendReply } = await import("../../src/core/services/send-reply.ts");
  await sendReply(core, { conversation: await conversation(), agent: mara, body: "here", files: [file], source: "test:file" });
  await settle();
  const { message } = bridge.told("message")[0]!;
  expect(message).toMatchObject({ text: "here", files: [{ name: "offer.pdf" }] });
  expect((await call("GET", message.files[0]!.path.replace("/inbox/v1", ""))).raw.toString()).toBe("%PDF-1.7 offer");
});

test("receipts only climb, also out of order", async () => {
  const help = await opened();
  await help.say("Good day");
  const { id } = help.bridge.told("message")[0]!.message;
  expect(await statusOf(help, id, "read")).toMatchObject({ status: 200, body: { status: "read" } });
  expect(await statusOf(help, id, "delivered")).toMatchObject({ status: 200, body: { status: "read" } });
  expect(await statusOf(help, id, "failed", { error: { message: "late" } })).toMatchObject({ status: 200, body: { status: "read" } });
  const other = await help.addInbox({ key: "other.a-test-key-that-is-long-enough-03" });
  expect(other._id).not.toBe(help.inbox._id);
  expect(await help.call("POST", `/messages/${id}/status`, { body: { status: "read" }, key: "other.a-test-key-that-is-long-enough-03" })).toMatchObject({ status: 404 });
});

test("a failure that comes later is told to the agent in the bridge's words", async () => {
  const help = await opened();
  await help.say("Good day");
  const { id } = help.bridge.told("message")[0]!.message;
  expect(await statusOf(help, id, "failed", { error: { code: "ABSENT_SUBSCRIBER", message: "The phone is off." } })).toMatchObject({ body: { status: "failed" } });
  expect((await help.reply()).delivery.error).toEqual({ code: "ABSENT_SUBSCRIBER", text: "The phone is off." });
  // the bridge took the first one, so it would not take it again
  await retryDelivery(help.core, { message: await help.reply(), agent: help.mara });
  await help.settle();
  const ids = help.bridge.callsOf("message").map((one) => one.id);
  expect(ids).toEqual([id, `${id}.2`]);
  expect(help.bridge.taken.filter(({ body }) => body.event === "message")).toHaveLength(2);
  expect(await statusOf(help, ids[1]!, "delivered")).toMatchObject({ body: { status: "delivered" } });
});

test("all replies up to one are read at once", async () => {
  const help = await opened();
  await help.say("one"); await help.say("two"); await help.say("three");
  const ids = help.bridge.told("message").map(({ message }) => message.id);
  expect(await help.call("POST", "/read", { body: { contact: help.contact(), messageId: ids[1] } })).toMatchObject({ status: 204 });
  expect((await help.lines("outgoing")).map((m) => m.delivery.state)).toEqual(["read", "read", "sent"]);
  await help.call("POST", "/read", { body: { contact: help.contact() } });
  expect((await help.lines("outgoing")).map((m) => m.delivery.state)).toEqual(["read", "read", "read"]);
  await help.line("x", { contact: help.contact("other") });
  expect(await help.call("POST", "/read", { body: { contact: help.contact("other"), messageId: ids[1] } })).toMatchObject({ status: 404, body: { code: "MESSAGE_UNKNOWN" } });
});

test("an uncertain callback is sent again under the same id, in its order, and is never unknown", async () => {
  const help = await opened({ limits: { vendorCallMs: 400 } });
  const { bridge, clock, say } = help;
  bridge.fault({ hang: "after" });
  bridge.fault({ status: 500, effect: true });
  bridge.fault({ cut: true });
  await say("one");
  await say("two");
  // each look makes due what waits for its next try
  await until(async () => { clock.advance(300_000); expect((await help.lines("outgoing")).map((m) => m.delivery.state)).toEqual(["sent", "sent"]); });
  expect(bridge.shown.map(({ text }) => text)).toEqual(["one", "two"]);
  const [first] = bridge.callsOf("message");
  expect(bridge.callsOf("message").map(({ id }) => id === first!.id)).toEqual([true, true, true, true, false]);
});

test("a callback that a stop interrupted is sent again under the same id", async () => {
  const help = await opened();
  await help.say("one");
  const message = await help.reply();
  // as a process leaves it that died between the claim and the answer
  await help.store.messages.updateOne({ _id: message._id }, { $set: { "delivery.state": "sending", "delivery.dueAt": new Date(0), "delivery.parts": [{ key: message.delivery.parts[0]!.key, state: "sending" }] }, $unset: { "delivery.sentAt": "" } });
  await until(async () => expect(await help.stateOf()).toBe("sent"));
  expect(help.bridge.callsOf("message").map(({ id }) => id)).toEqual([message.delivery.parts[0]!.key, message.delivery.parts[0]!.key]);
  expect(help.bridge.shown).toHaveLength(1);
});

test("a receipt that overtakes the answer proves the arrival: nothing is sent again", async () => {
  const help = await opened({ limits: { vendorCallMs: 400 } });
  help.bridge.fault({ hang: "after" });
  await help.desk.say(help.thread, "Mara", "one", help.host);
  await until(() => expect(help.bridge.callsOf("message")).toHaveLength(1));
  await until(async () => expect((await help.reply()).delivery.tries).toBe(1));
  expect(await statusOf(help, help.bridge.callsOf("message")[0]!.id, "delivered")).toMatchObject({ status: 200, body: { status: "delivered" } });
  help.clock.advance(600_000);
  await help.settle();
  expect(await help.stateOf()).toBe("delivered");
  expect(help.bridge.callsOf("message")).toHaveLength(1);
});

test("of a reply in two parts only what nobody knows of is sent again", async () => {
  const help = await opened({ limits: { vendorCallMs: 400 } });
  const { bridge, clock, desk, thread, host } = help;
  const long = `${"first ".repeat(3_000)}\n\n${"second ".repeat(2_000)}`;
  bridge.fault({ status: 200, effect: true });
  bridge.fault({ hang: "after" });
  await desk.say(thread, "Mara", long, host);
  await until(async () => expect((await help.reply()).delivery.tries).toBe(1));
  const [first, second] = bridge.callsOf("message").map(({ id }) => id);
  expect(await statusOf(help, first!, "read")).toMatchObject({ body: { status: "queued" } });
  expect(await statusOf(help, second!, "sent")).toMatchObject({ body: { status: "sent" } });
  clock.advance(600_000);
  await help.settle();
  expect(bridge.callsOf("message")).toHaveLength(2);
  expect(bridge.shown.map(({ text }) => text.slice(0, 6))).toEqual(["first ", "second"]);
  expect(await help.stateOf()).toBe("sent");
});

test("a bridge that refuses a message fails it at once, and Retry sends it under the same id", async () => {
  const help = await opened();
  help.bridge.fault({ status: 422, body: { code: "BLOCKED_BY_CONTACT", message: "STOP was\nreceived" } });
  await help.say("one");
  expect(await help.reply()).toMatchObject({ delivery: { state: "failed", error: { code: "BLOCKED_BY_CONTACT", text: "The customer does not take messages from us any more. (STOP was received)" } } });
  await retryDelivery(help.core, { message: await help.reply(), agent: help.mara });
  await help.settle();
  expect(await help.stateOf()).toBe("sent");
  expect(new Set(help.bridge.callsOf("message").map(({ id }) => id)).size).toBe(1);
});

test("an unreachable bridge is tried for a day, told in Health, then given up", async () => {
  const help = await opened();
  help.bridge.fault({ status: 503 }, 1_000);
  await help.say("one");
  expect(await help.reply()).toMatchObject({ delivery: { state: "queued", tries: 1 } });
  help.clock.advance(23 * 3_600_000);
  await until(async () => expect(await help.reply()).toMatchObject({ delivery: { state: "queued", tries: 2 } }));
  expect(help.troubles).toContain("UNREACHABLE");
  help.clock.advance(2 * 3_600_000);
  await until(async () => expect(await help.stateOf()).toBe("failed"));
  expect((await help.reply()).delivery.error).toMatchObject({ code: "UNREACHABLE" });
});

test("a rate limit waits as long as it says", async () => {
  const help = await opened();
  help.bridge.fault({ status: 429, headers: { "retry-after": "120" } });
  await help.say("one");
  const waits = (await help.reply()).delivery.dueAt!.getTime() - help.clock.now().getTime();
  expect(waits).toBeGreaterThan(60_000);
  expect(waits).toBeLessThanOrEqual(120_000);
  help.clock.advance(121_000);
  await until(async () => expect(await help.stateOf()).toBe("sent"));
});

test("edits, deletions, reactions and typing follow", async () => {
  const help = await opened();
  const { bridge, desk, host, thread, settle, contact } = help;
  const post = await help.say("Good dya");
  await desk.editSaid(thread, post.id, "Mara", "Good day", host);
  await settle();
  expect(bridge.shown).toMatchObject([{ text: "Good day", edited: true }]);
  const theirs = desk.threads.get(thread)!.posts.find((one) => one.post.text === "Hi")!;
  await host.accept("fake", [{ id: `${theirs.id}:react:1`, thread, at: help.clock.now(), data: { type: "reaction", postId: theirs.id, userId: "Mara", emoji: "❤️", removed: false } }]);
  await settle();
  expect(bridge.told("message.reactions")).toMatchObject([{ message: { id: "m-1" }, emojis: ["❤️"], contact: { id: contact().id } }]);
  await host.typing("fake", thread, "Mara", true);
  await until(() => expect(bridge.told("typing")).toMatchObject([{ typing: true, author: { name: "Mara" } }]));
  await until(() => expect(bridge.told("read")).toMatchObject([{ message: { id: "m-1" }, contact: { id: contact().id } }]));
  await desk.deleteSaid(thread, post.id, "Mara", host);
  await settle();
  expect(bridge.shown).toEqual([]);
});

test("the delivery log tells what went out, and sends one again with a new signature", async () => {
  const help = await opened();
  const { bridge, call, clock, say } = help;
  bridge.fault({ status: 503 });
  await say("one");
  expect(await call("GET", "/deliveries?taken=false")).toMatchObject({ status: 200, body: { deliveries: [{ event: "message", tries: 1, taken: false, last: { status: 503, fault: expect.stringContaining("503") } }], more: false } });
  clock.advance(10_000);
  await until(async () => expect(await help.stateOf()).toBe("sent"));
  await say("two");
  const { body } = await call("GET", "/deliveries?limit=1");
  const [newest] = body["deliveries"] as { id: string }[];
  expect(body).toMatchObject({ more: true });
  const older = await call("GET", `/deliveries?before=${encodeURIComponent(newest!.id)}`);
  const [first] = older.body["deliveries"] as { id: string }[];
  const { body: whole } = await call("GET", `/deliveries/${encodeURIComponent(first!.id)}`);
  expect(whole).toMatchObject({ tries: 2, taken: true, attempts: [{ status: 503 }, { status: 200, fault: null }] });
  expect(JSON.parse(whole["body"] as string)).toMatchObject({ id: first!.id, event: "message", message: { text: "one" } });
  const before = bridge.callsOf("message").length;
  expect(await call("POST", `/deliveries/${encodeURIComponent(first!.id)}/replay`)).toMatchObject({ status: 200, body: { taken: true, status: 200, fault: null } });
  expect(bridge.callsOf("message").slice(before)).toMatchObject([{ id: first!.id, answered: 200 }]);
  expect(bridge.shown.map(({ text }) => text)).toEqual(["one", "two"]);
  bridge.fault({ status: 500 });
  expect(await call("POST", `/deliveries/${encodeURIComponent(first!.id)}/replay`)).toMatchObject({ status: 200, body: { taken: false, status: 500, fault: expect.stringContaining("500") } });
  expect(await help.stateOf()).toBe("sent");
});
