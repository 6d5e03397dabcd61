/** What people do in Slack's threads, as it comes to core: heard live, read back, linked to agents, and kept apart from our own posts. */
import { describe, expect, onTestFinished, test } from "vitest";
import { readThreadId } from "../../src/bridge/slack/ids.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { startSlack, type StartSlackOptions } from "../support/slack.ts";

async function desk(options: StartSlackOptions = {}) {
  const s = await startSlack(options);
  await s.help.write("Where is my order?");
  await s.help.settle();
  const thread = await s.thread();
  const { channel, ts } = readThreadId(thread);
  const settled = async () => { await s.fake.idle(); await s.help.settle(); };
  return {
    ...s, thread, ts, settled,
    async says(text: string, user = s.mara.id, more: object = {}) {
      const post = s.fake.userPosts(channel, user, text, { threadTs: ts, ...more });
      await settled();
      return post;
    },
    async addAgent(id: string, name: string) {
      await s.help.store.agents.insertOne({ ...s.help.jonas, _id: id, name, email: `${id}@example.com`, links: [] });
      forgetSettings(s.help.core);
    },
    bodies: async (kind: "outgoing" | "note") => (await s.help.lines(kind)).map((line) => line.body),
  };
}

describe("lines", () => {
  test("an agent's line in the thread is a reply, whatever its shape; in the channel it is nothing", async () => {
    const s = await desk();
    await s.says("On its *way*, see <https://example.com/t|the tracking> :wave:");
    await s.says("also in the channel", s.mara.id, { subtype: "thread_broadcast" });
    await s.says("checks the parcel", s.mara.id, { subtype: "me_message" });
    s.fake.userPosts(s.channel.id, s.mara.id, "not in a thread");
    await s.settled();
    expect(await s.bodies("outgoing")).toEqual(["On its **way**, see [the tracking](https://example.com/t) 👋", "also in the channel", "checks the parcel"]);
    expect(await s.bodies("note")).toEqual([]);
  });

  test("a line that mentions anyone waits for its author's word", async () => {
    const s = await desk();
    await s.says(`<@${s.jonas.id}> can you look?`);
    const [note] = await s.help.lines("note");
    expect(note).toMatchObject({ body: "@Jonas can you look?", held: { why: "mention" } });
    expect(await s.bodies("outgoing")).toEqual([]);
  });

  test("files come with their line", async () => {
    const s = await desk();
    s.fake.userUploads(s.channel.id, s.mara.id, [{ name: "label.txt", content: Buffer.from("to be printed") }], { threadTs: s.ts, text: "Your label" });
    await s.settled();
    const [line] = await s.help.lines("outgoing");
    expect(line).toMatchObject({ body: "Your label", files: [{ name: "label.txt", state: "ready", bytes: 13 }] });
  });

  test("lines of a thread that a person opened are not even stored", async () => {
    const s = await desk();
    const other = s.fake.userPosts(s.channel.id, s.jonas.id, "Lunch?");
    s.fake.userPosts(s.channel.id, s.mara.id, "Yes!", { threadTs: other });
    await s.settled();
    expect(await s.help.store.deskEvents.countDocuments()).toBe(0);
  });

  test("our own posts, and what becomes of them, never come back as lines", async () => {
    const s = await desk();
    await s.says("First answer");
    await s.help.write("And another thing");
    await s.settled();
    for (const post of s.posts(s.thread)) if (post.botId !== null) s.fake.unfurls(s.channel.id, post.ts, "https://example.com");
    await s.settled();
    const events = await s.help.store.deskEvents.find().toArray();
    expect(events.map(({ event }) => event.type)).toEqual(["message"]);
  });

  test("doubled and repeated events make one line", async () => {
    const s = await desk();
    s.fake.eventRule({ do: "duplicate" });
    await s.says("only once");
    expect(await s.bodies("outgoing")).toEqual(["only once"]);
  });
});

