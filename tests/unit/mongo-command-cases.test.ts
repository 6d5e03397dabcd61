import { Long, type Document } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, startTestMongo, type TestMongo } from "../support/mongo.ts";

/** Commands about collections, indexes, cursors and sessions, each against its page of mongodb.com/docs/manual/reference/command. Valid on a standalone MongoDB 7.0. */

let mongo: TestMongo;
beforeAll(async () => {
  mongo = await startTestMongo();
});
afterAll(() => mongo.stop());

const run = (command: Document) => mongo.db.command(command);
const fresh = () => mongo.collection().collectionName;
const filled = async (n = 5) => {
  const name = fresh();
  await mongo.db.collection<Document & { _id?: number }>(name).insertMany(Array.from({ length: n }, (_, i) => ({ _id: i, a: i })));
  return name;
};

describe("collections", () => {
  test("create: the same again is no error, other options are (command/create)", async () => {
    const name = fresh();
    await run({ create: name, validator: { a: { $gt: 1 } } });
    await run({ create: name, validator: { a: { $gt: 1 } } });
    expect(await codeOf(run({ create: name }))).toBe(48);
    expect(await codeOf(run({ create: name, nope: 1 }))).toBe(40415);
    expect(await codeOf(run({ create: "" }))).toBe(73);
    expect(await codeOf(run({ create: name, validator: { $nope: 1 } }))).toBe(2);
  });

  test("listCollections shows options and the _id index; filter and nameOnly (command/listCollections)", async () => {
    const name = fresh();
    await run({ create: name, validator: { a: 1 }, validationLevel: "moderate" });
    const list = await run({ listCollections: 1, filter: { name } });
    expect(list["cursor"].firstBatch).toMatchObject([{ name, type: "collection", options: { validator: { a: 1 }, validationLevel: "moderate" }, info: { readOnly: false }, idIndex: { v: 2, key: { _id: 1 }, name: "_id_" } }]);
    expect((await run({ listCollections: 1, nameOnly: true, filter: { "options.validationLevel": "moderate", name } }))["cursor"].firstBatch).toEqual([{ name, type: "collection" }]);
    expect((await run({ listCollections: 1, filter: { name: "none" } }))["cursor"].firstBatch).toEqual([]);
  });

  test("drop, dropDatabase, renameCollection", async () => {
    const [a, b] = [await filled(), await filled(2)];
    const ns = (name: string) => `${mongo.db.databaseName}.${name}`;
    const admin = mongo.client.db("admin");
    expect(await codeOf(admin.command({ renameCollection: ns(a), to: ns(b) }))).toBe(48);
    expect(await codeOf(admin.command({ renameCollection: ns("none"), to: ns("x") }))).toBe(26);
    expect(await codeOf(run({ renameCollection: ns(a), to: ns(b) }))).toBe(13);
    await admin.command({ renameCollection: ns(a), to: ns(b), dropTarget: true });
    expect(await mongo.db.collection(b).countDocuments()).toBe(5);
    expect(await run({ drop: b })).toMatchObject({ nIndexesWas: 1, ns: ns(b), ok: 1 });
    expect(await run({ drop: b })).toMatchObject({ ok: 1 });
    const other = mongo.client.db(`${mongo.db.databaseName}_o`);
    await other.collection("x").insertOne({});
    const names = async () => (await admin.command({ listDatabases: 1, nameOnly: true }))["databases"].map((d: Document) => d["name"]);
    expect(await names()).toContain(other.databaseName);
    expect(await other.command({ dropDatabase: 1 })).toMatchObject({ dropped: other.databaseName, ok: 1 });
    expect(await names()).not.toContain(other.databaseName);
    expect((await admin.command({ listDatabases: 1, filter: { name: mongo.db.databaseName } }))["databases"]).toMatchObject([{ name: mongo.db.databaseName, empty: false }]);
    expect(await codeOf(run({ listDatabases: 1 }))).toBe(13);
  });

  test("validators: level, action, collMod, bypass, error 121 (core/schema-validation)", async () => {
    const name = fresh();
    const col = mongo.db.collection<Document & { _id?: number }>(name);
    await col.insertOne({ _id: 1, a: "old" });
    await run({ collMod: name, validator: { $jsonSchema: { required: ["a"], properties: { a: { bsonType: "int" } } } }, validationLevel: "moderate" });
    const error = await col.insertOne({ _id: 2, a: "x" }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 121, errInfo: { failingDocumentId: 2, details: { operatorName: "$jsonSchema" } } });
    expect((await col.updateOne({ _id: 1 }, { $set: { a: "still" } })).modifiedCount).toBe(1);
    await run({ collMod: name, validationLevel: "strict" });
    expect(await codeOf(col.updateOne({ _id: 1 }, { $set: { a: "again" } }))).toBe(121);
    expect(await codeOf(col.findOneAndUpdate({ _id: 1 }, { $set: { a: "again" } }))).toBe(121);
    expect(await codeOf(col.updateOne({ _id: 9 }, { $set: { b: 1 } }, { upsert: true }))).toBe(121);
    expect(await codeOf(col.insertOne({ _id: 2, a: "x" }, { bypassDocumentValidation: true }))).toBe(0);
    await run({ collMod: name, validationAction: "warn" });
    expect(await codeOf(col.insertOne({ _id: 3, a: "x" }))).toBe(0);
    await run({ collMod: name, validator: {}, validationAction: "error" });
    expect(await codeOf(col.insertOne({ _id: 4 }))).toBe(0);
    expect(await codeOf(run({ collMod: name, validationLevel: "nope" }))).toBe(2);
    expect(await codeOf(run({ collMod: "none", validator: {} }))).toBe(26);
    expect(await codeOf(run({ collMod: name, nope: 1 }))).toBe(40415);
  });

  test("collStats, dbStats, validate, count, distinct", async () => {
    const name = await filled();
    expect(await run({ collStats: name })).toMatchObject({ count: 5, nindexes: 1, capped: false, scaleFactor: 1, ok: 1 });
    expect(await run({ collStats: "none" })).toMatchObject({ count: 0, size: 0 });
    expect(await run({ dbStats: 1 })).toMatchObject({ db: mongo.db.databaseName, views: 0, ok: 1 });
    expect(await run({ validate: name })).toMatchObject({ valid: true, nrecords: 5, nIndexes: 1, keysPerIndex: { _id_: 5 } });
    expect(await codeOf(run({ validate: "none" }))).toBe(26);
    expect(await run({ count: name, query: { a: { $gt: 0 } }, skip: 1, limit: 2 })).toMatchObject({ n: 2 });
    expect(await run({ count: name, query: { a: { $gt: 0 } }, skip: 3, limit: -2 })).toMatchObject({ n: 1 });
    expect((await run({ distinct: name, key: "a", query: { a: { $lt: 3 } } }))["values"]).toEqual([0, 1, 2]);
  });
});

