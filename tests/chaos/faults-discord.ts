/** What the fake Discord does wrong: each call with a chance, the gateway at moments, by seeded dice. */
import type { FakeDiscord } from "../fakes/discord/discord.ts";
import type { Fault } from "../fakes/discord/faults.ts";
import type { Dice } from "./options.ts";

/** Longer than the server waits for any answer. */
const NEVER_MS = 25_000;
/** A gateway that says nothing for a while keeps its order. */
const STALL_MS = { low: 200, high: 1_500 };
const STALLS_MS = { low: 2_000, high: 6_000 };
const END_MS = { low: 3_000, high: 8_000 };
const DOWN_MS = 1_500;

/** Answers how to stop what happens by the clock. */
export function breakDiscord(fake: FakeDiscord, dice: Dice, pace: number): () => void {
  const calls = dice.of("calls"), events = dice.of("events");
  const method = (pattern: string) => (chance: number, fault: Fault) => fake.fail(pattern, { ...fault, times: Infinity, when: () => calls.chance(chance) });
  const post = method("POST /channels/*/messages");
  // each keeps all messages of the channel waiting
  post(0.015, { status: 429, retryAfter: 1 });
  post(0.01, { status: 503 });
  post(0.01, { status: 500, afterEffect: true });
  post(0.015, { dropAfterEffect: true });
  post(0.01, { dropBefore: true });
  post(0.004, { delayMs: NEVER_MS, dropAfterEffect: true });
  post(0.05, { delayMs: 150 });
  const others = ["POST /channels/*/threads", "PATCH /channels/*", "PATCH /channels/*/messages/*", "GET /channels/*", "GET /channels/*/messages", "PUT /channels/*/messages/*/reactions/**", "DELETE /channels/*/messages/*/reactions/**", "GET /gateway/bot", "GET /guilds/*/threads/active", "POST /interactions/**"];
  for (const pattern of others) {
    const other = method(pattern);
    other(0.01, { status: 429, retryAfter: 1 });
    other(0.01, { status: 503 });
    other(0.01, { dropAfterEffect: true });
    other(0.01, { dropBefore: true });
    other(0.02, { delayMs: 150 });
  }
  fake.gateway.duplicate(/^MESSAGE_/, { times: Infinity, when: () => events.chance(0.08) });

  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, work: () => void): void => { const timer = setTimeout(() => { timers.delete(timer); work(); }, ms); timers.add(timer); };
  const again = (every: { low: number; high: number }, from: Dice, work: () => void): void => later(from.between(every.low, every.high), () => { work(); again(every, from, work); });
  again(STALLS_MS, events, () => {
    fake.gateway.hold();
    later(events.between(STALL_MS.low, STALL_MS.high), () => fake.gateway.release());
  });
  const lose = () => fake.gateway.cut({ resumable: false });
  const away = () => { fake.gateway.down = true; fake.gateway.cut(); later(DOWN_MS, () => { fake.gateway.down = false; }); };
  const ends = [() => fake.gateway.cut(), () => fake.gateway.askToReconnect(), () => fake.gateway.invalidate({ resumable: true }), () => fake.gateway.invalidate(), lose, away];
  const moments = dice.of("gateway");
  again({ low: END_MS.low * pace, high: END_MS.high * pace }, moments, () => { moments.pick(ends)(); });
  return () => {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    fake.gateway.down = false;
    lose();
  };
}

/** Discord is well again, and tells what it held back, so that what waits can come to rest. */
export function healDiscord(fake: FakeDiscord): void {
  fake.faults.clear();
  fake.gateway.release();
}
