/** Long polling against the fake Bot API: stored before confirmed, and no fault ends the process. */
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { InboundEvent } from "../../src/core/ports.ts";
import { createPollApi } from "../../src/channels/telegram/api.ts";
import { parseUpdate } from "../../src/channels/telegram/parse.ts";
import { poll } from "../../src/channels/telegram/poll.ts";
import { FakeTelegram } from "../fakes/telegram/server.ts";
import { memoryLog } from "../fakes/telegram/wire.ts";

async function setUp({ sink, conflictMs = 60_000, apiRoot }: { sink?: (events: InboundEvent[]) => Promise<void>; conflictMs?: number; apiRoot?: string } = {}) {
  const fake = await FakeTelegram.start();
  const stored: InboundEvent[] = [];
  const log = memoryLog();
  /** What Health would show, in order; null: it works. */
  const troubles: (string | null)[] = [];
  const stop = new AbortController();
  const listen = (signal = stop.signal) => {
    return poll({
      api: createPollApi(fake.token, apiRoot ?? fake.apiRoot), inboxId: "inbox", read: (update) => parseUpdate("inbox", update), clock: { now: () => new Date() }, log, trouble: (now) => { if (troubles.at(-1) !== (now?.code ?? null)) troubles.push(now?.code ?? null); }, signal,
      sink: sink ?? (async (events) => { stored.push(...events); fake.changed(); }), waits: { retryMs: 20, maxMs: 100, conflictMs, standDownMs: 200 },
    });
  };
  onTestFinished(async () => { stop.abort(); await fake.close(); });
  return { fake, stored, log, troubles, stop, listen, texts: () => stored.map((event) => (event.type === "message" ? event.text : event.type)) };
}

test("all kinds come in, in order, and are confirmed after they are stored", async () => {
  const { fake, listen, texts, stop } = await setUp();
  const ana = fake.user(1, "Ana");
  const before = ana.says("before we listened");
  const running = listen();
  await fake.until(() => texts().length === 1, "the first text");
  ana.sendsAlbum(3, "three");
  ana.edits(before, "edited");
  ana.reacts(1, "👍");
  ana.blocks();
  await fake.until(() => texts().length === 7, "the rest");
  expect(texts()).toEqual(["before we listened", "three", "", "", "edit", "reaction", "reachable"]);
  await fake.until(() => fake.updates.count === 0, "all confirmed");
  stop.abort();
  await running;
});

test("what could not be stored comes again, and nothing after it is confirmed", async () => {
  let broken = 2;
  const seen: string[] = [];
  const { fake, listen } = await setUp({
    sink: async (events) => {
      if (broken-- > 0) throw new Error("the store is down");
      seen.push(...events.map((event) => (event.type === "message" ? event.text : event.type)));
      fake.changed();
    },
  });
  const ana = fake.user(1);
  ana.says("one");
  ana.says("two");
  void listen();
  await fake.until(() => seen.length === 2, "both texts");
  expect(seen).toEqual(["one", "two"]);
  const offsets = fake.callsOf("getUpdates").slice(0, 3).map((call) => call.params.offset);
  expect(offsets).toEqual([undefined, undefined, undefined]);
});

test("an update that can't be read is named in the log and passed over", async () => {
  const { fake, listen, texts, log } = await setUp();
  fake.user(1).says("half of a pair: \ud800");
  fake.user(1).says("fine");
  void listen();
  await fake.until(() => texts().length === 1, "the readable one");
  expect(texts()).toEqual(["fine"]);
  expect(log.lines).toMatchObject([{ level: "error", data: { code: "BAD_TEXT", updateId: expect.any(Number) } }]);
  expect(JSON.stringify(log.lines)).not.toContain("half of a pair");
});

test("faults, resets and rate limits are lived with; a repeat is handed on", async () => {
  const { fake, listen, texts } = await setUp();
  fake.fault({ method: "getUpdates", do: { status: 502 } });
  fake.fault({ method: "getUpdates", do: { reset: "before" } });
  fake.fault({ method: "getUpdates", do: { reset: "after" } });
  void listen();
  const said = fake.user(1).says("still here");
  await fake.until(() => texts().length === 1, "the text");
  await fake.until(() => fake.updates.count === 0, "its confirmation");
  fake.updates.repeat(said.update!);
  await fake.until(() => texts().length === 2, "the repeat");
  expect(texts()).toEqual(["still here", "still here"]);
});

test("ids that start elsewhere after a silence are taken", async () => {
  const { fake, listen, texts } = await setUp();
  void listen();
  fake.user(1).says("old");
  await fake.until(() => texts().length === 1, "the old one");
  await fake.until(() => fake.updates.count === 0, "its confirmation");
  // The poll that confirmed it is still open: end it as Telegram does, with nothing.
  const polls = fake.callsOf("getUpdates").length;
  fake.updates.endPoll();
  await fake.until(() => fake.callsOf("getUpdates").length > polls, "the next poll");
  fake.updates.startIdsAt(5);
  fake.user(1).says("new");
  await fake.until(() => texts().length === 2, "the new one");
  fake.user(1).says("newer");
  await fake.until(() => texts().length === 3, "the one after");
});

test("a revoked token is told and tried again, not died of", async () => {
  const { fake, listen, texts, log, troubles } = await setUp();
  fake.revoked = true;
  void listen();
  await expect.poll(() => log.lines.some((line) => line.data.code === "BAD_TOKEN")).toBe(true);
  fake.revoked = false;
  fake.user(1).says("back");
  await fake.until(() => texts().length === 1, "the text");
  expect(JSON.stringify(log.lines)).not.toContain(fake.token);
  expect(troubles).toEqual(["BAD_TOKEN", null]);
});

test("a webhook left by others is removed once, so polling works, and a conflict that short is no trouble", async () => {
  const { fake, listen, texts, troubles } = await setUp();
  fake.updates.setHook({ url: "http://127.0.0.1:9/gone", secret: undefined, connections: 1 }, false);
  fake.user(1).says("hello");
  void listen();
  await fake.until(() => texts().length === 1, "the text");
  expect(fake.callsOf("deleteWebhook")).toHaveLength(1);
  expect(troubles).toEqual([null]);
});

test("a second poller is put up with for a while, then this inbox stands down with words, and comes back", async () => {
  const { fake, listen, log, texts, troubles } = await setUp({ conflictMs: 150 });
  const other = new AbortController();
  void listen();
  void listen(other.signal);
  await expect.poll(() => log.lines.filter((line) => line.level === "error").length, { timeout: 40_000 }).toBeGreaterThan(0);
  expect(log.lines.find((line) => line.level === "error")).toMatchObject({ data: { code: "IDENTITY_TAKEN" }, text: expect.stringContaining("second installation") });
  other.abort();
  fake.user(1).says("who hears me?");
  await fake.until(() => texts().length > 0, "the text");
  expect(troubles).toContain("IDENTITY_TAKEN");
  expect(troubles.at(-1)).toBeNull();
});

test("nobody at the other end: it waits and tries, and stops when told", async () => {
  const closed = createServer();
  await new Promise<void>((done) => { closed.listen(0, "127.0.0.1", done); });
  const { port } = closed.address() as { port: number };
  await new Promise<void>((done) => { closed.close(() => done()); });
  const { listen, log, troubles, stop } = await setUp({ apiRoot: `http://127.0.0.1:${port}` });
  const running = listen();
  await expect.poll(() => log.lines.length).toBeGreaterThan(5);
  expect(troubles).toEqual(["UNREACHABLE"]);
  stop.abort();
  await running;
});
