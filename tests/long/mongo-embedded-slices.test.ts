import { serialize } from "bson";
import fc from "fast-check";
import { Decimal128, Double, Long, MongoClient, ObjectId, type Document } from "mongodb";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { failures } from "../../src/mongo/embedded/commands/batch.ts";
import { Shards } from "../../src/mongo/embedded/pipeline/expressions/shards.ts";
import { boundsOf } from "../../src/mongo/embedded/planner/bounds.ts";
import type { Index } from "../../src/mongo/embedded/storage/catalog.ts";
import { Clock, inSlices } from "../../src/mongo/embedded/storage/turns.ts";
import { KeyBuffer } from "../../src/mongo/embedded/values/encode-key.ts";
import { compileAst, filterAst } from "../../src/mongo/embedded/values/match.ts";
import { fromJs } from "../../src/mongo/embedded/values/raw.ts";
import { readyLists } from "../../src/mongo/embedded/values/ready-lists.ts";
import { compileRegex, matchingMs } from "../../src/mongo/embedded/values/regex.ts";
import { Frames } from "../../src/mongo/embedded/wire/frames.ts";
import { readMessage } from "../../src/mongo/embedded/wire/message.ts";
import { startTestStore } from "../support/store.ts";

/** Nothing that a client sends makes others wait long: what grows with a message, a list, a group or a pattern is done in small pieces. */

afterEach(() => {
  vi.restoreAllMocks();
});

/** A message of a body and, where given, documents beside it. */
function message(body: Document, documents: readonly Uint8Array[] = []): Buffer {
  const name = Buffer.from("documents\0");
  const size = Buffer.alloc(4);
  size.writeInt32LE(documents.reduce((sum, doc) => sum + doc.length, 4 + name.length));
  const out = Buffer.concat([Buffer.alloc(20), Buffer.from([0]), serialize(body), ...(documents.length > 0 ? [Buffer.from([1]), size, name, ...documents] : [])]);
  out.writeInt32LE(out.length);
  out.writeInt32LE(2013, 12);
  return out;
}

/** What work gives, and in how many pieces. */
function pieces<R>(work: Iterator<void, R>): { n: number; value: R } {
  for (let n = 1; ; n++) {
    const step = work.next();
    if (step.done) return { n, value: step.value };
  }
}

