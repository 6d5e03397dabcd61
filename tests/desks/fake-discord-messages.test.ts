/** The fake's messages with the real client: sending, nonces, limits, mentions, reactions, files, listing. */
import { ButtonBuilder, ButtonStyle, ActionRowBuilder, Client, ContainerBuilder, DiscordAPIError, Events, GatewayIntentBits, MessageFlags, TextDisplayBuilder, type TextChannel, type ResponseLike } from "discord.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeDiscord } from "../fakes/discord/discord.ts";
import type { FakeChannel } from "../fakes/discord/types.ts";

let fake: FakeDiscord, client: Client, room: FakeChannel, channel: TextChannel;
beforeEach(async () => {
  fake = new FakeDiscord();
  room = fake.addTextChannel("general");
  await fake.start();
  client = new Client({ intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.GuildMessageReactions, GatewayIntentBits.MessageContent], rest: { api: fake.restUrl, makeRequest: (url, init) => fetch(url, init as RequestInit) as unknown as Promise<ResponseLike> } });
  await client.login(fake.token);
  await fake.until(() => client.isReady(), "ready");
  channel = client.channels.cache.get(room.id) as TextChannel;
});
afterEach(async () => { await client.destroy(); await fake.stop(); });
const refusedBy = async (call: Promise<unknown>): Promise<DiscordAPIError> => call.then(() => { throw new Error("was not refused"); }, (error: unknown) => { expect(error).toBeInstanceOf(DiscordAPIError); return error as DiscordAPIError; });
const codeOf = async (call: Promise<unknown>): Promise<unknown> => (await refusedBy(call)).code;

test("a message is sent, edited, fetched and deleted", async () => {
  const sent = await channel.send("one");
  expect(sent.createdTimestamp).toBeGreaterThan(Date.now() - 60_000);
  await sent.edit("two");
  expect((await channel.messages.fetch({ message: sent.id, force: true })).content).toBe("two");
  expect(fake.messagesIn(room).map((m) => [m.content, m.editedAt !== null])).toEqual([["two", true]]);
  await sent.delete();
  expect(fake.messagesIn(room)).toEqual([]);
  expect(await codeOf(channel.messages.fetch({ message: sent.id, force: true }))).toBe(10008);
});

test("the same nonce within minutes gives the same message, later another", async () => {
  const first = await channel.send({ content: "once", nonce: "part-1", enforceNonce: true });
  const again = await channel.send({ content: "once", nonce: "part-1", enforceNonce: true });
  expect(again.id).toBe(first.id);
  const unchecked = await channel.send({ content: "once", nonce: "part-1" });
  expect(unchecked.id).not.toBe(first.id);
  fake.advance(181_000);
  expect((await channel.send({ content: "once", nonce: "part-1", enforceNonce: true })).id).not.toBe(unchecked.id);
  expect(fake.messagesIn(room)).toHaveLength(3);
});

test("what is empty or too long is refused, with the path of the fault", async () => {
  expect(await codeOf(channel.send({ content: " " }))).toBe(50006);
  const long = await refusedBy(channel.send("x".repeat(2001)));
  expect(long).toMatchObject({ code: 50035, status: 400, rawError: { errors: { content: { _errors: [{ code: "BASE_TYPE_MAX_LENGTH", message: "Must be 2000 or fewer in length." }] } } } });
  expect(await codeOf(channel.send({ embeds: [{ description: "x".repeat(4096) }, { description: "x".repeat(1905) }] }))).toBe(50035);
  expect(await codeOf(channel.send({ embeds: Array.from({ length: 11 }, () => ({ description: "x" })) }))).toBe(50035);
  const row = (id: string) => new ActionRowBuilder<ButtonBuilder>().addComponents(new ButtonBuilder().setCustomId(id).setLabel("Go").setStyle(ButtonStyle.Primary));
  expect(await codeOf(channel.send({ content: "x", components: Array.from({ length: 6 }, (_, i) => row(`b${i}`)) }))).toBe(50035);
  expect(await codeOf(channel.send({ content: "x", components: [row("same"), row("same")] }))).toBe(50035);
  expect(fake.messagesIn(room)).toEqual([]);
});

