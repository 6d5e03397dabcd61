/** The fake's gateway with the real client: login, intents, resume, invalid sessions, what is held or lost. */
import { Client, Events, GatewayIntentBits, type ClientOptions } from "discord.js";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { FakeDiscord, type FakeDiscordOptions } from "../fakes/discord/discord.ts";

const WITH_CONTENT = [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.GuildMessageReactions, GatewayIntentBits.MessageContent];
let fake: FakeDiscord;
afterEach(async () => { await fake.stop(); });

async function connect(options: FakeDiscordOptions = {}, intents: ClientOptions["intents"] = WITH_CONTENT): Promise<Client<true>> {
  fake = await FakeDiscord.start(options);
  const client = new Client({ intents, rest: { api: fake.restUrl } });
  onTestFinished(() => client.destroy());
  const ready = new Promise((done) => { client.once(Events.ClientReady, done); });
  await client.login(fake.token);
  await ready;
  return client as Client<true>;
}
/** What came over the wire: the client itself leaves out a message it already knows. */
const came = (client: Client): string[] => { const texts: string[] = []; client.on(Events.Raw, ({ t, d }: { t: string; d: { content: string } }) => { if (t === "MESSAGE_CREATE") texts.push(d.content); fake.changed(); }); return texts; };
const heard = (client: Client): string[] => { const texts: string[] = []; client.on(Events.MessageCreate, (m) => { texts.push(m.content); fake.changed(); }); return texts; };

test("logs in and knows guild, roles, channels, active threads and itself", async () => {
  fake = await FakeDiscord.start();
  await fake.stop();
  const client = await connect();
  expect(client.user.id).toBe(fake.bot.id);
  const guild = client.guilds.cache.get(fake.guildId);
  expect(guild?.name).toBe("Fake Guild");
  expect(guild?.roles.cache.size).toBe(2);
  expect([...(guild?.members.cache.keys() ?? [])]).toEqual([fake.bot.id]);
});

test("GUILD_CREATE lists active threads and leaves archived ones out", async () => {
  fake = new FakeDiscord();
  const forum = fake.addForum("support"), { thread } = fake.memberStartsThread(forum, "owner", "Alive", "hello"), old = fake.memberStartsThread(forum, "owner", "Old", "hello").thread;
  fake.changeThread(old, { archived: true });
  await fake.start();
  const client = new Client({ intents: WITH_CONTENT, rest: { api: fake.restUrl } });
  onTestFinished(() => client.destroy());
  await client.login(fake.token);
  await fake.until(() => client.isReady(), "ready");
  expect(client.channels.cache.has(thread.id)).toBe(true);
  expect(client.channels.cache.has(old.id)).toBe(false);
  expect(client.channels.cache.get(forum.id)?.isThreadOnly()).toBe(true);
});

test("a wrong token and a privileged intent that the portal lacks are refused", async () => {
  fake = await FakeDiscord.start({ portal: { messageContent: false } });
  const wrong = new Client({ intents: [], rest: { api: fake.restUrl } });
  await expect(wrong.login("not.the.token")).rejects.toThrow("An invalid token was provided.");
  const nosy = new Client({ intents: WITH_CONTENT, rest: { api: fake.restUrl } });
  await expect(nosy.login(fake.token)).rejects.toThrow(/disallowed intents/i);
  expect(fake.gateway.connected).toBe(0);
});

test("without the intent, content is empty unless the bot is mentioned", async () => {
  const client = await connect({}, [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages]), channel = fake.createTextChannel("general"), texts = heard(client);
  fake.memberPosts(channel, "owner", "secret", { files: [{ name: "a.txt" }] });
  fake.memberPosts(channel, "owner", `hi <@${fake.bot.id}>`);
  await fake.until(() => texts.length === 2, "two messages");
  expect(texts).toEqual(["", `hi <@${fake.bot.id}>`]);
});

