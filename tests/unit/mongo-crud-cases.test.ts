import { Long, type Collection, type Document } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestMongo, type Doc, type TestMongo } from "../support/mongo.ts";

/** The driver's own CRUD calls with each of their options, against what the manual says (pages under mongodb.com/docs/manual/reference/). */

let mongo: TestMongo;
beforeAll(async () => {
  mongo = await startTestMongo();
});
afterAll(() => mongo.stop());

type Call = (col: Collection<Doc>) => unknown;
const THREE: Document[] = [{ _id: 1, x: 11 }, { _id: 2, x: 22 }, { _id: 3, x: 33 }];
const BLIND = { collation: { locale: "en_US", strength: 2 } };
const PINGS: Document[] = [{ _id: 1, x: "PING" }, { _id: 2, x: "ping" }];
const byLet = { $expr: { $eq: ["$_id", "$$id"] } };
const LET = { let: { id: 1, x: "foo", y: { $literal: "$bar" } } };
const setField = (field: string, input: string) => ({ $setField: { field: { $literal: field }, value: 1, input } });
const w0 = { writeConcern: { w: 0 as const } };

async function filled(docs: readonly Document[]): Promise<Collection<Doc>> {
  const col = mongo.collection();
  if (docs.length > 0) await col.insertMany(docs.map((doc) => ({ ...doc })) as Doc[]);
  return col;
}
const stored = (col: Collection<Doc>) => col.find().sort({ _id: 1 }).toArray();

/** `[what, call, result, documents afterwards, documents before]`: a result that is not given is not looked at. */
type Case = [what: string, call: Call, result?: unknown, after?: readonly Document[] | undefined, before?: readonly Document[]];

function holds(cases: readonly Case[]): void {
  test.each(cases)("%s", async (_what, call, result, after, before = THREE) => {
    const col = await filled(before);
    const answer = await call(col);
    if (result !== undefined) expect(answer).toEqual(result !== null && typeof result === "object" && !Array.isArray(result) ? expect.objectContaining(result) : result);
    if (after) expect(await stored(col)).toEqual(after);
  });
}

