import { Binary, Long, ObjectId, Timestamp } from "mongodb";
import { describe } from "vitest";
import { date, dbl, dec, expressionTables, long, NOTHING } from "../support/expressions.ts";

/** Expressions over arrays, sets, documents and types, each against its page of the manual. The tables hold on MongoDB 7.0 as on the embedded store. */

const { holds, refused } = expressionTables();
const oid = new ObjectId("65a000000000000000000001");

describe("arrays", () => {
  holds([
    ["arrayElemAt", { $arrayElemAt: [[1, 2, 3], -1] }, 3], ["arrayElemAt", { $arrayElemAt: [[1], 5] }, NOTHING], ["arrayElemAt", { $arrayElemAt: [null, 0] }, null], ["arrayElemAt", { $arrayElemAt: [[1, 2], dbl(1)] }, 2],
    ["first-array-element", { $first: [[1, 2]] }, 1], ["last-array-element", { $last: "$a" }, 2, { a: [1, 2] }], ["first-array-element", { $first: [[]] }, NOTHING], ["last-array-element", { $last: "$none" }, null],
    ["concatArrays", { $concatArrays: [[1], [[2]], []] }, [1, [2]]], ["concatArrays", { $concatArrays: [[1], null] }, null], ["concatArrays", { $concatArrays: [] }, []],
    ["filter", { $filter: { input: "$a", as: "x", cond: { $gt: ["$$x", 1] } } }, [2, 3], { a: [1, 2, 3] }], ["filter", { $filter: { input: [1, 2, 3], cond: { $gte: ["$$this", 1] }, limit: 2 } }, [1, 2]], ["filter", { $filter: { input: null, cond: true } }, null],
    ["map", { $map: { input: "$a", as: "x", in: { $add: ["$$x", "$b"] } } }, [11, 12], { a: [1, 2], b: 10 }], ["map", { $map: { input: [1], in: "$none" } }, [null]], ["map", { $map: { input: [[1, 2], [3]], as: "o", in: { $map: { input: "$$o", as: "i", in: { $multiply: ["$$i", { $size: "$$o" }] } } } } }, [[2, 4], [3]]],
    ["reduce", { $reduce: { input: ["a", "b"], initialValue: "", in: { $concat: ["$$value", "$$this"] } } }, "ab"], ["reduce", { $reduce: { input: [[1], [2, 3]], initialValue: { n: 0, all: [] }, in: { n: { $add: ["$$value.n", { $size: "$$this" }] }, all: { $concatArrays: ["$$this", "$$value.all"] } } } }, { n: 3, all: [2, 3, 1] }], ["reduce", { $reduce: { input: "$none", initialValue: 0, in: 1 } }, null],
    ["in", { $in: [long(2), [1, 2]] }, true], ["in", { $in: [[1], [1, [1]]] }, true], ["in", { $in: ["$none", [null]] }, false], ["indexOfArray", { $indexOfArray: [["a", "b", "a"], "a", 1] }, 2], ["indexOfArray", { $indexOfArray: [[1, 2, 3], 3, 0, 2] }, -1], ["indexOfArray", { $indexOfArray: [null, 1] }, null], ["indexOfArray", { $indexOfArray: [[1], "$none"] }, -1],
    ["range", { $range: [0, 10, 3] }, [0, 3, 6, 9]], ["range", { $range: [5, 0, -2] }, [5, 3, 1]], ["range", { $range: [0, 0] }, []], ["reverseArray", { $reverseArray: [[1, 2, 3]] }, [3, 2, 1]], ["reverseArray", { $reverseArray: null }, null],
    ["size", { $size: "$a" }, 2, { a: [1, [2, 3]] }], ["slice", { $slice: [[1, 2, 3], -2] }, [2, 3]], ["slice", { $slice: [[1, 2, 3], 1, 5] }, [2, 3]], ["slice", { $slice: [[1, 2, 3], -5, 2] }, [1, 2]], ["slice", { $slice: [[1, 2, 3], 15, 2] }, []], ["slice", { $slice: [null, 1] }, null],
    ["zip", { $zip: { inputs: [[1, 2], ["a"]] } }, [[1, "a"]]], ["zip", { $zip: { inputs: [[1, 2], ["a"]], useLongestLength: true } }, [[1, "a"], [2, null]]], ["zip", { $zip: { inputs: [[1], ["a", "b"]], useLongestLength: true, defaults: [0, "-"] } }, [[1, "a"], [0, "b"]]], ["zip", { $zip: { inputs: [[1], null] } }, null],
    ["sortArray", { $sortArray: { input: "$a", sortBy: { "x.y": -1, z: 1 } } }, [{ x: { y: 2 }, z: 0 }, { x: { y: 1 }, z: 1 }, { x: { y: 1 }, z: 2 }], { a: [{ x: { y: 1 }, z: 2 }, { x: { y: 2 }, z: 0 }, { x: { y: 1 }, z: 1 }] }], ["sortArray", { $sortArray: { input: [3, "a", null, 1], sortBy: 1 } }, [null, 1, 3, "a"]], ["sortArray", { $sortArray: { input: [1, 3, 2], sortBy: -1 } }, [3, 2, 1]],
    ["firstN-array-element", { $firstN: { n: 2, input: [1, 2, 3] } }, [1, 2]], ["lastN-array-element", { $lastN: { n: 2, input: [1, 2, 3] } }, [2, 3]], ["maxN-array-element", { $maxN: { n: 2, input: [1, null, 3, 2] } }, [3, 2]], ["minN-array-element", { $minN: { n: 5, input: [2, 1] } }, [1, 2]],
    ["sum", { $sum: "$a" }, 6, { a: [1, 2, 3, "x"] }], ["sum", { $sum: ["$a", 5] }, 5, { a: [1, 2] }], ["sum", { $sum: ["$a", "$b"] }, long(3), { a: long(1), b: 2 }], ["sum", { $sum: [] }, 0], ["avg", { $avg: "$a" }, dbl(2), { a: [1, 3] }], ["avg", { $avg: [dec("1"), 2] }, dec("1.5")], ["avg", { $avg: "$none" }, null],
    ["max", { $max: ["$a", 2] }, 5, { a: 5 }], ["max", { $max: "$a" }, "x", { a: [1, "x", null] }], ["min", { $min: [null, 4] }, 4], ["min", { $min: "$none" }, null], ["stdDevPop", { $stdDevPop: [[1, 3]] }, dbl(1)], ["stdDevSamp", { $stdDevSamp: [[1]] }, null],
    ["percentile", { $percentile: { input: [10, 20, 30, 40], p: [0.5, 1], method: "approximate" } }, [dbl(20), dbl(40)]], ["median", { $median: { input: [3, 1, 2], method: "approximate" } }, dbl(2)], ["median", { $median: { input: [], method: "approximate" } }, null],
    ["sum", { $sum: "$a" }, dbl(1), { a: Array.from({ length: 10 }, () => 0.1) }],
  ]);
  refused([
    ["arrayElemAt", { $arrayElemAt: ["$a", 0] }, 28689, { a: 1 }], ["arrayElemAt", { $arrayElemAt: [[1], "$a"] }, 28690, { a: "x" }], ["arrayElemAt", { $arrayElemAt: [[1], "$a"] }, 28691, { a: 1.5 }], ["concatArrays", { $concatArrays: ["$a"] }, 28664, { a: 1 }], ["filter", { $filter: { input: "$a", cond: true } }, 28651, { a: 1 }], ["filter", { $filter: { cond: true } }, 28648],
    ["map", { $map: { input: "$a", in: 1 } }, 16883, { a: 1 }], ["map", { $map: { input: [] } }, 16882], ["reduce", { $reduce: { input: "$a", initialValue: 1, in: 1 } }, 40080, { a: 1 }], ["in", { $in: [1, "$a"] }, 40081, { a: null }], ["indexOfArray", { $indexOfArray: ["$a", 1] }, 40090, { a: "x" }], ["range", { $range: [0, 5, "$a"] }, 34449, { a: 0 }], ["range", { $range: ["$a", 5] }, 34443, { a: "x" }],
    ["size", { $size: "$a" }, 17124, { a: null }], ["slice", { $slice: ["$a", 1] }, 28724, { a: 1 }], ["slice", { $slice: [[1], 0, "$a"] }, 28729, { a: 0 }], ["zip", { $zip: { inputs: ["$a"] } }, 34468, { a: 1 }], ["zip", { $zip: { inputs: [[1]], defaults: [1] } }, 34466], ["reverseArray", { $reverseArray: "$a" }, 34435, { a: 1 }], ["sortArray", { $sortArray: { input: "$a", sortBy: 1 } }, 2942504, { a: 1 }],
    ["firstN-array-element", { $firstN: { n: "$a", input: [1] } }, 5787908, { a: 0 }], ["maxN-array-element", { $maxN: { n: 1, input: "$a" } }, 5788200, { a: 1 }],
  ]);
});

