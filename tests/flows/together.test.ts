/** Commands that are asked for in one turn go as one, and each caller hears of its own outcome. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Collection } from "mongodb";
import { changeTogether, updateTogether } from "../../src/core/store/change-together.ts";
import { inserting, updating, writeInOrder } from "../../src/core/store/in-order.ts";
import { insertTogether } from "../../src/core/store/insert.ts";
import { isDuplicateKey } from "../../src/core/store/store.ts";
import type { Store } from "../../src/core/store/store.ts";
import { together } from "../../src/core/store/together.ts";
import { lendStore } from "../support/lent-store.ts";

let store: Store;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, giveBack: close } = await lendStore());
});
afterAll(() => close());

test("what is asked in one turn is carried out at once, later calls by themselves", async () => {
  const batches: number[][] = [];
  const double = together<number, number>(async (items) => { batches.push(items); return items.map((n) => ({ ok: 2 * n })); });
  expect(await Promise.all([double(1), double(2), double(3)])).toEqual([2, 4, 6]);
  expect(await double(4)).toBe(8);
  expect(batches).toEqual([[1, 2, 3], [4]]);
});

test("more than a hundred go in several batches, each answer to its caller", async () => {
  const sizes: number[] = [];
  const same = together<number, number>(async (items) => { sizes.push(items.length); return items.map((ok) => ({ ok })); });
  const numbers = Array.from({ length: 230 }, (_, n) => n);
  expect(await Promise.all(numbers.map(same))).toEqual(numbers);
  expect(sizes).toEqual([100, 100, 30]);
});

test("two batches are under way at most; what is asked meanwhile gathers", async () => {
  const batches: number[][] = [];
  const ends: (() => void)[] = [];
  const slow = together<number, number>(async (items) => {
    batches.push(items);
    await new Promise<void>((done) => { ends.push(done); });
    return items.map((ok) => ({ ok }));
  });
  const answers: Promise<number>[] = [];
  for (const n of [1, 2, 3, 4]) {
    answers.push(slow(n));
    await new Promise((done) => { setImmediate(done); });
  }
  expect(batches).toEqual([[1], [2]]);
  ends[0]!();
  await expect.poll(() => batches).toEqual([[1], [2], [3, 4]]);
  ends[1]!();
  ends[2]!();
  expect(await Promise.all(answers)).toEqual([1, 2, 3, 4]);
});

test("one refusal is its caller's alone; a failure of the whole is everybody's", async () => {
  const odd = together<number, number>(async (items) => items.map((n) => (n % 2 === 0 ? { error: new Error(`${n} is even`) } : { ok: n })));
  expect((await Promise.allSettled([odd(1), odd(2), odd(3)])).map((one) => one.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  const broken = together<number, number>(async () => { throw new Error("away"); });
  for (const one of await Promise.allSettled([broken(1), broken(2)])) expect(one).toMatchObject({ status: "rejected", reason: { message: "away" } });
});

test("a taken key among several inserts is told as a single insert tells it, and the others are stored", async () => {
  const labels = store.db.collection("labels") as unknown as Collection<{ _id: string; name: string }>;
  const insert = insertTogether(labels);
  await insert({ _id: "a", name: "billing" });
  const results = await Promise.allSettled([insert({ _id: "b", name: "refund" }), insert({ _id: "c", name: "billing" }), insert({ _id: "b2", name: "urgent" }), insert({ _id: "a", name: "other" })]);
  expect(results.map((one) => one.status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
  const reasons = results.map((one) => (one.status === "rejected" ? one.reason as unknown : undefined));
  expect([isDuplicateKey(reasons[1], "name"), isDuplicateKey(reasons[1], "_id"), isDuplicateKey(reasons[3], "_id")]).toEqual([true, false, true]);
  expect((await labels.find().sort({ _id: 1 }).toArray()).map((one) => one._id)).toEqual(["a", "b", "b2"]);
});

interface Row { _id: string; n: number; name?: string }

test("changes of several collections go as one command; each caller hears whether its own condition held, and how its document stands", async () => {
  const labels = store.db.collection("labels") as unknown as Collection<Row>;
  const settings = store.db.collection("settings") as unknown as Collection<Row>;
  await labels.insertMany([{ _id: "n1", n: 1, name: "one" }, { _id: "n2", n: 2, name: "two" }]);
  await settings.insertOne({ _id: "s1", n: 5 });
  const [held, other, elsewhere, after, none, taken] = await Promise.allSettled([
    updateTogether(store, labels, { _id: "n1", n: 1 }, { $inc: { n: 10 } }), updateTogether(store, labels, { _id: "n1", n: 1 }, { $inc: { n: 100 } }), updateTogether(store, settings, { _id: "s1" }, { $set: { n: 5 } }),
    changeTogether(store, labels, { _id: "n2", n: 2 }, { $set: { n: 3 } }), changeTogether(store, labels, { _id: "n2", n: 99 }, { $set: { n: 4 } }), updateTogether(store, labels, { _id: "n2" }, { $set: { name: "one" } }),
  ]);
  expect(held).toMatchObject({ value: { matchedCount: 1, modifiedCount: 1 } });
  expect(other).toMatchObject({ value: { matchedCount: 0, modifiedCount: 0 } });
  expect(elsewhere).toMatchObject({ value: { matchedCount: 1, modifiedCount: 0 } });
  expect(after).toEqual({ status: "fulfilled", value: { _id: "n2", n: 3, name: "two" } });
  expect(none).toEqual({ status: "fulfilled", value: null });
  expect(taken?.status === "rejected" && isDuplicateKey(taken.reason, "name")).toBe(true);
  expect(await labels.find({ _id: { $in: ["n1", "n2"] } }).sort({ _id: 1 }).toArray()).toEqual([{ _id: "n1", n: 11, name: "one" }, { _id: "n2", n: 3, name: "two" }]);
});

test("a MongoDB before 8.0, which has no bulkWrite, is asked one by one", async () => {
  const { client } = store.db;
  const labels = store.db.collection("labels") as unknown as Collection<Row>;
  await labels.insertMany([{ _id: "o1", n: 1, name: "o1" }, { _id: "o2", n: 2, name: "o2" }]);
  let asked = 0;
  const db = new Proxy(store.db, { get: (target, name) => (name === "client" ? { bulkWrite: async (models: object[]) => { asked++; throw Object.assign(new Error("refused"), { cause: await client.db("admin").command({ bulkWriteOfLater: models.length }).catch((error: unknown) => error) }); } } : Reflect.get(target, name) as unknown) });
  const old: Store = { ...store, db };
  for (const n of [2, 3]) {
    const answers = await Promise.all([changeTogether(old, labels, { _id: "o1" }, { $set: { n } }), updateTogether(old, labels, { _id: "o2", n: 99 }, { $set: { n } }), changeTogether(old, labels, { _id: "gone" }, { $set: { n } })]);
    expect(answers).toEqual([{ _id: "o1", n, name: "o1" }, expect.objectContaining({ matchedCount: 0 }), null]);
  }
  expect(asked).toBe(1);
  expect(await writeInOrder(old, [inserting(labels, { _id: "o3", n: 1, name: "o3" }), updating(labels, { _id: "o3", n: 1 }, { $inc: { n: 1 } }), updating(labels, { _id: "o3", n: 9 }, { $inc: { n: 1 } })])).toEqual([1, 1, 0]);
  await expect(writeInOrder(old, [inserting(labels, { _id: "o3", n: 1, name: "o3" }), updating(labels, { _id: "o3" }, { $inc: { n: 1 } })])).rejects.toMatchObject({ code: 11_000 });
  expect(await labels.findOne({ _id: "o3" })).toMatchObject({ n: 2 });
});

test("writes in order: a refused one ends its own sequence alone, one that comes upon nothing ends none", async () => {
  const labels = store.db.collection("labels") as unknown as Collection<Row>;
  const settings = store.db.collection("settings") as unknown as Collection<Row>;
  await labels.insertOne({ _id: "q0", n: 0, name: "q0" });
  await settings.insertOne({ _id: "q", n: 0 });
  const count = (n: number) => updating(settings, { _id: "q" }, { $inc: { n } });
  const row = (_id: string, name = _id) => inserting(labels, { _id, n: 0, name });
  const answers = await Promise.allSettled([
    writeInOrder(store, [row("q1"), updating(labels, { _id: "q1", n: 5 }, { $set: { n: 6 } }), count(1)]),
    writeInOrder(store, [count(10), row("q2", "q0"), count(100)]),
    writeInOrder(store, [updating(labels, { _id: "q1" }, { $set: { n: 7 } }), count(1_000)]),
    writeInOrder(store, [row("q1"), count(10_000)]),
    writeInOrder(store, [count(100_000)]),
  ]);
  expect(answers.map((one) => (one.status === "fulfilled" ? one.value : isDuplicateKey(one.reason, "name") ? "name" : isDuplicateKey(one.reason, "_id") ? "_id" : one.reason as unknown))).toEqual([[1, 0, 1], "name", [1, 1], "_id", [1]]);
  expect(await settings.findOne({ _id: "q" })).toMatchObject({ n: 101_011 });
  expect(await labels.findOne({ _id: "q1" })).toMatchObject({ n: 7 });
});
