import { Binary, BSONRegExp, Code, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, serialize, Timestamp } from "bson";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundKey, compareBytes, compareValues, indexKeys, isInexactKey, MAX_KEY_BYTES, valueKey, type KeyField } from "../../src/mongo/embedded/values/key.ts";
import { fromJs, getField, valueFromJs, type RawDoc } from "../../src/mongo/embedded/values/raw.ts";
import { anyNumber, anyValue } from "./values-arbitraries.ts";

const raw = (js: unknown) => getField(serialize(new Map([["v", js]])) as RawDoc, "v")!;

/** A number as numerator over denominator, or as a special double. */
function rational(n: unknown): { num: bigint; den: bigint } | number {
  if (n instanceof Int32) return { num: BigInt(n.value), den: 1n };
  if (n instanceof Long) return { num: n.toBigInt(), den: 1n };
  if (n instanceof Decimal128) {
    const text = n.toString();
    if (text === "NaN") return NaN;
    if (text.endsWith("Infinity")) return text.startsWith("-") ? -Infinity : Infinity;
    const [mantissa, exp = "0"] = text.split("E") as [string, string?];
    const [whole, fraction = ""] = mantissa.split(".") as [string, string?];
    const e = Number(exp) - fraction.length;
    const num = BigInt(whole + fraction) * (e > 0 ? 10n ** BigInt(e) : 1n);
    return { num: text.startsWith("-") && num > 0n ? -num : num, den: e < 0 ? 10n ** BigInt(-e) : 1n };
  }
  const d = (n as Double).value;
  if (!Number.isFinite(d)) return d;
  let den = 1n;
  let x = d;
  while (!Number.isInteger(x)) {
    x *= 2;
    den *= 2n;
  }
  return { num: BigInt(x), den };
}

function compareNumbers(a: unknown, b: unknown): number {
  const x = rational(a);
  const y = rational(b);
  const special = (n: typeof x) => (typeof n !== "number" ? 2 : Number.isNaN(n) ? 0 : n < 0 ? 1 : 3);
  if (special(x) !== 2 || special(y) !== 2) return special(x) - special(y);
  const [p, q] = [x as { num: bigint; den: bigint }, y as { num: bigint; den: bigint }];
  const l = p.num * q.den;
  const r = q.num * p.den;
  return l < r ? -1 : l > r ? 1 : 0;
}

const isNumber = (v: unknown) => v instanceof Int32 || v instanceof Double || (v instanceof Long && !(v instanceof Timestamp)) || v instanceof Decimal128;
const ORDER: [(v: unknown) => boolean, (a: never, b: never) => number][] = [
  [(v) => v instanceof MinKey, () => 0],
  [(v) => v === null, () => 0],
  [isNumber, compareNumbers],
  [(v) => typeof v === "string", (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))],
  [(v) => v instanceof Map, (a: Map<string, unknown>, b: Map<string, unknown>) => compareLists([...a], [...b])],
  [Array.isArray, (a: unknown[], b: unknown[]) => compareLists(a.map((v) => ["", v]), b.map((v) => ["", v]))],
  [(v) => v instanceof Binary, (a: Binary, b: Binary) => a.length() - b.length() || a.sub_type - b.sub_type || Buffer.compare(a.value(), b.value())],
  [(v) => v instanceof ObjectId, (a: ObjectId, b: ObjectId) => Buffer.compare(a.id, b.id)],
  [(v) => typeof v === "boolean", (a: boolean, b: boolean) => Number(a) - Number(b)],
  [(v) => v instanceof Date, (a: Date, b: Date) => a.getTime() - b.getTime()],
  [(v) => v instanceof Timestamp, (a: Timestamp, b: Timestamp) => a.t - b.t || a.i - b.i],
  [(v) => v instanceof BSONRegExp, (a: BSONRegExp, b: BSONRegExp) => Buffer.compare(Buffer.from(a.pattern), Buffer.from(b.pattern)) || Buffer.compare(Buffer.from(a.options), Buffer.from(b.options))],
  [(v) => v instanceof Code, (a: Code, b: Code) => Buffer.compare(Buffer.from(a.code), Buffer.from(b.code))],
  [(v) => v instanceof MaxKey, () => 0],
];
const rank = (v: unknown) => ORDER.findIndex(([is]) => is(v));

function compareLists(a: [string, unknown][], b: [string, unknown][]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [ka, va] = a[i]!;
    const [kb, vb] = b[i]!;
    const d = rank(va) - rank(vb) || Buffer.compare(Buffer.from(ka), Buffer.from(kb)) || slowCompare(va, vb);
    if (d !== 0) return d;
  }
  return a.length - b.length;
}

const slowCompare = (a: unknown, b: unknown): number => rank(a) - rank(b) || ORDER[rank(a)]![1](a as never, b as never);

