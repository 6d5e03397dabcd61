import { int32At, int64At, T, type RawValue } from "./scan.ts";

/** A Decimal128 taken apart: `(negative ? -1 : 1) × coefficient × 10^exponent`, or one of the two special values.
 *  Format: IEEE 754 decimal128 with a binary integer significand, as bsonspec.org has it. */
export interface Decimal {
  readonly special?: "NaN" | "Infinity";
  readonly negative: boolean;
  readonly coefficient: bigint;
  readonly exponent: number;
}

const DIGITS = 34;
const MAX_EXPONENT = 6111;
const MIN_EXPONENT = -6176;
const LARGEST = 10n ** 34n - 1n;

export const DECIMAL_NAN: Decimal = { special: "NaN", negative: false, coefficient: 0n, exponent: 0 };
const infinity = (negative: boolean): Decimal => ({ special: "Infinity", negative, coefficient: 0n, exponent: 0 });

export const isZero = (d: Decimal): boolean => d.special === undefined && d.coefficient === 0n;
const signed = (d: Decimal): bigint => (d.negative ? -d.coefficient : d.coefficient);
const digitsOf = (n: bigint): number => n.toString().length;
const pow10 = (n: number): bigint => 10n ** BigInt(n);

/** The Decimal128 at `o`. */
export function readDecimal(b: Uint8Array, o: number): Decimal {
  const top = b[o + 15]!;
  const negative = (top & 0x80) !== 0;
  if ((top & 0x7c) === 0x7c) return DECIMAL_NAN;
  if ((top & 0x78) === 0x78) return infinity(negative);
  const large = (top & 0x60) === 0x60;
  const exponent = large
    ? (((top & 0x1f) << 9) | (b[o + 14]! << 1) | (b[o + 13]! >> 7)) - 6176
    : (((top & 0x7f) << 7) | (b[o + 14]! >> 1)) - 6176;
  if (large) return { negative, coefficient: 0n, exponent };
  const high = (BigInt(int32At(b, o + 12) & 0x1ffff) << 32n) | BigInt(int32At(b, o + 8) >>> 0);
  const coefficient = (high << 64n) | BigInt.asUintN(64, int64At(b, o));
  return { negative, coefficient: coefficient > LARGEST ? 0n : coefficient, exponent };
}

