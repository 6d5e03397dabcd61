import { locationError, StoreError } from "../../values/errors.ts";
import { fieldsOf, int32At, int64At, itemsOf, stringOf, T, truthy, type RawValue } from "../../values/raw.ts";
import { compileExpression, derived, namedArguments } from "./compile.ts";
import { formatDate } from "./date-format.ts";
import { parseDate } from "./date-parse.ts";
import { civilOf, dayOfYear, isoWeekOf, millisOf, millisOfIsoWeek, weekdayOf, weekOf } from "./dates.ts";
import type { Expr, Frame, Names } from "./frame.ts";
import { date, int, long, NULL, object, text } from "./make.ts";
import { asDouble, nullish, numeric, typeName } from "./numbers.ts";
import type { Operator } from "./operators.ts";
import { fromLocal, toLocal, UTC, zoneOf, type Zone } from "./zones.ts";

/** Milliseconds of a date, a timestamp or an ObjectId; undefined for others. */
export function dateOf(v: RawValue): number | undefined {
  if (v.type === T.date) return Number(int64At(v.bytes, v.start));
  if (v.type === T.timestamp) return (int32At(v.bytes, v.start + 4) >>> 0) * 1000;
  if (v.type === T.objectId) return Buffer.from(v.bytes.buffer, v.bytes.byteOffset + v.start, 4).readUInt32BE() * 1000;
  return undefined;
}

export function requiredDate(v: RawValue, code = 16006): number {
  const ms = dateOf(v);
  if (ms === undefined) throw locationError(code, `can't convert from BSON type ${typeName(v)} to Date`);
  return ms;
}

/** How to get the zone of an optional `timezone` argument: undefined when it evaluates to nothing, which makes the whole answer null. */
export function compileZone(value: RawValue | undefined, names: Names, code = 40517): { expr: Expr | undefined; of: (f: Frame) => Zone | undefined } {
  if (!value) return { expr: undefined, of: () => UTC };
  const expr = compileExpression(value, names);
  return {
    expr,
    of: (f) => {
      const v = expr.run(f);
      if (nullish(v)) return undefined;
      if (v.type !== T.string) throw locationError(code, `timezone must evaluate to a string, found ${typeName(v)}`);
      return zoneOf(stringOf(v));
    },
  };
}

export const some = (...exprs: readonly (Expr | undefined)[]): Expr[] => exprs.filter((e) => e !== undefined);

/** One part of a date: `{$hour: date}` or `{$hour: {date, timezone}}`. Sources: mongodb.com/docs/manual/reference/operator/aggregation/hour/ and its like. */
const part = (read: (localMs: number) => RawValue): Operator => (value, names, name) => {
  let dateArg: RawValue | undefined = value;
  let zoneArg: RawValue | undefined;
  const first = value.type === T.object ? fieldsOf(value.bytes, value.start)[0] : undefined;
  if (value.type === T.array) {
    const items = itemsOf(value);
    if (items.length !== 1) throw locationError(40536, `${name} accepts exactly one argument if given an array, but was given ${items.length}`);
    dateArg = items[0];
  } else if (value.type === T.object && !first?.name.startsWith("$")) {
    const args = namedArguments(name, value, ["date", "timezone"], ["date"], [40535, 40535, 40539]);
    dateArg = args.get("date");
    zoneArg = args.get("timezone");
  }
  const when = compileExpression(dateArg!, names);
  const zone = compileZone(zoneArg, names, 40533);
  return derived(names, some(when, zone.expr), (f) => {
    const v = when.run(f);
    if (nullish(v)) return NULL;
    const ms = requiredDate(v);
    const at = zone.of(f);
    return at ? read(toLocal(ms, at)) : NULL;
  });
};

