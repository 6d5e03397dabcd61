/** The fake's forums and threads with the real client: tags, archive and lock, renames, the cap. */
import { ChannelType, Client, DiscordAPIError, Events, GatewayIntentBits, RateLimitError, ThreadAutoArchiveDuration, type ForumChannel, type TextChannel } from "discord.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeDiscord } from "../fakes/discord/discord.ts";
import { bitsOf } from "../fakes/discord/permissions.ts";
import type { FakeChannel } from "../fakes/discord/types.ts";

let fake: FakeDiscord, client: Client, home: FakeChannel, room: FakeChannel, forum: ForumChannel, text: TextChannel;
beforeEach(async () => {
  fake = new FakeDiscord({ activeThreadCap: 4 });
  home = fake.addForum("support", ["open", "resolved", { name: "staff", moderated: true }]);
  room = fake.addTextChannel("general");
  await fake.start();
  client = new Client({ intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.MessageContent], rest: { api: fake.restUrl, rejectOnRateLimit: () => true } });
  await client.login(fake.token);
  await fake.until(() => client.isReady(), "ready");
  forum = client.channels.cache.get(home.id) as ForumChannel;
  text = client.channels.cache.get(room.id) as TextChannel;
});
afterEach(async () => { await client.destroy(); await fake.stop(); });
const codeOf = async (call: Promise<unknown>): Promise<unknown> => call.then(() => { throw new Error("was not refused"); }, (error: unknown) => { expect(error).toBeInstanceOf(DiscordAPIError); return (error as DiscordAPIError).code; });
const tag = (name: string): string => forum.availableTags.find((t) => t.name === name)?.id ?? "";
const openPost = (name = "#1 Ana") => forum.threads.create({ name, message: { content: "card" }, appliedTags: [tag("open")] });

test("a forum post is a thread whose first message has its id, and both are heard of", async () => {
  const heard: string[] = [];
  client.on(Events.Raw, ({ t, d }: { t: string; d: { id: string } }) => { if (t === "THREAD_CREATE" || t === "MESSAGE_CREATE") heard.push(`${t} ${d.id}`); fake.changed(); });
  const thread = await openPost();
  expect([thread.name, thread.parentId, thread.appliedTags, thread.ownerId]).toEqual(["#1 Ana", forum.id, [tag("open")], client.user?.id]);
  expect((await thread.fetchStarterMessage())?.id).toBe(thread.id);
  await fake.until(() => heard.length === 2, "both events");
  expect(heard).toEqual([`THREAD_CREATE ${thread.id}`, `MESSAGE_CREATE ${thread.id}`]);
  expect(fake.messagesIn(thread.id).map((m) => m.content)).toEqual(["card"]);
});

test("tags must exist, be five at most, and be there when the forum asks for one", async () => {
  expect(await codeOf(forum.threads.create({ name: "x", message: { content: "y" }, appliedTags: ["123"] }))).toBe(10087);
  expect(await codeOf(forum.threads.create({ name: "x", message: { content: "y" }, appliedTags: Array.from({ length: 6 }, () => tag("open")) }))).toBe(50035);
  home.flags = 16;
  expect(await codeOf(forum.threads.create({ name: "x", message: { content: "y" } }))).toBe(40067);
  const thread = await openPost();
  await thread.setAppliedTags([tag("resolved"), tag("staff")]);
  expect(fake.channel(thread.id).appliedTags).toEqual([tag("resolved"), tag("staff")]);
  fake.deleteTag(home, "resolved");
  expect(fake.channel(thread.id).appliedTags).toEqual([tag("staff")]);
});

test("nothing is left of a post whose first message is refused", async () => {
  expect(await codeOf(forum.threads.create({ name: "x", message: { content: "y".repeat(2001) } }))).toBe(50035);
  expect(await codeOf(forum.threads.create({ name: "x".repeat(101), message: { content: "y" } }))).toBe(50035);
  expect(fake.threads()).toEqual([]);
});

test("an archived thread is reopened by writing, but takes no edit and no reaction", async () => {
  const thread = await openPost(), line = await thread.send("line");
  await thread.setArchived(true);
  expect(await codeOf(line.edit("later"))).toBe(50083);
  expect(await codeOf(line.react("✅"))).toBe(50083);
  expect(await codeOf(thread.setAppliedTags([]))).toBe(50083);
  await line.delete();
  const updates: boolean[] = [];
  client.on(Events.ThreadUpdate, (_, now) => { updates.push(now.archived ?? false); fake.changed(); });
  await thread.send("again");
  expect(fake.channel(thread.id).thread?.archived).toBe(false);
  await fake.until(() => updates.length === 1, "the thread's update");
  expect(updates).toEqual([false]);
});

test("a locked thread keeps members out; the bot writes until it is archived too", async () => {
  const thread = await openPost();
  await thread.setLocked(true);
  expect(() => fake.memberPosts(thread.id, fake.addMember("Bo"), "hello?")).toThrow("Thread is locked");
  await thread.send("closing words");
  await thread.setArchived(true);
  expect(await codeOf(thread.send("too late"))).toBe(50083);
  await thread.edit({ archived: false, locked: false });
  await thread.send("back");
  expect(fake.messagesIn(thread.id).map((m) => m.content)).toEqual(["card", "closing words", "back"]);
});

