import { expect, test } from "vitest";
import { shownText, startSlack } from "../support/slack.ts";
import { TestClock } from "../support/core.ts";

/** Slack's own limits are enforced by the fake; time is pushed forward for both sides. */
test("a storm into one channel ends complete and in order, and hardly ever has to be told to wait", async () => {
  const clock = new TestClock();
  const bench = await startSlack({ clock, limits: { rateLimits: true, sweepMs: 50 } });
  const { fake, help, channel } = bench;
  fake.enforceRateLimits();
  const customers = Array.from({ length: 12 }, (_, n) => `customer${n}`);
  const lines = 8;
  for (let n = 0; n < lines; n++) await Promise.all(customers.map((address) => help.write(`line ${n}`, address)));
  const posted = () => fake.space.channel(channel.id).messages.filter(({ username, threadTs }) => username !== null && threadTs !== null);
  const end = Date.now() + 60_000;
  while (posted().length < customers.length * lines && Date.now() < end) {
    clock.advance(1_000);
    fake.space.clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  for (const address of customers) {
    const { thread } = await help.conversation(address);
    expect(bench.posts(thread!.id).map(shownText)).toEqual(Array.from({ length: lines }, (_, n) => `line ${n}`));
  }
  expect(fake.callsOf("chat.postMessage").filter(({ error }) => error === "ratelimited").length).toBeLessThan(10);
}, 90_000);