const flag = (expr: Expr | undefined, f: Frame, code: number, name: string): boolean | undefined => {
  if (!expr) return false;
  const v = expr.run(f);
  if (nullish(v)) return undefined;
  if (v.type !== T.bool) throw locationError(code, `iso8601 must evaluate to a bool, found ${typeName(v)} in ${name}`);
  return truthy(v);
};

const dateToParts: Operator = (value, names, name) => {
  const args = namedArguments(name, value, ["date", "timezone", "iso8601"], ["date"], [40524, 40520, 40522]);
  const when = compileExpression(args.get("date")!, names);
  const zone = compileZone(args.get("timezone"), names);
  const iso = args.has("iso8601") ? compileExpression(args.get("iso8601")!, names) : undefined;
  return derived(names, some(when, zone.expr, iso), (f) => {
    const v = when.run(f);
    if (nullish(v)) return NULL;
    const at = zone.of(f);
    const asIso = flag(iso, f, 40521, name);
    if (!at || asIso === undefined) return NULL;
    const local = toLocal(requiredDate(v), at);
    const c = civilOf(local);
    const week = isoWeekOf(local);
    const days: [string, RawValue][] = asIso
      ? [["isoWeekYear", int(week.year)], ["isoWeek", int(week.week)], ["isoDayOfWeek", int(week.weekday)]]
      : [["year", int(c.year)], ["month", int(c.month)], ["day", int(c.day)]];
    return object([...days, ["hour", int(c.hour)], ["minute", int(c.minute)], ["second", int(c.second)], ["millisecond", int(c.millisecond)]]);
  });
};

const CALENDAR = ["year", "month", "day", "hour", "minute", "second", "millisecond"] as const;
const ISO = ["isoWeekYear", "isoWeek", "isoDayOfWeek", "hour", "minute", "second", "millisecond"] as const;

const dateFromParts: Operator = (value, names, name) => {
  const args = namedArguments(name, value, [...CALENDAR, ...ISO, "timezone"], [], [40519, 40518, 40516]);
  const iso = args.has("isoWeekYear");
  if (!iso && !args.has("year")) throw locationError(40516, `${name} requires either 'year' or 'isoWeekYear' to be present`);
  if (iso && (args.has("year") || args.has("month") || args.has("day"))) throw locationError(40489, `${name} does not allow mixing natural dates with ISO dates`);
  if (!iso && (args.has("isoWeek") || args.has("isoDayOfWeek"))) throw locationError(40525, `${name} does not allow mixing ISO dates with natural dates`);
  const parts = (iso ? ISO : CALENDAR).map((part, i) => ({ part, first: i === 0, least: i < 3 ? 1 : 0, expr: args.has(part) ? compileExpression(args.get(part)!, names) : undefined }));
  const zone = compileZone(args.get("timezone"), names);
  return derived(names, some(...parts.map((p) => p.expr), zone.expr), (f) => {
    const numbers: number[] = [];
    for (const { part, first, least, expr } of parts) {
      const v = expr?.run(f);
      if (expr && nullish(v)) return NULL;
      numbers.push(v ? partNumber(part, first, v) : least);
    }
    const at = zone.of(f);
    if (!at) return NULL;
    const [a = 0, b = 0, c = 0, hour = 0, minute = 0, second = 0, ms = 0] = numbers;
    const local = iso ? millisOfIsoWeek(a, b, c) + millisOf(1970, 1, 1, hour, minute, second, ms) : millisOf(a, b, c, hour, minute, second, ms);
    return date(fromLocal(local, at));
  });
};

function partNumber(part: string, year: boolean, v: RawValue): number {
  const n = numeric(v) ? asDouble(v) : NaN;
  if (!Number.isInteger(n)) throw locationError(40515, `'${part}' must evaluate to an integer, found ${typeName(v)}`);
  if (year && (n < 1 || n > 9999)) throw locationError(part === "year" ? 40523 : 31095, `'${part}' must evaluate to an integer in the range 1 to 9999, found ${n}`);
  if (Math.abs(n) > 9_007_199_254_740) throw locationError(31034, `'${part}' must evaluate to a smaller value, found ${n}`);
  return n;
}

