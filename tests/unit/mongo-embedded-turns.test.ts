import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { MongoClient } from "mongodb";
import { expect, onTestFinished, test, vi } from "vitest";
import { embedded, fromJs, itemsOf, valueFromJs, type RawDoc } from "../../src/mongo/embedded/values/raw.ts";
import { List } from "../../src/mongo/embedded/pipeline/docs.ts";
import { Names } from "../../src/mongo/embedded/pipeline/expressions/frame.ts";
import { Ranks } from "../../src/mongo/embedded/pipeline/expressions/ranks.ts";
import { compilePipeline } from "../../src/mongo/embedded/pipeline/pipeline.ts";
import type { World } from "../../src/mongo/embedded/pipeline/stage.ts";
import { PAUSE, Query } from "../../src/mongo/embedded/planner/query.ts";
import { Sorter } from "../../src/mongo/embedded/planner/sorter.ts";
import { createCollection } from "../../src/mongo/embedded/storage/ddl.ts";
import { openStore } from "../../src/mongo/embedded/storage/store.ts";
import { nextTurn, sliceEnd } from "../../src/mongo/embedded/storage/turns.ts";
import { documentOrder } from "../../src/mongo/embedded/values/sort.ts";

/** Whatever takes long stops at its deadline and goes on later: with a deadline that is always over, all work is done in the smallest steps. */

const N = 2_000;
const docs: RawDoc[] = Array.from({ length: N }, (_, i) => fromJs({ _id: i, n: (i * 7_919) % N, g: i % 10, l: [i, i + 1] }));
const ALWAYS_OVER = -Infinity;
/** Documents that are looked at between two looks at the clock, at most. */
const LOOKS = 16;

/** How often a source pauses until it ends, and what it gave. */
function drained<T>(source: { next(deadline: number): T | typeof PAUSE | undefined }): { pauses: number; out: T[] } {
  const out: T[] = [];
  let pauses = 0;
  for (;;) {
    const next = source.next(ALWAYS_OVER);
    if (next === undefined) return { pauses, out };
    if (next === PAUSE) pauses++;
    else out.push(next);
  }
}

const world: World = { read: () => new List(docs), describe: () => new List([]), server: () => new List([]) };

test.each<[passes: number, outputs: number, pipeline: object[]]>([
  [1, N, [{ $set: { m: { $add: ["$n", 1] } } }]], [2, N, [{ $sort: { n: 1 } }]], [2, N, [{ $group: { _id: "$n", c: { $sum: 1 } } }]], [1, 10, [{ $sortByCount: "$g" }]], [1, 10, [{ $group: { _id: "$g", l: { $push: "$n" } } }]],
  [2, 2 * N, [{ $unwind: "$l" }]], [2, 3, [{ $bucketAuto: { groupBy: "$n", buckets: 3 } }]], [3, 1, [{ $facet: { a: [{ $sort: { n: 1 } }], b: [{ $count: "c" }] } }]], [2, 2, [{ $limit: 2 }, { $lookup: { from: "c", pipeline: [{ $set: { x: 1 } }, { $sort: { n: 1 } }], as: "f" } }]],
  [3, N, [{ $setWindowFields: { sortBy: { n: 1 }, output: { s: { $sum: "$n" }, r: { $rank: {} } } } }]], [3, N, [{ $setWindowFields: { output: { s: { $sum: "$n" } } } }]], [3, N, [{ $setWindowFields: { sortBy: { n: 1 }, output: { c: { $covariancePop: ["$n", "$g"] } } } }]],
  [2, 2 * N, [{ $unionWith: { coll: "c", pipeline: [{ $set: { x: 1 } }] } }]], [2, N, [{ $densify: { field: "n", range: { step: 1, bounds: "full" } } }]], [2, 1, [{ $limit: 1 }, { $graphLookup: { from: "c", startWith: "$n", connectFromField: "n", connectToField: "n", as: "f", maxDepth: 0 } }]],
])("at least %d pauses for every few documents, %d results: %j", (passes, outputs, stages) => {
  const pipeline = compilePipeline(itemsOf(valueFromJs(stages)).map(embedded), Names.of(), { collection: "c", inside: undefined });
  const { pauses, out } = drained(pipeline.over(new List(docs), world));
  expect(out).toHaveLength(outputs);
  expect(pauses).toBeGreaterThanOrEqual(Math.floor((passes * N) / LOOKS) - passes * 16);
});

test.each([0, 1, 7, 600, 1_500])("a sort of which %d are wanted gives them in order, equal ones as they came", (enough) => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 4_000, maxLength: 6_000, size: "max" }), (values) => {
    const sorter = new Sorter(documentOrder(fromJs({ v: 1 })), enough);
    values.forEach((v, i) => sorter.add(fromJs({ v }), i));
    const wanted = enough || values.length;
    const got: number[] = [];
    for (let next = sorter.sorted(), head = next.next(); !head.done && got.length < wanted; head = next.next()) got.push(head.value.recordId);
    expect(got).toEqual(values.map((v, i) => [v, i] as const).toSorted(([a, i], [b, j]) => a - b || i - j).slice(0, wanted).map(([, i]) => i));
  }), { numRuns: 5 });
});