test("Components V2 takes no content and keeps its own limits", async () => {
  const text = (content: string) => new TextDisplayBuilder().setContent(content);
  const sent = await channel.send({ flags: MessageFlags.IsComponentsV2, components: [new ContainerBuilder().addTextDisplayComponents(text("card"))] });
  expect(sent.flags.has(MessageFlags.IsComponentsV2)).toBe(true);
  expect(await codeOf(channel.send({ flags: MessageFlags.IsComponentsV2, content: "no", components: [text("x")] }))).toBe(50035);
  expect(await codeOf(sent.edit({ content: "no" }))).toBe(50035);
  expect(await codeOf(channel.send({ flags: MessageFlags.IsComponentsV2, components: Array.from({ length: 41 }, () => text("x")) }))).toBe(50035);
  expect(await codeOf(channel.send({ flags: MessageFlags.IsComponentsV2, components: [text("x".repeat(2001)), text("x".repeat(2000))] }))).toBe(50035);
  expect(await codeOf(channel.send({ content: "x", components: [new ContainerBuilder().addTextDisplayComponents(text("x"))] }))).toBe(50035);
  await sent.edit({ flags: MessageFlags.IsComponentsV2, components: [text("new card")] });
  expect(fake.messagesIn(room)[0]?.components).toMatchObject([{ type: 10, id: 1, content: "new card" }]);
});

test("only allowed mentions ping, embeds never, text displays do", async () => {
  const ana = fake.addMember("Ana"), open = fake.addRole("helpers", 0n, { mentionable: true }), closed = fake.addRole("bosses");
  const words = `@everyone <@${ana.user.id}> <@&${open.id}> <@&${closed.id}> \`<@${fake.ownerId}>\``;
  const free = await channel.send(words);
  expect(fake.mentionsIn(free.id)).toEqual({ users: [ana.user.id], roles: [open.id], everyone: false, silent: false });
  const shut = await channel.send({ content: words, allowedMentions: { parse: [] } });
  expect(fake.mentionsIn(shut.id)).toMatchObject({ users: [], roles: [], everyone: false });
  expect(fake.mentionsIn((await channel.send({ embeds: [{ description: words }], flags: MessageFlags.SuppressNotifications })).id)).toEqual({ users: [], roles: [], everyone: false, silent: true });
  const card = await channel.send({ flags: MessageFlags.IsComponentsV2, components: [new TextDisplayBuilder().setContent(words)], allowedMentions: { users: [ana.user.id] } });
  expect(fake.mentionsIn(card.id).users).toEqual([ana.user.id]);
  fake.restorePermission("MENTION_EVERYONE");
  expect(fake.mentionsIn((await channel.send(words)).id)).toMatchObject({ everyone: true, roles: [open.id, closed.id] });
  expect(await codeOf(channel.send({ content: "x", allowedMentions: { parse: ["users"], users: [ana.user.id] } }))).toBe(50035);
});

test("a reply points to its message, pings its author unless told not to, and fails without it", async () => {
  const asked = fake.memberPosts(room, "owner", "question");
  const reply = await channel.send({ content: "answer", reply: { messageReference: asked.id }, allowedMentions: { repliedUser: false } });
  expect([reply.type, reply.reference?.messageId, fake.mentionsIn(reply.id).users]).toEqual([19, asked.id, []]);
  expect(fake.mentionsIn((await channel.send({ content: "answer", reply: { messageReference: asked.id } })).id).users).toEqual([fake.ownerId]);
  fake.memberDeletes(asked);
  expect(await codeOf(channel.send({ content: "late", reply: { messageReference: asked.id } }))).toBe(50035);
  expect((await channel.send({ content: "late", reply: { messageReference: asked.id, failIfNotExists: false } })).reference).toBeNull();
});

test("history is listed by after, before, around and limit, newest first", async () => {
  const ids = ["a", "b", "c", "d", "e"].map((content) => fake.memberPosts(room, "owner", content).id);
  const texts = async (options: { after?: string; before?: string; around?: string; limit?: number }) => [...(await channel.messages.fetch({ ...options, cache: false })).values()].map((m) => m.content).join("");
  expect(await texts({})).toBe("edcba");
  expect(await texts({ after: ids[1] ?? "", limit: 2 })).toBe("dc");
  expect(await texts({ before: ids[3] ?? "", limit: 2 })).toBe("cb");
  expect(await texts({ around: ids[2] ?? "", limit: 3 })).toBe("dcb");
  await channel.bulkDelete(ids.slice(0, 2)).then(() => { throw new Error("was not refused"); }, (error: DiscordAPIError) => { expect(error.code).toBe(50013); });
  fake.restorePermission("MANAGE_MESSAGES");
  await channel.bulkDelete(ids.slice(0, 2));
  expect(await texts({})).toBe("edc");
});

