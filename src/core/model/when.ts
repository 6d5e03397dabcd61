import { parse as parseWithChrono } from "chrono-node";
import { DateTime, IANAZone } from "luxon";

/** A moment, the customer's next message, or in words why the text is neither. */
export type When = { at: Date } | { untilReply: true } | { error: string };

interface Clock {
  hour: number;
  minute: number;
}

const WORKDAY_START: Clock = { hour: 9, minute: 0 };
const WORKDAY_END: Clock = { hour: 17, minute: 0 };
const TONIGHT: Clock = { hour: 20, minute: 0 };
const TIMES_OF_DAY: Readonly<Record<string, Clock>> = {
  morning: WORKDAY_START,
  noon: { hour: 12, minute: 0 },
  midday: { hour: 12, minute: 0 },
  afternoon: { hour: 14, minute: 0 },
  evening: { hour: 18, minute: 0 },
  night: TONIGHT,
};
const NUMBER_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const WEEKDAY = "(mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?|r)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)";

const EXAMPLES = "Write for example 2h, tomorrow 9:00, monday, 2026-12-24 14:30 or until reply.";
const PAST = `That time has already passed. ${EXAMPLES}`;
export const UNREADABLE = `This is not a time that I can read. ${EXAMPLES}`;
const LONGEST_PHRASE = 80; // characters; keeps what the grammars see small
const TOO_FAR = "That is more than a year away. Choose a time within the next year.";

/**
 * Reads a time as an agent writes it: `2h`, `1h30m`, `3 days`, `tomorrow 9:00`, `monday`, `next week`, `tonight`, `2026-12-24 14:30`, `24.12.`,
 * `december 24 at 10am`, `until reply`. English; days without a time mean 09:00, `tonight` 20:00, a weekday never today.
 * `m` is minutes. Minutes and hours are elapsed time; days, weeks and months keep the time on the clock.
 * A time that a clock change skips moves forward by the skipped hour; of one that comes twice the first is meant.
 * @param timeZone IANA name, such as `Europe/Berlin`.
 * @returns an error in words for anything else, a time not after `now`, or one more than a year away; never throws.
 */
export function parseWhen(text: string, now: Date, timeZone: string): When {
  if (!IANAZone.isValidZone(timeZone)) return { error: "The time zone of this inbox or agent is unknown. An administrator can set one such as Europe/Berlin." };
  const words = normalise(text);
  if (words === "") return { error: `Until when? ${EXAMPLES}` };
  if (words.length > LONGEST_PHRASE) return { error: UNREADABLE };
  if (isUntilReply(words)) return { untilReply: true };
  if (/\b(?:ago|yesterday|last|previous)\b/.test(words)) return { error: PAST };
  if (/^\d{1,2}\/\d{1,2}\b/.test(words)) return { error: "Day or month first? Write the date as 2026-12-24 or 24.12." };

  const phrase = words.replace(/^(?:until|till?|by|on|for)\s+/, "");
  const here = DateTime.fromJSDate(now, { zone: timeZone });
  const found = duration(phrase, here) ?? writtenDate(phrase, here) ?? namedDay(phrase, here) ?? clockAlone(phrase, here) ?? byChrono(phrase, here);
  if (found === undefined) return { error: UNREADABLE };
  if (!found.isValid) return { error: `There is no such date or time. ${EXAMPLES}` };
  if (found <= here) return { error: PAST };
  if (found > here.plus({ years: 1 })) return { error: TOO_FAR };
  return { at: found.toJSDate() };
}

function normalise(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "")
    .toLowerCase()
    .replace(/[\s,]+/g, " ")
    .trim()
    .replace(/(?<!\.\d{1,2})[.!]+$/, ""); // the full stop of 24.12. is part of the date
}

function isUntilReply(words: string): boolean {
  return (
    /^(?:until |till? |on )?(?:(?:a|the|next) )?(?:customer )?reply$/.test(words) ||
    /^(?:until|till?) (?:the )?(?:customer|they|he|she) (?:repl(?:y|ies)|answers?|writes?|responds?)(?: back| again)?$/.test(words)
  );
}

