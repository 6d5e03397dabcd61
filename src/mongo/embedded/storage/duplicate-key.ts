import { StoreError } from "../values/errors.ts";
import { compareBytes, encodeKey, KeyBuffer } from "../values/key.ts";
import { getPath, NULL_VALUE, T, toJs, UNDEFINED_VALUE, DocWriter, type RawDoc, type RawValue } from "../values/raw.ts";
import { shownDocument } from "../values/show.ts";
import type { Collection, Index } from "./catalog.ts";

/** MongoDB's duplicate key error with keyPattern and keyValue. `key` is the index key that another record holds.
 *  Source: mongodb.com/docs/manual/core/index-unique/ */
export function duplicateKey(collection: Collection, index: Index, doc: RawDoc, key: Uint8Array): StoreError {
  const w = new DocWriter();
  valuesOf(index, doc, key).forEach((value, i) => w.value(index.fields[i]!.path, value));
  const values = w.done();
  const message = `E11000 duplicate key error collection: ${collection.ns} index: ${index.name} dup key: ${shownDocument(values)}`;
  return new StoreError(11000, "DuplicateKey", message, { keyPattern: toJs(index.spec)["key"], keyValue: toJs(values, { exact: true }) });
}

/** The values that make up an index key. Of an array it is the item that does; a key that was shortened is taken to be of the first items. */
function valuesOf(index: Index, doc: RawDoc, key: Uint8Array): RawValue[] {
  const candidates = index.fields.map(({ path }) => {
    const found = getPath(doc, path);
    return found.some((value) => value.type === T.array) ? [...found, UNDEFINED_VALUE, NULL_VALUE] : found.length > 0 ? [...found, NULL_VALUE] : [NULL_VALUE];
  });
  const first = candidates.map((values) => values[0]!);
  if (index.multikey === 0) return first;
  const chosen: RawValue[] = [];
  for (const values of candidates) {
    const fitting = values.find((value) => {
      const part = keyOf(index, [...chosen, value]);
      return compareBytes(part, key.subarray(0, part.length)) === 0;
    });
    if (!fitting) return first;
    chosen.push(fitting);
  }
  return chosen;
}

function keyOf(index: Index, values: readonly RawValue[]): Uint8Array {
  const out = new KeyBuffer();
  values.forEach((v, i) => encodeKey(out, v.type, v.bytes, v.start, v.end, index.fields[i]!.dir));
  return out.take();
}
