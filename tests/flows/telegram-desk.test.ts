/** A Telegram customer and an agent through the whole core: in by polling, into the thread, out through the bot. */
import { expect, onTestFinished, test } from "vitest";
import { sourceOf } from "../../src/bridge/from-desk.ts";
import { isListening } from "../../src/core/ports.ts";
import { receiveEvent } from "../../src/core/services/receive-inbound.ts";
import { sendReply } from "../../src/core/services/send-reply.ts";
import { FakeTelegram } from "../fakes/telegram/server.ts";
import { wireTelegram } from "../fakes/telegram/wire.ts";
import { buildTestCore } from "../support/core.ts";

async function setUp() {
  const fake = await FakeTelegram.start();
  const help = await buildTestCore({ limits: { albumMs: 60, fileWaitMs: 2_000 } });
  const { adapter } = wireTelegram(fake, { inboxId: help.inbox._id, files: help.core.files });
  help.core.channels.set(help.inbox._id, adapter);
  const stop = new AbortController();
  if (!isListening(adapter)) throw new Error("Telegram listens.");
  const listening = adapter.listen(async (events) => { for (const event of events) await receiveEvent(help.core, event); }, stop.signal);
  onTestFinished(async () => { stop.abort(); await listening; await fake.close(); });
  const ana = fake.user(77, "Ana");
  const inThread = async () => help.desk.threads.get((await help.conversation()).thread!.id)!.posts.filter((post) => !post.removed);
  /** Waits until the thread shows so many posts and nothing is under way. */
  const posts = async (count: number) => {
    await expect.poll(async () => { const [any] = await help.store.conversations.find({ "thread.id": { $exists: true } }).toArray(); return any === undefined ? 0 : (await inThread()).length; }, { timeout: 40_000 }).toBeGreaterThanOrEqual(count);
    await help.settle();
    return inThread();
  };
  const out = async () => (await help.lines("outgoing")).map(({ body, delivery }) => [body, delivery.state]);
  return { fake, help, ana, posts, out };
}

test("there and back, with formatting, edits of both sides and a reaction", async () => {
  const { fake, help, ana, posts, out } = await setUp();
  const said = ana.says("Where is <b>my</b> parcel?");
  expect((await posts(1)).map(({ post }) => [post.kind, post.text])).toEqual([["customer", "Where is <b>my</b> parcel?"]]);
  const reply = await help.say("It is **on its way**.");
  await help.settle();
  expect(ana.sees.map(({ text, entities }) => [text, entities.map((e) => e.type)])).toEqual([["It is on its way.", ["bold"]]]);
  expect(await out()).toEqual([["It is **on its way**.", "sent"]]);
  ana.edits(said, "Where is my parcel, please?");
  await expect.poll(async () => (await posts(2))[0]!.post.text).toContain("please?");
  ana.reacts(ana.sees[0]!.messageId, "🙏");
  await expect.poll(async () => (await help.lines("outgoing"))[0]!.reactions.map((r) => r.emoji)).toEqual(["🙏"]);
  const thread = (await help.conversation()).thread!.id;
  await help.desk.editSaid(thread, reply.id, "Mara", "It arrives **today**.", help.host);
  await fake.until(() => ana.sees[0]?.text === "It arrives today.", "the edit");
  await help.settle();
});

test("an album, a document and a voice message arrive with their files", async () => {
  const { help, ana, posts } = await setUp();
  ana.sendsAlbum(3, "All three sides");
  ana.sendsDocument({ name: "../invoice.pdf", content: Buffer.from("%PDF-1.7 invoice") });
  ana.sendsVoice(7);
  ana.sendsDocument({ name: "film.zip", size: 700_000_000 });
  await posts(1);
  await expect.poll(async () => (await help.lines("incoming")).flatMap((line) => line.files).map(({ name, state, type }) => [name, state, type]), { timeout: 40_000 }).toEqual([
    ["photo.jpg", "ready", "image/jpeg"], ["photo.jpg", "ready", "image/jpeg"], ["photo.jpg", "ready", "image/jpeg"], ["invoice.pdf", "ready", "application/pdf"], ["voice.ogg", "ready", "audio/ogg"], ["film.zip", "missing", "application/pdf"],
  ]);
  await help.settle();
  const lines = await help.lines("incoming");
  expect(lines.map((line) => line.body)).toEqual(["All three sides", "", "", "", "Voice message, 0:07", ""]);
  expect(new Set(lines.slice(0, 3).map((line) => line.groupId)).size).toBe(1);
  expect(await help.core.files.buffer(lines[3]!.files[0]!.fileId, 100)).toEqual(Buffer.from("%PDF-1.7 invoice"));
});

test("an edited reply keeps its files", async () => {
  const { fake, help, ana, posts } = await setUp();
  ana.says("Please send the papers");
  await posts(1);
  const conversation = await help.conversation(), thread = conversation.thread!.id;
  const put = (name: string) => help.core.files.put({ name, type: "application/pdf", owner: "agent" }, Buffer.from("%PDF-1.7 x"), 100);
  const post = await help.desk.say(thread, "Mara", "Here thay are.");
  await sendReply(help.core, {
    conversation, agent: help.mara, body: "Here thay are.", files: [await put("one.pdf"), await put("two.pdf")], source: sourceOf(thread, post.id),
    origin: { thread, postId: post.id, desk: "fake", userId: "Mara" },
  });
  await fake.until(() => ana.sees.length === 3, "text and two files");
  await help.settle();
  await help.desk.editSaid(thread, post.id, "Mara", "Here they are.", help.host);
  await fake.until(() => ana.sees[0]?.text === "Here they are.", "the edit");
  await help.settle();
  expect(ana.sees.map(({ text, file }) => file?.filename ?? text)).toEqual(["Here they are.", "one.pdf", "two.pdf"]);
});

test("what Telegram refuses, doesn't answer or asks to wait for is told as what it is", async () => {
  const { fake, help, ana, posts, out } = await setUp();
  ana.says("Hello");
  await posts(1);
  fake.fault({ method: "sendMessage", do: { status: 502, after: true } });
  await help.say("one");
  fake.fault({ method: "sendMessage", do: { status: 429, retryAfter: 1 } });
  await help.say("two");
  await fake.until(() => ana.sees.some(({ text }) => text === "two"), "the second reply", 40_000);
  await help.settle();
  expect(await out()).toEqual([["one", "unknown"], ["two", "sent"]]);
  expect(ana.sees.map(({ text }) => text)).toEqual(["one", "two"]);
  ana.blocks();
  await help.say("three");
  await expect.poll(async () => (await out()).at(-1)).toEqual(["three", "failed"]);
  expect((await help.lines("outgoing")).at(-1)!.delivery.error).toMatchObject({ code: "BLOCKED_BY_CONTACT", text: expect.stringContaining("blocked the bot") });
  expect(await help.store.identities.findOne({ address: "77" })).toMatchObject({ unreachable: { code: "BLOCKED_BY_CONTACT" } });
  expect(fake.callsOf("sendMessage")).toHaveLength(4);
});
