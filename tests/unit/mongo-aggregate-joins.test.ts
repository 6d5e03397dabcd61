import { type Document } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, startTestMongo, type Doc, type TestMongo } from "../support/mongo.ts";

/** Stages over several collections, over windows, and those that write; each against its page of the manual. The tables hold on MongoDB 7.0 as on the embedded store. */

let mongo: TestMongo;
beforeAll(async () => {
  mongo = await startTestMongo();
});
afterAll(() => mongo.stop());

const filled = async (docs: readonly Document[]) => {
  const col = mongo.collection();
  if (docs.length > 0) await col.insertMany(docs.map((doc, i) => ({ _id: i, ...doc })) as Doc[]);
  return col;
};
const ids = (docs: readonly Document[]) => docs.map((doc) => doc["_id"] as unknown);
const run = async (docs: readonly Document[], pipeline: Document[]) => (await filled(docs)).aggregate(pipeline).toArray();

describe("$lookup by fields (reference/operator/aggregation/lookup)", () => {
  const foreign = [{ b: 1 }, { b: [1, 2] }, { b: null }, {}, { b: { x: 1 } }, { b: "1" }, { b: [] }, { b: [[1, 2]] }];
  const matches: [local: Document, ids: number[]][] = [
    [{ a: 1 }, [0, 1]], [{ a: [1, 5] }, [0, 1]], [{ a: null }, [2, 3]], [{}, [2, 3]], [{ a: [] }, [2, 3]], [{ a: [null, "1"] }, [2, 3, 5]], [{ a: { x: 1 } }, [4]], [{ a: [[1, 2]] }, [1, 7]], [{ a: 7 }, []],
  ];
  test.each(matches.flatMap(([local, found]) => [false, true].map((indexed) => ({ local, found, indexed }))))("$local finds $found, indexed: $indexed", async ({ local, found, indexed }) => {
    const other = await filled(foreign);
    if (indexed) await other.createIndex({ b: 1 });
    const col = await filled([local]);
    const [doc] = await col.aggregate([{ $lookup: { from: other.collectionName, localField: "a", foreignField: "b", as: "o" } }]).toArray();
    expect(ids(doc!["o"] as Document[]).sort()).toEqual(found);
  });

  test("paths through arrays, a nested `as`, a pipeline behind it", async () => {
    const other = await filled([{ k: 1, v: "one" }, { k: 2, v: "two" }, { k: 1, v: "uno" }]);
    const col = await filled([{ l: [{ k: 1 }, { k: 2 }, {}] }]);
    const lookup = { from: other.collectionName, localField: "l.k", foreignField: "k", as: "x.y", pipeline: [{ $sort: { v: -1 } }, { $project: { _id: 0, v: 1 } }] };
    expect(await col.aggregate([{ $lookup: lookup }, { $project: { _id: 0, l: 0 } }]).toArray()).toEqual([{ x: { y: [{ v: "uno" }, { v: "two" }, { v: "one" }] } }]);
  });
});