describe("reading (command/find, aggregate, count, distinct)", () => {
  holds([
    ["batches", (col) => col.find({ _id: { $gt: 1 } }, { sort: { _id: 1 }, batchSize: 1 }).toArray(), THREE.slice(1)],
    ["limit equal to batchSize", (col) => col.find({}, { sort: { _id: 1 }, limit: 2, batchSize: 2 }).toArray(), THREE.slice(0, 2)],
    ["negative limit: one batch", (col) => col.find({}, { limit: -2 }).toArray(), THREE.slice(0, 2)],
    ["sort, skip, projection", (col) => col.find({}, { sort: { x: -1 }, skip: 1, projection: { _id: 0, x: 1 } }).toArray(), [{ x: 22 }, { x: 11 }]],
    ["hint by name, by key and natural", async (col) => [await col.find({}, { hint: "_id_" }).toArray(), await col.find({}, { hint: { _id: 1 } }).toArray(), await col.find({}, { hint: { $natural: -1 } }).toArray()], [THREE, THREE, THREE.toReversed()]],
    ["collation", (col) => col.find({ x: "Ping" }, BLIND).toArray(), PINGS, undefined, PINGS],
    ["let", (col) => col.find(byLet, { let: { id: 2 } }).toArray(), [THREE[1]]],
    ["comments of any type, allowDiskUse, maxTimeMS, noCursorTimeout", (col) => col.find({}, { comment: { a: 1 }, allowDiskUse: true, maxTimeMS: 60_000, noCursorTimeout: true, batchSize: 1 }).toArray(), THREE],
    ["aggregate: batches, collation, comment", (col) => col.aggregate([{ $match: { x: "pinG" } }], { ...BLIND, batchSize: 1, comment: "why", allowDiskUse: true }).toArray(), PINGS, undefined, PINGS],
    ["aggregate: let in expressions", (col) => col.aggregate([{ $match: byLet }, { $project: { _id: 0, x: "$$x", y: "$$y" } }], LET).toArray(), [{ x: "foo", y: "$bar" }]],
    ["aggregate: let in a $lookup's pipeline", (col) => col.aggregate([{ $match: { _id: 1 } }, { $lookup: { from: col.collectionName, let: { mine: "$x" }, pipeline: [{ $match: { $expr: { $gt: ["$x", { $add: ["$$mine", "$$more"] }] } } }, { $project: { _id: 1 } }], as: "higher" } }], { let: { more: 11 } }).toArray(), [{ _id: 1, x: 11, higher: [{ _id: 3 }] }]],
    ["aggregate: $out answers nothing", (col) => col.aggregate([{ $match: { _id: { $gt: 1 } } }, { $out: `${col.collectionName}_out` }], { batchSize: 2 }).toArray().then(async (got) => [got, await mongo.db.collection(`${col.collectionName}_out`).find().toArray()]), [[], THREE.slice(1)]],
    ["aggregate: $merge", (col) => col.aggregate([{ $match: { _id: 2 } }, { $set: { x: 0 } }, { $merge: { into: col.collectionName } }]).toArray(), [], [THREE[0]!, { _id: 2, x: 0 }, THREE[2]!]],
    ["countDocuments: skip, limit, hint, comment", (col) => col.countDocuments({ _id: { $gt: 0 } }, { skip: 1, limit: 1, hint: "_id_", comment: { a: 1 } }), 1],
    ["countDocuments: collation", (col) => col.countDocuments({ x: "ping" }, BLIND), 2, undefined, PINGS],
    ["countDocuments of nothing", (col) => col.countDocuments(), 0, undefined, []],
    ["count: skip and limit", (col) => mongo.db.command({ count: col.collectionName, query: { _id: { $gt: 0 } }, skip: 1, limit: 3, hint: "_id_" }), { n: 2, ok: 1 }],
    ["estimatedDocumentCount", (col) => col.estimatedDocumentCount({ comment: "why", maxTimeMS: 60_000 }), 3],
    ["estimatedDocumentCount of no collection", () => mongo.db.collection("none").estimatedDocumentCount(), 0],
    ["distinct: filter and comment", (col) => col.distinct("x", { _id: { $gt: 1 } }, { comment: { a: 1 } }), [22, 33]],
    ["distinct: collation", (col) => col.distinct("x", {}, BLIND), ["PING"], undefined, PINGS],
    ["distinct: arrays", (col) => col.distinct("x"), [1, 2, 3], undefined, [{ _id: 1, x: [1, 2] }, { _id: 2, x: [3, 1] }, { _id: 3 }]],
    ["$listLocalSessions", () => mongo.client.db("admin").aggregate([{ $listLocalSessions: {} }, { $limit: 1 }, { $project: { _id: 0, dummy: "one" } }]).toArray(), [{ dummy: "one" }]],
    ["$currentOp", () => mongo.client.db("admin").aggregate([{ $currentOp: { allUsers: false, idleConnections: false, localOps: true } }, { $limit: 1 }, { $project: { _id: 0, type: 1 } }]).toArray(), [{ type: "op" }]],
    ["listIndexes and listCollections in batches", async (col) => {
      await col.createIndexes([{ key: { a: 1 } }, { key: { b: -1 } }]);
      const { cursor } = await mongo.db.command({ listIndexes: col.collectionName, cursor: { batchSize: 1 } });
      const names = await mongo.db.listCollections({ name: col.collectionName }, { batchSize: 1, nameOnly: true }).toArray();
      return [cursor.firstBatch.length, await col.listIndexes({ batchSize: 2 }).map((index) => index.name as unknown as string).toArray(), names.map(({ name }) => name === col.collectionName)];
    }, [1, ["_id_", "a_1", "b_-1"], [true]]],
    ["runCursorCommand with getMore's own options", async (col) => mongo.db.runCursorCommand({ find: col.collectionName, batchSize: 1 }).setBatchSize(1).setComment({ a: 1 }).toArray(), THREE],
  ]);
});

