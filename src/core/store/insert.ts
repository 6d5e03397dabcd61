/** Inserts that are asked for at the same time go as one command; each caller hears of its own refusal. */
import type { Collection, Document, OptionalUnlessRequiredId } from "mongodb";
import { collectionIndexes } from "./indexes.ts";
import { together } from "./together.ts";
import type { Outcome } from "./together.ts";

interface Refusal { index: number; code: number; errmsg: string }

/** @throws Error code 11000 with `keyPattern`, as a single insert would, for a document under a unique key that is taken */
export function insertTogether<T extends Document>(collection: Collection<T>): (document: OptionalUnlessRequiredId<T>) => Promise<void> {
  return together(async (documents) => {
    if (documents.length === 1) {
      await collection.insertOne(documents[0]!);
      return [{ ok: undefined }];
    }
    const outcomes: Outcome<void>[] = documents.map(() => ({ ok: undefined }));
    try {
      await collection.insertMany(documents, { ordered: false });
    } catch (error) {
      for (const refusal of refusalsOf(error)) outcomes[refusal.index] = { error: asSingle(collection.collectionName, refusal) };
    }
    return outcomes;
  });
}

/** The documents that were refused, each by its place; any other error means that nothing is known and is thrown on. */
function refusalsOf(error: unknown): Refusal[] {
  const { writeErrors, result } = error as { writeErrors?: Refusal | Refusal[]; result?: { getWriteConcernError?(): unknown } };
  if (writeErrors === undefined || result?.getWriteConcernError?.() !== undefined) throw error;
  return [writeErrors].flat();
}

/** A bulk write's refusal names the index in words only. Source: the driver's WriteError has `code`, `errmsg`, no `keyPattern`. */
export function asSingle(collection: string, { code, errmsg }: Pick<Refusal, "code" | "errmsg">): Error {
  const name = /index: (\S+) dup key/.exec(errmsg)?.[1];
  const keyPattern = name === "_id_" ? { _id: 1 } : collectionIndexes[collection]?.find((index) => index.name === name)?.key;
  return Object.assign(new Error(errmsg), { code, ...(keyPattern === undefined ? {} : { keyPattern }) });
}
