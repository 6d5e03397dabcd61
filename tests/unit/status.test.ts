/** The status machine and the waiting clock, rule by rule. */
import { describe, expect, test } from "vitest";
import { canChange, onHumanReplySent, onIncoming, onStatusSet, takesNextLine } from "../../src/core/model/status.ts";
import type { Conversation, Status } from "../../src/core/model/types.ts";

const at = (seconds: number) => new Date(1_800_000_000_000 + seconds * 1000);
type Facts = Pick<Conversation, "status" | "waitingSince" | "firstReplyAt" | "lastIncomingSeq">;
const facts = (change: Partial<Facts>): Facts => ({ status: "open", waitingSince: null, firstReplyAt: null, lastIncomingSeq: 1, ...change });

describe("a customer's line", () => {
  test.each<Status>(["snoozed", "resolved", "pending"])("opens a %s conversation and says why", (status) => {
    const { expect: condition, set, activity } = onIncoming(facts({ status }), at(10));
    expect(condition).toEqual({ status });
    expect(set).toEqual({ status: "open", statusAt: at(10), snoozedUntil: null, snoozeEpisode: null, resolvedAt: null, waitingSince: at(10) });
    expect(activity).toEqual([{ type: "status", from: status, to: "open", reason: "the customer wrote" }]);
  });

  test("leaves a pending conversation with the bot that holds it, and still starts the clock", () => {
    expect(onIncoming(facts({ status: "pending" }), at(10), true)).toEqual({ expect: { status: "pending" }, set: { waitingSince: at(10) }, activity: [] });
  });

  test("in an open conversation starts a clock that stands still, and never moves a running one", () => {
    expect(onIncoming(facts({}), at(10)).set).toEqual({ waitingSince: at(10) });
    expect(onIncoming(facts({ waitingSince: at(3) }), at(10)).set).toEqual({});
  });
});

describe("a reply that was sent", () => {
  test("stops the waiting clock and counts as first reply once", () => {
    expect(onHumanReplySent(facts({ waitingSince: at(1) }), { at: at(20), turn: 2 }).set).toEqual({ firstReplyAt: at(20), waitingSince: null });
    expect(onHumanReplySent(facts({ waitingSince: at(1), firstReplyAt: at(5) }), { at: at(20), turn: 2 }).set).toEqual({ waitingSince: null });
  });

  test("leaves the customer waiting since the line they wrote after it", () => {
    const later = facts({ waitingSince: at(1), lastIncomingSeq: 3, firstReplyAt: at(0) });
    expect(onHumanReplySent(later, { at: at(20), turn: 2, nextIncomingAt: at(15) }).set).toEqual({ waitingSince: at(15) });
    expect(onHumanReplySent(later, { at: at(20), turn: 2 }).set).toEqual({});
  });
});

describe("a status set by a person", () => {
  test("resolving stops the clock and ends a snooze", () => {
    expect(onStatusSet(facts({ status: "snoozed", waitingSince: at(1) }), "resolved", at(9)).set)
      .toEqual({ status: "resolved", statusAt: at(9), snoozedUntil: null, snoozeEpisode: null, resolvedAt: at(9), waitingSince: null });
  });

  test("pending and snoozed leave the clock running", () => {
    for (const to of ["pending", "snoozed"] as const) expect(onStatusSet(facts({ waitingSince: at(1) }), to, at(9)).set).not.toHaveProperty("waitingSince");
  });

  test("says from, to, why and until when", () => {
    expect(onStatusSet(facts({}), "snoozed", at(9), { until: at(99) }).activity).toEqual([{ type: "status", from: "open", to: "snoozed", until: at(99) }]);
  });

  test.each<[Status, Status, ReturnType<typeof canChange>]>([
    ["open", "open", "already"], ["open", "pending", "yes"], ["open", "snoozed", "yes"], ["open", "resolved", "yes"],
    ["pending", "open", "yes"], ["pending", "pending", "already"], ["snoozed", "snoozed", "yes"], ["snoozed", "open", "yes"], ["snoozed", "resolved", "yes"],
    ["resolved", "open", "yes"], ["resolved", "resolved", "already"], ["resolved", "snoozed", "reopen-first"], ["resolved", "pending", "reopen-first"],
  ])("%s → %s: %s", (from, to, answer) => expect(canChange(from, to)).toBe(answer));
});

test("the reopen policy counts hours from resolving", () => {
  const resolved = { status: "resolved", resolvedAt: at(0) } as const;
  expect(takesNextLine(resolved, at(3600), 1)).toBe(true);
  expect(takesNextLine(resolved, at(3601), 1)).toBe(false);
  expect(takesNextLine({ status: "open", resolvedAt: null }, at(9_999_999), 0)).toBe(true);
});
