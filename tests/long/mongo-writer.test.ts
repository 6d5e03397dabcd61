import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serialize } from "bson";
import { MongoClient } from "mongodb";
import { expect, onTestFinished, test, vi } from "vitest";
import { checkCollection } from "../../src/mongo/embedded/storage/check.ts";
import { buildIndex, createCollection } from "../../src/mongo/embedded/storage/ddl.ts";
import { Records } from "../../src/mongo/embedded/storage/records.ts";
import { NeedRoom } from "../../src/mongo/embedded/storage/room.ts";
import { openStore } from "../../src/mongo/embedded/storage/store.ts";
import { deleteExpired } from "../../src/mongo/embedded/storage/ttl.ts";
import { StoreError } from "../../src/mongo/embedded/values/errors.ts";
import { prepareInsert } from "../../src/mongo/embedded/values/raw.ts";
import { startTestStore } from "../support/store.ts";

async function writing() {
  const dir = mkdtempSync(join(tmpdir(), "threadline-writer-"));
  const store = await openStore(dir, new Int32Array(new SharedArrayBuffer(8)));
  onTestFinished(async () => {
    await store.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const { collection } = await createCollection(store, "d", "c");
  const insert = (n: number) => store.records.insert(collection, serialize({ _id: n }));
  const stored = () => [...Array(10).keys()].filter((recordId) => store.records.read(collection, recordId) !== undefined).length;
  const submit = (run: () => void, checked: boolean) => store.writer.submit(run, 8, 100, checked).then(() => "done", (error: StoreError) => error.code);
  const declaring = (run: () => void, bytes: number) => store.writer.submit(run, 8, bytes, true).then(() => "done", (error: Error) => error);
  const insertOf = (n: number, size: number) => store.records.insert(collection, serialize({ _id: n, body: "x".repeat(size) }));
  const check = () => checkCollection(store, store.catalog.get("d.c")!);
  return { store, check, declaring, insertOf, collection: () => store.catalog.get("d.c")!, insert, stored, submit };
}

test("a checked job that is refused before it writes leaves its batch alone", async () => {
  const { collection, insert, stored, submit } = await writing();
  const outcomes = await Promise.all([submit(() => insert(1), true), submit(() => insert(1), true), submit(() => insert(2), true)]);
  expect(outcomes).toEqual(["done", 11000, "done"]);
  expect([stored(), collection().count]).toEqual([2, 2]);
});

test("a job that is not checked is undone alone, whatever it had written", async () => {
  const { collection, insert, stored, submit } = await writing();
  const outcomes = await Promise.all([submit(() => insert(1), true), submit(() => { insert(2); insert(1); }, false), submit(() => insert(3), false)]);
  expect(outcomes).toEqual(["done", 11000, "done"]);
  expect([stored(), collection().count]).toEqual([2, 2]);
});

test("a checked job that fails halfway after all takes its whole batch back, memory included", async () => {
  const { collection, insert, stored, submit } = await writing();
  expect(await submit(() => insert(1), true)).toBe("done");
  // a batch that takes long leaves the rest to the next
  const still = vi.spyOn(performance, "now").mockReturnValue(performance.now());
  const outcomes = await Promise.all([submit(() => insert(2), true), submit(() => { insert(3); throw new Error("no room"); }, true), submit(() => insert(4), true)]);
  still.mockRestore();
  expect(outcomes).toEqual([8, 8, 8]);
  expect([stored(), collection().count]).toEqual([1, 1]);
  expect(await submit(() => { throw new Error("not begun"); }, true)).toBeUndefined();
});

test("a document that is larger than its job has said is not written where no room was made for it; its neighbours are", async () => {
  const { collection, declaring, insertOf, stored } = await writing();
  const size = 16_000_000;
  const outcomes = await Promise.all([declaring(() => insertOf(1, 10), 100), declaring(() => insertOf(2, size), 100), declaring(() => insertOf(3, 10), 100)]);
  expect(outcomes).toEqual(["done", expect.any(NeedRoom), "done"]);
  expect([stored(), collection().count]).toEqual([2, 2]);
  const { bytes } = outcomes[1] as NeedRoom;
  expect(bytes).toBeGreaterThan(size);
  expect(await declaring(() => insertOf(2, size), bytes)).toBe("done");
  expect([stored(), collection().count]).toEqual([3, 3]);
});

test("a batch that writes far more than its jobs have said loses nothing, and the file grows on behind it", async () => {
  const { check, collection, store } = await writing();
  for (const [i, key] of [{ l: 1 }, { l: -1 }, { l: 1, _id: 1 }, { l: 1, _id: -1 }, { l: -1, _id: 1 }].entries()) await buildIndex(store, "d.c", serialize({ v: 2, key, name: `i${i}` }));
  const loose = new Records(store.env, store.catalog, () => {});
  let dice = 1;
  const next = () => (dice = (dice * 16_807) % 2_147_483_647);
  for (let batch = 0; batch < 3; batch++) {
    const docs = Array.from({ length: 150 }, (_, i) => prepareInsert(serialize({ _id: batch * 1_000 + i, l: Array.from({ length: 20 }, () => `${next()}`.padEnd(300, "x")) })));
    await store.writer.submit(() => {
      for (const doc of docs) loose.insert(collection(), doc);
      loose.flush();
    }, 1, docs.reduce((sum, doc) => sum + doc.length, 0), true);
    await store.writer.submit(() => store.records.insert(collection(), prepareInsert(serialize({ _id: batch * 1_000 + 999, l: [] }))), 400, 1_000_000, true);
  }
  const report = await check();
  expect([report.records, report.corrupt, report.missing, report.extra, report.errors]).toEqual([453, 0, [], [], []]);
});

test("a document with more index entries than its job has said is not written where no room was made for them", async () => {
  const { check, collection, declaring, store } = await writing();
  await buildIndex(store, "d.c", serialize({ v: 2, key: { l: 1 }, name: "l" }));
  const insert = (n: number, entries: number) => declaring(() => store.records.insert(collection(), prepareInsert(serialize({ _id: n, l: [...Array(entries).keys()] }))), 10_000);
  const outcomes = await Promise.all([insert(1, 2), insert(2, 2_000), insert(3, 2)]);
  expect(outcomes).toEqual(["done", expect.any(NeedRoom), "done"]);
  const { bytes } = outcomes[1] as NeedRoom;
  expect(bytes).toBeGreaterThan(2_000 * 4_096);
  const more = () => store.writer.submit(() => store.records.insert(collection(), prepareInsert(serialize({ _id: 2, l: [...Array(2_000).keys()] }))), 8, bytes, true);
  await more();
  const remove = (declared: number) => store.writer.submit(() => store.records.remove(collection(), 3, store.records.read(collection(), 3)!), 1, declared, true).then(() => "done", (error: Error) => error);
  expect(await remove(bytes)).toBe("done");
  const report = await check();
  expect([report.records, report.missing, report.extra, report.errors]).toEqual([2, [], [], []]);
});

test("what many documents need together is written in several batches, each within the room that was made for it", async () => {
  const mongo = await startTestStore();
  const client = new MongoClient(mongo.uri);
  onTestFinished(async () => {
    await client.close();
    await mongo.stop();
  });
  const col = client.db().collection<{ _id: number; l: number[]; n?: number }>("wide");
  await col.createIndexes([{ key: { l: 1 } }, { key: { l: -1, n: 1 } }]);
  const docs = Array.from({ length: 60 }, (_, _id) => ({ _id, l: Array.from({ length: 80 }, (_, i) => _id * 80 + i) }));
  expect((await col.insertMany(docs)).insertedCount).toBe(60);
  await Promise.all(docs.slice(0, 20).map(({ _id }) => col.insertOne({ _id: 100 + _id, l: docs[_id]!.l })));
  expect((await col.updateMany({}, { $set: { n: 1 } })).modifiedCount).toBe(80);
  await Promise.all(docs.slice(0, 10).map(({ _id }) => col.findOneAndUpdate({ _id: 200 + _id }, { $set: { l: docs[_id]!.l } }, { upsert: true })));
  expect((await Promise.all(docs.slice(0, 10).map(({ _id }) => col.findOneAndDelete({ _id: 100 + _id })))).every(Boolean)).toBe(true);
  await col.aggregate([{ $match: { _id: { $lt: 20 } } }, { $set: { _id: { $add: ["$_id", 300] } } }, { $merge: { into: "wide" } }]).toArray();
  expect(await col.countDocuments({ l: { $gte: 0 } })).toBe(60 + 10 + 10 + 20);
  expect((await col.deleteMany({ _id: { $lt: 50 } })).deletedCount).toBe(50);
  expect(await client.db().command({ validate: "wide" })).toMatchObject({ valid: true, nrecords: 50 });
}, 60_000);

test("however many jobs use all the time they are given, one batch keeps readers waiting no longer than its own time", async () => {
  const { store } = await writing();
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 0.01));
  const begun: number[] = [];
  await Promise.all(Array.from({ length: 12 }, () => store.writer.submit((deadline) => {
    begun.push(now);
    expect(deadline - now).toBeGreaterThan(0.2);
    expect(deadline - now).toBeLessThan(3.1);
    while (performance.now() < deadline);
  }, 8, 100, true)));
  clock.mockRestore();
  // Two jobs share the four milliseconds of a batch: three of them for the first, the rest for the second.
  expect(begun).toHaveLength(12);
  expect(now).toBeLessThan(6 * 4.6);
});

