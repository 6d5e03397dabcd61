import { doubleAt, int32At, int64At, longAsNumber, T } from "./scan.ts";

/** Any BSON number, exactly: the largest double not above it, and the rest of the way.
 *  `rest` is undefined when the double is the number; else its exact decimal value. */
export interface ExactNumber {
  readonly floor: number;
  readonly rest?: Decimal;
}

/** `±0.d1d2d3… × 10^exponent`, without leading or trailing zeros. */
export interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

const SAFE = 9007199254740992;
const float = new Float64Array(1);
const bits = new BigUint64Array(float.buffer);
const halves = new Uint32Array(float.buffer);

/** The next double below `d` (finite or +Infinity). */
export function doubleBelow(d: number): number {
  if (d === 0) return -Number.MIN_VALUE;
  float[0] = d;
  bits[0] = d > 0 ? bits[0]! - 1n : bits[0]! + 1n;
  return float[0]!;
}

/** Exact form of the number of `type` that starts at `o`. Never called for other types. */
export function exactNumber(type: number, b: Uint8Array, o: number): ExactNumber {
  if (type === T.int) return { floor: int32At(b, o) };
  if (type === T.double) return { floor: doubleAt(b, o) };
  if (type === T.long) {
    const near = longAsNumber(b, o);
    return isSafeLong(near) ? { floor: near } : exactLong(int64At(b, o));
  }
  return exactDecimal(b, o);
}

/** True when a Long can be taken as a double without loss. */
export const isSafeLong = (near: number): boolean => near > -SAFE && near < SAFE;

function exactLong(n: bigint): ExactNumber {
  const near = Number(n);
  const back = BigInt(near);
  if (back === n) return { floor: near };
  return { floor: back > n ? doubleBelow(near) : near, rest: decimalOf(n < 0n, (n < 0n ? -n : n).toString(), 0) };
}

function decimalOf(negative: boolean, coefficient: string, exponent: number): Decimal {
  return { negative, digits: coefficient.replace(/0+$/, ""), exponent: coefficient.length + exponent };
}

function exactDecimal(b: Uint8Array, o: number): ExactNumber {
  const parsed = parseDecimal(b, o);
  if (typeof parsed === "number") return { floor: parsed };
  const { negative, coefficient, exponent } = parsed;
  const size = Number(coefficient);
  if (exponent >= 0 && exponent <= 15 && size * 10 ** exponent < SAFE) return { floor: (negative ? -size : size) * 10 ** exponent };
  const near = Number(`${negative ? "-" : ""}${coefficient}e${exponent}`);
  const order = compareWithDouble(negative ? -coefficient : coefficient, exponent, near);
  if (order === 0) return { floor: near };
  return { floor: order < 0 ? doubleBelow(near) : near, rest: decimalOf(negative, coefficient.toString(), exponent) };
}

/** Sign of `coefficient × 10^exponent − near`, without rounding. */
function compareWithDouble(coefficient: bigint, exponent: number, near: number): number {
  if (near === Infinity) return -1;
  if (near === -Infinity) return 1;
  if (near === 0) return coefficient > 0n ? 1 : -1;
  float[0] = near;
  const high = halves[1]!;
  const raw = (high >>> 20) & 0x7ff;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(halves[0]!);
  let mantissa = raw === 0 ? fraction : fraction | (1n << 52n);
  if (near < 0) mantissa = -mantissa;
  const power = (raw === 0 ? 1 : raw) - 1075;
  const left = coefficient * (exponent > 0 ? 10n ** BigInt(exponent) : 1n) * (power < 0 ? 1n << BigInt(-power) : 1n);
  const right = mantissa * (power > 0 ? 1n << BigInt(power) : 1n) * (exponent < 0 ? 10n ** BigInt(-exponent) : 1n);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Decimal128 taken apart; NaN, infinities and zero come back as doubles.
 *  Format: IEEE 754 decimal128, binary integer significand, as in bsonspec.org. */
export function parseDecimal(b: Uint8Array, o: number): number | { negative: boolean; coefficient: bigint; exponent: number } {
  const top = b[o + 15]!;
  const negative = (top & 0x80) !== 0;
  if ((top & 0x7c) === 0x7c) return NaN;
  if ((top & 0x78) === 0x78) return negative ? -Infinity : Infinity;
  if ((top & 0x60) === 0x60) return 0;
  const exponent = (((top & 0x7f) << 7) | (b[o + 14]! >> 1)) - 6176;
  const high = (BigInt(int32At(b, o + 12) & 0x1ffff) << 32n) | BigInt(int32At(b, o + 8) >>> 0);
  const coefficient = (high << 64n) | BigInt.asUintN(64, int64At(b, o));
  if (coefficient === 0n || coefficient > 9999999999999999999999999999999999n) return 0;
  return { negative, coefficient, exponent };
}
