import { Code, Long, ObjectId, serialize } from "bson";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareValues } from "../../src/mongo/embedded/values/key.ts";
import { compileProjection } from "../../src/mongo/embedded/values/project.ts";
import {
  DocWriter, fieldsOf, fromJs, getDistinct, getField, getPath, getPlainPath, idOf, prepareInsert, toJs, validateDoc, valueFromJs, valueToJs, withIdFirst, type RawDoc,
} from "../../src/mongo/embedded/values/raw.ts";
import { documentOrder } from "../../src/mongo/embedded/values/sort.ts";
import { anyDoc, anyNumber, anyValue } from "./values-arbitraries.ts";

const doc = (js: unknown): RawDoc => serialize(js as Record<string, unknown>, { ignoreUndefined: false });
const hex = (d: Uint8Array) => Buffer.from(d).toString("hex");

describe("raw documents", () => {
  test("any document is well-formed, is read field by field, and is written back byte for byte", () => {
    fc.assert(fc.property(anyDoc, (js) => {
      const bytes = doc(js);
      validateDoc(bytes);
      const fields = fieldsOf(bytes);
      expect(fields.map((f) => f.name)).toEqual([...js.keys()]);
      const w = new DocWriter();
      for (const { name, value } of fields) w.value(name, value);
      expect(hex(w.done())).toBe(hex(bytes));
      for (const name of js.keys()) expect(compareValues(getField(bytes, name)!, fields.find((f) => f.name === name)!.value)).toBe(0);
      expect(getField(bytes, "nothing")).toBeUndefined();
    }), { numRuns: 300 });
  });

  test("a document with any byte changed is refused or still well-formed, never a crash or a hang", () => {
    fc.assert(fc.property(anyDoc, fc.nat(), fc.nat(255), (js, at, byte) => {
      const bytes = new Uint8Array(doc(js));
      bytes[at % bytes.length] = byte;
      try {
        validateDoc(bytes);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.any(Number) });
        return;
      }
      expect(() => fieldsOf(bytes).map((f) => f.name)).not.toThrow();
    }), { numRuns: 500 });
  });

  test("the writer's scalars are bson's", () => {
    const w = new DocWriter(8).int32("i", -5).double("d", 1.5).long("l", -7n).string("s", "é😀").bool("b", true).null("n").date("t", 1234567890123).open("o", 3).open("a", 4).int32("0", 1).close().close();
    expect(hex(w.done())).toBe(hex(doc({ i: -5, d: 1.5, l: Long.fromNumber(-7), s: "é😀", b: true, n: null, t: new Date(1234567890123), o: { a: [1] } })));
  });

  test("paths", () => {
    const d = doc({ a: { b: 1 }, l: [{ x: 1 }, { x: [2, 3] }, 4] });
    expect(getPath(d, "l.x").map(valueToJs)).toEqual([1, 2, 3, [2, 3]]);
    expect(getPath(d, "l.1.x.0").map(valueToJs)).toEqual([2]);
    expect(getPath(d, "no.where")).toEqual([]);
    expect(getDistinct(d, "l.x").map(valueToJs)).toEqual([1, 2, 3]);
    expect(getDistinct(d, "l").map(valueToJs)).toEqual([{ x: 1 }, { x: [2, 3] }, 4]);
    expect(valueToJs(getPlainPath(d, "a.b")!)).toBe(1);
    expect(getPlainPath(d, "l.x")).toBeUndefined();
  });

  test("_id goes to the front, or is made", () => {
    expect(hex(withIdFirst(doc({ a: 1, _id: 2, b: 3 })))).toBe(hex(doc({ _id: 2, a: 1, b: 3 })));
    expect(toJs(withIdFirst(doc({ a: 1 })))).toEqual({ _id: expect.any(ObjectId), a: 1 });
    expect(valueToJs(idOf(prepareInsert(doc({ x: 1, _id: "k" })))!)).toBe("k");
    expect(valueToJs(valueFromJs({ n: 1 }))).toEqual({ n: 1 });
  });

  const deep = (n: number): unknown => (n === 0 ? 1 : { d: deep(n - 1) });
  const broken = (js: unknown, change: (b: Uint8Array) => void) => {
    const b = new Uint8Array(doc(js));
    change(b);
    return b;
  };
  test.each<[string, Uint8Array, number]>([
    ["nested too deep", doc({ a: deep(100) }), 15],
    ["too large", doc({ a: "x".repeat(16 * 1024 * 1024) }), 10334],
    ["cut off", doc({ a: 1 }).subarray(0, 8), 22],
    ["invalid UTF-8", broken({ a: "xx" }, (b) => b.fill(0xff, 11, 12)), 22],
    ["string without its end", broken({ a: "xx" }, (b) => b.fill(1, 13, 14)), 22],
    ["boolean of 2", broken({ a: true }, (b) => b.fill(2, 7, 8)), 22],
    ["unknown type", broken({ a: 1 }, (b) => b.fill(0x33, 4, 5)), 22],
    ["array as _id", doc({ _id: [1] }), 53],
    ["regular expression as _id", doc({ _id: /x/ }), 53],
    ["operator in _id", doc({ _id: { $x: 1 } }), 52],
  ])("refused: %s", (_name, bytes, code) => expect(() => prepareInsert(bytes)).toThrow(expect.objectContaining({ code })));

  test("a hundred levels are stored, and code with scope is understood", () => {
    expect(() => prepareInsert(doc({ a: deep(99) }))).not.toThrow();
    expect(() => prepareInsert(doc({ c: new Code("f", { x: 1 }) }))).not.toThrow();
  });
});

