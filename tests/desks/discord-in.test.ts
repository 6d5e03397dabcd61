/** What people do in Discord's threads, as it comes to core: heard live, read back, linked to agents, and kept apart from our own posts. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { readThreadId } from "../../src/bridge/discord/ids.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { FakeDiscord } from "../fakes/discord/discord.ts";
import type { FakeMessage } from "../fakes/discord/types.ts";
import { startDiscord, type StartDiscordOptions } from "../support/discord.ts";

async function desk(options: StartDiscordOptions = {}) {
  const d = await startDiscord(options);
  await heard(d);
  await d.help.write("Where is my order?");
  await d.help.settle();
  const thread = await d.thread();
  const channel = d.channelOf(thread);
  const bodies = async (kind: "outgoing" | "note") => (await d.help.lines(kind)).map((line) => line.body);
  return {
    ...d, thread, channel, bodies,
    says: (text: string, who = d.mara, more: object = {}) => d.fake.memberPosts(channel, who, text, more),
    replies: (...texts: string[]) => expect.poll(() => bodies("outgoing"), { timeout: 40_000 }).toEqual(texts),
    notes: (...texts: string[]) => expect.poll(() => bodies("note"), { timeout: 40_000 }).toEqual(texts),
    async addAgent(id: string, name: string, role: "agent" | "administrator" = "agent") {
      await d.help.store.agents.insertOne({ ...d.help.jonas, _id: id, name, role, email: `${id}@example.com`, links: [] });
      forgetSettings(d.help.core);
    },
    links: async (name: string) => ((await d.help.store.agents.findOne({ name }))?.links ?? []).filter((link) => link.desk === "discord").map((link) => link.userId),
  };
}
type Bench = Pick<Awaited<ReturnType<typeof startDiscord>>, "help">;
/** Until the desk's events reach us: its stream stands. */
const heard = ({ help }: Bench) => expect.poll(async () => (await help.store.leases.findOne({ _id: "stream:discord" }))?.until.getTime() ?? 0, { timeout: 40_000 }).toBeGreaterThan(help.clock.now().getTime());

describe("lines", () => {
  test("an agent's line in the thread is a reply; in the channel, and in a thread that a person opened, it is nothing", async () => {
    const d = await desk();
    const general = d.fake.createTextChannel("general");
    const { thread: other } = d.fake.memberStartsThread(general, d.mara, "Lunch", "Pizza?");
    d.fake.memberPosts(general, d.mara, "not in a thread");
    d.fake.memberPosts(other, d.mara, "in a thread of our own");
    d.says("On its **way**, see ||the label||");
    await d.replies("On its **way**, see the label");
    expect(await d.bodies("note")).toEqual([]);
    expect(await d.help.store.deskEvents.countDocuments()).toBe(1);
  });

  test("a line that mentions a person, a role or everyone waits for its author's word; an answer to the customer's line does not", async () => {
    const d = await desk();
    const role = d.fake.createRole("Shipping", 0n, true);
    d.says(`<@${d.jonas.user.id}> can you look?`);
    await d.notes("@Jonas can you look?");
    d.says(`ask <@&${role.id}>`);
    await d.notes("@Jonas can you look?", "ask @Shipping");
    expect((await d.help.lines("note")).map(({ held }) => held?.why)).toEqual(["mention", "mention"]);
    d.says("It is on its way", d.mara, { reply: d.posts(d.thread)[0]! });
    await d.replies("It is on its way");
  });

  test("files come with their line, also when the link has run out", async () => {
    const d = await desk();
    d.says("Your label", d.mara, { files: [{ name: "label.txt", content: "to be printed" }] });
    await d.replies("Your label");
    await expect.poll(async () => (await d.help.lines("outgoing"))[0]!.files, { timeout: 40_000 }).toMatchObject([{ name: "label.txt", state: "ready", bytes: 13 }]);
    const [stored] = await d.help.store.deskEvents.find({ "event.type": "message" }).toArray();
    const [file] = stored!.event.type === "message" ? stored!.event.files : [];
    const old = await d.desk.fetchFile({ ...file!, ref: file!.ref.replace(/ex=[0-9a-f]+/, "ex=1") }, AbortSignal.timeout(5_000));
    expect(old).toMatchObject({ state: "ready", bytes: 13 });
    d.fake.memberDeletes(d.fake.messagesIn(d.channel).find(({ attachments }) => attachments.length > 0)!);
    expect(await d.desk.fetchFile({ ...file!, ref: file!.ref.replace(/ex=[0-9a-f]+/, "ex=1") }, AbortSignal.timeout(5_000))).toMatchObject({ state: "missing", why: expect.stringContaining("deleted") as string });
  });

  test("our own posts, webhooks' and other bots' never come back as lines", async () => {
    const d = await desk({ desk: { customers: "webhook" } });
    const bot = d.fake.addMember("Other Bot", { bot: true });
    d.fake.memberPosts(d.channel, bot, "beep");
    d.says("First answer");
    await d.replies("First answer");
    await d.help.write("And another thing");
    await d.help.settle();
    expect(d.posts(d.thread).some(({ webhook }) => webhook !== null)).toBe(true);
    const events = await d.help.store.deskEvents.find().toArray();
    expect(events.map(({ event }) => event.type)).toEqual(["message"]);
  });

  test("a doubled event makes one line", async () => {
    const d = await desk();
    d.fake.gateway.duplicate("MESSAGE_CREATE");
    d.says("only once");
    await d.replies("only once");
    await d.help.settle();
    expect(await d.bodies("outgoing")).toEqual(["only once"]);
  });
});

