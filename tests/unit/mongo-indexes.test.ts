import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serialize } from "bson";
import { MongoClient, ObjectId, type Collection, type Db, type Document, type Filter } from "mongodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildIndex, createCollection } from "../../src/mongo/embedded/storage/ddl.ts";
import { openStore } from "../../src/mongo/embedded/storage/store.ts";
import { deleteExpired } from "../../src/mongo/embedded/storage/ttl.ts";
import { prepareInsert } from "../../src/mongo/embedded/values/raw.ts";
import { startTestStore } from "../support/store.ts";

type Doc = Document & { _id?: number | ObjectId };

let store: Awaited<ReturnType<typeof startTestStore>>;
let client: MongoClient;
let db: Db;
let col: Collection<Doc>;
let n = 0;

beforeAll(async () => {
  store = await startTestStore();
  client = new MongoClient(store.uri);
  db = client.db();
});
afterAll(async () => {
  await client.close();
  await store.stop();
});
beforeEach(() => {
  col = db.collection<Doc>(`i${n++}`);
});

const codeOf = (promise: Promise<unknown>) => promise.then(() => 0, (error: { code?: number }) => error.code);

/** Index and documents examined of a find. */
async function examined(filter: Filter<Doc>, sort: Document = {}, limit = 0): Promise<{ index: string | undefined; stage: string; keys: number; docs: number; returned: number }> {
  const plan = await col.find(filter).sort(sort).limit(limit).explain("executionStats");
  const winning = plan["queryPlanner"].winningPlan;
  const inner = winning.stage === "SORT" ? winning.inputStage : winning;
  const stats = plan["executionStats"];
  return { stage: winning.stage, index: inner.inputStage?.indexName, keys: stats.totalKeysExamined, docs: stats.totalDocsExamined, returned: stats.nReturned };
}

describe("what a query examines", () => {
  beforeEach(async () => {
    await col.insertMany(Array.from({ length: 600 }, (_, i) => ({ _id: i, inbox: i % 6, at: i, status: i % 50 === 0 ? "open" : "resolved", terms: [`t${i % 20}`, `u${i % 7}`], ...(i % 100 === 0 ? { due: i } : {}) })));
    await col.createIndex({ inbox: 1, at: -1 });
    await col.createIndex({ terms: 1, at: -1 });
    await col.createIndex({ due: 1 }, { partialFilterExpression: { due: { $exists: true } } });
    await col.createIndex({ status: 1, at: 1 });
  });

  test("one document by _id", async () => {
    expect(await examined({ _id: 77 })).toMatchObject({ index: "_id_", keys: 1, docs: 1, returned: 1 });
  });

  test("a page in the order of an index, both ways", async () => {
    expect(await examined({ inbox: 2 }, { at: -1 }, 10)).toMatchObject({ index: "inbox_1_at_-1", stage: "FETCH", docs: 10 });
    expect(await examined({ inbox: 2 }, { at: 1 }, 10)).toMatchObject({ index: "inbox_1_at_-1", stage: "FETCH", docs: 10 });
  });

  test("several inboxes in one order are merged, not sorted", async () => {
    expect(await examined({ inbox: { $in: [1, 3, 5] } }, { at: -1 }, 10)).toMatchObject({ index: "inbox_1_at_-1", stage: "FETCH", docs: 10, returned: 10 });
    expect((await col.find({ inbox: { $in: [1, 3, 5] } }).sort({ at: -1 }).limit(4).toArray()).map((d) => d["at"])).toEqual([599, 597, 595, 593]);
  });

  test("a term in an array, newest first", async () => {
    expect(await examined({ terms: "t3" }, { at: -1 }, 5)).toMatchObject({ index: "terms_1_at_-1", stage: "FETCH", docs: 5 });
  });

  test("ranges and compound prefixes", async () => {
    expect(await examined({ status: "open", at: { $gte: 100, $lt: 300 } })).toMatchObject({ index: "status_1_at_1", docs: 4, returned: 4 });
    expect(await examined({ inbox: 1, at: { $gt: 590 } })).toMatchObject({ index: "inbox_1_at_-1", docs: 1 });
  });

  test("a partial index serves only filters that imply its expression", async () => {
    expect(await examined({ due: { $lte: 200 } }, { due: 1 })).toMatchObject({ index: "due_1", docs: 3, returned: 3 });
    expect((await examined({ due: null })).index).toBeUndefined();
    expect(await col.countDocuments({ due: null })).toBe(594);
  });

  test("a disjunction is a union of indexes", async () => {
    const found = await examined({ $or: [{ status: "open" }, { due: { $gt: 450 } }] });
    expect(found.docs).toBeLessThanOrEqual(13);
    expect(found.returned).toBe(await col.countDocuments({ $or: [{ status: "open" }, { due: { $gt: 450 } }] }));
  });

  test("no index: a scan, said so; a hint is obeyed or refused", async () => {
    expect(await examined({ at: 5 })).toMatchObject({ stage: "COLLSCAN", docs: 600 });
    expect((await col.find({ at: 5 }).hint({ inbox: 1, at: -1 }).toArray()).length).toBe(1);
    expect(await codeOf(col.find({}).hint("nope").toArray())).toBe(2);
  });
});