test.each([1, 2, 50, 5_000, 20_000])("ranks among %d numbers", (n) => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.double({ noNaN: true }), fc.integer({ min: -5, max: 5 })), { minLength: n, maxLength: n, size: "max" }), (numbers) => {
    const ranks = new Ranks();
    for (const number of numbers) ranks.add(number);
    const sorted = Float64Array.from(numbers).sort();
    for (const rank of [0, n >> 1, Math.floor(n * 0.9), n - 1]) expect(ranks.at(rank) - sorted[rank]! || 0).toBe(0);
  }), { numRuns: 5 });
});

test("queries pause too: scans, sorts in memory, many empty ranges, unions", async () => {
  const dir = mkdtempSync(join(tmpdir(), "threadline-turns-"));
  const store = await openStore(dir, new Int32Array(new SharedArrayBuffer(8)));
  onTestFinished(async () => {
    await store.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const { collection } = await createCollection(store, "d", "c");
  await store.writer.submit(() => docs.forEach((doc) => store.records.insert(collection, doc)), N * 2, 100_000);
  const query = (filter: object, o: { sort?: object; enough?: number } = {}) => {
    const { pauses, out } = drained(new Query(store.env, collection, { filter: fromJs(filter as Record<string, unknown>), enough: o.enough ?? 0, ...(o.sort ? { sort: fromJs(o.sort as Record<string, unknown>) } : {}) }));
    return { steps: pauses * LOOKS, n: out.length };
  };
  expect(query({ g: 3 }).steps).toBeGreaterThan(N / 2);
  const sorted = query({}, { sort: { n: -1 } });
  expect(sorted.n).toBe(N);
  expect(sorted.steps).toBeGreaterThan(N);
  expect(query({}, { sort: { n: 1 }, enough: 5 }).n).toBeLessThan(N);
  const absent = query({ _id: { $in: Array.from({ length: N }, (_, i) => -1 - i) } });
  expect(absent.n).toBe(0);
  expect(absent.steps).toBeGreaterThan(N / 2);
  expect(query({ $or: [{ _id: { $lt: N } }, { _id: { $gte: 5 } }] }).n).toBe(N);
});

test("nobody waits for a helper of the collector: the thread that made short-lived objects collects them", async () => {
  const dir = mkdtempSync(join(tmpdir(), "threadline-collector-"));
  const child = spawn(process.execPath, ["--trace-gc-nvp", "--import", "tsx", fileURLToPath(new URL("../support/store-process.ts", import.meta.url)), dir], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const soon = { timeout: 40_000, interval: 20 };
  const uri = await vi.waitFor(() => /Store ready: (\S+)/.exec(said)?.[1] ?? expect.fail("not ready"), soon);
  const client = new MongoClient(uri);
  onTestFinished(() => client.close());
  const col = client.db().collection<{ _id: number; body: string }>("c");
  await col.insertMany(Array.from({ length: 1_000 }, (_, _id) => ({ _id, body: "x".repeat(400) })));
  const since = said.lastIndexOf("\n") + 1;
  const collections = () => said.slice(since).split("\n").filter((line) => line.includes("gc=s ")).map((line) => /background\.scavenge\.parallel=([\d.]+)/.exec(line)?.[1]);
  await vi.waitFor(async () => {
    await Promise.all(Array.from({ length: 20 }, () => col.find().toArray()));
    expect(collections().length).toBeGreaterThan(4);
  }, soon);
  expect(new Set(collections().filter((one) => one !== undefined))).toEqual(new Set(["0.00"]));
}, 60_000);

test("of many that wait one goes on in a turn, those that waited less before the others", async () => {
  let turn = 0;
  let counting = true;
  const count = (): void => {
    turn++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const went: string[] = [];
  const turns = new Set<number>();
  const wait = async (name: string, had: number): Promise<void> => {
    await nextTurn(had);
    went.push(name);
    turns.add(turn);
  };
  await Promise.all([...Array.from({ length: 6 }, () => wait("long", 100)), wait("short", 0), wait("short", 1)]);
  counting = false;
  expect(turns.size).toBe(8);
  expect(went.slice(0, 4).filter((name) => name === "short")).toHaveLength(2);
});

test("when somebody waits, all slices of a turn share its time", async () => {
  await nextTurn(0);
  const first = sliceEnd();
  const wait = performance.now() + 5;
  while (performance.now() < wait);
  const later = Array.from({ length: 5 }, () => sliceEnd());
  const now = performance.now();
  // Three milliseconds each, six together; beyond that a quarter, for what is done at once.
  for (const end of later) expect(end).toBeLessThanOrEqual(Math.max(first + 3, now + 0.25));
  for (const end of later) expect(end).toBeGreaterThan(wait);
  await nextTurn(0);
  expect(sliceEnd()).toBeGreaterThan(Math.max(first, ...later));
});
