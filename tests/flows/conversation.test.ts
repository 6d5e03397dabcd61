/** The main job on a real store with fakes at both ends: receive, mirror, reply, receipt, reopen. */
import { describe, expect, test } from "vitest";
import { DeliveryError, DeskError } from "../../src/core/errors.ts";
import { recordSeen, feedAfter } from "../../src/core/services/feed.ts";
import { buildTestCore } from "../support/core.ts";

/** For what is tried again after a while. */
const WAIT = { timeout: 40_000, interval: 20 };

describe("a customer writes", () => {
  test("the line becomes a thread with a card and one post that carries the channel's name", async () => {
    const help = await buildTestCore();
    await help.write("Where is my parcel?");
    await help.settle();
    const conversation = await help.conversation();
    expect(conversation).toMatchObject({ number: 1001, status: "open", subject: "Where is my parcel?", counts: { incoming: 1 } });
    expect(conversation.waitingSince).toBeInstanceOf(Date);
    const [thread] = help.desk.threads.values();
    expect(thread!.card).toMatchObject({ number: 1001, title: "Where is my parcel?" });
    expect(thread!.posts.map((p) => [p.post.author.name, p.post.text])).toEqual([["Ana · Fake", "Where is my parcel?"]]);
  });

  test("a repeated webhook makes no second message, another text under the same id is a conflict", async () => {
    const help = await buildTestCore();
    const first = await help.write("Hello", "ana", { channelMessageId: "m1" });
    const again = await help.write("Hello", "ana", { channelMessageId: "m1" });
    const other = await help.write("Hullo", "ana", { channelMessageId: "m1" });
    expect([first.outcome, again.outcome, other.outcome]).toEqual(["stored", "duplicate", "conflict"]);
    expect(again.message?._id).toBe(first.message?._id);
    await help.settle();
    expect(await help.texts()).toEqual(["Hello"]);
  });

  test("50 lines at once keep a gap-free order, in the store and in the thread", async () => {
    const help = await buildTestCore();
    await Promise.all(Array.from({ length: 50 }, (_, i) => help.write(`line ${i}`)));
    await help.settle();
    const messages = await help.messages();
    expect(messages.map((m) => m.seq)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(messages.map((m) => m.feedFirst)).toEqual(messages.map((m) => m.seq));
    expect(await help.texts()).toEqual(messages.map((m) => m.body));
    expect((await help.conversation()).counts.incoming).toBe(50);
    expect(await help.store.conversations.countDocuments()).toBe(1);
  });

  test("an edit and a deletion are shown in the thread, a repeat of the edit does nothing", async () => {
    const help = await buildTestCore();
    await help.write("Helo", "ana", { channelMessageId: "m1" });
    await help.settle();
    const edit = { type: "edit" as const, inboxId: help.inbox._id, address: "ana", eventId: "e1", channelMessageId: "m1", text: "Hello", at: help.clock.now() };
    expect((await help.receive(edit)).outcome).toBe("applied");
    expect((await help.receive(edit)).outcome).toBe("ignored");
    await help.settle();
    const [thread] = help.desk.threads.values();
    expect(thread!.posts[0]!.post).toMatchObject({ text: "Hello", marks: ["edited"] });
    await help.receive({ type: "delete", inboxId: help.inbox._id, address: "ana", eventId: "d1", channelMessageId: "m1", at: help.clock.now() });
    await help.settle();
    expect(thread!.posts[0]!.post.deleted).toBe(true);
  });

  test("the parts of an album are mirrored together, once", async () => {
    const help = await buildTestCore({ limits: { albumMs: 60_000 } });
    await Promise.all([help.write("Three pictures", "ana", { groupId: "g1" }), help.write("", "ana", { groupId: "g1" }), help.write("", "ana", { groupId: "g1" })]);
    await help.settle();
    expect(help.desk.threads.size).toBe(0);
    help.clock.advance(60_000);
    await help.settle();
    expect(await help.texts()).toEqual(["Three pictures"]);
    expect((await help.messages()).every((m) => m.mirror.state === "posted")).toBe(true);
  });
});

describe("an agent replies", () => {
  test("the reply goes out after its window, takes the conversation, stops the clocks and climbs its receipts", async () => {
    const help = await buildTestCore({ settings: { undoSeconds: 60 } });
    await help.write("Where is my parcel?");
    await help.settle();
    const post = await help.say("It is on its way.");
    expect(help.channel.sent).toEqual([]);
    expect(help.desk.threads.get((await help.conversation()).thread!.id)!.posts.find((p) => p.id === post.id)!.receipt).toBe("queued");
    help.clock.advance(60_000);
    await help.settle();
    expect(help.channel.textsTo("ana")).toEqual(["It is on its way."]);
    const conversation = await help.conversation();
    expect(conversation).toMatchObject({ assigneeName: "Mara", waitingSince: null });
    expect(conversation.firstReplyAt).toBeInstanceOf(Date);
    expect(help.desk.threads.get(conversation.thread!.id)!.posts.find((p) => p.id === post.id)!.receipt).toBe("sent");
    const [reply] = await help.lines("outgoing");
    await help.receive({ type: "status", inboxId: help.inbox._id, address: "ana", vendorId: reply!.delivery.parts[0]!.vendorId!, state: "read" });
    await help.receive({ type: "status", inboxId: help.inbox._id, address: "ana", vendorId: reply!.delivery.parts[0]!.vendorId!, state: "delivered" });
    await help.settle();
    expect((await help.lines("outgoing"))[0]!.delivery.state).toBe("read");
  });

  test("a deletion or ❌ within the window cancels, a later one is told", async () => {
    const help = await buildTestCore({ settings: { undoSeconds: 60 } });
    await help.write("Hi");
    await help.settle();
    const thread = (await help.conversation()).thread!.id;
    const post = await help.say("Wrong answer");
    await help.desk.deleteSaid(thread, post.id, "Mara", help.host);
    help.clock.advance(60_000);
    await help.settle();
    expect(help.channel.sent).toEqual([]);
    expect((await help.lines("outgoing"))[0]!.delivery.state).toBe("cancelled");
    const second = await help.say("Right answer");
    help.clock.advance(60_000);
    await help.settle();
    await help.host.accept("fake", [{ id: `${second.id}:react:x`, thread, at: help.clock.now(), data: { type: "reaction", postId: second.id, userId: "Jonas", emoji: "❌", removed: false } }]);
    await help.settle();
    expect(help.channel.textsTo("ana")).toEqual(["Right answer"]);
    expect(help.desk.notices.at(-1)!.notice.text).toContain("Too late to cancel");
  });

  test("notes, commands, guests and mentions never reach the customer", async () => {
    const help = await buildTestCore();
    await help.write("Hi");
    await help.settle();
    await help.say("note: he is angry");
    await help.say("!label billing");
    await help.say("!frobnicate");
    await help.say("hello there", "Stranger");
    const held = await help.say("@Jonas can you look?", "Mara", undefined, 1);
    expect(help.channel.sent).toEqual([]);
    expect((await help.conversation()).labels).toEqual(["billing"]);
    const notes = await help.lines("note");
    expect(notes.map((n) => [n.author.name, n.body])).toEqual([["Mara", "he is angry"], ["Mara", "!frobnicate"], ["Stranger", "hello there"], ["Mara", "@Jonas can you look?"]]);
    const notice = help.desk.notices.at(-1)!.notice;
    expect(notice.buttons.map((b) => b.id)).toEqual(["send", "keep"]);
    await help.host.act({ desk: "fake", userId: "Mara", thread: held === undefined ? null : (await help.conversation()).thread!.id, verb: "send", args: "", messageId: notice.messageId! });
    await help.settle();
    expect(help.channel.textsTo("ana")).toEqual(["@Jonas can you look?"]);
  });

  test("a reply handled more than two minutes after it was written is held", async () => {
    const help = await buildTestCore();
    await help.write("Hi");
    await help.settle();
    const thread = (await help.conversation()).thread!.id;
    await help.desk.say(thread, "Mara", "written during an outage");
    help.clock.advance(121_000);
    await help.host.accept("fake", await help.desk.history(thread, new Date(0), AbortSignal.timeout(1_000)));
    await help.settle();
    expect(help.channel.sent).toEqual([]);
    expect((await help.lines("note"))[0]!.held?.why).toBe("late");
  });

  test("somebody else's conversation and an unseen line hold the reply", async () => {
    const help = await buildTestCore();
    await help.write("Hi");
    await help.settle();
    await help.say("I am on it");
    await help.say("let me too", "Jonas");
    expect((await help.lines("note"))[0]!.held?.why).toBe("owner");
    const before = help.clock.now();
    help.clock.advance(20);
    await help.write("and another thing");
    await help.settle();
    const thread = (await help.conversation()).thread!.id;
    await help.host.accept("fake", [{ id: "old:new", thread, at: before, data: { type: "message", postId: "old", userId: "Mara", userName: "Mara", userKind: "person", text: "done", mentions: 0, files: [] } }]);
    await help.settle();
    expect((await help.lines("note"))[1]!.held?.why).toBe("unseen");
    expect(help.channel.textsTo("ana")).toEqual(["I am on it"]);
  });

  test("a reply right after the second of two unanswered lines is held; one after a single line goes", async () => {
    const help = await buildTestCore({ settings: { doubleReplySeconds: 60 } });
    await help.write("where is it?");
    await help.settle();
    await help.say("on its way");
    expect(help.channel.textsTo("ana")).toEqual(["on its way"]);
    await help.write("and the invoice?");
    await help.write("never mind the parcel");
    await help.settle();
    await help.say("it will come on Monday");
    expect(help.channel.textsTo("ana")).toEqual(["on its way"]);
    expect((await help.lines("note"))[0]!.held?.why).toBe("double-reply");
  });

  test("a line that was handled after a later one still goes before it", async () => {
    const help = await buildTestCore({ settings: { undoSeconds: 60 } });
    await help.write("Hi");
    await help.settle();
    const thread = (await help.conversation()).thread!.id;
    const line = (postId: string, text: string, at: Date) => ({ id: `${postId}:new`, thread, at, data: { type: "message" as const, postId, userId: "Mara", userName: "Mara", userKind: "person" as const, text, mentions: 0, files: [] } });
    const earlier = help.clock.now();
    await help.host.accept("fake", [line("second", "second", new Date(earlier.getTime() + 10))]);
    await help.settle();
    await help.host.accept("fake", [line("first", "first", earlier)]);
    await help.settle();
    help.clock.advance(60_000);
    await help.settle();
    expect(help.channel.textsTo("ana")).toEqual(["first", "second"]);
  });

  test("an edit in the window goes out as edited; one that begins with a prefix turns the reply into a note", async () => {
    const help = await buildTestCore({ settings: { undoSeconds: 60 } });
    await help.write("Hi");
    await help.settle();
    const thread = (await help.conversation()).thread!.id;
    const first = await help.say("teh answer");
    await help.desk.editSaid(thread, first.id, "Mara", "the answer", help.host);
    const second = await help.say("secret plan");
    await help.desk.editSaid(thread, second.id, "Mara", "note: secret plan", help.host);
    help.clock.advance(60_000);
    await help.settle();
    expect(help.channel.textsTo("ana")).toEqual(["the answer"]);
    expect((await help.lines("note"))[0]!.body).toBe("secret plan");
  });
});

describe("the two ends fail", () => {
  test("an unreachable desk makes the head wait; order holds afterwards", async () => {
    const help = await buildTestCore();
    help.desk.fail = new DeskError("UNREACHABLE", "down", { certain: true, retryAfterMs: 200 });
    await help.write("one");
    await help.write("two");
    await expect.poll(() => help.desk.calls, WAIT).toBeGreaterThan(0);
    help.desk.fail = undefined;
    await expect.poll(() => help.texts(), WAIT).toEqual(["one", "two"]);
  });

  test("a post whose outcome was uncertain is looked for and not made twice", async () => {
    const help = await buildTestCore();
    await help.write("one");
    await help.settle();
    help.desk.timeoutAfterEffect = true;
    await help.write("two");
    await expect.poll(async () => (await help.lines("incoming")).map((m) => m.mirror.state), WAIT).toEqual(["posted", "posted"]);
    await help.settle();
    expect(await help.texts()).toEqual(["one", "two"]);
  });

  test("a rate limit delays, a block fails with its reason, an uncertain send becomes unknown and is never repeated", async () => {
    const help = await buildTestCore();
    await help.write("Hi");
    await help.settle();
    help.channel.fail = new DeliveryError("RATE_LIMITED", "wait", { certain: true, retryAfterMs: 200 });
    await help.say("one");
    help.channel.fail = null;
    await expect.poll(() => help.channel.textsTo("ana"), WAIT).toEqual(["one"]);
    await help.settle();

    help.channel.fail = new DeliveryError("TIMEOUT", "no answer", { certain: false });
    await help.say("two");
    help.channel.fail = null;
    await help.say("three");
    await help.settle();
    const [, two, three] = await help.lines("outgoing");
    expect([two!.delivery.state, three!.delivery.state]).toEqual(["unknown", "sent"]);
    expect(help.channel.textsTo("ana")).toEqual(["one", "three"]);
    expect(help.desk.notices.at(-1)!.notice.buttons[0]!.id).toBe("retry");

    help.channel.fail = new DeliveryError("BLOCKED_BY_CONTACT", "The customer blocked the bot.", { certain: true, permanent: true });
    await help.say("four");
    await help.settle();
    expect((await help.lines("outgoing"))[3]!.delivery).toMatchObject({ state: "failed", error: { code: "BLOCKED_BY_CONTACT" } });
  });
});

describe("resolved and back", () => {
  test("a line within the reopen window reopens the same conversation in its thread; after it, a new one begins", async () => {
    const help = await buildTestCore({ settings: { reopenHours: 1 } });
    await help.write("Hi");
    await help.settle();
    await help.say("!resolve");
    expect((await help.conversation()).status).toBe("resolved");
    await help.write("one more thing");
    await help.settle();
    const first = await help.conversation();
    expect(first).toMatchObject({ number: 1001, status: "open" });
    expect((await help.texts()).some((text) => text.startsWith("Reopened"))).toBe(true);
    await help.say("!resolve");
    help.clock.advance(2 * 3_600_000);
    await help.write("a new matter");
    await help.settle();
    expect(await help.conversation()).toMatchObject({ number: 1002, status: "open", subject: "a new matter" });
    expect(await help.store.conversations.countDocuments()).toBe(2);
  });
});

describe("the feed", () => {
  test("after= misses nothing: lines, replies when they leave, edits; never a note", async () => {
    const help = await buildTestCore();
    await help.write("Hi", "ana", { channelMessageId: "m1" });
    await help.settle();
    await help.say("note: internal");
    await help.say("Hello Ana");
    const identity = (await help.store.identities.findOne({ address: "ana" }))!._id;
    const first = await feedAfter(help.core, identity, 0, 50);
    expect(first.messages.map((m) => [m.kind, m.body])).toEqual([["incoming", "Hi"], ["outgoing", "Hello Ana"]]);
    await help.receive({ type: "edit", inboxId: help.inbox._id, address: "ana", eventId: "e1", channelMessageId: "m1", text: "Hi!", at: help.clock.now() });
    const second = await feedAfter(help.core, identity, first.last, 50);
    expect(second.messages).toHaveLength(1);
    expect(second.messages[0]).toMatchObject({ body: "Hi!", edited: true, position: 1 });
    await recordSeen(help.core, { identityId: identity, seq: second.last, state: "read" });
    expect((await help.lines("outgoing"))[0]!.delivery.state).toBe("read");
  });
});
