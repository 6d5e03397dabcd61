import { Binary, BSONRegExp, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, serialize, Timestamp } from "bson";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareValues } from "../../src/mongo/embedded/values/key.ts";
import { compileElementMatcher, compileMatcher, filterAst } from "../../src/mongo/embedded/values/match.ts";
import { positionalIndex } from "../../src/mongo/embedded/values/positional.ts";
import { getField, valueFromJs, type RawDoc } from "../../src/mongo/embedded/values/raw.ts";
import { compileRegex, regexPrefix, restMatching } from "../../src/mongo/embedded/values/regex.ts";
import { anyDoc, anyValue } from "./values-arbitraries.ts";

const doc = (js: unknown): RawDoc => serialize(js as Record<string, unknown>, { ignoreUndefined: false });
const matches = (filter: unknown, js: unknown) => compileMatcher(doc(filter))(doc(js));
const id = new ObjectId();
const now = new Date(1_700_000_000_000);

describe("matching, case by case", () => {
  const yes: [unknown, unknown][] = [
    [{}, { a: 1 }],
    [{ a: 1 }, { a: new Double(1) }], [{ a: new Double(1) }, { a: Long.fromNumber(1) }], [{ a: 1 }, { a: Decimal128.fromString("1.00") }], [{ a: NaN }, { a: NaN }],
    [{ a: 1 }, { a: [0, 1] }], [{ a: [1, 2] }, { a: [1, 2] }], [{ a: [1, 2] }, { a: [[1, 2], 3] }], [{ "a.b": 1 }, { a: { b: 1 } }], [{ "a.b": 1 }, { a: [{ b: 0 }, { b: 1 }] }],
    [{ "a.b": 1 }, { a: [{ b: [0, 1] }] }], [{ "a.0": 1 }, { a: [1, 2] }], [{ "a.0": 1 }, { a: [{ 0: 1 }] }], [{ "a.1.b": 4 }, { a: [5, { b: 4 }] }], [{ "a.1.b": 4 }, { a: [5, [{ b: 4 }]] }],
    [{ "a.0": [1, 2] }, { a: [[1, 2]] }], [{ a: { x: 1, y: 2 } }, { a: { x: 1, y: 2 } }], [{ a: {} }, { a: {} }], [{ a: id }, { a: id }], [{ a: now }, { a: now }],
    [{ a: null }, {}], [{ a: null }, { a: null }], [{ a: null }, { a: [null] }], [{ "a.b": null }, { a: 5 }], [{ "a.b": null }, { a: [{ b: 1 }, {}] }], [{ "a.b": null }, {}],
    [{ a: { $gte: null } }, {}], [{ a: { $lte: null } }, { a: null }], [{ a: { $in: [null] } }, {}], [{ a: { $ne: null } }, { a: 1 }], [{ a: { $exists: false } }, { b: 1 }], [{ a: { $exists: true } }, { a: [] }],
    [{ a: { $exists: 0 } }, {}], [{ "a.b": { $exists: false } }, { a: [1] }],
    [{ a: { $gt: 1 } }, { a: Long.fromString("9007199254740993") }], [{ a: { $gt: 9007199254740992 } }, { a: Long.fromString("9007199254740993") }], [{ a: { $gt: 1, $lt: 3 } }, { a: 2 }],
    [{ a: { $gt: 1, $lt: 3 } }, { a: [0, 5] }], [{ a: { $gt: [1] } }, { a: [2] }], [{ a: { $lt: { x: 2 } } }, { a: { x: 1 } }], [{ a: { $gte: NaN } }, { a: NaN }], [{ a: { $lt: "b" } }, { a: "a" }],
    [{ a: { $gt: new MinKey() } }, { a: 1 }], [{ a: { $lt: new MaxKey() } }, {}], [{ a: { $gt: false } }, { a: true }], [{ a: { $lt: new Date() } }, { a: now }],
    [{ a: { $in: [1, "x"] } }, { a: "x" }], [{ a: { $in: [[1, 2]] } }, { a: [1, 2] }], [{ a: { $in: [/^x/] } }, { a: "xy" }], [{ a: { $in: [1, 2, 3, 4, 5, 6, 7, 8] } }, { a: new Double(8) }], [{ a: { $nin: [1] } }, {}],
    [{ a: { $nin: [1] } }, { a: [2] }], [{ a: { $in: [1, 2, 3, 4, 5, 6, 7, null] } }, {}],
    [{ $or: [{ a: 1 }, { b: 1 }] }, { b: 1 }], [{ $nor: [{ a: 1 }, { b: 1 }] }, { c: 1 }], [{ $and: [{ a: 1 }, { a: { $lt: 2 } }] }, { a: 1 }], [{ a: { $not: { $gt: 5 } } }, {}], [{ a: { $not: /x/ } }, { a: "y" }],
    [{ a: { $all: [1, 2] } }, { a: [2, 1, 0] }], [{ a: { $all: [1] } }, { a: 1 }], [{ a: { $all: [[1, 2]] } }, { a: [1, 2] }], [{ a: { $all: [{ $elemMatch: { b: 1 } }, { $elemMatch: { b: 2 } }] } }, { a: [{ b: 2 }, { b: 1 }] }], [{ a: { $all: [/^x/] } }, { a: ["xy"] }],
    [{ a: { $elemMatch: { $gt: 1, $lt: 3 } } }, { a: [0, 2] }], [{ a: { $elemMatch: { b: 1, c: 2 } } }, { a: [{ b: 1, c: 2 }] }], [{ "a.b": { $elemMatch: { $gt: 3 } } }, { a: [{ b: [4] }] }], [{ a: { $elemMatch: { $or: [{ b: 1 }, { b: 2 }] } } }, { a: [{ b: 2 }] }],
    [{ a: { $elemMatch: { $not: { $gt: 5 } } } }, { a: [6, 4] }], [{ a: { $elemMatch: { $in: [1, /x/] } } }, { a: ["xx"] }], [{ a: { $elemMatch: { 0: 1 } } }, { a: [[1]] }],
    [{ a: { $size: 2 } }, { a: [1, 2] }], [{ a: { $size: 0 } }, { a: [] }], [{ a: { $size: new Double(1) } }, { a: [[1, 2]] }],
    [{ a: { $type: "int" } }, { a: 1 }], [{ a: { $type: "number" } }, { a: Decimal128.fromString("1") }], [{ a: { $type: ["string", "objectId"] } }, { a: id }], [{ a: { $type: "array" } }, { a: [] }], [{ a: { $type: "string" } }, { a: [1, "x"] }],
    [{ a: { $type: 17 } }, { a: new Timestamp({ t: 1, i: 1 }) }], [{ a: { $type: -1 } }, { a: new MinKey() }], [{ a: { $type: "binData" } }, { a: new Binary(new Uint8Array(1)) }],
    [{ a: { $mod: [4, 0] } }, { a: 8 }], [{ a: { $mod: [4, -1] } }, { a: -5 }], [{ a: { $mod: [3.9, 1] } }, { a: 4.7 }], [{ a: { $mod: [4, 0] } }, { a: Decimal128.fromString("8.5") }],
    [{ a: { $bitsAllSet: [1, 5] } }, { a: 50 }], [{ a: { $bitsAnySet: 3 } }, { a: 2 }], [{ a: { $bitsAllClear: [0] } }, { a: 2 }], [{ a: { $bitsAnyClear: 3 } }, { a: 1 }], [{ a: { $bitsAllSet: [100] } }, { a: -1 }], [{ a: { $bitsAllSet: new Binary(new Uint8Array([2])) } }, { a: new Binary(new Uint8Array([6])) }],
    [{ a: /b+/ }, { a: "abbc" }], [{ a: /B/i }, { a: "abc" }], [{ a: /x/ }, { a: /x/ }], [{ a: { $regex: "^b", $options: "m" } }, { a: "a\nb" }], [{ a: { $regex: "a b # c", $options: "x" } }, { a: "ab" }], [{ a: { $regex: "(?i)AB" } }, { a: "ab" }],
    [{ a: { $options: "i", $regex: "AB" } }, { a: "ab" }], [{ a: /x/ }, { a: ["y", "x"] }], [{ a: { $eq: new BSONRegExp("x", "i") } }, { a: new BSONRegExp("x", "i") }], [{ a: { $regex: "a$" } }, { a: "a\n" }],
    [{ a: { $comment: "why", $gt: 0 }, $comment: "who" }, { a: 1 }], [{ a: { $ref: "c", $id: 1 } }, { a: { $ref: "c", $id: 1 } }], [{ a: { $ne: 1 } }, { a: [2] }], [{ "": 1 }, { "": 1 }], [{ a: { $eq: { $gt: 1 } } }, { a: { $gt: 1 } }],
    [{ 2: 1, 1: 2 }, { 1: 2, 2: 1 }], [{ a: "é😀" }, { a: "é😀" }],
  ];
  test.each(yes)("%j matches %j", (filter, js) => expect(matches(filter, js)).toBe(true));

  const no: [unknown, unknown][] = [
    [{ a: 1 }, { a: "1" }], [{ a: 1 }, {}], [{ a: Decimal128.fromString("0.1") }, { a: 0.1 }], [{ a: [1, 2] }, { a: [2, 1] }], [{ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }], [{ a: { x: 1 } }, { a: { x: 1, y: 2 } }],
    [{ "a.b": 1 }, { a: [[{ b: 1 }]] }], [{ "a.0": 1 }, { a: [[1]] }], [{ "a.b": null }, { a: [1, 2] }], [{ "a.b": null }, { a: [] }], [{ a: null }, { a: [] }], [{ a: null }, { a: 0 }], [{ a: { $ne: null } }, {}], [{ a: { $ne: 1 } }, { a: [1, 2] }],
    [{ a: { $gt: 1 } }, { a: "2" }], [{ a: { $gt: null } }, { a: null }], [{ a: { $lt: 5 } }, {}], [{ a: { $lt: 5 } }, { a: NaN }], [{ a: { $lt: 5 } }, { a: null }], [{ a: { $gt: now } }, { a: 1 }], [{ a: { $lt: "b" } }, { a: "b" }], [{ a: { $gte: {} } }, { a: [] }],
    [{ a: { $in: [] } }, { a: 1 }], [{ a: { $nin: [1] } }, { a: [1, 2] }], [{ a: { $nin: [null] } }, {}], [{ $nor: [{ a: 1 }] }, { a: 1 }], [{ a: { $not: { $gt: 5 } } }, { a: [1, 6] }], [{ a: { $all: [] } }, { a: [] }], [{ a: { $all: [1, 3] } }, { a: [1, 2] }],
    [{ a: { $elemMatch: { $gt: 1, $lt: 3 } } }, { a: [0, 5] }], [{ a: { $elemMatch: { b: 1, c: 2 } } }, { a: [{ b: 1 }, { c: 2 }] }], [{ a: { $elemMatch: { $gt: 0 } } }, { a: 1 }], [{ a: { $elemMatch: { b: 1 } } }, { a: { b: 1 } }],
    [{ a: { $size: 1 } }, { a: 1 }], [{ a: { $size: 1 } }, { a: [[1], [2]] }], [{ a: { $type: "int" } }, { a: Long.fromNumber(1) }], [{ a: { $type: "double" } }, { a: 1 }], [{ a: { $type: "null" } }, {}], [{ a: { $mod: [4, 0] } }, { a: NaN }], [{ a: { $mod: [4, 0] } }, { a: "8" }],
    [{ a: { $bitsAllSet: 1 } }, { a: 1.5 }], [{ a: { $bitsAnySet: 1 } }, { a: "1" }], [{ a: /x/ }, { a: 1 }], [{ a: /x/ }, { a: /y/ }], [{ a: /X/ }, { a: "x" }], [{ a: { $regex: "^b" } }, { a: "a\nb" }], [{ a: { $regex: "a.b" } }, { a: "a\nb" }],
    [{ a: new Binary(new Uint8Array([1]), 0) }, { a: new Binary(new Uint8Array([1]), 4) }], [{ $or: [{ a: 1 }, { b: 1 }] }, { c: 1 }], [{ a: 1, b: 2 }, { a: 1 }], [{ a: { $exists: true } }, { b: 1 }], [{ a: { $eq: /x/ } }, { a: "x" }], [{ $alwaysFalse: 1 }, {}],
  ];
  test.each(no)("%j does not match %j", (filter, js) => expect(matches(filter, js)).toBe(false));

  test.each<[unknown, number]>([
    [{ $foo: 1 }, 2], [{ a: { $foo: 1 } }, 2], [{ $and: [] }, 2], [{ $or: 1 }, 2], [{ $or: [1] }, 2], [{ a: { $in: 1 } }, 2], [{ a: { $in: [{ $gt: 1 }] } }, 2], [{ a: { $not: 1 } }, 2], [{ a: { $not: {} } }, 2], [{ a: { $options: "i" } }, 2],
    [{ a: { $regex: 1 } }, 2], [{ a: { $regex: "(" } }, 51091], [{ a: { $regex: "a", $options: "g" } }, 51108], [{ a: { $regex: "a++" } }, 238], [{ a: { $size: -1 } }, 9], [{ a: { $size: 1.5 } }, 9], [{ a: { $mod: [1] } }, 2], [{ a: { $mod: [0, 1] } }, 2],
    [{ a: { $type: "foo" } }, 2], [{ a: { $type: 0 } }, 2], [{ a: { $elemMatch: 1 } }, 2], [{ a: { $gt: /x/ } }, 2], [{ a: { $ne: /x/ } }, 2], [{ a: { $bitsAllSet: -1 } }, 9], [{ a: { $bitsAllSet: "x" } }, 2], [{ a: { $gt: 1, b: 2 } }, 2],
    [{ $where: "1" }, 238], [{ $text: {} }, 238], [{ a: { $near: [1, 2] } }, 238], [{ a: { $all: [{ $gt: 1 }] } }, 2],
  ])("%j is refused with %d", (filter, code) => expect(() => compileMatcher(doc(filter))).toThrow(expect.objectContaining({ code })));
});