describe("inserting (command/insert)", () => {
  holds([
    ["names with dots and dollars, below the top too", (col) => col.insertOne({ _id: 4, $a: 1, "b.c": 2, d: { $e: 3, "f.g": 4 } }), { insertedId: 4 }, [{ _id: 4, $a: 1, "b.c": 2, d: { $e: 3, "f.g": 4 } }], []],
    ["what looks like a DBRef", (col) => col.insertOne({ _id: 4, a: { $db: "foo" } }), { acknowledged: true }, [{ _id: 4, a: { $db: "foo" } }], []],
    ["an _id with a dot in it", (col) => col.insertOne({ _id: { "a.b": 1 } as never }), { acknowledged: true }, [{ _id: { "a.b": 1 } }], []],
    ["unacknowledged, twice the same", async (col) => {
      const answer = await col.insertOne({ _id: 1 }, w0);
      await col.insertOne({ _id: 9 });
      return answer;
    }, { acknowledged: false }, [...THREE, { _id: 9 }]],
    ["unordered: all that can be are", (col) => col.insertMany([{ _id: 1 }, { _id: 4 }, { _id: 4 }, { _id: 5 }], { ordered: false }).catch((error: Document) => [error["code"], error["result"].insertedCount, error["writeErrors"].map(({ index, code }: Document) => [index, code])]), [11000, 2, [[0, 11000], [2, 11000]]], [...THREE, { _id: 4 }, { _id: 5 }]],
    ["ordered: until the first that can't", (col) => col.insertMany([{ _id: 4 }, { _id: 1 }, { _id: 5 }]).catch((error: Document) => [error["code"], error["result"].insertedCount]), [11000, 1], [...THREE, { _id: 4 }]],
  ]);
});

