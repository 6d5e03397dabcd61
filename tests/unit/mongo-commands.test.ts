import { createConnection } from "node:net";
import { MongoBackend } from "@agendajs/mongo-backend";
import { Agenda } from "agenda";
import { Decimal128, Double, GridFSBucket, Long, MongoClient, ObjectId, Timestamp, type Collection, type Db, type Document } from "mongodb";
import { createConnection as mongooseConnection, Schema } from "mongoose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTestStore } from "../support/store.ts";

let store: Awaited<ReturnType<typeof startTestStore>>;
let client: MongoClient;
let db: Db;
type Doc = Document & { _id?: number | ObjectId };
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
  col = db.collection<Doc>(`c${n++}`);
});

const codeOf = (promise: Promise<unknown>) => promise.then(() => 0, (error: { code?: number }) => error.code);

describe("documents", () => {
  test("every BSON type comes back as it was sent", async () => {
    const exact = new MongoClient(store.uri, { promoteValues: false, bsonRegExp: true });
    const doc = {
      _id: new ObjectId(), long: Long.fromString("9007199254740993"), small: Long.fromNumber(5), double: new Double(5), decimal: Decimal128.fromString("1.10"),
      date: new Date(5), ts: new Timestamp({ t: 1, i: 2 }), nul: null, b: true, bin: Buffer.from([1, 2]), text: "ä\0ö", list: [1, [2]], deep: { 2: "b", 1: "a" },
    };
    await exact.db().collection(col.collectionName).insertOne(doc);
    const found = await exact.db().collection(col.collectionName).findOne({ _id: doc._id });
    expect(found!["long"].toString()).toBe("9007199254740993");
    expect(found!["small"]._bsontype).toBe("Long");
    expect(found!["double"]._bsontype).toBe("Double");
    expect(found!["decimal"].toString()).toBe("1.10");
    expect(found!["ts"]).toEqual(doc.ts);
    expect(found!["text"]).toBe("ä\0ö");
    await exact.close();
  });

  test("an _id sent last is stored first", async () => {
    await col.insertOne({ a: 1, _id: 7 });
    expect(Object.keys((await col.findOne())!)).toEqual(["_id", "a"]);
  });

  test("a duplicate key names the index, its pattern and the value; an unordered insert goes on", async () => {
    await col.createIndex({ "who.mail": 1 }, { unique: true });
    const error = await col.insertMany([{ who: { mail: "a" } }, { who: { mail: "a" } }, { who: { mail: "b" } }], { ordered: false }).catch((e) => e);
    expect(error.code).toBe(11000);
    expect(error.writeErrors[0].index).toBe(1);
    expect(await col.insertOne({ who: { mail: "a" } }).catch((e) => e)).toMatchObject({ code: 11000, keyPattern: { "who.mail": 1 }, keyValue: { "who.mail": "a" } });
    expect(await col.countDocuments()).toBe(2);
    const ordered = await col.insertMany([{ who: { mail: "c" } }, { who: { mail: "a" } }, { who: { mail: "d" } }]).catch((e) => e);
    expect(ordered.insertedCount).toBe(1);
  });

  test("find: sort, skip, limit, projection and batches", async () => {
    await col.insertMany(Array.from({ length: 250 }, (_, i) => ({ _id: i, k: i % 10, t: { v: i } })));
    const page = await col.find({ k: { $in: [1, 2] } }).sort({ "t.v": -1 }).skip(1).limit(3).project({ "t.v": 1, _id: 0 }).toArray();
    expect(page).toEqual([{ t: { v: 241 } }, { t: { v: 232 } }, { t: { v: 231 } }]);
    const cursor = col.find({}).batchSize(40);
    expect((await cursor.toArray()).map((d) => d["_id"])).toEqual(Array.from({ length: 250 }, (_, i) => i));
    const left = col.find({}, { batchSize: 10 });
    await left.next();
    await left.close();
    expect(await codeOf(db.command({ getMore: Long.fromNumber(12345), collection: col.collectionName }))).toBe(43);
  });

  test("update: operators, upsert, multi, arrayFilters, pipeline; conflicts keep their codes", async () => {
    await col.insertMany([{ _id: 1, n: 1, l: [1, 5, 9] }, { _id: 2, n: 2, l: [] }]);
    expect(await col.updateMany({}, { $inc: { n: 10 }, $push: { l: { $each: [7], $slice: -3 } } } as never)).toMatchObject({ matchedCount: 2, modifiedCount: 2 });
    await col.updateOne({ _id: 1 }, { $set: { "l.$[big]": 0 } }, { arrayFilters: [{ big: { $gte: 9 } }] });
    expect(await col.findOne({ _id: 1 })).toEqual({ _id: 1, n: 11, l: [5, 0, 7] });
    await col.updateOne({ _id: 1, l: 5 }, { $set: { "l.$": 6 } });
    expect((await col.findOne({ _id: 1 }))!["l"]).toEqual([6, 0, 7]);
    const up = await col.updateOne({ _id: 9, kind: "x" }, { $set: { n: 1 }, $setOnInsert: { made: true } }, { upsert: true });
    expect(up.upsertedId).toBe(9);
    expect(await col.findOne({ _id: 9 })).toEqual({ _id: 9, kind: "x", n: 1, made: true });
    expect(await col.updateOne({ _id: 9 }, { $set: { n: 1 } })).toMatchObject({ matchedCount: 1, modifiedCount: 0 });
    expect(await codeOf(col.updateOne({ _id: 9 }, { $set: { a: 1, "a.b": 2 } }))).toBe(40);
    expect(await codeOf(col.updateOne({ _id: 9 }, { $set: { _id: 10 } }))).toBe(66);
    expect(await codeOf(col.updateOne({ _id: 9 }, { $inc: { kind: 1 } }))).toBe(14);
  });

  test("findOneAndUpdate answers before or after, sorts, upserts and removes", async () => {
    await col.insertMany([{ k: "a", n: 2 }, { k: "a", n: 1 }]);
    expect((await col.findOneAndUpdate({ k: "a" }, { $set: { hit: 1 } }, { sort: { n: 1 } }))!["hit"]).toBeUndefined();
    expect((await col.findOneAndUpdate({ k: "a" }, { $inc: { n: 5 } }, { sort: { n: 1 }, returnDocument: "after", projection: { n: 1, _id: 0 } }))).toEqual({ n: 6 });
    const made = await col.findOneAndUpdate({ k: "new" }, { $set: { n: 1 } }, { upsert: true, returnDocument: "after", includeResultMetadata: true });
    expect(made.lastErrorObject).toMatchObject({ n: 1, updatedExisting: false });
    expect(made.value).toMatchObject({ k: "new", n: 1 });
    expect((await col.findOneAndDelete({ k: "new" }))!["n"]).toBe(1);
    expect(await col.findOneAndUpdate({ k: "none" }, { $set: { n: 1 } })).toBeNull();
  });

  test("thirty two callers increment one document without losing one", async () => {
    await col.insertOne({ _id: 1, n: 0 });
    await Promise.all(Array.from({ length: 200 }, () => col.findOneAndUpdate({ _id: 1 }, { $inc: { n: 1 } })));
    expect((await col.findOne({ _id: 1 }))!["n"]).toBe(200);
  });

  test("delete, count, distinct", async () => {
    await col.insertMany([{ k: 1, t: ["x", "y"] }, { k: 1, t: "z" }, { k: 2, t: ["x"] }, { k: 3 }]);
    expect(await col.distinct("t", { k: { $lt: 3 } })).toEqual(["x", "y", "z"]);
    expect((await col.deleteOne({ k: 1 })).deletedCount).toBe(1);
    expect((await col.deleteMany({ k: { $gte: 1 } })).deletedCount).toBe(3);
    expect(await col.estimatedDocumentCount()).toBe(0);
  });

  test("a large document goes in and out; a larger one than 16 MiB is refused", async () => {
    const big = Buffer.alloc(15_000_000, 7);
    await col.insertOne({ _id: 1, big });
    expect((await col.findOne({ _id: 1 }))!["big"].length()).toBe(big.length);
    await col.insertOne({ _id: 2, part: Buffer.alloc(9_000_000) });
    expect(await codeOf(col.updateOne({ _id: 2 }, { $set: { more: Buffer.alloc(9_000_000) } }))).toBe(17419);
    expect(Object.keys((await col.findOne({ _id: 2 }))!)).toEqual(["_id", "part"]);
  });
});

