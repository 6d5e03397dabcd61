/** Telegram calls us: through the real route, with the fake driving repeats and retries, and with everything a stranger may send. */
import Fastify from "fastify";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { hookRoutes } from "../../src/channels/webhooks.ts";
import type { ChannelAdapter, InboundEvent } from "../../src/core/ports.ts";
import { isListening } from "../../src/core/ports.ts";
import { FakeChannel } from "../fakes/fake-channel.ts";
import { FakeTelegram } from "../fakes/telegram/server.ts";
import { memoryLog, wireTelegram } from "../fakes/telegram/wire.ts";
import { captured } from "../support/captured.ts";

async function setUp() {
  const fake = await FakeTelegram.start();
  const app = Fastify();
  const adapters = new Map<string, ChannelAdapter>();
  const stored: InboundEvent[] = [];
  const log = memoryLog();
  const store = { broken: 0 };
  await app.register(hookRoutes({
    inboxById: (id) => { const adapter = adapters.get(id); return adapter === undefined ? null : { adapter }; },
    receive: async (event) => { if (store.broken-- > 0) throw new Error("the store is down"); stored.push(event); fake.changed(); },
    log,
  }));
  await app.listen({ port: 0, host: "127.0.0.1" });
  const publicUrl = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const wired = wireTelegram(fake, { webhook: true, publicUrl });
  adapters.set("inbox-telegram", wired.adapter);
  adapters.set("inbox-fake", new FakeChannel());
  adapters.set("inbox-polling", wireTelegram(fake, { inboxId: "inbox-polling" }).adapter);
  onTestFinished(async () => { await fake.close(); await app.close(); });
  const secret = wired.secrets.webhookSecret!;
  const call = async (payload: unknown, { url = "/hooks/telegram/inbox-telegram", headers = { "x-telegram-bot-api-secret-token": secret } as Record<string, string | string[]>, type = "application/json" } = {}) => {
    const answer = await app.inject({ method: "POST", url, headers: { "content-type": type, ...headers }, payload: typeof payload === "string" ? payload : JSON.stringify(payload) });
    return { status: answer.statusCode, ...(answer.json() as { code?: string; message?: string }) };
  };
  return { fake, stored, log, store, call, secret, adapter: wired.adapter };
}

test("setting it, taking calls, and a store that was down: Telegram sends it again", async () => {
  const { fake, adapter, stored, store } = await setUp();
  const stop = new AbortController();
  if (!isListening(adapter)) throw new Error("Telegram listens.");
  fake.fault({ method: "setWebhook", do: { delayMs: 5 } });
  const listening = adapter.listen(async () => undefined, stop.signal);
  await fake.until(() => fake.updates.hook !== null, "the webhook");
  expect(fake.callsOf("getUpdates")).toEqual([]);
  store.broken = 1;
  const ana = fake.user(1, "Ana");
  for (const text of ["one", "two", "three"]) ana.says(text);
  fake.user(2).says("other");
  await fake.until(() => stored.length === 4, "all four");
  expect(stored.filter((event) => event.address === "1").map((event) => (event.type === "message" ? event.text : ""))).toEqual(["one", "two", "three"]);
  await fake.until(() => fake.updates.count === 0, "all answered");
  fake.updates.copies = 3;
  ana.says("thrice");
  await fake.until(() => stored.length === 7, "the copies");
  expect(new Set(stored.slice(4).map((event) => (event.type === "message" ? event.channelMessageId : ""))).size).toBe(1);
  stop.abort();
  await listening;
});

test("no secret, a wrong one, a repeated one: refused, and the log says what to do", async () => {
  const { call, stored, secret, log } = await setUp();
  for (const headers of [{}, { "x-telegram-bot-api-secret-token": "wrong" }, { "x-telegram-bot-api-secret-token": "" }, { "x-telegram-bot-api-secret-token": [secret, secret] }] as Record<string, string | string[]>[]) {
    expect(await call(captured("telegram/text"), { headers })).toMatchObject({ status: 401, code: "BAD_SIGNATURE" });
  }
  expect(stored).toEqual([]);
  expect(log.lines[0]).toMatchObject({ level: "warn", data: { code: "BAD_SIGNATURE", inboxId: "inbox-telegram" } });
  expect(JSON.stringify(log.lines)).not.toContain(secret);
});

test("ignored is answered 200 and handed on; what can't be Telegram's is 400", async () => {
  const { call, stored } = await setUp();
  expect(await call(captured("telegram/unknown-kind"))).toMatchObject({ status: 200 });
  expect(await call(captured("telegram/group"))).toMatchObject({ status: 200 });
  expect(stored.map((event) => event.type)).toEqual(["ignored", "ignored"]);
  expect(await call({ hello: "world" })).toMatchObject({ status: 400, code: "WEBHOOK_UNRECOGNISED" });
  expect(await call("{not json")).toMatchObject({ status: 400, code: "BAD_JSON" });
  expect(await call("")).toMatchObject({ status: 400, code: "BAD_JSON" });
  expect(await call("x".repeat(10), { type: "text/weird" })).toMatchObject({ status: 400, code: "BAD_JSON" });
  expect(await call("x".repeat(2_000_000))).toMatchObject({ status: 413, code: "BODY_TOO_LARGE" });
  expect(stored).toHaveLength(2);
  expect(await call(captured("telegram/text"))).toMatchObject({ status: 200 });
});

test("no such inbox, another channel's, one that polls: all the same 404", async () => {
  const { call } = await setUp();
  for (const url of ["/hooks/telegram/nobody", "/hooks/telegram/inbox-fake", "/hooks/whatsapp/inbox-telegram", "/hooks/telegram/inbox-polling", "/hooks/telegram/__proto__"]) {
    expect(await call(captured("telegram/text"), { url })).toMatchObject({ status: 404, code: "INBOX_UNKNOWN" });
  }
});

test("a store that is down is a 500 without a word of the customer's", async () => {
  const { call, store, log, stored } = await setUp();
  store.broken = 1;
  expect(await call(captured("telegram/text"))).toMatchObject({ status: 500, code: "INTERNAL" });
  expect(JSON.stringify(log.lines)).not.toContain("parcel");
  expect(await call(captured("telegram/text"))).toMatchObject({ status: 200 });
  expect(stored).toHaveLength(1);
});