describe("updating (command/update, findAndModify)", () => {
  const counts = (matchedCount: number, modifiedCount: number, upsertedCount = 0) => ({ acknowledged: true, matchedCount, modifiedCount, upsertedCount });
  holds([
    ["hint and comment", (col) => col.updateMany({ _id: { $gt: 1 } }, { $inc: { x: 1 } }, { hint: { _id: 1 }, comment: { a: 1 } }), counts(2, 2), [THREE[0]!, { _id: 2, x: 23 }, { _id: 3, x: 34 }]],
    ["collation", (col) => col.updateMany({ x: "Ping" }, { $set: { x: "pong" } }, BLIND), counts(2, 2), [{ _id: 1, x: "pong" }, { _id: 2, x: "pong" }], PINGS],
    ["nothing new to set", (col) => col.updateOne({ _id: 1 }, { $set: { x: 11 } }), counts(1, 0), THREE],
    ["arrayFilters", (col) => col.updateMany({}, { $set: { "y.$[i].b": 2 } }, { arrayFilters: [{ "i.b": 3 }] }), counts(2, 1), [{ _id: 1, y: [{ b: 2 }, { b: 1 }] }, { _id: 2, y: [{ b: 0 }] }], [{ _id: 1, y: [{ b: 3 }, { b: 1 }] }, { _id: 2, y: [{ b: 0 }] }]],
    ["arrayFilters in two depths", (col) => col.updateOne({}, { $set: { "y.$[i].c.$[j].d": 0 } }, { arrayFilters: [{ "i.b": 5 }, { "j.d": 1 }] }), counts(1, 1), [{ _id: 3, y: [{ b: 5, c: [{ d: 2 }, { d: 0 }] }] }], [{ _id: 3, y: [{ b: 5, c: [{ d: 2 }, { d: 1 }] }] }]],
    ["a pipeline with let", (col) => col.updateOne(byLet, [{ $set: { x: "$$x", y: "$$y" } }], LET), counts(1, 1), [{ _id: 1, x: "foo", y: "$bar" }, ...THREE.slice(1)]],
    ["$setField with a dollar", (col) => col.updateOne({ _id: 1 }, [{ $replaceWith: setField("$a", "$$ROOT") }]), counts(1, 1), [{ _id: 1, $a: 1 }], [{ _id: 1 }]],
    ["$setField with a dot, below the top", (col) => col.updateMany({}, [{ $set: { foo: setField("a.b", "$foo") } }]), counts(1, 1), [{ _id: 1, foo: { "a.b": 1 } }], [{ _id: 1, foo: {} }]],
    ["upsert: filter and update together", (col) => col.updateOne({ _id: 4, y: { $in: [1] }, z: { $eq: 2 } }, { $inc: { x: 1 }, $setOnInsert: { n: 1 } }, { upsert: true }), { ...counts(0, 0, 1), upsertedId: 4 }, [...THREE, { _id: 4, y: 1, z: 2, n: 1, x: 1 }]],
    ["upsert with null as _id: $unset", (col) => col.updateOne({ _id: null as never }, { $unset: { a: "" } }, { upsert: true }), { ...counts(0, 0, 1), upsertedId: null }, [{ _id: null }], []],
    ["upsert with null as _id: a pipeline", (col) => col.updateMany({ _id: null as never }, [{ $set: { a: 1 } }], { upsert: true }), counts(0, 0, 1), [{ _id: null, a: 1 }], []],
    ["upsert with null as _id: replacement", (col) => col.replaceOne({ _id: null as never }, { a: 1 }, { upsert: true }), counts(0, 0, 1), [{ _id: null, a: 1 }], []],
    ["replacement: dots and dollars", (col) => col.replaceOne({ _id: 1 }, { "a.b": 1, c: { $d: 1, "e.f": 1 } }), counts(1, 1), [{ _id: 1, "a.b": 1, c: { $d: 1, "e.f": 1 } }, ...THREE.slice(1)]],
    ["replacement with let", (col) => col.replaceOne(byLet, { x: "foo" }, LET), counts(1, 1), [{ _id: 1, x: "foo" }, ...THREE.slice(1)]],
    ["unacknowledged with a hint", async (col) => {
      await col.updateOne({ _id: 1 }, { $inc: { x: 1 } }, { ...w0, hint: "_id_" });
      await col.insertOne({ _id: 9 });
      return "sent";
    }, "sent", [{ _id: 1, x: 12 }, ...THREE.slice(1), { _id: 9 }]],
    ["findOneAndUpdate: sort, projection, before and after", async (col) => [await col.findOneAndUpdate({ _id: { $gt: 1 } }, { $inc: { x: 1 } }, { sort: { x: -1 }, projection: { _id: 0, x: 1 } }), await col.findOneAndUpdate({ _id: 1 }, [{ $set: { x: "$$x" } }], { ...LET, returnDocument: "after", hint: { _id: 1 }, comment: "why" })], [{ x: 33 }, { _id: 1, x: "foo" }], [{ _id: 1, x: "foo" }, THREE[1]!, { _id: 3, x: 34 }]],
    ["findOneAndUpdate: what it says of itself", async (col) => [await col.findOneAndUpdate({ _id: 1 }, { $inc: { x: 1 } }, { includeResultMetadata: true }), await col.findOneAndUpdate({ _id: 4 }, { $inc: { x: 1 } }, { includeResultMetadata: true }), await col.findOneAndUpdate({ _id: 5 }, { $inc: { x: 1 } }, { includeResultMetadata: true, upsert: true })], [
      { lastErrorObject: { n: 1, updatedExisting: true }, value: THREE[0], ok: 1 }, { lastErrorObject: { n: 0, updatedExisting: false }, value: null, ok: 1 }, { lastErrorObject: { n: 1, updatedExisting: false, upserted: 5 }, value: null, ok: 1 }]],
    ["findOneAndUpdate: arrayFilters, collation", async (col) => [await col.findOneAndUpdate({ x: "PONG" }, { $set: { "y.$[i]": 0 } }, { ...BLIND, arrayFilters: [{ i: { $gt: 1 } }], returnDocument: "after" })], [{ _id: 1, x: "pong", y: [1, 0] }], undefined, [{ _id: 1, x: "pong", y: [1, 2] }]],
    ["findOneAndReplace: dots, dollars, upsert", async (col) => [await col.findOneAndReplace({ _id: 1 }, { "a.b": { $c: 1 } }, { returnDocument: "after" }), await col.findOneAndReplace({ _id: 4 }, { x: 1 }, { upsert: true, returnDocument: "after", projection: { _id: 0 } })], [{ _id: 1, "a.b": { $c: 1 } }, { x: 1 }]],
  ]);
});

