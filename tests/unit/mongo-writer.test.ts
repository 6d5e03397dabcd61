import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serialize } from "bson";
import { MongoClient } from "mongodb";
import { expect, onTestFinished, test, vi } from "vitest";
import { checkCollection } from "../../src/mongo/embedded/storage/check.ts";
import { buildIndex, createCollection } from "../../src/mongo/embedded/storage/ddl.ts";
import { NeedRoom } from "../../src/mongo/embedded/storage/room.ts";
import { openStore } from "../../src/mongo/embedded/storage/store.ts";
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
  let dice = 1;
  const next = () => (dice = (dice * 16_807) % 2_147_483_647);
  for (let batch = 0; batch < 3; batch++) {
    const docs = Array.from({ length: 150 }, (_, i) => prepareInsert(serialize({ _id: batch * 1_000 + i, l: Array.from({ length: 20 }, () => `${next()}`.padEnd(300, "x")) })));
    await store.writer.submit(() => {
      for (const doc of docs) store.records.insert(collection(), doc);
    }, 1, docs.reduce((sum, doc) => sum + doc.length, 0), true);
    await store.writer.submit(() => store.records.insert(collection(), prepareInsert(serialize({ _id: batch * 1_000 + 999, l: [] }))), 400, 1_000_000, true);
  }
  const report = await check();
  expect([report.records, report.corrupt, report.missing, report.extra, report.errors]).toEqual([453, 0, [], [], []]);
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