/** The matcher's rules once more, in the plainest way, over JS values. */
type Candidate = { value: unknown } | "missing";
function candidates(value: unknown, parts: string[]): Candidate[] {
  if (parts.length === 0) return Array.isArray(value) ? [...value.map((v) => ({ value: v })), { value }] : [{ value }];
  const [head, ...rest] = parts as [string, ...string[]];
  if (value instanceof Map) return value.has(head) ? candidates(value.get(head), rest) : ["missing"];
  if (!Array.isArray(value)) return ["missing"];
  return value.flatMap((item, i): Candidate[] => {
    const own = item instanceof Map ? candidates(item, parts) : [];
    if (head !== String(i)) return own;
    if (rest.length === 0) return [...own, { value: item }];
    return item instanceof Map || Array.isArray(item) ? [...own, ...candidates(item, rest)] : own;
  });
}
const raw = (js: unknown) => getField(doc(new Map([["v", js]])), "v")!;
const sameKind = (a: unknown, b: unknown) => compareKind(a) === compareKind(b);
const compareKind = (v: unknown) => ["int", "double", "long", "decimal"].includes(kind(v)) ? "number" : kind(v);
const kind = (v: unknown) => filterKinds.find(([k]) => matches({ v: { $elemMatch: { $type: k } } }, new Map([["v", [v]]])))?.[0] ?? "?";
const filterKinds = ["double", "string", "object", "array", "binData", "objectId", "bool", "date", "null", "regex", "javascript", "int", "timestamp", "long", "decimal", "minKey", "maxKey"].map((k) => [k] as const);
const isNaNNumber = (v: unknown) => (v instanceof Double && Number.isNaN(v.value)) || (v instanceof Decimal128 && v.toString() === "NaN");

