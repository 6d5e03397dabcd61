/**
 * Working hours as a calendar: when it is open, and how much working time lies between two moments. Pure. An opening belongs to the local
 * day on which it begins, so one that runs past midnight is kept whole, whatever the next day is.
 */
import { IANAZone } from "luxon";

/** Minutes of the local day. `to` at or below `from` means the next day; 0 to 1440 is the whole day. */
export interface Opening { from: number; to: number }
/** Local days, both included: "2026-12-24", or "12-24" for every year. Instead of the week's openings there are these; none: closed. */
export interface Holiday { from: string; to: string; name?: string; open: Opening[] }
export interface HoursCalendar {
  _id: string;
  name: string;
  /** IANA, such as Europe/Berlin. */
  timeZone: string;
  /** Monday first, seven of them. */
  week: Opening[][];
  holidays: Holiday[];
}

export interface WorkingHours {
  readonly calendar: HoursCalendar;
  isOpen(at: Date): boolean;
  /** `at` itself while it is open; null when it never opens again (within 20 years). */
  nextOpening(at: Date): Date | null;
  /** The end of the opening that holds `at`; null while it is closed, and when it stays open for a month. Openings that touch are one. */
  closesAt(at: Date): Date | null;
  /** When the closed time around `at` began: the same for every moment of it. Null while it is open; the epoch when it was never open before. */
  closedSince(at: Date): Date | null;
  /** Milliseconds of opening in [a, b); negative when b lies before a. */
  workingMsBetween(a: Date, b: Date): number;
  /** The earliest moment by which `ms` of working time have passed since `at` (`at` itself for 0); null when that never comes. @throws {RangeError} ms < 0 */
  addWorkingMs(at: Date, ms: number): Date | null;
}

/** [from, to) in milliseconds since the epoch. */
type Span = readonly [from: number, to: number];
const DAY = 86_400_000;
const MINUTE = 60_000;
/** Days that are looked ahead before "never". */
const HORIZON = 366 * 20;
const KEPT_DAYS = 4_000;
const NEVER_BEFORE = new Date(0);

/** The moment at which the zone's clocks first show `wall` (local time as if it were UTC); where they skip it, the moment of the skip. */
function momentOf(zone: IANAZone, wall: number): number {
  const [before, after] = [zone.offset(wall - DAY) * MINUTE, zone.offset(wall + DAY) * MINUTE];
  const candidates = [wall - before, wall - after].filter((moment) => zone.offset(moment) * MINUTE === wall - moment);
  if (candidates.length > 0) return Math.min(...candidates);
  let [low, high] = [wall - Math.max(before, after), wall - Math.min(before, after)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zone.offset(middle) * MINUTE === before) low = middle;
    else high = middle;
  }
  return high;
}

const textOfDay = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10);

/** "12-24" to "01-02" runs over the turn of the year. */
function falls({ from, to }: Holiday, day: string): boolean {
  if (from.length > 5) return day >= from && day <= to;
  const yearly = day.slice(5);
  return from <= to ? yearly >= from && yearly <= to : yearly >= from || yearly <= to;
}

/** Keeps what it has worked out of a day, so ask the same one again. @throws {RangeError} for a time zone that there is not */
export function workingHours(calendar: HoursCalendar): WorkingHours {
  const zone = IANAZone.create(calendar.timeZone);
  if (!zone.isValid) throw new RangeError(`time zone ${calendar.timeZone}`);
  const raw = new Map<number, Span[]>();
  const clipped = new Map<number, readonly Span[]>();
  const dayOf = (moment: number): number => Math.floor((moment + zone.offset(moment) * MINUTE) / DAY);

  /** Single days before ranges before what comes every year: the nearest word counts. */
  const weight = ({ from, to }: Holiday): number => (from.length > 5 ? 0 : 2) + (from === to ? 0 : 1);
  const holidays = calendar.holidays.toSorted((a, b) => weight(a) - weight(b));

  function rawOf(day: number): Span[] {
    const known = raw.get(day);
    if (known !== undefined) return known;
    const text = textOfDay(day);
    const openings = holidays.find((one) => falls(one, text))?.open ?? calendar.week[(day + 3) % 7] ?? [];
    const spans = openings
      .map(({ from, to }): Span => [momentOf(zone, day * DAY + from * MINUTE), momentOf(zone, day * DAY + (to > from ? to : to + 1_440) * MINUTE)])
      .filter(([from, to]) => to > from).toSorted((a, b) => a[0] - b[0]);
    if (raw.size > KEPT_DAYS) raw.clear();
    raw.set(day, spans);
    return spans;
  }

  /** In order, none overlapping another; what the day before still holds is left to it. */
  function spansOf(day: number): readonly Span[] {
    const known = clipped.get(day);
    if (known !== undefined) return known;
    const spans: Span[] = [];
    let end = Math.max(-Infinity, ...rawOf(day - 1).map(([, to]) => to));
    for (const [from, to] of rawOf(day)) {
      if (to <= end) continue;
      spans.push([Math.max(from, end), to]);
      end = to;
    }
    if (clipped.size > KEPT_DAYS) clipped.clear();
    clipped.set(day, spans);
    return spans;
  }

  const holding = (moment: number): Span | undefined => {
    const day = dayOf(moment);
    return [...spansOf(day - 1), ...spansOf(day)].find(([from, to]) => moment >= from && moment < to);
  };
  /** Openings from the one that holds or follows `moment`, in order. */
  function* following(moment: number): Generator<Span> {
    const first = dayOf(moment) - 1;
    for (let day = first; day < first + HORIZON; day++) for (const span of spansOf(day)) if (span[1] > moment) yield span;
  }
  const never = calendar.week.every((openings) => openings.length === 0) && calendar.holidays.every(({ open }) => open.length === 0);

  function between(a: number, b: number): number {
    let sum = 0;
    for (let day = dayOf(a) - 1, last = dayOf(b); day <= last; day++) {
      for (const [from, to] of spansOf(day)) sum += Math.max(0, Math.min(to, b) - Math.max(from, a));
    }
    return sum;
  }

  return {
    calendar,
    isOpen: (at) => holding(at.getTime()) !== undefined,
    nextOpening(at) {
      if (never) return null;
      for (const [from] of following(at.getTime())) return new Date(Math.max(from, at.getTime()));
      return null;
    },
    closesAt(at) {
      let end = holding(at.getTime())?.[1];
      if (end === undefined) return null;
      for (const [from, to] of following(end)) {
        if (from > end) break;
        if (to - at.getTime() > 31 * DAY) return null;
        end = to;
      }
      return new Date(end);
    },
    closedSince(at) {
      const moment = at.getTime();
      if (holding(moment) !== undefined) return null;
      if (never) return NEVER_BEFORE;
      for (let day = dayOf(moment), first = day - HORIZON; day > first; day--) {
        const last = spansOf(day).findLast(([, to]) => to <= moment);
        if (last !== undefined) return new Date(last[1]);
      }
      return NEVER_BEFORE;
    },
    workingMsBetween: (a, b) => (b >= a ? between(a.getTime(), b.getTime()) : 0 - between(b.getTime(), a.getTime())),
    addWorkingMs(at, ms) {
      if (ms < 0) throw new RangeError(`ms=${ms}`);
      if (ms === 0) return at;
      if (never) return null;
      let left = ms;
      for (const [from, to] of following(at.getTime())) {
        const start = Math.max(from, at.getTime());
        if (to - start >= left) return new Date(start + left);
        left -= to - start;
      }
      return null;
    },
  };
}