describe("indexes", () => {
  test("names, conflicts and what is listed (command/createIndexes)", async () => {
    const name = fresh();
    const create = (...indexes: Document[]) => run({ createIndexes: name, indexes });
    expect(await create({ key: { a: 1 }, name: "a_1" })).toMatchObject({ numIndexesBefore: 1, numIndexesAfter: 2, createdCollectionAutomatically: true });
    expect(await create({ key: { a: 1 }, name: "a_1" })).toMatchObject({ numIndexesBefore: 2, numIndexesAfter: 2, note: "all indexes already exist" });
    expect(await codeOf(create({ key: { a: 1 }, name: "other" }))).toBe(85);
    expect(await codeOf(create({ key: { b: 1 }, name: "a_1" }))).toBe(86);
    expect(await codeOf(create({ key: { a: 1 }, name: "a_1", unique: true }))).toBe(86);
    expect(await codeOf(create({ key: { a: 1 }, name: "a_1", expireAfterSeconds: 5 }))).toBe(85);
    await create({ key: { a: 1 }, name: "a unique", unique: true }, { key: { a: 1 }, name: "a partial", partialFilterExpression: { b: { $exists: true } } }, { key: { d: 1 }, name: "ttl", expireAfterSeconds: 60 });
    expect((await run({ listIndexes: name }))["cursor"].firstBatch).toEqual([
      { v: 2, key: { _id: 1 }, name: "_id_" }, { v: 2, key: { a: 1 }, name: "a_1" }, { v: 2, key: { a: 1 }, name: "a unique", unique: true },
      { v: 2, key: { a: 1 }, name: "a partial", partialFilterExpression: { b: { $exists: true } } }, { v: 2, key: { d: 1 }, name: "ttl", expireAfterSeconds: 60 },
    ]);
    for (const [spec, code] of [[{ key: {}, name: "x" }, 67], [{ key: { a: 0 }, name: "x" }, 67], [{ key: { a: "nope" }, name: "x" }, 67], [{ key: { a: 1, b: 1 }, name: "x", expireAfterSeconds: 1 }, 67], [{ key: { a: 1 }, name: "x", nope: 1 }, 197],
      [{ key: { q: 1 }, name: "x", sparse: true, partialFilterExpression: { a: 1 } }, 67]] as const) expect(await codeOf(create(spec))).toBe(code);
    expect(await codeOf(run({ createIndexes: name, indexes: [] }))).toBe(2);
    expect(await codeOf(run({ listIndexes: "none" }))).toBe(26);
  });

  test("dropIndexes by name, key, list and * (command/dropIndexes)", async () => {
    const name = await filled();
    const col = mongo.db.collection(name);
    const names = async () => (await col.indexes()).map((i) => i.name);
    await col.createIndexes(["a", "b", "c", "d", "e"].map((k) => ({ key: { [k]: 1 } })));
    await run({ dropIndexes: name, index: "a_1" });
    await run({ dropIndexes: name, index: { b: 1 } });
    expect(await run({ dropIndexes: name, index: ["c_1"] })).toMatchObject({ nIndexesWas: 4 });
    expect(await names()).toEqual(["_id_", "d_1", "e_1"]);
    await run({ dropIndexes: name, index: "*" });
    expect(await names()).toEqual(["_id_"]);
    expect(await codeOf(run({ dropIndexes: name, index: "none" }))).toBe(27);
    expect(await codeOf(run({ dropIndexes: name, index: "_id_" }))).toBe(72);
    expect(await codeOf(run({ dropIndexes: "none", index: "*" }))).toBe(26);
  });

  test("collMod: hidden and expireAfterSeconds; a hidden index is kept but not used (core/index-hidden)", async () => {
    const name = await filled(50);
    const col = mongo.db.collection(name);
    await col.createIndex({ a: 1 }, { expireAfterSeconds: 1000 });
    const scan = async () => JSON.stringify((await col.find({ a: 3 }).explain())["queryPlanner"].winningPlan).includes("COLLSCAN");
    expect(await scan()).toBe(false);
    expect(await run({ collMod: name, index: { name: "a_1", hidden: true } })).toMatchObject({ hidden_old: false, hidden_new: true });
    expect(await scan()).toBe(true);
    expect(await codeOf(col.find({ a: 3 }).hint("a_1").toArray())).toBe(2);
    expect(await run({ collMod: name, index: { keyPattern: { a: 1 }, hidden: false, expireAfterSeconds: 2000 } })).toMatchObject({ hidden_new: false, expireAfterSeconds_old: 1000, expireAfterSeconds_new: 2000 });
    expect(await scan()).toBe(false);
    expect(await codeOf(run({ collMod: name, index: { name: "none", hidden: true } }))).toBe(27);
    expect(await codeOf(run({ collMod: name, index: { name: "_id_", hidden: true } }))).toBe(2);
  });
});

