import { Decimal128 } from "bson";
import { parseDecimal } from "./number-key.ts";
import { doubleAt, int32At, int64At, longAsNumber, T, type RawValue } from "./scan.ts";
import { doubleValue, intValue, longValue, makeValue } from "./write.ts";

type Operation = "add" | "multiply";

const fitsInt = (n: bigint) => BigInt.asIntN(32, n) === n;
const fitsLong = (n: bigint) => BigInt.asIntN(64, n) === n;

/** Sum or product by MongoDB's rules: the wider type of the two wins (int, long, double, decimal), an int that overflows becomes a long.
 *  Undefined when a long overflows. Both must be numbers. Source: mongodb.com/docs/manual/reference/operator/update/inc/ */
export function calculate(operation: Operation, a: RawValue, b: RawValue): RawValue | undefined {
  if (a.type === T.decimal || b.type === T.decimal) return decimalValue(decimals(operation, a, b));
  if (a.type === T.double || b.type === T.double) {
    const [x, y] = [toDouble(a), toDouble(b)];
    return doubleValue(operation === "add" ? x + y : x * y);
  }
  const [x, y] = [toBigInt(a), toBigInt(b)];
  const result = operation === "add" ? x + y : x * y;
  if (a.type === T.int && b.type === T.int && fitsInt(result)) return intValue(Number(result));
  return fitsLong(result) ? longValue(result) : undefined;
}

/** Zero of a number's own type. */
export function zeroLike(value: RawValue): RawValue {
  if (value.type === T.int) return intValue(0);
  if (value.type === T.long) return longValue(0n);
  return value.type === T.double ? doubleValue(0) : decimalValue(Decimal128.fromString("0"));
}

const toDouble = (v: RawValue) => (v.type === T.int ? int32At(v.bytes, v.start) : v.type === T.long ? longAsNumber(v.bytes, v.start) : doubleAt(v.bytes, v.start));
const toBigInt = (v: RawValue) => (v.type === T.int ? BigInt(int32At(v.bytes, v.start)) : int64At(v.bytes, v.start));

/** `and`, `or`, `xor` of two ints or longs; a long when either is one. */
export function bitwise(operation: "and" | "or" | "xor", a: RawValue, b: RawValue): RawValue {
  const [x, y] = [toBigInt(a), toBigInt(b)];
  const result = operation === "and" ? x & y : operation === "or" ? x | y : x ^ y;
  return a.type === T.int && b.type === T.int ? intValue(Number(result)) : longValue(BigInt.asIntN(64, result));
}

interface Scaled {
  readonly coefficient: bigint;
  readonly exponent: number;
}

/** A number as coefficient × 10^exponent, or as a double when it is not finite. A double is taken to 15 digits, as MongoDB does. */
function scaled(v: RawValue): Scaled | number {
  if (v.type === T.decimal) {
    const parsed = parseDecimal(v.bytes, v.start);
    if (typeof parsed === "number") return parsed === 0 ? { coefficient: 0n, exponent: 0 } : parsed;
    return { coefficient: parsed.negative ? -parsed.coefficient : parsed.coefficient, exponent: parsed.exponent };
  }
  if (v.type !== T.double) return { coefficient: toBigInt(v), exponent: 0 };
  const d = doubleAt(v.bytes, v.start);
  if (!Number.isFinite(d)) return d;
  const [digits, exponent] = d.toExponential(14).split("e") as [string, string];
  const [whole, fraction = ""] = digits.split(".") as [string, string?];
  const kept = fraction.replace(/0+$/, "");
  return { coefficient: BigInt(whole + kept), exponent: Number(exponent) - kept.length };
}

function decimals(operation: Operation, a: RawValue, b: RawValue): Decimal128 {
  const [x, y] = [scaled(a), scaled(b)];
  if (typeof x === "number" || typeof y === "number") {
    const [p, q] = [asDouble(x), asDouble(y)];
    return Decimal128.fromString(String(operation === "add" ? p + q : p * q));
  }
  if (operation === "multiply") return rounded(x.coefficient * y.coefficient, x.exponent + y.exponent);
  const [wide, narrow] = x.exponent > y.exponent ? [x, y] : [y, x];
  const gap = wide.exponent - narrow.exponent;
  if (gap > 80) return narrow.coefficient === 0n ? rounded(wide.coefficient, wide.exponent) : wide.coefficient === 0n ? rounded(narrow.coefficient, narrow.exponent) : rounded(wide.coefficient * 10n ** 40n + (narrow.coefficient > 0n ? 1n : -1n), wide.exponent - 40);
  return rounded(wide.coefficient * 10n ** BigInt(gap) + narrow.coefficient, narrow.exponent);
}

/** Whether one number is a whole multiple of another that is not zero; both finite. */
export function decimalRemainderIsZero(value: RawValue, divisor: RawValue): boolean {
  const [x, y] = [scaled(value), scaled(divisor)];
  if (typeof x === "number" || typeof y === "number" || y.coefficient === 0n) return false;
  const low = Math.min(x.exponent, y.exponent);
  return (x.coefficient * 10n ** BigInt(x.exponent - low)) % (y.coefficient * 10n ** BigInt(y.exponent - low)) === 0n;
}

const asDouble = (x: Scaled | number) => (typeof x === "number" ? x : Math.sign(Number(x.coefficient)));

const DIGITS = 34;

/** Rounds half to even at 34 digits. */
function rounded(coefficient: bigint, exponent: number): Decimal128 {
  const negative = coefficient < 0n;
  let n = negative ? -coefficient : coefficient;
  const over = n.toString().length - DIGITS;
  let e = exponent;
  if (over > 0) {
    const unit = 10n ** BigInt(over);
    const twice = (n % unit) * 2n;
    n /= unit;
    e += over;
    if (twice > unit || (twice === unit && n % 2n === 1n)) n += 1n;
  }
  const digits = n.toString();
  if (n !== 0n && e + digits.length - 1 > 6144) return Decimal128.fromString(negative ? "-Infinity" : "Infinity");
  return Decimal128.fromString(`${negative ? "-" : ""}${digits}E${Math.max(e, -6176)}`);
}

function decimalValue(d: Decimal128): RawValue {
  const bytes = new Uint8Array(d.bytes);
  return makeValue((w) => w.value("", { type: T.decimal, bytes, start: 0, end: 16 }));
}
