import { Decimal128, Double, Int32, Long, Timestamp, type Collection, type Document, type UpdateOptions } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, startTestMongo, type Doc, type TestMongo } from "../support/mongo.ts";

/** Updates, upserts, findAndModify, inserts and their errors, each against the page of mongodb.com/docs/manual that says so. Valid on MongoDB 7.0. */

let mongo: TestMongo;
let exact: TestMongo;
beforeAll(async () => {
  mongo = await startTestMongo();
  exact = await startTestMongo({ exact: true });
});
afterAll(() => Promise.all([mongo.stop(), exact.stop()]));

const one = async (doc: Document): Promise<Collection<Doc>> => {
  const col = mongo.collection();
  await col.insertOne({ _id: 1, ...doc });
  return col;
};
const after = async (doc: Document, update: Document | Document[], o: UpdateOptions & { filter?: Document } = {}): Promise<Document> => {
  const col = await one(doc);
  const { filter = { _id: 1 }, ...options } = o;
  await col.updateOne(filter, update as never, options);
  const { _id, ...rest } = (await col.findOne({}))!;
  expect(_id).toBe(1);
  return rest;
};

describe("operators (reference/operator/update)", () => {
  test.each<[page: string, before: Document, update: Document, result: Document, o?: UpdateOptions & { filter?: Document }]>([
    ["set", { a: { b: 1 } }, { $set: { "a.c": 2, d: [1] } }, { a: { b: 1, c: 2 }, d: [1] }],
    ["set", { l: [1, 2] }, { $set: { "l.3": 9 } }, { l: [1, 2, null, 9] }],
    ["set", { z: 1 }, { $set: { c: 1, b: 1, "10": 1, "9": 1 } }, { z: 1, 9: 1, 10: 1, b: 1, c: 1 }],
    ["unset", { a: 1, l: [1, 2] }, { $unset: { a: "", "l.0": "", none: "" } }, { l: [null, 2] }],
    ["inc", { n: 1 }, { $inc: { n: -2, "m.k": 5 } }, { n: -1, m: { k: 5 } }],
    ["mul", { n: 3 }, { $mul: { n: 1.5, none: 7 } }, { n: 4.5, none: 0 }],
    ["min", { a: 5, b: "x" }, { $min: { a: 3, b: 1, c: 9 } }, { a: 3, b: 1, c: 9 }],
    ["max", { a: 5, d: new Date(5) }, { $max: { a: 3, d: new Date(9) } }, { a: 5, d: new Date(9) }],
    ["rename", { a: { x: 1 }, b: 2 }, { $rename: { "a.x": "c.y", b: "d", none: "e" } }, { a: {}, c: { y: 1 }, d: 2 }],
    ["bit", { a: 13 }, { $bit: { a: { and: 10, or: 1 } } }, { a: 9 }],
    ["positional", { l: [80, 82, 85] }, { $set: { "l.$": 1 } }, { l: [80, 1, 85] }, { filter: { l: { $gt: 81 } } }],
    ["positional", { l: [{ g: 1, s: 1 }, { g: 2, s: 1 }] }, { $inc: { "l.$.s": 5 } }, { l: [{ g: 1, s: 1 }, { g: 2, s: 6 }] }, { filter: { l: { $elemMatch: { g: 2, s: 1 } } } }],
    ["positional-all", { l: [1, 2] }, { $inc: { "l.$[]": 10 } }, { l: [11, 12] }],
    ["positional-all", { l: [{ q: [1, 2] }, { q: [3] }] }, { $mul: { "l.$[].q.$[]": 2 } }, { l: [{ q: [2, 4] }, { q: [6] }] }],
    ["positional-filtered", { l: [{ g: 1, m: 1 }, { g: 9, m: 1 }] }, { $set: { "l.$[e].m": 5 } }, { l: [{ g: 1, m: 1 }, { g: 9, m: 5 }] }, { arrayFilters: [{ "e.g": { $gte: 5 } }] }],
    ["positional-filtered", { l: [{ q: [1, 9] }, { q: [9] }] }, { $set: { "l.$[].q.$[x]": 0 } }, { l: [{ q: [1, 0] }, { q: [0] }] }, { arrayFilters: [{ x: { $gt: 5 } }] }],
    ["positional-filtered", { l: [{ a: 1, b: 1 }, { a: 2, b: 2 }] }, { $set: { "l.$[e].c": 1 } }, { l: [{ a: 1, b: 1 }, { a: 2, b: 2, c: 1 }] }, { arrayFilters: [{ $and: [{ "e.a": 2 }, { "e.b": { $gt: 1 } }] }] }],
    ["push", { l: [1] }, { $push: { l: { $each: [4, 3], $sort: -1, $slice: 2 }, k: "x" } }, { l: [4, 3], k: ["x"] }],
    ["position", { l: [1, 2] }, { $push: { l: { $each: [8, 9], $position: -1 } } }, { l: [1, 8, 9, 2] }],
    ["sort", { l: [{ a: { b: 2 } }, { a: { b: 1 } }, 5] }, { $push: { l: { $each: [], $sort: { "a.b": 1 } } } }, { l: [5, { a: { b: 1 } }, { a: { b: 2 } }] }],
    ["slice", { l: [1, 2, 3] }, { $push: { l: { $each: [4], $slice: -2 } } }, { l: [3, 4] }],
    ["addToSet", { l: [1, { a: 1, b: 2 }] }, { $addToSet: { l: { $each: [1, 2, { b: 2, a: 1 }, { a: 1, b: 2 }, 2] } } }, { l: [1, { a: 1, b: 2 }, 2, { b: 2, a: 1 }] }],
    ["pop", { l: [1, 2, 3], k: [1, 2] }, { $pop: { l: -1, k: 1, none: 1 } }, { l: [2, 3], k: [1] }],
    ["pull", { l: [1, 5, 9], k: ["a", "b"] }, { $pull: { l: { $gte: 5 }, k: "a" } }, { l: [1], k: ["b"] }],
    ["pull", { l: [{ a: "A", n: 5 }, { a: "B", n: 8, x: 1 }] }, { $pull: { l: { n: 8, a: "B" } } }, { l: [{ a: "A", n: 5 }] }],
    ["pull", { l: [{ q: [{ a: 1 }] }, { q: [{ a: 2 }] }] }, { $pull: { l: { q: { $elemMatch: { a: { $gte: 2 } } } } } }, { l: [{ q: [{ a: 1 }] }] }],
    ["pullAll", { l: [0, 2, 5, 5, 1] }, { $pullAll: { l: [0, 5] } }, { l: [2, 1] }],
    ["setOnInsert", { a: 1 }, { $setOnInsert: { b: 1 }, $set: { a: 2 } }, { a: 2 }],
  ])("%s %j %j", async (_page, before, update, result, o) => {
    const got = await after(before, update, o);
    expect(got).toEqual(result);
    expect(Object.keys(got)).toEqual(Object.keys(result));
  });

  test("inc and mul: an int that overflows becomes a long, a long fails, the wider type wins", async () => {
    const col = exact.collection();
    await col.insertOne({ _id: 1, i: new Int32(2147483647), l: Long.MAX_VALUE, s: new Int32(3), d: Decimal128.fromString("1.10") });
    await col.updateOne({ _id: 1 }, { $inc: { i: new Int32(1), s: new Double(0.5), d: new Int32(1) } });
    const doc: Document = (await col.findOne({ _id: 1 }))!;
    expect([doc["i"]._bsontype, doc["i"].toString(), doc["s"]._bsontype, doc["d"].toString()]).toEqual(["Long", "2147483648", "Double", "2.10"]);
    expect(String(await codeOf(col.updateOne({ _id: 1 }, { $inc: { l: new Int32(1) } })))).toBe("2");
    await col.updateOne({ _id: 1 }, { $mul: { s: new Int32(2) }, $set: { i: new Double(7) } });
    const again = (await col.findOne({ _id: 1 }))!;
    expect([again["s"].value, again["i"]._bsontype]).toEqual([7, "Double"]);
  });

  test("currentDate: a date or a timestamp; an empty timestamp is stamped on insert (reference/bson-types)", async () => {
    const col = mongo.collection();
    await col.insertOne({ _id: 1, at: new Timestamp({ t: 0, i: 0 }), in: { at: new Timestamp({ t: 0, i: 0 }) } });
    await col.updateOne({ _id: 1 }, { $currentDate: { d: true, t: { $type: "timestamp" } } as never });
    const doc = (await col.findOne())!;
    expect(doc["at"].isZero()).toBe(false);
    expect(doc["in"].at.isZero()).toBe(true);
    expect(doc["d"]).toBeInstanceOf(Date);
    expect(doc["t"]).toBeInstanceOf(Timestamp);
  });

  test.each<[why: string, before: Document, update: Document | Document[], code: number, o?: UpdateOptions & { filter?: Document }]>([
    ["two operators on one path", { a: 1 }, { $set: { a: 1 }, $inc: { a: 1 } }, 40], ["a path and its parent", { a: 1 }, { $set: { a: 1, "a.b": 1 } }, 40], ["rename onto a path that is set", { a: 1 }, { $rename: { a: "b" }, $set: { b: 1 } }, 40],
    ["another _id", {}, { $set: { _id: 2 } }, 66], ["a replacement with another _id", {}, { _id: 2, a: 1 }, 66], ["unset of _id", {}, { $unset: { _id: "" } }, 66],
    ["through a scalar", { a: 1 }, { $set: { "a.b": 1 } }, 28], ["through null", { a: null }, { $set: { "a.b": 1 } }, 28], ["a name in an array", { a: [1] }, { $set: { "a.x": 1 } }, 28],
    ["inc of a text", { a: "x" }, { $inc: { a: 1 } }, 14], ["inc by a text", { a: 1 }, { $inc: { a: "x" } }, 14], ["inc of null", { a: null }, { $inc: { a: 1 } }, 14],
    ["push to a scalar", { a: 1 }, { $push: { a: 1 } }, 2], ["addToSet to a scalar", { a: 1 }, { $addToSet: { a: 1 } }, 2], ["pull from a scalar", { a: 1 }, { $pull: { a: 1 } }, 2], ["pop of a scalar", { a: 1 }, { $pop: { a: 1 } }, 14],
    ["an unknown operator", {}, { $nope: { a: 1 } }, 9], ["an empty path", {}, { $set: { "": 1 } }, 56], ["a path with an empty part", {}, { $set: { "a..b": 1 } }, 56], ["a $ name", {}, { $set: { $a: 1 } }, 52],
    ["positional without a match", { a: [1] }, { $set: { "a.$": 1 } }, 2], ["an identifier without a filter", { a: [1] }, { $set: { "a.$[x]": 1 } }, 2], ["a filter that is not used", { a: [1] }, { $set: { b: 1 } }, 9, { arrayFilters: [{ x: 1 }] }],
    ["$[] of no array", { a: 1 }, { $set: { "a.$[]": 1 } }, 2], ["bit of a double", { a: 1.5 }, { $bit: { a: { and: 1 } } }, 2], ["push with an unknown clause", { a: [] }, { $push: { a: { $each: [], $nope: 1 } } }, 2],
  ])("%s is refused", async (_why, before, update, code, o = {}) => {
    const col = await one(before);
    const { filter = { _id: 1 }, arrayFilters } = o;
    const statement = { q: filter, u: update, ...(arrayFilters ? { arrayFilters } : {}) };
    const reply = await mongo.db.command({ update: col.collectionName, updates: [statement] });
    expect(reply["writeErrors"]?.[0].code).toBe(code);
    expect(reply["n"]).toBe(0);
    expect(await col.findOne()).toEqual({ _id: 1, ...before });
  });
});