describe("a message", () => {
  test("that comes in chunks is copied as it comes, none of it twice, however the chunks are cut", () => {
    const copied: number[] = [];
    const set = Uint8Array.prototype.set;
    const concat = vi.spyOn(Buffer, "concat");
    vi.spyOn(Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array, "set").mockImplementation(function count(this: Uint8Array, from, at) {
      copied.push(from.length);
      set.call(this, from, at);
    });
    const small = Array.from({ length: 40 }, (_, i) => { const one = Buffer.alloc(16 + i, i); one.writeInt32LE(one.length); return one; });
    const large = Buffer.alloc(3_000_000, 7);
    large.writeInt32LE(large.length);
    const sent = [...small, large, ...small];
    const stream = Buffer.from(sent.map((one) => one.toString("latin1")).join(""), "latin1");
    const same = (got: readonly Buffer[]) => got.length === sent.length && got.every((one, i) => one.equals(sent[i]!));
    const cutBy = (next: () => number): Buffer[] => {
      const frames = new Frames();
      const got: Buffer[] = [];
      for (let at = 0; at < stream.length;) {
        const chunk = stream.subarray(at, at += next());
        copied.length = 0;
        got.push(...frames.push(chunk));
        expect(copied.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(chunk.length + 4);
      }
      return got;
    };
    concat.mockClear();
    expect(same(cutBy(() => 65_536))).toBe(true);
    expect(same(cutBy(() => stream.length))).toBe(true);
    fc.assert(fc.property(fc.infiniteStream(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1_000, max: 900_000 }))), (sizes) => same(cutBy(() => sizes.next().value as number))), { numRuns: 20 });
    expect(concat).not.toHaveBeenCalled();
    expect(() => new Frames().push(Buffer.from([15, 0, 0, 0]))).toThrow(/impossible/);
    expect(() => { const frames = new Frames(); frames.push(Buffer.from([255, 255])); frames.push(Buffer.from([255, 127, 0])); }).toThrow(/impossible/);
  });

  test("of 100,000 operations that all fail is answered in pieces", () => {
    const errors = Array.from({ length: 100_000 }, (_, i) => ({ index: 99_999 - i, code: 11000, errmsg: `E11000 duplicate key error ${i}` }));
    const { n, value } = pieces(failures(errors));
    expect(n).toBeGreaterThan(1_000);
    expect(value.writeErrors).toHaveLength(100_000);
    expect(value.writeErrors!.every((error, i) => error.index === i)).toBe(true);
    const told = value.writeErrors!.findIndex((error) => error.errmsg === "");
    expect(value.writeErrors!.slice(0, told).reduce((sum, error) => sum + error.errmsg.length, 0) - 1_048_576).toBeLessThan(40);
    expect(value.writeErrors!.slice(told).every((error) => error.errmsg === "")).toBe(true);
  });

  test("of 100,000 documents is cut in some hundred pieces, one of few in one", () => {
    const doc = serialize({ n: 1 });
    const { n, value } = pieces(readMessage(message({ insert: "c", $db: "d" }, Array.from({ length: 100_000 }, () => doc))));
    expect(n).toBeGreaterThan(300);
    expect(value.sequences.get("documents")).toHaveLength(100_000);
    expect(value.sequences.get("documents")!.every((one) => one.length === doc.length)).toBe(true);
    expect(pieces(readMessage(message({ insert: "c", $db: "d" }, [doc, doc]))).n).toBe(1);
  });

  test("with a long body is checked in pieces, wherever the fault lies", () => {
    const whole = message({ find: "c", filter: { a: { $in: Array.from({ length: 20_000 }, (_, i) => `value ${i}`) } }, $db: "d" });
    expect(pieces(readMessage(whole)).n).toBeGreaterThan(30);
    const broken = Buffer.from(whole);
    broken[whole.indexOf("value 19990")] = 0xff;
    expect(() => pieces(readMessage(broken))).toThrow(/UTF-8/);
    const short = Buffer.from(whole);
    short[whole.indexOf("value 19990") - 4] = 200;
    expect(() => pieces(readMessage(short))).toThrow(/Invalid BSON/);
  });

  test("long work goes on in later turns of the event loop", async () => {
    let steps = 0;
    const turn = { later: false };
    setImmediate(() => { turn.later = true; });
    const done = inSlices((function* count(): Generator<void, number> {
      for (; !turn.later; steps++) yield;
      return steps;
    })());
    expect(done).toBeInstanceOf(Promise);
    const before = steps;
    expect(await done).toBeGreaterThanOrEqual(before);
    expect(inSlices((function* quick(): Generator<void, string> {
      yield;
      return "at once";
    })())).toBe("at once");
  });
});

