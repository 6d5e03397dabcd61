/** The mirror after timeouts, faults and crashes: one post for each line, all of it there, and nobody is left untold. */
import { expect, test } from "vitest";
import { DeliveryError, DeskError } from "../../src/core/errors.ts";
import { retryDelivery } from "../../src/core/services/message-acts.ts";
import { sendReply } from "../../src/core/services/send-reply.ts";
import { buildTestCore } from "../support/core.ts";

type Help = Awaited<ReturnType<typeof opened>>;
const threadOf = async (help: Help) => (await help.conversation()).thread!.id;
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
/** Another process on the same store, after this one is gone. */
async function restarted(help: Help) {
  await help.assembly.stop();
  return (between: () => Promise<unknown>) => between().then(() => buildTestCore({ store: help.store, clock: help.clock, channel: help.channel, desk: help.desk }));
}
const allPosted = async (help: Help) => (await help.lines("incoming")).every((m) => m.mirror.state === "posted" && m.mirror.dueAt === undefined);

test("an album whose post timed out after its effect is in the thread once, with all its parts", async () => {
  const help = await opened({ limits: { albumMs: 60_000 } });
  const post = help.desk.post.bind(help.desk);
  help.desk.post = async (...call) => {
    help.desk.post = post;
    await post(...call);
    throw new DeskError("TIMEOUT", "too late", { certain: false, retryAfterMs: 100 });
  };
  await Promise.all(["one", "two", "three"].map((text) => help.write(text, "ana", { groupId: "g" })));
  help.clock.advance(60_000);
  await until(() => allPosted(help));
  const [, album = "", ...more] = await help.texts();
  expect([album.split("\n").toSorted(), more]).toEqual([["one", "three", "two"], []]);
});

test("an album that was posted by a process which died before it noted that is not posted again", async () => {
  const help = await opened({ limits: { albumMs: 60_000 } });
  await help.write("one", "ana", { groupId: "g" });
  await help.write("two", "ana", { groupId: "g" });
  await help.settle();
  const start = await restarted(help);
  const again = await start(async () => {
    const [, one] = await help.lines("incoming");
    await help.desk.post(await threadOf(help), { kind: "customer", author: { name: "Ana · Fake" }, text: "one", files: [], marks: [] }, one!._id, AbortSignal.timeout(1_000));
    await help.store.conversations.updateOne({}, { $set: { "lanes.mirror.head": one!._id, "lanes.mirror.until": new Date(0), "lanes.mirror.token": 99 } });
    await help.store.messages.updateMany({ groupId: "g" }, { $set: { "mirror.dueAt": help.clock.now() } });
  });
  await until(() => allPosted(again));
  expect(await again.texts()).toEqual(["Hi", "one\ntwo"]);
});

test("an edit of one part of an album leaves the others in the post", async () => {
  const help = await opened({ limits: { albumMs: 60_000 } });
  await help.write("one", "ana", { groupId: "g", channelMessageId: "a1" });
  await help.write("two", "ana", { groupId: "g", channelMessageId: "a2" });
  help.clock.advance(60_000);
  await until(() => allPosted(help));
  await help.receive({ type: "edit", inboxId: help.inbox._id, address: "ana", eventId: "e1", channelMessageId: "a2", text: "TWO", at: help.clock.now() });
  await help.settle();
  expect(await help.texts()).toEqual(["Hi", "one\nTWO"]);
});

test("a desk that breaks in an unexpected way after the effect gets no second post", async () => {
  const help = await opened();
  const post = help.desk.post.bind(help.desk);
  let keys = 0;
  help.desk.post = async (thread, said, key, signal) => {
    if (++keys > 1) return post(thread, said, `${key}:again`, signal);
    await post(thread, said, key, signal);
    throw new TypeError("cannot read the answer");
  };
  await help.write("only once");
  await until(() => allPosted(help));
  expect(await help.texts()).toEqual(["Hi", "only once"]);
});

test("the clocks stop also when the process died between the send and the clocks", async () => {
  const help = await opened();
  const start = await restarted(help);
  const again = await start(async () => {
    const reply = await sendReply(help.core, { conversation: await help.conversation(), agent: help.mara, body: "Hello", files: [], source: "test:1" });
    const now = help.clock.now();
    await help.store.messages.updateOne({ _id: reply._id }, { $set: { "delivery.state": "sent", "delivery.sentAt": now, "mirror.dueAt": now }, $unset: { "delivery.dueAt": "" } });
  });
  await until(async () => (await again.conversation()).firstReplyAt !== null);
  expect((await again.conversation()).waitingSince).toBeNull();
});

test("an old reply that is tried again does not make the customer wait anew", async () => {
  const help = await opened();
  help.channel.failNext(new DeliveryError("REFUSED", "no", { certain: true, permanent: true }));
  await help.say("first try");
  await help.write("anybody there?");
  await help.settle();
  await help.say("yes");
  expect((await help.conversation()).waitingSince).toBeNull();
  const [failed] = await help.lines("outgoing");
  await retryDelivery(help.core, { message: failed!, agent: help.mara });
  await help.settle();
  expect(help.channel.textsTo("ana")).toEqual(["yes", "first try"]);
  expect((await help.conversation()).waitingSince).toBeNull();
});

test("a failed reply is told to its author, also when it was no line of theirs in the thread", async () => {
  const help = await opened();
  help.channel.failNext(new DeliveryError("REFUSED", "Telegram said no.", { certain: true, permanent: true }));
  await help.host.act({ desk: "fake", userId: "Mara", thread: await threadOf(help), verb: "reply", args: "by command" });
  await help.settle();
  expect(help.desk.notices.at(-1)).toMatchObject({ userId: "Mara", notice: { buttons: [{ id: "retry" }] } });
  expect(help.desk.notices.at(-1)!.notice.text).toContain("Telegram said no.");
});

test("an edit that the channel refuses is told to its author", async () => {
  const help = await opened();
  const post = await help.say("the old text");
  help.channel.failNext(new DeliveryError("REFUSED", "It is too old to be changed.", { certain: true, permanent: true }));
  await help.desk.editSaid(await threadOf(help), post.id, "Mara", "the new text", help.host);
  await help.settle();
  const { notice } = help.desk.notices.at(-1)!;
  expect(notice.text).toContain("It is too old to be changed.");
  expect(notice.buttons.map((b) => b.id)).toEqual(["correct"]);
  expect(help.channel.textsTo("ana")).toEqual(["the old text"]);
});

test("what makes a line due again while its card is drawn is told, though its receipt is noted behind that", async () => {
  const help = await opened();
  const draw = help.desk.updateCard.bind(help.desk);
  let refused = false;
  help.desk.updateCard = async (...args) => {
    const line = await help.store.messages.findOne({ kind: "outgoing", "delivery.state": "sent" });
    if (line !== null && !refused) {
      refused = true;
      await help.store.messages.updateOne({ _id: line._id }, { $set: { "mirror.untold": true, "mirror.dueAt": help.clock.now() } });
    }
    return draw(...args);
  };
  await help.say("an answer");
  await help.settle();
  expect(refused).toBe(true);
  expect(help.desk.notices.at(-1)?.notice.text).toContain("as it was before your edit");
});