describe("upserts (reference/method/db.collection.update: upsert)", () => {
  test.each<[filter: Document, update: Document, doc: Document]>([
    [{ _id: 5, a: 1, "b.c": 2 }, { $set: { d: 3 } }, { _id: 5, a: 1, b: { c: 2 }, d: 3 }], [{ _id: 5, a: { $eq: 1 }, n: { $gt: 5 } }, { $inc: { n: 1 } }, { _id: 5, a: 1, n: 1 }],
    [{ _id: 5, $and: [{ a: 1 }, { b: { $in: [2] } }], c: { $in: [1, 2] } }, { $set: { d: 1 } }, { _id: 5, a: 1, b: 2, d: 1 }], [{ _id: 5, a: 1 }, { b: 2 }, { _id: 5, b: 2 }],
    [{ _id: 5, l: { $all: [1] } }, { $push: { m: 1 } }, { _id: 5, l: 1, m: [1] }], [{ _id: 5 }, { $setOnInsert: { a: 1 } }, { _id: 5, a: 1 }],
  ])("%j %j", async (filter, update, doc) => {
    const col = mongo.collection();
    const replaces = !Object.keys(update)[0]!.startsWith("$");
    const result = await (replaces ? col.replaceOne(filter, update, { upsert: true }) : col.updateOne(filter, update, { upsert: true }));
    expect(result).toMatchObject({ matchedCount: 0, modifiedCount: 0, upsertedCount: 1, upsertedId: 5 });
    expect(await col.findOne()).toEqual(doc);
  });

  test.each<[filter: Document, update: Document, code: number]>([
    [{ a: 1, $and: [{ a: 2 }] }, { $set: { b: 1 } }, 54], [{ a: 1, "a.b": 1 }, { $set: { c: 1 } }, 54], [{ _id: 1 }, { $set: { _id: 2 } }, 66], [{ a: 1 }, { $set: { "a.b": 1 } }, 28],
  ])("%j %j is refused with %i", async (filter, update, code) => {
    expect(await codeOf(mongo.collection().updateOne(filter, update, { upsert: true }))).toBe(code);
  });
});