const dateToString: Operator = (value, names, name) => {
  const args = namedArguments(name, value, ["date", "format", "timezone", "onNull"], ["date"], [18629, 18534, 18628]);
  const when = compileExpression(args.get("date")!, names);
  const zone = compileZone(args.get("timezone"), names);
  const format = args.has("format") ? compileExpression(args.get("format")!, names) : undefined;
  const onNull = args.has("onNull") ? compileExpression(args.get("onNull")!, names) : undefined;
  if (format?.constant) {
    const v = format.run(names.frame);
    if (v?.type === T.string) formatDate(stringOf(v), 0, UTC);
  }
  return derived(names, some(when, zone.expr, format, onNull), (f) => {
    const pattern = format?.run(f);
    if (!nullish(pattern) && pattern.type !== T.string) throw locationError(18533, `${name} requires that 'format' be a string, found: ${typeName(pattern)} with value`);
    const at = zone.of(f);
    if ((format && nullish(pattern)) || !at) return NULL;
    const v = when.run(f);
    if (nullish(v)) return onNull ? onNull.run(f) : NULL;
    return text(formatDate(pattern ? stringOf(pattern) : at.utc ? "%Y-%m-%dT%H:%M:%S.%LZ" : "%Y-%m-%dT%H:%M:%S.%L", requiredDate(v), at));
  });
};

const dateFromString: Operator = (value, names, name) => {
  const args = namedArguments(name, value, ["dateString", "format", "timezone", "onNull", "onError"], ["dateString"], [40540, 40541, 40542]);
  const given = compileExpression(args.get("dateString")!, names);
  const zone = compileZone(args.get("timezone"), names);
  const [format, onNull, onError] = ["format", "onNull", "onError"].map((part) => (args.has(part) ? compileExpression(args.get(part)!, names) : undefined));
  return derived(names, some(given, zone.expr, format, onNull, onError), (f) => {
    const v = given.run(f);
    const at = zone.of(f);
    const pattern = format?.run(f);
    if (nullish(v)) return onNull ? onNull.run(f) : NULL;
    if (!nullish(pattern) && pattern.type !== T.string) throw locationError(40684, `${name} requires that 'format' be a string, found: ${typeName(pattern)}`);
    if (!at || (format && nullish(pattern))) return NULL;
    try {
      if (v.type !== T.string) throw new StoreError(241, "ConversionFailure", `${name} requires that 'dateString' be a string, found: ${typeName(v)}`);
      return date(parseDate(stringOf(v), pattern ? stringOf(pattern) : undefined, at));
    } catch (error) {
      if (onError && error instanceof StoreError && error.code === 241) return onError.run(f);
      throw error;
    }
  });
};

export const DATES: Readonly<Record<string, Operator>> = {
  $year: part((ms) => int(civilOf(ms).year)), $month: part((ms) => int(civilOf(ms).month)), $dayOfMonth: part((ms) => int(civilOf(ms).day)),
  $hour: part((ms) => int(civilOf(ms).hour)), $minute: part((ms) => int(civilOf(ms).minute)), $second: part((ms) => int(civilOf(ms).second)),
  $millisecond: part((ms) => int(civilOf(ms).millisecond)), $dayOfYear: part((ms) => int(dayOfYear(ms))), $dayOfWeek: part((ms) => int(weekdayOf(ms) + 1)),
  $week: part((ms) => int(weekOf(ms))), $isoWeek: part((ms) => int(isoWeekOf(ms).week)), $isoDayOfWeek: part((ms) => int(isoWeekOf(ms).weekday)),
  $isoWeekYear: part((ms) => long(BigInt(isoWeekOf(ms).year))),
  $dateToParts: dateToParts, $dateFromParts: dateFromParts, $dateToString: dateToString, $dateFromString: dateFromString,
};