describe("aggregate", () => {
  beforeEach(async () => {
    await col.insertMany([{ g: "a", n: 1, t: [1, 2] }, { g: "b", n: 5, t: [] }, { g: "a", n: 3 }, { n: 9, g: null }]);
  });

  test("match, group, sort, project, unwind, count", async () => {
    const rows = await col.aggregate([{ $group: { _id: "$g", n: { $sum: "$n" }, most: { $max: "$n" }, avg: { $avg: "$n" }, all: { $push: "$n" } } }, { $sort: { _id: 1 } }]).toArray();
    expect(rows).toEqual([{ _id: null, n: 9, most: 9, avg: 9, all: [9] }, { _id: "a", n: 4, most: 3, avg: 2, all: [1, 3] }, { _id: "b", n: 5, most: 5, avg: 5, all: [5] }]);
    expect(await col.aggregate([{ $match: { g: "a" } }, { $unwind: "$t" }, { $project: { t: 1, _id: 0 } }]).toArray()).toEqual([{ t: 1 }, { t: 2 }]);
    expect(await col.aggregate([{ $match: { n: { $gt: 2 } } }, { $count: "many" }]).toArray()).toEqual([{ many: 3 }]);
    expect(await col.aggregate([{ $sort: { n: -1 } }, { $limit: 1 }, { $project: { x: { $add: ["$n", 1] }, _id: 0 } }]).toArray()).toEqual([{ x: 10 }]);
  });

  test("lookup uses the other collection's index", async () => {
    const other = db.collection(`${col.collectionName}o`);
    await other.insertMany([{ key: "a", v: 1 }, { key: "a", v: 2 }, { key: "c", v: 3 }]);
    await other.createIndex({ key: 1 });
    const rows = await col.aggregate([{ $match: { g: { $in: ["a", "b"] } } }, { $sort: { n: 1 } }, { $lookup: { from: other.collectionName, localField: "g", foreignField: "key", as: "o" } }]).toArray();
    expect(rows.map((r) => r["o"].map((o: Document) => o["v"]))).toEqual([[1, 2], [1, 2], []]);
  });

  test("what would be answered differently is refused by name", async () => {
    await expect(col.aggregate([{ $geoNear: {} }]).toArray()).rejects.toMatchObject({ code: 27 });
    await expect(col.find({ $text: { $search: "x" } }).toArray()).rejects.toMatchObject({ code: 238, message: expect.stringContaining("$text") });
    await expect(col.find({}).collation({ locale: "de", strength: 4 }).toArray()).rejects.toMatchObject({ code: 238 });
    expect(await codeOf(col.aggregate([{ $changeStream: {} }]).toArray())).toBe(40573);
    expect(await codeOf(db.createCollection("capped", { capped: true, size: 10 }))).toBe(238);
    expect(await codeOf(db.command({ noSuchCommand: 1 }))).toBe(59);
    const session = client.startSession();
    session.startTransaction();
    await expect(col.insertOne({}, { session })).rejects.toThrow(/does not support retryable writes|Transaction numbers/);
    expect(await codeOf(db.command({ insert: col.collectionName, documents: [{}], txnNumber: Long.fromNumber(1), startTransaction: true, autocommit: false }))).toBe(20);
    await session.endSession();
  });
});