describe("findAndModify (reference/command/findAndModify)", () => {
  test("before, after, sort, fields, remove, upsert", async () => {
    const col = mongo.collection();
    await col.insertMany([{ _id: 1, n: 3 }, { _id: 2, n: 1 }, { _id: 3, n: 2 }]);
    const run = (o: Document) => mongo.db.command({ findAndModify: col.collectionName, ...o });
    expect(await run({ query: { n: { $gt: 0 } }, sort: { n: 1 }, update: { $set: { hit: 1 } } })).toMatchObject({ lastErrorObject: { n: 1, updatedExisting: true }, value: { _id: 2, n: 1 }, ok: 1 });
    expect((await run({ query: { _id: 2 }, update: { $inc: { n: 5 } }, new: true, fields: { n: 1, _id: 0 } }))["value"]).toEqual({ n: 6 });
    expect((await run({ query: { _id: 3 }, remove: true }))["value"]).toEqual({ _id: 3, n: 2 });
    expect(await run({ query: { _id: 9 }, update: { n: 9 }, upsert: true })).toMatchObject({ value: null, lastErrorObject: { n: 1, updatedExisting: false, upserted: 9 } });
    expect(await run({ query: { _id: 10 }, update: { $set: { n: 9 } } })).toMatchObject({ value: null, lastErrorObject: { n: 0, updatedExisting: false } });
    expect((await run({ query: { _id: 1 }, update: { $push: { l: { $each: [1, 5] } } }, new: true }))["value"]["l"]).toEqual([1, 5]);
    expect((await run({ query: { _id: 1 }, update: { $set: { "l.$[x]": 0 } }, arrayFilters: [{ x: 5 }], new: true }))["value"]["l"]).toEqual([1, 0]);
    for (const o of [{ remove: true, update: {} }, { remove: true, new: true }, { remove: true, upsert: true }, {}]) expect(await codeOf(run(o))).toBe(9);
  });
});

