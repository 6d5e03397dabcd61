/** The Gregorian calendar over milliseconds since 1970, in whatever time zone they were shifted to. */

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

export interface Civil {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** Days since 1970-01-01 of a date whose month may lie outside 1 to 12 and whose day outside its month. */
export function daysOf(year: number, month: number, day: number): number {
  const months = year * 12 + month - 1;
  const y = Math.floor(months / 12);
  const m = months - y * 12 + 1;
  const shifted = m <= 2 ? y - 1 : y;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5);
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468 + day - 1;
}

/** Milliseconds since 1970 of a date and time; parts may overflow into the next larger ones. */
export const millisOf = (year: number, month: number, day: number, hour = 0, minute = 0, second = 0, ms = 0): number =>
  daysOf(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second * SECOND + ms;

/** Date and time of milliseconds. */
export function civilOf(ms: number): Civil {
  const days = Math.floor(ms / DAY);
  let rest = ms - days * DAY;
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const mp = Math.floor((5 * dayOfYear + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const day = dayOfYear - Math.floor((153 * mp + 2) / 5) + 1;
  const hour = Math.floor(rest / HOUR);
  rest -= hour * HOUR;
  const minute = Math.floor(rest / MINUTE);
  rest -= minute * MINUTE;
  const second = Math.floor(rest / SECOND);
  return { year, month, day, hour, minute, second, millisecond: rest - second * SECOND };
}

const mod = (a: number, b: number) => ((a % b) + b) % b;

/** 0 is Sunday. */
export const weekdayOf = (ms: number): number => mod(Math.floor(ms / DAY) + 4, 7);

/** 1 to 366. */
export function dayOfYear(ms: number): number {
  const { year, month, day } = civilOf(ms);
  return daysOf(year, month, day) - daysOf(year, 1, 1) + 1;
}

/** Weeks begin on Sundays; the days before the first are week 0. */
export const weekOf = (ms: number): number => Math.floor((dayOfYear(ms) + 6 - weekdayOf(ms)) / 7);

/** ISO 8601: weeks begin on Mondays, week 1 holds the year's first Thursday. */
export function isoWeekOf(ms: number): { year: number; week: number; weekday: number } {
  const weekday = weekdayOf(ms) || 7;
  const thursday = Math.floor(ms / DAY) * DAY + (4 - weekday) * DAY;
  const { year } = civilOf(thursday);
  return { year, week: Math.floor((dayOfYear(thursday) - 1) / 7) + 1, weekday };
}

/** Milliseconds of a day by ISO week; parts may overflow. */
export function millisOfIsoWeek(year: number, week: number, weekday: number): number {
  const fourth = daysOf(year, 1, 4);
  const monday = fourth - (weekdayOf(fourth * DAY) || 7) + 1;
  return (monday + (week - 1) * 7 + weekday - 1) * DAY;
}

export const daysInMonth = (year: number, month: number): number => daysOf(year, month + 1, 1) - daysOf(year, month, 1);

const two = (n: number) => (n < 10 ? `0${n}` : String(n));
export const pad = (n: number, size: number): string => String(n).padStart(size, "0");

/** `2017-07-04T11:56:02.813Z`. */
export function isoText(ms: number): string {
  const c = civilOf(ms);
  const year = c.year < 0 ? `-${pad(-c.year, 4)}` : pad(c.year, 4);
  return `${year}-${two(c.month)}-${two(c.day)}T${two(c.hour)}:${two(c.minute)}:${two(c.second)}.${pad(c.millisecond, 3)}Z`;
}
