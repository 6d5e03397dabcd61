import { Binary, BSON, BSONRegExp, BSONSymbol, Code, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID, type Collection, type Document, type FindOptions } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, startTestMongo, type Doc, type TestMongo } from "../support/mongo.ts";

/** What libraries that imitate MongoDB in JavaScript are known to do differently: each case answers as MongoDB 7.0, or is refused by name. Sources: mongodb.com/docs/manual/reference/. */

let mongo: TestMongo;
let exact: TestMongo;
beforeAll(async () => {
  mongo = await startTestMongo();
  exact = await startTestMongo({ exact: true });
});
afterAll(() => Promise.all([mongo.stop(), exact.stop()]));

type Run = () => Promise<unknown>;
const holds = (cases: readonly (readonly [name: string, run: Run, expected: unknown])[]) => {
  for (const [name, run, expected] of cases) test(name, async () => expect(await run()).toEqual(expected));
};
const filled = async (docs: readonly Document[], from = mongo): Promise<Collection<Doc>> => {
  const col = from.collection();
  await col.insertMany(docs.map((doc, i) => ({ _id: i, ...doc })));
  return col;
};
const ids = (docs: readonly Document[], filter: Document, o: FindOptions = {}): Run => async () => (await (await filled(docs)).find(filter, o).toArray()).map((doc) => Number(doc._id));
const sorted = (docs: readonly Document[], sort: Document, o: FindOptions = {}): Run => async () => {
  const col = await filled(docs);
  const order = async () => (await col.find({}, { ...o, sort: { ...sort, _id: 1 } as never }).toArray()).map((doc) => Number(doc._id));
  const scanned = await order();
  await col.createIndex({ ...sort, _id: 1 });
  expect(await order()).toEqual(scanned);
  return scanned;
};
const piped = (docs: readonly Document[], pipeline: Document[], o: Document = {}): Run => async () => (await filled(docs)).aggregate(pipeline, o).toArray();
const value = (expression: unknown, doc: Document = {}): Run => async () => (await (await filled([doc])).aggregate([{ $replaceWith: { v: expression } }]).toArray())[0]!["v"];
const updated = (before: Document, update: Document | Document[], filter: Document = {}, o: Document = {}): Run => async () => {
  const col = await filled([before]);
  await col.updateOne(filter, update, o);
  const { _id, ...rest } = (await col.findOne())!;
  return rest;
};
const extended = (v: unknown) => BSON.EJSON.stringify(v, { relaxed: false });
/** The type and the text of a field after an update. */
const typed = (before: unknown, update: Document): Run => async () => {
  const col = await filled([{ v: before }], exact);
  await col.updateOne({}, update);
  return extended((await col.findOne())!["v"]);
};
const refused = (run: Run): Run => () => codeOf(run());
const [int, long, dec, dbl] = [(n: number) => new Int32(n), (n: number | string) => Long.fromString(String(n)), (s: string) => Decimal128.fromString(s), (n: number) => new Double(n)];
const oid = new ObjectId("65a000000000000000000001");
const uuid = new UUID("11111111-2222-4333-8444-555555555555");
const bytes = Buffer.from("abc");
const ci = { locale: "en", strength: 2 };

