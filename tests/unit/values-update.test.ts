import { Decimal128, deserialize, Double, Int32, Long, ObjectId, serialize, Timestamp } from "bson";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromJs, toJs, validateDoc, type RawDoc } from "../../src/mongo/embedded/values/raw.ts";
import { provide } from "../../src/mongo/embedded/pipeline/expressions/provide.ts";
import { compileUpdate, upsertDocument, type UpdateContext } from "../../src/mongo/embedded/values/update.ts";
import { anyDoc, anyNumber, anyValue } from "./values-arbitraries.ts";

provide();

const doc = (js: unknown): RawDoc => serialize(js as Record<string, unknown>, { ignoreUndefined: false });
type Extra = { filters?: unknown[] } & { filter?: unknown; insert?: boolean };
const NOW = 1_700_000_000_000;

function run(before: unknown, update: unknown, { filters = [], filter, insert = false }: Extra = {}) {
  const compiled = compileUpdate(Array.isArray(update) ? update.map(doc) : doc(update), { arrayFilters: filters.map(doc), scope: { nowMs: NOW } });
  const context: UpdateContext = { insert, nowMs: NOW, ...(filter === undefined ? {} : { filter: doc(filter) }) };
  return compiled.apply(doc(before), context);
}
const exact = (d: RawDoc) => Buffer.from(d).toString("hex");

