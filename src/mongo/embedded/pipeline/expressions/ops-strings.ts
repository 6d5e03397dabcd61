import { decimalText, readDecimal } from "../../values/decimal.ts";
import { locationError } from "../../values/errors.ts";
import { doubleAt, embedded, int64At, stringOf, T, type RawValue } from "../../values/raw.ts";
import { compileArguments, compileExpression, countedArguments, derived, namedArguments } from "./compile.ts";
import { isoText } from "./dates.ts";
import { array, int, NULL, text, textOfBytes } from "./make.ts";
import { asBigInt, asDouble, nullish, numeric, typeName } from "./numbers.ts";
import { boundOf, intOf } from "./ops-arrays.ts";
import type { Operator } from "./operators.ts";

/** A double as text, 16 significant digits, as MongoDB prints it. */
export function doubleText(d: number): string {
  if (Number.isNaN(d)) return "NaN";
  if (!Number.isFinite(d)) return d < 0 ? "-Infinity" : "Infinity";
  if (d === 0) return Object.is(d, -0) ? "-0" : "0";
  const [digits, exponent] = d.toExponential(15).split("e") as [string, string];
  const power = Number(exponent);
  if (power >= -4 && power < 16) {
    const plain = d.toPrecision(16);
    return plain.includes(".") ? plain.replace(/\.?0+$/, "") : plain;
  }
  const size = String(Math.abs(power)).padStart(2, "0");
  return `${digits.replace(/\.?0+$/, "")}e${power < 0 ? "-" : "+"}${size}`;
}

/** A value as text where MongoDB takes any scalar: strings, numbers, dates; nothing becomes "". @throws StoreError 16007. */
function coerced(v: RawValue | undefined): string {
  if (nullish(v)) return "";
  switch (v.type) {
    case T.string: case T.symbol: case T.code:
      return stringOf(v);
    case T.int: case T.long:
      return asBigInt(v).toString();
    case T.double:
      return doubleText(doubleAt(v.bytes, v.start));
    case T.decimal:
      return decimalText(readDecimal(v.bytes, v.start));
    case T.date:
      return isoText(Number(int64At(v.bytes, v.start)));
    default:
      throw locationError(16007, `can't convert from BSON type ${typeName(v)} to String`);
  }
}

const lower = (s: string) => s.replaceAll(/[A-Z]/g, (c) => c.toLowerCase());
const upper = (s: string) => s.replaceAll(/[a-z]/g, (c) => c.toUpperCase());

/** Only ASCII letters change. Source: mongodb.com/docs/manual/reference/operator/aggregation/toLower/ */
const changingCase = (change: (s: string) => string): Operator => (value, names, name) => {
  const [arg] = countedArguments(name, value, names, 1);
  return derived(names, [arg!], (f) => text(change(coerced(arg!.run(f)))));
};

const concat: Operator = (value, names, name) => {
  const args = compileArguments(value, names);
  return derived(names, args, (f) => {
    let out = "";
    for (const arg of args) {
      const v = arg.run(f);
      if (nullish(v)) return NULL;
      if (v.type !== T.string) throw locationError(16702, `${name} only supports strings, not ${typeName(v)}`);
      out += stringOf(v);
    }
    return text(out);
  });
};

const caseCompare: Operator = (value, names, name) => {
  const args = countedArguments(name, value, names, 2);
  return derived(names, args, (f) => {
    const order = Buffer.compare(Buffer.from(upper(coerced(args[0]!.run(f)))), Buffer.from(upper(coerced(args[1]!.run(f)))));
    return int(order);
  });
};

const length = (code: number, measure: (v: RawValue) => number): Operator => (value, names, name) => {
  const [arg] = countedArguments(name, value, names, 1);
  return derived(names, [arg!], (f) => {
    const v = arg!.run(f);
    if (v?.type !== T.string) throw locationError(code, `${name} requires a string argument, found: ${typeName(v)}`);
    return int(measure(v));
  });
};

/** UTF-8 bytes of a string value. */
const bytesOf = (v: RawValue): Uint8Array => embedded({ ...v, start: v.start + 4, end: v.end - 1 });

const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;

const substrBytes: Operator = (value, names, name) => {
  const args = countedArguments(name, value, names, 3);
  return derived(names, args, (f) => {
    const bytes = Buffer.from(coerced(args[0]!.run(f)));
    const [from, count] = [args[1]!.run(f), args[2]!.run(f)];
    if (!from || !numeric(from)) throw locationError(16034, `${name}: starting index must be a numeric type (is BSON type ${typeName(from)})`);
    if (!count || !numeric(count)) throw locationError(16035, `${name}: length must be a numeric type (is BSON type ${typeName(count)})`);
    const start = Math.trunc(asDouble(from));
    if (start < 0) throw locationError(50752, `${name}: starting index must be non-negative (got: ${start})`);
    const size = Math.trunc(asDouble(count));
    const end = size < 0 ? bytes.length : Math.min(bytes.length, start + size);
    if (isContinuation(bytes[start])) throw locationError(28656, `${name}: Invalid range, starting index is a UTF-8 continuation byte.`);
    if (isContinuation(bytes[end])) throw locationError(28657, `${name}: Invalid range, ending index is in the middle of a UTF-8 character.`);
    return start >= bytes.length ? text("") : textOfBytes(bytes.subarray(start, end));
  });
};