test("locking and tagging need MANAGE_THREADS; the owner may still archive its own", async () => {
  fake.removePermission("MANAGE_THREADS");
  const own = await openPost(), { thread: other } = fake.memberStartsThread(home, "owner", "Theirs", "hi");
  expect(await codeOf(own.setLocked(true))).toBe(50013);
  await own.setArchived(true);
  const theirs = await client.channels.fetch(other.id);
  expect(theirs?.isThread() === true ? await codeOf(theirs.setArchived(true)) : null).toBe(50013);
  expect(await codeOf(forum.threads.create({ name: "x", message: { content: "y" }, appliedTags: [tag("staff")] }))).toBe(50013);
});

test("the cap counts active threads only", async () => {
  const threads = [];
  for (let i = 0; i < 4; i++) threads.push(await openPost(`#${i}`));
  expect(await codeOf(openPost("one too many"))).toBe(160006);
  await threads[0]?.setArchived(true);
  const fifth = await openPost("fits now");
  expect(await codeOf(threads[0]?.send("x") ?? Promise.resolve())).toBe(160006);
  const active = await forum.guild.channels.fetchActiveThreads(), archived = await forum.threads.fetchArchived();
  expect([active.threads.size, active.threads.has(fifth.id), archived.threads.map((t) => t.id), archived.hasMore]).toEqual([4, true, [threads[0]?.id], false]);
});

test("the third rename in ten minutes is refused, by a limit that no header tells", async () => {
  const thread = await openPost();
  await thread.setName("#1 one");
  await thread.setName("#1 two");
  const third = await thread.setName("#1 three").then(() => null, (error: unknown) => error);
  expect(third).toBeInstanceOf(RateLimitError);
  expect((third as RateLimitError).retryAfter).toBeGreaterThan(590_000);
  expect(fake.callsOf("PATCH", "/channels/:channel").at(2)).toMatchObject({ answered: 429, done: false });
  expect(fake.channel(thread.id).name).toBe("#1 two");
});

test("threads in text channels: from a message, public, private", async () => {
  const line = fake.memberPosts(room, "owner", "look"), message = await text.messages.fetch(line.id), from = await message.startThread({ name: "From it" });
  expect([from.id, from.type, fake.messagesIn(from.id)[0]?.type]).toEqual([line.id, ChannelType.PublicThread, 21]);
  expect(await codeOf(client.rest.post(`/channels/${room.id}/messages/${line.id}/threads`, { body: { name: "Twice" } }))).toBe(160004);
  const open = await text.threads.create({ name: "Open", type: ChannelType.PublicThread, autoArchiveDuration: ThreadAutoArchiveDuration.OneDay });
  expect([open.autoArchiveDuration, fake.messagesIn(room).at(-1)?.type]).toEqual([1440, 18]);
  expect(await codeOf(text.threads.create({ name: "Hidden", type: ChannelType.PrivateThread }).then(async () => { fake.removePermission("CREATE_PRIVATE_THREADS"); return text.threads.create({ name: "Hidden", type: ChannelType.PrivateThread }); }))).toBe(50013);
  const hidden = fake.threads().find((t) => t.name === "Hidden");
  const bo = fake.addMember("Bo");
  expect([fake.may(fake.botMember, "VIEW_CHANNEL", hidden ?? null), fake.may(bo, "VIEW_CHANNEL", hidden ?? null)]).toEqual([true, false]);
  await open.members.add(bo.user.id);
  expect((await open.members.fetch()).map((m) => m.id).toSorted()).toEqual([fake.bot.id, bo.user.id].toSorted());
});

test("idle threads archive by themselves", async () => {
  const thread = await openPost();
  fake.advance(4320 * 60_000 + 1);
  await fake.until(() => thread.archived, "the archived thread");
  expect(fake.activeThreads()).toEqual([]);
});

test("a deleted thread is told of, and is unknown afterwards", async () => {
  const thread = await openPost(), gone: string[] = [];
  client.on(Events.ThreadDelete, (t) => { gone.push(t.id); fake.changed(); });
  fake.deleteThread(thread.id);
  await fake.until(() => gone.length > 0, "the deletion");
  expect(gone).toEqual([thread.id]);
  expect(await codeOf(client.rest.get(`/channels/${thread.id}`))).toBe(10003);
});

test("losing the sight of a channel gives 50001; getting it back syncs its threads", async () => {
  const thread = await openPost(), synced: number[] = [];
  client.on(Events.ThreadListSync, (threads) => { synced.push(threads.size); fake.changed(); });
  fake.removePermission("VIEW_CHANNEL", { channel: home });
  expect(await codeOf(thread.send("x"))).toBe(50001);
  fake.memberPosts(thread.id, "owner", "unheard");
  fake.restorePermission("VIEW_CHANNEL", { channel: home });
  await fake.until(() => synced.length > 0, "the sync");
  expect(synced).toEqual([1]);
  expect(client.channels.cache.get(thread.id)?.isThread() === true ? thread.messages.cache.some((m) => m.content === "unheard") : null).toBe(false);
});

test("the client reckons the same permissions as the fake", async () => {
  const role = fake.createRole("agents", bitsOf("MANAGE_MESSAGES")), ana = fake.memberJoins("Ana", [role]);
  fake.removePermission("SEND_MESSAGES", { channel: room, role });
  fake.restorePermission("VIEW_CHANNEL", { channel: room, role });
  const member = await text.guild.members.fetch({ user: ana.user.id, force: true });
  await fake.until(() => text.permissionOverwrites.cache.size > 0, "the overwrite");
  const known = (bits: bigint) => bits & ((1n << 53n) - 1n);
  expect(known(text.permissionsFor(member).bitfield)).toBe(fake.permissions(ana, room));
  fake.memberTimeout(ana, 60_000);
  expect(() => fake.memberPosts(room, ana, "x")).toThrow("Missing Permissions");
});
