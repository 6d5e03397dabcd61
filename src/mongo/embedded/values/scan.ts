/** A whole BSON document, length prefix included. */
export type RawDoc = Uint8Array;

/** One value inside `bytes`: `start` is its first byte, `end` the byte after its last. */
export interface RawValue {
  readonly type: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Element types of BSON. `missing` is ours: it never appears in a document. Source: bsonspec.org/spec.html */
export const T = {
  missing: 0, double: 1, string: 2, object: 3, array: 4, binData: 5, undefined: 6, objectId: 7, bool: 8, date: 9, null: 10,
  regex: 11, dbPointer: 12, code: 13, symbol: 14, codeWithScope: 15, int: 16, timestamp: 17, long: 18, decimal: 19,
  maxKey: 127, minKey: 255,
} as const;

/** The alias of each type as `$type` and error messages spell it. */
export const TYPE_NAMES: Readonly<Record<number, string>> = {
  0: "missing", 1: "double", 2: "string", 3: "object", 4: "array", 5: "binData", 6: "undefined", 7: "objectId", 8: "bool", 9: "date", 10: "null",
  11: "regex", 12: "dbPointer", 13: "javascript", 14: "symbol", 15: "javascriptWithScope", 16: "int", 17: "timestamp", 18: "long", 19: "decimal",
  127: "maxKey", 255: "minKey",
};

/** No bytes at all, for values that have none. */
export const NONE = new Uint8Array(0);

const scratch = new Uint8Array(8);
const scratchDouble = new Float64Array(scratch.buffer);
const scratchLong = new BigInt64Array(scratch.buffer);

function toScratch(b: Uint8Array, o: number): void {
  for (let i = 0; i < 8; i++) scratch[i] = b[o + i]!;
}

export const int32At = (b: Uint8Array, o: number): number => b[o]! | (b[o + 1]! << 8) | (b[o + 2]! << 16) | (b[o + 3]! << 24);

export function doubleAt(b: Uint8Array, o: number): number {
  toScratch(b, o);
  return scratchDouble[0]!;
}

export function int64At(b: Uint8Array, o: number): bigint {
  toScratch(b, o);
  return scratchLong[0]!;
}

/** A 64-bit integer as a double: exact up to 2^53, rounded beyond. */
export const longAsNumber = (b: Uint8Array, o: number): number => int32At(b, o + 4) * 4294967296 + (int32At(b, o) >>> 0);

/** Text of the bytes `start` to `end`, read as UTF-8. */
export function textAt(b: Uint8Array, start: number, end: number): string {
  if (end - start <= 16) {
    let text = "";
    for (let i = start; i < end; i++) {
      const c = b[i]!;
      if (c > 127) return decodeUtf8(b, start, end);
      text += String.fromCharCode(c);
    }
    return text;
  }
  return decodeUtf8(b, start, end);
}

const decodeUtf8 = (b: Uint8Array, start: number, end: number) => Buffer.from(b.buffer, b.byteOffset + start, end - start).toString("utf8");

interface Known { readonly bytes: Uint8Array; readonly text: string }

const KNOWN_NAMES = 1_024;
const known: (Known | undefined)[] = Array.from({ length: KNOWN_NAMES }, () => undefined);

/** The field name that lies in the bytes `start` to `end`. Names recur, so the last that fell on each of 1,024 places is kept:
 *  the same string each time, which also makes it quick to look up in a Map. */
export function nameAt(b: Uint8Array, start: number, end: number): string {
  const n = end - start;
  let hash = n;
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + b[i]!) | 0;
  const place = hash & (KNOWN_NAMES - 1);
  const kept = known[place];
  if (kept !== undefined && kept.bytes.length === n) {
    let i = 0;
    while (i < n && kept.bytes[i] === b[start + i]) i++;
    if (i === n) return kept.text;
  }
  const text = textAt(b, start, end);
  if (n <= 64) known[place] = { bytes: Uint8Array.prototype.slice.call(b, start, end), text };
  return text;
}

function cstringEnd(b: Uint8Array, o: number): number {
  while (b[o] !== 0) {
    if (o >= b.length) throw new RangeError("unterminated name in BSON");
    o++;
  }
  return o;
}

/** Offset just after a value of `type` that starts at `start`. The document is taken to be well-formed (see validate.ts). */
export function valueEnd(type: number, b: Uint8Array, start: number): number {
  switch (type) {
    case T.string: case T.code: case T.symbol:
      return start + 4 + int32At(b, start);
    case T.int:
      return start + 4;
    case T.double: case T.date: case T.timestamp: case T.long:
      return start + 8;
    case T.objectId:
      return start + 12;
    case T.object: case T.array: case T.codeWithScope:
      return start + int32At(b, start);
    case T.bool:
      return start + 1;
    case T.null: case T.undefined: case T.minKey: case T.maxKey: case T.missing:
      return start;
    case T.binData:
      return start + 5 + int32At(b, start);
    case T.decimal:
      return start + 16;
    case T.regex:
      return cstringEnd(b, cstringEnd(b, start) + 1) + 1;
    case T.dbPointer:
      return start + 4 + int32At(b, start) + 12;
    default:
      throw new RangeError(`unknown BSON type ${type}`);
  }
}

