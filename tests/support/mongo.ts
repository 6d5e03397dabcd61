import { MongoClient, type Collection, type Db, type Document, type ObjectId } from "mongodb";
import { startTestStore } from "./store.ts";

export type Doc = Document & { _id?: number | ObjectId };

export interface TestMongo {
  readonly client: MongoClient;
  readonly db: Db;
  /** The next collection, empty and not yet created. */
  collection(): Collection<Doc>;
  stop(): Promise<void>;
}

/** A database of its own: on the MongoDB that THREADLINE_TEST_MONGODB_URI names, else on an embedded store. Integers and longs come back as they are stored when `exact`. */
export async function startTestMongo(o: { exact?: boolean } = {}): Promise<TestMongo> {
  const uri = process.env["THREADLINE_TEST_MONGODB_URI"];
  const store = uri === undefined ? await startTestStore() : undefined;
  const client = new MongoClient(store?.uri ?? uri!, o.exact ? { promoteValues: false, bsonRegExp: true } : {});
  const db = client.db(`test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`);
  let n = 0;
  return {
    client, db,
    collection: () => db.collection<Doc>(`c${n++}`),
    async stop() {
      await db.dropDatabase();
      await client.close();
      await store?.stop();
    },
  };
}

/** The code of the error that a promise ends with; 0 when it does not. */
export const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 0, (error: { code?: unknown; message: string }) => error.code ?? error.message);
