import { Long, type Document } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, startTestMongo, type Doc, type TestMongo } from "../support/mongo.ts";

/** Aggregation stages, each against its page under mongodb.com/docs/manual/reference/operator/aggregation/. The tables hold on MongoDB 7.0 as on the embedded store. */

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
const run = async (docs: readonly Document[], pipeline: Document[]) => (await filled(docs)).aggregate(pipeline).toArray();

type Case = [page: string, docs: readonly Document[], pipeline: Document[], result: unknown];
const holds = (cases: Case[]) => {
  for (const [page, docs, pipeline, result] of cases) test(`${page} ${JSON.stringify(pipeline)}`, async () => expect(await run(docs, pipeline)).toEqual(result));
};
const refused = (cases: [page: string, pipeline: Document[], code: number][]) => {
  for (const [page, pipeline, code] of cases) test(`${page} ${JSON.stringify(pipeline)} is refused`, async () => expect(await codeOf(run([{ a: "x", n: 1 }], pipeline))).toBe(code));
};

const sales = [{ item: "abc", price: 10, qty: 2, day: 1 }, { item: "jkl", price: 20, qty: 1, day: 1 }, { item: "xyz", price: 5, qty: 10, day: 2 }, { item: "xyz", price: 5, qty: 20, day: 3 }, { item: "abc", price: 10, qty: 10, day: 3 }];
const nested = [{ a: { b: 1, c: 2 }, d: 3 }, { a: [{ b: 1, c: 2 }, { b: 3 }, 5, [{ b: 4 }]], d: 4 }, { a: 7 }];

describe("stages that change one document", () => {
  holds([
    ["project", nested, [{ $project: { "a.b": 1, _id: 0 } }], [{ a: { b: 1 } }, { a: [{ b: 1 }, { b: 3 }, [{ b: 4 }]] }, {}]],
    ["project", nested, [{ $project: { a: { b: 0 }, _id: 0 } }], [{ a: { c: 2 }, d: 3 }, { a: [{ c: 2 }, {}, 5, [{}]], d: 4 }, { a: 7 }]],
    ["project", sales.slice(0, 1), [{ $project: { total: { $multiply: ["$price", "$qty"] }, item: 1 } }], [{ _id: 0, item: "abc", total: 20 }]],
    ["project", nested.slice(0, 1), [{ $project: { _id: 0, "a.x": "$d", list: ["$d", "$none"], text: "$d", lit: { $literal: 1 } } }], [{ a: { x: 3 }, list: [3, null], text: 3, lit: 1 }]],
    ["project", [{ a: 1, b: 2 }], [{ $project: { a: { $cond: [{ $gt: ["$b", 1] }, "$$REMOVE", "$a"] }, b: 1 } }], [{ _id: 0, b: 2 }]],
    ["project", [{ a: 1 }], [{ $project: { _id: 0 } }], [{ a: 1 }]],
    ["addFields", nested, [{ $addFields: { "a.n": "$d" } }, { $project: { _id: 0, d: 0 } }], [{ a: { b: 1, c: 2, n: 3 } }, { a: [{ b: 1, c: 2, n: 4 }, { b: 3, n: 4 }, { n: 4 }, [{ b: 4, n: 4 }]] }, { a: {} }]],
    ["set", [{ a: 1, b: 2 }], [{ $set: { b: { c: 1 }, a: "$b" } }], [{ _id: 0, a: 2, b: { c: 1 } }]],
    ["unset", nested.slice(0, 1), [{ $unset: ["a.b", "d"] }], [{ _id: 0, a: { c: 2 } }]],
    ["unset", [{ a: 1, b: 1 }], [{ $unset: "a" }], [{ _id: 0, b: 1 }]],
    ["replaceRoot", nested.slice(0, 1), [{ $replaceRoot: { newRoot: "$a" } }], [{ b: 1, c: 2 }]],
    ["replaceWith", [{ a: 1 }], [{ $replaceWith: { $mergeObjects: [{ z: 1 }, "$$ROOT"] } }], [{ z: 1, _id: 0, a: 1 }]],
    ["redact", [{ level: 1, a: { level: 5, x: 1 }, l: [{ level: 1, y: 1 }, { level: 5 }, 3] }], [{ $redact: { $cond: [{ $gt: ["$level", 3] }, "$$PRUNE", "$$DESCEND"] } }], [{ _id: 0, level: 1, l: [{ level: 1, y: 1 }, 3] }]],
    ["redact", [{ ok: true }, { ok: false }], [{ $redact: { $cond: ["$ok", "$$KEEP", "$$PRUNE"] } }], [{ _id: 0, ok: true }]],
  ]);
  refused([
    ["project", [{ $project: {} }], 51272], ["project", [{ $project: { a: 1, b: 0 } }], 31254], ["project", [{ $project: { a: 0, b: 1 } }], 31253], ["project", [{ $project: { a: 1, "a.b": 1 } }], 31249], ["project", [{ $project: 5 }], 15969],
    ["addFields", [{ $addFields: 5 }], 40272], ["addFields", [{ $addFields: { a: {} } }], 40180], ["unset", [{ $unset: 5 }], 31002], ["unset", [{ $unset: [] }], 31119], ["unset", [{ $unset: [1] }], 31120],
    ["replaceRoot", [{ $replaceRoot: { newRoot: "$a" } }], 40228], ["replaceRoot", [{ $replaceRoot: {} }], 40231], ["replaceRoot", [{ $replaceRoot: 5 }], 40229], ["replaceWith", [{ $replaceWith: "$none" }], 40228], ["redact", [{ $redact: "x" }], 17053],
  ]);
});