describe("index kinds", () => {
  test("unique: missing is null, arrays give one key an item", async () => {
    await col.createIndex({ k: 1 }, { unique: true });
    await col.insertOne({ k: [1, 2] });
    expect(await codeOf(col.insertOne({ k: 2 }))).toBe(11000);
    await col.insertOne({});
    expect(await codeOf(col.insertOne({ k: null }))).toBe(11000);
    expect(await codeOf(col.updateOne({ k: null }, { $set: { k: [5, 1] } }))).toBe(11000);
    expect(await col.countDocuments({ k: null })).toBe(1);
  });

  test("unique with partial expression: only documents of the expression collide, also after an update", async () => {
    await col.createIndex({ key: 1 }, { unique: true, partialFilterExpression: { key: { $exists: true } } });
    await col.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3, key: "a" }]);
    expect(await codeOf(col.updateOne({ _id: 1 }, { $set: { key: "a" } }))).toBe(11000);
    await col.updateOne({ _id: 3 }, { $unset: { key: 1 } });
    expect(await codeOf(col.updateOne({ _id: 1 }, { $set: { key: "a" } }))).toBe(0);
  });

  test("numbers of different types are one key; long keys stay unique", async () => {
    await col.createIndex({ v: 1 }, { unique: true });
    await col.insertMany([{ v: 5 }, { v: "x".repeat(9_000) }, { v: `${"x".repeat(9_000)}y` }]);
    expect(await codeOf(col.insertOne({ v: 5.0 }))).toBe(11000);
    expect(await codeOf(col.insertOne({ v: "x".repeat(9_000) }))).toBe(11000);
    expect(await col.countDocuments({ v: `${"x".repeat(9_000)}y` })).toBe(1);
    expect((await col.find({ v: { $gte: "x" } }).sort({ v: 1 }).toArray()).map((d) => String(d["v"]).length)).toEqual([9_000, 9_001]);
  });

  test("an index over documents that break it is refused and leaves nothing", async () => {
    await col.insertMany([{ k: 1 }, { k: 1 }]);
    expect(await codeOf(col.createIndex({ k: 1 }, { unique: true }))).toBe(11000);
    expect((await col.indexes()).map((i) => i["name"])).toEqual(["_id_"]);
    await col.insertOne({ k: 1 });
    await col.insertOne({ a: [1], b: [2] });
    expect(await codeOf(col.createIndex({ a: 1, b: 1 }))).toBe(171);
  });

  test("the same index again is nothing; another of the same name or keys is a conflict", async () => {
    await col.createIndex({ k: 1 }, { name: "one" });
    expect(await codeOf(col.createIndex({ k: 1 }, { name: "one" }))).toBe(0);
    expect(await codeOf(col.createIndex({ k: 1 }, { name: "two" }))).toBe(85);
    expect(await codeOf(col.createIndex({ j: 1 }, { name: "one" }))).toBe(86);
    expect(await codeOf(col.createIndex({ k: "text" }))).toBe(238);
    expect(await codeOf(col.createIndex({ k: "2dsphere" }))).toBe(238);
    expect(await codeOf(col.dropIndex("none"))).toBe(27);
    expect(await codeOf(col.dropIndex("_id_"))).toBe(72);
    await col.dropIndex("one");
    expect((await col.indexes()).length).toBe(1);
    expect(await codeOf(db.collection("absent").indexes())).toBe(26);
  });

  test("built over many documents while others write: every document is in it", async () => {
    await col.insertMany(Array.from({ length: 5_000 }, (_, i) => ({ _id: i, k: i % 100 })));
    let more = 5_000;
    const stop = new AbortController();
    const writing = (async () => {
      while (!stop.signal.aborted) await col.insertOne({ _id: more, k: more++ % 100 });
    })();
    await col.createIndex({ k: 1 });
    stop.abort();
    await writing;
    expect(await col.countDocuments({ k: { $gte: 0 } }, { hint: "k_1" })).toBe(more);
    expect((await examined({ k: 7 })).index).toBe("k_1");
  });

  test("a rename keeps documents, counts and indexes; what is dropped while it is written to stays dropped", async () => {
    await col.createIndex({ k: 1 });
    await col.insertMany([{ k: [1, 2] }, { k: 3 }]);
    const renamed = await col.rename(`${col.collectionName}r`);
    expect(await renamed.estimatedDocumentCount()).toBe(2);
    expect(await renamed.countDocuments({ k: 2 }, { hint: "k_1" })).toBe(1);
    expect(await col.countDocuments()).toBe(0);
    await Promise.all([renamed.insertOne({ k: [9] }).catch(() => {}), renamed.drop()]);
    await renamed.drop();
    expect(await db.listCollections({ name: renamed.collectionName }).toArray()).toEqual([]);
  });

  test("a cursor over a dropped collection is told so", async () => {
    await col.insertMany(Array.from({ length: 50 }, (_, i) => ({ _id: i })));
    const cursor = col.find({}, { batchSize: 5 });
    await cursor.next();
    await col.drop();
    expect(await codeOf(cursor.toArray())).toBe(175);
    expect(await col.find().toArray()).toEqual([]);
  });
});

test("TTL: what is expired goes, the rest stays, whatever else the field holds", async () => {
  const dir = mkdtempSync(join(tmpdir(), "threadline-ttl-"));
  const own = await openStore(dir, new Int32Array(new SharedArrayBuffer(8)));
  const { collection } = await createCollection(own, "db", "c");
  await buildIndex(own, "db.c", serialize({ v: 2, key: { at: 1 }, name: "at_1", expireAfterSeconds: 60 }));
  const docs = [{ at: new Date(0) }, { at: new Date(100_000) }, { at: [new Date(500_000), new Date(1)] }, { at: 5 }, {}, ...Array.from({ length: 120 }, (_, i) => ({ at: new Date(i) }))];
  await own.writer.submit(() => {
    for (const doc of docs) own.records.insert(collection, prepareInsert(serialize(doc)));
  }, 1_000, 100_000);
  expect(await deleteExpired(own, 61_000)).toBe(122);
  expect(collection.count).toBe(3);
  expect(await deleteExpired(own, 160_000)).toBe(1);
  await own.stop();
  rmSync(dir, { recursive: true });
});