describe("deleting (command/delete)", () => {
  holds([
    ["one, by hint", (col) => col.deleteOne({ _id: { $gt: 1 } }, { hint: "_id_", comment: "why" }), { deletedCount: 1 }, [THREE[0]!, THREE[2]!]],
    ["many, by collation", (col) => col.deleteMany({ x: "Ping" }, BLIND), { deletedCount: 2 }, [], PINGS],
    ["with let", (col) => col.deleteMany(byLet, { let: { id: 2 } }), { deletedCount: 1 }, [THREE[0]!, THREE[2]!]],
    ["none", (col) => col.deleteOne({ _id: 9 }), { deletedCount: 0 }, THREE],
    ["unacknowledged", async (col) => {
      await col.deleteMany({ _id: { $gt: 1 } }, { ...w0, hint: { _id: 1 } });
      await col.insertOne({ _id: 9 });
      return "sent";
    }, "sent", [THREE[0]!, { _id: 9 }]],
    ["findOneAndDelete: sort, projection, hint, let", (col) => col.findOneAndDelete(byLet, { let: { id: 1 }, sort: { x: -1 }, projection: { _id: 0 }, hint: { _id: 1 }, includeResultMetadata: true }), { lastErrorObject: { n: 1 }, value: { x: 11 }, ok: 1 }, THREE.slice(1)],
  ]);
});

describe("several at once (method/db.collection.bulkWrite)", () => {
  holds([
    ["each kind, with options of its own", (col) => col.bulkWrite([
      { insertOne: { document: { _id: 4, x: 44 } } }, { updateOne: { filter: { _id: 1 }, update: { $inc: { x: 1 } }, hint: "_id_" } }, { updateMany: { filter: { _id: { $gt: 1 } }, update: [{ $set: { x: { $add: ["$x", 1] } } }], collation: { locale: "en" } } },
      { replaceOne: { filter: { _id: 9 }, replacement: { x: 9 }, upsert: true } }, { deleteOne: { filter: { _id: 2 } } }, { deleteMany: { filter: { x: { $gt: 40 } }, hint: { _id: 1 } } },
    ], { comment: { a: 1 }, let: { id: 1 } }).then(({ insertedCount, matchedCount, modifiedCount, upsertedCount, upsertedIds, deletedCount }) => [insertedCount, matchedCount, modifiedCount, upsertedCount, upsertedIds, deletedCount]), [1, 4, 4, 1, { 3: 9 }, 2], [{ _id: 1, x: 12 }, { _id: 3, x: 34 }, { _id: 9, x: 9 }]],
    ["ordered: ends at the first failure", (col) => col.bulkWrite([{ insertOne: { document: { _id: 4 } } }, { insertOne: { document: { _id: 4 } } }, { deleteOne: { filter: { _id: 1 } } }]).catch((error: Document) => [error["code"], error["result"].insertedCount, error["result"].deletedCount]), [11000, 1, 0], [...THREE, { _id: 4 }]],
    ["unordered: goes on", (col) => col.bulkWrite([{ insertOne: { document: { _id: 1 } } }, { updateOne: { filter: {}, update: { $inc: { x: "no" as never } } } }, { deleteOne: { filter: { _id: 1 } } }], { ordered: false }).catch((error: Document) => [error["writeErrors"].map(({ index, code }: Document) => [index, code]), error["result"].deletedCount]), [[[0, 11000], [1, 14]], 1], THREE.slice(1)],
    ["with let", (col) => col.bulkWrite([{ updateOne: { filter: byLet, update: [{ $set: { x: "$$x" } }] } }, { deleteOne: { filter: { $expr: { $eq: ["$x", "$$x"] } } } }], LET).then(({ modifiedCount, deletedCount }) => [modifiedCount, deletedCount]), [1, 1], THREE.slice(1)],
    ["arrayFilters", (col) => col.bulkWrite([{ updateMany: { filter: {}, update: { $inc: { "y.$[i]": 1 } }, arrayFilters: [{ i: { $gte: 2 } }] } }]), { modifiedCount: 1 }, [{ _id: 1, y: [1, 3, 4] }], [{ _id: 1, y: [1, 2, 3] }]],
  ]);
});