/** `9`, `9:00`, `9am`, `9:30 pm`, `noon`; an hour alone only where `bareHour`. */
function readClock(text: string, bareHour: boolean): Clock | undefined {
  const words = text.trim().replace(/^(?:at|@|in the)\s*/, "");
  const named = Object.hasOwn(TIMES_OF_DAY, words) ? TIMES_OF_DAY[words] : undefined;
  if (named !== undefined) return named;
  const [, hours, minutes, half] = /^(\d{1,2})(?:[:h](\d{2}))?(?::00)? ?([ap])?(?:\.?m\.?)?$/.exec(words) ?? [];
  if (hours === undefined || (minutes === undefined && half === undefined && !bareHour)) return undefined;
  if (/m\.?$/.test(words) && half === undefined) return undefined;
  const hour = Number(hours);
  if (half === undefined) return { hour, minute: Number(minutes ?? 0) };
  if (hour < 1 || hour > 12) return { hour: Number.NaN, minute: 0 };
  return { hour: (hour % 12) + (half === "p" ? 12 : 0), minute: Number(minutes ?? 0) };
}

/** That day at that time; invalid when there is no such time, the first of two when a clock change repeats it. */
function at(day: DateTime, clock: Clock): DateTime {
  if (!day.isValid) return day;
  if (!(clock.hour < 24 && clock.minute < 60)) return DateTime.invalid("no such time");
  const moment = DateTime.fromObject({ year: day.year, month: day.month, day: day.day, ...clock }, { zone: day.zone });
  return moment.getPossibleOffsets().reduce((first, other) => (other < first ? other : first), moment);
}

/** `2h`, `1h30m`, `in 3 days`, `an hour`, `2 weeks at 9:00`; hours elapse, days keep the time on the clock. */
function duration(phrase: string, here: DateTime): DateTime | undefined {
  const [, body, clockText] = /^(?:in )?(.+?)(?: from now)?(?: at (.+))?$/.exec(phrase.replace(/\bhalf an hour\b/, "30m")) ?? [];
  const sum = { months: 0, weeks: 0, days: 0, hours: 0, minutes: 0 };
  let left = body ?? "";
  while (left !== "") {
    const [whole, amount, unit] = /^(\d{1,5}(?:\.\d{1,2})?|[a-z]+(?= )) ?(months?|mo|weeks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|m)(?![a-z])(?: and )?[ ]?/.exec(left) ?? [];
    if (whole === undefined || amount === undefined || unit === undefined) return undefined;
    const count = amount === "a" || amount === "an" ? 1 : /^\d/.test(amount) ? Number(amount) : NUMBER_WORDS.indexOf(amount);
    const name = unit.startsWith("mo") ? "months" : ({ w: "weeks", d: "days", h: "hours", m: "minutes" } as const)[unit[0] as "w" | "d" | "h" | "m"];
    const fits = Number.isInteger(count) || name === "hours";
    if (count < 0 || !fits) return undefined;
    sum[name] += count;
    left = left.slice(whole.length);
  }
  const day = here.plus({ months: sum.months, weeks: sum.weeks, days: sum.days });
  if (clockText !== undefined) {
    const clock = readClock(clockText, true);
    return clock === undefined || sum.hours + sum.minutes > 0 ? undefined : at(day, clock);
  }
  return day.plus({ hours: sum.hours, minutes: sum.minutes });
}

/** `2026-12-24`, `2026-12-24 14:30`, `2026-12-24T14:30Z`, `24.12.`, `24.12.2026 at 9`. */
function writtenDate(phrase: string, here: DateTime): DateTime | undefined {
  if (/^\d{4}-\d{2}-\d{2}[t ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)? ?(?:z|[+-]\d{2}:?\d{2})$/.test(phrase)) {
    return DateTime.fromISO(phrase.replace(/^(\S{10}) /, "$1T").replace(" ", "").toUpperCase(), { zone: here.zone });
  }
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:$|[t ](.+)$)/.exec(phrase);
  const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4})?(?:$| (.+)$)/.exec(phrase);
  const [year, month, day, clockText] = iso ? [iso[1], iso[2], iso[3], iso[4]] : dotted ? [dotted[3], dotted[2], dotted[1], dotted[4]] : [];
  if (month === undefined || day === undefined) return undefined;
  const clock = clockText === undefined ? WORKDAY_START : readClock(clockText, true);
  if (clock === undefined) return undefined;
  const inYear = (number: number) => at(DateTime.fromObject({ year: number, month: Number(month), day: Number(day) }, { zone: here.zone }), clock);
  if (year !== undefined) return inYear(Number(year));
  const thisYear = inYear(here.year);
  return thisYear.isValid && thisYear > here ? thisYear : inYear(here.year + 1);
}

type DayRule = readonly [RegExp, (here: DateTime, weekday: number) => DateTime, Clock];

