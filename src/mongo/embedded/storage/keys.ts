/** Keys of the tables: collection or index id (4 bytes), then a record id (8 bytes) or an encoded value. Big-endian, so byte order is numeric order. */

const TWO_32 = 4294967296;

function writeU32(out: Uint8Array, at: number, n: number): void {
  out[at] = n >>> 24;
  out[at + 1] = n >>> 16;
  out[at + 2] = n >>> 8;
  out[at + 3] = n;
}

const readU32 = (b: Uint8Array, at: number) => ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0;

export function writeRecordId(out: Uint8Array, at: number, recordId: number): void {
  writeU32(out, at, Math.floor(recordId / TWO_32));
  writeU32(out, at + 4, recordId % TWO_32);
}

/** A record id is a whole number below 2^53. */
export const readRecordId = (b: Uint8Array, at: number): number => readU32(b, at) * TWO_32 + readU32(b, at + 4);

export function u32Key(id: number): Uint8Array {
  const key = new Uint8Array(4);
  writeU32(key, 0, id);
  return key;
}

export function docKey(collectionId: number, recordId: number): Uint8Array {
  const key = new Uint8Array(12);
  writeU32(key, 0, collectionId);
  writeRecordId(key, 4, recordId);
  return key;
}

export function recordIdBytes(recordId: number): Uint8Array {
  const out = new Uint8Array(8);
  writeRecordId(out, 0, recordId);
  return out;
}

/** Index entry key: index id + value key, and the record id when entries of equal value may be several. */
export function entryKey(indexId: number, valueKey: Uint8Array, recordId?: number): Uint8Array {
  const n = valueKey.length;
  const key = new Uint8Array(4 + n + (recordId === undefined ? 0 : 8));
  writeU32(key, 0, indexId);
  key.set(valueKey, 4);
  if (recordId !== undefined) writeRecordId(key, 4 + n, recordId);
  return key;
}

/** The first key that sorts after every key beginning with `prefix`. */
export function afterPrefix(prefix: Uint8Array): Uint8Array {
  let n = prefix.length;
  while (n > 0 && prefix[n - 1] === 255) n--;
  if (n === 0) return Uint8Array.of(255, 255, 255, 255, 255);
  const out = Uint8Array.prototype.slice.call(prefix, 0, n);
  out[n - 1]!++;
  return out;
}
