import { randomUUID } from "node:crypto";
import { StoreError } from "../values/errors.ts";
import type { RawDoc } from "../values/raw.ts";
import { plainBytes } from "./env.ts";
import { makeIndex, type Collection, type Index } from "./catalog.ts";
import { docKey, readRecordId, u32Key, afterPrefix } from "./keys.ts";
import type { CollectionOptions } from "./options.ts";
import { NeedRoom } from "./room.ts";
import { nsOf, type Store } from "./store.ts";

/** The collection of a name, made (durably) when it is not there. */
export async function ensureCollection(store: Store, db: string, name: string): Promise<Collection> {
  return store.catalog.get(nsOf(db, name)) ?? (await createCollection(store, db, name)).collection;
}

/** Creates a collection; `created` is false when it was there. */
export function createCollection(store: Store, db: string, name: string, options?: CollectionOptions): Promise<{ collection: Collection; created: boolean }> {
  checkNames(db, name);
  return store.writer.submit(() => {
    const found = store.catalog.get(nsOf(db, name));
    if (found) return { collection: found, created: false };
    const collection = store.catalog.create(db, name, options);
    store.catalog.adopt(collection);
    return { collection, created: true };
  });
}

/** Source: mongodb.com/docs/manual/reference/limits/#naming-restrictions */
function checkNames(db: string, name: string): void {
  if (db === "" || db.length > 63 || /[/\\. "$*<>:|?\0]/.test(db)) throw new StoreError(73, "InvalidNamespace", `Invalid database name: '${db}'`);
  if (name === "" || name.includes("\0") || name.includes("$") || name.startsWith(".") || name.endsWith(".") || Buffer.byteLength(nsOf(db, name)) > 255) {
    throw new StoreError(73, "InvalidNamespace", `Invalid collection name: '${name}'`);
  }
}

/** Gives a collection other options and indexes other specifications, all at once. */
export async function modifyCollection(store: Store, collection: Collection, change: { options?: CollectionOptions; index?: { index: Index; spec: RawDoc } }): Promise<void> {
  await store.writer.submit(() => {
    if (store.catalog.get(collection.ns) !== collection) throw new StoreError(26, "NamespaceNotFound", `ns does not exist: ${collection.ns}`);
    const { index, spec } = change.index ?? {};
    if (index && spec) {
      const at = collection.indexes.indexOf(index);
      const { built, usable, multikey, inexact } = index;
      if (at >= 0) collection.indexes[at] = Object.assign(makeIndex(index.id, spec), { built, usable, multikey, inexact });
      collection.choices.clear();
    }
    if (change.options) collection.options = change.options;
    store.catalog.save(collection);
  });
}

/** Drops a collection; false when it is not there. Its space is given back in the background. */
export async function dropCollection(store: Store, ns: string): Promise<{ indexes: number } | undefined> {
  const dropped = await store.writer.submit(() => {
    const collection = store.catalog.get(ns);
    if (!collection) return undefined;
    store.garbage.markCollection(collection);
    store.catalog.remove(collection);
    store.catalog.collections.delete(ns);
    collection.version++;
    return { indexes: collection.indexes.length };
  });
  if (dropped) store.garbage.resume();
  return dropped;
}

/** Renames a collection, replacing `to` when `dropTarget`. */
export async function renameCollection(store: Store, from: string, db: string, name: string, dropTarget: boolean): Promise<void> {
  checkNames(db, name);
  const to = nsOf(db, name);
  await store.writer.submit(() => {
    const source = store.catalog.get(from);
    if (!source) throw new StoreError(26, "NamespaceNotFound", `Source collection ${from} does not exist`);
    const target = store.catalog.get(to);
    if (target && !dropTarget) throw new StoreError(48, "NamespaceExists", "target namespace exists");
    if (target) {
      store.garbage.markCollection(target);
      store.catalog.remove(target);
    }
    const moved: Collection = { ...source, db, name, ns: to, uuid: randomUUID() };
    store.catalog.save(moved);
    store.catalog.saveStat(moved);
    store.catalog.collections.delete(from);
    store.catalog.adopt(moved);
    source.version++;
  });
  store.garbage.resume();
}

/** Builds an index from an already checked specification: at once when the collection is small, else in slices between which others read and write.
 *  @throws StoreError 11000, 171 when the documents do not allow it; the index is then gone. */
export async function buildIndex(store: Store, ns: string, spec: RawDoc): Promise<Index> {
  const index = await store.writer.submit((deadline) => {
    const collection = store.catalog.get(ns);
    if (!collection) throw new StoreError(26, "NamespaceNotFound", `ns does not exist: ${ns}`);
    const made = makeIndex(store.catalog.takeId(), spec);
    made.usable = false;
    made.built = false;
    const rest = fill(store, collection, made, 0, deadline);
    made.built = rest === undefined;
    store.catalog.save(collection, [...collection.indexes, made]);
    collection.indexes.push(made);
    return { made, collection, rest };
  }, SLICE_WRITES);
  try {
    for (let rest = index.rest; rest !== undefined;) rest = await slice(store, index.collection, index.made, rest);
  } catch (error) {
    await dropIndexes(store, ns, [index.made]);
    throw error;
  }
  index.made.usable = true;
  index.collection.version++;
  index.collection.choices.clear();
  return index.made;
}

/** Table writes of one slice of a build, or hardly more: entries that come in another order than the documents lie in a page each, which the slice's transaction writes. */
const SLICE_WRITES = 200;
/** Documents of one slice that have no entry. */
const SLICE_DOCS = 400;

/** Where a build goes on: a record id, and the room that its document needs beyond a slice's. */
interface Rest { readonly from: number; readonly more: number }

function slice(store: Store, collection: Collection, index: Index, { from, more }: Rest): Promise<Rest | undefined> {
  return store.writer.submit((deadline) => {
    const rest = fill(store, collection, index, from, deadline);
    if (rest === undefined) {
      index.built = true;
      store.catalog.save(collection);
    }
    return rest;
  }, SLICE_WRITES, more);
}

/** Enters documents from a record id on for one slice; answers where to go on, undefined at the end. */
function fill(store: Store, collection: Collection, index: Index, from: number, deadline: number): Rest | undefined {
  let [docs, entries] = [0, 0];
  for (const { key, value } of store.env.docs.getRange({ start: docKey(collection.id, from), end: afterPrefix(u32Key(collection.id)) })) {
    const recordId = readRecordId(key as Uint8Array, 4);
    if (docs > 0 && (docs === SLICE_DOCS || entries >= SLICE_WRITES || performance.now() > deadline)) return { from: recordId, more: 0 };
    try {
      entries += store.records.addToIndex(collection, index, recordId, plainBytes(value));
    } catch (error) {
      if (error instanceof NeedRoom) return { from: recordId, more: error.bytes };
      throw error;
    }
    docs++;
  }
  return undefined;
}

/** Drops indexes (never `_id_`). */
export async function dropIndexes(store: Store, ns: string, indexes: readonly Index[]): Promise<void> {
  await store.writer.submit(() => {
    const collection = store.catalog.get(ns);
    if (!collection) return;
    for (const index of indexes) {
      const at = collection.indexes.indexOf(index);
      if (at < 1) continue;
      store.garbage.markIndex(index);
      index.usable = false;
      collection.indexes.splice(at, 1);
    }
    collection.version++;
    collection.choices.clear();
    store.catalog.save(collection);
  });
  store.garbage.resume();
}
