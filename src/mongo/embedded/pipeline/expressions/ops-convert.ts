import { decimalOfInteger, decimalText, decimalValue, parseDecimalText, readDecimal, toDouble, truncate } from "../../values/decimal.ts";
import { StoreError } from "../../values/errors.ts";
import { doubleAt, int64At, stringOf, T, truthy, TYPE_NAMES, type RawValue } from "../../values/raw.ts";
import { coded, compileExpression, countedArguments, derived, namedArguments } from "./compile.ts";
import { parseDate } from "./date-parse.ts";
import { isoText } from "./dates.ts";
import { bool, date, double, int, long, NULL, text, TRUE } from "./make.ts";
import { asBigInt, asDecimal, asDouble, fitsInt, fitsLong, nullish, numeric, typeName } from "./numbers.ts";
import { dateOf } from "./ops-dates.ts";
import { doubleText } from "./ops-strings.ts";
import type { Operator } from "./operators.ts";
import { UTC } from "./zones.ts";

const failed = (why: string) => new StoreError(241, "ConversionFailure", `${why} in $convert with no onError value`);
const unsupported = (v: RawValue, to: number) => failed(`Unsupported conversion from ${typeName(v)} to ${TYPE_NAMES[to]}`);

/** Text of a whole number. @throws StoreError 241. */
function wholeOf(s: string, to: number): bigint {
  if (/^[+-]?0x/i.test(s)) throw failed(`Illegal hexadecimal input '${s}'`);
  if (!/^[+-]?\d+$/.test(s)) throw failed(`Failed to parse number '${s}'`);
  const n = BigInt(s.replace(/^\+/, ""));
  if (!(to === T.int ? fitsInt(n) : fitsLong(n))) throw failed(`Failed to parse number '${s}': it overflows`);
  return n;
}

function toWhole(v: RawValue, to: number): RawValue {
  const made = (n: bigint) => (to === T.int ? int(Number(n)) : long(n));
  const checked = (n: bigint | undefined): RawValue => {
    if (n === undefined || !(to === T.int ? fitsInt(n) : fitsLong(n))) throw failed(`Conversion would overflow target type ${TYPE_NAMES[to]}`);
    return made(n);
  };
  switch (v.type) {
    case T.int: case T.long:
      return checked(asBigInt(v));
    case T.double: {
      const d = doubleAt(v.bytes, v.start);
      if (Number.isNaN(d)) throw failed("Attempt to convert NaN value to integer type");
      if (!Number.isFinite(d)) throw failed("Attempt to convert infinity value to integer type");
      return checked(BigInt(Math.trunc(d)));
    }
    case T.decimal: {
      const d = readDecimal(v.bytes, v.start);
      if (d.special) throw failed(`Attempt to convert ${d.special === "NaN" ? "NaN" : "infinity"} value to integer type`);
      return checked(truncate(d));
    }
    case T.bool:
      return made(truthy(v) ? 1n : 0n);
    case T.string:
      return made(wholeOf(stringOf(v), to));
    case T.date:
      if (to === T.long) return long(int64At(v.bytes, v.start));
      throw unsupported(v, to);
    default:
      throw unsupported(v, to);
  }
}

const DOUBLE = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)$/i;

function toDoubleValue(v: RawValue): RawValue {
  if (numeric(v)) {
    const d = asDouble(v);
    if (v.type === T.decimal && !Number.isFinite(d) && !readDecimal(v.bytes, v.start).special) throw failed("Conversion would overflow target type double");
    return v.type === T.double ? v : double(d);
  }
  if (v.type === T.bool) return double(truthy(v) ? 1 : 0);
  if (v.type === T.date) return double(Number(int64At(v.bytes, v.start)));
  if (v.type !== T.string) throw unsupported(v, T.double);
  const s = stringOf(v);
  if (/^[+-]?0x/i.test(s)) throw failed(`Illegal hexadecimal input '${s}'`);
  if (!DOUBLE.test(s)) throw failed(`Failed to parse number '${s}'`);
  const parsed = toDouble(parseDecimalText(s)!);
  const n = /\d/.test(s) ? Number(s) : parsed;
  if (/\d/.test(s) && !Number.isFinite(n)) throw failed(`Failed to parse number '${s}': out of range`);
  return double(n);
}

function toDecimalValue(v: RawValue): RawValue {
  if (v.type === T.decimal) return v;
  if (numeric(v)) return decimalValue(asDecimal(v));
  if (v.type === T.bool) return decimalValue(decimalOfInteger(truthy(v) ? 1n : 0n));
  if (v.type === T.date) return decimalValue(decimalOfInteger(int64At(v.bytes, v.start)));
  if (v.type !== T.string) throw unsupported(v, T.decimal);
  const s = stringOf(v);
  if (/^[+-]?0x/i.test(s)) throw failed(`Illegal hexadecimal input '${s}'`);
  const parsed = parseDecimalText(s);
  if (!parsed || (parsed.special === "Infinity" && /\d/.test(s))) throw failed(`Failed to parse number '${s}'`);
  return decimalValue(parsed);
}

