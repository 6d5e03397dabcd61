import { Binary, BSONRegExp, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID, type Collection, type Document, type FindOptions } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, startTestMongo, type Doc, type TestMongo } from "../support/mongo.ts";

/** Filters, projections, sorts and collations, each against the page of mongodb.com/docs/manual that says so. The tables hold on MongoDB 7.0 as on the embedded store. */

let mongo: TestMongo;
beforeAll(async () => {
  mongo = await startTestMongo();
});
afterAll(() => mongo.stop());

const withDocs = async (docs: readonly Document[]): Promise<Collection<Doc>> => {
  const col = mongo.collection();
  if (docs.length > 0) await col.insertMany(docs.map((doc, i) => ({ _id: i, ...doc })));
  return col;
};
const idsOf = async (col: Collection<Doc>, filter: Document, options: FindOptions = {}) => (await col.find(filter, options).toArray()).map((doc) => doc._id);

const oid = new ObjectId("65a000000000000000000001");
const uuid = new UUID("11111111-2222-4333-8444-555555555555");

describe("filters", () => {
  const scalars = [{ v: 1 }, { v: new Double(1.5) }, { v: Long.fromString("9007199254740993") }, { v: Decimal128.fromString("1.0") }, { v: "1" }, { v: null }, {}, { v: [1, 2] }, { v: [] }, { v: { a: 1 } }, { v: true }, { v: oid }, { v: new Date(5) }];
  const nested = [{ a: { b: 1 } }, { a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: [1, 2] }, { c: 1 }] }, { a: 1 }, { a: [1, { b: 3 }] }, {}, { a: [] }, { a: [[{ b: 1 }]] }, { a: { b: null } }, { a: { 0: 1 } }, { a: [5, 6] }];
  const texts = [{ v: "alpha" }, { v: "Beta" }, { v: "gamma\nalpha" }, { v: ["alpha", "x"] }, { v: new BSONRegExp("^a", "i") }, { v: 5 }];
  const cases: [page: string, docs: readonly Document[], filter: Document, ids: number[]][] = [
    ["reference/operator/query/eq", scalars, { v: 1 }, [0, 3, 7]],
    ["reference/operator/query/eq", scalars, { v: { $eq: Decimal128.fromString("1") } }, [0, 3, 7]],
    ["reference/operator/query/eq", scalars, { v: [1, 2] }, [7]],
    ["reference/operator/query/eq", scalars, { v: [] }, [8]],
    ["tutorial/query-for-null-fields", scalars, { v: null }, [5, 6]],
    ["tutorial/query-for-null-fields", nested, { "a.b": null }, [2, 3, 5, 8, 9]],
    ["tutorial/query-for-null-fields", scalars, { v: { $type: 10 } }, [5]],
    ["tutorial/query-for-null-fields", scalars, { v: { $ne: null } }, [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 12]],
    ["reference/operator/query/ne", scalars, { v: { $ne: 1 } }, [1, 2, 4, 5, 6, 8, 9, 10, 11, 12]],
    ["reference/operator/query/gt", scalars, { v: { $gt: 1 } }, [1, 2, 7]],
    ["reference/operator/query/gte", scalars, { v: { $gte: null } }, [5, 6]],
    ["reference/operator/query/lt", scalars, { v: { $lt: 1.5 } }, [0, 3, 7]],
    ["reference/operator/query/gt", scalars, { v: { $gt: Long.fromString("9007199254740992") } }, [2]],
    ["reference/bson-type-comparison-order", scalars, { v: { $gt: new MinKey() } }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    ["reference/bson-type-comparison-order", scalars, { v: { $lt: new MaxKey() } }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    ["reference/bson-type-comparison-order", scalars, { v: { $gt: [1] } }, [7]],
    ["reference/operator/query/in", scalars, { v: { $in: [null, "1"] } }, [4, 5, 6]],
    ["reference/operator/query/in", texts, { v: { $in: [/^al/, 5] } }, [0, 3, 5]],
    ["reference/operator/query/nin", scalars, { v: { $nin: [1, null] } }, [1, 2, 4, 8, 9, 10, 11, 12]],
    ["reference/operator/query/exists", scalars, { v: { $exists: false } }, [6]],
    ["reference/operator/query/exists", nested, { "a.b": { $exists: true } }, [0, 1, 2, 4, 8]],
    ["reference/operator/query/type", scalars, { v: { $type: "number" } }, [0, 1, 2, 3, 7]],
    ["reference/operator/query/type", scalars, { v: { $type: ["array", "objectId"] } }, [7, 8, 11]],
    ["reference/operator/query/type", scalars, { v: { $type: [18, "bool"] } }, [2, 10]],
    ["tutorial/query-array-of-documents", nested, { "a.b": 1 }, [0, 1, 2]],
    ["tutorial/query-array-of-documents", nested, { "a.0.b": 1 }, [0, 1, 2, 7].filter((i) => i !== 0)],
    ["tutorial/query-arrays", nested, { "a.0": 5 }, [10]],
    ["tutorial/query-arrays", nested, { "a.0": 1 }, [4, 9]],
    ["tutorial/query-embedded-documents", [{ v: { a: 1, b: 2 } }, { v: { b: 2, a: 1 } }], { v: { a: 1, b: 2 } }, [0]],
    ["reference/operator/query/and", scalars, { $and: [{ v: { $gt: 1 } }, { v: { $lt: 2 } }] }, [1, 7]],
    ["reference/operator/query/or", scalars, { $or: [{ v: 1 }, { v: "1" }] }, [0, 3, 4, 7]],
    ["reference/operator/query/nor", scalars, { $nor: [{ v: { $exists: true } }, { w: 1 }] }, [6]],
    ["reference/operator/query/not", scalars, { v: { $not: { $gt: 1 } } }, [0, 3, 4, 5, 6, 8, 9, 10, 11, 12]],
    ["reference/operator/query/not", texts, { v: { $not: /^al/ } }, [1, 2, 4, 5]],
    ["reference/operator/query/all", scalars, { v: { $all: [1, 2] } }, [7]],
    ["reference/operator/query/all", scalars, { v: { $all: [1] } }, [0, 3, 7]],
    ["reference/operator/query/all", scalars, { v: { $all: [] } }, []],
    ["reference/operator/query/all", nested, { a: { $all: [{ $elemMatch: { b: 1 } }, { $elemMatch: { b: 2 } }] } }, [1, 2]],
    ["reference/operator/query/elemMatch", nested, { a: { $elemMatch: { b: { $gte: 2 } } } }, [1, 2, 4]],
    ["reference/operator/query/elemMatch", [{ r: [82, 85, 88] }, { r: [75, 88, 89] }, { r: 82 }], { r: { $elemMatch: { $gte: 80, $lt: 85 } } }, [0]],
    ["reference/operator/query/size", scalars, { v: { $size: 0 } }, [8]],
    ["reference/operator/query/size", scalars, { v: { $size: new Double(2) } }, [7]],
    ["reference/operator/query/mod", [{ q: 0 }, { q: 5 }, { q: 12 }, { q: new Double(12.7) }, { q: -12 }, { q: "12" }], { q: { $mod: [4, 0] } }, [0, 2, 3, 4]],
    ["reference/operator/query/mod", [{ q: 4 }, { q: 5 }, { q: -5 }], { q: { $mod: [4.5, 1.9] } }, [1]],
    ["reference/operator/query/bitsAllSet", [{ a: 54 }, { a: new Double(20) }, { a: new Binary(Buffer.from("Zg==", "base64")) }, { a: 20.5 }], { a: { $bitsAllSet: [1, 5] } }, [0, 2]],
    ["reference/operator/query/bitsAnyClear", [{ a: 54 }, { a: 20 }, { a: -1 }], { a: { $bitsAnyClear: [1, 5] } }, [1]],
    ["reference/operator/query/bitsAllClear", [{ a: 54 }, { a: 20 }, { a: 0 }], { a: { $bitsAllClear: 35 } }, [1, 2]],
    ["reference/operator/query/regex", texts, { v: /^a/ }, [0, 3]],
    ["reference/operator/query/regex", texts, { v: { $regex: "^B", $options: "i" } }, [1]],
    ["reference/operator/query/regex", texts, { v: { $regex: "^alpha", $options: "m" } }, [0, 2, 3]],
    ["reference/operator/query/regex", texts, { v: { $regex: "gamma.alpha", $options: "s" } }, [2]],
    ["reference/operator/query/regex", texts, { v: { $regex: "be ta # two parts", $options: "xi" } }, [1]],
    ["reference/operator/query/regex", texts, { v: { $regex: "(?i)beta" } }, [1]],
    ["reference/operator/query/comment", scalars, { v: "1", $comment: "why" }, [4]],
    ["reference/operator/query/eq", [{ u: uuid }, { u: new Binary(uuid.buffer, 0) }], { u: uuid }, [0]],
    ["reference/operator/query/eq", [{ t: new Timestamp({ t: 1, i: 2 }) }, { t: new Date(1000) }], { t: { $lte: new Timestamp({ t: 1, i: 2 }) } }, [0]],
    ["reference/operator/query/jsonSchema", [{ n: "a", y: 2020 }, { n: "a", y: "2020" }, { y: 2020 }, { n: "a", y: 1 }], { $jsonSchema: { required: ["n", "y"], properties: { n: { bsonType: "string" }, y: { bsonType: "int", minimum: 2017 } } } }, [0]],
    ["reference/operator/query/jsonSchema", [{ l: [1, 2] }, { l: [1, 1] }, { l: ["a"] }, { l: [] }, {}], { $jsonSchema: { properties: { l: { items: { type: "number" }, uniqueItems: true, minItems: 1 } } } }, [0, 4]],
    ["reference/operator/query/jsonSchema", [{ x: 1 }, { y: 1 }, { xx: "a" }], { $jsonSchema: { properties: { _id: {} }, patternProperties: { "^x": { type: "number" } }, additionalProperties: false } }, [0]],
    ["reference/operator/query/jsonSchema", [{ v: 1 }, { v: "a" }, { v: true }, { v: 15 }], { $jsonSchema: { properties: { v: { oneOf: [{ type: "string", maxLength: 3 }, { type: "number", multipleOf: 5 }] } } } }, [1, 3]],
    ["reference/operator/query/jsonSchema", [{ a: 1, b: 1 }, { a: 1 }, { b: 1 }, { d: { x: 1, y: 2 } }], { $jsonSchema: { dependencies: { a: ["b"] }, not: { required: ["d"] } } }, [0, 2]],
    ["reference/operator/query/jsonSchema", [{ d: { x: 1, y: 2 } }, { d: { y: 2, x: 1 } }, { d: { x: 1 } }], { $jsonSchema: { properties: { d: { enum: [{ x: 1, y: 2 }] } } } }, [0, 1]],
    ["reference/operator/aggregation/sampleRate", scalars, { $sampleRate: 0 }, []],
    ["reference/operator/aggregation/sampleRate", nested, { $sampleRate: 1 }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ];
  test.each(cases.map(([page, docs, filter, ids], i) => [i, page, docs, filter, ids] as const))("%i %s", async (_i, _page, docs, filter, ids) => {
    const col = await withDocs(docs);
    expect(await idsOf(col, filter)).toEqual(ids);
    await col.createIndexes([{ key: { v: 1 } }, { key: { "a.b": -1 } }]);
    expect((await idsOf(col, filter)).toSorted((a, b) => Number(a) - Number(b))).toEqual(ids);
  });

  test.each<[page: string, filter: Document, code: number]>([
    ["reference/operator/query", { $nope: 1 }, 2], ["reference/operator/query", { a: { $nope: 1 } }, 2], ["reference/operator/query/in", { a: { $in: 1 } }, 2], ["reference/operator/query/in", { a: { $in: [{ $gt: 1 }] } }, 2],
    ["reference/operator/query/and", { $and: [] }, 2], ["reference/operator/query/mod", { a: { $mod: [0, 1] } }, 2], ["reference/operator/query/mod", { a: { $mod: [1] } }, 2], ["reference/operator/query/size", { a: { $size: -1 } }, 9],
    ["reference/operator/query/type", { a: { $type: "nope" } }, 2], ["reference/operator/query/regex", { a: { $options: "i" } }, 2], ["reference/operator/query/not", { a: { $not: 5 } }, 2], ["reference/operator/query/elemMatch", { a: { $elemMatch: 1 } }, 2],
    ["reference/operator/query/jsonSchema", { $jsonSchema: { nope: 1 } }, 9], ["reference/operator/query/jsonSchema", { $jsonSchema: { required: [] } }, 9], ["reference/operator/query/jsonSchema", { $jsonSchema: { minimum: "a" } }, 14],
    ["reference/operator/aggregation/sampleRate", { $sampleRate: 2 }, 2],
  ])("%s refuses %j with %i", async (_page, filter, code) => {
    expect(await codeOf(mongo.collection().find(filter).toArray())).toBe(code);
  });
});

describe("projections", () => {
  const doc = { a: 1, b: { c: 1, d: 2 }, l: [{ x: 1, y: 1 }, { x: 2, y: 2 }, 3], n: [1, 2, 3, 4] };
  test.each<[page: string, projection: Document, expected: Document, filter?: Document]>([
    ["tutorial/project-fields-from-query-results", { a: 1 }, { _id: 0, a: 1 }],
    ["tutorial/project-fields-from-query-results", { a: 0, l: 0, n: 0 }, { _id: 0, b: doc.b }],
    ["tutorial/project-fields-from-query-results", { "b.c": 1, _id: 0 }, { b: { c: 1 } }],
    ["tutorial/project-fields-from-query-results", { b: { d: 1 }, _id: 0 }, { b: { d: 2 } }],
    ["tutorial/project-fields-from-query-results", { "l.x": 1, _id: 0 }, { l: [{ x: 1 }, { x: 2 }] }],
    ["tutorial/project-fields-from-query-results", { "l.x": 0, a: 0, b: 0, n: 0, _id: 0 }, { l: [{ y: 1 }, { y: 2 }, 3] }],
    ["reference/operator/projection/slice", { n: { $slice: 2 }, l: 0 }, { _id: 0, a: 1, b: doc.b, n: [1, 2] }],
    ["reference/operator/projection/slice", { a: 1, n: { $slice: [-3, 2] } }, { _id: 0, a: 1, n: [2, 3] }],
    ["reference/operator/projection/elemMatch", { l: { $elemMatch: { x: 2 } } }, { _id: 0, l: [{ x: 2, y: 2 }] }],
    ["reference/operator/projection/positional", { "n.$": 1 }, { _id: 0, n: [3] }, { n: { $gt: 2 } }],
    ["reference/method/db.collection.find", {}, { _id: 0, ...doc }],
    ["reference/method/db.collection.find", { _id: 0 }, doc],
  ])("%s %j", async (_page, projection, expected, filter = {}) => {
    const col = await withDocs([doc]);
    expect(await col.findOne(filter, { projection })).toEqual(expected);
  });

  test.each<[projection: Document, code: number]>([[{ a: 1, b: 0 }, 31254], [{ a: 0, b: 1 }, 31253], [{ a: 1, "a.b": 1 }, 31249], [{ "": 1 }, 40352], [{ "a.$": 1, "b.$": 1 }, 31276]])("%j is refused with %i", async (projection, code) => {
    const col = await withDocs([doc]);
    expect(await codeOf(col.findOne({ a: 1 }, { projection }))).toBe(code);
  });
});

describe("sort, limit and skip", () => {
  const mixed = [{ v: new MinKey() }, { v: null }, {}, { v: 1 }, { v: Decimal128.fromString("0.5") }, { v: "b" }, { v: "a" }, { v: { a: 1 } }, { v: [3, 0] }, { v: new Binary(Buffer.from([1])) }, { v: oid }, { v: false }, { v: new Date(0) }, { v: new Timestamp({ t: 1, i: 1 }) }, { v: new BSONRegExp("a") }, { v: new MaxKey() }, { v: [] }];
  test("reference/bson-type-comparison-order: all types, both ways, with and without an index", async () => {
    const col = await withDocs(mixed);
    const up = [0, 16, 1, 2, 8, 4, 3, 6, 5, 7, 9, 10, 11, 12, 13, 14, 15];
    const down = [15, 14, 13, 12, 11, 10, 9, 7, 5, 6, 8, 3, 4, 1, 2, 16, 0];
    for (let round = 0; round < 2; round++) {
      expect(await idsOf(col, {}, { sort: { v: 1 } })).toEqual(round === 0 ? up : expect.arrayContaining(up));
      expect((await idsOf(col, {}, { sort: { v: -1 } })).filter((id) => id !== 1 && id !== 2)).toEqual(down.filter((id) => id !== 1 && id !== 2));
      await col.createIndex({ v: 1 });
    }
  });

  test("reference/method/cursor.limit, cursor.skip: zero is no limit, a negative one a single batch", async () => {
    const col = await withDocs(Array.from({ length: 10 }, (_, i) => ({ n: i })));
    expect((await idsOf(col, {}, { limit: 0 })).length).toBe(10);
    expect(await idsOf(col, {}, { limit: -3, sort: { n: -1 } })).toEqual([9, 8, 7]);
    expect(await idsOf(col, {}, { skip: 8 })).toEqual([8, 9]);
    expect(await idsOf(col, {}, { hint: { $natural: -1 }, limit: 2 })).toEqual([9, 8]);
    expect(await idsOf(col, {}, { sort: { $natural: -1 }, limit: 2 })).toEqual([9, 8]);
    expect(await codeOf(mongo.db.command({ find: col.collectionName, sort: { n: 2 } }))).toBe(15975);
  });
});

describe("collation (reference/collation)", () => {
  const words = [{ w: "cote" }, { w: "Côte" }, { w: "coté" }, { w: "COTE" }, { w: "dog" }, { w: ["COTE", "x"] }, { w: { s: "Cote" } }, { w: 5 }];
  const at = (strength: number, o: Document = {}) => ({ collation: { locale: "en", strength, ...o } });
  test.each<[filter: Document, strength: number, ids: number[]]>([
    [{ w: "cote" }, 1, [0, 1, 2, 3, 5]], [{ w: "cote" }, 2, [0, 3, 5]], [{ w: { $in: ["Cote", 5] } }, 2, [0, 3, 5, 7]], [{ w: { $ne: "COTE" } }, 2, [1, 2, 4, 6, 7]], [{ w: { $gt: "cote" } }, 2, [1, 2, 4, 5]],
    [{ w: { s: "cote" } }, 2, [6]], [{ w: /^cote$/ }, 1, [0]], [{ w: "COTE" }, 3, [3, 5]], [{ w: 5 }, 1, [7]], [{ w: { $elemMatch: { $eq: "cote" } } }, 2, [5]],
  ])("%j at strength %i", async (filter, strength, ids) => {
    const col = await withDocs(words);
    for (let round = 0; round < 2; round++) {
      expect(await idsOf(col, filter, at(strength))).toEqual(ids);
      await col.createIndex({ w: 1 }, { name: "by_w", ...at(strength) });
    }
  });

  test("sort, distinct, count, update, delete and numericOrdering", async () => {
    const col = await withDocs([{ w: "b" }, { w: "A" }, { w: "a" }, { w: "B" }, { w: "C" }]);
    expect(await idsOf(col, {}, { sort: { w: 1, _id: 1 }, ...at(2) })).toEqual([1, 2, 0, 3, 4]);
    expect(await idsOf(col, {}, { sort: { w: -1, _id: 1 }, ...at(2) })).toEqual([4, 0, 3, 1, 2]);
    expect(await col.distinct("w", {}, at(2))).toEqual(["A", "b", "C"].toSorted((a, b) => a.localeCompare(b)));
    expect(await col.countDocuments({ w: "B" }, {})).toBe(1);
    expect((await col.updateMany({ w: "a" }, { $set: { hit: 1 } }, at(1))).matchedCount).toBe(2);
    expect((await col.deleteMany({ w: "B" }, at(1))).deletedCount).toBe(2);
    const numbers = await withDocs([{ w: "10" }, { w: "9" }, { w: "a10" }, { w: "a9" }]);
    expect(await idsOf(numbers, {}, { sort: { w: 1 }, ...at(1, { numericOrdering: true }) })).toEqual([1, 0, 3, 2]);
  });

  test("the collation of a collection is that of its queries; simple turns it off", async () => {
    const name = mongo.collection().collectionName;
    const col = await mongo.db.createCollection<Doc>(name, at(2));
    await col.insertMany([{ _id: 1, w: "x" }, { _id: 2, w: "X" }]);
    expect(await idsOf(col, { w: "X" })).toEqual([1, 2]);
    expect(await idsOf(col, { w: "X" }, { collation: { locale: "simple" } })).toEqual([2]);
    const [info] = await mongo.db.listCollections({ name }).toArray();
    expect((info as Document)["options"].collation).toEqual({ locale: "en", caseLevel: false, caseFirst: "off", strength: 2, numericOrdering: false, alternate: "non-ignorable", maxVariable: "punct", normalization: false, backwards: false, version: "57.1" });
  });

  test("malformed ones are refused", async () => {
    const col = await withDocs([{ w: 1 }]);
    expect(await codeOf(col.find({}, { collation: { locale: "nope" } }).toArray())).toBe(2);
    expect(await codeOf(col.find({}, { collation: { locale: "en", nope: 1 } as never }).toArray())).toBe(40415);
    expect(await codeOf(col.find({}, { collation: { strength: 1 } as never }).toArray())).toBe(40414);
  });
});

test("numbers of every type keep it through a query (reference/bson-types)", async () => {
  const exact = await startTestMongo({ exact: true });
  const col = exact.collection();
  await col.insertOne({ _id: 1, i: new Int32(1), l: Long.fromNumber(1), d: new Double(1), m: Decimal128.fromString("1.00") });
  const found = (await col.findOne({ i: 1, l: 1, d: 1, m: 1 }))!;
  expect([found["i"]._bsontype, found["l"]._bsontype, found["d"]._bsontype, found["m"].toString()]).toEqual(["Int32", "Long", "Double", "1.00"]);
  await exact.stop();
});
