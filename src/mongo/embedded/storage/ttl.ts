import { byteRange, underIndex } from "../planner/intervals.ts";
import { valueKey } from "../values/key.ts";
import { dateValue, getPath, T, type RawDoc } from "../values/raw.ts";
import type { Collection, Index } from "./catalog.ts";
import { readRecordId } from "./keys.ts";
import { NeedRoom } from "./room.ts";
import { nsOf, type Store } from "./store.ts";

/** How often expired documents are looked for, in milliseconds. */
export const TTL_EVERY_MS = 30_000;
/** Entries that are looked at in one write batch, and the table writes after which none is begun: each may touch a page of its own. */
const CHUNK = 50;
const WRITES = 200;

/** Deletes what is expired every 30 s, one run after the other, until `stop` is called; `now` is the clock in milliseconds. */
export function expireRegularly(store: Store, o: { everyMs?: number; now?: () => number } = {}): { stop(): void } {
  let running: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(() => deleteExpired(store, (o.now ?? Date.now)())).catch(() => {});
  }, o.everyMs ?? TTL_EVERY_MS);
  return { stop: () => clearInterval(timer) };
}

/** Deletes what TTL indexes say is expired at `now` (milliseconds), in small steps. Answers how many. Source: mongodb.com/docs/manual/core/index-ttl/ */
export async function deleteExpired(store: Store, now: number): Promise<number> {
  let deleted = 0;
  const collections = [...store.catalog.collections.values()];
  for (const { db, name, indexes } of collections) {
    for (const index of indexes.filter((i) => i.usable && i.expireAfterSeconds !== undefined && i.fields.length === 1)) {
      for (let at: Step = { n: 0, last: undefined, more: 0 }, first = true; first || at.last || at.more > 0; first = false) {
        at = await step(store, nsOf(db, name), index, now - index.expireAfterSeconds! * 1000, at.last, at.more);
        deleted += at.n;
      }
    }
  }
  return deleted;
}

/** How many one chunk had, the last index entry that was dealt with, when there may be more behind it, and the room that the next document needs. */
interface Step { n: number; last: Uint8Array | undefined; more: number }

/** Deletes one chunk, from behind the entry `from` on. */
function step(store: Store, ns: string, index: Index, before: number, from: Uint8Array | undefined, more: number): Promise<Step> {
  return store.writer.submit((deadline) => {
    const collection = store.catalog.get(ns);
    if (!collection?.indexes.includes(index)) return { n: 0, last: undefined, more: 0 };
    const key = valueKey(dateValue(before));
    const interval = { lo: key.subarray(0, 1), loIn: true, hi: key, hiIn: true, point: false };
    const range = underIndex(index.prefix, byteRange(interval, index.fields[0]!.dir));
    const found: { entry: Uint8Array; recordId: number }[] = [];
    for (const { key: entry, value } of store.env.idx.getRange({ ...range, start: from ?? range.start, exclusiveStart: from !== undefined, limit: CHUNK })) {
      found.push({ entry: entry as Uint8Array, recordId: index.unique ? readRecordId(value, 0) : readRecordId(entry as Uint8Array, entry.length - 8) });
    }
    const step: Step = { n: 0, last: from, more: 0 };
    for (const { entry, recordId } of found) {
      if (step.n > 0 && (store.writer.spent || performance.now() > deadline)) return step;
      try {
        if (removeExpired(store, collection, index, recordId, before)) step.n++;
      } catch (error) {
        if (error instanceof NeedRoom) return { ...step, more: error.bytes };
        throw error;
      }
      step.last = entry;
    }
    return found.length < CHUNK ? { ...step, last: undefined } : step;
  }, WRITES, more);
}

function removeExpired(store: Store, collection: Collection, index: Index, recordId: number, before: number): boolean {
  const doc = store.records.read(collection, recordId);
  if (!doc || !isExpired(doc, index, before)) return false;
  store.records.remove(collection, recordId, doc);
  return true;
}

/** Of several dates the earliest counts. */
const isExpired = (doc: RawDoc, index: Index, before: number) =>
  getPath(doc, index.fields[0]!.path).some((v) => v.type === T.date && Number(new DataView(v.bytes.buffer, v.bytes.byteOffset + v.start, 8).getBigInt64(0, true)) <= before);
