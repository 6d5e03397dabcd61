import { Agent, getGlobalDispatcher, setGlobalDispatcher } from "undici";
import { onTestFinished, describe, expect, test } from "vitest";
import { createDiscordApi, SHUT_OUT } from "../../src/bridge/discord/api.ts";
import { discordCode, failureOf, type DiscordFailure } from "../../src/bridge/discord/errors.ts";
import { createMe } from "../../src/bridge/discord/me.ts";
import { createReceipts } from "../../src/bridge/discord/out/receipts.ts";
import { createThreads } from "../../src/bridge/discord/out/threads.ts";
import { createTyping } from "../../src/bridge/discord/out/typing.ts";
import { createRefusals } from "../../src/bridge/discord/refusals.ts";
import { DeskError } from "../../src/core/errors.ts";
import { FakeDiscord } from "../fakes/discord/discord.ts";
import { TestClock } from "../support/core.ts";
import { soon } from "../support/discord-out.ts";

async function start() {
  const fake = await FakeDiscord.start();
  onTestFinished(() => fake.stop());
  const channel = fake.addTextChannel("general");
  const api = createDiscordApi({ token: fake.token, apiUrl: fake.restUrl });
  const say = (content: string, more: object = {}) => api.call("POST", `/channels/${channel.id}/messages`, { body: { content }, ...more });
  return { fake, channel, api, say };
}
const thrown = (call: Promise<unknown>): Promise<DeskError> => call.then(() => { throw new Error("was not refused"); }, (error: unknown) => error as DeskError);
const SECRET = "the customer's own words";

test("files go up whichever version of undici sends for the whole process", async () => {
  const { channel, fake, say } = await start();
  const before = getGlobalDispatcher(), other = new Agent();
  setGlobalDispatcher(other);
  onTestFinished(async () => {
    setGlobalDispatcher(before);
    await other.close();
  });
  await say("with a file", { files: [{ name: "ünï.txt", type: "text/plain", content: Buffer.from("inside") }] });
  expect(fake.messagesIn(channel)).toMatchObject([{ content: "with a file", attachments: [{ filename: "ünï.txt" }] }]);
});

