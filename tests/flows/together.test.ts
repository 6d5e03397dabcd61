/** Commands that are asked for in one turn go as one, and each caller hears of its own outcome. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Collection } from "mongodb";
import { insertTogether } from "../../src/core/store/insert.ts";
import { isDuplicateKey, openStore } from "../../src/core/store/store.ts";
import type { Store } from "../../src/core/store/store.ts";
import { together } from "../../src/core/store/together.ts";
import { startTestStore } from "../support/store.ts";

let store: Store;
let close: () => Promise<void>;
beforeAll(async () => {
  const running = await startTestStore();
  store = await openStore(running.uri);
  await store.ensureIndexes();
  close = async () => { await store.close(); await running.stop(); };
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
