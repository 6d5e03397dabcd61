import { createHash } from "node:crypto";
import { exactNumber, isSafeLong, type Decimal } from "./number-key.ts";
import { doubleAt, Elements, identical, int32At, longAsNumber, T, type RawValue } from "./scan.ts";

/** MongoDB's order of types, as one byte. Numbers share one, strings and symbols too.
 *  Source: mongodb.com/docs/manual/reference/bson-type-comparison-order/ */
const RANK = new Uint8Array(256);
for (const [type, rank] of [
  [T.minKey, 1], [T.missing, 2], [T.undefined, 2], [T.null, 5], [T.double, 10], [T.int, 10], [T.long, 10], [T.decimal, 10], [T.string, 15], [T.symbol, 15],
  [T.object, 20], [T.array, 25], [T.binData, 30], [T.objectId, 35], [T.bool, 40], [T.date, 45], [T.timestamp, 47], [T.regex, 50],
  [T.dbPointer, 55], [T.code, 60], [T.codeWithScope, 65], [T.maxKey, 127],
] as const) RANK[type] = rank;

/** Position of a type in MongoDB's order; types of equal rank compare by value. Also the first byte of an ascending key. */
export const typeRank = (type: number): number => RANK[type]!;

const float = new Float64Array(1);
const floatHalves = new Uint32Array(float.buffer);

/** Puts a number in the place of a text, for a collation. */
export type TextNumber = (bytes: Uint8Array, start: number, end: number) => number;

/** A growing buffer of key bytes. `take()` copies them out and starts anew. */
export class KeyBuffer {
  bytes = new Uint8Array(256);
  at = 0;

  constructor(readonly textNumber?: TextNumber) {}

  private room(n: number): void {
    if (this.at + n <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + n));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }

  byte(n: number): void {
    this.room(1);
    this.bytes[this.at++] = n;
  }

  raw(b: Uint8Array, start: number, end: number): void {
    this.room(end - start);
    if (end - start > 32) {
      this.bytes.set(b.subarray(start, end), this.at);
      this.at += end - start;
    } else for (let i = start; i < end; i++) this.bytes[this.at++] = b[i]!;
  }

  /** Eight bytes that order as the doubles do; NaN first, -0 as 0. */
  double(d: number): void {
    float[0] = d === 0 || d !== d ? 0 : d;
    const high = floatHalves[1]!;
    const negative = high >>> 31 === 1;
    this.uint32(d !== d ? 0 : negative ? ~high : high | 0x80000000);
    this.uint32(d !== d ? 0 : negative ? ~floatHalves[0]! : floatHalves[0]!);
  }

  /** Eight little-endian bytes turned big-endian, with the sign flipped when they are signed. */
  long(b: Uint8Array, o: number, signed: boolean): void {
    this.room(8);
    for (let i = 7; i >= 0; i--) this.bytes[this.at++] = i === 7 && signed ? b[o + i]! ^ 0x80 : b[o + i]!;
  }

  uint32(n: number): void {
    this.room(4);
    this.bytes[this.at++] = n >>> 24;
    this.bytes[this.at++] = n >>> 16;
    this.bytes[this.at++] = n >>> 8;
    this.bytes[this.at++] = n;
  }

  /** Text whose end sorts before any further byte: NUL and 1 become `1 1` and `1 2`, the end is 0. */
  text(b: Uint8Array, start: number, end: number): void {
    this.room((end - start) * 2 + 1);
    const out = this.bytes;
    let at = this.at;
    for (let i = start; i < end; i++) {
      const c = b[i]!;
      if (c < 2) {
        out[at++] = 1;
        out[at++] = c + 1;
      } else out[at++] = c;
    }
    out[at++] = 0;
    this.at = at;
  }

  /** Turns the order of all bytes from `start` on around. */
  invert(start: number): void {
    for (let i = start; i < this.at; i++) this.bytes[i] = ~this.bytes[i]!;
  }

  take(): Uint8Array {
    const out = this.bytes.slice(0, this.at);
    this.at = 0;
    return out;
  }
}

/** Appends the key of a value: comparing keys byte by byte is comparing values in MongoDB's order, equal keys are equal values.
 *  Missing counts as undefined here; indexes and sorts pass null for it. Descending keys are the same bytes inverted. */
export function encodeKey(out: KeyBuffer, type: number, b: Uint8Array, start: number, end: number, dir: 1 | -1 = 1): void {
  const from = out.at;
  out.byte(RANK[type]!);
  encodeBody(out, type, b, start, end);
  if (dir < 0) out.invert(from);
}

function encodeBody(out: KeyBuffer, type: number, b: Uint8Array, start: number, end: number): void {
  switch (type) {
    case T.int: case T.double: case T.long: case T.decimal:
      return encodeNumber(out, type, b, start);
    case T.string: case T.symbol:
      if (out.textNumber) return out.uint32(out.textNumber(b, start + 4, end - 1));
      return out.text(b, start + 4, end - 1);
    case T.code:
      return out.text(b, start + 4, end - 1);
    case T.object: case T.array:
      return encodeElements(out, b, start, type === T.object);
    case T.binData:
      out.uint32(int32At(b, start));
      return out.raw(b, start + 4, end);
    case T.bool: case T.objectId:
      return out.raw(b, start, end);
    case T.date:
      return out.long(b, start, true);
    case T.timestamp:
      return out.long(b, start, false);
    case T.regex: {
      let p = start;
      while (b[p] !== 0) p++;
      out.text(b, start, p);
      return out.text(b, p + 1, end - 1);
    }
    case T.dbPointer:
      out.uint32(int32At(b, start));
      return out.raw(b, start + 4, end);
    case T.codeWithScope: {
      const code = start + 4;
      const scope = code + 4 + int32At(b, code);
      out.text(b, code + 4, scope - 1);
      return encodeElements(out, b, scope, true);
    }
    default:
  }
}

