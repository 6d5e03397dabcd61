import { MongoClient, type Document } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startOwnStore } from "../support/store.ts";

/** What MongoDB does and the embedded store refuses by name (docs/embedded-store.md). */

let store: Awaited<ReturnType<typeof startOwnStore>>;
let client: MongoClient;
beforeAll(async () => {
  store = await startOwnStore();
  client = new MongoClient(store.uri);
  await client.db("r").collection("c").insertMany([{ a: "x" }, { a: "y" }]);
  await client.db("r").createCollection("collated", { collation: { locale: "en", strength: 2 } });
});
afterAll(async () => {
  await client.close();
  await store.stop();
});

const index = (spec: Document) => ({ createIndexes: "c", indexes: [{ key: { a: 1 }, name: "x", ...spec }] });

test.each<[name: string, command: Document, code?: number]>([
  ["capped", { create: "n", capped: true, size: 1000 }], ["timeseries", { create: "n", timeseries: { timeField: "t" } }], ["viewOn", { create: "n", viewOn: "c", pipeline: [] }], ["clusteredIndex", { create: "n", clusteredIndex: { key: { _id: 1 }, unique: true } }],
  ["text", index({ key: { a: "text" } })], ["2dsphere", index({ key: { a: "2dsphere" } })], ["hashed", index({ key: { a: "hashed" } })], ["wildcard", index({ key: { "$**": 1 } })],
  ["collation", index({ unique: true, collation: { locale: "en", strength: 2 } })], ["collation", { createIndexes: "collated", indexes: [{ key: { a: 1 }, name: "x", unique: true }] }],
  ["$text", { find: "c", filter: { $text: { $search: "x" } } }], ["$where", { find: "c", filter: { $where: "true" } }], ["$near", { find: "c", filter: { a: { $near: [1, 2] } } }], ["$geoWithin", { find: "c", filter: { a: { $geoWithin: {} } } }],
  ["returnKey", { find: "c", returnKey: true }], ["showRecordId", { find: "c", showRecordId: true }], ["min", { find: "c", min: { a: 1 }, hint: { a: 1 } }], ["tailable", { find: "c", tailable: true }, 2],
  ["strength 4", { find: "c", collation: { locale: "en", strength: 4 } }], ["caseLevel", { find: "c", collation: { locale: "en", caseLevel: true } }], ["alternate", { find: "c", collation: { locale: "en", alternate: "shifted" } }], ["locale", { find: "c", collation: { locale: "de@collation=phonebook" } }],
  ["_id", { insert: "collated", documents: [{ _id: "text" }] }], ["unique", { collMod: "c", index: { name: "_id_", unique: true } }], ["possessive", { find: "c", filter: { a: { $regex: "x++" } } }], ["encrypt", { find: "c", filter: { $jsonSchema: { properties: { a: { encrypt: {} } } } } }],
  ["mapReduce", { mapReduce: "c" }, 115], ["createUser", { createUser: "x" }, 115], ["profiler", { profile: 2 }],
])("%s: %j", async (name, command, code = 238) => {
  const reply = client.db("r").command(command).then((answer) => {
    if (answer["writeErrors"]) throw Object.assign(new Error(answer["writeErrors"][0].errmsg), answer["writeErrors"][0]);
  });
  await expect(reply).rejects.toMatchObject({ code, message: expect.stringMatching(new RegExp(name.replace(/[$*]/g, "\\$&"), "i")) });
});

test("a collation never answers from an index that holds bytes", async () => {
  const col = client.db("r").collection<Document & { _id?: number }>("by");
  await col.insertMany(["b", "A", "a", "B"].map((w, i) => ({ _id: i, w, n: i })));
  await col.createIndexes([{ key: { w: 1 } }, { key: { n: 1, w: 1 } }, { key: { w: 1 }, name: "partial", partialFilterExpression: { w: "a" } }]);
  const collation = { locale: "en", strength: 2 };
  expect((await col.find({ w: "A" }, { collation }).toArray()).map((d) => d._id)).toEqual([1, 2]);
  expect((await col.find({ n: { $gte: 1 }, w: { $in: ["b"] } }, { collation }).toArray()).map((d) => d._id)).toEqual([3]);
  const plan = await col.find({ n: 1, w: "a" }, { collation }).explain();
  expect(JSON.stringify(plan["queryPlanner"].winningPlan)).toContain("n_1_w_1");
  expect((await col.find({}, { collation, sort: { w: -1, n: 1 } }).toArray()).map((d) => d._id)).toEqual([0, 3, 1, 2]);
});

test("sizes of indexes are the bytes of their entries", async () => {
  const db = client.db("sizes");
  const col = db.collection<Document & { _id?: number }>("c");
  await col.insertMany([{ _id: 1, a: 1 }, { _id: 2, a: 2 }]);
  await col.createIndex({ a: 1 });
  const sizes = async () => (await db.command({ collStats: "c" }))["indexSizes"] as Record<string, number>;
  const before = await sizes();
  expect(Object.keys(before)).toEqual(["_id_", "a_1"]);
  await col.insertOne({ _id: 3, a: [5, 6, 7] });
  const { _id_, a_1 } = await sizes();
  expect([_id_! / 3, a_1! / 5]).toEqual([before["_id_"]! / 2, before["a_1"]! / 2]);
  const [stats] = await col.aggregate([{ $collStats: { storageStats: {} } }]).toArray();
  expect(stats!["storageStats"]).toMatchObject({ indexSizes: { _id_, a_1 }, totalIndexSize: _id_! + a_1! });
  expect(await db.command({ dbStats: 1 })).toMatchObject({ indexSize: _id_! + a_1! });
  await col.deleteOne({ _id: 3 });
  expect(await sizes()).toEqual(before);
});

test("a command that is too deep or too large is answered, and its connection goes on", async () => {
  const one = new MongoClient(store.uri, { maxPoolSize: 1 });
  const nested = Array.from({ length: 250 }).reduce<Document>((inner) => ({ a: inner }), {});
  const code = (command: Document) => one.db("r").command(command).then(() => 0, (error: { code?: unknown }) => error.code);
  expect(await code({ find: "c", filter: nested })).toBe(15);
  expect(await code({ find: "c", filter: { a: "x".repeat(16 * 1024 * 1024 + 32 * 1024) } })).toBe(10334);
  expect(await code({ ping: 1 })).toBe(0);
  await one.close();
});

test("distinct answers 16 MB at most", async () => {
  const col = client.db("r").collection("wide");
  await col.insertMany(Array.from({ length: 9 }, (_, i) => ({ v: `${i}${"x".repeat(2_000_000)}` })));
  await expect(col.distinct("v")).rejects.toMatchObject({ code: 17217 });
  expect(await col.distinct("v", { v: /^[0-3]/ })).toHaveLength(4);
});