describe("sets", () => {
  holds([
    ["setUnion", { $setUnion: [[2, 1], [dbl(1), 3]] }, [1, 2, 3]], ["setUnion", { $setUnion: [[1], null] }, null], ["setUnion", { $setUnion: [[[1, 2]], [[2, 1]]] }, [[1, 2], [2, 1]]], ["setIntersection", { $setIntersection: [["b", "a", "b"], ["a", "b", "c"]] }, ["a", "b"]], ["setIntersection", { $setIntersection: [] }, []],
    ["setDifference", { $setDifference: [[3, 1, 3, 2], [1]] }, [3, 2]], ["setEquals", { $setEquals: [[1, 2, 2], [2, 1]] }, true], ["setEquals", { $setEquals: [[{ a: 1, b: 2 }], [{ b: 2, a: 1 }]] }, false], ["setIsSubset", { $setIsSubset: [[], [1]] }, true], ["setIsSubset", { $setIsSubset: [[[1]], [1]] }, false],
  ]);
  refused([
    ["setUnion", { $setUnion: ["$a"] }, 17043, { a: 1 }], ["setIntersection", { $setIntersection: ["$a"] }, 17047, { a: 1 }], ["setDifference", { $setDifference: ["$a", []] }, 17048, { a: 1 }], ["setEquals", { $setEquals: [[1]] }, 17045], ["setEquals", { $setEquals: ["$a", []] }, 17044, { a: 1 }], ["setIsSubset", { $setIsSubset: [[], "$a"] }, 17042, { a: 1 }],
  ]);
});