describe("updates, case by case", () => {
  test.each<[string, unknown, unknown, unknown, Extra?]>([
    ["$set a field", { _id: 1, a: 1 }, { $set: { a: 2 } }, { _id: 1, a: 2 }],
    ["$set nested and in arrays", { a: { b: 1 }, t: ["x", "y"] }, { $set: { "a.c": 2, "t.1": "z", "r.0.q": 1 } }, { a: { b: 1, c: 2 }, t: ["x", "z"], r: { 0: { q: 1 } } }],
    ["new fields come in order of their names", { _id: 1 }, { $set: { z: 1, b: 2 }, $inc: { c: 3 } }, { _id: 1, b: 2, c: 3, z: 1 }],
    ["numeric names come in order of their numbers", { a: {} }, { $set: { "a.10": 1, "a.9": 2 } }, { a: new Map([["9", 2], ["10", 1]]) }],
    ["padding with null", { a: [1] }, { $set: { "a.3": 4 } }, { a: [1, null, null, 4] }],
    ["$set replaces the type", { a: 5 }, { $set: { a: new Double(5) } }, { a: new Double(5) }],
    ["$unset", { a: 1, b: { c: 1, d: 2 } }, { $unset: { a: "", "b.c": "", "x.y": "" } }, { b: { d: 2 } }],
    ["$unset of an item leaves null", { a: [1, 2, 3] }, { $unset: { "a.1": 1 } }, { a: [1, null, 3] }],
    ["$unset through a scalar does nothing", { a: 1 }, { $unset: { "a.b": 1 } }, { a: 1 }],
    ["$inc ints, makes the field", { a: 1 }, { $inc: { a: -2, "m.n": 1 } }, { a: -1, m: { n: 1 } }],
    ["$inc int overflows to long", { a: 2147483647 }, { $inc: { a: 1 } }, { a: Long.fromNumber(2147483648) }],
    ["$inc int and double", { a: 1 }, { $inc: { a: 0.5 } }, { a: 1.5 }],
    ["$inc long and int stays long", { a: Long.fromNumber(5) }, { $inc: { a: 1 } }, { a: Long.fromNumber(6) }],
    ["$inc decimal", { a: Decimal128.fromString("1.10") }, { $inc: { a: 1 } }, { a: Decimal128.fromString("2.10") }],
    ["$inc decimal by a double takes 15 digits", { a: Decimal128.fromString("1") }, { $inc: { a: 0.1 } }, { a: Decimal128.fromString("1.1") }],
    ["$mul", { a: 3, p: Decimal128.fromString("10.99") }, { $mul: { a: 2, p: 2, none: Long.fromNumber(5) } }, { a: 6, p: Decimal128.fromString("21.98"), none: Long.fromNumber(0) }],
    ["$min and $max by value and by type", { lo: 5, hi: 5, t: "x" }, { $min: { lo: 3, t: 1 }, $max: { hi: 3, fresh: 1 } }, { lo: 3, hi: 5, t: 1, fresh: 1 }],
    ["$min equal value keeps the type", { a: 5 }, { $min: { a: new Double(5) } }, { a: 5 }],
    ["$rename", { _id: 1, nmae: { first: "g" }, x: 1 }, { $rename: { "nmae.first": "name.first", x: "y", gone: "z" } }, { _id: 1, nmae: {}, name: { first: "g" }, y: 1 }],
    ["$rename over an existing field", { a: 1, b: 2 }, { $rename: { a: "b" } }, { b: 1 }],
    ["$setOnInsert on update", { a: 1 }, { $setOnInsert: { b: 1 }, $set: { a: 2 } }, { a: 2 }],
    ["$setOnInsert on insert", { a: 1 }, { $setOnInsert: { b: 1 }, $set: { a: 2 } }, { a: 2, b: 1 }, { insert: true }],
    ["$currentDate", { a: 1 }, { $currentDate: { d: true, "e.f": { $type: "date" } } }, { a: 1, d: new Date(NOW), e: { f: new Date(NOW) } }],
    ["$bit", { a: 13, l: Long.fromNumber(1) }, { $bit: { a: { and: 10 }, l: { or: 2 }, x: { xor: 5 } } }, { a: 8, l: Long.fromNumber(3), x: 5 }],
    ["replacement keeps _id", { _id: 1, a: 1 }, { b: 2 }, { _id: 1, b: 2 }],
    ["replacement with the same _id, put first", { _id: 1, a: 1 }, { b: 2, _id: 1 }, { _id: 1, b: 2 }],
    ["replacement by nothing", { _id: 1, a: 1 }, {}, { _id: 1 }],
    ["integer-like names keep their place", new Map<string, unknown>([["b", 1], ["2", 1], ["1", 1]]), { $set: { 2: 9 } }, new Map<string, unknown>([["b", 1], ["2", 9], ["1", 1]])],

    ["$push", { s: [1] }, { $push: { s: 2, fresh: "x", "d.e": [1] } }, { s: [1, 2], d: { e: [[1]] }, fresh: ["x"] }],
    ["$push $each", { s: [1] }, { $push: { s: { $each: [2, 3] } } }, { s: [1, 2, 3] }],
    ["$push $position", { s: [1, 2] }, { $push: { s: { $each: [9, 8], $position: 0 } } }, { s: [9, 8, 1, 2] }],
    ["$push $position from the end", { s: [1, 2, 3] }, { $push: { s: { $each: [9], $position: -2 } } }, { s: [1, 9, 2, 3] }],
    ["$push $slice last", { s: [1, 2] }, { $push: { s: { $each: [3], $slice: -2 } } }, { s: [2, 3] }],
    ["$push $slice 0", { s: [1, 2] }, { $push: { s: { $each: [3], $slice: 0 } } }, { s: [] }],
    ["$push $sort values down", { s: [50, 60] }, { $push: { s: { $each: [40, 70], $sort: -1 } } }, { s: [70, 60, 50, 40] }],
    ["$push $sort documents, then $slice", { q: [{ w: 1, s: 10 }, { w: 2, s: 8 }] }, { $push: { q: { $each: [{ w: 3, s: 9 }, { w: 4 }], $sort: { s: -1 }, $slice: 3 } } }, { q: [{ w: 1, s: 10 }, { w: 3, s: 9 }, { w: 2, s: 8 }] }],
    ["$push $each of nothing makes the array", { a: 1 }, { $push: { s: { $each: [] } } }, { a: 1, s: [] }],
    ["$addToSet", { s: ["a"] }, { $addToSet: { s: "b" } }, { s: ["a", "b"] }],
    ["$addToSet of a number of another type", { s: [1] }, { $addToSet: { s: new Double(1) } }, { s: [1] }],
    ["$addToSet of a document, order counts", { s: [{ x: 1, y: 2 }] }, { $addToSet: { s: { $each: [{ x: 1, y: 2 }, { y: 2, x: 1 }, { y: 2, x: 1 }] } } }, { s: [{ x: 1, y: 2 }, { y: 2, x: 1 }] }],
    ["$addToSet of an array is one item", { s: ["a"] }, { $addToSet: { s: ["c", "d"] } }, { s: ["a", ["c", "d"]] }],
    ["$pop first and last", { a: [1, 2, 3], b: [1, 2, 3] }, { $pop: { a: 1, b: -1, none: 1 } }, { a: [1, 2], b: [2, 3] }],
    ["$pull by value", { f: ["a", "b", "a"], n: [1, new Double(1), 2] }, { $pull: { f: "a", n: 1 } }, { f: ["b"], n: [2] }],
    ["$pull by operator", { v: [3, 5, 6, 7, 7, 8] }, { $pull: { v: { $gte: 6 } } }, { v: [3, 5] }],
    ["$pull by $in", { f: ["a", "b", "c"] }, { $pull: { f: { $in: ["a", "c"] } } }, { f: ["b"] }],
    ["$pull documents by a filter", { r: [{ i: "A", s: 5 }, { i: "B", s: 8, c: "x" }] }, { $pull: { r: { s: 8, i: "B" } } }, { r: [{ i: "A", s: 5 }] }],
    ["$pull with $elemMatch inside", { r: [{ q: [{ n: 1, a: 4 }] }, { q: [{ n: 2, a: 9 }] }] }, { $pull: { r: { q: { $elemMatch: { n: 2, a: { $gte: 8 } } } } } }, { r: [{ q: [{ n: 1, a: 4 }] }] }],
    ["$pull by regular expression", { f: ["ab", "b", 1] }, { $pull: { f: /^a/ } }, { f: ["b", 1] }],
    ["$pull where nothing is", { a: 1 }, { $pull: { f: 1, "a.b": 1 } }, { a: 1 }],
    ["$pullAll", { s: [0, 2, 5, 5, 1, 0] }, { $pullAll: { s: [0, 5] } }, { s: [2, 1] }],

    ["positional $", { g: [85, 80, 80] }, { $set: { "g.$": 82 } }, { g: [85, 82, 80] }, { filter: { g: 80 } }],
    ["positional $ into a document", { g: [{ n: 80, m: 1 }, { n: 85, m: 2 }] }, { $set: { "g.$.s": 6 }, $inc: { "g.$.m": 1 } }, { g: [{ n: 80, m: 1 }, { n: 85, m: 3, s: 6 }] }, { filter: { "g.n": 85 } }],
    ["$[] everywhere", { g: [1, 2], d: [{ x: 1 }, { x: 2 }] }, { $inc: { "g.$[]": 10, "d.$[].x": 1 } }, { g: [11, 12], d: [{ x: 2 }, { x: 3 }] }],
    ["$[] within $[]", { g: [{ q: [1, 2] }, { q: [3] }] }, { $inc: { "g.$[].q.$[]": 1 } }, { g: [{ q: [2, 3] }, { q: [4] }] }],
    ["$[id]", { g: [95, 102, 90, 150] }, { $set: { "g.$[e]": 100 } }, { g: [95, 100, 90, 100] }, { filters: [{ e: { $gte: 100 } }] }],
    ["$[id] with fields", { g: [{ n: 80, m: 75 }, { n: 85, m: 90 }] }, { $set: { "g.$[e].m": 100 } }, { g: [{ n: 80, m: 75 }, { n: 85, m: 100 }] }, { filters: [{ "e.n": { $gte: 85 }, "e.m": { $gt: 80 } }] }],
    ["two $[id], filters see the document as it was", { g: [{ n: 1 }, { n: 2 }] }, { $set: { "g.$[a].n": 2, "g.$[b].z": true } }, { g: [{ n: 2 }, { n: 2, z: true }] }, { filters: [{ "a.n": 1 }, { "b.n": 2 }] }],
    ["$[id] with $or", { g: [1, 5, 9] }, { $mul: { "g.$[e]": 0 } }, { g: [0, 5, 0] }, { filters: [{ $or: [{ e: { $lt: 2 } }, { e: { $gt: 8 } }] }] }],
    ["$[] of an empty array", { g: [] }, { $set: { "g.$[]": 1 } }, { g: [] }],

    ["pipeline", { _id: 1, a: 1, b: 2 }, [{ $set: { c: "$a", at: "$$NOW", "n.x": 1 } }, { $unset: "b" }], { _id: 1, a: 1, c: 1, at: new Date(NOW), n: { x: 1 } }],
    ["pipeline $replaceWith keeps _id", { _id: 1, a: { z: 1 } }, [{ $replaceWith: "$a" }], { _id: 1, z: 1 }],
    ["pipeline $literal", { _id: 1 }, [{ $set: { p: { $literal: "$a" }, none: "$missing" } }], { _id: 1, p: "$a" }],
  ])("%s", (_name, before, update, after, extra) => {
    const got = run(before, update, extra);
    expect(exact(got.doc)).toBe(exact(doc(after)));
    expect(got.changed).toBe(exact(doc(before)) !== exact(doc(after)));
  });

  test.each<[string, unknown, unknown, number, Extra?]>([
    ["unknown operator", {}, { $foo: { a: 1 } }, 9], ["operator without a document", {}, { $set: 1 }, 9], ["operators and fields mixed", {}, { a: 1, $set: { b: 1 } }, 52], ["fields after operators", {}, { $set: { b: 1 }, a: 1 }, 9],
    ["same path twice", {}, { $set: { a: 1 }, $inc: { a: 1 } }, 40], ["path below another", {}, { $set: { a: 1, "a.b": 2 } }, 40], ["rename onto a set path", {}, { $set: { b: 1 }, $rename: { a: "b" } }, 40],
    ["_id changed", { _id: 1 }, { $set: { _id: 2 } }, 66], ["_id removed", { _id: 1 }, { $unset: { _id: 1 } }, 66], ["_id changed by replacement", { _id: 1 }, { _id: 2 }, 66], ["inside _id", { _id: { a: 1 } }, { $set: { "_id.a": 2 } }, 66],
    ["through a scalar", { a: 1 }, { $set: { "a.b": 1 } }, 28], ["through null", { a: null }, { $set: { "a.b": 1 } }, 28], ["name in an array", { a: [] }, { $set: { "a.b": 1 } }, 28], ["$inc through a scalar", { a: "x" }, { $inc: { "a.b.c": 1 } }, 28],
    ["$inc a string", { a: "x" }, { $inc: { a: 1 } }, 14], ["$inc null", { a: null }, { $inc: { a: 1 } }, 14], ["$inc by a string", { a: 1 }, { $inc: { a: "1" } }, 14], ["long overflow", { a: Long.MAX_VALUE }, { $inc: { a: 1 } }, 2], ["$mul a string", { a: "x" }, { $mul: { a: 2 } }, 14],
    ["$push on a scalar", { a: 1 }, { $push: { a: 1 } }, 2], ["$push on null", { a: null }, { $push: { a: 1 } }, 2], ["$push $each no array", {}, { $push: { a: { $each: 1 } } }, 2], ["$push unknown clause", {}, { $push: { a: { $each: [], $foo: 1 } } }, 2], ["$push $slice no integer", {}, { $push: { a: { $each: [], $slice: 1.5 } } }, 2], ["$push $sort 2", {}, { $push: { a: { $each: [], $sort: 2 } } }, 2],
    ["$addToSet on a scalar", { a: 1 }, { $addToSet: { a: 1 } }, 2], ["$addToSet extra clause", {}, { $addToSet: { a: { $each: [], x: 1 } } }, 2], ["$pop 2", {}, { $pop: { a: 2 } }, 9], ["$pop on a scalar", { a: 1 }, { $pop: { a: 1 } }, 14], ["$pull on a scalar", { a: 1 }, { $pull: { a: 1 } }, 2], ["$pullAll no array", {}, { $pullAll: { a: 1 } }, 2],
    ["$bit on a double", { a: 1.5 }, { $bit: { a: { and: 1 } } }, 2], ["$bit unknown", {}, { $bit: { a: { not: 1 } } }, 2], ["$currentDate wrong type", {}, { $currentDate: { a: { $type: "x" } } }, 2], ["$currentDate number", {}, { $currentDate: { a: 1 } }, 2],
    ["$rename to a number", {}, { $rename: { a: 1 } }, 2], ["$rename to itself", {}, { $rename: { a: "a" } }, 2], ["$rename below itself", {}, { $rename: { a: "a.b" } }, 2], ["$rename from an array", { a: [{ b: 1 }] }, { $rename: { "a.0.b": "c" } }, 2], ["$rename into an array", { a: [1], b: 1 }, { $rename: { b: "a.0" } }, 2],
    ["empty path part", {}, { $set: { "a..b": 1 } }, 56], ["empty path", {}, { $set: { "": 1 } }, 56], ["dollar field", {}, { $set: { "a.$b": 1 } }, 52], ["$ first", {}, { $set: { "$.a": 1 } }, 2],
    ["$ without a match", { g: [1] }, { $set: { "g.$": 1 } }, 2, { filter: { x: 1 } }], ["$[] on nothing", {}, { $set: { "g.$[]": 1 } }, 2], ["$[] on a scalar", { g: 1 }, { $set: { "g.$[]": 1 } }, 2], ["$[id] without a filter", { g: [1] }, { $set: { "g.$[e]": 1 } }, 2],
    ["unused filter", { g: [1] }, { $set: { a: 1 } }, 9, { filters: [{ e: 1 }] }], ["filter with two names", { g: [1] }, { $set: { "g.$[e]": 1 } }, 9, { filters: [{ e: 1, f: 1 }] }], ["same filter twice", { g: [1] }, { $set: { "g.$[e]": 1 } }, 9, { filters: [{ e: 1 }, { e: 2 }] }],
    ["placeholders meet", { g: [{ a: 1 }] }, { $set: { "g.$[].a": 1, "g.$[e].a": 2 } }, 40, { filters: [{ "e.a": 1 }] }], ["far too much padding", { a: [] }, { $set: { "a.2000000": 1 } }, 2], ["pipeline stage", {}, [{ $group: {} }], 72], ["no pipeline stage", {}, [{ $nope: 1 }], 40324],
  ])("refused: %s", (_name, before, update, code, extra) => {
    expect(() => run(before, update, extra)).toThrow(expect.objectContaining({ code }));
  });

  test("messages name the path and the _id, never the text of the document", () => {
    expect(() => run({ _id: 7, a: "secret" }, { $inc: { a: 1 } })).toThrow("Cannot apply $inc to a value of non-numeric type. {_id: 7} has the field 'a' of non-numeric type string");
    expect(() => run({ a: "secret" }, { $set: { "a.b": 1 } })).toThrow("Cannot create field 'b' in element {a: <string>}");
    expect(() => run({}, { $set: { a: 1, "a.b": 2 } })).toThrow("Updating the path 'a.b' would create a conflict at 'a'");
  });

  test("$currentDate timestamps only grow", () => {
    const stamps = [1, 2, 3].map(() => (toJs(run({}, { $currentDate: { t: { $type: "timestamp" } } }).doc)["t"] as Timestamp));
    expect(stamps[1]!.greaterThan(stamps[0]!)).toBe(true);
    expect(stamps[2]!.greaterThan(stamps[1]!)).toBe(true);
  });
});

