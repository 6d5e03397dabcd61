import { Binary, BSONRegExp, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from "mongodb";
import { describe, expect, test } from "vitest";
import { date, dbl, dec, expressionTables, long, NOTHING, sent } from "../support/expressions.ts";

/** Aggregation expressions, each against the page under mongodb.com/docs/manual/reference/operator/aggregation/ that says so (another page where
 *  a case names one). A JS integer stands for an int, other numbers for doubles. The tables hold on MongoDB 7.0 as on the embedded store. */

const { evaluate, holds, refused } = expressionTables();
describe("paths, literals and variables", () => {
  holds([
    ["literal", { $literal: "$a" }, "$a"], ["literal", { $literal: { $add: [1, 2] } }, { $add: [1, 2] }],
    ["../../../core/field-paths", "$a.b", [1, 2], { a: [{ b: 1 }, { b: 2 }, { c: 3 }] }],
    ["../../../core/field-paths", "$a.b", [], { a: [[{ b: 1 }], 5] }],
    ["../../../core/field-paths", "$a.0", [], { a: [1, 2] }],
    ["../../../core/field-paths", "$a.0", 7, { a: { 0: 7 } }],
    ["../../../core/field-paths", "$a.b.c", [[1], [2, 3]], { a: [{ b: [{ c: 1 }] }, { b: [{ c: 2 }, { c: 3 }] }] }],
    ["../../../core/field-paths", "$none", NOTHING], ["../../../core/field-paths", ["$none", 1], [null, 1]],
    ["../../aggregation-variables", "$$ROOT.a", 1, { a: 1 }], ["../../aggregation-variables", { $type: "$$NOW" }, "date"], ["../../aggregation-variables", "$$REMOVE", NOTHING],
    ["../../aggregation-variables", { a: "$$REMOVE", b: 1 }, { b: 1 }],
    ["let", { $let: { vars: { x: "$a", y: 2 }, in: { $multiply: ["$$x", "$$y"] } } }, 10, { a: 5 }],
    ["let", { $let: { vars: { x: 1 }, in: { $let: { vars: { x: { $add: ["$$x", 1] } }, in: "$$x" } } } }, 2],
    ["let", { $let: { vars: { CURRENT: "$a" }, in: "$b" } }, 3, { a: { b: 3 } }],
    ["let", { $let: { vars: { d: "$a" }, in: "$$d.b" } }, [1, 2], { a: [{ b: 1 }, { b: 2 }] }],
    ["../../../meta/aggregation-quick-reference", { x: "$a", y: { z: ["$b", 1] } }, { x: 1, y: { z: [2, 1] } }, { a: 1, b: 2 }],
  ]);
  refused([
    ["../../error-codes", { $nope: 1 }, 168], ["../../error-codes", { $add: [1], $subtract: [1, 2] }, 15983], ["subtract", { $subtract: [1] }, 16020], ["../../aggregation-variables", "$$none", 17276],
    ["let", { $let: { vars: { Upper: 1 }, in: 1 } }, 9], ["let", { $let: { vars: {} } }, 16877], ["../../../core/field-paths", "$", 16872], ["../../../core/field-paths", "$a..b", 15998], ["../../../core/field-paths", "$a.", 40353],
  ]);
});

describe("arithmetic: ints become longs, longs doubles, decimals stay exact", () => {
  holds([
    ["add", { $add: ["$a", "$b"] }, 3, { a: 1, b: 2 }], ["add", { $add: ["$a", 1] }, long(2147483648), { a: 2147483647 }], ["add", { $add: ["$a", 1] }, dbl(2 ** 63), { a: Long.MAX_VALUE }],
    ["add", { $add: ["$a", 1.5] }, 3.5, { a: long(2) }], ["add", { $add: ["$a", dbl(1)] }, dbl(2), { a: 1 }], ["add", { $add: [dec("0.1"), dec("0.2")] }, dec("0.3")], ["add", { $add: [dec("1.10"), 1] }, dec("2.10")],
    ["add", { $add: [] }, 0], ["add", { $add: ["$a", null] }, null, { a: 1 }], ["add", { $add: ["$none", 1] }, null],
    ["add", { $add: ["$d", 1000] }, date("2024-01-01T00:00:01Z"), { d: date("2024-01-01") }], ["add", { $add: [{ $literal: 0.1 }, 0.2] }, 0.1 + 0.2],
    ["subtract", { $subtract: ["$a", "$b"] }, long(86400000), { a: date("2024-01-02"), b: date("2024-01-01") }], ["subtract", { $subtract: ["$a", 1000] }, date("2023-12-31T23:59:59Z"), { a: date("2024-01-01") }],
    ["subtract", { $subtract: [new Int32(-2147483648), 1] }, long(-2147483649)], ["subtract", { $subtract: [long(5), 2] }, long(3)],
    ["multiply", { $multiply: ["$a", "$a"] }, long("10000000000"), { a: 100000 }], ["multiply", { $multiply: [Long.MAX_VALUE, 2] }, dbl(2 ** 64)], ["multiply", { $multiply: [dec("1.5"), 2] }, dec("3.0")], ["multiply", { $multiply: [long(3), 2] }, long(6)],
    ["divide", { $divide: [10, 4] }, 2.5], ["divide", { $divide: [10, 5] }, dbl(2)], ["divide", { $divide: [dec("1"), 3] }, dec("0.3333333333333333333333333333333333")], ["divide", { $divide: [dec("12.5"), dec("2.5")] }, dec("5")], ["divide", { $divide: [null, 0] }, null],
    ["mod", { $mod: [10, 3] }, 1], ["mod", { $mod: [-7, 3] }, -1], ["mod", { $mod: [5.5, 2] }, 1.5], ["mod", { $mod: [8, dbl(3)] }, 2], ["mod", { $mod: [long(8), 3] }, long(2)], ["mod", { $mod: [dec("10.5"), 3] }, dec("1.5")],
    ["abs", { $abs: -5 }, 5], ["abs", { $abs: new Int32(-2147483648) }, long(2147483648)], ["abs", { $abs: dec("-1.50") }, dec("1.50")], ["abs", { $abs: null }, null],
    ["ceil", { $ceil: 1.2 }, dbl(2)], ["ceil", { $ceil: 3 }, 3], ["floor", { $floor: -1.2 }, dbl(-2)], ["floor", { $floor: dec("2.7") }, dec("2")], ["ceil", { $ceil: dec("-2.7") }, dec("-2")],
    ["round", { $round: [2.5, 0] }, dbl(2)], ["round", { $round: 3.5 }, dbl(4)], ["round", { $round: [19.25, 1] }, 19.2], ["round", { $round: [1234, -2] }, 1200], ["round", { $round: [dec("1.2345"), 2] }, dec("1.23")], ["round", { $round: [1.005, 2] }, dbl(1)],
    ["trunc", { $trunc: [-7.89, 1] }, -7.8], ["trunc", { $trunc: 7.9 }, dbl(7)], ["trunc", { $trunc: [1299, -2] }, 1200], ["round", { $round: [null, 1] }, null],
    ["pow", { $pow: [2, 10] }, 1024], ["pow", { $pow: [2, 40] }, long(1099511627776)], ["pow", { $pow: [2, 64] }, dbl(2 ** 64)], ["pow", { $pow: [2, -1] }, 0.5], ["pow", { $pow: [dec("1.1"), 2] }, dec("1.21")], ["pow", { $pow: [long(2), 2] }, long(4)], ["pow", { $pow: [-1, -3] }, -1],
    ["sqrt", { $sqrt: 16 }, dbl(4)], ["sqrt", { $sqrt: dec("2.25") }, dec("1.5")], ["exp", { $exp: 0 }, dbl(1)], ["ln", { $ln: 1 }, dbl(0)], ["log10", { $log10: 100 }, dbl(2)], ["log", { $log: [8, 2] }, dbl(3)],
    ["sin", { $sin: 0 }, dbl(0)], ["atan2", { $atan2: [0, 1] }, dbl(0)], ["degreesToRadians", { $degreesToRadians: 180 }, Math.PI], ["radiansToDegrees", { $radiansToDegrees: 0 }, dbl(0)],
    ["bitAnd", { $bitAnd: [6, 3] }, 2], ["bitOr", { $bitOr: [4, long(1)] }, long(5)], ["bitXor", { $bitXor: [5, 1] }, 4], ["bitNot", { $bitNot: 5 }, -6], ["bitAnd", { $bitAnd: [] }, -1],
    ["isNumber", { $isNumber: "$a" }, true, { a: dec("1") }], ["isNumber", { $isNumber: "1" }, false],
  ]);
  refused([
    ["add", { $add: ["$a", 1] }, 14, { a: "x" }], ["add", { $add: ["$a", "$a"] }, 16612, { a: date("2024-01-01") }], ["subtract", { $subtract: [1, "$a"] }, 14, { a: "x" }], ["subtract", { $subtract: [1, "$a"] }, 14, { a: date("2024-01-01") }],
    ["multiply", { $multiply: ["$a", 2] }, 14, { a: "x" }], ["divide", { $divide: [1, "$a"] }, 2, { a: 0 }], ["divide", { $divide: ["$a", 1] }, 14, { a: "x" }], ["mod", { $mod: [1, "$a"] }, 16610, { a: 0 }], ["mod", { $mod: ["$a", 1] }, 16611, { a: "x" }],
    ["abs", { $abs: "$a" }, 28765, { a: "x" }], ["abs", { $abs: "$a" }, 28680, { a: Long.MIN_VALUE }], ["sqrt", { $sqrt: "$a" }, 28714, { a: -1 }], ["ln", { $ln: "$a" }, 28766, { a: 0 }], ["log", { $log: ["$a", 2] }, 28758, { a: 0 }], ["log", { $log: [2, "$a"] }, 28759, { a: 1 }],
    ["pow", { $pow: ["$a", -1] }, 28764, { a: 0 }], ["round", { $round: ["$a", 1] }, 51081, { a: "x" }], ["round", { $round: ["$a", 200] }, 51083, { a: 1.5 }], ["acos", { $acos: "$a" }, 50989, { a: 2 }],
  ]);
});

describe("comparison by MongoDB's order (reference/bson-type-comparison-order), booleans, conditions", () => {
  const order = [new MinKey(), null, 1, "a", { a: 1 }, [1], new Binary(Buffer.from([1])), new ObjectId("65a000000000000000000001"), false, date("2024-01-01"), new Timestamp({ t: 1, i: 1 }), new BSONRegExp("a", ""), new MaxKey()];
  test("each type is below the next", async () => {
    for (let i = 1; i < order.length; i++) expect(await evaluate({ $cmp: ["$a", "$b"] }, { a: order[i - 1], b: order[i] }), JSON.stringify(order[i])).toBe(sent(-1));
  });
  holds([
    ["eq", { $eq: ["$a", "$b"] }, true, { a: long(5), b: dbl(5) }], ["eq", { $eq: ["$a", "$b"] }, true, { a: dec("5.0"), b: 5 }], ["eq", { $eq: ["$a", "$b"] }, false, { a: long("9007199254740993"), b: dbl(9007199254740992) }],
    ["gt", { $gt: ["$a", "$b"] }, true, { a: long("9007199254740993"), b: long("9007199254740992") }], ["gt", { $gt: ["$a", "$b"] }, true, { a: "a", b: 5 }], ["lt", { $lt: ["$none", null] }, true], ["eq", { $eq: ["$none", null] }, false], ["gt", { $gt: [null, "$none"] }, true],
    ["eq", { $eq: ["$a", "$b"] }, false, { a: { x: 1, y: 2 }, b: { y: 2, x: 1 } }], ["eq", { $eq: ["$a", "$b"] }, false, { a: [1, 2], b: [2, 1] }], ["lt", { $lt: ["$a", "$b"] }, true, { a: [1, 2], b: [1, 3] }], ["cmp", { $cmp: ["$a", "$b"] }, -1, { a: "\uffff", b: "\u{1f600}" }],
    ["gte", { $gte: ["$a", 1] }, true, { a: 1 }], ["lte", { $lte: ["$a", 0.5] }, false, { a: 1 }], ["ne", { $ne: ["$a", 1] }, true, { a: "1" }],
    ["and", { $and: [1, "x", [], {}] }, true], ["and", { $and: [] }, true], ["and", { $and: [true, 0] }, false], ["or", { $or: [] }, false], ["or", { $or: [null, "$none", 0, dec("0")] }, false], ["not", { $not: ["$a"] }, true, { a: null }], ["not", { $not: [0] }, true],
    ["cond", { $cond: [{ $gt: ["$a", 1] }, "y", "n"] }, "y", { a: 2 }], ["cond", { $cond: { if: "$a", then: 1, else: { $divide: [1, 0] } } }, 1, { a: true }], ["ifNull", { $ifNull: ["$none", null, "d"] }, "d"], ["ifNull", { $ifNull: ["$none", "$gone"] }, NOTHING], ["ifNull", { $ifNull: [0, 1] }, 0],
    ["switch", { $switch: { branches: [{ case: { $eq: ["$a", 1] }, then: "one" }, { case: true, then: "other" }] } }, "other", { a: 2 }], ["switch", { $switch: { branches: [{ case: false, then: 1 }], default: "d" } }, "d"],
    ["type", { $type: "$none" }, "missing"], ["type", { $type: "$a" }, "objectId", { a: new ObjectId() }], ["type", { $type: "$a" }, "binData", { a: new Binary(Buffer.from([1])) }], ["type", { $type: [[1]] }, "array"], ["type", { $type: "$a" }, "timestamp", { a: new Timestamp({ t: 1, i: 1 }) }],
    ["isArray", { $isArray: "$a" }, true, { a: [] }], ["isArray", { $isArray: [[1]] }, true], ["allElementsTrue", { $allElementsTrue: [[1, true, "x"]] }, true], ["allElementsTrue", { $allElementsTrue: [[]] }, true], ["anyElementTrue", { $anyElementTrue: [[0, null, false]] }, false],
    ["tsSecond", { $tsSecond: "$a" }, long(7), { a: new Timestamp({ t: 7, i: 9 }) }], ["tsIncrement", { $tsIncrement: "$a" }, long(9), { a: new Timestamp({ t: 7, i: 9 }) }],
  ]);
  refused([
    ["switch", { $switch: { branches: [{ case: { $eq: ["$a", 1] }, then: 1 }] } }, 40066, { a: 2 }], ["switch", { $switch: {} }, 40068], ["cond", { $cond: [1, 2] }, 16020], ["cond", { $cond: { if: 1, then: 2 } }, 17082], ["cond", { $cond: { if: 1, then: 2, other: 3 } }, 17083],
    ["ifNull", { $ifNull: [1] }, 1257300], ["allElementsTrue", { $allElementsTrue: ["$a"] }, 17040, { a: 1 }], ["anyElementTrue", { $anyElementTrue: ["$a"] }, 17041, { a: 1 }],
  ]);
});

describe("strings", () => {
  holds([
    ["concat", { $concat: ["$a", "-", "$b"] }, "x-y", { a: "x", b: "y" }], ["concat", { $concat: ["a", null] }, null], ["toUpper", { $toUpper: "abcß" }, "ABCß"], ["toLower", { $toLower: "ABCÄ" }, "abcÄ"], ["toLower", { $toLower: null }, ""], ["toUpper", { $toUpper: "$a" }, "1.5", { a: 1.5 }],
    ["strcasecmp", { $strcasecmp: ["abc", "ABD"] }, -1], ["strLenBytes", { $strLenBytes: "é" }, 2], ["strLenCP", { $strLenCP: "é😀" }, 2],
    ["substrCP", { $substrCP: ["héllo😀x", 1, 5] }, "éllo😀"], ["substrCP", { $substrCP: ["ab", 5, 1] }, ""], ["substrBytes", { $substrBytes: ["héllo", 0, 3] }, "hé"], ["substrBytes", { $substrBytes: ["hello", 2, -1] }, "llo"], ["substr", { $substr: [123, 1, 1] }, "2"],
    ["indexOfCP", { $indexOfCP: ["cafétéria", "é"] }, 3], ["indexOfCP", { $indexOfCP: ["cafétéria", "é", 4] }, 5], ["indexOfCP", { $indexOfCP: ["cafétéria", "é", 4, 5] }, -1], ["indexOfCP", { $indexOfCP: ["abc", ""] }, 0], ["indexOfBytes", { $indexOfBytes: ["cafétéria", "t"] }, 5], ["indexOfCP", { $indexOfCP: ["$none", "a"] }, null],
    ["split", { $split: ["a-b--c", "-"] }, ["a", "b", "", "c"]], ["split", { $split: ["$none", "-"] }, null],
    ["trim", { $trim: { input: "  \n a b \t" } }, "a b"], ["ltrim", { $ltrim: { input: "xxaxx", chars: "x" } }, "axx"], ["rtrim", { $rtrim: { input: "ggreat!!", chars: "g!" } }, "ggreat"], ["trim", { $trim: { input: "\u00a0x\u2003" } }, "x"],
    ["replaceOne", { $replaceOne: { input: "aXbXc", find: "X", replacement: { $literal: "$&" } } }, "a$&bXc"], ["replaceAll", { $replaceAll: { input: "aXbXc", find: "X", replacement: "--" } }, "a--b--c"], ["replaceAll", { $replaceAll: { input: null, find: "x", replacement: "y" } }, null],
    ["regexFind", { $regexFind: { input: "café Brew", regex: /(b)(r)?/, options: "i" } }, { match: "Br", idx: 5, captures: ["B", "r"] }], ["regexFind", { $regexFind: { input: "abc", regex: "z" } }, null],
    ["regexFindAll", { $regexFindAll: { input: "aBAb", regex: "(a)|b", options: "i" } }, [{ match: "a", idx: 0, captures: ["a"] }, { match: "B", idx: 1, captures: [null] }, { match: "A", idx: 2, captures: ["A"] }, { match: "b", idx: 3, captures: [null] }]],
    ["regexFindAll", { $regexFindAll: { input: "ab", regex: "x*" } }, [{ match: "", idx: 0, captures: [] }, { match: "", idx: 1, captures: [] }, { match: "", idx: 2, captures: [] }]],
    ["regexMatch", { $regexMatch: { input: "line1\nline2", regex: "^line2$", options: "m" } }, true], ["regexMatch", { $regexMatch: { input: "$none", regex: "x" } }, false], ["regexMatch", { $regexMatch: { input: "ABC", regex: "(?i)abc" } }, true],
    ["binarySize", { $binarySize: "é" }, 2], ["binarySize", { $binarySize: "$a" }, 3, { a: new Binary(Buffer.from([1, 2, 3])) }],
  ]);
  refused([
    ["concat", { $concat: ["$a", "x"] }, 16702, { a: 1 }], ["toUpper", { $toUpper: "$a" }, 16007, { a: [1] }], ["strLenCP", { $strLenCP: "$a" }, 34471, { a: null }], ["strLenBytes", { $strLenBytes: "$a" }, 34473, { a: 5 }],
    ["substrBytes", { $substrBytes: ["$a", 1, 1] }, 28656, { a: "é" }], ["substrBytes", { $substrBytes: ["$a", 0, 1] }, 28657, { a: "é" }], ["substrCP", { $substrCP: ["$a", -1, 1] }, 34455, { a: "x" }], ["indexOfCP", { $indexOfCP: [1, "a"] }, 40093], ["indexOfCP", { $indexOfCP: ["a", "a", -1] }, 40097],
    ["split", { $split: ["a", ""] }, 40087], ["split", { $split: [1, "a"] }, 40085], ["trim", { $trim: { input: "$a" } }, 50699, { a: 1 }], ["trim", { $trim: "x" }, 50696], ["trim", { $trim: {} }, 50695], ["replaceOne", { $replaceOne: { input: 1, find: "a", replacement: "b" } }, 51746], ["replaceOne", { $replaceOne: { input: "a", find: "a" } }, 51747],
    ["regexMatch", { $regexMatch: { input: "a", regex: "$a" } }, 51105, { a: 1 }], ["regexMatch", { $regexMatch: { input: "a" } }, 31023], ["regexMatch", { $regexMatch: { input: 1, regex: "a" } }, 51104], ["regexMatch", { $regexMatch: { input: "a", regex: "a", options: "k" } }, 51108], ["regexMatch", { $regexMatch: { input: "a", regex: /a/i, options: "i" } }, 51107],
  ]);
});