describe("documents", () => {
  holds([
    ["mergeObjects", { $mergeObjects: [{ a: 1, b: 1 }, null, { b: 2, c: 3 }] }, { a: 1, b: 2, c: 3 }], ["mergeObjects", { $mergeObjects: "$a" }, { x: 1, y: 2 }, { a: [{ x: 1 }, { y: 2 }] }], ["mergeObjects", { $mergeObjects: [] }, {}],
    ["objectToArray", { $objectToArray: "$a" }, [{ k: "x", v: 1 }, { k: "y", v: [2] }], { a: { x: 1, y: [2] } }], ["objectToArray", { $objectToArray: null }, null], ["arrayToObject", { $arrayToObject: [[["a", 1], ["b", 2]]] }, { a: 1, b: 2 }], ["arrayToObject", { $arrayToObject: "$a" }, { x: 2 }, { a: [{ k: "x", v: 1 }, { k: "x", v: 2 }] }], ["arrayToObject", { $arrayToObject: [[]] }, {}],
    ["getField", { $getField: { field: "a.b", input: "$o" } }, 1, { o: { "a.b": 1 } }], ["getField", { $getField: "a" }, 5, { a: 5 }], ["getField", { $getField: { $literal: "$x" } }, NOTHING, { a: 5 }], ["getField", { $getField: { field: "a", input: "$none" } }, NOTHING], ["getField", { $getField: { field: "a", input: { $literal: 5 } } }, NOTHING],
    ["setField", { $setField: { field: "a.b", input: "$$ROOT", value: 1 } }, { _id: 1, x: 1, "a.b": 1 }, { x: 1 }], ["setField", { $setField: { field: "x", input: "$$ROOT", value: "$$REMOVE" } }, { _id: 1 }, { x: 1 }], ["unsetField", { $unsetField: { field: "x", input: "$o" } }, { y: 1 }, { o: { x: 1, y: 1 } }], ["setField", { $setField: { field: "x", input: null, value: 1 } }, null],
    ["bsonSize", { $bsonSize: "$o" }, 12, { o: { x: 1 } }],
  ]);
  refused([
    ["mergeObjects", { $mergeObjects: ["$a"] }, 40400, { a: 1 }], ["objectToArray", { $objectToArray: "$a" }, 40390, { a: [1] }], ["arrayToObject", { $arrayToObject: "$a" }, 40386, { a: 1 }], ["arrayToObject", { $arrayToObject: "$a" }, 40396, { a: [["x"]] }], ["arrayToObject", { $arrayToObject: "$a" }, 40398, { a: [1] }], ["arrayToObject", { $arrayToObject: "$a" }, 40394, { a: [{ k: 1, v: 1 }] }], ["arrayToObject", { $arrayToObject: "$a" }, 40392, { a: [{ k: "a" }] }],
    ["getField", { $getField: { field: "x" } }, 3041703], ["setField", { $setField: { field: "x", input: "$a", value: 1 } }, 4161105, { a: 1 }],
  ]);
});

