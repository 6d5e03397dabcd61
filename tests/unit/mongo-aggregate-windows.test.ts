import { type Document } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, startTestMongo, type Doc, type TestMongo } from "../support/mongo.ts";

/** `$setWindowFields`, `$densify` and `$fill`, each against its page of the manual. The tables hold on MongoDB 7.0 as on the embedded store. */

let mongo: TestMongo;
beforeAll(async () => {
  mongo = await startTestMongo();
});
afterAll(() => mongo.stop());

const run = async (docs: readonly Document[], pipeline: Document[]) => {
  const col = mongo.collection();
  if (docs.length > 0) await col.insertMany(docs.map((doc, i) => ({ _id: i, ...doc })) as Doc[]);
  return col.aggregate(pipeline).toArray();
};
const day = (n: number) => new Date(Date.UTC(2024, 0, n));

describe("windows (reference/operator/aggregation/setWindowFields)", () => {
  const docs = [{ g: "a", n: 3, v: 30 }, { g: "a", n: 1, v: 10 }, { g: "b", n: 2, v: 5 }, { g: "a", n: 2, v: 20 }, { g: "b", n: 2, v: 7 }, { g: "b", n: 5 }];
  /** The result for each document in the order of `_id`. */
  const values = async (of: Document, o: { sortBy?: Document; partitionBy?: unknown; from?: readonly Document[] } = {}) => {
    const { sortBy = { n: 1 }, partitionBy = "$g", from = docs } = o;
    const stage = { ...(partitionBy === null ? {} : { partitionBy }), ...(Object.keys(sortBy).length > 0 ? { sortBy } : {}), output: { r: of } };
    return (await run(from, [{ $setWindowFields: stage }, { $sort: { _id: 1 } }])).map((doc) => doc["r"] as unknown);
  };
  const cases: [page: string, of: Document, result: unknown[], options?: Parameters<typeof values>[1]][] = [
    ["sum", { $sum: "$v" }, [60, 60, 12, 60, 12, 12]],
    ["sum", { $sum: "$v", window: { documents: ["unbounded", "current"] } }, [60, 10, 5, 30, 12, 12]],
    ["sum", { $sum: "$v", window: { documents: [-1, 1] } }, [50, 30, 12, 60, 12, 7]],
    ["sum", { $sum: "$v", window: { documents: [1, 2] } }, [0, 50, 7, 30, 0, 0]],
    ["sum", { $sum: "$v", window: { range: [-1, 0] } }, [50, 10, 12, 30, 12, 0]],
    ["avg", { $avg: "$v", window: { range: ["current", "unbounded"] } }, [30, 20, 6, 25, 6, null]],
    ["max", { $max: "$v", window: { documents: ["current", "unbounded"] } }, [30, 30, 7, 30, 7, null]],
    ["push", { $push: "$n", window: { documents: [-1, "current"] } }, [[2, 3], [1], [2], [1, 2], [2, 2], [2, 5]]],
    ["first", { $first: "$v" }, [10, 10, 5, 10, 5, 5]], ["last", { $last: "$n", window: { documents: ["unbounded", "current"] } }, [3, 1, 2, 2, 2, 5]], ["count-accumulator", { $count: {} }, [3, 3, 3, 3, 3, 3]], ["stdDevPop", { $stdDevPop: "$v", window: { documents: [-1, 0] } }, [5, 0, 0, 5, 1, 0]],
    ["topN", { $topN: { n: 1, sortBy: { v: -1 }, output: "$v" } }, [[30], [30], [7], [30], [7], [7]]],
    ["rank", { $rank: {} }, [3, 1, 1, 2, 1, 3]], ["denseRank", { $denseRank: {} }, [3, 1, 1, 2, 1, 2]], ["documentNumber", { $documentNumber: {} }, [3, 1, 1, 2, 2, 3]],
    ["shift", { $shift: { output: "$v", by: 1, default: -1 } }, [-1, 20, 7, 30, null, -1]], ["shift", { $shift: { output: "$v", by: -1 } }, [20, null, null, 10, 5, 7]],
    ["expMovingAvg", { $expMovingAvg: { input: "$v", N: 3 } }, [22.5, 10, 5, 15, 6, null]], ["expMovingAvg", { $expMovingAvg: { input: "$v", alpha: 0.75 } }, [26.875, 10, 5, 17.5, 6.5, null]],
    ["derivative", { $derivative: { input: "$v" }, window: { documents: [-1, 0] } }, [null, 10, 5], { from: [{ n: 1, v: 10 }, { n: 2, v: 20 }, { n: 4, v: 30 }], partitionBy: null }],
    ["derivative", { $derivative: { input: "$v", unit: "hour" }, window: { documents: [-1, 0] } }, [null, 1], { from: [{ n: day(1), v: 0 }, { n: day(2), v: 24 }], partitionBy: null }],
    ["integral", { $integral: { input: "$v" }, window: { documents: ["unbounded", "current"] } }, [0, 15, 40], { from: [{ n: 0, v: 10 }, { n: 1, v: 20 }, { n: 2, v: 30 }], partitionBy: null }],
    ["covariancePop", { $covariancePop: ["$n", "$v"] }, [20 / 3, 20 / 3, 20 / 3], { from: [{ n: 1, v: 10 }, { n: 2, v: 20 }, { n: 3, v: 30 }], partitionBy: null }],
    ["locf", { $locf: "$v" }, [1, 1, 1, 5, 5], { from: [{ n: 1, v: 1 }, { n: 2, v: null }, { n: 3 }, { n: 4, v: 5 }, { n: 5 }], partitionBy: null }],
    ["linearFill", { $linearFill: "$v" }, [null, 10, 20, 40, 50, null], { from: [{ n: 0 }, { n: 1, v: 10 }, { n: 2 }, { n: 4 }, { n: 5, v: 50 }, { n: 6 }], partitionBy: null }],
    ["setWindowFields", { $sum: "$v", window: { range: [-1, 0], unit: "day" } }, [1, 3, 4], { from: [{ n: day(1), v: 1 }, { n: day(2), v: 2 }, { n: day(4), v: 4 }], partitionBy: null }],
    ["setWindowFields", { $sum: "$v", window: { range: [-1, 0], unit: "month" } }, [1, 3], { from: [{ n: new Date("2024-01-31"), v: 1 }, { n: new Date("2024-02-29"), v: 2 }], partitionBy: null }],
  ];
  for (const [page, of, result, options] of cases) {
    test(`${page} ${JSON.stringify(of)}`, async () => {
      expect(await values(of, options)).toEqual(result);
    });
  }

  test("results come partition by partition, in order, beside other outputs and into nested fields", async () => {
    const stage = { partitionBy: "$g", sortBy: { n: 1 }, output: { "x.sum": { $sum: "$v" }, n: { $rank: {} } } };
    expect(await run([{ g: "b", n: 1, v: 1 }, { g: "a", n: 2, v: 2 }, { g: "a", n: 1, v: 3 }, { n: 9, v: 0 }], [{ $setWindowFields: stage }])).toEqual([
      { _id: 3, n: 1, v: 0, x: { sum: 0 } }, { _id: 2, g: "a", n: 1, v: 3, x: { sum: 5 } }, { _id: 1, g: "a", n: 2, v: 2, x: { sum: 5 } }, { _id: 0, g: "b", n: 1, v: 1, x: { sum: 1 } },
    ]);
  });

  test.each<[Document, number]>([
    [{ output: { r: { $sum: "$v", window: { documents: [-1, 0] } } } }, 5339901], [{ sortBy: { n: -1 }, output: { r: { $sum: "$v", window: { range: [-1, 0] } } } }, 5339902], [{ sortBy: { n: 1 }, output: { r: { $sum: "$v", window: { documents: [1, 0] } } } }, 5339900], [{ sortBy: { n: 1 }, output: { r: { $nope: 1 } } }, 9],
    [{ sortBy: { n: 1 }, output: { r: { $sum: "$v", window: { documents: [0, 1], range: [0, 1] } } } }, 9], [{ sortBy: { n: 1 } }, 40414], [{ output: {}, more: 1 }, 40415], [{ sortBy: { s: 1 }, output: { r: { $sum: "$v", window: { range: [-1, 0] } } } }, 5429414],
  ])("%j is refused with %d", async (stage, code) => {
    expect(await codeOf(run([{ n: 1, v: 1, s: "x" }, { n: 2, v: 2, s: "y" }], [{ $setWindowFields: stage }]))).toBe(code);
  });
});