describe("a list of 20,000 values", () => {
  const N = 20_000;
  const index = (dir: 1 | -1): Index => ({ prefix: new Uint8Array(4), fields: [{ path: "k", dir }], multikey: 0 }) as unknown as Index;
  const values = Array.from({ length: N }, (_, i) => [i % 7_000, `text ${i}`, new ObjectId(i.toString(16).padStart(24, "0")), new Date(i), Long.fromNumber(i), new Double(i / 2), { at: i }][i % 7]);

  test.each([1, -1] as const)("is made ready in small pieces; then nothing grows with it, and it bounds what it bounded (%d)", (dir) => {
    const plain = filterAst(fromJs({ k: { $in: values } }));
    const filter = fromJs({ k: { $in: values } });
    expect(pieces(readyLists([filter])).n).toBeGreaterThan(N / 256);
    const keys = vi.spyOn(KeyBuffer.prototype, "take");
    const ready = filterAst(filter);
    const matches = compileAst(ready);
    const { ranges, ranged } = boundsOf(index(dir), ready);
    expect(keys.mock.calls.length).toBeLessThan(10);
    expect(ranged).toBe(true);
    const expected = boundsOf(index(dir), plain).ranges;
    expect(ranges.length).toBe(expected.length);
    for (let i = 0; i < ranges.length; i++) if (Buffer.compare(ranges.at(i)!.start, expected.at(i)!.start) !== 0 || Buffer.compare(ranges.at(i)!.end, expected.at(i)!.end) !== 0) expect.fail(`range ${i} differs`);
    expect(values.every((k) => matches(fromJs({ k })))).toBe(true);
    expect([null, undefined, 7_001.5, "text", [], {}].map((k) => matches(fromJs({ k })))).toEqual([false, false, false, false, false, false]);
    expect([matches(fromJs({})), matches(fromJs({ k: ["x", values[9]] }))]).toEqual([false, true]);
  });

  test.each<[string, unknown[]]>([["null", [null]], ["a list", [[1]]], ["a pattern", [/x/]], ["an operator", [{ $gt: 1 }]]])("with %s in it is left to the parser", (_, more) => {
    const filter = fromJs({ k: { $in: [...values, ...more] } });
    pieces(readyLists([filter]));
    let leaf: unknown;
    try {
      leaf = filterAst(filter);
    } catch (error) {
      expect(error).toMatchObject({ code: 2, message: "cannot nest $ under $in" });
      return;
    }
    expect(leaf).not.toHaveProperty("list");
  });

  test("is answered alike by find, count, aggregate, update and delete, with an index and without", async () => {
    const store = await startTestStore();
    const client = new MongoClient(store.uri);
    onTestFinished(async () => {
      await client.close();
      await store.stop();
    });
    const col = client.db().collection<Document & { _id: number }>("lists");
    await col.insertMany(Array.from({ length: 300 }, (_, i) => ({ _id: i, k: i, l: [i, -i], g: i % 3 })));
    await col.createIndexes([{ key: { l: 1 } }, { key: { g: 1, k: -1 } }]);
    const wanted = Array.from({ length: N }, (_, i) => i * 3);
    const by = (path: string) => ({ [path]: { $in: wanted } }) as Document;
    for (const path of ["_id", "k", "l"]) {
      expect(await col.find(by(path)).sort({ _id: -1 }).map((doc) => doc._id).toArray(), path).toEqual(Array.from({ length: 100 }, (_, i) => 297 - i * 3));
      expect(await col.countDocuments(by(path)), path).toBe(100);
      expect(await col.countDocuments({ [path]: { $nin: wanted } }), path).toBe(200);
    }
    expect(await col.countDocuments({ g: { $in: [0, 1] }, ...by("k") })).toBe(100);
    expect(await col.countDocuments({ g: 0, ...by("k") })).toBe(100);
    expect(await col.countDocuments({ $and: [by("_id"), { _id: { $lt: 30 } }] })).toBe(10);
    expect(await col.aggregate([{ $match: { $or: [by("k"), { k: 1 }] } }, { $count: "n" }]).toArray()).toEqual([{ n: 101 }]);
    expect((await col.updateMany(by("_id"), { $set: { seen: true } })).modifiedCount).toBe(100);
    expect((await col.deleteMany({ $and: [by("k"), { seen: true }] })).deletedCount).toBe(100);
    const plan = await col.find(by("_id")).explain("executionStats");
    expect(plan["executionStats"]).toMatchObject({ totalKeysExamined: 0, totalDocsExamined: 0, nReturned: 0 });
    expect(plan["queryPlanner"].winningPlan.inputStage).toMatchObject({ indexName: "_id_", ranges: N });
  }, 60_000);
});

test("groups: a new key never moves more than a few thousand others", () => {
  const groups = new Shards<number>();
  const set = Map.prototype.set;
  let moved = 0;
  let [most, largest] = [0, 0];
  const spy = vi.spyOn(Map.prototype, "set").mockImplementation(function count(this: Map<unknown, unknown>, key, value) {
    moved++;
    set.call(this, key, value);
    if (this.size > largest) largest = this.size;
    return this;
  });
  const N = 300_000;
  const keyOf = (i: number) => (i % 2 === 0 ? i : `a key with a long beginning ${i} and a long end that all of them share, one like the other, whatever stands before it`);
  for (let i = 0; i < N; i++) {
    moved = 0;
    groups.set(keyOf(i), i);
    most = Math.max(most, moved);
  }
  spy.mockRestore();
  expect(most).toBeLessThan(5_000);
  expect(largest).toBeLessThan(5_000);
  expect([...groups.values()].length).toBe(N);
  for (let i = 0; i < N; i += 997) expect(groups.get(keyOf(i))).toBe(i);
});

describe("a pattern that goes wrong", () => {
  test.each<[string, string, string]>([
    ["(a+)+$", `${"a".repeat(60)}!`, "repeats in repeats"], ["a*a*a*b", "a".repeat(1_900), "three repeats"], ["a+b", "a".repeat(200_000), "one repeat over a long text"],
    [`${"a?".repeat(40)}${"a".repeat(40)}b`, "a".repeat(60), "optional parts"], [`${"(a|a)".repeat(40)}b`, "a".repeat(60), "choices"],
  ])("%s over %s is ended (%#)", (pattern, text) => {
    expect(() => compileRegex({ pattern, options: "" })(text)).toThrow(expect.objectContaining({ code: 51156 }));
  });

  test("all texts of one document share its time", () => {
    const matches = compileAst(filterAst(fromJs({ l: /^(a+)+$/ })));
    expect(() => matches(fromJs({ l: Array.from({ length: 500 }, () => `${"a".repeat(60)}!`) }))).toThrow(expect.objectContaining({ code: 51156 }));
  });

  test("whoever works in slices looks at the clock right after it, and the next slice has its whole time", () => {
    const clock = new Clock();
    for (let i = 0; i < 1_000; i++) expect(clock.over(Infinity)).toBe(false);
    expect(() => compileRegex({ pattern: "(a+)+$", options: "" })(`${"a".repeat(60)}!`)).toThrow();
    expect(matchingMs()).toBeGreaterThan(0);
    expect(clock.over(-Infinity)).toBe(true);
    expect(matchingMs()).toBe(0);
    expect(compileRegex({ pattern: "(a+)+$", options: "" })(`${"b".repeat(60)}aaa`)).toBe(true);
  });
});