describe("numbers of every BSON type", () => {
  const five = [{ v: int(5) }, { v: dbl(5) }, { v: long(5) }, { v: dec("5.0") }, { v: dec("5.00") }, { v: "5" }];
  const big = [{ v: long("9007199254740993") }, { v: dbl(9007199254740992) }, { v: dec("9007199254740993") }, { v: long(10) }, { v: long(9) }];
  holds([
    ["a long equals every number of its value", ids(five, { v: long(5) }), [0, 1, 2, 3, 4]], ["an int equals every number of its value", ids(five, { v: int(5) }), [0, 1, 2, 3, 4]], ["a double equals every number of its value", ids(five, { v: dbl(5) }), [0, 1, 2, 3, 4]],
    ["decimal 5.00 equals 5.0 and 5", ids(five, { v: dec("5.00") }), [0, 1, 2, 3, 4]], ["long 10 is above long 9", ids(big, { v: { $gt: long(9), $lt: 100 } }), [3]], ["beyond 2^53 nothing is rounded", ids(big, { v: { $gt: dbl(9007199254740992) } }), [0, 2]], ["numbers of all types in one order", sorted(big, { v: 1 }), [4, 3, 1, 0, 2]],
    ["$in with a long", ids(five, { v: { $in: [long(5)] } }), [0, 1, 2, 3, 4]], ["$inc of a long", typed(long(5), { $inc: { v: int(1) } }), extended(long(6))], ["$inc of a decimal", typed(dec("1.10"), { $inc: { v: int(1) } }), extended(dec("2.10"))], ["$inc of a double stays one", typed(dbl(1), { $inc: { v: int(1) } }), extended(dbl(2))],
    ["$inc of an int by a long", typed(int(1), { $inc: { v: long(1) } }), extended(long(2))], ["$mul of a long", typed(long(5), { $mul: { v: int(3) } }), extended(long(15))], ["$sum takes longs", piped([{ v: long(1) }, { v: int(2) }, { v: dbl(0.5) }], [{ $group: { _id: null, n: { $sum: "$v" } } }]), [{ _id: null, n: 3.5 }]],
    ["$add of a long and a decimal", value({ $eq: [{ $add: ["$a", "$b"] }, dec("3.5")] }, { a: long(1), b: dec("2.5") }), true], ["$group takes equal numbers as one", piped(five, [{ $group: { _id: "$v", n: { $sum: 1 } } }, { $sort: { n: -1 } }, { $project: { _id: 0 } }]), [{ n: 5 }, { n: 1 }]],
  ]);
});

describe("order and equality", () => {
  const types = [{ v: new MaxKey() }, { v: /x/ }, { v: new Timestamp({ t: 1, i: 1 }) }, { v: new Date(0) }, { v: true }, { v: oid }, { v: new Binary(bytes) }, { v: { a: 1 } }, { v: "a" }, { v: long(1) }, { v: null }, { v: new MinKey() }, {}];
  const objects = [{ v: { x: 1, y: 2 } }, { v: { y: 2, x: 1 } }, { v: { x: 1, y: dbl(2) } }];
  const arrays = [{ v: [1, 2] }, { v: [2, 1] }, { v: [3] }, { v: [1, 2, 0] }];
  const texts = [{ v: "\uFF5E" }, { v: "\u{1F600}" }, { v: "z" }];
  holds([
    ["MongoDB's order of types", sorted(types, { v: 1 }), [11, 10, 12, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]], ["and back", sorted(types, { v: -1 }), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 11]], ["comparison stays within a type", ids(types, { v: { $gte: "" } }), [8]],
    ["texts by code point, not by UTF-16 unit", sorted(texts, { v: 1 }), [2, 0, 1]], ["$gt of texts by code point", ids(texts, { v: { $gt: "\uFF5E" } }), [1]], ["documents with other field orders differ", ids(objects, { v: { x: 1, y: 2 } }), [0, 2]], ["$addToSet tells field orders apart", updated({ l: [{ x: 1, y: 2 }] }, { $addToSet: { l: { $each: [{ y: 2, x: 1 }, { x: 1, y: 2 }] } } }), { l: [{ x: 1, y: 2 }, { y: 2, x: 1 }] }],
    ["$group tells field orders apart", piped(objects, [{ $group: { _id: "$v" } }, { $count: "n" }]), [{ n: 2 }]], ["$group tells array orders apart", piped(arrays.slice(0, 2), [{ $group: { _id: "$v" } }, { $count: "n" }]), [{ n: 2 }]], ["arrays equal in their order", ids(arrays, { v: [2, 1] }), [1]],
    ["array above array, item by item", ids(arrays, { v: { $gt: [1, 2] } }), [1, 2, 3]], ["array below array", ids(arrays, { v: { $lt: [1, 2, 0] } }), [0]], ["an array sorts up by its least", sorted([{ v: [5, 1] }, { v: [3] }, { v: [2, 9] }], { v: 1 }), [0, 2, 1]], ["an array sorts down by its greatest", sorted([{ v: [5, 1] }, { v: [3] }, { v: [2, 9] }], { v: -1 }), [2, 0, 1]],
  ]);
});

