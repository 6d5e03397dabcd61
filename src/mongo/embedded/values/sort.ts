import { ranksOf, type Collation } from "./collation.ts";
import { badValue, locationError, notImplemented, StoreError } from "./errors.ts";
import { compareBytes, type TextNumber } from "./encode-key.ts";
import { compileIndexKeys, type KeyField } from "./index-keys.ts";
import { fieldsOf, NONE, numberOf, T, textAt, type RawDoc } from "./scan.ts";

const MAX_SORT_FIELDS = 32;

/** The fields and directions of a sort specification. @throws StoreError 15975 for a direction, 40352 for an empty name, 238 for `$meta`. */
export function parseSort(spec: RawDoc): KeyField[] {
  const fields = fieldsOf(spec).map(({ name, value }): KeyField => {
    if (name === "" || name.split(".").includes("")) throw locationError(40352, "FieldPath cannot be constructed with empty string");
    if (name.startsWith("$")) throw locationError(16410, `FieldPath field names may not start with '$': ${name}`);
    if (value.type === T.object) throw notImplemented("$meta in a sort is not supported by the embedded store; sort by fields.");
    const dir = numberOf(value);
    if (dir !== 1 && dir !== -1) throw locationError(15975, "$sort key ordering must be 1 (for ascending) or -1 (for descending)");
    return { path: name, dir };
  });
  if (fields.length > MAX_SORT_FIELDS) throw locationError(13103, `too many compound keys: a sort takes at most ${MAX_SORT_FIELDS} fields`);
  return fields;
}

/** Compiles a sort into one key for each document: comparing keys byte by byte is the order of the sort. Of an array the lowest item counts
 *  ascending, the highest descending; missing sorts as null, `[]` below it. @throws StoreError 2 (when run) when two sort fields lie in different arrays.
 *  `textNumber` puts numbers for texts, for a collation. Source: mongodb.com/docs/manual/reference/method/cursor.sort/ */
export function compileSort(spec: RawDoc, textNumber?: TextNumber): (doc: RawDoc) => Uint8Array {
  const fields = parseSort(spec);
  if (fields.length === 0) return () => NONE;
  const keysOf = compileIndexKeys(fields, { whole: true, ...(textNumber ? { textNumber } : {}) });
  return (doc) => {
    try {
      const { keys } = keysOf(doc);
      return keys.length === 1 ? keys[0]! : keys.reduce((least, key) => (compareBytes(key, least) < 0 ? key : least));
    } catch (error) {
      if (error instanceof StoreError && error.code === 171) throw badValue("cannot sort with keys that are parallel arrays");
      throw error;
    }
  };
}

/** The sort keys of documents under a collation; they order these documents among themselves only. */
export function collatedKeys(spec: RawDoc, docs: readonly RawDoc[], collation: Collation): Uint8Array[] {
  const texts = new Set<string>();
  const collect = compileSort(spec, (bytes, start, end) => {
    texts.add(textAt(bytes, start, end));
    return 0;
  });
  docs.forEach((doc) => collect(doc));
  const ranks = ranksOf(texts, collation);
  return docs.map(compileSort(spec, (bytes, start, end) => ranks.get(textAt(bytes, start, end))!));
}