test("background work makes its table writes some hundred at a time, whatever one document needs", async () => {
  const { check, collection, store } = await writing();
  const wide = (_id: number) => ({ _id, at: new Date(_id), l: Array.from({ length: 30 }, (_, i) => (_id * 7_919 + i * 104_729) % 100_003) });
  for (let from = 0; from < 200; from += 50) {
    await store.writer.submit(() => {
      for (let i = from; i < from + 50; i++) store.records.insert(collection(), prepareInsert(serialize(wide(i))));
    }, 200, 100_000, true);
  }
  const batches: number[] = [];
  let writes = 0;
  for (const table of [store.env.idx, store.env.docs]) {
    for (const act of ["put", "remove"] as const) {
      const real = table[act].bind(table) as (...args: unknown[]) => Promise<boolean>;
      Object.assign(table, { [act]: (...args: unknown[]) => (writes++, real(...args)) });
    }
  }
  const flush = store.records.flush.bind(store.records);
  store.records.flush = () => {
    flush();
    batches.push(writes);
    writes = 0;
  };
  const largest = async (act: () => Promise<unknown>): Promise<number> => {
    batches.length = 0;
    await act();
    return Math.max(...batches);
  };
  expect(await largest(() => buildIndex(store, "d.c", serialize({ v: 2, key: { l: 1 }, name: "l" })))).toBeLessThanOrEqual(200 + 30);
  await buildIndex(store, "d.c", serialize({ v: 2, key: { at: 1 }, name: "at", expireAfterSeconds: 0 }));
  expect(await largest(() => deleteExpired(store, 150))).toBeLessThanOrEqual(200 + 33);
  expect(collection().count).toBe(49);
  const report = await check();
  expect([report.records, report.missing, report.extra, report.errors]).toEqual([49, [], [], []]);
});

