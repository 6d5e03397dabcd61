import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { deserialize, serialize } from "bson";
import { MongoError } from "./errors.ts";

const OBJECT = 3;
const ARRAY = 4;
const TWO_128 = 1n << 128n;
const MAX_DOC = 16 * 1024 * 1024 + 16 * 1024;

/** Count and checksum of a set of documents, whatever their order: the sum of the first 16 bytes of each one's SHA-256. */
export class Checksum {
  count = 0;
  private sum = 0n;

  add(doc: Uint8Array): void {
    this.count++;
    const hash = createHash("sha256").update(doc).digest();
    this.sum = (this.sum + ((hash.readBigUInt64BE(0) << 64n) | hash.readBigUInt64BE(8))) % TWO_128;
  }

  get text(): string {
    return this.sum.toString(16).padStart(32, "0");
  }
}

/** The documents of a .bson file (one after the other, as mongodump writes them). `hash` takes every byte. @throws MongoError EXPORT_INVALID */
export async function* documentsIn(file: string, hash?: Hash): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    hash?.update(chunk);
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= 4) {
      const size = rest.readInt32LE(at);
      if (size < 5 || size > MAX_DOC) throw new MongoError("EXPORT_INVALID", `${file} holds something that is no document.`);
      if (rest.length - at < size) break;
      yield rest.subarray(at, at + size);
      at += size;
    }
    rest = rest.subarray(at);
  }
  if (rest.length > 0) throw new MongoError("EXPORT_INVALID", `${file} ends in the middle of a document.`);
}

/** Fields in their order, doubles and number-like names included: what a plain object can not hold. The driver reads `entries`. */
class Fields extends Map<string, unknown> {
  constructor(private readonly list: readonly [string, unknown][]) {
    super();
  }

  override entries(): MapIterator<[string, unknown]> {
    return this.list.values() as unknown as MapIterator<[string, unknown]>;
  }
}

const EXACT = { promoteValues: false, bsonRegExp: true } as const;

/** A document for the driver that is encoded again to the same bytes. */
export function forDriver(doc: Buffer): object {
  const plain = deserialize(doc, EXACT);
  return Buffer.compare(serialize(plain, { ignoreUndefined: false }), doc) === 0 ? plain : new Fields(fieldsOf(doc));
}

function fieldsOf(doc: Buffer): [string, unknown][] {
  const list: [string, unknown][] = [];
  for (let at = 4; doc[at] !== 0;) {
    const type = doc[at]!;
    const nameEnd = doc.indexOf(0, at + 1);
    const valueAt = nameEnd + 1;
    const end = valueAt + sizeOf(doc, type, valueAt);
    const value = doc.subarray(valueAt, end);
    list.push([doc.toString("utf8", at + 1, nameEnd), type === OBJECT ? new Fields(fieldsOf(value)) : type === ARRAY ? fieldsOf(value).map(([, item]) => item) : scalar(type, value)]);
    at = end;
  }
  return list;
}

function scalar(type: number, value: Uint8Array): unknown {
  const doc = Buffer.concat([Buffer.alloc(4), Buffer.from([type, 0x76, 0]), value, Buffer.alloc(1)]);
  doc.writeInt32LE(doc.length, 0);
  return deserialize(doc, EXACT)["v"];
}

/** Bytes of a value. Source: bsonspec.org/spec.html */
function sizeOf(doc: Buffer, type: number, at: number): number {
  switch (type) {
    case 0x01: case 0x09: case 0x11: case 0x12: return 8;
    case 0x02: case 0x0d: case 0x0e: return 4 + doc.readInt32LE(at);
    case 0x03: case 0x04: case 0x0f: return doc.readInt32LE(at);
    case 0x05: return 5 + doc.readInt32LE(at);
    case 0x07: return 12;
    case 0x08: return 1;
    case 0x0b: return doc.indexOf(0, doc.indexOf(0, at) + 1) + 1 - at;
    case 0x0c: return 16 + doc.readInt32LE(at);
    case 0x10: return 4;
    case 0x13: return 16;
    case 0x06: case 0x0a: case 0x7f: case 0xff: return 0;
    default: throw new MongoError("EXPORT_INVALID", `A document has a value of the unknown type ${type}.`);
  }
}
