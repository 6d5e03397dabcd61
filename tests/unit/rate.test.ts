import { expect, test } from "vitest";
import { createBuckets } from "../../src/channels/shared/rate.ts";
import { DeliveryError } from "../../src/core/errors.ts";

function setUp(enabled = true) {
  const clock = { ms: 1_000_000, now() { return new Date(this.ms); } };
  const buckets = createBuckets(clock, { chat: { perSecond: 1, burst: 1 }, bot: { perSecond: 30, burst: 30 } }, enabled);
  /** 0 when taken, else the milliseconds to wait. */
  const take = (keys: { chat?: string; bot?: string }) => {
    try { buckets.take(keys); return 0; }
    catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      expect(error).toMatchObject({ code: "RATE_LIMITED", o: { certain: true } });
      return error.o.retryAfterMs!;
    }
  };
  return { clock, buckets, take };
}

test("one a second for a chat, others beside it", () => {
  const { clock, take } = setUp();
  expect(take({ chat: "a", bot: "b" })).toBe(0);
  expect(take({ chat: "a", bot: "b" })).toBe(1_000);
  expect(take({ chat: "c", bot: "b" })).toBe(0);
  clock.ms += 400;
  expect(take({ chat: "a", bot: "b" })).toBe(600);
  clock.ms += 600;
  expect(take({ chat: "a", bot: "b" })).toBe(0);
});

test("thirty a second for a bot, and a refused take costs nothing", () => {
  const { clock, take } = setUp();
  for (let i = 0; i < 30; i++) expect(take({ chat: `c${i}`, bot: "b" })).toBe(0);
  expect(take({ chat: "late", bot: "b" })).toBe(34);
  clock.ms += 34;
  expect(take({ chat: "late", bot: "b" })).toBe(0);
});

test("what the vendor asks wins, over our own count and when limits are off", () => {
  for (const enabled of [true, false]) {
    const { clock, buckets, take } = setUp(enabled);
    buckets.pause("chat", "a", 7_000);
    buckets.pause("chat", "a", 2_000);
    expect(take({ chat: "a" })).toBe(7_000);
    clock.ms += 7_000;
    expect(take({ chat: "a" })).toBe(0);
  }
});

test("off means off", () => {
  const { take } = setUp(false);
  for (let i = 0; i < 100; i++) expect(take({ chat: "a", bot: "b" })).toBe(0);
});

test("a clock that is set back drains nothing, and 20,000 chats don't slow it down", () => {
  const { clock, take } = setUp();
  clock.ms -= 60_000;
  expect(take({ chat: "a" })).toBe(0);
  const started = process.cpuUsage();
  for (let i = 0; i < 20_000; i++) { clock.ms += 40; expect(take({ chat: `c${i}` })).toBe(0); }
  expect(process.cpuUsage(started).user).toBeLessThan(3_000_000);
  expect(take({ chat: "c19999" })).toBe(1_000);
});
