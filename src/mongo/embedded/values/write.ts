import { nameBytes, T, type RawDoc, type RawValue } from "./scan.ts";

const scratchDouble = new Float64Array(1);
const doubleBytes = new Uint8Array(scratchDouble.buffer);
const scratchLong = new BigInt64Array(1);
const longBytes = new Uint8Array(scratchLong.buffer);

/** Bytes of any content; only what was written is ever handed out. Node's pool makes the middle sizes cheap. */
const uninitialised = (size: number): Uint8Array => (size <= 64 ? new Uint8Array(size) : Buffer.allocUnsafe(size));

const INDEX_NAMES = Array.from({ length: 1_000 }, (_, i) => new Uint8Array(Buffer.from(String(i), "latin1")));

/** Builds one BSON document: `open`/`close` nest, every other call appends one element. Finish with `done()`. */
export class DocWriter {
  private bytes: Uint8Array;
  private at = 4;
  private readonly starts: number[] = [];

  constructor(sizeHint = 256) {
    this.bytes = uninitialised(Math.max(sizeHint, 32));
  }

  private room(n: number): void {
    if (this.at + n <= this.bytes.length) return;
    const grown = uninitialised(Math.max(this.bytes.length * 2, this.at + n));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
  }

  private head(type: number, key: Uint8Array, size: number): void {
    this.room(key.length + 2 + size);
    this.bytes[this.at++] = type;
    this.copy(key, 0, key.length);
    this.bytes[this.at++] = 0;
  }

  private putInt32(at: number, n: number): void {
    const b = this.bytes;
    b[at] = n;
    b[at + 1] = n >> 8;
    b[at + 2] = n >> 16;
    b[at + 3] = n >> 24;
  }

  /** Appends a value that lies in another document. */
  value(name: string, value: RawValue): this {
    return this.named(nameBytes(name), value);
  }

  /** Appends a value as item `i` of what is an array. */
  item(i: number, value: RawValue): this {
    return this.named(INDEX_NAMES[i] ?? Buffer.from(String(i), "latin1"), value);
  }

  private named(key: Uint8Array, value: RawValue): this {
    this.head(value.type, key, value.end - value.start);
    this.copy(value.bytes, value.start, value.end);
    return this;
  }

  /** Appends whole elements (type, name and value) as they lie in another document. */
  elements(bytes: Uint8Array, start: number, end: number): this {
    this.room(end - start);
    this.copy(bytes, start, end);
    return this;
  }

  private copy(bytes: Uint8Array, start: number, end: number): void {
    if (end - start < 48) {
      const out = this.bytes;
      let at = this.at;
      for (let i = start; i < end; i++) out[at++] = bytes[i]!;
      this.at = at;
    } else {
      this.bytes.set(bytes.subarray(start, end), this.at);
      this.at += end - start;
    }
  }

  /** Starts an embedded document or array called `name`. */
  open(name: string, type: typeof T.object | typeof T.array): this {
    this.head(type, nameBytes(name), 5);
    this.starts.push(this.at);
    this.at += 4;
    return this;
  }

  /** Ends what the last `open` started. */
  close(): this {
    this.room(1);
    const start = this.starts.pop();
    if (start === undefined) throw new RangeError("close() without open()");
    this.bytes[this.at++] = 0;
    this.putInt32(start, this.at - start);
    return this;
  }

  /** Appends an embedded document. */
  doc(name: string, doc: RawDoc): this {
    return this.value(name, { type: T.object, bytes: doc, start: 0, end: doc.length });
  }

  int32(name: string, n: number): this {
    this.head(T.int, nameBytes(name), 4);
    this.putInt32(this.at, n);
    this.at += 4;
    return this;
  }

  double(name: string, n: number): this {
    this.head(T.double, nameBytes(name), 8);
    scratchDouble[0] = n;
    this.copy(doubleBytes, 0, 8);
    return this;
  }

  long(name: string, n: bigint): this {
    this.head(T.long, nameBytes(name), 8);
    scratchLong[0] = n;
    this.copy(longBytes, 0, 8);
    return this;
  }

  /** A date, in milliseconds since 1970. */
  date(name: string, ms: number): this {
    this.head(T.date, nameBytes(name), 8);
    scratchLong[0] = BigInt(ms);
    this.copy(longBytes, 0, 8);
    return this;
  }

  bool(name: string, value: boolean): this {
    this.head(T.bool, nameBytes(name), 1);
    this.bytes[this.at++] = value ? 1 : 0;
    return this;
  }

  null(name: string): this {
    this.head(T.null, nameBytes(name), 0);
    return this;
  }

  string(name: string, text: string): this {
    const utf8 = Buffer.from(text, "utf8");
    this.head(T.string, nameBytes(name), utf8.length + 5);
    this.putInt32(this.at, utf8.length + 1);
    this.at += 4;
    this.copy(utf8, 0, utf8.length);
    this.bytes[this.at++] = 0;
    return this;
  }

  /** The document so far, valid until the next element is added. */
  soFar(): RawDoc {
    this.room(1);
    this.bytes[this.at] = 0;
    this.putInt32(0, this.at + 1);
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset, this.at + 1);
  }

  /** The finished document. The writer is not to be used afterwards. */
  done(): RawDoc {
    if (this.starts.length > 0) throw new RangeError("done() before close()");
    this.room(1);
    this.bytes[this.at++] = 0;
    this.putInt32(0, this.at);
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset, this.at);
  }
}

/** The shortest document, `{}`. */
export const EMPTY_DOC: RawDoc = new Uint8Array([5, 0, 0, 0, 0]);

/** Reads the only value of a one-field document that `write` builds: a way to make a value from scratch. */
export function makeValue(write: (w: DocWriter) => void): RawValue {
  const w = new DocWriter(32);
  write(w);
  const bytes = w.done();
  return { type: bytes[4]!, bytes, start: 6, end: bytes.length - 1 };
}

export const intValue = (n: number) => makeValue((w) => w.int32("", n));
export const doubleValue = (n: number) => makeValue((w) => w.double("", n));
export const longValue = (n: bigint) => makeValue((w) => w.long("", n));
export const dateValue = (ms: number) => makeValue((w) => w.date("", ms));
export const NULL_VALUE: RawValue = { type: T.null, bytes: EMPTY_DOC, start: 0, end: 0 };
export const UNDEFINED_VALUE: RawValue = { type: T.undefined, bytes: EMPTY_DOC, start: 0, end: 0 };