test("files go up as multipart and come back by links that expire", async () => {
  const sent = await channel.send({ content: "see", files: [{ attachment: Buffer.from("hello"), name: "note.txt", description: "a note" }] });
  const file = sent.attachments.first();
  expect(file).toMatchObject({ name: "note.txt", size: 5, description: "a note" });
  expect(await (await fetch(file?.url ?? "")).text()).toBe("hello");
  fake.advance(86_400_001);
  expect((await fetch(file?.url ?? "")).status).toBe(404);
  const fresh = (await channel.messages.fetch({ message: sent.id, force: true })).attachments.first();
  expect((await fetch(fresh?.url ?? "")).status).toBe(200);
  expect((await fetch((fresh?.url ?? "").replace("hm=", "hm=0"))).status).toBe(404);
  fake.attachmentBytes = 4;
  expect(await codeOf(channel.send({ files: [{ attachment: Buffer.from("hello"), name: "big.txt" }] }))).toBe(40005);
  expect((await sent.edit({ attachments: [], content: "gone" })).attachments.size).toBe(0);
});

test("reactions come and go, by permission, up to twenty kinds", async () => {
  const message = fake.memberPosts(room, "owner", "hi"), shown = await channel.messages.fetch(message.id), heard: string[] = [];
  client.on(Events.MessageReactionAdd, (r, user) => { heard.push(`+${r.emoji.name} ${user.id}`); fake.changed(); });
  client.on(Events.MessageReactionRemove, (r, user) => { heard.push(`-${r.emoji.name} ${user.id}`); fake.changed(); });
  await shown.react("✅");
  fake.memberReacts(message, "owner", "✅");
  expect((await shown.reactions.cache.get("✅")?.users.fetch())?.size).toBe(2);
  await shown.reactions.cache.get("✅")?.users.remove(fake.bot.id);
  fake.memberUnreacts(message, "owner", "✅");
  await fake.until(() => heard.length === 4, "four events");
  expect(heard).toEqual([`+✅ ${fake.bot.id}`, `+✅ ${fake.ownerId}`, `-✅ ${fake.bot.id}`, `-✅ ${fake.ownerId}`]);
  expect(await codeOf(shown.react("nonsense"))).toBe(10014);
  for (let i = 0; i < 20; i++) fake.memberReacts(message, "owner", String.fromCodePoint(0x1f600 + i));
  expect(await codeOf(shown.react("🔒"))).toBe(30010);
  fake.removePermission("ADD_REACTIONS");
  expect(await codeOf(channel.messages.react(fake.memberPosts(room, "owner", "x").id, "🔒"))).toBe(50013);
});

test("people's edits, deletions and typing arrive", async () => {
  const heard: string[] = [];
  client.on(Events.MessageCreate, (m) => { heard.push(`new ${m.content}`); fake.changed(); });
  client.on(Events.MessageUpdate, (_, now) => { heard.push(`edit ${now.content ?? ""}`); fake.changed(); });
  client.on(Events.MessageDelete, (m) => { heard.push(`delete ${m.id}`); fake.changed(); });
  const message = fake.memberPosts(room, "owner", "typo");
  fake.memberEdits(message, "fixed");
  fake.memberDeletes(message);
  await fake.until(() => heard.length === 3, "all three");
  expect(heard).toEqual(["new typo", "edit fixed", `delete ${message.id}`]);
  await channel.sendTyping();
  expect(fake.callsOf("POST", "/channels/:channel/typing")).toHaveLength(1);
});

test("others' messages can't be edited", async () => {
  const message = await channel.messages.fetch(fake.memberPosts(room, "owner", "mine").id);
  expect(await codeOf(message.edit("yours"))).toBe(50005);
});

test("ids never fall and never repeat, even when the clock goes back", () => {
  let now = Date.UTC(2026, 0, 1);
  const world = new FakeDiscord({ clock: () => now }), made = [world.ids.next(), world.ids.next()];
  now -= 60_000;
  made.push(world.ids.next());
  now += 120_000;
  made.push(world.ids.next());
  expect(made.map(BigInt).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(made.map(BigInt));
  expect(new Set(made).size).toBe(4);
  expect(Number(BigInt(made[3] ?? 0) >> 22n) + 1_420_070_400_000).toBe(now);
});
