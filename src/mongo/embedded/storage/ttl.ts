import { byteRange, underIndex } from "../planner/intervals.ts";
import { valueKey } from "../values/key.ts";
import { dateValue, getPath, T, type RawDoc } from "../values/raw.ts";
import type { Collection, Index } from "./catalog.ts";
import { docKey, readRecordId } from "./keys.ts";
import { nsOf, type Store } from "./store.ts";

/** How often expired documents are looked for, in milliseconds. */
export const TTL_EVERY_MS = 30_000;
const CHUNK = 50;

/** Deletes what TTL indexes say is expired at `now` (milliseconds), in small steps. Answers how many. Source: mongodb.com/docs/manual/core/index-ttl/ */
export async function deleteExpired(store: Store, now: number): Promise<number> {
  let deleted = 0;
  const collections = [...store.catalog.collections.values()];
  for (const { db, name, indexes } of collections) {
    for (const index of indexes.filter((i) => i.usable && i.expireAfterSeconds !== undefined && i.fields.length === 1)) {
      for (;;) {
        const n = await step(store, nsOf(db, name), index, now - index.expireAfterSeconds! * 1000);
        deleted += Math.max(n, 0);
        if (n < CHUNK) break;
      }
    }
  }
  return deleted;
}

/** Deletes one chunk; fewer than CHUNK when there is no more. */
function step(store: Store, ns: string, index: Index, before: number): Promise<number> {
  return store.writer.submit(() => {
    const collection = store.catalog.get(ns);
    if (!collection?.indexes.includes(index)) return 0;
    const key = valueKey(dateValue(before));
    const interval = { lo: key.subarray(0, 1), loIn: true, hi: key, hiIn: true, point: false };
    const range = underIndex(index.prefix, byteRange(interval, index.fields[0]!.dir));
    const ids = new Set<number>();
    for (const { key: entry, value } of store.env.idx.getRange({ ...range, limit: CHUNK })) {
      ids.add(index.unique ? readRecordId(value, 0) : readRecordId(entry as Uint8Array, entry.length - 8));
    }
    for (const recordId of ids) removeExpired(store, collection, index, recordId, before);
    return ids.size;
  }, CHUNK * 8);
}

function removeExpired(store: Store, collection: Collection, index: Index, recordId: number, before: number): void {
  const doc = store.records.read(collection, recordId);
  if (doc && isExpired(doc, index, before)) store.records.remove(collection, recordId, doc);
  else if (!doc) void store.env.docs.remove(docKey(collection.id, recordId));
}

/** Of several dates the earliest counts. */
const isExpired = (doc: RawDoc, index: Index, before: number) =>
  getPath(doc, index.fields[0]!.path).some((v) => v.type === T.date && Number(new DataView(v.bytes.buffer, v.bytes.byteOffset + v.start, 8).getBigInt64(0, true)) <= before);