describe("projections", () => {
  const d = { _id: 1, a: 1, b: { c: 2, d: 3 }, l: [{ x: 1, y: 1 }, { x: 2, y: 2 }, 5, [{ x: 3 }]], n: [1, 2, 3, 4] };
  test.each<[string, unknown, unknown, unknown?]>([
    ["nothing", {}, d],
    ["inclusion, in the document's order", { b: 1, a: 1 }, { _id: 1, a: 1, b: d.b }],
    ["without _id", { a: true, _id: 0 }, { a: 1 }],
    ["only _id", { _id: 1 }, { _id: 1 }],
    ["all but _id", { _id: 0 }, { a: 1, b: d.b, l: d.l, n: d.n }],
    ["exclusion", { b: 0, l: false, n: 0 }, { _id: 1, a: 1 }],
    ["nested inclusion", { "b.c": 1 }, { _id: 1, b: { c: 2 } }],
    ["nested as a document", { b: { d: 1 } }, { _id: 1, b: { d: 3 } }],
    ["nested exclusion", { "b.c": 0, l: 0, n: 0 }, { _id: 1, a: 1, b: { d: 3 } }],
    ["through arrays, other items vanish", { "l.x": 1 }, { _id: 1, l: [{ x: 1 }, { x: 2 }, [{ x: 3 }]] }],
    ["excluded in arrays, other items stay", { "l.x": 0, a: 0, b: 0, n: 0 }, { _id: 1, l: [{ y: 1 }, { y: 2 }, 5, [{}]] }],
    ["inclusion below a scalar", { "a.z": 1 }, { _id: 1 }],
    ["$slice keeps the other fields", { n: { $slice: -2 }, l: 0 }, { _id: 1, a: 1, b: d.b, n: [3, 4] }],
    ["$slice alone", { l: { $slice: 1 } }, { _id: 1, a: 1, b: d.b, l: [{ x: 1, y: 1 }], n: d.n }],
    ["$slice with inclusion", { n: { $slice: [1, 2] }, a: 1 }, { _id: 1, a: 1, n: [2, 3] }],
    ["$slice from the end", { n: { $slice: [-3, 1] }, a: 1 }, { _id: 1, a: 1, n: [2] }],
    ["$elemMatch: the first that matches, last of the fields", { l: { $elemMatch: { x: { $gt: 1 } } }, n: 1 }, { _id: 1, n: d.n, l: [{ x: 2, y: 2 }] }],
    ["$elemMatch of values", { n: { $elemMatch: { $gt: 2 } } }, { _id: 1, n: [3] }],
    ["$elemMatch with $or", { l: { $elemMatch: { $or: [{ x: 2 }, { x: 9 }] } } }, { _id: 1, l: [{ x: 2, y: 2 }] }],
    ["$elemMatch without a match", { l: { $elemMatch: { x: 9 } } }, { _id: 1 }],
    ["positional", { "l.$": 1 }, { _id: 1, l: [{ x: 2, y: 2 }] }, { "l.x": 2 }],
  ])("%s", (_name, spec, expected, filter) => {
    expect(hex(compileProjection(doc(spec), filter === undefined ? undefined : doc(filter))(doc(d)))).toBe(hex(doc(expected)));
  });

  test.each<[unknown, number]>([
    [{ a: 1, b: 0 }, 31254], [{ a: 0, b: 1 }, 31253], [{ a: 1, "a.b": 1 }, 31249], [{ "a.b": 1, a: 1 }, 31250], [{ a: { $meta: "textScore" } }, 238], [{ a: {} }, 51270], [{ "": 1 }, 40352],
    [{ a: { $slice: [1, 0] } }, 2], [{ a: { $slice: "x" } }, 2], [{ "a.$": 1, "b.$": 1 }, 31276], [{ "a.$": 0 }, 31395], [{ a: { $elemMatch: 1 } }, 31274], [{ "a.b": { $elemMatch: {} } }, 31275],
  ])("%j is refused with %d", (spec, code) => expect(() => compileProjection(doc(spec))).toThrow(expect.objectContaining({ code })));

  test("a positional projection without a match fails", () => {
    expect(() => compileProjection(doc({ "l.$": 1 }), doc({ a: 1 }))(doc(d))).toThrow(expect.objectContaining({ code: 51246 }));
  });
});