describe("those who use it", () => {
  test("hello says standalone, 7.0, and never a topologyVersion", async () => {
    const hello = await db.admin().command({ hello: 1 });
    expect(hello).toMatchObject({ isWritablePrimary: true, maxWireVersion: 21, minWireVersion: 0, ok: 1 });
    expect(hello).not.toHaveProperty("topologyVersion");
    expect(hello).not.toHaveProperty("setName");
    expect((await db.admin().buildInfo())["version"]).toMatch(/^7\.0\./);
  });

  test("bytes that are no message close their own connection only", async () => {
    const path = decodeURIComponent(store.uri.split("/")[2]!);
    await new Promise<void>((resolve) => {
      const socket = createConnection({ path }, () => socket.write(Buffer.from([9, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9])));
      socket.on("close", () => resolve());
      socket.on("error", () => {});
    });
    expect(await db.command({ ping: 1 })).toMatchObject({ ok: 1 });
  });

  test("mongoose: init, unique index, save, versions, validation, lean", async () => {
    const connection = await mongooseConnection(store.uri).asPromise();
    const schema = new Schema({ mail: { type: String, unique: true, required: true }, tags: [String] }, { timestamps: true, optimisticConcurrency: true });
    const Person = connection.model("Person", schema);
    await Person.init();
    const person = await Person.create({ mail: "a@x", tags: ["one"] });
    person.tags.push("two");
    await person.save();
    expect(await codeOf(Person.create({ mail: "a@x" }))).toBe(11000);
    expect((await Person.findOne({ tags: "two" }).lean())!.__v).toBe(1);
    expect(await Person.findOneAndUpdate({ mail: "b@x" }, { $set: { tags: ["z"] } }, { upsert: true, returnDocument: "after" }).lean()).toMatchObject({ mail: "b@x", tags: ["z"] });
    await Person.bulkWrite([{ insertOne: { document: { mail: "c@x", tags: [] } } }, { updateOne: { filter: { mail: "b@x" }, update: { $set: { tags: [] } } } }, { deleteOne: { filter: { mail: "a@x" } } }]);
    expect(await Person.countDocuments({ tags: { $size: 0 } })).toBe(2);
    expect(await Person.syncIndexes()).toEqual([]);
    await connection.close();
  });

  test("agenda: runs now, repeats, is unique, lists, disables, cancels", async () => {
    const agenda = new Agenda({ backend: new MongoBackend({ mongo: db as never }), processEvery: 200 });
    let runs = 0;
    agenda.define("tick", async () => {
      runs++;
    });
    await agenda.start();
    await agenda.now("tick", {});
    await agenda.every("1 second", "tick");
    await agenda.create("tick", { k: 1 }).unique({ "data.k": 1 }).schedule(new Date(Date.now() + 60_000)).save();
    await agenda.create("tick", { k: 1 }).unique({ "data.k": 1 }).schedule(new Date(Date.now() + 60_000)).save();
    await expect.poll(() => runs, { timeout: 40_000 }).toBeGreaterThan(2);
    expect((await agenda.queryJobs({ name: "tick" })).total).toBe(3);
    await agenda.disable({ name: "tick" });
    expect(await agenda.cancel({ name: "tick" })).toBe(3);
    await agenda.stop();
  });

  test("GridFS: a file up, down and away", async () => {
    const bucket = new GridFSBucket(db);
    const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, i) => i % 251));
    const up = bucket.openUploadStream("a.bin");
    await new Promise<void>((resolve, reject) => up.end(bytes, () => resolve()).on("error", reject));
    const parts: Buffer[] = [];
    for await (const part of bucket.openDownloadStream(up.id)) parts.push(part as Buffer);
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    await bucket.delete(up.id);
    expect(await db.collection("fs.chunks").countDocuments()).toBe(0);
  });
});
