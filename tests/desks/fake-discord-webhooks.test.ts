/** The fake's webhooks with the real client: identity, forum posts, names, edits, vanishing. */
import { ActionRowBuilder, ButtonBuilder, ButtonStyle, Client, DiscordAPIError, Events, GatewayIntentBits, WebhookClient, type ForumChannel, type TextChannel, type Webhook } from "discord.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeDiscord } from "../fakes/discord/discord.ts";
import type { FakeChannel } from "../fakes/discord/types.ts";

let fake: FakeDiscord, client: Client, home: FakeChannel, room: FakeChannel, forum: ForumChannel, text: TextChannel;
beforeEach(async () => {
  fake = new FakeDiscord();
  home = fake.addForum("support", ["open"]);
  room = fake.addTextChannel("general");
  await fake.start();
  client = new Client({ intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.GuildWebhooks], rest: { api: fake.restUrl } });
  await client.login(fake.token);
  await fake.until(() => client.isReady(), "ready");
  forum = client.channels.cache.get(home.id) as ForumChannel;
  text = client.channels.cache.get(room.id) as TextChannel;
});
afterEach(async () => { await client.destroy(); await fake.stop(); });
const codeOf = async (call: Promise<unknown>): Promise<unknown> => call.then(() => { throw new Error("was not refused"); }, (error: unknown) => { expect(error).toBeInstanceOf(DiscordAPIError); return (error as DiscordAPIError).code; });
const tokenOf = (webhook: Webhook): { id: string; token: string } => ({ id: webhook.id, token: webhook.token ?? "" });

test("a webhook speaks under its customer's name and picture, and its message comes back", async () => {
  const seen: (string | null)[] = [];
  client.on(Events.MessageCreate, (m) => { seen.push(m.webhookId, m.author.username, m.content); fake.changed(); });
  const webhook = await text.createWebhook({ name: "Desk" });
  const sent = await webhook.send({ content: "hi", username: "Ana · Telegram", avatarURL: "https://example.com/a.png" });
  expect(sent.author.username).toBe("Ana · Telegram");
  await fake.until(() => seen.length === 3, "the message");
  expect(seen).toEqual([webhook.id, "Ana · Telegram", "hi"]);
  await webhook.editMessage(sent.id, "hi!");
  expect((await webhook.fetchMessage(sent.id)).content).toBe("hi!");
  await webhook.deleteMessage(sent.id);
  expect(await codeOf(webhook.fetchMessage(sent.id))).toBe(10008);
});

test("a name with discord or clyde, or too long a one, is refused", async () => {
  expect(await codeOf(text.createWebhook({ name: "My Discord" }))).toBe(50035);
  const webhook = await text.createWebhook({ name: "Desk" });
  expect(await codeOf(webhook.send({ content: "x", username: "Clyde" }))).toBe(50035);
  expect(await codeOf(webhook.send({ content: "x", username: "x".repeat(81) }))).toBe(50035);
  expect(fake.messagesIn(room)).toEqual([]);
});

test("in a forum it needs a thread or a name for one, not both", async () => {
  const webhook = await forum.createWebhook({ name: "Desk" });
  expect(await codeOf(webhook.send("where?"))).toBe(220001);
  const first = await webhook.send({ content: "card", threadName: "#1 Ana", appliedTags: [forum.availableTags[0]?.id ?? ""] });
  expect(fake.channel(first.channelId)).toMatchObject({ name: "#1 Ana", parent: home.id, appliedTags: [forum.availableTags[0]?.id] });
  expect(first.id).toBe(first.channelId);
  const second = await webhook.send({ content: "line", threadId: first.channelId });
  await webhook.editMessage(second.id, { content: "line 2", threadId: first.channelId });
  expect(fake.messagesIn(first.channelId).map((m) => m.content)).toEqual(["card", "line 2"]);
  expect(await codeOf(client.rest.post(`/webhooks/${webhook.id}/${webhook.token}`, { auth: false, query: new URLSearchParams({ thread_id: first.channelId }), body: { content: "x", thread_name: "y" } }))).toBe(220002);
  expect(await codeOf((await text.createWebhook({ name: "Desk" })).send({ content: "x", threadName: "y" }))).toBe(220003);
  expect(await codeOf(webhook.send({ content: "x", threadId: "123" }))).toBe(10003);
});

test("it reopens an archived thread, and without wait answers nothing", async () => {
  const webhook = await forum.createWebhook({ name: "Desk" }), first = await webhook.send({ content: "card", threadName: "#1 Ana" });
  fake.changeThread(first.channelId, { archived: true });
  const answer = await client.rest.post(`/webhooks/${webhook.id}/${webhook.token}`, { auth: false, query: new URLSearchParams({ thread_id: first.channelId }), body: { content: "more", nonce: "n", enforce_nonce: true } });
  expect(fake.calls.at(-1)?.answered).toBe(204);
  expect(Buffer.from(answer as ArrayBuffer)).toHaveLength(0);
  await client.rest.post(`/webhooks/${webhook.id}/${webhook.token}`, { auth: false, query: new URLSearchParams({ thread_id: first.channelId }), body: { content: "more", nonce: "n", enforce_nonce: true } });
  expect(fake.channel(first.channelId).thread?.archived).toBe(false);
  expect(fake.messagesIn(first.channelId).map((m) => m.content)).toEqual(["card", "more", "more"]);
});

test("the application's own webhooks carry buttons; their presses come to the bot", async () => {
  const webhook = await text.createWebhook({ name: "Desk" });
  const row = new ActionRowBuilder<ButtonBuilder>().addComponents(new ButtonBuilder().setCustomId("take").setLabel("Take").setStyle(ButtonStyle.Primary));
  const sent = await webhook.send({ content: "card", components: [row] });
  client.on(Events.InteractionCreate, (i) => { if (i.isButton()) void i.update({ content: "taken", components: [] }); });
  const pressed = await fake.memberPressesButton(sent.id, "take", "owner");
  expect([pressed.ack, pressed.said, fake.messagesIn(room)[0]?.content]).toEqual(["update", "taken", "taken"]);
});

test("a vanished webhook, a wrong token, a full channel and a missing permission each have their code", async () => {
  const heard: string[] = [], webhook = await text.createWebhook({ name: "Desk" });
  client.on(Events.WebhooksUpdate, (c) => { heard.push(c.id); fake.changed(); });
  expect(await codeOf(new WebhookClient({ ...tokenOf(webhook), token: "wrong" }, { rest: { api: fake.restUrl } }).send("x"))).toBe(50027);
  fake.deleteWebhook(webhook.id);
  await fake.until(() => heard.includes(room.id), "the news");
  expect(await codeOf(new WebhookClient(tokenOf(webhook), { rest: { api: fake.restUrl } }).send("x"))).toBe(10015);
  for (let i = 0; i < 15; i++) await text.createWebhook({ name: `Desk ${i}` });
  expect((await text.fetchWebhooks()).size).toBe(15);
  expect(await codeOf(text.createWebhook({ name: "Desk" }))).toBe(30007);
  fake.removePermission("MANAGE_WEBHOOKS");
  expect(await codeOf(text.fetchWebhooks())).toBe(50013);
});