describe("edits, deletions, reactions", () => {
  test("an edit in the window changes the reply; a preview that Slack adds does not", async () => {
    const s = await desk({ settings: { undoSeconds: 30 } });
    const post = await s.says("It comes on Monday https://example.com");
    s.fake.unfurls(s.channel.id, post, "https://example.com");
    s.fake.userEdits(s.channel.id, post, "It comes on Tuesday");
    await s.settled();
    s.fake.unfurls(s.channel.id, post, "https://example.com");
    await s.settled();
    expect(await s.bodies("outgoing")).toEqual(["It comes on Tuesday"]);
    const events = await s.help.store.deskEvents.find({ "event.type": "edit" }).toArray();
    expect(events).toHaveLength(1);
  });

  test("a deletion in the window cancels", async () => {
    const s = await desk({ settings: { undoSeconds: 30 } });
    const post = await s.says("Wrong customer");
    s.fake.userDeletes(s.channel.id, post);
    await s.settled();
    expect((await s.help.lines("outgoing"))[0]).toMatchObject({ delivery: { state: "cancelled" } });
  });

  test("after it was sent an edit and a deletion reach the customer; where the channel can't, its author is offered a correction", async () => {
    const s = await desk();
    const [first, second] = [await s.says("It costs 10"), await s.says("Or maybe not")];
    s.fake.userEdits(s.channel.id, first, "It costs 12");
    await expect.poll(() => s.help.channel.textsTo("ana"), { timeout: 40_000 }).toEqual(["It costs 12", "Or maybe not"]);
    s.fake.userDeletes(s.channel.id, second);
    await expect.poll(() => s.help.channel.textsTo("ana"), { timeout: 40_000 }).toEqual(["It costs 12"]);
    expect(s.fake.ephemeralsFor(s.mara.id)).toEqual([]);

    s.help.core.channels.set(s.help.inbox._id, new Proxy(s.help.channel, { has: (of, name) => name !== "editPart" && name !== "deletePart" && name in of }));
    s.fake.userEdits(s.channel.id, first, "It costs 14");
    await s.fake.until(() => s.fake.ephemeralsFor(s.mara.id).some(({ text, blocks }) => text.includes("still has the old text") && JSON.stringify(blocks).includes("Send correction")), "the offer", 40_000);
    s.fake.userDeletes(s.channel.id, first);
    await s.fake.until(() => s.fake.ephemeralsFor(s.mara.id).some(({ text, blocks }) => text.includes("Too late to cancel") && JSON.stringify(blocks).includes("Send correction")), "the other offer", 40_000);
    expect(s.help.channel.textsTo("ana")).toEqual(["It costs 12"]);
  });

  test("❌ by an agent cancels; also when the message was never seen by this process", async () => {
    const s = await desk({ settings: { undoSeconds: 30 } });
    s.fake.eventRule({ do: "hold", when: (event) => event["type"] === "message" });
    const post = s.fake.userPosts(s.channel.id, s.mara.id, "Too early", { threadTs: s.ts });
    s.fake.userReacts(s.channel.id, post, "x", s.mara.id);
    await s.fake.until(() => s.fake.callsOf("conversations.replies").length > 0, "a look for the thread");
    s.fake.releaseEvents();
    await s.settled();
    expect((await s.help.lines("outgoing"))[0]).toMatchObject({ delivery: { state: "cancelled" } });
  });

  test("a reaction to the customer's line is kept by its character", async () => {
    const s = await desk();
    const [line] = s.posts(s.thread);
    s.fake.userReacts(s.channel.id, line!.ts, "tada", s.mara.id);
    await s.settled();
    expect((await s.help.lines("incoming"))[0]!.reactions).toEqual([{ emoji: "🎉", by: "Mara", from: "agent" }]);
  });
});

