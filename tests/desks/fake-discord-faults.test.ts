/** The fake's rate limits, faults and accidents with the real client. */
import { Client, DiscordAPIError, Events, GatewayIntentBits, HTTPError, RateLimitError, REST, type TextChannel } from "discord.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeDiscord } from "../fakes/discord/discord.ts";
import type { FakeChannel } from "../fakes/discord/types.ts";

let fake: FakeDiscord, rest: REST, room: FakeChannel;
beforeEach(async () => {
  fake = new FakeDiscord();
  room = fake.addTextChannel("general");
  await fake.start();
  rest = new REST({ api: fake.restUrl, retries: 0, rejectOnRateLimit: () => true }).setToken(fake.token);
});
afterEach(async () => { await fake.stop(); });
const post = (body: object, by = rest) => by.post(`/channels/${room.id}/messages`, { body }) as Promise<{ id: string; content: string }>;
const errorOf = async (call: Promise<unknown>): Promise<unknown> => call.then(() => { throw new Error("was not refused"); }, (error: unknown) => error);
const raw = (path: string, init: RequestInit = {}) => fetch(`${fake.restUrl}/v10${path}`, { ...init, headers: { authorization: `Bot ${fake.token}`, "content-type": "application/json" } });
const say = () => raw(`/channels/${room.id}/messages`, { method: "POST", body: JSON.stringify({ content: "x" }) });

test("headers tell the bucket always; only when enforced a full one is refused", async () => {
  for (let i = 0; i < 8; i++) expect((await say()).status).toBe(200);
  fake.limits.reset();
  fake.limits.enforce = true;
  const answers = [];
  for (let i = 0; i < 6; i++) answers.push(await say());
  expect(answers.map((a) => a.status)).toEqual([200, 200, 200, 200, 200, 429]);
  expect(answers.map((a) => a.headers.get("x-ratelimit-remaining"))).toEqual(["4", "3", "2", "1", "0", "0"]);
  const last = answers[5];
  expect([last?.headers.get("x-ratelimit-scope"), last?.headers.get("x-ratelimit-limit"), answers[0]?.headers.get("x-ratelimit-bucket")]).toEqual(["user", "5", last?.headers.get("x-ratelimit-bucket")]);
  expect(await last?.json()).toMatchObject({ message: "You are being rate limited.", global: false });
  expect((await raw(`/channels/${fake.addTextChannel("other").id}/messages`, { method: "POST", body: '{"content":"x"}' })).status).toBe(200);
  fake.advance(5_001);
  expect((await say()).status).toBe(200);
});

test("the global limit is told as such, and the client sees a full bucket before it is refused", async () => {
  fake.limits.enforce = true;
  fake.limits.globalPerSecond = 1;
  await say();
  const second = await say();
  expect([second.status, second.headers.get("x-ratelimit-global"), second.headers.get("x-ratelimit-scope")]).toEqual([429, "true", "global"]);
  fake.limits.globalPerSecond = 50;
  fake.limits.reset();
  fake.limits.set(/^POST \/channels\/:channel\/messages$/, { limit: 2, perMs: 60_000 });
  await post({ content: "one" });
  await post({ content: "two" });
  const calls = fake.calls.length;
  expect(await errorOf(post({ content: "three" }))).toBeInstanceOf(RateLimitError);
  expect(fake.calls).toHaveLength(calls);
});

test("a fault takes the calls it names, as often as it says", async () => {
  fake.fail("POST /channels/*/messages", { code: 50013, times: 2 });
  expect(await errorOf(post({ content: "a" }))).toMatchObject({ code: 50013, status: 403 });
  expect(await errorOf(post({ content: "a" }))).toBeInstanceOf(DiscordAPIError);
  await post({ content: "a" });
  fake.fail("/channels/**", { status: 503 });
  expect(await errorOf(post({ content: "b" }))).toBeInstanceOf(HTTPError);
  fake.fail(/^POST .*messages$/, { status: 429, retryAfter: 7, code: 20028, scope: "shared" });
  const limited = await say();
  expect([limited.status, limited.headers.get("retry-after"), limited.headers.get("x-ratelimit-scope"), await limited.json()]).toEqual([429, "7", "shared", { message: "The resource is being rate limited.", code: 20028, retry_after: 7, global: false }]);
  expect(fake.messagesIn(room).map((m) => m.content)).toEqual(["a"]);
  expect(fake.calls.map((call) => [call.answered, call.done])).toEqual([[403, false], [403, false], [200, true], [503, false], [429, false]]);
});