const nextMonday = (here: DateTime): DateTime => here.startOf("week").plus({ weeks: 1 });
const TODAY = (here: DateTime): DateTime => here;
const DAYS: readonly DayRule[] = [
  [/^(?:eod|end of (?:the )?day)$/, TODAY, WORKDAY_END],
  [/^(?:eow|end of (?:the )?week)$/, (here) => here.startOf("week").plus({ days: 4 }), WORKDAY_END],
  [/^tonight\b/, TODAY, TONIGHT],
  [/^(?:today|this(?= (?:morning|afternoon|evening)))\b/, TODAY, WORKDAY_START],
  [/^(?:the )?day after tomorrow\b/, (here) => here.plus({ days: 2 }), WORKDAY_START],
  [/^(?:tomorrow|tmrw|tmr)\b/, (here) => here.plus({ days: 1 }), WORKDAY_START],
  [new RegExp(`^next week(?: on)? ${WEEKDAY}\\b`), (here, weekday) => nextMonday(here).plus({ days: weekday }), WORKDAY_START],
  [new RegExp(`^${WEEKDAY} next week\\b`), (here, weekday) => nextMonday(here).plus({ days: weekday }), WORKDAY_START],
  [new RegExp(`^next ${WEEKDAY}\\b`), (here, weekday) => nextMonday(here).plus({ days: weekday }), WORKDAY_START],
  [new RegExp(`^(?:this |coming )?${WEEKDAY}\\b`), (here, weekday) => here.plus({ days: ((weekday - here.weekday + 7) % 7) + 1 }), WORKDAY_START],
  [/^next week\b/, nextMonday, WORKDAY_START],
  [/^next month\b/, (here) => here.startOf("month").plus({ months: 1 }), WORKDAY_START],
];

/** `tomorrow`, `friday 14:30`, `9am next week`, `tonight`; a weekday means its next coming after today, `next friday` that of next week. */
function namedDay(phrase: string, here: DateTime): DateTime | undefined {
  const [, clockFirst, rest] = /^((?:at )?\d{1,2}(?::\d{2})? ?(?:[ap]\.?m\.?)?) (?:on )?([a-z].*)$/.exec(phrase) ?? [];
  const turned = clockFirst === undefined || rest === undefined ? phrase : `${rest} ${clockFirst}`;
  for (const [pattern, dayOf, usual] of DAYS) {
    const [named, weekday] = pattern.exec(turned) ?? [];
    if (named === undefined) continue;
    const clockText = turned.slice(named.length);
    const clock = clockText === "" ? usual : readClock(clockText, true);
    if (clock === undefined) return undefined;
    const evening = usual === TONIGHT && clock.hour >= 5 && clock.hour < 12 && !/\da/.test(clockText.replace(" ", ""));
    return at(dayOf(here, WEEKDAYS.indexOf((weekday ?? "").slice(0, 3))), evening ? { ...clock, hour: clock.hour + 12 } : clock);
  }
  return undefined;
}

/** `14:30`, `9am`, `at 9`, `noon`: today, or tomorrow when that has passed. */
function clockAlone(phrase: string, here: DateTime): DateTime | undefined {
  const clock = readClock(phrase, phrase.startsWith("at "));
  if (clock === undefined) return undefined;
  const today = at(here, clock);
  return today.isValid && today <= here ? at(here.plus({ days: 1 }), clock) : today;
}

/** The rest (`december 24 at 10am`), when chrono reads all of it and it names a day. */
function byChrono(phrase: string, here: DateTime): DateTime | undefined {
  // chrono takes the wrong day for "today" in some offsets, so it is shown the local clock as if it were UTC
  const shown = here.setZone("UTC", { keepLocalTime: true });
  const results = parseWithChrono(phrase, { instant: shown.toJSDate(), timezone: 0 }, { forwardDate: true });
  const [result] = results;
  if (result === undefined || results.length > 1 || result.text.length !== phrase.length || result.end) return undefined;
  const { start } = result;
  if (start.tags().has("result/relativeDateAndTime")) return here.plus(result.date().getTime() - shown.toMillis());
  if (!start.isCertain("day") && !start.isCertain("weekday")) return undefined;
  if (start.isCertain("timezoneOffset")) return DateTime.fromJSDate(result.date(), { zone: here.zone });
  const day = DateTime.fromObject({ year: start.get("year") ?? here.year, month: start.get("month") ?? here.month, day: start.get("day") ?? here.day }, { zone: here.zone });
  return at(day, start.isCertain("hour") ? { hour: start.get("hour") ?? 9, minute: start.get("minute") ?? 0 } : WORKDAY_START);
}
