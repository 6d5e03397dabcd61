/** Writing straight into the files of a store that nobody runs. */
import { join } from "node:path";
import { serialize } from "bson";
import type { Collection } from "../../src/mongo/embedded/storage/catalog.ts";
import { Records } from "../../src/mongo/embedded/storage/records.ts";
import { openStore, type Store } from "../../src/mongo/embedded/storage/store.ts";
import { prepareInsert } from "../../src/mongo/embedded/values/raw.ts";

/** The store of a data folder. */
export const openFiles = (dataDir: string): Promise<Store> => openStore(join(dataDir, "db"), new Int32Array(new SharedArrayBuffer(8)));

/** Writes documents of any collections in one transaction, and what `more` writes: each page of an index that they touch is written once. */
export async function writeStraight(store: Store, lists: readonly { collection: Collection; docs: readonly object[] }[], more = (): void => {}): Promise<void> {
  const raw = lists.map(({ collection, docs }) => ({ collection, docs: docs.map((doc) => prepareInsert(serialize(doc, { ignoreUndefined: true }))) }));
  // Nobody else writes, and no room is made ahead: thousands of documents would ask for gigabytes.
  const records = new Records(store.env, store.catalog, () => {});
  await store.env.root.transaction(() => {
    for (const { collection, docs } of raw) for (const doc of docs) records.insert(collection, doc);
    more();
    records.flush();
  });
}
