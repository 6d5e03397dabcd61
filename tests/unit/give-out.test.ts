/** Giving out, as a pure rule: properties over any people and any queue. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { giveOut, isEligible, roomOf, scoreOf, type Candidate, type Waiting } from "../../src/core/model/routing.ts";

const channel = fc.constantFrom("whatsapp", "widget", "email");
const skill = fc.constantFrom("german", "refunds", "vip");
const candidates = fc.array(fc.record({
  skills: fc.uniqueArray(skill), inboxIds: fc.oneof(fc.constant("all" as const), fc.constant(["i1"])), team: fc.boolean(),
  capacity: fc.dictionary(fc.constantFrom("whatsapp", "widget", "email", "all"), fc.integer({ min: 0, max: 4 })), busy: fc.integer({ min: 0, max: 3 }), lastGivenAt: fc.nat(1_000),
}), { maxLength: 12 }).map((all) => all.map(({ team, busy, ...one }, i): Candidate => ({ ...one, id: `a${i}`, teamIds: new Set(team ? ["t"] : []), load: new Map([["widget", busy]]) })));
const queue = fc.array(fc.record({
  inboxId: fc.constantFrom("i1", "i2"), channel, mode: fc.constantFrom("round-robin" as const, "balanced" as const, "skills" as const), needs: fc.uniqueArray(skill, { maxLength: 2 }), team: fc.boolean(), last: fc.option(fc.nat(12), { nil: undefined }),
}), { maxLength: 60 }).map((all) => all.map(({ team, last, ...one }, i): Waiting => ({ ...one, id: `c${i}`, ...(team ? { teamId: "t" } : {}), ...(last === undefined ? {} : { lastAgentId: `a${last}` }) })));
const copy = (all: Candidate[]): Candidate[] => all.map((one) => ({ ...one, load: new Map(one.load) }));

test("nobody gets what they can't do or too much, each goes to one person, and what is left nobody could take", () => {
  fc.assert(fc.property(queue, candidates, (waiting, people) => {
    const then = copy(people);
    const { given, left } = giveOut(waiting, then);
    expect(given.length + left.length).toBe(waiting.length);
    expect(new Set(given.map(({ conversationId }) => conversationId)).size).toBe(given.length);
    for (const { conversationId, agentId } of given) {
      const one = waiting.find(({ id }) => id === conversationId)!;
      expect(isEligible({ ...people.find(({ id }) => id === agentId)!, capacity: {} }, one)).toBe(true);
    }
    for (const [i, person] of then.entries()) {
      const before = people[i]!;
      for (const kind of ["whatsapp", "widget", "email"]) {
        const got = person.load.get(kind)! - (before.load.get(kind) ?? 0);
        if (got > 0) expect(roomOf(person, kind)).toBeGreaterThanOrEqual(0);
      }
    }
    for (const one of left) expect(then.some((person) => isEligible(person, one))).toBe(false);
  }), { numRuns: 60 });
});

test("in turn: between equals nobody gets two more than another; balanced: nobody who could take it has two less", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 60 }), fc.constantFrom("round-robin" as const, "balanced" as const), (people, many, mode) => {
    const then = Array.from({ length: people }, (_, i): Candidate => ({ id: `a${i}`, skills: [], inboxIds: "all", teamIds: new Set(), capacity: {}, load: new Map(), lastGivenAt: 0 }));
    giveOut(Array.from({ length: many }, (_, i): Waiting => ({ id: `c${i}`, inboxId: "i", channel: "email", mode, needs: [] })), then);
    const loads = then.map(({ load }) => load.get("email") ?? 0);
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
  }), { numRuns: 50 });
});

test("the score as docs/routing.md tells it", () => {
  const mara: Candidate = { id: "mara", skills: ["german", "refunds"], inboxIds: "all", teamIds: new Set(), capacity: { email: 4 }, load: new Map([["email", 1]]), lastGivenAt: 0 };
  const one: Waiting = { id: "c", inboxId: "i", channel: "email", mode: "skills", needs: ["german"] };
  expect(scoreOf(mara, one)).toBe(10 * (1 - 1 / 4) - 1);
  expect(scoreOf(mara, { ...one, mode: "balanced", lastAgentId: "mara" })).toBe(107.5);
  expect(scoreOf({ ...mara, capacity: {} }, { ...one, mode: "balanced" })).toBe(5);
  expect(scoreOf(mara, { ...one, mode: "round-robin" })).toBe(0);
});

test("a thousand that wait and fifty people: all are filled, and the rest waits", () => {
  const people = Array.from({ length: 50 }, (_, i): Candidate => ({ id: `a${i}`, skills: ["german"], inboxIds: "all", teamIds: new Set(), capacity: { email: 4, whatsapp: 3, widget: 2 }, load: new Map(), lastGivenAt: 0 }));
  const { given, left } = giveOut(Array.from({ length: 1_000 }, (_, i): Waiting => ({ id: `c${i}`, inboxId: "i", channel: ["email", "whatsapp", "widget"][i % 3]!, mode: "skills", needs: ["german"] })), people);
  expect([given.length, left.length]).toEqual([450, 550]);
});