/** Walks the elements of the document (or array) that starts at `docStart`; reused freely, allocates nothing per element. */
export class Elements {
  type = 0;
  nameStart = 0;
  nameEnd = 0;
  start = 0;
  end: number;
  constructor(readonly bytes: Uint8Array, docStart = 0) {
    this.end = docStart + 4;
  }
  /** Moves to the next element; false at the end. */
  next(): boolean {
    const b = this.bytes;
    const at = this.end;
    const type = b[at]!;
    if (type === 0 || type === undefined) return false;
    let p = at + 1;
    while (b[p] !== 0) p++;
    this.type = type;
    this.nameStart = at + 1;
    this.nameEnd = p;
    this.start = p + 1;
    this.end = valueEnd(type, b, p + 1);
    return true;
  }
  /** Name of the current element. */
  get name(): string {
    return nameAt(this.bytes, this.nameStart, this.nameEnd);
  }
  /** The current value, kept beyond the next move. */
  value(): RawValue {
    return { type: this.type, bytes: this.bytes, start: this.start, end: this.end };
  }
}

const names = new Map<string, Uint8Array>();

/** UTF-8 bytes of a field name; kept for the 4,096 names used first. */
export function nameBytes(name: string): Uint8Array {
  let bytes = names.get(name);
  if (!bytes) {
    bytes = new Uint8Array(Buffer.from(name, "utf8"));
    if (names.size < 4096) names.set(name, bytes);
  }
  return bytes;
}

/** Offset of the type byte of the first element called `name` in the document at `docStart`, or -1. Its value starts at `+ name.length + 2`. */
export function findElement(b: Uint8Array, docStart: number, name: Uint8Array): number {
  const n = name.length;
  let p = docStart + 4;
  for (;;) {
    const type = b[p];
    if (type === 0 || type === undefined) return -1;
    let q = p + 1;
    let i = 0;
    while (i < n && b[q] === name[i]) {
      i++;
      q++;
    }
    if (i === n && b[q] === 0) return p;
    while (b[q] !== 0) q++;
    p = valueEnd(type, b, q + 1);
  }
}

/** The first field called `name` (no dots) of the document at `docStart`. */
export function getField(doc: Uint8Array, name: string, docStart = 0): RawValue | undefined {
  const key = nameBytes(name);
  const at = findElement(doc, docStart, key);
  if (at < 0) return undefined;
  const type = doc[at]!;
  const start = at + key.length + 2;
  return { type, bytes: doc, start, end: valueEnd(type, doc, start) };
}

/** The value at a dotted path that passes through documents only; undefined when a part is missing or an array is met on the way. */
export function getPlainPath(doc: Uint8Array, path: string): RawValue | undefined {
  let at = 0;
  let value: RawValue | undefined;
  for (const part of path.split(".")) {
    if (value && value.type !== T.object) return undefined;
    value = getField(doc, part, at);
    if (!value) return undefined;
    at = value.start;
  }
  return value;
}

/** Elements of a document or array, kept as values with their names. */
export function fieldsOf(bytes: Uint8Array, docStart = 0): { name: string; value: RawValue }[] {
  const out: { name: string; value: RawValue }[] = [];
  for (const it = new Elements(bytes, docStart); it.next();) out.push({ name: it.name, value: it.value() });
  return out;
}

/** The items of an array value. */
export function itemsOf(value: RawValue): RawValue[] {
  const out: RawValue[] = [];
  for (const it = new Elements(value.bytes, value.start); it.next();) out.push(it.value());
  return out;
}

export function countItems(value: RawValue): number {
  let n = 0;
  for (const it = new Elements(value.bytes, value.start); it.next();) n++;
  return n;
}

/** An embedded document or array as a document of its own (shares the bytes). */
export const embedded = (value: RawValue): RawDoc => value.bytes.subarray(value.start, value.end);

/** Text of a String, Symbol or Code value. */
export const stringOf = (value: RawValue): string => textAt(value.bytes, value.start + 4, value.end - 1);

/** A number of any BSON type as a double (Decimal128 is left to numbers.ts); undefined for other types. */
export function numberOf(value: RawValue): number | undefined {
  if (value.type === T.int) return int32At(value.bytes, value.start);
  if (value.type === T.double) return doubleAt(value.bytes, value.start);
  if (value.type === T.long) return longAsNumber(value.bytes, value.start);
  return undefined;
}

/** Whether MongoDB takes the value for true in a specification: non-zero numbers and true; every other type counts as true, null as false. */
export function truthy(value: RawValue): boolean {
  if (value.type === T.bool) return value.bytes[value.start] !== 0;
  if (value.type === T.null || value.type === T.undefined) return false;
  if (value.type === T.decimal) return !isZeroDecimal(value.bytes, value.start);
  return numberOf(value) !== 0;
}

function isZeroDecimal(b: Uint8Array, o: number): boolean {
  for (let i = 0; i < 14; i++) if (b[o + i] !== 0) return false;
  return (b[o + 14]! & 1) === 0 && (b[o + 15]! & 0x60) !== 0x60;
}

export const isNumeric = (type: number): boolean => type === T.int || type === T.double || type === T.long || type === T.decimal;

/** True when both values have the same type and the same bytes. */
export function identical(a: RawValue, b: RawValue): boolean {
  if (a.type !== b.type || a.end - a.start !== b.end - b.start) return false;
  const x = a.bytes;
  const y = b.bytes;
  for (let i = a.start, j = b.start; i < a.end; i++, j++) if (x[i] !== y[j]) return false;
  return true;
}
