/** MongoDB's arithmetic on BSON numbers: the wider type wins (int, long, double, decimal), an int that overflows becomes a long, a long a double. */
import { add, decimalOfDouble, decimalOfInteger, decimalValue, multiply, readDecimal, subtract, toDouble, type Decimal } from "../../values/decimal.ts";
import { doubleAt, int32At, int64At, isNumeric, longAsNumber, T, TYPE_NAMES, type RawValue } from "../../values/raw.ts";
import { double, int, long } from "./make.ts";

export const nullish = (v: RawValue | undefined): v is undefined => v === undefined || v.type === T.null || v.type === T.undefined || v.type === T.missing;
export const typeName = (v: RawValue | undefined): string => TYPE_NAMES[v?.type ?? T.missing]!;
export const numeric = (v: RawValue): boolean => isNumeric(v.type);

/** Any number as a double. */
export function asDouble(v: RawValue): number {
  if (v.type === T.int) return int32At(v.bytes, v.start);
  if (v.type === T.double) return doubleAt(v.bytes, v.start);
  if (v.type === T.long) {
    const near = longAsNumber(v.bytes, v.start);
    return Number.isSafeInteger(near) ? near : Number(int64At(v.bytes, v.start));
  }
  return toDouble(readDecimal(v.bytes, v.start));
}

/** An int or long. */
export const asBigInt = (v: RawValue): bigint => (v.type === T.int ? BigInt(int32At(v.bytes, v.start)) : int64At(v.bytes, v.start));

/** Any number as a decimal; doubles to 15 digits, or all of theirs. */
export function asDecimal(v: RawValue, exact = false): Decimal {
  if (v.type === T.decimal) return readDecimal(v.bytes, v.start);
  return v.type === T.double ? decimalOfDouble(doubleAt(v.bytes, v.start), exact) : decimalOfInteger(asBigInt(v));
}

export const fitsInt = (n: bigint): boolean => BigInt.asIntN(32, n) === n;
export const fitsLong = (n: bigint): boolean => BigInt.asIntN(64, n) === n;

/** A whole result: an int if both operands were ints and it fits, else a long, else a double. */
export function wholeResult(n: bigint, narrow: boolean): RawValue {
  if (narrow && fitsInt(n)) return int(Number(n));
  return fitsLong(n) ? long(n) : double(Number(n));
}

const isInt32 = (n: number) => n === (n | 0) && !Object.is(n, -0);

function pair(a: RawValue, b: RawValue, ints: (x: number, y: number) => number, longs: (x: bigint, y: bigint) => bigint, decimals: (x: Decimal, y: Decimal) => Decimal): RawValue {
  if (a.type === T.decimal || b.type === T.decimal) return decimalValue(decimals(asDecimal(a), asDecimal(b)));
  if (a.type === T.double || b.type === T.double) return double(ints(asDouble(a), asDouble(b)));
  if (a.type === T.int && b.type === T.int) {
    const n = ints(int32At(a.bytes, a.start), int32At(b.bytes, b.start)) + 0;
    if (isInt32(n)) return int(n);
    if (Number.isSafeInteger(n)) return long(BigInt(n));
  }
  return wholeResult(longs(asBigInt(a), asBigInt(b)), a.type === T.int && b.type === T.int);
}

/** Both must be numbers. */
export const sumOf = (a: RawValue, b: RawValue): RawValue => pair(a, b, (x, y) => x + y, (x, y) => x + y, add);
export const differenceOf = (a: RawValue, b: RawValue): RawValue => pair(a, b, (x, y) => x - y, (x, y) => x - y, subtract);
export const productOf = (a: RawValue, b: RawValue): RawValue => pair(a, b, (x, y) => x * y, (x, y) => x * y, multiply);

/** A double rounded to a whole number, halves away from zero. */
export const roundHalfAway = (d: number): number => Math.sign(d) * Math.round(Math.abs(d));

/** A sum that keeps what plain double addition loses: `$sum` and `$avg` agree with MongoDB's on many small parts.
 *  Ints and longs stay exact; decimals are summed apart. */
export class Summation {
  private sum = 0;
  private lost = 0;
  private plain = 0;
  private decimals: Decimal | undefined;
  private type: number = T.int;

  /** Adds a number. */
  add(v: RawValue): void {
    switch (v.type) {
      case T.int:
        return this.addDouble(int32At(v.bytes, v.start));
      case T.double:
        if (this.type !== T.decimal) this.type = T.double;
        return this.addDouble(doubleAt(v.bytes, v.start));
      case T.long: {
        if (this.type === T.int) this.type = T.long;
        const near = longAsNumber(v.bytes, v.start);
        if (Number.isSafeInteger(near)) return this.addDouble(near);
        const n = int64At(v.bytes, v.start);
        const low = BigInt.asUintN(32, n);
        this.addDouble(Number(n - low));
        return this.addDouble(Number(low));
      }
      default:
        this.type = T.decimal;
        this.decimals = this.decimals ? add(this.decimals, readDecimal(v.bytes, v.start)) : readDecimal(v.bytes, v.start);
    }
  }

  private addDouble(x: number): void {
    this.plain += x;
    const sum = this.sum + x;
    const back = sum - x;
    this.lost += (this.sum - back) + (x - (sum - back));
    this.sum = sum;
  }

  private get total(): number {
    const total = this.sum + this.lost;
    return Number.isNaN(total) ? this.plain : total;
  }

  private get exactDecimal(): Decimal {
    const rest = add(decimalOfDouble(Number.isFinite(this.total) ? this.sum : this.total, true), decimalOfDouble(Number.isFinite(this.total) ? this.lost : 0, true));
    return this.decimals ? add(this.decimals, rest) : rest;
  }

  /** The total in the widest type that was added, wider where it does not fit. */
  value(): RawValue {
    if (this.type === T.decimal) return decimalValue(this.sum === 0 && this.lost === 0 ? this.decimals! : this.exactDecimal);
    if (this.type === T.double) return double(this.total);
    return wholeResult(BigInt(this.sum) + BigInt(this.lost), this.type === T.int);
  }

  /** The mean over `n` values, a double or a decimal. */
  mean(n: number, divide: (a: Decimal, b: Decimal) => Decimal): RawValue {
    return this.type === T.decimal ? decimalValue(divide(this.exactDecimal, decimalOfInteger(BigInt(n)))) : double(this.total / n);
  }
}
