/** Edits, deletions and crashes while a reply is on its way: the customer gets what its author meant, once, and the author is told the truth. */
import { expect, test } from "vitest";
import { DeliveryError } from "../../src/core/errors.ts";
import { retryDelivery, sendHeld } from "../../src/core/services/message-acts.ts";
import { sendReply } from "../../src/core/services/send-reply.ts";
import type { OwnStoreChannel } from "../../src/core/ports.ts";
import { buildTestCore } from "../support/core.ts";
import { FakeChannel } from "../fakes/fake-channel.ts";

const busyChannel = (retryAfterMs: number) => new DeliveryError("RATE_LIMITED", "wait", { certain: true, retryAfterMs });
type Help = Awaited<ReturnType<typeof opened>>;
const threadOf = async (help: Help) => (await help.conversation()).thread!.id;
const replies = (help: Help) => help.lines("outgoing");
const LONG = `${"first ".repeat(160)}\n\n${"second ".repeat(100)}`;

async function opened(options: Parameters<typeof buildTestCore>[0] = {}) {
  const help = await buildTestCore(options);
  await help.write("Hi");
  await help.settle();
  return help;
}

async function until(holds: () => unknown): Promise<void> {
  for (const end = Date.now() + 10_000; !(await holds()); ) {
    if (Date.now() > end) throw new Error("It did not come to that within 10 s.");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The channel's call number `nth` waits until it is let go, and then ends as told. */
function gate(help: Help, nth: number, ends: () => void = () => undefined): { reached: Promise<void>; open: () => void } {
  const sendPart = help.channel.sendPart.bind(help.channel);
  let open = () => undefined as void;
  let reach = () => undefined as void;
  const opening = new Promise<void>((resolve) => { open = resolve; });
  const reached = new Promise<void>((resolve) => { reach = resolve; });
  let calls = 0;
  help.channel.sendPart = async (...call) => {
    if (++calls === nth) { reach(); await opening; ends(); }
    return sendPart(...call);
  };
  return { reached, open };
}
const refuseFor = (ms: number) => () => { throw busyChannel(ms); };

/** A reply of two parts of which the first has left while the second has to wait. */
async function halfSent(help: Help) {
  const second = gate(help, 2, refuseFor(60_000));
  const post = await help.desk.say(await threadOf(help), "Mara", LONG, help.host);
  await second.reached;
  second.open();
  await until(async () => (await replies(help))[0]!.delivery.state === "queued");
  expect(help.channel.sent).toHaveLength(1);
  return post;
}

test("an unknown reply that was deleted can't be tried again, and the lane goes on", async () => {
  const help = await opened();
  const call = gate(help, 1, () => { throw new DeliveryError("TIMEOUT", "no answer", { certain: false }); });
  const post = await help.desk.say(await threadOf(help), "Mara", "never mind", help.host);
  await call.reached;
  await help.desk.deleteSaid(await threadOf(help), post.id, "Mara", help.host);
  await until(async () => (await replies(help))[0]!.deletedAt !== undefined);
  call.open();
  await help.settle();
  const unknown = (await replies(help))[0]!;
  expect(unknown.delivery.state).toBe("unknown");
  await expect(retryDelivery(help.core, { message: unknown, agent: help.mara })).rejects.toThrow("deleted");
  await help.say("something else");
  expect(help.channel.textsTo("ana")).toEqual(["something else"]);
});

test("a reply deleted during a send that the channel puts off is cancelled, and the lane goes on", async () => {
  const help = await opened();
  const call = gate(help, 1, refuseFor(100));
  const post = await help.desk.say(await threadOf(help), "Mara", "wrong window", help.host);
  await call.reached;
  await help.desk.deleteSaid(await threadOf(help), post.id, "Mara", help.host);
  await until(async () => (await replies(help))[0]!.deletedAt !== undefined);
  call.open();
  await until(async () => (await replies(help))[0]!.delivery.state === "cancelled");
  await help.say("the right answer");
  expect(help.channel.textsTo("ana")).toEqual(["the right answer"]);
});

test("an edit between two parts of a long reply reaches the part that is there already", async () => {
  const help = await opened();
  const post = await halfSent(help);
  await help.desk.editSaid(await threadOf(help), post.id, "Mara", LONG.replaceAll("first", "FIRST").replaceAll("second", "SECOND"), help.host);
  await help.settle();
  help.clock.advance(60_000);
  await until(() => help.channel.sent.length === 2 && help.channel.sent[0]!.edited);
  await help.settle();
  const got = help.channel.textsTo("ana").join(" ");
  expect(got).not.toMatch(/first|second/);
  expect(got).toMatch(/FIRST.*SECOND/s);
});

test("a reply of which a part has left does not become a note: its author is told what the customer has", async () => {
  const help = await opened();
  const post = await halfSent(help);
  await help.desk.editSaid(await threadOf(help), post.id, "Mara", "note: not for them", help.host);
  await help.settle();
  help.clock.advance(60_000);
  await until(() => help.channel.sent.length === 2);
  await help.settle();
  expect((await replies(help))[0]!.delivery.state).toBe("sent");
  expect(help.desk.notices.at(-1)!.notice.text).toContain("the customer has the text as it was sent");
});

test("a deletion between two parts takes back the part that is there and sends no other", async () => {
  const help = await opened();
  const post = await halfSent(help);
  await help.desk.deleteSaid(await threadOf(help), post.id, "Mara", help.host);
  await until(() => help.channel.sent[0]!.deleted);
  help.clock.advance(60_000);
  await help.settle();
  expect(help.channel.sent).toHaveLength(1);
});

test("a failed reply that is edited goes out as edited; a deleted one can't be tried again", async () => {
  const help = await opened();
  help.channel.failNext(new DeliveryError("REFUSED", "no", { certain: true, permanent: true }), new DeliveryError("REFUSED", "no", { certain: true, permanent: true }));
  const first = await help.say("teh answer");
  const second = await help.say("another");
  await help.desk.editSaid(await threadOf(help), first.id, "Mara", "the answer", help.host);
  await help.desk.deleteSaid(await threadOf(help), second.id, "Mara", help.host);
  await help.settle();
  const [one, two] = await replies(help);
  await retryDelivery(help.core, { message: one!, agent: help.mara });
  await expect(retryDelivery(help.core, { message: two!, agent: help.mara })).rejects.toThrow();
  await help.settle();
  expect(help.channel.textsTo("ana")).toEqual(["the answer"]);
});

test("a deletion by somebody who is no agent still wins", async () => {
  const help = await opened({ settings: { undoSeconds: 60 } });
  const post = await help.say("a moderator removes this");
  await help.desk.deleteSaid(await threadOf(help), post.id, "Moderator", help.host);
  await until(async () => (await replies(help))[0]!.delivery.state === "cancelled");
  help.clock.advance(60_000);
  await help.settle();
  expect(help.channel.sent).toEqual([]);
});

test("Send to customer sends only the text that passed the guard", async () => {
  const help = await opened();
  const post = await help.say("@Jonas fine?", "Mara", undefined, 1);
  const [held] = await help.lines("note");
  await help.desk.editSaid(await threadOf(help), post.id, "Mara", "note: he is a nuisance", help.host);
  await help.settle();
  await expect(sendHeld(help.core, { message: held!, agent: help.mara })).rejects.toThrow("edited");
  const [edited] = await help.lines("note");
  await help.desk.deleteSaid(await threadOf(help), post.id, "Mara", help.host);
  await help.settle();
  await expect(sendHeld(help.core, { message: edited!, agent: help.mara })).rejects.toThrow();
  expect(help.channel.sent).toEqual([]);
});

test("what our own store shows the customer already is sent, also after a crash: it can't be cancelled any more", async () => {
  const channel = Object.assign(new FakeChannel(), { ownStore: true as const }) satisfies OwnStoreChannel;
  const help = await opened({ channel });
  await help.assembly.stop();
  const reply = await sendReply(help.core, { conversation: await help.conversation(), agent: help.mara, body: "on your screen", files: [], source: "test:1" });
  // as a process leaves it that died right after the claim
  await help.store.messages.updateOne({ _id: reply._id }, { $set: { "delivery.state": "sending", "delivery.token": 1, "delivery.parts": [{ key: `${reply._id}:0`, state: "sending" }], feedSeqs: [50], feedFirst: 50, feedLast: 50 } });
  const again = await buildTestCore({ store: help.store, clock: help.clock, channel, desk: help.desk });
  await until(async () => (await again.store.messages.findOne({ _id: reply._id }))!.delivery.state === "sent");
  await again.settle();
  const after = (await again.store.messages.findOne({ _id: reply._id }))!;
  expect(after.delivery).toMatchObject({ state: "sent", parts: [{ state: "sent", vendorId: `${reply._id}:0` }] });
  expect(await again.conversation()).toMatchObject({ waitingSince: null });
});