describe("upserts", () => {
  const upsert = (filter: unknown, update: unknown) => toJs(upsertDocument(doc(filter), compileUpdate(doc(update)), NOW));
  test("equalities of the filter, then the update, _id first", () => {
    expect(upsert({ a: 1, "b.c": { $eq: 2 }, n: { $gt: 5 }, $and: [{ d: 4 }], e: { $in: [9] }, f: { $all: [3] } }, { $set: { z: 1 }, $setOnInsert: { y: 2 } })).toEqual({ _id: expect.any(ObjectId), a: 1, b: { c: 2 }, d: 4, e: 9, f: 3, y: 2, z: 1 });
    expect(Object.keys(upsert({ a: 1 }, { $set: { _id: 5 } }))).toEqual(["_id", "a"]);
    expect(upsert({ _id: 7, a: 1 }, { $inc: { a: 1 } })).toEqual({ _id: 7, a: 2 });
  });
  test("a replacement takes only the _id from the filter", () => {
    expect(upsert({ _id: 7, a: 1 }, { b: 2 })).toEqual({ _id: 7, b: 2 });
    expect(upsert({ a: 1 }, { b: 2 })).toEqual({ _id: expect.any(ObjectId), b: 2 });
  });
  test.each<[unknown, unknown, number]>([[{ a: 1, $and: [{ a: 2 }] }, { $set: { b: 1 } }, 54], [{ _id: 1 }, { $set: { _id: 2 } }, 66], [{ _id: 1 }, { _id: 2, a: 1 }, 66], [{ a: 1 }, { $set: { "a.b": 1 } }, 28], [{}, { _id: [1] }, 53]])("%j with %j is refused with %d", (filter, update, code) => {
    expect(() => upsert(filter, update)).toThrow(expect.objectContaining({ code }));
  });
});