describe("edits, deletions, reactions", () => {
  test("an edit in the window changes the reply", async () => {
    const d = await desk({ settings: { undoSeconds: 30 } });
    const post = d.says("It comes on Monday");
    await d.replies("It comes on Monday");
    d.fake.memberEdits(post, "It comes on Tuesday");
    await d.replies("It comes on Tuesday");
    expect(await d.help.store.deskEvents.countDocuments({ "event.type": "edit" })).toBe(1);
  });

  test("a deletion in the window cancels", async () => {
    const d = await desk({ settings: { undoSeconds: 30 } });
    const post = d.says("Wrong customer");
    await d.replies("Wrong customer");
    d.fake.memberDeletes(post);
    await expect.poll(async () => (await d.help.lines("outgoing"))[0]!.delivery.state, { timeout: 40_000 }).toBe("cancelled");
  });

  test("❌ by an agent cancels, told twice too; others' reactions are not even stored", async () => {
    const d = await desk({ settings: { undoSeconds: 30 } });
    const guest = d.fake.addMember("Guest");
    const post = d.says("Too early");
    await d.replies("Too early");
    d.fake.memberReacts(post, guest, "🎉");
    d.fake.gateway.duplicate("MESSAGE_REACTION_ADD");
    d.fake.memberReacts(post, d.mara, "❌");
    await expect.poll(async () => (await d.help.lines("outgoing"))[0]!.delivery.state, { timeout: 40_000 }).toBe("cancelled");
    await d.help.settle();
    expect(await d.help.store.deskEvents.countDocuments({ "event.type": "reaction" })).toBe(1);
  });

  test("a reaction to the customer's line is kept, and goes when it is taken off", async () => {
    const d = await desk();
    const [line] = d.posts(d.thread);
    const reactions = () => expect.poll(async () => (await d.help.lines("incoming"))[0]!.reactions, { timeout: 40_000 });
    d.fake.memberReacts(line!, d.mara, "🎉");
    await reactions().toEqual([{ emoji: "🎉", by: "Mara", from: "agent" }]);
    d.fake.memberUnreacts(line!, d.mara, "🎉");
    await reactions().toEqual([]);
  });
});

