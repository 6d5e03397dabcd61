/** The count of what happens by itself must find harm when it is there. */
import { expect, test } from "vitest";
import { harmOf, judge, WORDS, type Told, type Watched } from "./automation-count.ts";

const event = (seq: number, more: Partial<Told> = {}): Told => ({ id: `e${seq}`, event: seq === 1 ? "message.created" : "conversation.updated", seq, at: seq * 1_000, assignee: null, ...more });
const created: Told = { ...event(1), id: "e1-created", event: "conversation.created" };

const time = (): Watched => ({
  name: "k1", inbox: "time", thread: ["k1m1 hello", WORDS.heard, `Mara${WORDS.snoozed} 2026-05-04 10:00 UTC`, WORDS.half, WORDS.woken, WORDS.over, WORDS.waited], got: [WORDS.reply], notices: [], alerts: 1,
  told: [created, event(1), event(2), event(3)],
});
const queue = (name = "k2", at = 0): Watched => ({
  name, inbox: "queue", thread: [`${name}m1 hello`, "Routing assigned this to Mara", `Mara${WORDS.resolved}`, `Reminder for Mara: ${WORDS.reminder}`], got: ["An answer.", WORDS.later, WORDS.survey, WORDS.campaign], notices: [{ agent: "Mara", text: `#1002 ${WORDS.notice}` }], alerts: 0,
  told: [created, event(1), event(2, { change: "assigned", to: "Mara", at: at + 10 }), event(3, { event: "conversation.status_changed", change: "status", to: "resolved", at: at + 20 })],
});
const harms = (change: (timed: Watched, queued: Watched) => void) => {
  const timed = time(), queued = queue();
  change(timed, queued);
  const verdict = judge([timed, queued], 1);
  return { harm: harmOf(verdict), ...verdict };
};
const without = (list: string[], text: string) => list.splice(list.findIndex((line) => line.includes(text)), 1);

test("a run without harm counts as one", () => {
  const { harm, rows, offences } = harms(() => undefined);
  expect([harm, offences]).toEqual([0, []]);
  expect(rows.every(({ expected, done }) => expected > 0 && done === expected)).toBe(true);
});

test.each<[string, (timed: Watched, queued: Watched) => void]>([
  ["a rule that never acted", ({ thread }) => without(thread, WORDS.heard)], ["one that acted twice", ({ thread }) => thread.push(WORDS.heard)], ["a wait that was dropped", ({ thread }) => without(thread, WORDS.waited)],
  ["a reply of a rule twice", ({ got }) => got.push(WORDS.reply)], ["a warning that never came", ({ thread }) => without(thread, WORDS.over)], ["a warning twice", ({ thread }) => thread.push(WORDS.half)], ["a campaign's message twice", (_timed, { got }) => got.push(WORDS.campaign)], ["none of a campaign's messages", (_timed, { got }) => without(got, WORDS.campaign)], ["a reply sent later twice", (_timed, { got }) => got.push(WORDS.later)], ["one that never went", (_timed, { got }) => without(got, WORDS.later)], ["a reminder twice", (_timed, { thread }) => thread.push(WORDS.reminder)], ["no reminder", (_timed, { thread }) => without(thread, WORDS.reminder)], ["two alerts", (timed) => { timed.alerts = 2; }], ["no alert", (timed) => { timed.alerts = 0; }],
  ["a snooze that never ended", ({ thread }) => without(thread, WORDS.woken)], ["a snooze that never began", ({ thread }) => { without(thread, WORDS.snoozed); without(thread, WORDS.woken); }], ["a snooze that ended twice", ({ thread }) => thread.push(WORDS.woken)],
  ["nobody got it", (_timed, { thread, notices }) => { without(thread, "assigned this"); notices.length = 0; }], ["two got it", (_timed, { thread, notices }) => { thread.push("Routing assigned this to Ines"); notices.push({ agent: "Ines", text: WORDS.notice }); }],
  ["its owner was not told", (_timed, queued) => { queued.notices = []; }], ["a survey twice", (_timed, { got }) => got.push(WORDS.survey)], ["no survey", (_timed, { got }) => without(got, WORDS.survey)],
  ["an event that was dropped", ({ told }) => told.splice(2, 1)], ["an event under two ids", ({ told }) => told.push({ ...told[3]!, id: "other" })], ["events in the wrong order", ({ told }) => told.push(told.splice(2, 1)[0]!)], ["no beginning", ({ told }) => told.splice(0, 1)],
])("%s is harm, once", (_what, change) => {
  expect(harms(change).harm).toBe(1);
});

test("a warning that is late is told with the next", () => {
  expect(harms(({ thread }) => without(thread, WORDS.half)).harm).toBe(0);
});

test("too much at once is harm; one after the other is none", () => {
  expect(judge([queue("k2", 0), queue("k3", 10)], 1).overfilled).toBe(0);
  expect(judge([queue("k2", 0), queue("k3", 5)], 1).overfilled).toBe(1);
});

test("what is said again under its id, or to the same person, is counted apart", () => {
  const { harm, again } = harms((_timed, { told, notices }) => { told.push(told[1]!); notices.push(notices[0]!); });
  expect([harm, again]).toEqual([0, { events: 1, notices: 1 }]);
});