function toDateValue(v: RawValue): RawValue {
  if (v.type === T.date) return v;
  if (v.type === T.long || v.type === T.double || v.type === T.decimal) return date(int64At(toWhole(v, T.long).bytes, 0));
  if (v.type === T.string) return date(parseDate(stringOf(v), undefined, UTC));
  const ms = v.type === T.objectId || v.type === T.timestamp ? dateOf(v) : undefined;
  if (ms === undefined) throw unsupported(v, T.date);
  return date(ms);
}

function toText(v: RawValue): RawValue {
  switch (v.type) {
    case T.string:
      return v;
    case T.bool:
      return text(truthy(v) ? "true" : "false");
    case T.int: case T.long:
      return text(asBigInt(v).toString());
    case T.double:
      return text(doubleText(doubleAt(v.bytes, v.start)));
    case T.decimal:
      return text(decimalText(readDecimal(v.bytes, v.start)));
    case T.objectId:
      return text(Buffer.from(v.bytes.buffer, v.bytes.byteOffset + v.start, 12).toString("hex"));
    case T.date:
      return text(isoText(Number(int64At(v.bytes, v.start))));
    default:
      throw unsupported(v, T.string);
  }
}

function toObjectId(v: RawValue): RawValue {
  if (v.type === T.objectId) return v;
  if (v.type !== T.string) throw unsupported(v, T.objectId);
  const s = stringOf(v);
  if (!/^[\da-f]{24}$/i.test(s)) throw failed(`Failed to parse objectId '${s}'`);
  return { type: T.objectId, bytes: new Uint8Array(Buffer.from(s, "hex")), start: 0, end: 12 };
}

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/convert/ */
const TO: Readonly<Record<number, (v: RawValue) => RawValue>> = {
  [T.double]: toDoubleValue, [T.string]: toText, [T.objectId]: toObjectId, [T.bool]: (v) => (numeric(v) || v.type === T.bool ? bool(truthy(v)) : TRUE),
  [T.date]: toDateValue, [T.int]: (v) => toWhole(v, T.int), [T.long]: (v) => toWhole(v, T.long), [T.decimal]: toDecimalValue,
};
const CODE_OF = new Map(Object.entries(TYPE_NAMES).map(([code, name]) => [name, Number(code)]));

function targetOf(v: RawValue): number {
  if (v.type === T.string) {
    const code = CODE_OF.get(stringOf(v));
    if (code === undefined) throw coded(2, `Unknown type name: ${stringOf(v)}`);
    return code;
  }
  if (!numeric(v)) throw coded(9, `$convert's 'to' argument must be a string or number, but is ${typeName(v)}`);
  const n = asDouble(v);
  const code = n === -1 ? T.minKey : n;
  if (!Number.isInteger(n) || !(code in TYPE_NAMES)) throw coded(9, `In $convert, numeric value for 'to' does not correspond to a BSON type: ${n}`);
  return code;
}

function converted(v: RawValue, to: number): RawValue {
  const convert = TO[to];
  if (!convert) throw unsupported(v, to);
  return convert(v);
}

const convert: Operator = (value, names, name) => {
  const args = namedArguments(name, value, ["input", "to", "onError", "onNull"], ["input", "to"], [9, 9, 9]);
  const input = compileExpression(args.get("input")!, names);
  const to = compileExpression(args.get("to")!, names);
  const [onError, onNull] = ["onError", "onNull"].map((part) => (args.has(part) ? compileExpression(args.get(part)!, names) : undefined));
  return derived(names, [input, to, onError, onNull].filter((e) => e !== undefined), (f) => {
    const v = input.run(f);
    const target = to.run(f);
    if (nullish(v)) return onNull ? onNull.run(f) : NULL;
    if (nullish(target)) return NULL;
    const code = targetOf(target);
    try {
      return converted(v, code);
    } catch (error) {
      if (onError && error instanceof StoreError && error.code === 241) return onError.run(f);
      throw error;
    }
  });
};

const shorthand = (to: number): Operator => (value, names, name) => {
  const [input] = countedArguments(name, value, names, 1);
  return derived(names, [input!], (f) => {
    const v = input!.run(f);
    return nullish(v) ? NULL : converted(v, to);
  });
};

export const CONVERSIONS: Readonly<Record<string, Operator>> = {
  $convert: convert, $toDouble: shorthand(T.double), $toString: shorthand(T.string), $toObjectId: shorthand(T.objectId), $toBool: shorthand(T.bool),
  $toDate: shorthand(T.date), $toInt: shorthand(T.int), $toLong: shorthand(T.long), $toDecimal: shorthand(T.decimal),
};