function encodeElements(out: KeyBuffer, b: Uint8Array, start: number, named: boolean): void {
  for (const it = new Elements(b, start); it.next();) {
    out.byte(RANK[it.type]!);
    if (named) out.text(b, it.nameStart, it.nameEnd);
    encodeBody(out, it.type, b, it.start, it.end);
  }
  out.byte(0);
}

function encodeNumber(out: KeyBuffer, type: number, b: Uint8Array, start: number): void {
  if (type === T.int) {
    out.double(int32At(b, start));
    return out.byte(0);
  }
  const { floor, rest } = exactNumber(type, b, start);
  out.double(floor);
  if (!rest) return out.byte(0);
  out.byte(1);
  encodeRest(out, rest);
}

function encodeRest(out: KeyBuffer, { negative, digits, exponent }: Decimal): void {
  const from = out.at;
  const biased = exponent + 0x8000;
  out.byte(biased >> 8);
  out.byte(biased);
  for (let i = 0; i < digits.length; i += 2) out.byte(Number(digits.slice(i, i + 2).padEnd(2, "0")) + 1);
  out.byte(0);
  if (negative) out.invert(from);
}

/** Longest index key that is kept whole, in bytes: fits LMDB's 4,026 with ids around it. */
export const MAX_KEY_BYTES = 3900;
const KEPT = MAX_KEY_BYTES - 32;

/** A key fit for an index: longer ones become their first 3,868 bytes and a SHA-256 of the whole, 3,900 bytes in all. */
export function shortenKey(key: Uint8Array): Uint8Array {
  if (key.length < MAX_KEY_BYTES) return key;
  const out = new Uint8Array(MAX_KEY_BYTES);
  out.set(key.subarray(0, KEPT));
  out.set(createHash("sha256").update(key).digest(), KEPT);
  return out;
}

/** Whether an index key (without record id) was shortened: equality must be rechecked, order among equal prefixes is not that of the values. */
export const isInexactKey = (key: Uint8Array): boolean => key.length === MAX_KEY_BYTES;

/** Where a range over an index must start (or, `after`, end) so as to take in every shortened key that may belong to it.
 *  Bounds of up to 3,868 bytes pass unchanged. */
export function boundKey(key: Uint8Array, after: boolean): Uint8Array {
  if (key.length <= KEPT) return key;
  const out = new Uint8Array(after ? KEPT + 34 : KEPT);
  out.fill(255);
  out.set(key.subarray(0, KEPT));
  return out;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const d = a[i]! - b[i]!;
    if (d !== 0) return d;
  }
  return a.length - b.length;
}

const shared = new KeyBuffer();

/** The ascending key of one value, whole. Two values are equal when their keys are. */
export function valueKey(value: RawValue, dir: 1 | -1 = 1): Uint8Array {
  shared.at = 0;
  encodeKey(shared, value.type, value.bytes, value.start, value.end, dir);
  return shared.take();
}

/** The same key as a string, for Map and Set (one character a byte). */
export function valueKeyText(value: RawValue): string {
  shared.at = 0;
  encodeKey(shared, value.type, value.bytes, value.start, value.end);
  return Buffer.from(shared.bytes.buffer, 0, shared.at).toString("latin1");
}

/** A finite number small enough that a double holds it exactly, or NaN when the slow way must decide. */
function plainNumber(v: RawValue): number {
  if (v.type === T.int) return int32At(v.bytes, v.start);
  if (v.type === T.double) return doubleAt(v.bytes, v.start);
  if (v.type !== T.long) return NaN;
  const near = longAsNumber(v.bytes, v.start);
  return isSafeLong(near) ? near : NaN;
}

/** Order of two values as MongoDB sorts them: negative, zero or positive. */
export function compareValues(a: RawValue, b: RawValue): number {
  const rank = RANK[a.type]! - RANK[b.type]!;
  if (rank !== 0) return rank;
  if (RANK[a.type] === 10) {
    const x = plainNumber(a);
    const y = plainNumber(b);
    if (x === x && y === y) return x < y ? -1 : x > y ? 1 : 0;
  } else if (a.type === b.type) {
    if (a.type === T.string) return compareSpans(a.bytes, a.start + 4, a.end - 1, b.bytes, b.start + 4, b.end - 1);
    if (a.type === T.objectId || a.type === T.bool) return compareSpans(a.bytes, a.start, a.end, b.bytes, b.start, b.end);
    if (identical(a, b)) return 0;
  }
  return compareBytes(valueKey(a), valueKey(b));
}

function compareSpans(x: Uint8Array, xs: number, xe: number, y: Uint8Array, ys: number, ye: number): number {
  let i = xs;
  let j = ys;
  while (i < xe && j < ye) {
    const d = x[i++]! - y[j++]!;
    if (d !== 0) return d;
  }
  return xe - i - (ye - j);
}

export const equalValues = (a: RawValue, b: RawValue): boolean => compareValues(a, b) === 0;