describe("stages that choose and order", () => {
  const mixed = [{ v: 2 }, { v: "a" }, {}, { v: null }, { v: [5, 1] }, { v: [] }, { v: true }, { v: Long.fromNumber(3) }];
  const ids = (result: Document[]) => result.map((doc) => doc["_id"] as number);
  test("sort: MongoDB's order, arrays by their least or greatest item, equal ones as they came", async () => {
    const col = await filled(mixed);
    expect(ids(await col.aggregate([{ $project: { v: 1 } }, { $sort: { v: 1 } }]).toArray())).toEqual([5, 2, 3, 4, 0, 7, 1, 6]);
    expect(ids(await col.aggregate([{ $project: { v: 1 } }, { $sort: { v: -1 } }]).toArray())).toEqual([6, 1, 4, 7, 0, 2, 3, 5]);
  });
  holds([
    ["match", sales, [{ $match: { qty: { $gte: 10 } } }, { $match: { $expr: { $eq: ["$item", "xyz"] } } }, { $count: "n" }], [{ n: 2 }]],
    ["sort", sales, [{ $sort: { price: -1, qty: 1 } }, { $skip: 1 }, { $limit: 2 }, { $project: { qty: 1, _id: 0 } }], [{ qty: 2 }, { qty: 10 }]],
    ["limit", sales, [{ $limit: 4 }, { $skip: 3 }, { $project: { _id: 1 } }], [{ _id: 3 }]],
    ["limit", sales, [{ $unwind: "$qty" }, { $limit: 2 }, { $project: { _id: 1 } }], [{ _id: 0 }, { _id: 1 }]],
    ["count", [], [{ $count: "n" }], []], ["sortByCount", [{ t: ["a", "b"] }, { t: ["b"] }, { t: ["b", "c", "a"] }], [{ $unwind: "$t" }, { $sortByCount: "$t" }, { $limit: 2 }], [{ _id: "b", count: 3 }, { _id: "a", count: 2 }]],
    ["unwind", [{ l: [1, 2] }, { l: [] }, { l: null }, {}, { l: 5 }], [{ $unwind: "$l" }], [{ _id: 0, l: 1 }, { _id: 0, l: 2 }, { _id: 4, l: 5 }]],
    ["unwind", [{ l: [1] }, { l: [] }, { l: null }, {}], [{ $unwind: { path: "$l", preserveNullAndEmptyArrays: true, includeArrayIndex: "i" } }], [{ _id: 0, l: 1, i: 0 }, { _id: 1, i: null }, { _id: 2, l: null, i: null }, { _id: 3, i: null }]],
    ["unwind", [{ a: { l: [{ x: 1 }, { x: 2 }], k: 1 } }], [{ $unwind: "$a.l" }], [{ _id: 0, a: { l: { x: 1 }, k: 1 } }, { _id: 0, a: { l: { x: 2 }, k: 1 } }]],
  ]);
  test("sample gives so many different documents", async () => {
    const col = await filled(sales);
    expect(new Set(ids(await col.aggregate([{ $sample: { size: 3 } }]).toArray())).size).toBe(3);
    expect(await col.aggregate([{ $sample: { size: 30 } }]).toArray()).toHaveLength(5);
  });
  refused([
    ["../../error-codes", [{ $nope: 1 }], 40324], ["../../error-codes", [{}], 40323], ["../../error-codes", [{ $match: {}, $limit: 1 }], 40323], ["match", [{ $match: 5 }], 15959], ["sort", [{ $sort: {} }], 15976], ["sort", [{ $sort: { a: 2 } }], 15975], ["sort", [{ $sort: 5 }], 15973], ["limit", [{ $limit: 0 }], 15958], ["limit", [{ $limit: "x" }], 5107201], ["skip", [{ $skip: -1 }], 5107200],
    ["count", [{ $count: "" }], 40157], ["count", [{ $count: "$a" }], 40158], ["count", [{ $count: "a.b" }], 40160], ["count", [{ $count: 5 }], 40156], ["unwind", [{ $unwind: "a" }], 28818], ["unwind", [{ $unwind: { path: 5 } }], 28808], ["unwind", [{ $unwind: {} }], 28812], ["unwind", [{ $unwind: { path: "$a", more: 1 } }], 28811], ["sample", [{ $sample: {} }], 28749], ["sample", [{ $sample: { size: -1 } }], 28747], ["sortByCount", [{ $sortByCount: "a" }], 40148],
  ]);
});