describe("$lookup by a pipeline with variables", () => {
  test("let, $expr, inner lookups; the same with an index", async () => {
    const other = await filled([{ k: 1, n: 5 }, { k: 1, n: 50 }, { k: 2, n: 7 }, { k: [1], n: 9 }, { n: 1 }]);
    const col = await filled([{ k: 1, min: 10 }, { k: 2, min: 0 }, { k: [1], min: 0 }, { k: null, min: 0 }]);
    const pipeline = [{ $match: { $expr: { $and: [{ $eq: ["$k", "$$key"] }, { $gt: ["$n", "$$min"] }] } } }, { $project: { n: { $subtract: ["$n", "$$min"] }, _id: 0 } }];
    const ask = () => col.aggregate([{ $lookup: { from: other.collectionName, let: { key: "$k", min: "$min" }, pipeline, as: "o" } }, { $project: { o: 1 } }]).toArray();
    const plain = await ask();
    expect(plain).toEqual([{ _id: 0, o: [{ n: 40 }] }, { _id: 1, o: [{ n: 7 }] }, { _id: 2, o: [{ n: 9 }] }, { _id: 3, o: [] }]);
    await other.createIndex({ k: 1 });
    expect(await ask()).toEqual(plain);
    const inner = { $lookup: { from: other.collectionName, let: { n: "$n" }, pipeline: [{ $match: { $expr: { $lt: ["$n", "$$n"] } } }, { $count: "less" }], as: "c" } };
    expect(await col.aggregate([{ $limit: 1 }, { $lookup: { from: other.collectionName, pipeline: [{ $match: { n: { $gt: 8 } } }, inner, { $project: { _id: 0, c: 1 } }], as: "o" } }, { $project: { o: 1 } }]).toArray())
      .toEqual([{ _id: 0, o: [{ c: [{ less: 4 }] }, { c: [{ less: 3 }] }] }]);
  });

  test("documents given in the pipeline, and a collection that is not there", async () => {
    const col = await filled([{ a: 1 }]);
    expect(await col.aggregate([{ $lookup: { pipeline: [{ $documents: [{ x: 1 }, { x: 2 }] }], as: "o" } }]).toArray()).toEqual([{ _id: 0, a: 1, o: [{ x: 1 }, { x: 2 }] }]);
    expect(await col.aggregate([{ $lookup: { from: "nowhere", localField: "a", foreignField: "b", as: "o" } }]).toArray()).toEqual([{ _id: 0, a: 1, o: [] }]);
    expect(await mongo.db.aggregate([{ $documents: [{ a: 1 }, { a: 2 }] }, { $match: { a: { $gt: 1 } } }]).toArray()).toEqual([{ a: 2 }]);
  });

  test.each<[Document, number]>([
    [{ from: "x", localField: "a", foreignField: "b" }, 9], [{ from: "x", as: "o" }, 9], [{ from: "x", localField: "a", as: "o" }, 9], [{ from: "x", as: "o", pipeline: [{ $out: "y" }] }, 51047], [{ from: "x", as: "o", pipeline: [{ $nope: 1 }] }, 40324], [{ from: "x", as: "o", let: { a: 1 } }, 9], [{ from: "x", as: "o", pipeline: [], more: 1 }, 9],
  ])("%j is refused with %d", async (lookup, code) => {
    expect(await codeOf(run([{ a: 1 }], [{ $lookup: lookup }]))).toBe(code);
  });
});

describe("$unionWith, $graphLookup, places of stages", () => {
  test("union keeps duplicates and its order", async () => {
    const other = await filled([{ v: 2 }, { v: 3 }]);
    const pipeline = [{ $unionWith: { coll: other.collectionName, pipeline: [{ $match: { v: { $gt: 2 } } }] } }, { $unionWith: other.collectionName }, { $project: { _id: 0 } }];
    expect(await run([{ v: 1 }], pipeline)).toEqual([{ v: 1 }, { v: 3 }, { v: 2 }, { v: 3 }]);
  });

  test("a graph is followed once round, to its depth, within its restriction", async () => {
    const people = [{ name: "dev" }, { name: "eliot", to: "dev" }, { name: "ron", to: "eliot" }, { name: "andrew", to: "eliot" }, { name: "asya", to: "ron" }, { name: "loop", to: ["loop", "asya"] }];
    const col = await filled(people);
    const graph = (more: Document) => ({ $graphLookup: { from: col.collectionName, startWith: "$to", connectFromField: "to", connectToField: "name", as: "up", ...more } });
    const found = async (more: Document, who: string) => ((await col.aggregate([{ $match: { name: who } }, graph(more)]).toArray())[0]!["up"] as Document[]).map((doc) => [doc["name"], doc["depth"]]).sort();
    expect(await found({ depthField: "depth" }, "asya")).toEqual([["dev", 2], ["eliot", 1], ["ron", 0]]);
    expect(await found({ maxDepth: 1 }, "asya")).toEqual([["eliot", undefined], ["ron", undefined]]);
    expect(await found({ restrictSearchWithMatch: { name: { $ne: "eliot" } } }, "asya")).toEqual([["ron", undefined]]);
    expect((await found({}, "loop")).map(([name]) => name)).toEqual(["asya", "dev", "eliot", "loop", "ron"]);
    expect(await codeOf(col.aggregate([graph({ maxDepth: -1 })]).toArray())).toBe(40101);
    expect(await codeOf(col.aggregate([{ $graphLookup: { from: "x" } }]).toArray())).toBe(40105);
  });

  test.each<[Document[], number]>([
    [[{ $limit: 1 }, { $collStats: { count: {} } }], 40602], [[{ $out: "x" }, { $limit: 1 }], 40601], [[{ $limit: 1 }, { $indexStats: {} }], 40602], [[{ $changeStream: {} }], 40573], [[{ $documents: [] }], 73],
  ])("%j is refused with %d", async (pipeline, code) => {
    expect(await codeOf(run([{ a: 1 }], pipeline))).toBe(code);
  });

  test("$collStats and $indexStats", async () => {
    const col = await filled([{ a: 1 }, { a: 2 }]);
    await col.createIndex({ a: 1 });
    expect(await col.aggregate([{ $collStats: { count: {} } }]).next()).toMatchObject({ ns: `${mongo.db.databaseName}.${col.collectionName}`, count: 2 });
    expect((await col.aggregate([{ $indexStats: {} }, { $sort: { name: 1 } }, { $project: { name: 1, key: 1 } }]).toArray())).toEqual([{ name: "_id_", key: { _id: 1 } }, { name: "a_1", key: { a: 1 } }]);
  });
});

