import { MongoClient, type Document } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestStore } from "../support/store.ts";

/** What MongoDB does and the embedded store refuses by name (docs/embedded-store.md). */

let store: Awaited<ReturnType<typeof startTestStore>>;
let client: MongoClient;
beforeAll(async () => {
  store = await startTestStore();
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
  ["bulkWrite", { bulkWrite: 1, ops: [], nsInfo: [] }, 115], ["mapReduce", { mapReduce: "c" }, 115], ["createUser", { createUser: "x" }, 115], ["profiler", { profile: 2 }],
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
