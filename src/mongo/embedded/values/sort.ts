import { badValue, locationError, notImplemented, StoreError } from "./errors.ts";
import { compareBytes } from "./encode-key.ts";
import { compileIndexKeys, compileKeyValues, type KeyField } from "./index-keys.ts";
import { fieldsOf, numberOf, T, type RawDoc, type RawValue } from "./scan.ts";
import { NULL_VALUE } from "./write.ts";

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

/** An order of documents: of an array the lowest item counts ascending, the highest descending; missing sorts as null, `[]` below it. */
export interface DocumentOrder {
  /** @throws StoreError 2 when two sort fields lie in different arrays. */
  keyOf(doc: RawDoc): unknown;
  compare(a: unknown, b: unknown): number;
  /** Bytes that a key holds. */
  sizeOf(key: unknown): number;
}

/** The order of a sort specification: by key bytes, or value by value where `compare` says how values compare (a collation).
 *  @throws StoreError as `parseSort`. Source: mongodb.com/docs/manual/reference/method/cursor.sort/ */
export function documentOrder(spec: RawDoc, compare?: (a: RawValue, b: RawValue) => number): DocumentOrder {
  const fields = parseSort(spec);
  return compare ? orderOfValues(fields, compare) : orderOfBytes(fields);
}

function orderOfBytes(fields: readonly KeyField[]): DocumentOrder {
  const keysOf = compileIndexKeys(fields, { whole: true });
  return {
    keyOf: named((doc) => {
      const { keys } = keysOf(doc);
      return keys.length === 1 ? keys[0]! : keys.reduce((least, key) => (compareBytes(key, least) < 0 ? key : least));
    }),
    compare: compareBytes as (a: unknown, b: unknown) => number,
    sizeOf: (key) => (key as Uint8Array).length,
  };
}

function orderOfValues(fields: readonly KeyField[], compare: (a: RawValue, b: RawValue) => number): DocumentOrder {
  const keysOf = compileKeyValues(fields);
  const compareKeys = (a: readonly RawValue[], b: readonly RawValue[]): number => {
    for (let i = 0; i < fields.length; i++) {
      const d = compare(a[i]!, b[i]!);
      if (d !== 0) return d * fields[i]!.dir;
    }
    return 0;
  };
  return {
    keyOf: named((doc) => {
      const least = keysOf(doc).map((key) => key.map((v) => v ?? NULL_VALUE)).reduce((best, key) => (compareKeys(key, best) < 0 ? key : best));
      return least.map((v): RawValue => ({ type: v.type, bytes: Uint8Array.prototype.slice.call(v.bytes, v.start, v.end), start: 0, end: v.end - v.start }));
    }),
    compare: compareKeys as (a: unknown, b: unknown) => number,
    sizeOf: (key) => (key as RawValue[]).reduce((sum, v) => sum + v.end + 40, 0),
  };
}

/** What an index refuses (171) is a faulty sort (2). */
const named = <K>(keyOf: (doc: RawDoc) => K) => (doc: RawDoc): K => {
  try {
    return keyOf(doc);
  } catch (error) {
    if (error instanceof StoreError && error.code === 171) throw badValue("cannot sort with keys that are parallel arrays");
    throw error;
  }
};