describe("$out and $merge", () => {
  test("$out takes the place of a collection and keeps its indexes", async () => {
    const col = await filled([{ a: 1 }, { a: 2 }, { a: 3 }]);
    const target = await filled([{ old: 1 }]);
    await target.createIndex({ a: 1 }, { unique: true });
    expect(await col.aggregate([{ $match: { a: { $gt: 1 } } }, { $out: target.collectionName }]).toArray()).toEqual([]);
    expect(await target.find().toArray()).toEqual([{ _id: 1, a: 2 }, { _id: 2, a: 3 }]);
    expect((await target.indexes()).map((index) => index.name)).toEqual(["_id_", "a_1"]);
    expect(await codeOf(col.aggregate([{ $set: { a: 1 } }, { $out: target.collectionName }]).toArray())).toBe(11000);
    expect(await target.countDocuments()).toBe(2);
    expect((await mongo.db.listCollections({}, { nameOnly: true }).toArray()).filter(({ name }) => name.startsWith("tmp."))).toEqual([]);
  });

  const cases: [options: Document, result: Document[]][] = [
    [{}, [{ _id: 0, a: 10, keep: 1 }, { _id: 1, a: 20 }, { _id: 9, keep: 9 }]],
    [{ whenMatched: "replace" }, [{ _id: 0, a: 10 }, { _id: 1, a: 20 }, { _id: 9, keep: 9 }]],
    [{ whenMatched: "keepExisting" }, [{ _id: 0, a: 1, keep: 1 }, { _id: 1, a: 20 }, { _id: 9, keep: 9 }]],
    [{ whenNotMatched: "discard" }, [{ _id: 0, a: 10, keep: 1 }, { _id: 9, keep: 9 }]],
    [{ whenMatched: [{ $set: { a: { $add: ["$a", "$$new.a"] } } }] }, [{ _id: 0, a: 11, keep: 1 }, { _id: 1, a: 20 }, { _id: 9, keep: 9 }]],
    [{ let: { by: "$a" }, whenMatched: [{ $set: { a: "$$by", was: "$a" } }] }, [{ _id: 0, a: 10, keep: 1, was: 1 }, { _id: 1, a: 20 }, { _id: 9, keep: 9 }]],
  ];
  test.each(cases)("$merge %j", async (options, result) => {
    const col = await filled([{ a: 10 }, { a: 20 }]);
    const target = mongo.collection();
    await target.insertMany([{ _id: 0, a: 1, keep: 1 }, { _id: 9, keep: 9 }]);
    await col.aggregate([{ $merge: { into: target.collectionName, ...options } }]).toArray();
    expect(await target.find().sort({ _id: 1 }).toArray()).toEqual(result);
  });

  test("on other fields, which need a unique index; and its errors", async () => {
    const col = await filled([{ k: "x", n: 1 }, { k: "y", n: 2 }]);
    const target = mongo.collection();
    await target.insertOne({ _id: 5, k: "x", n: 0 });
    const merge = (more: Document) => codeOf(col.aggregate([{ $project: { _id: 0 } }, { $merge: { into: target.collectionName, on: "k", ...more } }]).toArray());
    expect(await merge({})).toBe(51183);
    await target.createIndex({ k: 1 }, { unique: true });
    expect(await merge({})).toBe(0);
    expect(await target.find({}, { projection: { _id: 0 } }).sort({ k: 1 }).toArray()).toEqual([{ k: "x", n: 1 }, { k: "y", n: 2 }]);
    expect(await merge({ whenMatched: "fail" })).toBe(11000);
    await target.deleteMany({});
    expect(await merge({ whenNotMatched: "fail" })).toBe(13113);
    expect(await codeOf(col.aggregate([{ $merge: { into: target.collectionName, more: 1 } }]).toArray())).toBe(40415);
  });
});