describe("null, arrays and paths", () => {
  const nested = [{ a: [{ b: 1 }, { c: 1 }] }, { a: [{ b: 1 }] }, { a: {} }, {}, { a: [] }, { a: [5] }];
  const lists = [{ v: [[1, 2], 3] }, { v: [1, 2] }, { v: 1 }, { v: [[1, 2, 3]] }];
  holds([
    ["null is found where one item lacks the field", ids(nested, { "a.b": null }), [0, 2, 3]], ["$gte: null finds what is absent", ids([{ v: null }, {}, { v: 1 }], { v: { $gte: null } }), [0, 1]], ["$lte: null finds what is absent", ids([{ v: null }, {}, { v: 1 }], { v: { $lte: null } }), [0, 1]], ["$in with a list", ids(lists, { v: { $in: [[1, 2]] } }), [0, 1]],
    ["$all with a list", ids(lists, { v: { $all: [[1, 2]] } }), [0, 1]], ["$all of a scalar", ids(lists, { v: { $all: [1] } }), [1, 2]], ["$nin with a list", ids(lists, { v: { $nin: [[1, 2]] } }), [2, 3]], ["a.0 is a field of items too", ids([{ a: [{ 0: 5 }] }, { a: [5] }, { a: { 0: 5 } }, { a: [[5]] }], { "a.0": 5 }), [0, 1, 2]],
  ]);
});

describe("types of values", () => {
  const values = [{ v: oid }, { v: new Binary(bytes) }, { v: new Timestamp({ t: 1, i: 1 }) }, { v: int(1) }, { v: long(1) }, { v: dbl(1) }, { v: dec("1") }, { v: [int(1), "x"] }, { v: uuid }];
  const sameBytes = [{ v: new Binary(bytes, 0) }, { v: new Binary(bytes, 5) }, { v: uuid }, { v: new Binary(uuid.buffer, 4) }, { v: new Binary(uuid.buffer, 0) }];
  holds([
    ["$type objectId", ids(values, { v: { $type: "objectId" } }), [0]], ["$type binData", ids(values, { v: { $type: "binData" } }), [1, 8]], ["$type timestamp", ids(values, { v: { $type: "timestamp" } }), [2]], ["$type int, of items too", ids(values, { v: { $type: "int" } }), [3, 7]], ["$type long", ids(values, { v: { $type: 18 } }), [4]], ["$type decimal", ids(values, { v: { $type: "decimal" } }), [6]], ["$type double", ids(values, { v: { $type: 1 } }), [5]],
    ["$type string, of items too", ids(values, { v: { $type: ["string", "array"] } }), [7]], ["another subtype is another value", ids(sameBytes, { v: new Binary(bytes, 5) }), [1]], ["a UUID is binary of subtype 4", ids(sameBytes, { v: new Binary(uuid.buffer, 4) }), [2, 3]], ["and the other way round", ids(sameBytes, { v: uuid }), [2, 3]],
  ]);
});