describe("batches", () => {
  test("ordered ones stop at the first error, unordered ones go on; each error has its index (reference/command/insert, update, delete)", async () => {
    const col = mongo.collection();
    await col.createIndex({ k: 1 }, { unique: true, name: "by k" });
    const run = (command: Document) => mongo.db.command(command);
    const documents = [{ k: 1 }, { k: 1 }, { k: 2 }, { k: 2 }];
    const ordered = await run({ insert: col.collectionName, documents });
    expect(ordered).toMatchObject({ n: 1, ok: 1, writeErrors: [{ index: 1, code: 11000, keyPattern: { k: 1 }, keyValue: { k: 1 } }] });
    expect(ordered["writeErrors"][0].errmsg).toMatch(/^E11000 duplicate key error collection: .* index: by k dup key: \{ k: 1 \}$/);
    const unordered = await run({ insert: col.collectionName, documents, ordered: false });
    expect([unordered["n"], unordered["writeErrors"].map((e: Document) => e["index"])]).toEqual([1, [0, 1, 3]]);
    const updates = [{ q: { k: 1 }, u: { $set: { k: 2 } } }, { q: { k: 1 }, u: { $set: { m: 1 } } }];
    expect(await run({ update: col.collectionName, updates })).toMatchObject({ n: 0, nModified: 0, writeErrors: [{ index: 0, code: 11000 }] });
    expect(await run({ update: col.collectionName, updates, ordered: false })).toMatchObject({ n: 1, nModified: 1, writeErrors: [{ index: 0, code: 11000 }] });
    expect(await run({ delete: col.collectionName, deletes: [{ q: { $nope: 1 }, limit: 1 }, { q: {}, limit: 0 }], ordered: false })).toMatchObject({ n: 2, writeErrors: [{ index: 0, code: 2 }] });
  });

  test("a duplicate in an array names the item (core/index-unique)", async () => {
    const col = mongo.collection();
    await col.createIndex({ "l.a": 1, z: -1 }, { unique: true });
    await col.insertOne({ l: [{ a: 1 }, { a: 2 }], z: 1 });
    const error = await col.insertOne({ l: [{ a: 3 }, { a: 2 }], z: 1 }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 11000, keyPattern: { "l.a": 1, z: -1 }, keyValue: { "l.a": 2, z: 1 } });
  });

  test("bulkWrite in order and not (reference/method/db.collection.bulkWrite)", async () => {
    const col = mongo.collection();
    const result = await col.bulkWrite([
      { insertOne: { document: { _id: 1, a: 1 } } }, { insertOne: { document: { _id: 2, a: 2 } } }, { updateOne: { filter: { _id: 1 }, update: { $inc: { a: 5 } } } }, { updateMany: { filter: {}, update: { $set: { b: 1 } } } },
      { replaceOne: { filter: { _id: 3 }, replacement: { c: 1 }, upsert: true } }, { deleteOne: { filter: { _id: 2 } } },
    ]);
    expect(result).toMatchObject({ insertedCount: 2, matchedCount: 3, modifiedCount: 3, deletedCount: 1, upsertedCount: 1, upsertedIds: { 4: 3 } });
    const error = await col.bulkWrite([{ insertOne: { document: { _id: 1 } } }, { insertOne: { document: { _id: 7 } } }, { deleteMany: { filter: {} } }], { ordered: false }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 11000, insertedCount: 1, deletedCount: 3 });
  });

  test("bulkWrite as a command, over collections, each with its outcome (reference/command/bulkWrite, 8.0)", async () => {
    const [a, b] = [mongo.collection(), mongo.collection()];
    await a.insertMany([{ _id: 1, n: 0 }, { _id: 2, n: 0 }, { _id: 3, n: 0 }]);
    const namespace = (col: Collection<Doc>) => `${col.dbName}.${col.collectionName}`;
    const result = await mongo.client.bulkWrite<Record<string, Doc>>([
      { namespace: namespace(a), name: "updateOne", filter: { _id: 1, n: 0 }, update: { $inc: { n: 1 } } }, { namespace: namespace(a), name: "updateOne", filter: { _id: 1, n: 0 }, update: { $inc: { n: 1 } } },
      { namespace: namespace(b), name: "insertOne", document: { _id: 7 } }, { namespace: namespace(b), name: "updateOne", filter: { _id: 8 }, update: { $set: { x: 1 } }, upsert: true },
      { namespace: namespace(a), name: "updateMany", filter: { _id: { $gt: 1 } }, update: [{ $set: { n: 5 } }] }, { namespace: namespace(a), name: "deleteOne", filter: { n: 5 } },
      { namespace: namespace(a), name: "replaceOne", filter: { _id: 1 }, replacement: { m: 1 } }, { namespace: namespace(a), name: "deleteMany", filter: { _id: 99 } },
    ], { ordered: false, verboseResults: true });
    expect(result).toMatchObject({ insertedCount: 1, upsertedCount: 1, matchedCount: 4, modifiedCount: 4, deletedCount: 1 });
    expect([...result.updateResults!].map(([idx, { matchedCount, modifiedCount, upsertedId }]) => [idx, matchedCount, modifiedCount, upsertedId])).toEqual([[0, 1, 1, undefined], [1, 0, 0, undefined], [3, 1, 0, 8], [4, 2, 2, undefined], [6, 1, 1, undefined]]);
    expect([...result.deleteResults!]).toEqual([[5, { deletedCount: 1 }], [7, { deletedCount: 0 }]]);
    expect(await a.find().sort({ _id: 1 }).toArray()).toEqual([{ _id: 1, m: 1 }, { _id: 3, n: 5 }]);

    const failing = [{ namespace: namespace(b), name: "insertOne", document: { _id: 7 } }, { namespace: namespace(b), name: "updateOne", filter: { _id: 7 }, update: { $set: { y: 1 } } }] as const;
    const unordered = await mongo.client.bulkWrite<Record<string, Doc>>(failing, { ordered: false, verboseResults: true }).catch((e: unknown) => e as { writeErrors: Map<number, { code: number }>; partialResult: { matchedCount: number } });
    expect(unordered).toMatchObject({ partialResult: { matchedCount: 1 } });
    expect([...(unordered as { writeErrors: Map<number, { code: number }> }).writeErrors].map(([idx, { code }]) => [idx, code])).toEqual([[0, 11000]]);
    await b.updateOne({ _id: 7 }, { $unset: { y: "" } });
    await expect(mongo.client.bulkWrite<Record<string, Doc>>(failing, { ordered: true })).rejects.toMatchObject({ name: "MongoClientBulkWriteError" });
    expect(await b.findOne({ _id: 7 })).toEqual({ _id: 7 });
  });

  test("bulkWrite's counts, its errors alone, and what it refuses", async () => {
    const col = mongo.collection();
    const nsInfo = [{ ns: `${col.dbName}.${col.collectionName}` }];
    const admin = mongo.client.db("admin");
    const ops = [{ insert: 0, document: { _id: 1 } }, { insert: 0, document: { _id: 1 } }, { update: 0, filter: { _id: 1 }, updateMods: { $set: { a: 1 } } }];
    const reply = await admin.command({ bulkWrite: 1, ops, nsInfo, ordered: false, errorsOnly: true });
    expect(reply).toMatchObject({ ok: 1, nErrors: 1, nInserted: 1, nMatched: 1, nModified: 1, nUpserted: 0, nDeleted: 0, cursor: { ns: "admin.$cmd.bulkWrite", firstBatch: [{ ok: 0, idx: 1, n: 0, code: 11000 }] } });
    const stopped = await admin.command({ bulkWrite: 1, ops, nsInfo });
    expect(stopped["cursor"].firstBatch).toMatchObject([{ ok: 0, idx: 0, code: 11000 }]);
    expect(await codeOf(mongo.db.command({ bulkWrite: 1, ops, nsInfo }))).toBe(13);
    for (const [refused, code] of [
      [{ ops: [], nsInfo }, 16], [{ ops, nsInfo: [{ ns: "nodot" }] }, 73], [{ ops: [{ insert: 1, document: {} }], nsInfo }, 2], [{ ops: [{ upsert: true }], nsInfo }, 9],
      [{ ops: [{ insert: 0, document: {}, multi: true }], nsInfo }, 40415], [{ ops: [{ update: 0, filter: {}, updateMods: {}, sort: { a: 1 } }], nsInfo }, 238], [{ ops, nsInfo, nope: 1 }, 40415],
    ] as const) expect(await codeOf(admin.command({ bulkWrite: 1, ...refused }))).toBe(code);
  });

  test.each<[doc: Document, code: number]>([[{ _id: [1] }, 53], [{ _id: /x/ }, 53], [{ _id: { $a: 1 } }, 52]])("insert of %j is refused", async (doc, code) => {
    expect(await codeOf(mongo.collection().insertOne(doc))).toBe(code);
  });

  test("dots and dollars in stored names (core/dot-dollar-considerations)", async () => {
    const col = mongo.collection();
    await col.insertOne({ _id: 1, "a.b": 1, $c: 1, d: { $e: 1, "f.g": 1 } });
    expect(await col.findOne()).toEqual({ _id: 1, "a.b": 1, $c: 1, d: { $e: 1, "f.g": 1 } });
    expect(await codeOf(mongo.db.command({ update: col.collectionName, updates: [{ q: {}, u: { a: 1, $b: 1 } }] }).then((r) => { throw r["writeErrors"][0]; }))).toBe(52);
  });
});
