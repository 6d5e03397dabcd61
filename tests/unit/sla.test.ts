/** Service levels as a pure rule. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLOCK_TIME, nextSlaMoment, slaAfter, slaReached, type SlaInput, type SlaPolicy, type SlaState } from "../../src/core/model/sla.ts";

const MIN = 60_000;
const at = (minutes: number): Date => new Date(1_700_000_000_000 + minutes * MIN);
const policy: SlaPolicy = { name: "Standard", targets: { first: 10 * MIN, next: 20 * MIN, resolution: 100 * MIN }, working: false, pauseOn: ["pending", "snoozed"], steps: [{ at: 50, tell: "thread" }, { at: 80, tell: "assignee" }, { at: 100, tell: "team" }] };
const now = (change: Partial<SlaInput>): SlaInput => ({ status: "open", waitingSince: null, firstReplyAt: null, createdAt: at(0), ...change });
const after = (state: SlaState | undefined, minutes: number, change: Partial<SlaInput>) => slaAfter(policy, state, now(change), at(minutes), CLOCK_TIME);
const told = (state: SlaState) => state.results.map(({ clock, result }) => [clock, result]);

describe("clocks", () => {
  test("the first reply, then each wait, then until it is resolved: hits and misses once each", () => {
    let state = after(undefined, 0, { waitingSince: at(0) });
    expect(state.clocks.first?.dueAt).toEqual(at(10));
    expect(state.clocks.resolution?.dueAt).toEqual(at(100));
    state = after(state, 8, { firstReplyAt: at(8) });
    expect(told(state)).toEqual([["first", "hit"]]);
    state = after({ ...state, results: [] }, 30, { firstReplyAt: at(8), waitingSince: at(30) });
    expect(state.clocks.next?.dueAt).toEqual(at(50));
    state = after(state, 60, { firstReplyAt: at(8) });
    expect(told(state)).toEqual([["next", "miss"]]);
    state = after({ ...state, results: [] }, 90, { firstReplyAt: at(8), status: "resolved" });
    expect(told(state)).toEqual([["resolution", "hit"]]);
    expect(state.clocks).toEqual({});
    state = after({ ...state, results: [] }, 200, { firstReplyAt: at(8), waitingSince: at(200) });
    expect(state.clocks.resolution?.dueAt).toEqual(at(300));
  });

  test("what was resolved without an answer is neither hit nor miss", () => {
    const state = after(after(undefined, 0, { waitingSince: at(0) }), 5, { status: "resolved" });
    expect(told(state)).toEqual([["resolution", "hit"]]);
  });

  test("pause while it is pending or snoozed, and go on with what was left", () => {
    let state = after(undefined, 0, { waitingSince: at(0) });
    state = after(state, 4, { waitingSince: at(0), status: "pending" });
    expect(state.clocks.first).toMatchObject({ since: null, dueAt: null });
    expect(nextSlaMoment(policy, state, at(4), CLOCK_TIME)).toBeNull();
    state = after(state, 50, { waitingSince: at(0) });
    expect(state.clocks.first?.dueAt).toEqual(at(56));
  });

  test("another policy takes over what was used up", () => {
    const state = slaAfter({ ...policy, targets: { first: 30 * MIN } }, after(undefined, 0, { waitingSince: at(0) }), now({ waitingSince: at(0) }), at(5), CLOCK_TIME);
    expect(state.clocks.first?.dueAt).toEqual(at(30));
    expect(state.clocks.resolution).toBeUndefined();
  });
});

describe("steps", () => {
  test("come in order at their time, a delayed look tells them together, and a miss is recorded once", () => {
    const start = after(undefined, 0, { waitingSince: at(0) });
    expect(nextSlaMoment(policy, start, at(0), CLOCK_TIME)).toEqual(at(5));
    const half = slaReached(policy, start, at(5), CLOCK_TIME);
    expect(half.told).toEqual([{ clock: "first", percent: 50, dueAt: at(10), tell: ["thread"] }]);
    expect(nextSlaMoment(policy, half.state, at(5), CLOCK_TIME)).toEqual(at(8));
    const late = slaReached(policy, half.state, at(40), CLOCK_TIME);
    expect(late.told).toEqual([{ clock: "first", percent: 100, dueAt: at(10), tell: ["assignee", "team"] }]);
    expect(told(late.state)).toEqual([["first", "miss"]]);
    const again = slaReached(policy, { ...late.state, results: [] }, at(41), CLOCK_TIME);
    expect([again.told, again.state.results]).toEqual([[], []]);
  });

  test("stop when somebody looks after it; the miss is still recorded", () => {
    const half = slaReached(policy, after(undefined, 0, { waitingSince: at(0) }), at(5), CLOCK_TIME).state;
    const acked: SlaState = { ...half, clocks: { first: { ...half.clocks.first!, acked: true } } };
    expect(nextSlaMoment(policy, acked, at(5), CLOCK_TIME)).toEqual(at(10));
    const over = slaReached(policy, acked, at(10), CLOCK_TIME);
    expect([over.told, told(over.state)]).toEqual([[], [["first", "miss"]]]);
  });
});

test("whatever happens when: a clock uses up exactly the time in which it ran, and ends once", () => {
  const events = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom("line", "reply", "pending", "open", "resolve", "look")), { maxLength: 40 });
  fc.assert(fc.property(events, (happened) => {
    let minute = 0;
    let facts = now({ waitingSince: at(0) });
    let state = slaAfter(policy, undefined, facts, at(0), CLOCK_TIME);
    const results: string[] = [];
    let ran = 0;
    for (const [wait, what] of happened) {
      minute += wait;
      if (facts.status === "open") ran += wait;
      if (what === "line") facts = { ...facts, status: "open", waitingSince: facts.waitingSince ?? at(minute) };
      else if (what === "reply") facts = { ...facts, firstReplyAt: facts.firstReplyAt ?? at(minute), waitingSince: null };
      else if (what === "resolve") facts = { ...facts, status: "resolved", waitingSince: null };
      else if (what !== "look" && facts.status !== "resolved") facts = { ...facts, status: what as "pending" | "open" };
      state = what === "look" ? slaReached(policy, state, at(minute), CLOCK_TIME).state : slaAfter(policy, state, facts, at(minute), CLOCK_TIME);
      results.push(...state.results.map(({ key }) => key));
      state = { ...state, results: [] };
      const { resolution } = state.clocks;
      if (resolution !== undefined && !state.wasResolved) expect((resolution.elapsedMs + (resolution.since === null ? 0 : at(minute).getTime() - resolution.since.getTime())) / MIN).toBe(ran);
    }
    expect(new Set(results).size).toBe(results.length);
  }), { numRuns: 200 });
});