describe("after silence", () => {
  test("a short break is resumed: what was said meanwhile is a reply", async () => {
    const d = await desk();
    d.fake.gateway.cut();
    d.says("said meanwhile");
    await d.replies("said meanwhile");
    expect(d.fake.gateway.identifies).toBe(1);
  });

  test("where a session is to be resumed nobody answers: a new one is begun, and what was said is read back", async () => {
    const deaf = createServer((_request, response) => { response.writeHead(403).end(); });
    await new Promise<void>((done) => { deaf.listen(0, "127.0.0.1", done); });
    onTestFinished(() => { deaf.close(); });
    const fake = await FakeDiscord.start();
    onTestFinished(() => fake.stop());
    fake.gateway.resumeAt = `ws://127.0.0.1:${(deaf.address() as AddressInfo).port}`;
    const d = await desk({ fake });
    fake.gateway.cut();
    d.says("said meanwhile");
    await d.replies("said meanwhile");
    expect(fake.gateway).toMatchObject({ identifies: 2, resumes: 0 });
  });

  test("with a gateway of one's own it is resumed there, wherever Discord says", async () => {
    const fake = await FakeDiscord.start();
    onTestFinished(() => fake.stop());
    fake.gateway.resumeAt = "ws://127.0.0.1:9";
    const d = await desk({ fake, desk: { gatewayUrl: fake.gatewayUrl } });
    fake.gateway.cut();
    d.says("said meanwhile");
    await d.replies("said meanwhile");
    expect(fake.gateway).toMatchObject({ identifies: 1, resumes: 1 });
  });

  test("after a lost session what happened is read back once: in time it is a reply, late it is held", async () => {
    const d = await desk({ settings: { undoSeconds: 60 } });
    const [line] = d.posts(d.thread);
    const early = d.says("before the silence");
    await d.replies("before the silence");
    d.fake.gateway.cut({ resumable: false });
    const post = d.says("said in silence");
    d.fake.memberEdits(post, "said in silence, and edited");
    d.fake.memberDeletes(early);
    d.fake.memberReacts(line!, d.mara, "🎉");
    await d.replies("before the silence", "said in silence, and edited");
    await expect.poll(async () => (await d.help.lines("outgoing"))[0]!.delivery.state, { timeout: 40_000 }).toBe("cancelled");
    expect((await d.help.lines("incoming"))[0]!.reactions).toMatchObject([{ emoji: "🎉", by: "Mara" }]);
    await heard(d);

    d.fake.gateway.cut({ resumable: false });
    d.says("said too long ago");
    d.help.clock.advance(150_000);
    await d.notes("said too long ago");
    expect((await d.help.lines("note"))[0]!.held?.why).toBe("late");
  }, 30_000);

  test("without the permission to read what was, nothing counts as deleted", async () => {
    const d = await desk({ settings: { undoSeconds: 60 } });
    d.says("still there");
    await d.replies("still there");
    const { origin } = (await d.help.lines("outgoing"))[0]!;
    d.fake.removePermission("READ_MESSAGE_HISTORY");
    expect(await d.desk.history(d.thread, new Date(0), AbortSignal.timeout(5_000), [origin!.postId])).toEqual([]);
  });

  test("only threads in which something happened since are read", async () => {
    const d = await desk();
    const later = new Date(Date.now() + 20 * 60_000);
    expect(await d.desk.changedSince([d.thread], later, AbortSignal.timeout(5_000))).toEqual([]);
    expect(await d.desk.changedSince([d.thread], new Date(Date.now() - 60_000), AbortSignal.timeout(5_000))).toEqual([d.thread]);
    d.fake.changeThread(readThreadId(d.thread).thread, { archived: true });
    expect(await d.desk.changedSince([d.thread], later, AbortSignal.timeout(5_000))).toEqual([]);
    expect(await d.desk.changedSince([d.thread], new Date(Date.now() - 60_000), AbortSignal.timeout(5_000))).toEqual([d.thread]);
  });
});

