/** Values made from JS, one allocation each: the results of expressions. */
import { DocWriter, T, type RawDoc, type RawValue } from "../../values/raw.ts";

const scratch = new ArrayBuffer(8);
const scratchBytes = new Uint8Array(scratch);
const scratchDouble = new Float64Array(scratch);
const scratchLong = new BigInt64Array(scratch);
const NO_BYTES = new Uint8Array(0);

const scalar = (type: number, bytes: Uint8Array): RawValue => ({ type, bytes, start: 0, end: bytes.length });
const eight = (): Uint8Array => new Uint8Array(scratchBytes);

const freshInt = (n: number): RawValue => scalar(T.int, new Uint8Array([n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >> 24) & 255]));

const SMALL = Array.from({ length: 1_025 }, (_, i) => freshInt(i - 1));

export const NULL: RawValue = scalar(T.null, NO_BYTES);
export const TRUE: RawValue = scalar(T.bool, new Uint8Array([1]));
export const FALSE: RawValue = scalar(T.bool, new Uint8Array([0]));

export const int = (n: number): RawValue => SMALL[n + 1] ?? freshInt(n);
export const bool = (b: boolean): RawValue => (b ? TRUE : FALSE);

export function double(n: number): RawValue {
  scratchDouble[0] = n;
  return scalar(T.double, eight());
}

export function long(n: bigint): RawValue {
  scratchLong[0] = n;
  return scalar(T.long, eight());
}

/** Milliseconds since 1970. */
export function date(ms: number | bigint): RawValue {
  scratchLong[0] = typeof ms === "bigint" ? ms : BigInt(ms);
  return scalar(T.date, eight());
}

/** An int when it fits, else a long. `n` is whole and at most 2^53. */
export const whole = (n: number): RawValue => (n >= -2147483648 && n <= 2147483647 ? int(n) : long(BigInt(n)));

export function text(s: string): RawValue {
  const size = Buffer.byteLength(s);
  const bytes = Buffer.allocUnsafe(size + 5);
  bytes.writeInt32LE(size + 1, 0);
  bytes.write(s, 4, "utf8");
  bytes[size + 4] = 0;
  return scalar(T.string, bytes);
}

/** A string value of UTF-8 bytes. */
export function textOfBytes(utf8: Uint8Array): RawValue {
  const bytes = Buffer.allocUnsafe(utf8.length + 5);
  bytes.writeInt32LE(utf8.length + 1, 0);
  bytes.set(utf8, 4);
  bytes[utf8.length + 4] = 0;
  return scalar(T.string, bytes);
}

export const documentValue = (doc: RawDoc): RawValue => scalar(T.object, doc);

const INDEX_NAMES = Array.from({ length: 256 }, (_, i) => String(i));

/** Index as an array's field name. */
export const indexName = (i: number): string => INDEX_NAMES[i] ?? String(i);

/** An array of values; missing ones become null. */
export function array(items: readonly (RawValue | undefined)[]): RawValue {
  const w = new DocWriter(16 + items.length * 16);
  for (let i = 0; i < items.length; i++) w.item(i, items[i] ?? NULL);
  return scalar(T.array, w.done());
}

/** An array that grows item by item, so that finishing it takes no time. */
export class ArrayBuilder {
  private readonly w = new DocWriter(64);
  private n = 0;

  push(item: RawValue): void {
    this.w.item(this.n++, item);
  }

  /** The array so far, valid until the next item comes. */
  value(): RawValue {
    return scalar(T.array, this.w.soFar());
  }
}

/** A document of fields; missing ones are left out, later ones of the same name stand. */
export function object(fields: Iterable<readonly [string, RawValue | undefined]>): RawValue {
  const w = new DocWriter(64);
  for (const [name, value] of fields) if (value) w.value(name, value);
  return scalar(T.object, w.done());
}

/** A value that keeps no larger buffer alive and is not overwritten by the next read. */
export const detached = (v: RawValue): RawValue => (v.start === 0 && v.end === v.bytes.length && v.bytes.byteLength === v.bytes.buffer.byteLength ? v : { type: v.type, bytes: Uint8Array.prototype.slice.call(v.bytes, v.start, v.end), start: 0, end: v.end - v.start });