describe("operators of queries", () => {
  const v = [{ v: "x" }, { v: 3 }, { v: 9 }, {}, { v: [1] }];
  const words = [{ v: "Alpha" }, { v: "beta" }, { v: new BSONRegExp("^a", "i") }, { v: "ALPHA" }];
  holds([
    ["$expr compares across types", ids(v, { $expr: { $gt: ["$v", 5] } }), [0, 2, 4]], ["$expr: absent is below all", ids(v, { $expr: { $lt: ["$v", null] } }), [3]], ["$comment", ids(v, { v: 3, $comment: "why" }), [1]], ["$jsonSchema", ids(v, { $jsonSchema: { required: ["v"], properties: { v: { bsonType: "int", minimum: 5 } } } }), [2]], ["$where is refused", refused(ids(v, { $where: "true" })), 238],
    ["$mod cuts doubles off", ids([{ v: dbl(12.7) }, { v: dbl(-4.9) }, { v: 5 }], { v: { $mod: [4, 0] } }), [0, 1]], ["$mod cuts its arguments off", ids([{ v: 4 }, { v: 5 }], { v: { $mod: [dbl(4.9), dbl(0.9)] } }), [0]], ["regex option x", ids(words, { v: { $regex: "be  ta # said twice", $options: "x" } }), [1]], ["(?i) in a regex", ids(words, { v: { $regex: "(?i)^alpha$" } }), [0, 3]],
    ["a stored regex equals itself", ids(words, { v: new BSONRegExp("^a", "i") }), [0, 2, 3]], ["a stored regex equals by $eq", ids(words, { v: { $eq: new BSONRegExp("^a", "i") } }), [2]], ["a pattern that never ends", refused(ids([{ v: `${"a".repeat(40)}!` }], { v: /^(a+)+$/ })), 51156],
    ["collation in a filter", ids(words, { v: "alpha" }, { collation: ci }), [0, 3]], ["collation in $in", ids(words, { v: { $in: ["ALPHA", "BETA"] } }, { collation: ci }), [0, 1, 3]], ["collation in $group", piped(words.filter((w) => typeof w.v === "string"), [{ $group: { _id: "$v", n: { $sum: 1 } } }, { $sort: { n: -1 } }, { $project: { _id: 0 } }], { collation: ci }), [{ n: 2 }, { n: 1 }]],
    ["collation in a sort by two fields of one array", sorted([{ l: [{ a: "b", b: "Z" }, { a: "A", b: "y" }] }, { l: [{ a: "a", b: "x" }] }], { "l.a": 1, "l.b": 1 }, { collation: ci }), [1, 0]], ["collation in a $sort by two fields of one array", piped([{ l: [{ a: "a", b: "m" }, { a: "b", b: "a" }] }, { l: [{ a: "A", b: "c" }] }], [{ $set: { m: "$l" } }, { $sort: { "m.a": 1, "m.b": 1 } }, { $project: { _id: 1 } }], { collation: ci }), [{ _id: 1 }, { _id: 0 }]], ["collation orders documents by their items' pairs", sorted([{ l: [{ a: "a", b: "m" }, { a: "b", b: "a" }] }, { l: [{ a: "A", b: "c" }] }], { "l.a": 1, "l.b": 1 }, { collation: ci }), [1, 0]],
  ]);
});

describe("updates", () => {
  const l = [{ g: 1 }, { g: 9 }];
  holds([
    ["$set through a scalar", refused(updated({ a: 1 }, { $set: { "a.b": 1 } })), 28], ["$set through null", refused(updated({ a: null }, { $set: { "a.b": 1 } })), 28], ["$inc of null", refused(updated({ a: null }, { $inc: { a: 1 } })), 14], ["$inc of a text", refused(updated({ a: "1" }, { $inc: { a: 1 } })), 14], ["$push to a scalar", refused(updated({ a: 1 }, { $push: { a: 1 } })), 2],
    ["an array is padded with null", updated({ l: [1] }, { $set: { "l.3": 4 } }), { l: [1, null, null, 4] }], ["$currentDate with a timestamp", async () => Object.values((await updated({}, { $currentDate: { t: { $type: "timestamp" } } })()) as Document)[0] instanceof Timestamp, true],
    ["new fields come in lexicographic order", async () => Object.keys((await updated({ z: 0 }, { $set: { c: 1, a: 1, b: 1 } })()) as Document), ["z", "a", "b", "c"]], ["$", updated({ l }, { $set: { "l.$.x": 1 } }, { "l.g": 9 }), { l: [{ g: 1 }, { g: 9, x: 1 }] }], ["$[]", updated({ l }, { $inc: { "l.$[].g": 1 } }), { l: [{ g: 2 }, { g: 10 }] }],
    ["$[e]", updated({ l }, { $set: { "l.$[e].x": 1 } }, {}, { arrayFilters: [{ "e.g": { $lt: 5 } }] }), { l: [{ g: 1, x: 1 }, { g: 9 }] }], ["$pull", updated({ l }, { $pull: { l: { g: { $gt: 5 } } } }), { l: [{ g: 1 }] }], ["$rename", updated({ a: 1, b: 2 }, { $rename: { a: "b" } }), { b: 1 }], ["$bit", updated({ a: 5 }, { $bit: { a: { xor: 4 } } }), { a: 1 }], ["two changes of one path", refused(updated({}, { $set: { "a.b": 1, a: 1 } })), 40],
  ]);
});