describe("gaps (reference/operator/aggregation/densify, fill)", () => {
  const numbers = (docs: readonly Document[]) => docs.map((doc) => doc["n"] as unknown);
  test("numbers between bounds, over the full range, within partitions", async () => {
    expect(numbers(await run([{ n: 1 }, { n: 2.5 }], [{ $densify: { field: "n", range: { step: 1, bounds: [0, 4] } } }, { $sort: { n: 1 } }]))).toEqual([0, 1, 2, 2.5, 3]);
    expect(numbers(await run([{ n: 1 }, { n: 4 }, {}], [{ $densify: { field: "n", range: { step: 2, bounds: "full" } } }, { $sort: { n: 1 } }]))).toEqual([undefined, 1, 3, 4]);
    const partitioned = await run([{ p: "a", n: 0 }, { p: "a", n: 2 }, { p: "b", n: 5 }], [{ $densify: { field: "n", partitionByFields: ["p"], range: { step: 1, bounds: "partition" } } }, { $sort: { p: 1, n: 1 } }, { $project: { _id: 0 } }]);
    expect(partitioned).toEqual([{ p: "a", n: 0 }, { p: "a", n: 1 }, { p: "a", n: 2 }, { p: "b", n: 5 }]);
  });
  test("dates by unit", async () => {
    const found = await run([{ n: day(1) }, { n: day(4) }], [{ $densify: { field: "n", range: { step: 1, unit: "day", bounds: "full" } } }, { $sort: { n: 1 } }]);
    expect(numbers(found)).toEqual([day(1), day(2), day(3), day(4)]);
  });
  test("fill: a value, the last one, along a line", async () => {
    const docs = [{ d: 1, q: 10, s: "x" }, { d: 2 }, { d: 3, q: 30, s: null }, { d: 4 }];
    const found = await run(docs, [{ $fill: { sortBy: { d: 1 }, output: { q: { method: "linear" }, s: { method: "locf" }, z: { value: 0 } } } }, { $project: { _id: 0, d: 0 } }]);
    expect(found).toEqual([{ q: 10, s: "x", z: 0 }, { q: 20, s: "x", z: 0 }, { q: 30, s: "x", z: 0 }, { q: null, s: "x", z: 0 }]);
    expect(await run([{ p: 1, q: 5 }, { p: 2 }, { p: 1 }], [{ $fill: { partitionByFields: ["p"], sortBy: { _id: 1 }, output: { q: { method: "locf" } } } }, { $sort: { _id: 1 } }, { $project: { q: 1 } }])).toEqual([{ _id: 0, q: 5 }, { _id: 1, q: null }, { _id: 2, q: 5 }]);
  });
  test.each<[Document, number]>([
    [{ $densify: { field: "n", range: { step: 0, bounds: "full" } } }, 5733401], [{ $densify: { field: "n", range: { step: 1, bounds: "partition" } } }, 5733408], [{ $densify: { field: "n" } }, 40414], [{ $densify: { field: "s", range: { step: 1, bounds: "full" } } }, 5733201], [{ $fill: {} }, 40414],
  ])("%j is refused with %d", async (stage, code) => {
    expect(await codeOf(run([{ n: 1, s: "x" }], [stage]))).toBe(code);
  });
});
