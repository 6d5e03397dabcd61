import { expect, test } from "vitest";
import { startSlack } from "../support/slack.ts";
import { TestClock } from "../support/core.ts";

const CUSTOMERS = 25, LINES = 20;
/** Seconds in which they all write. */
const STORM = 60;

/** Slack's own limits are enforced by the fake: one post a second in a channel, three at once, and its tiers. Time is pushed forward for both sides. */
test("500 lines of customers in a minute, all into one channel, end complete and in order, and Slack hardly ever has to ask for a wait", async () => {
  const clock = new TestClock();
  // the clock runs ahead of the machine: no lease may lapse by that
  const bench = await startSlack({ clock, limits: { rateLimits: true, sweepMs: 50, leaseMs: 3_600_000 } });
  const { fake, help, channel } = bench;
  fake.enforceRateLimits();
  const customers = Array.from({ length: CUSTOMERS }, (_, n) => `customer${n}`);
  const shownLines = (messages: { username: string | null; threadTs: string | null; text: string }[]) =>
    messages.filter(({ username, threadTs }) => username !== null && threadTs !== null).flatMap(({ text }) => text.split("\n"));
  /** One second of theirs: as long as the store takes for some questions, so that a slow machine has slow seconds. */
  const second = async () => {
    clock.advance(1_000);
    fake.space.clock.advance(1_000);
    for (let turn = 0; turn < 20; turn++) await help.store.settings.findOne({ _id: `turn:${turn}` });
  };

  let written = 0;
  for (let seconds = 1; seconds <= STORM; seconds++) {
    const due = Math.floor((seconds * CUSTOMERS * LINES) / STORM);
    const lines = Array.from({ length: due - written }, (_, i) => written + i);
    await Promise.all(lines.map((n) => help.write(`line ${Math.floor(n / CUSTOMERS)}`, customers[n % CUSTOMERS]!)));
    written = due;
    await second();
  }
  expect(written).toBe(500);
  const all = fake.space.channel(channel.id).messages;
  await expect.poll(async () => { await second(); return shownLines(all).length; }, { timeout: 100_000, interval: 1 }).toBe(written);

  for (const address of customers) {
    const { thread } = await help.conversation(address);
    expect(shownLines(bench.posts(thread!.id))).toEqual(Array.from({ length: LINES }, (_, n) => `line ${n}`));
  }
  const posts = fake.callsOf("chat.postMessage");
  expect(posts.filter(({ error }) => error === "ratelimited").length).toBeLessThan(10);
  // One by one, at a post a second, they would have taken more than eight minutes.
  expect(posts.filter(({ error }) => error === null).length).toBeLessThan(written / 2);
}, 180_000);