describe("order", () => {
  test("numbers of every type order exactly", () => {
    fc.assert(fc.property(anyNumber, anyNumber, (a, b) => {
      expect(Math.sign(compareBytes(valueKey(raw(a)), valueKey(raw(b))))).toBe(Math.sign(compareNumbers(a, b)));
    }), { numRuns: 1200 });
  });

  test("keys order any two values as MongoDB does, and descending keys the other way", () => {
    fc.assert(fc.property(anyValue, anyValue, (a, b) => {
      const [x, y] = [raw(a), raw(b)];
      const expected = Math.sign(slowCompare(a, b));
      expect(Math.sign(compareBytes(valueKey(x), valueKey(y)))).toBe(expected);
      expect(Math.sign(compareBytes(valueKey(x, -1), valueKey(y, -1)))).toBe(expected === 0 ? 0 : -expected);
      expect(Math.sign(compareValues(x, y))).toBe(expected);
    }), { numRuns: 1200 });
  });

  test("no key is the beginning of another, so keys can be joined", () => {
    fc.assert(fc.property(anyValue, anyValue, (a, b) => {
      const [x, y] = [valueKey(raw(a)), valueKey(raw(b))];
      if (compareBytes(x, y) !== 0) expect(compareBytes(x, y.subarray(0, x.length))).not.toBe(0);
    }), { numRuns: 1000 });
  });

  test.each([
    [Decimal128.fromString("5.0"), Decimal128.fromString("5.00"), 0],
    [Long.fromNumber(10), Long.fromNumber(9), 1],
    [new Double(0.1), Decimal128.fromString("0.1"), 1],
    [new Double(-0), new Int32(0), 0],
    [Long.fromString("9007199254740993"), new Double(9007199254740992), 1],
    ["\uffff", "😀", -1],
    [new Map([["x", 1], ["y", 2]]), new Map([["y", 2], ["x", 1]]), -1],
    [[1, 2], [2, 1], -1],
    [new Binary(new Uint8Array([1]), 0), new Binary(new Uint8Array([1]), 4), -1],
  ])("%s against %s is %d", (a, b, sign) => expect(Math.sign(compareValues(raw(a), raw(b)))).toBe(sign));
});

describe("index keys", () => {
  const keys = (doc: Record<string, unknown>, spec: KeyField[], o = {}) => indexKeys(fromJs(doc), spec, o);
  const key = (...values: unknown[]) => Buffer.concat(values.map((v) => valueKey(v === undefined ? { ...raw(null), type: 6 } : valueFromJs(v))));
  const hex = (list: Uint8Array[]) => list.map((k) => Buffer.from(k).toString("hex")).toSorted();
  const asc = (...paths: string[]): KeyField[] => paths.map((path) => ({ path, dir: 1 }));

  test.each<[string, Record<string, unknown>, KeyField[], unknown[][], boolean]>([
    ["scalar", { a: 1 }, asc("a"), [[1]], false],
    ["missing is null", { b: 1 }, asc("a"), [[null]], false],
    ["array: one key an item, once", { a: [1, 2, 2] }, asc("a"), [[1], [2]], true],
    ["empty array is undefined", { a: [] }, asc("a"), [[undefined]], true],
    ["nested array item stays an array", { a: [[1, 2], 3] }, asc("a"), [[[1, 2]], [3]], true],
    ["array of documents", { a: [{ b: 1 }, { c: 1 }, 5] }, asc("a.b"), [[1], [null]], true],
    ["empty array on the way is null", { a: [] }, asc("a.b"), [[null]], true],
    ["two fields of one array go together", { a: [{ b: 1, c: 2 }, { b: 3, c: 4 }] }, asc("a.b", "a.c"), [[1, 2], [3, 4]], true],
    ["array and scalar", { a: [1, 2], b: "x" }, asc("a", "b"), [[1, "x"], [2, "x"]], true],
    ["array and its own field", { a: [{ b: 1 }, { b: 2 }] }, asc("a", "a.b"), [[{ b: 1 }, 1], [{ b: 2 }, 2]], true],
    ["arrays within arrays", { a: [{ b: [1, 2] }, { b: 3 }] }, asc("a.b"), [[1], [2], [3]], true],
    ["by position", { a: [{ b: 1 }, { b: 2 }] }, asc("a.1.b"), [[2]], false],
  ])("%s", (_name, doc, spec, expected, multikey) => {
    const got = keys(doc, spec);
    expect(hex(got.keys)).toEqual(hex(expected.map((v) => key(...v))));
    expect(got.multikey).toBe(multikey);
  });

  test("descending fields are inverted", () => {
    const [one] = keys({ a: 1, b: 2 }, [{ path: "a", dir: 1 }, { path: "b", dir: -1 }]).keys;
    expect(Buffer.from(one!).equals(Buffer.concat([valueKey(valueFromJs(1)), valueKey(valueFromJs(2), -1)]))).toBe(true);
  });

  test("sparse leaves out documents without any of the fields, not those with null", () => {
    expect(keys({ c: 1 }, asc("a", "b"), { sparse: true }).keys).toHaveLength(0);
    expect(keys({ b: 1 }, asc("a", "b"), { sparse: true }).keys).toHaveLength(1);
    expect(keys({ a: null }, asc("a"), { sparse: true }).keys).toHaveLength(1);
  });

  test("two arrays in one key are refused", () => {
    expect(() => keys({ a: [1], b: [2] }, asc("a", "b"))).toThrow(expect.objectContaining({ code: 171, message: "cannot index parallel arrays [b] [a]" }));
  });

  test("long keys are shortened, told apart and found by bounds", () => {
    const long = (tail: string) => keys({ a: "x".repeat(5000) + tail }, asc("a")).keys[0]!;
    expect(long("1")).toHaveLength(MAX_KEY_BYTES);
    expect(isInexactKey(long("1"))).toBe(true);
    expect(compareBytes(long("1"), long("2"))).not.toBe(0);
    const whole = valueKey(valueFromJs("x".repeat(5000)));
    expect(compareBytes(boundKey(whole, false), long("1"))).toBeLessThan(0);
    expect(compareBytes(boundKey(whole, true), long("1"))).toBeGreaterThan(0);
    expect(isInexactKey(keys({ a: "x".repeat(3000) }, asc("a")).keys[0]!)).toBe(false);
  });
});
