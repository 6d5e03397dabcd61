import { badValue, failedToParse } from "./errors.ts";
import { exactNumber } from "./number-key.ts";
import { int64At, isNumeric, itemsOf, numberOf, stringOf, T, TYPE_NAMES, type RawValue } from "./scan.ts";

const ALIASES = new Map(Object.entries(TYPE_NAMES).filter(([code]) => code !== "0").map(([code, name]) => [name, Number(code)]));

/** Any number as a double; Decimal128 rounded down. Undefined for other types. */
export const anyNumber = (value: RawValue): number | undefined =>
  value.type === T.decimal ? exactNumber(value.type, value.bytes, value.start).floor : numberOf(value);

/** A whole number of any numeric type; undefined for others, fractions, NaN and infinities. */
export function wholeNumber(value: RawValue): bigint | undefined {
  if (value.type === T.long) return int64At(value.bytes, value.start);
  const n = anyNumber(value);
  return n !== undefined && Number.isInteger(n) ? BigInt(n) : undefined;
}

/** Argument of `$type`: a code, an alias, "number", or an array of those. `json`: the names of JSON Schema's `type` ("boolean"). */
export function parseTypes(value: RawValue, json = false): ReadonlySet<number> {
  const items = value.type === T.array ? itemsOf(value) : [value];
  if (items.length === 0) throw failedToParse("$type must match at least one type");
  const out = new Set<number>();
  for (const item of items) {
    if (item.type === T.string) {
      const alias = stringOf(item);
      const code = json && alias === "boolean" ? T.bool : ALIASES.get(alias);
      if (alias === "number") [T.double, T.int, T.long, T.decimal].forEach((t) => out.add(t));
      else if (code === undefined) throw badValue(`Unknown type name alias: ${alias}`);
      else out.add(code);
      continue;
    }
    const n = anyNumber(item);
    if (n === undefined) throw badValue("type must be represented as a number or a string");
    const code = n === -1 ? T.minKey : n;
    if (n === 255 || code === T.missing || !(code in TYPE_NAMES)) throw badValue(`Invalid numerical type code: ${n}`);
    out.add(code);
  }
  return out;
}

/** Argument of `$mod`; fractions are cut off. */
export function parseMod(value: RawValue): { divisor: bigint; remainder: bigint } {
  if (value.type !== T.array) throw badValue("malformed mod, needs to be an array");
  const [divisor, remainder, ...more] = itemsOf(value);
  if (!divisor || !remainder) throw badValue("malformed mod, not enough elements");
  if (more.length > 0) throw badValue("malformed mod, too many elements");
  if (!isNumeric(divisor.type)) throw badValue("malformed mod, divisor not a number");
  if (!isNumeric(remainder.type)) throw badValue("malformed mod, remainder not a number");
  const d = truncated(divisor);
  const r = truncated(remainder);
  if (d === undefined || r === undefined) throw badValue("malformed mod, divisor and remainder must be finite 64-bit numbers");
  if (d === 0n) throw badValue("divisor cannot be 0");
  return { divisor: d, remainder: r };
}

/** A number cut to 64 bits and no fraction; undefined for NaN, infinities and what does not fit. */
export function truncated(value: RawValue): bigint | undefined {
  if (value.type === T.long) return int64At(value.bytes, value.start);
  if (value.type === T.decimal) {
    const { floor, rest } = exactNumber(value.type, value.bytes, value.start);
    if (!Number.isFinite(floor) || Math.abs(floor) > 2 ** 63) return undefined;
    if (!rest) return fit(BigInt(Math.trunc(floor)));
    const whole = rest.exponent <= 0 ? "0" : rest.digits.padEnd(rest.exponent, "0").slice(0, rest.exponent);
    return fit(rest.negative ? -BigInt(whole) : BigInt(whole));
  }
  const n = numberOf(value);
  return n === undefined || !Number.isFinite(n) ? undefined : fit(BigInt(Math.trunc(n)));
}

const fit = (n: bigint): bigint | undefined => (BigInt.asIntN(64, n) === n ? n : undefined);

/** Argument of `$size`. */
export function parseSize(value: RawValue): number {
  const n = wholeNumber(value);
  if (n === undefined) throw failedToParse(`Failed to parse $size. Expected an integer, but found a ${TYPE_NAMES[value.type]}`);
  if (n < 0n) throw failedToParse("Failed to parse $size. Expected a non-negative number");
  return Number(n);
}

/** Argument of the `$bits…` operators: a mask, positions, or binary. Positions beyond 63 stay: they read the sign. */
export function parseBits(name: string, value: RawValue): bigint {
  if (value.type === T.array) {
    return itemsOf(value).reduce((mask, item) => {
      const n = wholeNumber(item);
      if (n === undefined || n < 0n || n > 0x7fffffffn) throw badValue(`bit positions of ${name} must be integers from 0 on`);
      return mask | (1n << n);
    }, 0n);
  }
  if (value.type === T.binData) return binaryBits(value);
  const n = wholeNumber(value);
  if (n === undefined) throw badValue(`${name} takes an Array, a number, or a BinData but received: ${TYPE_NAMES[value.type]}`);
  if (n < 0n) throw failedToParse(`Expected a non-negative number in: ${name}`);
  return n;
}

/** Bits of a binary value, the first byte lowest. */
export function binaryBits(value: RawValue): bigint {
  let out = 0n;
  for (let i = value.end - 1; i >= value.start + 5; i--) out = (out << 8n) | BigInt(value.bytes[i]!);
  return out;
}