const substrCP: Operator = (value, names, name) => {
  const args = countedArguments(name, value, names, 3);
  const part = (v: RawValue | undefined, what: string, code: number) =>
    intOf(v, () => locationError(code, `${name}: ${what} must be a numeric type (is BSON type ${typeName(v)})`), () => locationError(code + 1, `${name}: ${what} cannot be represented as a 32-bit integral value`));
  return derived(names, args, (f) => {
    const points = [...coerced(args[0]!.run(f))];
    const start = part(args[1]!.run(f), "starting index", 34450);
    const count = part(args[2]!.run(f), "length", 34452);
    if (count < 0) throw locationError(34454, `${name}: length must be a nonnegative integer.`);
    if (start < 0) throw locationError(34455, `${name}: the starting index must be nonnegative integer.`);
    return text(points.slice(start, start + count).join(""));
  });
};

/** `$indexOfBytes` and `$indexOfCP` over units of either kind. */
const indexOf = (bytewise: boolean): Operator => (value, names, name) => {
  const args = countedArguments(name, value, names, 2, 4);
  const code = bytewise ? 40091 : 40093;
  return derived(names, args, (f) => {
    const where = args[0]!.run(f);
    if (nullish(where)) return NULL;
    if (where.type !== T.string) throw locationError(code, `${name} requires a string as the first argument, found: ${typeName(where)}`);
    const what = args[1]!.run(f);
    if (what?.type !== T.string) throw locationError(code + 1, `${name} requires a string as the second argument, found: ${typeName(what)}`);
    const from = args[2] ? boundOf(args[2].run(f), name, "starting") : 0;
    const to = args[3] ? boundOf(args[3].run(f), name, "ending") : Infinity;
    const units = bytewise ? Buffer.from(bytesOf(where)).toString("latin1") : [...stringOf(where)];
    const sought = bytewise ? Buffer.from(bytesOf(what)).toString("latin1") : [...stringOf(what)];
    const end = Math.min(to, units.length) - sought.length;
    for (let i = from; i <= end; i++) {
      let n = 0;
      while (n < sought.length && units[i + n] === sought[n]) n++;
      if (n === sought.length) return int(i);
    }
    return int(-1);
  });
};

const split: Operator = (value, names, name) => {
  const args = countedArguments(name, value, names, 2);
  return derived(names, args, (f) => {
    const [whole, by] = [args[0]!.run(f), args[1]!.run(f)];
    if (nullish(whole) || nullish(by)) return NULL;
    if (whole.type !== T.string) throw locationError(40085, `${name} requires an expression that evaluates to a string as a first argument, found: ${typeName(whole)}`);
    if (by.type !== T.string) throw locationError(40086, `${name} requires an expression that evaluates to a string as a second argument, found: ${typeName(by)}`);
    const separator = stringOf(by);
    if (separator === "") throw locationError(40087, `${name} requires a non-empty separator`);
    return array(stringOf(whole).split(separator).map(text));
  });
};

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/trim/ */
const WHITESPACE = new Set("\0 \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a");

const trim = (left: boolean, right: boolean): Operator => (value, names, name) => {
  const args = namedArguments(name, value, ["input", "chars"], ["input"], [50696, 50694, 50695]);
  const input = compileExpression(args.get("input")!, names);
  const chars = args.has("chars") ? compileExpression(args.get("chars")!, names) : undefined;
  return derived(names, [input, ...(chars ? [chars] : [])], (f) => {
    const v = input.run(f);
    if (nullish(v)) return NULL;
    if (v.type !== T.string) throw locationError(50699, `${name} requires its input to be a string, got ${typeName(v)} instead.`);
    let set: ReadonlySet<string> = WHITESPACE;
    if (chars) {
      const given = chars.run(f);
      if (nullish(given)) return NULL;
      if (given.type !== T.string) throw locationError(50700, `${name} requires 'chars' to be a string, got ${typeName(given)} instead.`);
      set = new Set(stringOf(given));
    }
    const points = [...stringOf(v)];
    let from = 0;
    let to = points.length;
    if (left) while (from < to && set.has(points[from]!)) from++;
    if (right) while (to > from && set.has(points[to - 1]!)) to--;
    return text(points.slice(from, to).join(""));
  });
};

const replace = (all: boolean): Operator => (value, names, name) => {
  const args = namedArguments(name, value, ["input", "find", "replacement"], ["input", "find", "replacement"], [51751, 51750, { input: 51749, find: 51748, replacement: 51747 }]);
  const parts = (["input", "find", "replacement"] as const).map((part, i) => ({ part, code: 51746 - i, expr: compileExpression(args.get(part)!, names) }));
  return derived(names, parts.map((p) => p.expr), (f) => {
    const values = parts.map(({ part, code, expr }) => {
      const v = expr.run(f);
      if (!nullish(v) && v.type !== T.string) throw locationError(code, `${name} requires that '${part}' be a string, found: ${typeName(v)}`);
      return nullish(v) ? undefined : stringOf(v);
    });
    const [input, find, by] = values;
    if (input === undefined || find === undefined || by === undefined) return NULL;
    if (!all) {
      const at = input.indexOf(find);
      return text(at < 0 ? input : input.slice(0, at) + by + input.slice(at + find.length));
    }
    return text(find === "" ? by + [...input].map((c) => c + by).join("") : input.split(find).join(by));
  });
};

export const STRINGS: Readonly<Record<string, Operator>> = {
  $concat: concat, $toLower: changingCase(lower), $toUpper: changingCase(upper), $strcasecmp: caseCompare,
  $strLenBytes: length(34473, (v) => v.end - v.start - 5), $strLenCP: length(34471, (v) => [...stringOf(v)].length),
  $substr: substrBytes, $substrBytes: substrBytes, $substrCP: substrCP, $indexOfBytes: indexOf(true), $indexOfCP: indexOf(false),
  $split: split, $trim: trim(true, true), $ltrim: trim(true, false), $rtrim: trim(false, true), $replaceOne: replace(false), $replaceAll: replace(true),
};
