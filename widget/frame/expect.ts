/** When an answer may be expected, as a visitor reads it by their own clock. Pure. */
import type { TeamAnswer } from "../../src/channels/widget/wire.ts";
import { clockTime } from "../../src/shared-ui/time.ts";
import { dayKey } from "./days.ts";
import { words } from "./words.ts";

const MINUTE = 60_000, DAY = 86_400_000;

/** "at 14:00", "tomorrow at 9:00", "on Monday at 9:00", "on 24 December at 9:00". */
function whenInWords(at: number, now: number): string {
  const clock = clockTime(at);
  if (dayKey(at) === dayKey(now)) return words.atTime(clock);
  if (dayKey(at) === dayKey(now + DAY)) return words.tomorrowAt(clock);
  const day = new Intl.DateTimeFormat("en", at - now < 6 * DAY ? { weekday: "long" } : { day: "numeric", month: "long" }).format(at);
  return words.onDayAt(day, clock);
}

const span = (minutes: number): string => {
  if (minutes <= 5) return words.fewMinutes;
  if (minutes < 60) return words.minutes(minutes);
  return minutes < 1_440 ? words.hours(Math.round(minutes / 60)) : words.days(Math.round(minutes / 1_440));
};

/** Null: nothing is known of it. `now` in milliseconds since 1970. */
export function expectedWords({ open, opensAt, replyMinutes, replyBy }: TeamAnswer, now: number): string | null {
  if (!open) return opensAt === null ? words.away : words.backAt(whenInWords(Date.parse(opensAt), now));
  if (replyMinutes === null || replyBy === null) return null;
  // the day ends before an answer is due
  const carried = Date.parse(replyBy) - now > (replyMinutes + 2) * MINUTE;
  return carried ? words.replyBy(whenInWords(Date.parse(replyBy), now)) : words.replyWithin(span(replyMinutes));
}
