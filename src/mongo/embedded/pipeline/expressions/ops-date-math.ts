import { locationError, StoreError } from "../../values/errors.ts";
import { stringOf, T, type RawValue } from "../../values/raw.ts";
import { compileExpression, derived, namedArguments } from "./compile.ts";
import { civilOf, DAY, daysInMonth, daysOf, HOUR, millisOf, MINUTE, SECOND, weekdayOf } from "./dates.ts";
import type { Expr } from "./frame.ts";
import { date, long, NULL } from "./make.ts";
import { asDouble, nullish, numeric, typeName } from "./numbers.ts";
import { compileZone, dateOf, some } from "./ops-dates.ts";
import type { Operator } from "./operators.ts";
import { fromLocal, toLocal, type Zone } from "./zones.ts";

export type Unit = "year" | "quarter" | "month" | "week" | "day" | "hour" | "minute" | "second" | "millisecond";
const MONTHS_IN: Partial<Record<Unit, number>> = { year: 12, quarter: 3, month: 1 };
const MILLIS_IN: Partial<Record<Unit, number>> = { hour: HOUR, minute: MINUTE, second: SECOND, millisecond: 1 };
const UNITS = new Set<string>(["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"]);
const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const FARTHEST = 2 ** 63;

export const isUnit = (text: string): text is Unit => UNITS.has(text);

function unitOf(v: RawValue, name: string, notText: number, unknown: number): Unit {
  if (v.type !== T.string) throw locationError(notText, `${name} requires 'unit' to be a string, but got ${typeName(v)}`);
  const text = stringOf(v);
  if (isUnit(text)) return text;
  throw unknown === 9 ? new StoreError(9, "FailedToParse", `unknown time unit value: ${text}`) : locationError(unknown, `${name} parameter 'unit' value cannot be recognized as a time unit: ${text}`);
}

function weekStart(v: RawValue | undefined, name: string): number {
  if (v?.type !== T.string) throw locationError(5439015, `${name} requires 'startOfWeek' to be a string, but got ${typeName(v)}`);
  const text = stringOf(v).toLowerCase();
  const at = WEEKDAYS.findIndex((day) => day === text || day.slice(0, 3) === text);
  if (at < 0) throw locationError(5439016, `${name} parameter 'startOfWeek' value cannot be recognized as a day of a week: ${stringOf(v)}`);
  return at;
}

/** Days since 1970 of the first day of a week on or after 2000-01-01. */
const firstWeek = (startOfWeek: number): number => {
  const base = daysOf(2000, 1, 1);
  return base + ((startOfWeek - weekdayOf(base * DAY) + 7) % 7);
};

/** Start of the bin of `size` units that holds a moment, bins being counted from 2000-01-01 in the zone.
 *  Source: mongodb.com/docs/manual/reference/operator/aggregation/dateTrunc/ */
export function truncateDate(ms: number, unit: Unit, size: number, zone: Zone, startOfWeek = 0): number {
  const millis = MILLIS_IN[unit];
  if (millis) {
    const reference = fromLocal(millisOf(2000, 1, 1), zone);
    const bin = millis * size;
    return reference + Math.floor((ms - reference) / bin) * bin;
  }
  const local = toLocal(ms, zone);
  const months = MONTHS_IN[unit];
  if (months) {
    const c = civilOf(local);
    const since = (c.year - 2000) * 12 + c.month - 1;
    const bin = months * size;
    return fromLocal(millisOf(2000, 1 + Math.floor(since / bin) * bin, 1), zone);
  }
  const day = Math.floor(local / DAY);
  const [base, bin] = unit === "week" ? [firstWeek(startOfWeek), 7 * size] : [daysOf(2000, 1, 1), size];
  return fromLocal((base + Math.floor((day - base) / bin) * bin) * DAY, zone);
}

/** A moment some units later (earlier when negative): months end where the target month ends, days keep the zone's time of day.
 *  @throws StoreError 15 past the range of dates. Source: mongodb.com/docs/manual/reference/operator/aggregation/dateAdd/ */
export function addToDate(ms: number, unit: Unit, amount: number, zone: Zone): number {
  const millis = MILLIS_IN[unit];
  let result: number;
  if (millis) result = ms + amount * millis;
  else {
    const local = toLocal(ms, zone);
    const months = MONTHS_IN[unit];
    if (months) {
      const c = civilOf(local);
      const at = c.year * 12 + c.month - 1 + amount * months;
      const year = Math.floor(at / 12);
      const month = at - year * 12 + 1;
      const day = Math.min(c.day, daysInMonth(year, month));
      result = fromLocal(daysOf(year, month, day) * DAY + (local - Math.floor(local / DAY) * DAY), zone);
    } else result = fromLocal(local + amount * (unit === "week" ? 7 : 1) * DAY, zone);
  }
  if (!(Math.abs(result) < FARTHEST)) throw new StoreError(15, "Overflow", "the date is out of range");
  return result;
}

/** How many boundaries of a unit lie between two moments. Source: mongodb.com/docs/manual/reference/operator/aggregation/dateDiff/ */
function boundariesBetween(from: number, to: number, unit: Unit, zone: Zone, startOfWeek: number): number {
  const [a, b] = [toLocal(from, zone), toLocal(to, zone)];
  const months = MONTHS_IN[unit];
  if (months) {
    const count = (ms: number) => {
      const c = civilOf(ms);
      return Math.floor((c.year * 12 + c.month - 1) / months);
    };
    return count(b) - count(a);
  }
  const days = (ms: number) => Math.floor(ms / DAY);
  if (unit === "day") return days(b) - days(a);
  if (unit === "week") {
    const base = firstWeek(startOfWeek);
    return Math.floor((days(b) - base) / 7) - Math.floor((days(a) - base) / 7);
  }
  // Elapsed time counts, not the clock on the wall: of the zone only what shifts the boundary matters.
  const millis = MILLIS_IN[unit]!;
  const shift = (utc: number, local: number) => (((local - utc) % millis) + millis) % millis;
  return Math.floor((to + shift(to, b)) / millis) - Math.floor((from + shift(from, a)) / millis);
}