test("what a cut connection missed is replayed in order, and the session stays", async () => {
  const client = await connect(), channel = fake.createTextChannel("general"), texts = heard(client);
  fake.memberPosts(channel, "owner", "before");
  await fake.until(() => texts.length === 1, "the first");
  fake.gateway.cut();
  fake.memberPosts(channel, "owner", "while away");
  fake.memberPosts(channel, "owner", "still away");
  await fake.until(() => texts.length === 3, "the replay");
  expect(texts).toEqual(["before", "while away", "still away"]);
  expect([fake.gateway.identifies, fake.gateway.resumes]).toEqual([1, 1]);
});

test("opcode 7 and a resumable opcode 9 end in a resume", async () => {
  const client = await connect(), channel = fake.createTextChannel("general"), texts = heard(client);
  fake.gateway.askToReconnect();
  await fake.until(() => fake.gateway.resumes === 1 && fake.gateway.connected === 1, "the first resume");
  fake.gateway.invalidate({ resumable: true });
  await fake.until(() => fake.gateway.resumes === 2 && fake.gateway.connected === 1, "the second resume", 40_000);
  fake.memberPosts(channel, "owner", "here again");
  await fake.until(() => texts.includes("here again"), "a message after both");
  expect(fake.gateway.identifies).toBe(1);
});

test("a lost session is refused and a new one begins: what happened meanwhile is gone", async () => {
  const client = await connect(), channel = fake.createTextChannel("general"), texts = heard(client);
  fake.gateway.cut({ resumable: false });
  fake.memberPosts(channel, "owner", "never heard");
  await fake.until(() => fake.gateway.identifies === 2 && fake.gateway.connected === 1, "a second identify", 40_000);
  fake.memberPosts(channel, "owner", "heard");
  await fake.until(() => texts.length > 0, "the next message");
  expect(texts).toEqual(["heard"]);
  expect(fake.gateway.resumes).toBe(1);
  expect(fake.messagesIn(channel).map((m) => m.content)).toEqual(["never heard", "heard"]);
});

test("a zombie connection is left by the client, which resumes", async () => {
  fake = new FakeDiscord();
  fake.gateway.heartbeatMs = 60;
  await fake.start();
  const client = new Client({ intents: WITH_CONTENT, rest: { api: fake.restUrl } });
  onTestFinished(() => client.destroy());
  await client.login(fake.token);
  await fake.until(() => fake.gateway.received.some((p) => p.op === 1), "a heartbeat");
  fake.gateway.zombie = true;
  await fake.until(() => fake.gateway.resumes > 0, "a resume", 40_000);
  fake.gateway.zombie = false;
  expect(fake.gateway.identifies).toBe(1);
});

test("events are dropped, doubled and held at will", async () => {
  const client = await connect(), channel = fake.createTextChannel("general"), texts = came(client);
  fake.gateway.drop("MESSAGE_CREATE");
  fake.memberPosts(channel, "owner", "dropped");
  fake.gateway.duplicate("MESSAGE_CREATE");
  fake.memberPosts(channel, "owner", "doubled");
  await fake.until(() => texts.length === 2, "the doubled one");
  fake.gateway.hold("MESSAGE_CREATE", { times: 1 });
  fake.memberPosts(channel, "owner", "held");
  fake.memberPosts(channel, "owner", "overtakes");
  await fake.until(() => texts.length === 3, "the one that overtakes");
  expect(fake.gateway.release()).toBe(1);
  await fake.until(() => texts.length === 4, "the held one");
  expect(texts).toEqual(["doubled", "doubled", "overtakes", "held"]);
});

test("members can be asked for over the gateway with the intent", async () => {
  const client = await connect({}, [...WITH_CONTENT, GatewayIntentBits.GuildMembers]);
  fake.memberJoins("Ana");
  const members = await client.guilds.cache.get(fake.guildId)?.members.fetch();
  expect(members?.map((m) => m.displayName).toSorted()).toEqual(["Ana", "Desk Bot", "owner"]);
});