describe("matching, against a plain reference", () => {
  const path = fc.constantFrom("a", "b", "a.b", "a.0", "a.b.c", "a.1.a", "b.0.b");
  test("equality and ranges", () => {
    fc.assert(fc.property(anyDoc, path, anyValue, fc.constantFrom("$eq", "$gt", "$gte", "$lt", "$lte"), (js, p, operand, op) => {
      fc.pre(!(operand instanceof BSONRegExp) && !(operand instanceof MinKey) && !(operand instanceof MaxKey));
      const all = candidates(js, p.split("."));
      const expected = all.some((c) => {
        if (c === "missing" || c.value === null || operand === null) return operand === null && (c === "missing" || c.value === null) && op !== "$gt" && op !== "$lt";
        if (!sameKind(c.value, operand)) return false;
        const order = compareValues(raw(c.value), raw(operand));
        if (isNaNNumber(c.value) || isNaNNumber(operand)) return order === 0 && op !== "$gt" && op !== "$lt";
        return op === "$eq" ? order === 0 : op === "$gt" ? order > 0 : op === "$gte" ? order >= 0 : op === "$lt" ? order < 0 : order <= 0;
      });
      expect(matches(new Map([[p, new Map([[op, operand]])]]), js)).toBe(expected);
    }), { numRuns: 800 });
  });

  test("every value in a document is found by equality, and $ne, $nin, $not, $nor are the opposite", () => {
    fc.assert(fc.property(anyDoc, path, anyValue, (js, p, operand) => {
      fc.pre(!(operand instanceof BSONRegExp));
      const eq = matches(new Map([[p, new Map([["$eq", operand]])]]), js);
      for (const opposite of [new Map([["$ne", operand]]), new Map([["$nin", [operand]]]), new Map([["$not", new Map([["$eq", operand]])]])]) expect(matches(new Map([[p, opposite]]), js)).toBe(!eq);
      expect(matches({ $nor: [new Map([[p, new Map([["$eq", operand]])]])] }, js)).toBe(!eq);
      const many = [operand, 1e9, 2e9, 3e9, 4e9, 5e9, 6e9, 7e9];
      expect(matches(new Map([[p, new Map([["$in", many]])]]), js)).toBe(eq || matches(new Map([[p, new Map([["$in", many.slice(1)]])]]), js));
      for (const [name, value] of js) if (!(value instanceof BSONRegExp)) expect(matches(new Map([[name, new Map([["$eq", value]])]]), js)).toBe(true);
    }), { numRuns: 300 });
  });
});