test("reactions of others mean nothing, and cost no look for their thread", async () => {
  const s = await desk();
  const anyone = s.fake.space.addUser("anyone");
  const elsewhere = s.fake.userPosts(s.channel.id, anyone.id, "Lunch?");
  await s.settled();
  const before = s.fake.callsOf("conversations.replies").length;
  for (const ts of [elsewhere, s.ts, s.posts(s.thread)[0]!.ts]) s.fake.userReacts(s.channel.id, ts, "tada", anyone.id);
  await s.settled();
  expect(await s.help.store.deskEvents.countDocuments()).toBe(0);
  expect(s.fake.callsOf("conversations.replies")).toHaveLength(before);
});

describe("catching up", () => {
  test("what happened in silence is read back once: in time it is a reply, late it is held", async () => {
    const s = await desk();
    s.fake.eventRule({ do: "drop" });
    const post = s.fake.userPosts(s.channel.id, s.mara.id, "said in silence", { threadTs: s.ts });
    s.fake.userEdits(s.channel.id, post, "said in silence, and edited");
    s.fake.clearFaults();
    s.fake.sockets.cut();
    await expect.poll(() => s.help.store.deskEvents.countDocuments(), { timeout: 40_000 }).toBeGreaterThan(0);
    await s.settled();
    expect(await s.bodies("outgoing")).toEqual(["said in silence, and edited"]);

    s.fake.eventRule({ do: "drop" });
    s.fake.userPosts(s.channel.id, s.mara.id, "said too long ago", { threadTs: s.ts });
    s.fake.clearFaults();
    s.help.clock.advance(150_000);
    s.fake.sockets.cut();
    await expect.poll(async () => (await s.help.lines("note")).map(({ body, held }) => [body, held?.why]), { timeout: 40_000 }).toEqual([["said too long ago", "late"]]);
    expect(await s.bodies("outgoing")).toHaveLength(1);
  }, 20_000);
});

describe("people", () => {
  test("a member with an agent's confirmed address is linked by the first line", async () => {
    const s = await desk();
    await s.addAgent("lena", "Lena");
    const lena = s.fake.space.addUser("lena");
    await s.says("I take this", lena.id);
    expect(await s.bodies("outgoing")).toEqual(["I take this"]);
    expect(await s.help.store.agents.findOne({ _id: "lena" })).toMatchObject({ links: [{ desk: "slack", userId: lena.id }], avatar: lena.image });
  });

  test.each([
    ["a guest", { restricted: true }], ["a single-channel guest", { ultraRestricted: true }], ["somebody of another organisation", { stranger: true }],
    ["an app", { bot: true, email: "kim@example.com", emailConfirmed: true }], ["an unconfirmed address", { emailConfirmed: false }],
  ])("%s with an agent's address stays a stranger: their line is a note under their name", async (_who, options) => {
    const s = await desk();
    await s.addAgent("kim", "Kim");
    const kim = s.fake.space.addUser("kim", { displayName: "Kim K.", ...options });
    await s.says("Hello customer", kim.id);
    expect(await s.bodies("outgoing")).toEqual([]);
    const [note] = await s.help.lines("note");
    expect(note).toMatchObject({ body: "Hello customer", author: { type: "guest", name: "Kim K." } });
    expect((await s.help.store.agents.findOne({ _id: "kim" }))!.links).toEqual([]);
  });

  test("/desk link says what came of it", async () => {
    const s = await desk();
    const nobody = s.fake.space.addUser("nobody");
    const known = await s.fake.userRunsCommand("/desk", "link", s.channel.id, s.mara.id);
    const unknown = await s.fake.userRunsCommand("/desk", "link", s.channel.id, nobody.id);
    expect(JSON.stringify(known.body)).toContain("linked to the agent Mara");
    expect(JSON.stringify(unknown.body)).toContain("no agent has the e-mail address");
  });

  test("a deactivated account is unlinked, its work released, administrators told", async () => {
    const s = await desk();
    await s.says("I look into it", s.jonas.id);
    expect((await s.help.conversation()).assigneeName).toBe("Jonas");
    s.fake.deactivate(s.jonas.id);
    await s.fake.until(() => s.fake.callsOf("conversations.open").length > 0, "a word to the administrator");
    await s.settled();
    expect((await s.help.conversation()).assigneeId).toBeNull();
    expect((await s.help.store.agents.findOne({ name: "Jonas" }))!.links.filter(({ desk: kind }) => kind === "slack")).toEqual([]);
    const direct = s.fake.space.directWith(s.mara.id);
    await s.fake.until(() => s.fake.messagesIn(direct.id).length > 0, "the word itself");
    expect(JSON.stringify(s.fake.messagesIn(direct.id))).toContain("1 conversation has no owner now");
  });

  test("a deactivation that nobody told is found when the connection stands again", async () => {
    const fakeFirst = await startSlack({ connect: false });
    const { fake, jonas, help, desk: slack } = fakeFirst;
    fake.space.user(jonas.id).deleted = true;
    slack.start(help.host);
    onTestFinished(() => slack.stop());
    await expect.poll(async () => (await help.store.agents.findOne({ name: "Jonas" }))!.links.some(({ desk: kind }) => kind === "slack")).toBe(false);
  });
});