describe("projections and stages", () => {
  const doc = { a: 1, l: [{ g: 1, k: 1 }, { g: 2, k: 2 }], z: 3 };
  const shown = (projection: Document, filter: Document = {}): Run => async () => Object.entries((await (await filled([doc])).findOne(filter, { projection }))!);
  holds([
    ["fields keep the document's order", shown({ z: 1, a: 1 }), [["_id", 0], ["a", 1], ["z", 3]]], ["$slice keeps the other fields", shown({ l: { $slice: -1 } }), [["_id", 0], ["a", 1], ["l", [{ g: 2, k: 2 }]], ["z", 3]]], ["$elemMatch", shown({ l: { $elemMatch: { g: 2 } } }), [["_id", 0], ["l", [{ g: 2, k: 2 }]]]], ["the positional $", shown({ "l.$": 1 }, { "l.g": 2 }), [["_id", 0], ["l", [{ g: 2, k: 2 }]]]],
    ["$count of nothing is nothing", piped([doc], [{ $match: { a: 9 } }, { $count: "n" }]), []], ["$bucket: _id, then count", async () => Object.keys(((await piped([doc], [{ $bucket: { groupBy: "$a", boundaries: [0, 5] } }])()) as Document[])[0]!), ["_id", "count"]], ["$addFields into the documents of an array", piped([doc], [{ $addFields: { "l.n": 7 } }, { $project: { _id: 0, l: 1 } }]), [{ l: [{ g: 1, k: 1, n: 7 }, { g: 2, k: 2, n: 7 }] }]],
    ...([["$set", { a: 9, "l.g": 9 }], ["$unset", ["a", "l.g"]], ["$project", { a: 0, "l.g": 0 }]] as const).map(([stage, spec]) => [`${stage} leaves its input as it was`, piped([doc], [{ $facet: { one: [{ [stage]: spec }, { $match: { a: 1 } }], two: [{ $project: { _id: 0 } }] } }]), [{ one: [], two: [doc] }]] as const),
    ["$lookup by equality meets items of arrays", async () => {
      const from = await filled([{ k: [1, 2] }, { k: 2 }, { k: null }, {}]);
      const found = (await piped([{ j: long(2) }, { j: [1, 5] }, {}], [{ $lookup: { from: from.collectionName, localField: "j", foreignField: "k", as: "f" } }])()) as Document[];
      return found.map((one) => one["f"].map((f: Document) => f["_id"]));
    }, [[0, 1], [0], [2, 3]]],
    ["$lookup by a pipeline with $expr", async () => {
      const from = await filled([{ k: 1 }, { k: long(2) }, { k: "2" }]);
      await from.createIndex({ k: 1 });
      const found = (await piped([{ j: 2 }, { j: null }], [{ $lookup: { from: from.collectionName, let: { j: "$j" }, pipeline: [{ $match: { $expr: { $eq: ["$k", "$$j"] } } }], as: "f" } }])()) as Document[];
      return found.map((one) => one["f"].map((f: Document) => f["_id"]));
    }, [[1], []]],
  ]);
});