describe("a count that an index covers", () => {
  test("looks at no document, and counts what a scan counts", async () => {
    const store = await startTestStore();
    const client = new MongoClient(store.uri);
    onTestFinished(async () => {
      await client.close();
      await store.stop();
    });
    const col = client.db().collection<Document & { _id: number }>("covered");
    const scalar = fc.constantFrom<unknown>(-1, 0, 1, 2, 2.5, new Double(-0), NaN, Infinity, Long.fromNumber(2), Decimal128.fromString("2.0"), Decimal128.fromString("NaN"), "", "a", "b", "b\0", true, false, null, new Date(0), new Date(5), new ObjectId("0".repeat(24)));
    await fc.assert(fc.asyncProperty(fc.array(fc.record({ a: scalar, b: scalar, s: fc.record({ x: scalar }) }, { requiredKeys: [] }), { minLength: 10, maxLength: 60 }), fc.infiniteStream(scalar), async (docs, some) => {
      await col.drop().catch(() => {});
      await col.insertMany(docs.map((doc, i) => ({ _id: i, ...doc })));
      await col.createIndexes([{ key: { a: 1, b: -1 } }, { key: { "s.x": -1 } }, { key: { b: 1 }, sparse: true }, { key: { a: -1 }, name: "twos", partialFilterExpression: { b: { $gte: 1 } } }]);
      const next = () => some.next().value;
      const filters: Document[] = Array.from({ length: 12 }, () => [
        { a: next() }, { a: { $gt: next() } }, { a: { $gte: next(), $lt: next() } }, { a: { $lte: next() } }, { a: next(), b: next() }, { a: next(), b: { $gt: next() } }, { a: { $in: [next(), next()] }, b: { $lte: next(), $gte: next() } },
        { "s.x": { $in: [next(), next(), next()] } }, { b: { $gte: next() } }, { a: { $gte: next() }, b: { $gte: 1 } }, { a: next(), "s.x": next() }, { $and: [{ _id: 3 }, { _id: { $gt: 1 } }] }, { $and: [{ _id: 3 }, { _id: { $gt: 5 } }] }, { _id: { $gte: 2, $lt: 7 } },
      ]).flat();
      for (const filter of filters) expect(await col.countDocuments(filter), JSON.stringify(filter)).toBe((await col.find(filter).hint({ $natural: 1 }).toArray()).length);
    }), { numRuns: 4 });
    await col.drop();
    await col.insertMany(Array.from({ length: 100 }, (_, i) => ({ _id: i, inbox: i % 4, at: new Date(i), ...(i % 10 === 0 ? { due: new Date(i) } : {}) })));
    await col.createIndexes([{ key: { inbox: 1, at: -1 } }, { key: { due: 1 }, partialFilterExpression: { due: { $exists: true } } }]);
    const explained = async (query: Document) => {
      const plan = await client.db().command({ explain: { count: "covered", query } });
      const { stage } = plan["queryPlanner"].winningPlan.inputStage;
      return [stage, plan["executionStats"].totalKeysExamined, plan["executionStats"].totalDocsExamined, plan["executionStats"].nReturned];
    };
    expect(await explained({ inbox: 1 })).toEqual(["COUNT_SCAN", 25, 0, 25]);
    expect(await explained({ inbox: { $in: [1, 2] }, at: { $gte: new Date(50) } })).toEqual(["COUNT_SCAN", 25, 0, 25]);
    expect(await explained({ due: { $lte: new Date(40) } })).toEqual(["COUNT_SCAN", 5, 0, 5]);
    expect(await explained({ inbox: 1, due: { $exists: false } })).toEqual(["FETCH", 25, 25, 25]);
    await col.insertOne({ _id: 200, inbox: [1, 2], at: new Date(0) });
    expect(await explained({ inbox: { $in: [1, 2] } })).toEqual(["FETCH", 52, 51, 51]);
  }, 60_000);
});