test("small changes of large documents are given the room that they need", async () => {
  const mongo = await startTestStore();
  const client = new MongoClient(mongo.uri);
  onTestFinished(async () => {
    await client.close();
    await mongo.stop();
  });
  const col = client.db().collection<{ _id: number; n: number; body: string; by?: string }>("large");
  const body = "x".repeat(5_000_000);
  for (let i = 0; i < 8; i++) await col.insertOne({ _id: i, n: 0, body });
  await Promise.all(Array.from({ length: 8 }, (_, i) => col.updateOne({ _id: i }, { $inc: { n: 1 } })));
  expect((await col.updateMany({}, { $inc: { n: 1 } })).modifiedCount).toBe(8);
  await Promise.all(Array.from({ length: 8 }, (_, i) => col.findOneAndUpdate({ _id: i }, { $inc: { n: 1 } })));
  await col.aggregate([{ $project: { n: { $add: ["$n", 1] } } }, { $merge: { into: "large" } }]).toArray();
  expect(await col.find({}, { projection: { n: 1, size: { $strLenBytes: "$body" } } }).sort({ _id: 1 }).toArray()).toEqual(Array.from({ length: 8 }, (_, _id) => ({ _id, n: 4, size: body.length })));
  expect(await client.db().command({ validate: "large" })).toMatchObject({ valid: true });
}, 60_000);