describe("cursors", () => {
  test("batchSize, singleBatch, getMore, killCursors (command/find, getMore, killCursors)", async () => {
    const name = await filled(10);
    const { cursor } = await run({ find: name, batchSize: 0 });
    expect([cursor.firstBatch.length, String(cursor.id) === "0"]).toEqual([0, false]);
    const id = Long.fromString(String(cursor.id));
    expect((await run({ getMore: id, collection: name, batchSize: 3 }))["cursor"].nextBatch.length).toBe(3);
    expect(await codeOf(run({ getMore: id, collection: "other" }))).toBe(13);
    expect(await run({ killCursors: name, cursors: [id, Long.fromNumber(7)] })).toMatchObject({ cursorsNotFound: [7], cursorsAlive: [], cursorsUnknown: [] });
    expect(await codeOf(run({ getMore: id, collection: name }))).toBe(43);
    expect(String((await run({ find: name, batchSize: 2, singleBatch: true }))["cursor"].id)).toBe("0");
    expect(String((await run({ find: name, limit: 2, batchSize: 2 }))["cursor"].id)).toBe("0");
    expect((await run({ find: "none", batchSize: 0 }))["cursor"]).toMatchObject({ firstBatch: [], ns: `${mongo.db.databaseName}.none` });
  });

  test.each<[why: string, command: Document, code: number]>([
    ["an unknown field", { find: "c", nope: 1 }, 40415], ["a wrong type", { find: "c", filter: 1 }, 14], ["a negative limit", { find: "c", limit: -1 }, 51024], ["a negative skip", { find: "c", skip: -1 }, 51024], ["a negative batchSize", { find: "c", batchSize: -1 }, 51024],
    ["awaitData alone", { find: "c", awaitData: true }, 9], ["maxTimeMS below zero", { find: "c", maxTimeMS: -1 }, 2], ["no collection", { find: "" }, 73], ["an unknown command", { nope: 1 }, 59],
    ["w of two", { insert: "c", documents: [{}], writeConcern: { w: 2 } }, 2], ["a w of a name", { insert: "c", documents: [{}], writeConcern: { w: "dc" } }, 2], ["a linearizable read", { find: "c", readConcern: { level: "linearizable" } }, 123], ["a snapshot read", { find: "c", readConcern: { level: "snapshot" } }, 123],
    ["no documents", { insert: "c", documents: [] }, 16], ["documents missing", { insert: "c" }, 40414], ["a delete without limit", { delete: "c", deletes: [{ q: {} }] }, 40414], ["an unknown field of a statement", { update: "c", updates: [{ q: {}, u: { $set: { a: 1 } }, nope: 1 }] }, 40415],
    ["a transaction", { insert: "c", documents: [{}], txnNumber: Long.fromNumber(1), autocommit: false, startTransaction: true }, 20], ["a change stream", { aggregate: "c", pipeline: [{ $changeStream: {} }], cursor: {} }, 40573],
  ])("%s is refused", async (_why, command, code) => {
    const failed = run(command).then((reply) => {
      if (reply["writeErrors"]) throw reply["writeErrors"][0];
    });
    expect(await codeOf(failed)).toBe(code);
  });

  test("concerns and comments that a standalone takes", async () => {
    const name = fresh();
    for (const writeConcern of [{ w: 1 }, { w: "majority" }, { w: 1, j: true, wtimeout: 100 }]) expect(await run({ insert: name, documents: [{}], writeConcern, comment: { a: 1 } })).toMatchObject({ n: 1 });
    for (const level of ["local", "available", "majority"]) expect((await run({ find: name, readConcern: { level }, comment: "x", allowDiskUse: true, maxTimeMS: 10_000 }))["cursor"].firstBatch.length).toBe(3);
  });
});