describe("expressions", () => {
  const at = (text: string) => new Date(text);
  holds([
    ["$dateTrunc by hour in a zone of half an hour", value({ $dateTrunc: { date: at("2021-03-20T11:45:05Z"), unit: "hour", timezone: "Asia/Kolkata" } }), at("2021-03-20T11:30:00Z")], ["$dateTrunc by day across a change of clocks", value({ $dateTrunc: { date: at("2021-11-07T12:00:00Z"), unit: "day", timezone: "America/New_York" } }), at("2021-11-07T04:00:00Z")],
    ["$dateFromString in summer", value({ $dateFromString: { dateString: "2021-07-01T12:00:00", timezone: "Europe/Berlin" } }), at("2021-07-01T10:00:00Z")], ["$dateFromString in winter", value({ $dateFromString: { dateString: "2021-01-01T12:00:00", timezone: "Europe/Berlin" } }), at("2021-01-01T11:00:00Z")], ["$dateAdd keeps to the month", value({ $dateAdd: { startDate: at("2021-01-31"), unit: "month", amount: 1 } }), at("2021-02-28")],
    ["$percentile of 1 to 100", value({ $percentile: { input: Array.from({ length: 100 }, (_, i) => i + 1), p: [0.5, 0.95], method: "approximate" } }), [50, 95]], ["$percentile of many", piped(Array.from({ length: 9_999 }, (_, i) => ({ v: (i * 7_919) % 9_999 })), [{ $group: { _id: null, p: { $percentile: { input: "$v", p: [0, 0.5, 0.999, 1], method: "approximate" } } } }]), [{ _id: null, p: [0, 4_999, 9_989, 9_998] }]],
    ["$toObjectId", value({ $toObjectId: "65a000000000000000000001" }), oid], ["$toObjectId of another text", refused(value({ $toObjectId: "$v" }, { v: "x" })), 241], ["$toString of an ObjectId", value({ $toString: oid }), "65a000000000000000000001"], ["$type of an ObjectId", value({ $type: "$v" }, { v: oid }), "objectId"], ["$type of what is absent", value({ $type: "$none" }), "missing"],
  ]);
});

describe("documents come back as they were sent", () => {
  const all = { dbl: dbl(5), long: long(5), int: int(5), dec: dec("5.00"), re: new BSONRegExp("a b", "ix"), sym: new BSONSymbol("s"), code: new Code("f"), ts: new Timestamp({ t: 1, i: 2 }), bin: new Binary(bytes, 128), uuid: new Binary(uuid.buffer, 4), min: new MinKey(), max: new MaxKey(), oid, at: new Date(-1), nul: null, nan: dbl(NaN), zero: dbl(-0) };
  const order = new Map<string, unknown>([["_id", int(1)], ["b", int(1)], ["2", int(2)], ["1", int(3)]]);
  const names = (raw: Uint8Array) => [...BSON.onDemand.parseToElements(raw)].map(([, at, length]) => Buffer.from(raw).toString("utf8", at, at + length));
  const stored = async (run?: (col: Collection<Doc>) => Promise<unknown>): Promise<string[]> => {
    const col = mongo.collection();
    await mongo.db.command({ insert: col.collectionName, documents: [order] });
    await run?.(col);
    return names((await col.find({}, { raw: true }).next()) as unknown as Uint8Array);
  };
  const deep = (levels: number): Document => Array.from({ length: levels }).reduce<Document>((inner) => ({ a: inner }), {});
  holds([
    ["every type", async () => extended((await (await filled([all], exact)).findOne())!), extended({ _id: int(0), ...all })], ["every type, through an update", async () => {
      const col = await filled([all], exact);
      await col.updateOne({}, { $set: { last: int(1) } });
      return extended((await col.findOne())!);
    }, extended({ _id: int(0), ...all, last: int(1) })],
    ["every type, through a pipeline", async () => extended((await (await filled([all], exact)).aggregate([{ $set: { last: int(1) } }]).toArray())[0]), extended({ _id: int(0), ...all, last: int(1) })],
    ["names that look like numbers keep their places", () => stored(), ["_id", "b", "2", "1"]], ["also through an update", () => stored((col) => col.updateOne({}, { $set: { c: 1 } })), ["_id", "b", "2", "1", "c"]], ["also through $out", () => stored((col) => col.aggregate([{ $set: { c: 1 } }, { $out: col.collectionName }]).toArray()), ["_id", "b", "2", "1", "c"]],
    ["100 levels are stored", async () => (await filled([deep(99)])).countDocuments(), 1], ["more are refused", refused(() => filled([deep(201)])), 15],
  ]);
});
