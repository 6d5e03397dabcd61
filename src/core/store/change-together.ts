/** Conditional changes of single documents, of any collection, that are asked for at the same time go as one command; each caller hears what became of its own. */
import type { AnyClientBulkWriteModel, Collection, Filter, UpdateFilter } from "mongodb";
import { bulkWrite } from "./bulk.ts";
import type { Row } from "./bulk.ts";
import { asSingle } from "./insert.ts";
import type { Store } from "./store.ts";
import { perOwner, together } from "./together.ts";
import type { Outcome } from "./together.ts";

/** `filter` names the document by its `_id` and says what must hold of it. */
export type OneFilter<T> = Filter<T> & { _id: string };
export interface Changed { matchedCount: number; modifiedCount: number }

interface Asked { collection: Collection<Row>; filter: OneFilter<Row>; update: UpdateFilter<Row>; after: boolean }
interface Answer extends Changed { document: Row | null }

const change = perOwner((store: Store) => together<Asked, Answer>(async (items) => {
  const shared = items.length > 1 ? await changeAll(store, items) : null;
  if (shared !== null) return shared;
  return Promise.all(items.map(async (item) => changeOne(item).then((ok) => ({ ok }), (error: unknown) => ({ error }))));
}));

async function changeOne({ collection, filter, update, after }: Asked): Promise<Answer> {
  if (!after) return { ...(await collection.updateOne(filter, update)), document: null };
  const document = await collection.findOneAndUpdate(filter, update, { returnDocument: "after" });
  const count = document === null ? 0 : 1;
  return { matchedCount: count, modifiedCount: count, document };
}

async function changeAll(store: Store, items: Asked[]): Promise<Outcome<Answer>[] | null> {
  const models = items.map(({ collection, filter, update }): AnyClientBulkWriteModel<Row> => ({ namespace: collection.namespace, name: "updateOne", filter, update }));
  const written = await bulkWrite(store, models, false);
  if (written === null) return null;
  const documents = await readAll(items.filter(({ after }, n) => after && (written.updates.get(n)?.matchedCount ?? 0) > 0));
  return items.map(({ collection, filter }, n) => {
    const error = written.errors.get(n);
    if (error !== undefined) return { error: asSingle(collection.collectionName, { code: error.code, errmsg: error.message }) };
    const { matchedCount, modifiedCount } = written.updates.get(n)!;
    return { ok: { matchedCount, modifiedCount, document: matchedCount === 0 ? null : (documents.get(collection)?.get(filter._id) ?? null) } };
  });
}

async function readAll(items: Asked[]): Promise<Map<Collection<Row>, Map<string, Row>>> {
  const wanted = new Map<Collection<Row>, Set<string>>();
  for (const { collection, filter } of items) wanted.set(collection, (wanted.get(collection) ?? new Set()).add(filter._id));
  return new Map(await Promise.all([...wanted].map(async ([collection, ids]) => {
    const read = await collection.find({ _id: { $in: [...ids] } }).toArray();
    return [collection, new Map(read.map((document) => [document._id, document]))] as const;
  })));
}

const asAsked = <T extends { _id: string }>(collection: Collection<T>, filter: OneFilter<T>, update: UpdateFilter<T>, after: boolean): Asked =>
  ({ collection: collection as unknown as Collection<Row>, filter: filter as OneFilter<Row>, update: update as UpdateFilter<Row>, after });

/** As the collection's `updateOne`. */
export const updateTogether = <T extends { _id: string }>(store: Store, collection: Collection<T>, filter: OneFilter<T>, update: UpdateFilter<T>): Promise<Changed> =>
  change(store)(asAsked(collection, filter, update, false));

/** Changes one document and answers it as it stands a moment after, which may show what others did since; null when `filter` did not hold, or it is gone. */
export async function changeTogether<T extends { _id: string }>(store: Store, collection: Collection<T>, filter: OneFilter<T>, update: UpdateFilter<T>): Promise<T | null> {
  return (await change(store)(asAsked(collection, filter, update, true))).document as T | null;
}