describe("explain (command/explain)", () => {
  test("every command that has a plan names its index and counts keys and documents", async () => {
    const name = await filled(100);
    await mongo.db.collection(name).createIndex({ a: 1 });
    const explain = (command: Document, verbosity?: string) => run({ explain: command, ...(verbosity ? { verbosity } : {}) });
    const query = { a: { $gte: 90 } };
    const found = await explain({ find: name, filter: query });
    expect(JSON.stringify(found["queryPlanner"].winningPlan)).toContain('"indexName":"a_1"');
    expect(found["executionStats"]).toMatchObject({ executionSuccess: true, nReturned: 10, totalKeysExamined: 10, totalDocsExamined: 10 });
    expect(await explain({ find: name, filter: query }, "queryPlanner")).not.toHaveProperty("executionStats");
    for (const command of [{ count: name, query }, { distinct: name, key: "a", query }, { update: name, updates: [{ q: query, u: { $set: { z: 1 } } }] }, { delete: name, deletes: [{ q: query, limit: 0 }] }, { findAndModify: name, query, remove: true }]) {
      expect(JSON.stringify((await explain(command, "queryPlanner"))["queryPlanner"].winningPlan)).toContain('"indexName":"a_1"');
    }
    expect(await mongo.db.collection(name).countDocuments({ z: 1 })).toBe(0);
    expect(await mongo.db.collection(name).countDocuments()).toBe(100);
    expect(await codeOf(explain({ insert: name, documents: [{}] }))).not.toBe(0);
    expect(await codeOf(explain({ find: name }, "nope"))).toBe(2);
  });
});

describe("the server itself", () => {
  test("what drivers and tools ask", async () => {
    const admin = mongo.client.db("admin");
    expect(await admin.command({ getParameter: 1, featureCompatibilityVersion: 1 })).toMatchObject({ featureCompatibilityVersion: { version: "7.0" } });
    expect(await codeOf(admin.command({ getParameter: 1, nope: 1 }))).toBe(72);
    expect(await admin.command({ getLog: "startupWarnings" })).toHaveProperty("log");
    for (const command of ["ping", "buildInfo", "serverStatus", "hostInfo", "connectionStatus", "getCmdLineOpts", "whatsmyuri"]) expect(await admin.command({ [command]: 1 })).toMatchObject({ ok: 1 });
    const { id } = await admin.command({ startSession: 1 });
    expect(await admin.command({ refreshSessions: [id] })).toMatchObject({ ok: 1 });
    expect(await admin.command({ endSessions: [id] })).toMatchObject({ ok: 1 });
  });

  test("a session carries commands", async () => {
    const session = mongo.client.startSession();
    const col = mongo.collection();
    await col.insertOne({ _id: 1 }, { session });
    expect(await col.findOne({}, { session })).toEqual({ _id: 1 });
    await session.endSession();
  });
});