describe("properties", () => {
  test("$set of any value puts it there, leaves the rest, and is a well-formed document; the same again changes nothing", () => {
    fc.assert(fc.property(anyDoc, anyValue, (before, value) => {
      const source = new Map([...before].filter(([k]) => k !== "q"));
      const { doc: after } = run(source, new Map([["$set", new Map([["q", value]])]]));
      validateDoc(after);
      expect(exact(after)).toBe(exact(doc(new Map([...source, ["q", value]]))));
      expect(compileUpdate(doc(new Map([["$set", new Map([["q", value]])]]))).apply(after, { insert: false }).changed).toBe(false);
    }), { numRuns: 300 });
  });

  test("setting and unsetting a nested field gives back the document", () => {
    fc.assert(fc.property(anyDoc, (inner) => {
      const before = { a: new Map([...inner].filter(([k]) => k !== "new")), z: 1 };
      const set = run(before, { $set: { "a.new": 1 } }).doc;
      const back = compileUpdate(fromJs({ $unset: { "a.new": 1 } })).apply(set, { insert: false }).doc;
      expect(Buffer.compare(back, doc(before))).toBe(0);
    }), { numRuns: 200 });
  });

  test("whole numbers add exactly or are refused, and the type is the wider one", () => {
    const whole = fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((n) => new Int32(n)), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => Long.fromBigInt(n)));
    const big = (n: Int32 | Long) => (n instanceof Int32 ? BigInt(n.value) : n.toBigInt());
    fc.assert(fc.property(whole, whole, (a, b) => {
      const sum = big(a) + big(b);
      const add = () => deserialize(run({ v: a }, { $inc: { v: b } }).doc, { promoteValues: false })["v"] as Int32 | Long;
      if (BigInt.asIntN(64, sum) !== sum) expect(add).toThrow(expect.objectContaining({ code: 2 }));
      else {
        expect(big(add())).toBe(sum);
        expect(add() instanceof Int32).toBe(a instanceof Int32 && b instanceof Int32 && BigInt.asIntN(32, sum) === sum);
      }
    }), { numRuns: 300 });
  });

  test("decimals of up to 15 digits add and multiply exactly", () => {
    const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.integer({ min: -5, max: 5 }));
    const scaled = (text: string) => {
      const [mantissa, exponent = "0"] = text.split("E") as [string, string?];
      const [whole, fraction = ""] = mantissa.split(".") as [string, string?];
      return BigInt(whole + fraction) * 10n ** BigInt(20 + Number(exponent) - fraction.length);
    };
    fc.assert(fc.property(decimal, decimal, ([a, x], [b, y]) => {
      const given = { v: Decimal128.fromString(`${a}E${x}`) };
      const result = (op: string) => scaled(String(toJs(run(given, { [op]: { v: Decimal128.fromString(`${b}E${y}`) } }).doc)["v"]));
      expect(result("$inc")).toBe(a * 10n ** BigInt(20 + x) + b * 10n ** BigInt(20 + y));
      expect(result("$mul")).toBe(a * b * 10n ** BigInt(20 + x + y));
    }), { numRuns: 300 });
  });

  test("any two numbers can be added and multiplied", () => {
    fc.assert(fc.property(anyNumber, anyNumber, fc.constantFrom("$inc", "$mul"), (a, b, op) => {
      let after: RawDoc;
      try {
        after = run({ v: a }, { [op]: { v: b } }).doc;
      } catch (error) {
        expect(error).toMatchObject({ code: 2 });
        return;
      }
      validateDoc(after);
      const v = deserialize(after, { promoteValues: false })["v"] as object;
      if (a instanceof Decimal128 || b instanceof Decimal128) expect(v).toBeInstanceOf(Decimal128);
      else if (a instanceof Double || b instanceof Double) expect(v).toBeInstanceOf(Double);
    }), { numRuns: 500 });
  });
});