describe("people", () => {
  test("who holds an agent's role is linked to the agent of their name by the first line", async () => {
    const d = await desk({ desk: { roles: { agent: ["Support"] } } });
    await d.addAgent("lena", "Lena");
    const lena = d.fake.memberJoins("Lena", [d.fake.createRole("Support")]);
    d.says("I take this", lena);
    await d.replies("I take this");
    expect(await d.links("Lena")).toEqual([lena.user.id]);
  });

  test("a role makes an agent of who has none yet, and takes it away again: their work goes back", async () => {
    const d = await desk({ desk: { roles: { agent: ["Support"], supervisor: ["Leads"] } } });
    const [support, leads] = [d.fake.createRole("Support"), d.fake.createRole("Leads")];
    const kim = d.fake.memberJoins("Kim", [support, leads]);
    d.says("I look into it", kim);
    await d.replies("I look into it");
    expect(await d.help.store.agents.findOne({ name: "Kim" })).toMatchObject({ role: "supervisor", active: true });
    expect((await d.help.conversation()).assigneeName).toBe("Kim");
    d.fake.setRoles(kim, []);
    d.says("still me", kim);
    await d.notes("still me");
    expect(await d.links("Kim")).toEqual([]);
    expect((await d.help.conversation()).assigneeId).toBeNull();
  });

  test("a role for agents makes nobody an administrator by name", async () => {
    const d = await desk({ desk: { roles: { agent: ["Support"] } } });
    await d.addAgent("boss", "Boss", "administrator");
    const sly = d.fake.memberJoins("Boss", [d.fake.createRole("Support")]);
    d.says("let me in", sly);
    await expect.poll(() => d.help.store.agents.countDocuments({ "links.userId": sly.user.id })).toBe(1);
    expect(await d.links("Boss")).toEqual([]);
    expect(await d.help.store.agents.findOne({ "links.userId": sly.user.id })).toMatchObject({ role: "agent", name: "Boss (boss)" });
  });

  test("a guest's line is a note under their name", async () => {
    const d = await desk({ desk: { roles: { agent: ["Support"] } } });
    const guest = d.fake.memberJoins("Guest G.");
    d.says("Hello customer", guest);
    await d.notes("Hello customer");
    expect((await d.help.lines("note"))[0]).toMatchObject({ author: { type: "guest", name: "Guest G." } });
    expect(await d.bodies("outgoing")).toEqual([]);
  });

  test("who left the server is unlinked when the connection stands again", async () => {
    const d = await desk();
    d.fake.memberLeaves(d.jonas);
    d.fake.gateway.cut();
    await expect.poll(() => d.links("Jonas"), { timeout: 40_000 }).toEqual([]);
  });
});

describe("without the intent for messages", () => {
  test("lines stay as they are and their author is told; deletions and reactions are heard", async () => {
    const d = await desk({ discord: { portal: { messageContent: false } }, desk: { messageContent: false } });
    d.says("Can you read this?");
    await d.fake.until(() => d.fake.messagesIn(d.channel).some(({ content, components }) => `${content}${JSON.stringify(components)}`.includes("/reply")), "a hint", 40_000);
    expect(await d.bodies("outgoing")).toEqual([]);
    expect(await d.bodies("note")).toEqual([]);
    d.fake.memberReacts(d.posts(d.thread)[0]!, d.mara, "🎉");
    await expect.poll(async () => (await d.help.lines("incoming"))[0]!.reactions, { timeout: 40_000 }).toHaveLength(1);
  });

  test("each line of an agent's is marked as not taken in, until its author hands it over; an edit after that is said to be unread", async () => {
    const d = await desk({ discord: { portal: { messageContent: false } }, desk: { messageContent: false } });
    const marked = (post: FakeMessage) => expect.poll(() => [...post.reactions.keys()], { timeout: 40_000 });
    const [first, second] = [d.says("Can you read this?"), d.says("And this?")];
    for (const post of [first, second]) await marked(post).toEqual(["🔒"]);
    await d.fake.until(() => d.fake.commands().length > 0, "the commands");
    await d.fake.memberUsesContextMenu("Send to customer", second, d.channel, d.mara);
    await marked(second).toEqual(["✅"]);
    d.fake.memberEdits(first, "Nobody has this one");
    d.fake.memberEdits(second, "And that?");
    const told = () => d.posts(d.thread).map(({ components }) => JSON.stringify(components)).filter((text) => text.includes("can't read edits"));
    await expect.poll(told, { timeout: 40_000 }).toHaveLength(1);
    expect(d.help.channel.textsTo("ana")).toEqual(["And this?"]);
  });

  test("in a thread that was replaced its author gets the link", async () => {
    const d = await desk({ discord: { portal: { messageContent: false } }, desk: { messageContent: false } });
    const { fake, help } = d;
    const { thread } = fake.memberStartsThread(d.home, fake.ownerId, "new", "x");
    await help.store.conversations.updateOne({ "thread.id": d.thread }, { $set: { thread: { id: d.idOf(thread) } } });
    await help.store.threads.insertOne({ _id: d.idOf(thread), conversationId: (await help.conversation())._id, desk: "discord", targetId: d.target._id, state: "active", createdAt: help.clock.now() });
    for (const text of ["one", "two"]) d.says(text);
    await expect.poll(() => d.posts(d.thread).filter(({ components }) => JSON.stringify(components).includes(`channels/${fake.guildId}/${thread.id}`)).length, { timeout: 40_000 }).toBe(2);
  });
});