const dateTrunc: Operator = (value, names, name) => {
  const args = namedArguments(name, value, ["date", "unit", "binSize", "timezone", "startOfWeek"], ["date", "unit"], [5439007, 5439008, { date: 5439009, unit: 5439010 }]);
  const [when, unit, binSize, startOfWeek] = ["date", "unit", "binSize", "startOfWeek"].map((part) => (args.has(part) ? compileExpression(args.get(part)!, names) : undefined)) as [Expr, Expr, Expr?, Expr?];
  const zone = compileZone(args.get("timezone"), names);
  return derived(names, some(when, unit, binSize, startOfWeek, zone.expr), (f) => {
    const [v, u, size] = [when.run(f), unit.run(f), binSize?.run(f)];
    const zoneless = zone.expr && nullish(zone.expr.run(f));
    if (nullish(v) || nullish(u) || (binSize && nullish(size)) || zoneless) return NULL;
    const start = startOfWeek?.run(f);
    const weekly = u.type === T.string && stringOf(u) === "week";
    if (weekly && startOfWeek && nullish(start)) return NULL;
    const ms = dateOf(v);
    if (ms === undefined) throw locationError(5439012, `${name} requires 'date' to be a date, but got ${typeName(v)}`);
    const of = unitOf(u, name, 5439013, 5439014);
    const bins = size ? binSizeOf(size, name) : 1;
    return date(truncateDate(ms, of, bins, zone.of(f)!, weekly && startOfWeek ? weekStart(start, name) : 0));
  });
};

function binSizeOf(v: RawValue, name: string): number {
  const n = numeric(v) ? asDouble(v) : NaN;
  if (!Number.isInteger(n)) throw locationError(5439017, `${name} requires 'binSize' to be a 64-bit integer, but got ${typeName(v)}`);
  if (n <= 0) throw locationError(5439018, `${name} requires 'binSize' to be greater than 0, but got ${n}`);
  return n;
}

const dateDiff: Operator = (value, names, name) => {
  const args = namedArguments(name, value, ["startDate", "endDate", "unit", "timezone", "startOfWeek"], ["startDate", "endDate", "unit"], [5166301, 5166302, { startDate: 5166303, endDate: 5166304, unit: 5166305 }]);
  const [from, to, unit, startOfWeek] = ["startDate", "endDate", "unit", "startOfWeek"].map((part) => (args.has(part) ? compileExpression(args.get(part)!, names) : undefined)) as [Expr, Expr, Expr, Expr?];
  const zone = compileZone(args.get("timezone"), names);
  return derived(names, some(from, to, unit, startOfWeek, zone.expr), (f) => {
    const [a, b, u] = [from.run(f), to.run(f), unit.run(f)];
    const zoneless = zone.expr && nullish(zone.expr.run(f));
    if (nullish(a) || nullish(b) || nullish(u) || zoneless) return NULL;
    const start = startOfWeek?.run(f);
    const weekly = u.type === T.string && stringOf(u) === "week";
    if (weekly && startOfWeek && nullish(start)) return NULL;
    const [x, y] = [a, b].map((v, i) => {
      const ms = dateOf(v);
      if (ms === undefined) throw locationError(5166307, `${name} requires '${i === 0 ? "startDate" : "endDate"}' to be a date, but got ${typeName(v)}`);
      return ms;
    }) as [number, number];
    const of = unitOf(u, name, 5439013, 5439014);
    return long(BigInt(boundariesBetween(x, y, of, zone.of(f)!, weekly && startOfWeek ? weekStart(start, name) : 0)));
  });
};

const dateAdd = (sign: 1 | -1): Operator => (value, names, name) => {
  const args = namedArguments(name, value, ["startDate", "unit", "amount", "timezone"], ["startDate", "unit", "amount"], [5166400, 5166401, 5166402]);
  const [when, unit, amount] = ["startDate", "unit", "amount"].map((part) => compileExpression(args.get(part)!, names)) as [Expr, Expr, Expr];
  const zone = compileZone(args.get("timezone"), names);
  return derived(names, some(when, unit, amount, zone.expr), (f) => {
    const [v, u, n] = [when.run(f), unit.run(f), amount.run(f)];
    if (nullish(v) || nullish(u) || nullish(n)) return NULL;
    const ms = dateOf(v);
    if (ms === undefined) throw locationError(5166403, `${name} requires startDate to be convertible to a date, but got ${typeName(v)}`);
    const of = unitOf(u, name, 5166404, 9);
    const count = numeric(n) ? asDouble(n) : NaN;
    if (!Number.isInteger(count)) throw locationError(5166405, `${name} expects integer amount of time units`);
    const at = zone.of(f);
    return at ? date(addToDate(ms, of, sign * count, at)) : NULL;
  });
};

export const DATE_MATH: Readonly<Record<string, Operator>> = { $dateTrunc: dateTrunc, $dateDiff: dateDiff, $dateAdd: dateAdd(1), $dateSubtract: dateAdd(-1) };