describe("troubles", () => {
  type Desk = Awaited<ReturnType<typeof desk>>;
  const trouble = (s: Desk) => expect.poll(() => s.troubles.at(-1)?.text ?? null, { timeout: 40_000 });

  test("a channel that is archived is told, and cleared when it is open again; what waited goes", async () => {
    const s = await desk();
    s.fake.archiveChannel(s.channel.id);
    await trouble(s).toContain("#support is archived");
    await s.help.write("Anybody there?");
    s.fake.unarchiveChannel(s.channel.id);
    await trouble(s).toBeNull();
    await s.fake.until(() => JSON.stringify(s.posts(s.thread)).includes("Anybody there?"), "the line that waited", 40_000);
  }, 20_000);

  test("an app that was removed from its channel says so and waits to be invited", async () => {
    const s = await desk();
    s.channel.kind = "private";
    s.fake.kickBot(s.channel.id);
    await trouble(s).toContain("invite");
    expect(s.fake.callsOf("conversations.join")).toEqual([]);
    s.fake.inviteBot(s.channel.id);
    await trouble(s).toBeNull();
  });

  test("administrators hear of it once", async () => {
    const s = await desk();
    s.fake.archiveChannel(s.channel.id);
    await trouble(s).toContain("is archived");
    await s.desk.notify(s.jonas.id, null, { text: "something else", buttons: [] });
    const direct = s.fake.space.directWith(s.mara.id);
    await s.fake.until(() => s.fake.messagesIn(direct.id).length > 0, "a word to the administrator");
    expect(s.fake.messagesIn(direct.id)).toHaveLength(1);
    expect(JSON.stringify(s.fake.messagesIn(s.fake.space.directWith(s.jonas.id).id))).not.toContain("archived");
  });

  test("a revoked token is told before anything else, and cleared by the first call that works", async () => {
    const s = await desk();
    s.fake.revokeTokens();
    await expect.poll(() => s.troubles.at(-1)?.code).toBe("BAD_TOKEN");
    s.fake.reinstall();
    await s.help.write("Still there?");
    await trouble(s).toBeNull();
  });

  test("a card that was deleted retires its thread; the customer's next line opens another", async () => {
    const s = await desk();
    s.fake.userDeletes(s.channel.id, s.ts);
    await s.fake.idle();
    await expect.poll(async () => (await s.help.store.threads.findOne({ _id: s.thread }))?.state, { timeout: 40_000 }).toBe("retired");
    await s.help.write("Hello?");
    await s.settled();
    const next = (await s.help.conversation()).thread!.id;
    expect(next).not.toBe(s.thread);
    expect(s.posts(next).length).toBeGreaterThan(0);

    s.fake.eventRule({ do: "duplicate" });
    await s.says("In the old thread");
    expect((await s.help.lines("note")).map(({ body }) => body)).toEqual(["In the old thread"]);
    expect(await s.bodies("outgoing")).toEqual([]);
  });
});