describe("refused, by code", () => {
  const command = (make: (name: string) => Document): Call => (col) => mongo.db.command(make(col.collectionName));
  test.each<[what: string, code: number, call: Call]>([
    ["a sort in updateOne, which 8.0 brings", 40415, (col) => col.updateOne({}, { $set: { x: 1 } }, { sort: { _id: 1 } })], ["a sort in replaceOne", 40415, (col) => col.replaceOne({}, { x: 1 }, { sort: { _id: 1 } })],
    ["a hint of no index: find", 2, (col) => col.find({}, { hint: "x_1" }).toArray()], ["a hint of no index: update", 2, (col) => col.updateOne({}, { $set: { x: 1 } }, { hint: { x: 1 } })], ["a hint of no index: delete", 2, (col) => col.deleteMany({}, { hint: "x_1" })],
    ["a hint of no index: findAndModify", 2, (col) => col.findOneAndDelete({}, { hint: { x: 1 } })], ["a hint of no index: aggregate", 2, (col) => col.aggregate([], { hint: "x_1" }).toArray()], ["a hint of no index: count", 2, command((count) => ({ count, query: {}, hint: "x_1" }))],
    ["an unknown operator", 2, (col) => col.findOne({ x: { $nothing: 1 } as never })], ["$or of no list", 2, (col) => col.findOne({ $or: true as never })], ["a variable that let does not have", 17276, (col) => col.findOne(byLet)],
    ["an _id with a dollar", 52, (col) => col.insertOne({ _id: { $a: 1 } as never })], ["an array as _id", 53, (col) => col.insertOne({ _id: [1] as never })], ["another _id in a replacement", 66, (col) => col.replaceOne({ _id: 1 }, { _id: 9 })],
    ["an array filter that is not used", 9, (col) => col.updateOne({}, { $set: { x: 1 } }, { arrayFilters: [{ "i.b": 1 }] })], ["two updates of one path", 40, (col) => col.updateOne({}, { $set: { x: 1 }, $inc: { x: 1 } })],
    ["a replacement of many", 9, async (col) => { const { writeErrors } = await mongo.db.command({ update: col.collectionName, updates: [{ q: {}, u: { a: 1 }, multi: true }] }); throw writeErrors[0]; }], ["a statement without its filter", 40414, command((update) => ({ update, updates: [{ u: { $set: { a: 1 } } }] }))],
    ["an unknown field of a statement, whatever stands before it", 40415, command((update) => ({ update, updates: [{ q: {}, u: { $set: { never: 1 } } }, { q: {}, u: { $set: { a: 1 } }, nope: 1 }] }))],
    ["maxTimeMS of a getMore", 2, async (col) => { const { cursor } = await mongo.db.command({ find: col.collectionName, batchSize: 1 }); await mongo.db.command({ getMore: Long.fromString(String(cursor.id)), collection: col.collectionName, maxTimeMS: 10 }); }],
    ["$out with a linearizable read", 123, (col) => col.aggregate([{ $out: "o" }], { readConcern: { level: "linearizable" } }).toArray()], ["a change stream", 40573, (col) => col.watch().next()], ["$currentOp elsewhere than in admin", 73, () => mongo.db.aggregate([{ $currentOp: {} }]).toArray()],
    ["$listLocalSessions of a collection", 73, (col) => col.aggregate([{ $listLocalSessions: {} }]).toArray()], ["returnKey", 238, (col) => col.find({}, { returnKey: true }).toArray()], ["a capped collection", 238, () => mongo.db.createCollection("capped", { capped: true, size: 1_000 })],
    ["a view", 238, () => mongo.db.createCollection("view", { viewOn: "c0", pipeline: [] })], ["a text index", 238, (col) => col.createIndex({ a: "text" })], ["a 2dsphere index", 238, (col) => col.createIndex({ a: "2dsphere" })], ["a snapshot session", 123, async (col) => { const session = mongo.client.startSession({ snapshot: true }); await col.findOne({}, { session }).finally(() => session.endSession()); }],
  ])("%s: %i", async (_what, code, call) => {
    const col = await filled(THREE);
    const failure = await Promise.resolve().then(() => call(col)).then(() => ({ code: 0 }), (error: Document) => error);
    expect((failure as Document)["code"]).toBe(code);
    expect(await stored(col)).toEqual(THREE);
  });

  const rejected = (promise: Promise<unknown>) => promise.then(() => expect.fail("it was taken"), (error: Document) => error["errorResponse"] as Document);

  test("a duplicate key names its pattern and value, on each way in", async () => {
    const col = await filled(THREE);
    await col.createIndex({ x: 1 }, { unique: true });
    const dup = { code: 11000, keyPattern: { x: 1 }, keyValue: { x: 22 } };
    expect(await rejected(col.insertOne({ _id: 9, x: 22 }))).toMatchObject(dup);
    expect(await rejected(col.updateOne({ _id: 1 }, { $set: { x: 22 } }))).toMatchObject(dup);
    expect(await rejected(col.findOneAndUpdate({ _id: 1 }, { $set: { x: 22 } }))).toMatchObject({ ...dup, codeName: "DuplicateKey" });
    expect(await rejected(col.aggregate([{ $match: { _id: 2 } }, { $merge: { into: col.collectionName, whenMatched: "fail" } }]).toArray())).toMatchObject({ code: 11000, keyPattern: { _id: 1 }, keyValue: { _id: 2 } });
  });

  test("a failed validation names its document, on each way in", async () => {
    const col = await filled([{ _id: 1, x: "text" }]);
    await mongo.db.command({ collMod: col.collectionName, validator: { x: { $type: "string" } } });
    for (const failure of [() => col.insertOne({ _id: 1, x: 1 }), () => col.insertMany([{ _id: 1, x: 1 }]).catch((error: Document) => { throw { errorResponse: error["writeErrors"][0].err }; }), () => col.updateOne({ _id: 1 }, { $set: { x: 1 } }), () => col.findOneAndUpdate({ _id: 1 }, { $set: { x: 1 } }), () => col.replaceOne({ _id: 1 }, { x: 1 })]) {
      expect(await rejected(failure())).toMatchObject({ code: 121, errInfo: { failingDocumentId: 1, details: { operatorName: expect.any(String) } } });
    }
    expect((await col.updateOne({ _id: 1 }, { $set: { x: 1 } }, { bypassDocumentValidation: true })).modifiedCount).toBe(1);
  });
});