describe("limits", () => {
  test("a bucket that is used up is waited for when that is short, and told with its time when it is long", async () => {
    const { fake, say } = await start();
    fake.limits.enforce = true;
    fake.limits.set(/^POST \/channels\/:channel\/messages$/, { limit: 2, perMs: 700 });
    for (let n = 0; n < 4; n++) await say(`${n}`);
    expect(fake.calls.map(({ answered }) => answered)).toEqual([200, 200, 200, 200]);
    fake.limits.reset();
    fake.limits.set(/^POST \/channels\/:channel\/messages$/, { limit: 1, perMs: 60_000 });
    await say("a");
    const error = await thrown(say("b"));
    expect(error).toMatchObject({ code: "RATE_LIMITED", o: { certain: true } });
    expect(error.o.retryAfterMs).toBeGreaterThan(50_000);
    expect(fake.calls.filter(({ answered }) => answered === 429)).toEqual([]);
  });

  test("a limit that no header told is no silent wait of ten minutes", async () => {
    const { fake, say } = await start();
    fake.fail("POST /channels/*/messages", { status: 429, retryAfter: 600, scope: "shared" });
    const error = await thrown(say("a"));
    expect(error).toMatchObject({ code: "RATE_LIMITED", o: { certain: true } });
    expect(error.o.retryAfterMs).toBeGreaterThanOrEqual(600_000);
    await say("b");
  });

  test("what is merely nice to have never waits", async () => {
    const { fake, say } = await start();
    fake.limits.enforce = true;
    fake.limits.set(/^POST \/channels\/:channel\/messages$/, { limit: 1, perMs: 1_000 });
    await say("a");
    expect(await thrown(say("b", { priority: "background" }))).toMatchObject({ code: "RATE_LIMITED" });
  });

  test("a global limit holds all calls back for as long as it says, but no answer to what a person did", async () => {
    const { fake, channel, api, say } = await start();
    fake.fail("POST /channels/*/messages", { status: 429, retryAfter: 30, scope: "global" });
    for (const call of [() => say("a"), () => api.call("GET", `/channels/${channel.id}`), () => api.call("GET", `/guilds/${fake.guildId}`)]) {
      const error = await thrown(call());
      expect(error).toMatchObject({ code: "RATE_LIMITED", o: { certain: true } });
      expect(error.o.retryAfterMs).toBeGreaterThan(20_000);
    }
    expect(fake.calls).toHaveLength(1);
    expect(await thrown(api.call("POST", "/interactions/900000000000000001/token/callback", { auth: false, priority: "interactive", body: { type: 6 } }))).toMatchObject({ code: "REFUSED" });
  });

  test.each([[300], [undefined]])("shut out by Discord's network (for %s s): nothing more is sent until that is over, and nothing tried again at once", async (retryAfter) => {
    const { fake, channel, api, say } = await start();
    const heard: unknown[] = [];
    api.watch((_method, _path, failure) => heard.push(failure?.code ?? null));
    fake.fail("POST /channels/*/messages", { shutOut: true, ...(retryAfter === undefined ? {} : { retryAfter }) });
    for (const error of [...await Promise.all([say("a"), say("b")].map(thrown)), await thrown(api.call("GET", `/channels/${channel.id}`, { priority: "interactive" }))]) {
      expect(error).toMatchObject({ code: "RATE_LIMITED", o: { certain: true } });
      expect(error.o.retryAfterMs).toBeGreaterThan((retryAfter ?? 60) * 1_000 - 30_000);
    }
    expect(fake.calls).toHaveLength(1);
    expect(heard).toEqual(heard.map(() => SHUT_OUT));
  });

  test("refusals are counted, so that it never comes to that", () => {
    const clock = { ms: 0 };
    const refusals = createRefusals(() => clock.ms);
    const refused = (status: number, headers = {}) => refusals.heard(status, new Headers({ "x-ratelimit-scope": "user", ...headers }));
    for (let n = 0; n < 2_000; n++) { refused(404); refused(429, { "x-ratelimit-scope": "shared" }); }
    expect(refusals.waitMs()).toBe(0);
    let made = 0;
    for (; clock.ms < 600_000; clock.ms += 10) while (refusals.waitMs() === 0) { refused([401, 403, 429][made % 3]!); made++; }
    expect(made).toBeGreaterThan(3_000);
    expect(made).toBeLessThan(5_000);
    expect(refusals.waitMs()).toBeLessThan(1_000);
    expect(refusals.shutOutMs()).toBe(0);
  });

  test("without time left nothing is sent", async () => {
    const { fake, say } = await start();
    expect(await thrown(say("a", { signal: AbortSignal.abort() }))).toMatchObject({ code: "TIMEOUT", o: { certain: true } });
    fake.fail("POST /channels/*/messages", { delayMs: 300 });
    const first = say("a");
    expect(await thrown(say("b", { signal: AbortSignal.timeout(100) }))).toMatchObject({ code: "TIMEOUT", o: { certain: true } });
    await first;
    expect(fake.calls).toHaveLength(1);
  });
});

describe("refusals", () => {
  test.each([
    [{ code: 10_003 }, { code: "THREAD_GONE", o: { certain: true, refused: true } }],
    [{ code: 10_008 }, { code: "POST_GONE", o: { certain: true, refused: true } }],
    [{ code: 50_001 }, { code: "UNREACHABLE", o: { certain: true } }],
    [{ code: 50_013 }, { code: "UNREACHABLE", o: { certain: true } }],
    [{ code: 160_006 }, { code: "UNREACHABLE", o: { certain: true } }],
    [{ code: 40_005 }, { code: "REFUSED", o: { certain: true, refused: true } }],
    [{ status: 400, code: 200_000, message: "Message was blocked by automatic moderation" }, { code: "REFUSED", o: { certain: true, refused: true } }],
    [{ status: 401, message: "401: Unauthorized" }, { code: "UNREACHABLE", o: { certain: true } }],
    [{ status: 500 }, { code: "UNREACHABLE", o: { certain: false } }],
    [{ status: 503, afterEffect: true }, { code: "UNREACHABLE", o: { certain: false } }],
    [{ dropAfterEffect: true }, { code: "UNREACHABLE", o: { certain: false } }],
  ])("%o", async (fault, expected) => {
    const { fake, say } = await start();
    fake.fail("POST /channels/*/messages", fault);
    const error = await thrown(say(SECRET));
    expect(error).toMatchObject(expected);
    expect(failureOf(error)?.message).toMatch(/^POST \/channels\/-\/messages: /);
    expect(JSON.stringify([error, error.message, error.stack, error.o.cause, (error.o.cause as Error).stack])).not.toContain(SECRET);
    // its client forgets a token that was refused
    await say("again");
  });

  test("a channel that is gone is no thread that is gone; who listens hears of both", async () => {
    const { fake, api, channel } = await start();
    const heard: [string, DiscordFailure | null][] = [];
    const stop = api.watch((method, path, failure) => { heard.push([`${method} ${path}`, failure]); });
    fake.deleteChannel(channel);
    const error = await thrown(api.call("GET", `/channels/${channel.id}`, { home: true }));
    expect([error.code, error.o.refused, discordCode(error)]).toEqual(["UNREACHABLE", undefined, 10_003]);
    await api.call("GET", "/users/@me");
    stop();
    await api.call("GET", "/users/@me");
    expect(heard.map(([what, failure]) => [what, failure?.code ?? null])).toEqual([[`GET /channels/${channel.id}`, 10_003], ["GET /users/@me", null]]);
  });

  test("nobody there, and nobody to say whom the bot is", async () => {
    const { fake } = await start();
    const api = createDiscordApi({ token: fake.token, apiUrl: "http://127.0.0.1:9" });
    const me = createMe(api);
    expect(await thrown(me())).toMatchObject({ code: "UNREACHABLE", o: { certain: true } });
    const known = createMe(createDiscordApi({ token: fake.token, apiUrl: fake.restUrl }));
    expect(await Promise.all([known(), known()])).toEqual(Array.from({ length: 2 }, () => ({ userId: fake.bot.id, applicationId: fake.bot.id })));
    expect(fake.calls).toHaveLength(1);
  });
});

