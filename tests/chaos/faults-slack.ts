/** What the fake Slack does wrong: each call and event with a chance, each connection at moments, by seeded dice. */
import type { CallFault } from "../fakes/slack/faults.ts";
import type { FakeSlack } from "../fakes/slack/server.ts";
import type { Json } from "../fakes/slack/types.ts";
import type { Dice } from "./options.ts";

/** Longer than the server waits for any answer. */
const NEVER_MS = 25_000;
/** Events that are held back come after this, in any order. */
const HELD_MS = { low: 200, high: 1_500 };
const CUT_MS = { low: 3_000, high: 8_000 };
const FROZEN_MS = 6_000;

/** Answers how to stop what happens by the clock. */
export function breakSlack(fake: FakeSlack, dice: Dice, pace: number): () => void {
  const calls = dice.of("calls"), events = dice.of("events");
  const method = (name: string) => (chance: number, fault: CallFault) => fake.fail(name, { ...fault, times: Infinity, when: () => calls.chance(chance) });
  const post = method("chat.postMessage");
  // each keeps the whole channel waiting
  post(0.015, { retryAfter: 1 });
  post(0.01, { status: 503 });
  post(0.01, { status: 500, afterEffect: true });
  post(0.015, { dropAfterEffect: true });
  post(0.01, { dropBefore: true });
  post(0.004, { delayMs: NEVER_MS, afterEffect: true });
  post(0.05, { delayMs: 150 });
  for (const name of ["chat.update", "reactions.add", "reactions.remove", "chat.postEphemeral", "conversations.replies", "conversations.history", "apps.connections.open"]) {
    const other = method(name);
    other(0.01, { retryAfter: 1 });
    other(0.01, { status: 503 });
    other(0.01, { dropAfterEffect: true });
    other(0.01, { dropBefore: true });
    other(0.02, { delayMs: 150 });
  }
  const told = (event: Json) => event["type"] === "message" || event["type"] === "reaction_added";
  fake.eventRule({ do: "duplicate", when: (event) => told(event) && events.chance(0.08) });
  fake.eventRule({ do: "hold", when: (event) => told(event) && events.chance(0.04) });

  const timers = new Set<NodeJS.Timeout>();
  const again = (low: number, high: number, work: () => void): void => {
    const timer = setTimeout(() => { timers.delete(timer); work(); again(low, high, work); }, events.between(low, high));
    timers.add(timer);
  };
  again(HELD_MS.low, HELD_MS.high, () => { fake.releaseEvents((held) => held.toSorted(() => events.between(-1, 1))); });
  const cut = () => fake.sockets.cut();
  // Slack ends a connection that it hears nothing over, as the server does, which has another one by then.
  const freeze = () => { fake.sockets.freeze(); timers.add(setTimeout(cut, FROZEN_MS)); };
  const ends = [cut, () => fake.sockets.disconnect("refresh_requested", 1), () => fake.sockets.disconnect("warning"), freeze];
  const moments = dice.of("sockets");
  again(CUT_MS.low * pace, CUT_MS.high * pace, () => { moments.pick(ends)(); });
  return () => { for (const timer of timers) clearTimeout(timer); timers.clear(); cut(); };
}

/** Slack is well again, and tells what it held back, so that what waits can come to rest. */
export function healSlack(fake: FakeSlack): void {
  fake.clearFaults();
  fake.releaseEvents();
}