describe("parsed filters and parts of them", () => {
  test("the planner sees leaves", () => {
    expect(filterAst(doc({ a: 1, b: { $gt: 2, $lte: 5 }, $or: [{ c: null }, { d: { $in: [1, 2] } }] }))).toMatchObject({
      kind: "and",
      children: [
        { kind: "leaf", path: "a", op: "eq" }, { kind: "leaf", path: "b", op: "gt" }, { kind: "leaf", path: "b", op: "lte" },
        { kind: "or", children: [{ path: "c", op: "eq" }, { path: "d", op: "in", values: [{}, {}] }] },
      ],
    });
    expect(filterAst(doc({ a: { $ne: 1 } }))).toMatchObject({ kind: "not", child: { path: "a", op: "eq" } });
  });

  test.each<[unknown, unknown, number | undefined]>([
    [{ a: 2 }, { a: [1, 2] }, 1], [{ "a.b": 2 }, { a: [{ b: 1 }, { b: 2 }] }, 1], [{ a: { $elemMatch: { b: 2, c: 1 } } }, { a: [{ b: 2 }, { b: 2, c: 1 }] }, 1], [{ a: { $elemMatch: { $gt: 1 } } }, { a: [0, 5] }, 1],
    [{ x: 1, a: { $gt: 3 } }, { x: 1, a: [1, 9] }, 1], [{ $or: [{ a: 7 }, { a: 2 }] }, { a: [1, 2] }, 1], [{ a: [1, 2] }, { a: [1, 2] }, undefined], [{ x: 1 }, { x: 1 }, undefined], [{ "d.a.b": 1 }, { d: { a: [{}, { b: [0, 1] }] } }, 1],
  ])("%j on %j stands for item %s", (filter, js, index) => expect(positionalIndex(doc(filter), doc(js))).toBe(index));

  test.each<[unknown, unknown, boolean]>([
    [{ $gt: 3 }, 5, true], [{ $gt: 3 }, 1, false], [{ $gt: 3 }, [1, 5], true], [{ b: 1 }, { b: 1, c: 2 }, true], [{ b: 1 }, 1, false], [3, new Int32(3), true], [[1, 2], [1, 2], true], [[1, 2], [2, 1], false], [/x/, "axb", true], [{ $in: [1, 2] }, 2, true],
  ])("item condition %j on %j is %s", (condition, item, expected) => expect(compileElementMatcher(valueFromJs(condition))(valueFromJs(item))).toBe(expected));
});