describe("groups", () => {
  holds([
    ["group", sales, [{ $group: { _id: "$item", total: { $sum: { $multiply: ["$price", "$qty"] } }, avg: { $avg: "$qty" }, most: { $max: "$qty" }, least: { $min: "$qty" }, n: { $count: {} } } }, { $sort: { _id: 1 } }], [{ _id: "abc", total: 120, avg: 6, most: 10, least: 2, n: 2 }, { _id: "jkl", total: 20, avg: 1, most: 1, least: 1, n: 1 }, { _id: "xyz", total: 150, avg: 15, most: 20, least: 10, n: 2 }]],
    ["group", sales, [{ $sort: { qty: 1 } }, { $group: { _id: null, first: { $first: "$item" }, last: { $last: "$qty" }, all: { $push: "$qty" } } }], [{ _id: null, first: "jkl", last: 20, all: [1, 2, 10, 10, 20] }]],
    ["group", [{ k: 1 }, { k: Long.fromNumber(1) }, { k: 1.0 }, { k: "1" }, { k: null }, {}], [{ $group: { _id: "$k", n: { $sum: 1 } } }, { $sort: { n: -1, _id: 1 } }], [{ _id: 1, n: 3 }, { _id: null, n: 2 }, { _id: "1", n: 1 }]],
    ["group", [{ k: { a: 1, b: 2 } }, { k: { b: 2, a: 1 } }, { k: [1, 2] }, { k: [2, 1] }], [{ $group: { _id: "$k" } }, { $count: "n" }], [{ n: 4 }]],
    ["group", sales, [{ $group: { _id: { d: "$day", e: { $gt: ["$qty", 5] } }, n: { $sum: 1 } } }, { $sort: { "_id.d": 1, "_id.e": 1 } }], [{ _id: { d: 1, e: false }, n: 2 }, { _id: { d: 2, e: true }, n: 1 }, { _id: { d: 3, e: true }, n: 2 }]],
    ["addToSet", [{ v: 1 }, { v: 1.0 }, { v: { a: 1, b: 2 } }, { v: { b: 2, a: 1 } }, {}, { v: null }], [{ $group: { _id: null, s: { $addToSet: "$v" } } }, { $project: { n: { $size: "$s" } } }], [{ _id: null, n: 4 }]],
    ["push", [{ v: 1 }, {}, { v: null }], [{ $group: { _id: null, l: { $push: "$v" }, o: { $push: { v: "$v" } } } }], [{ _id: null, l: [1, null], o: [{ v: 1 }, {}, { v: null }] }]],
    ["stdDevPop", [{ v: 1 }, { v: 3 }, { v: "x" }], [{ $group: { _id: null, p: { $stdDevPop: "$v" }, s: { $stdDevSamp: "$v" } } }], [{ _id: null, p: 1, s: Math.SQRT2 }]],
    ["mergeObjects-accumulator", [{ o: { a: 1 } }, { o: { a: 2, b: 3 } }, {}], [{ $group: { _id: null, m: { $mergeObjects: "$o" } } }], [{ _id: null, m: { a: 2, b: 3 } }]],
    ["topN", sales, [{ $group: { _id: null, top: { $top: { sortBy: { qty: -1 }, output: "$item" } }, topN: { $topN: { n: 2, sortBy: { qty: -1 }, output: ["$item", "$qty"] } }, bottom: { $bottom: { sortBy: { qty: -1 }, output: "$qty" } }, bottomN: { $bottomN: { n: 2, sortBy: { qty: -1 }, output: "$qty" } } } }], [{ _id: null, top: "xyz", topN: [["xyz", 20], ["xyz", 10]], bottom: 1, bottomN: [2, 1] }]],
    ["firstN", [{ v: 1 }, {}, { v: 3 }], [{ $group: { _id: null, f: { $firstN: { n: 2, input: "$v" } }, l: { $lastN: { n: 2, input: "$v" } }, max: { $maxN: { n: 1, input: "$v" } }, min: { $minN: { n: 9, input: "$v" } } } }], [{ _id: null, f: [1, null], l: [null, 3], max: [3], min: [1, 3] }]],
    ["percentile", Array.from({ length: 100 }, (_, i) => ({ v: i + 1 })), [{ $group: { _id: null, p: { $percentile: { input: "$v", p: [0.5, 0.95], method: "approximate" } }, m: { $median: { input: "$v", method: "approximate" } } } }], [{ _id: null, p: [50, 95], m: 50 }]],
    ["bucket", [{ y: 1868 }, { y: 1845 }, { y: 1847 }, { y: 1900 }, {}], [{ $bucket: { groupBy: "$y", boundaries: [1840, 1850, 1870], default: "other", output: { count: { $sum: 1 }, ys: { $push: "$y" } } } }], [{ _id: 1840, count: 2, ys: [1845, 1847] }, { _id: 1850, count: 1, ys: [1868] }, { _id: "other", count: 2, ys: [1900] }]],
    ["bucketAuto", [{ v: 1 }, { v: 2 }, { v: 2 }, { v: 2 }, { v: 5 }, { v: 9 }], [{ $bucketAuto: { groupBy: "$v", buckets: 3 } }], [{ _id: { min: 1, max: 5 }, count: 4 }, { _id: { min: 5, max: 9 }, count: 2 }]],
    ["facet", sales, [{ $facet: { days: [{ $group: { _id: "$day" } }, { $count: "n" }], dear: [{ $match: { price: { $gt: 10 } } }, { $project: { _id: 1 } }], none: [{ $match: { price: 0 } }] } }], [{ days: [{ n: 3 }], dear: [{ _id: 1 }], none: [] }]],
  ]);
  refused([
    ["group", [{ $group: 5 }], 15947], ["group", [{ $group: {} }], 15955], ["group", [{ $group: { _id: 1, x: 5 } }], 40234], ["group", [{ $group: { _id: 1, x: { $sum: 1, $avg: 1 } } }], 40238], ["group", [{ $group: { _id: 1, x: { $nope: 1 } } }], 15952], ["group", [{ $group: { _id: 1, "a.b": { $sum: 1 } } }], 40235], ["group", [{ $group: { _id: 1, $x: { $sum: 1 } } }], 40236], ["group", [{ $group: { _id: 1, x: { $sum: [1, 2] } } }], 40237],
    ["topN", [{ $group: { _id: 1, x: { $topN: { n: 0, sortBy: { a: 1 }, output: "$a" } } } }], 5787908], ["bucket", [{ $bucket: { groupBy: "$n", boundaries: [5, 10] } }], 40066], ["bucket", [{ $bucket: { groupBy: "$n", boundaries: [5] } }], 40192], ["bucket", [{ $bucket: { groupBy: "$n", boundaries: [5, "x"] } }], 40193], ["bucket", [{ $bucket: { groupBy: "$n", boundaries: [5, 1] } }], 40194], ["bucket", [{ $bucket: { groupBy: "n", boundaries: [1, 5] } }], 40202], ["bucket", [{ $bucket: { groupBy: "$n", boundaries: [1, 5], default: 3 } }], 40199],
    ["bucketAuto", [{ $bucketAuto: { groupBy: "$n", buckets: 0 } }], 40243], ["facet", [{ $facet: {} }], 40169], ["facet", [{ $facet: { a: [{ $facet: { b: [] } }] } }], 40600], ["facet", [{ $facet: { a: [{ $out: "x" }] } }], 40600], ["facet", [{ $facet: { a: 5 } }], 40170],
  ]);
});