/** The BSON value of a decimal that has at most 34 digits. */
export function decimalValue(d: Decimal): RawValue {
  const bytes = new Uint8Array(16);
  if (d.special) bytes[15] = d.special === "NaN" ? 0x7c : d.negative ? 0xf8 : 0x78;
  else {
    const whole = (BigInt(d.exponent + 6176) << 113n) | d.coefficient;
    for (let i = 0, rest = whole; i < 16; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
    if (d.negative) bytes[15]! |= 0x80;
  }
  return { type: T.decimal, bytes, start: 0, end: 16 };
}

/** Brings any coefficient and exponent into the format's range: half to even at 34 digits, infinity above, zero below. */
export function normalized(negative: boolean, coefficient: bigint, exponent: number): Decimal {
  let n = coefficient;
  let e = exponent;
  const over = Math.max(digitsOf(n) - DIGITS, MIN_EXPONENT - e);
  if (over > 0) [n, e] = [roundedShift(n, over), e + over];
  if (n > LARGEST) [n, e] = [n / 10n, e + 1];
  if (n === 0n) return { negative, coefficient: 0n, exponent: Math.min(Math.max(e, MIN_EXPONENT), MAX_EXPONENT) };
  if (e > MAX_EXPONENT) {
    const pad = e - MAX_EXPONENT;
    if (digitsOf(n) + pad > DIGITS) return infinity(negative);
    [n, e] = [n * pow10(pad), MAX_EXPONENT];
  }
  return { negative, coefficient: n, exponent: e };
}

/** `n / 10^places`, half to even. */
function roundedShift(n: bigint, places: number): bigint {
  if (places > digitsOf(n) + 1) return 0n;
  const unit = pow10(places);
  const quotient = n / unit;
  const twice = (n % unit) * 2n;
  return twice > unit || (twice === unit && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

const fromSigned = (n: bigint, exponent: number, negativeZero = false): Decimal => normalized(n < 0n || (n === 0n && negativeZero), n < 0n ? -n : n, exponent);

export const decimalOfInteger = (n: bigint): Decimal => fromSigned(n, 0);

/** A double in decimal: 15 significant digits, as MongoDB converts, or 34 (`exact`), as its sums do. */
export function decimalOfDouble(d: number, exact = false): Decimal {
  if (Number.isNaN(d)) return DECIMAL_NAN;
  if (!Number.isFinite(d)) return infinity(d < 0);
  const negative = d < 0 || Object.is(d, -0);
  if (d === 0) return { negative, coefficient: 0n, exponent: 0 };
  if (exact) return exactDouble(Math.abs(d), negative);
  const [digits, exponent] = Math.abs(d).toExponential(14).split("e") as [string, string];
  return { negative, coefficient: BigInt(digits.replace(".", "")), exponent: Number(exponent) - 14 };
}

function exactDouble(d: number, negative: boolean): Decimal {
  let shift = 0;
  let mantissa = d;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    shift++;
  }
  return normalized(negative, BigInt(mantissa) * 5n ** BigInt(shift), -shift);
}

const NUMBER = /^([+-]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:[eE]([+-]?\d+))?$/;

/** Reads decimal text; undefined when it is none. */
export function parseDecimalText(text: string): Decimal | undefined {
  const special = /^([+-]?)(?:(inf(?:inity)?)|(nan))$/i.exec(text);
  if (special) return special[3] ? DECIMAL_NAN : infinity(special[1] === "-");
  const match = NUMBER.exec(text);
  if (!match) return undefined;
  const fraction = match[3] || match[4] || "";
  return normalized(match[1] === "-", BigInt((match[2] ?? "") + fraction), Number(match[5] ?? 0) - fraction.length);
}

/** As MongoDB prints it: plain, or scientific when the exponent is positive or very negative. */
export function decimalText(d: Decimal): string {
  const sign = d.negative ? "-" : "";
  if (d.special) return d.special === "NaN" ? "NaN" : `${sign}Infinity`;
  const digits = d.coefficient.toString();
  const adjusted = d.exponent + digits.length - 1;
  if (d.exponent > 0 || adjusted < -6) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${sign}${digits[0]}${fraction}E${adjusted < 0 ? "" : "+"}${adjusted}`;
  }
  if (d.exponent === 0) return sign + digits;
  const padded = digits.padStart(1 - d.exponent, "0");
  return `${sign}${padded.slice(0, d.exponent)}.${padded.slice(d.exponent)}`;
}

export const toDouble = (d: Decimal): number => (d.special ? (d.special === "NaN" ? NaN : d.negative ? -Infinity : Infinity) : Number(`${d.negative ? "-" : ""}${d.coefficient}e${d.exponent}`));

export const negate = (d: Decimal): Decimal => ({ ...d, negative: !d.negative });
export const absolute = (d: Decimal): Decimal => ({ ...d, negative: false });

/** Both coefficients at the smaller exponent, digits far below the other's last one reduced to a trace. */
function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const [wide, narrow] = a.exponent >= b.exponent ? [a, b] : [b, a];
  const gap = wide.exponent - narrow.exponent;
  let [x, y, exponent] = [signed(wide), signed(narrow), narrow.exponent];
  if (gap > 80 && x !== 0n) [x, y, exponent] = [x * pow10(40), y === 0n ? 0n : y > 0n ? 1n : -1n, wide.exponent - 40];
  else x *= x === 0n ? 1n : pow10(gap);
  return wide === a ? [x, y, exponent] : [y, x, exponent];
}

export function add(a: Decimal, b: Decimal): Decimal {
  if (a.special || b.special) {
    if (a.special === "NaN" || b.special === "NaN" || (a.special && b.special && a.negative !== b.negative)) return DECIMAL_NAN;
    return a.special ? a : b;
  }
  const [x, y, exponent] = aligned(a, b);
  return fromSigned(x + y, exponent, a.negative && b.negative);
}

export const subtract = (a: Decimal, b: Decimal): Decimal => add(a, negate(b));

export function multiply(a: Decimal, b: Decimal): Decimal {
  const negative = a.negative !== b.negative;
  if (a.special || b.special) return a.special === "NaN" || b.special === "NaN" || isZero(a) || isZero(b) ? DECIMAL_NAN : infinity(negative);
  return normalized(negative, a.coefficient * b.coefficient, a.exponent + b.exponent);
}

/** `a / b`; dividing by zero is the caller's to refuse. */
export function divide(a: Decimal, b: Decimal): Decimal {
  const negative = a.negative !== b.negative;
  if (a.special === "NaN" || b.special === "NaN" || (a.special && b.special)) return DECIMAL_NAN;
  if (a.special) return infinity(negative);
  if (b.special) return { negative, coefficient: 0n, exponent: MIN_EXPONENT };
  if (b.coefficient === 0n) return isZero(a) ? DECIMAL_NAN : infinity(negative);
  const ideal = a.exponent - b.exponent;
  if (a.coefficient === 0n) return normalized(negative, 0n, ideal);
  const shift = Math.max(0, DIGITS + 2 + digitsOf(b.coefficient) - digitsOf(a.coefficient));
  const dividend = a.coefficient * pow10(shift);
  const quotient = dividend / b.coefficient;
  if (dividend % b.coefficient !== 0n) return normalized(negative, quotient * 10n + 1n, ideal - shift - 1);
  return withoutZeros(negative, quotient, ideal - shift, ideal);
}

/** Strips trailing zeros until the exponent is `ideal`. */
function withoutZeros(negative: boolean, coefficient: bigint, exponent: number, ideal: number): Decimal {
  let [n, e] = [coefficient, exponent];
  while (e < ideal && n % 10n === 0n) [n, e] = [n / 10n, e + 1];
  return normalized(negative, n, e);
}

/** Remainder with the sign of the dividend. */
export function remainder(a: Decimal, b: Decimal): Decimal {
  if (a.special || b.special === "NaN" || isZero(b)) return DECIMAL_NAN;
  if (b.special) return a;
  const exponent = Math.min(a.exponent, b.exponent);
  const n = (a.coefficient * pow10(a.exponent - exponent)) % (b.coefficient * pow10(b.exponent - exponent));
  return normalized(a.negative, n, exponent);
}

export type Rounding = "half-even" | "down" | "floor" | "ceil";

/** Rounds to `places` digits after the point (before it when negative). A number with fewer is given back with its exponent. */
export function roundTo(d: Decimal, places: number, mode: Rounding): Decimal {
  if (d.special || d.exponent >= -places) return d;
  const drop = -places - d.exponent;
  if (drop > digitsOf(d.coefficient) + 1 && mode !== "floor" && mode !== "ceil") return { negative: d.negative, coefficient: 0n, exponent: -places };
  const unit = pow10(drop);
  let n = d.coefficient / unit;
  if (mode === "half-even") n = roundedShift(d.coefficient, drop);
  else if (mode === (d.negative ? "floor" : "ceil") && d.coefficient % unit !== 0n) n += 1n;
  return normalized(d.negative, n, -places);
}

/** The whole part; undefined for NaN and infinities. */
export function truncate(d: Decimal): bigint | undefined {
  if (d.special) return undefined;
  if (d.exponent > 40 && d.coefficient !== 0n) return signed(d) * pow10(40);
  const n = d.exponent >= 0 ? d.coefficient * pow10(Math.min(d.exponent, 40)) : -d.exponent > DIGITS + 1 ? 0n : d.coefficient / pow10(-d.exponent);
  return d.negative ? -n : n;
}

/** Square root of a number that is not negative. */
export function squareRoot(d: Decimal): Decimal {
  if (d.special || isZero(d)) return isZero(d) ? { ...d, exponent: Math.floor(d.exponent / 2) } : d;
  const ideal = Math.floor(d.exponent / 2);
  let shift = Math.max(0, 2 * (DIGITS + 2) - digitsOf(d.coefficient));
  if ((d.exponent - shift) % 2 !== 0) shift++;
  const n = d.coefficient * pow10(shift);
  const root = integerRoot(n);
  const exponent = (d.exponent - shift) / 2;
  return root * root === n ? withoutZeros(false, root, exponent, ideal) : normalized(false, root * 10n + 1n, exponent - 1);
}

function integerRoot(n: bigint): bigint {
  let x = pow10(Math.ceil(digitsOf(n) / 2));
  for (;;) {
    const next = (x + n / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}
