/** What the widget says of when an answer comes, by the visitor's own clock. */
import { expect, test } from "vitest";
import { clockTime } from "../../src/shared-ui/time.ts";
import { expectedWords } from "../../widget/frame/expect.ts";

const now = new Date(2026, 10, 20, 15, 0).getTime(); // a Friday
const at = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute).toISOString();
const clock = (hour: number, minute = 0) => clockTime(new Date(2026, 10, 1, hour, minute).getTime());
const team = { open: true, opensAt: null, replyMinutes: null, replyBy: null };

test.each([
  ["nothing is known", team, null],
  ["minutes", { ...team, replyMinutes: 3, replyBy: at(20, 15, 3) }, "We usually reply within a few minutes."],
  ["half an hour", { ...team, replyMinutes: 30, replyBy: at(20, 15, 30) }, "We usually reply within 30 minutes."],
  ["hours", { ...team, replyMinutes: 120, replyBy: at(20, 17) }, "We usually reply within 2 hours."],
  ["the day ends before it", { ...team, replyMinutes: 240, replyBy: at(23, 9, 30) }, `We usually reply by Monday at ${clock(9, 30)}.`],
  ["later on the same day", { ...team, replyMinutes: 60, replyBy: at(20, 18) }, `We usually reply by ${clock(18)}.`],
  ["closed until tomorrow", { ...team, open: false, opensAt: at(21, 9), replyMinutes: 30, replyBy: at(21, 9, 30) }, `We’re away, and back tomorrow at ${clock(9)}.`],
  ["closed until today's evening", { ...team, open: false, opensAt: at(20, 18) }, `We’re away, and back at ${clock(18)}.`],
  ["closed for long", { ...team, open: false, opensAt: new Date(2026, 11, 28, 9, 0).toISOString() }, `We’re away, and back on December 28 at ${clock(9)}.`],
  ["closed for good", { ...team, open: false }, "We’re away at the moment."],
] as const)("%s", (_what, told, words) => {
  expect(expectedWords(told, now)).toBe(words);
});