describe("regular expressions", () => {
  test.each<[string, string, string, boolean]>([
    ["\\Aab\\z", "", "ab", true], ["\\Qa.b\\E", "", "a.b", true], ["\\Qa.b\\E", "", "axb", false], ["[[:alpha:]]+", "", "x", true], ["^[\\w.-]+@", "", "a-b.c@", true], ["a{,2}b", "", "aab", true], ["a{x", "", "a{x", true], ["(?<n>a)\\k<n>", "", "aa", true],
    ["(?P<n>a)(?P=n)", "", "aa", true], ["[a\\]b]", "", "]", true], ["[]a]", "", "]", true], ["[^\\s]", "", " ", false], ["\\x41\\x{1F600}", "", "A😀", true], ["^.$", "", "😀", true], ["a(?#note)b", "", "ab", true], ["a.b", "s", "a\nb", true], ["STRASSE", "i", "strasse", true], ["\\h+", "", "\t", true], ["x-y/z", "", "x-y/z", true], ["\\d+(?=px)", "", "12px", true],
  ])("%s with options '%s' on %j is %s", (pattern, options, text, expected) => expect(compileRegex({ pattern, options })(text)).toBe(expected));

  test("escaped text matches itself and nothing shorter, and is the prefix that bounds an index", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }), fc.constantFrom("", "i", "m", "s"), (text, options) => {
      fc.pre(!text.includes("\0"));
      const escaped = text.replace(/[^\p{L}\p{N}\s]/gu, "\\$&");
      const whole = compileRegex({ pattern: `^${escaped}\\z`, options });
      expect(whole(text)).toBe(true);
      expect(whole(text.slice(0, -1))).toBe(false);
      const prefix = regexPrefix({ pattern: `^${escaped}`, options });
      if (prefix !== undefined) expect(text.startsWith(prefix)).toBe(true);
    }), { numRuns: 300 });
  });

  test("any pattern is compiled or refused with a code", () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom("a", "b", "(", ")", "[", "]", "{", "}", "1", ",", "\\", "|", "*", "+", "?", "^", "$", ".", ":", "<", "=", "-", "d", "Q", "E", "x", "#"), maxLength: 10 }), fc.constantFrom("", "x"), (pattern, options) => {
      let test: (text: string) => boolean;
      try {
        test = compileRegex({ pattern, options });
      } catch (error) {
        expect(error).toMatchObject({ code: expect.any(Number) });
        return;
      }
      const prefix = regexPrefix({ pattern, options });
      for (const text of ["", "a", "ab", "ba", "aab1", "(a)", "x#", "a-b"]) if (test(text) && prefix !== undefined) expect(text.startsWith(prefix)).toBe(true);
    }), { numRuns: 1000 });
  });

  test("a pattern that would run for ever is stopped, and the next one runs", () => {
    const before = process.cpuUsage();
    expect(() => compileRegex({ pattern: "^(a+)+$", options: "" })(`${"a".repeat(40)}!`)).toThrow(expect.objectContaining({ code: 51156 }));
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
    restMatching();
    expect(compileRegex({ pattern: "^(a+)+$", options: "" })("a".repeat(40))).toBe(true);
  });

  test.each<[string, string, string | undefined]>([["^abc", "", "abc"], ["^ab*", "", "a"], ["^ab+", "", "ab"], ["^a\\.b", "", "a.b"], ["^a|b", "", undefined], ["abc", "", undefined], ["^abc", "i", undefined], ["^a.c", "", "a"], ["^\\d", "", undefined]])("%s (%s) begins with %s", (pattern, options, prefix) => expect(regexPrefix({ pattern, options })).toBe(prefix));
});