describe("sorts", () => {
  const sorted = (spec: unknown, docs: Record<string, unknown>[]) => {
    const order = documentOrder(doc(spec));
    return docs.map((d) => ({ d, k: order.keyOf(fromJs(d)) })).toSorted((x, y) => order.compare(x.k, y.k)).map((x) => x.d["n"]);
  };
  test.each<[string, unknown, Record<string, unknown>[], unknown[]]>([
    ["types in MongoDB's order", { v: 1 }, [{ n: 1, v: "a" }, { n: 2, v: 5 }, { n: 3 }, { n: 4, v: true }, { n: 5, v: { x: 1 } }, { n: 6, v: [] }, { n: 7, v: new Date(0) }], [6, 3, 2, 1, 5, 4, 7]],
    ["descending, then ascending", { a: -1, b: 1 }, [{ n: 1, a: 1, b: 2 }, { n: 2, a: 2, b: 9 }, { n: 3, a: 2, b: 1 }], [3, 2, 1]],
    ["lowest item up", { v: 1 }, [{ n: 1, v: [5, 1] }, { n: 2, v: 0 }, { n: 3, v: [2, 3] }], [2, 1, 3]],
    ["highest item down", { v: -1 }, [{ n: 1, v: [5, 1] }, { n: 2, v: 4 }, { n: 3, v: [2, 3] }], [1, 2, 3]],
    ["by nested field, through arrays", { "a.b": -1 }, [{ n: 1, a: { b: 1 } }, { n: 2, a: [{ b: 0 }, { b: 9 }] }, { n: 3 }], [2, 1, 3]],
  ])("%s", (_name, spec, docs, order) => expect(sorted(spec, docs)).toEqual(order));

  test("one field sorts as its values compare", () => {
    fc.assert(fc.property(fc.oneof(anyNumber, anyValue), fc.oneof(anyNumber, anyValue), fc.constantFrom(1, -1), (a, b, dir) => {
      fc.pre(!Array.isArray(a) && !Array.isArray(b));
      const order = documentOrder(doc({ v: dir }));
      const [x, y] = [doc(new Map([["v", a]])), doc(new Map([["v", b]]))];
      expect(Math.sign(order.compare(order.keyOf(x), order.keyOf(y)))).toBe(Math.sign(dir * compareValues(getField(x, "v")!, getField(y, "v")!)) || 0);
    }), { numRuns: 300 });
  });

  test.each<[unknown, number]>([[{ a: 2 }, 15975], [{ a: "x" }, 15975], [{ "": 1 }, 40352], [{ "a..b": 1 }, 40352], [{ a: { $meta: "textScore" } }, 238], [Object.fromEntries(Array.from({ length: 33 }, (_v, i) => [`f${i}`, 1])), 13103]])("%j is refused with %d", (spec, code) => {
    expect(() => documentOrder(doc(spec))).toThrow(expect.objectContaining({ code }));
  });

  test("two arrays in one sort are refused", () => {
    expect(() => documentOrder(doc({ a: 1, b: 1 })).keyOf(doc({ a: [1, 2], b: [1, 2] }))).toThrow("cannot sort with keys that are parallel arrays");
  });
});