describe("types", () => {
  holds([
    ["toInt", { $toInt: "$a" }, 5, { a: 5.9 }], ["toInt", { $toInt: "-7" }, -7], ["toInt", { $toInt: true }, 1], ["toLong", { $toLong: date("1970-01-01T00:00:00.123Z") }, long(123)], ["toLong", { $toLong: "9223372036854775807" }, Long.MAX_VALUE], ["toDouble", { $toDouble: "1e3" }, dbl(1000)], ["toDouble", { $toDouble: dec("1.5") }, 1.5], ["toDouble", { $toDouble: long("9007199254740993") }, dbl(9007199254740992)],
    ["toDecimal", { $toDecimal: 2.5 }, dec("2.50000000000000")], ["toDecimal", { $toDecimal: "-5.5" }, dec("-5.5")], ["toDecimal", { $toDecimal: 5 }, dec("5")], ["toDecimal", { $toDecimal: true }, dec("1")], ["toDecimal", { $toDecimal: date("2018-03-27T05:04:47.890Z") }, dec("1522127087890")],
    ["toString", { $toString: 2.5 }, "2.5"], ["toString", { $toString: long(1000) }, "1000"], ["toString", { $toString: oid }, oid.toHexString()], ["toString", { $toString: date("2018-03-27T16:58:51.538Z") }, "2018-03-27T16:58:51.538Z"], ["toString", { $toString: dec("1.10") }, "1.10"], ["toString", { $toString: false }, "false"], ["toString", { $toString: dbl(5) }, "5"], ["toString", { $toString: "$a" }, "1e+21", { a: dbl(1e21) }],
    ["toBool", { $toBool: "false" }, true], ["toBool", { $toBool: 0 }, false], ["toBool", { $toBool: dec("0.0") }, false], ["toBool", { $toBool: oid }, true], ["toBool", { $toBool: [[]] }, true], ["toDate", { $toDate: long(120000000000.5 | 0) }, new Date(120000000000.5 | 0)], ["toDate", { $toDate: "2018-03-20" }, date("2018-03-20")], ["toDate", { $toDate: "2018-03-20 11:00:06 +0500" }, date("2018-03-20T06:00:06Z")], ["toDate", { $toDate: oid }, date(oid.getTimestamp().toISOString())], ["toDate", { $toDate: new Timestamp({ t: 5, i: 1 }) }, new Date(5000)],
    ["toObjectId", { $toObjectId: oid.toHexString() }, oid], ["toInt", { $toInt: null }, null],
    ["convert", { $convert: { input: "x", to: "int", onError: "bad" } }, "bad"], ["convert", { $convert: { input: "$none", to: "int", onNull: -1 } }, -1], ["convert", { $convert: { input: 1.9, to: 16 } }, 1], ["convert", { $convert: { input: "$none", to: "int" } }, null], ["convert", { $convert: { input: 1, to: "date", onError: "no" } }, "no"], ["convert", { $convert: { input: 5, to: null } }, null], ["convert", { $convert: { input: "x", to: "int", onError: "$$REMOVE" } }, NOTHING],
    ["convert", { $convert: { input: 2147483648, to: "int", onError: { $literal: "big" } } }, "big"],
  ]);
  refused([
    ["toInt", { $toInt: "$a" }, 241, { a: "1.5" }], ["toInt", { $toInt: "$a" }, 241, { a: "0x10" }], ["toInt", { $toInt: "$a" }, 241, { a: 2 ** 40 }], ["toInt", { $toInt: "$a" }, 241, { a: NaN }], ["toLong", { $toLong: "$a" }, 241, { a: Infinity }], ["toInt", { $toInt: "$a" }, 241, { a: date("2024-01-01") }], ["toDouble", { $toDouble: "$a" }, 241, { a: "1x" }], ["toObjectId", { $toObjectId: "$a" }, 241, { a: "xyz" }], ["toString", { $toString: "$a" }, 241, { a: [1] }],
    ["toDate", { $toDate: "$a" }, 241, { a: 5 }], ["convert", { $convert: { input: "$a", to: "binData" } }, 241, { a: 1 }], ["convert", { $convert: { input: 1, to: "nope" } }, 2], ["convert", { $convert: { input: 1 } }, 9], ["convert", { $convert: { input: 1, to: "int", other: 1 } }, 9], ["toDecimal", { $toDecimal: "$a" }, 241, { a: "x" }], ["toObjectId", { $toObjectId: "$a" }, 241, { a: new Binary(Buffer.from([1])) }],
  ]);
});