test("a connection cut after the effect leaves one message, found again by its nonce", async () => {
  fake.fail("POST /channels/*/messages", { dropAfterEffect: true });
  expect(await errorOf(post({ content: "once", nonce: "n1", enforce_nonce: true }))).toBeInstanceOf(Error);
  expect(fake.messagesIn(room)).toHaveLength(1);
  const again = await post({ content: "once", nonce: "n1", enforce_nonce: true });
  expect([again.id, fake.messagesIn(room).length]).toEqual([fake.messagesIn(room)[0]?.id, 1]);
  fake.fail("POST /channels/*/messages", { dropBefore: true });
  expect(await errorOf(post({ content: "never" }))).toBeInstanceOf(Error);
  fake.fail("POST /channels/*/messages", { status: 500, afterEffect: true });
  expect(await errorOf(post({ content: "done though" }))).toBeInstanceOf(HTTPError);
  expect(fake.messagesIn(room).map((m) => m.content)).toEqual(["once", "done though"]);
  expect(fake.calls.map((call) => call.answered)).toEqual(["none", 200, "none", 500]);
});

test("a delay holds the answer back", async () => {
  fake.fail("GET /users/@me", { delayMs: 60 });
  const before = performance.now();
  await rest.get("/users/@me");
  expect(performance.now() - before).toBeGreaterThan(50);
});

test("no token, a broken body and an unknown path", async () => {
  const bare = await fetch(`${fake.restUrl}/v10/users/@me`);
  expect([bare.status, await bare.json()]).toEqual([401, { message: "401: Unauthorized", code: 0 }]);
  expect(await (await raw(`/channels/${room.id}/messages`, { method: "POST", body: "{" })).json()).toMatchObject({ code: 50109 });
  expect((await raw("/nowhere")).status).toBe(404);
});

test("the application tells which privileged intents it has; members can be searched", async () => {
  expect(await rest.get("/oauth2/applications/@me")).toMatchObject({ id: fake.bot.id, flags: (1 << 15) | (1 << 19) });
  fake.portal.messageContent = false;
  expect(await rest.get("/applications/@me")).toMatchObject({ flags: 1 << 15 });
  fake.memberJoins("Ana Lima");
  expect(await rest.get(`/guilds/${fake.guildId}/members/search`, { query: new URLSearchParams({ query: "ana", limit: "5" }) })).toMatchObject([{ user: { global_name: "Ana Lima" } }]);
  expect(await errorOf(rest.get(`/guilds/${fake.guildId}/members/1`))).toMatchObject({ code: 10007 });
  fake.portal.members = false;
  expect(await errorOf(rest.get(`/guilds/${fake.guildId}/members`))).toMatchObject({ code: 50001 });
});

test("kicked, the bot loses the guild and its channels", async () => {
  const client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api: fake.restUrl } }), gone: string[] = [];
  client.on(Events.GuildDelete, (guild) => { gone.push(guild.id); });
  await client.login(fake.token);
  await fake.until(() => client.isReady(), "ready");
  fake.kickBot();
  await fake.until(() => gone.length > 0, "the news");
  expect(gone).toEqual([fake.guildId]);
  expect(await errorOf(post({ content: "x" }))).toMatchObject({ code: 50001 });
  expect(await errorOf(rest.get(`/guilds/${fake.guildId}`))).toMatchObject({ code: 10004 });
  await client.destroy();
});

test("roles, leaving and deleted channels are told", async () => {
  const client = new Client({ intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMembers], rest: { api: fake.restUrl } }), heard: string[] = [];
  const note = (line: string) => { heard.push(line); fake.changed(); };
  client.on(Events.GuildMemberUpdate, (_, m) => note(`update ${m.displayName} ${m.roles.cache.size}`)).on(Events.GuildMemberRemove, (m) => note(`left ${m.user.username}`)).on(Events.ChannelDelete, (c) => note(`deleted ${c.id}`)).on(Events.GuildRoleDelete, (r) => note(`role ${r.name}`));
  await client.login(fake.token);
  await fake.until(() => client.isReady(), "ready");
  const agents = fake.createRole("agents"), ana = fake.memberJoins("Ana");
  fake.setRoles(ana, [agents]);
  fake.deleteRole(agents.id);
  fake.memberLeaves(ana);
  fake.deleteChannel(room);
  await fake.until(() => heard.length === 5, "all of it");
  expect(heard).toEqual(["update Ana 2", "update Ana 1", "role agents", "left ana", `deleted ${room.id}`]);
  expect(await errorOf((client.channels.cache.get(room.id) as TextChannel | undefined)?.send("x") ?? post({ content: "x" }))).toMatchObject({ code: 10003 });
  await client.destroy();
});