describe("receipts and typing", () => {
  test("✅, ⚠️ and ❔ are waited for; what is worth less is left out when there is no room, and what stood stays", async () => {
    const { fake, channel, api } = await start();
    const thread = fake.memberStartsThread(channel, fake.ownerId, "#1", "Hello").thread;
    const said = fake.memberPosts(thread, fake.ownerId, "Hello");
    const receipts = createReceipts({ api, threads: createThreads(api, () => undefined) });
    fake.limits.enforce = true;
    fake.limits.set(/reactions/, { limit: 1, perMs: 300 });
    const shown: string[] = [];
    for (const [now, was] of [["sent", undefined], ["delivered", "sent"], ["failed", "delivered"], ["unknown", "failed"]] as const) {
      await receipts.show(thread.id, said.id, now, was, soon());
      shown.push([...said.reactions.keys()].join(""));
    }
    expect(shown).toEqual(["✅", "✅", "⚠️", "❔"]);
    const gone = await thrown(receipts.show(thread.id, fake.ids.next(), "sent", undefined, soon()));
    expect(gone).toMatchObject({ code: "POST_GONE" });
  });

  test("where nothing said yet that it arrived, 📬 and 👁️ are waited for too, and stand in an archived thread", async () => {
    const { fake, channel, api } = await start();
    const thread = fake.memberStartsThread(channel, fake.ownerId, "#1", "Hello").thread;
    const [first, second, third] = ["one", "two", "three"].map((text) => fake.memberPosts(thread, fake.ownerId, text));
    const receipts = createReceipts({ api, threads: createThreads(api, () => undefined) });
    fake.limits.enforce = true;
    fake.limits.set(/reactions/, { limit: 1, perMs: 300 });
    await receipts.show(thread.id, first!.id, "sent", undefined, soon());
    await receipts.show(thread.id, second!.id, "delivered", "queued", soon());
    expect([...second!.reactions.keys()]).toEqual(["📬"]);
    fake.limits.enforce = false;
    fake.changeThread(thread, { archived: true, locked: true });
    await receipts.show(thread.id, third!.id, "read", "sending", soon());
    expect([...third!.reactions.keys()]).toEqual(["👁️"]);
    expect(thread.thread).toMatchObject({ archived: true, locked: true });
  });

  test("in an archived thread only what matters is shown", async () => {
    const { fake, channel, api } = await start();
    const thread = fake.memberStartsThread(channel, fake.ownerId, "#1", "Hello").thread;
    const said = fake.memberPosts(thread, fake.ownerId, "Hello");
    const receipts = createReceipts({ api, threads: createThreads(api, () => undefined) });
    fake.changeThread(thread, { archived: true, locked: true });
    await receipts.show(thread.id, said.id, "queued", undefined, soon());
    await receipts.show(thread.id, said.id, "sent", "queued", soon());
    await receipts.show(thread.id, said.id, "read", "sent", soon());
    expect([...said.reactions.keys()]).toEqual(["✅"]);
    expect(thread.thread).toMatchObject({ archived: true, locked: true });
  });

  test("typing is shown now and then, and costs nothing when it can't be", async () => {
    const { fake, channel, api } = await start();
    const clock = new TestClock();
    const typing = createTyping(api, clock);
    for (const on of [true, true, false]) await typing(channel.id, on);
    clock.advance(9_000);
    await typing(channel.id, true);
    fake.fail("/**", { status: 500 });
    clock.advance(9_000);
    await typing(channel.id, true);
    expect(fake.callsOf("POST", "/channels/:channel/typing")).toHaveLength(3);
  });
});
