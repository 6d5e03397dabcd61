import fc from "fast-check";
import { Decimal128, Double, Int32, Long, MongoClient, ObjectId, type Collection, type Document, type IndexSpecification } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestStore } from "../support/store.ts";

let store: Awaited<ReturnType<typeof startTestStore>>;
let client: MongoClient;

beforeAll(async () => {
  store = await startTestStore();
  client = new MongoClient(store.uri);
});
afterAll(async () => {
  await client.close();
  await store.stop();
});

const scalar = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 5 }).map((n) => new Int32(n)) },
  { weight: 2, arbitrary: fc.constantFrom(new Double(1.5), new Double(2), new Double(-0), new Double(NaN), Long.fromNumber(3), Decimal128.fromString("2.0")) },
  { weight: 4, arbitrary: fc.constantFrom("", "a", "ab", "abc", "b", "Ab", "z\0a") },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(null, true, false, new Date(0), new Date(5), new ObjectId("0".repeat(24))) },
);
const value = fc.oneof({ weight: 8, arbitrary: scalar }, { weight: 2, arbitrary: fc.array(scalar, { maxLength: 3 }) }, { weight: 1, arbitrary: fc.record({ x: scalar }) });
const someDoc = fc.record({ a: value, b: value, c: scalar, s: fc.record({ x: value, y: value }), list: fc.array(fc.record({ x: scalar, y: scalar }, { requiredKeys: [] }), { maxLength: 3 }) }, { requiredKeys: [] });

const path = fc.constantFrom("a", "b", "c", "s.x", "s.y", "list.x", "list.y");
const condition: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: value },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom("$gt", "$gte", "$lt", "$lte"), scalar).map(([op, v]) => ({ [op]: v })) },
  { weight: 2, arbitrary: fc.tuple(scalar, scalar).map(([lo, hi]) => ({ $gte: lo, $lt: hi })) },
  { weight: 3, arbitrary: fc.array(value, { maxLength: 4 }).map((list) => ({ $in: list })) },
  { weight: 1, arbitrary: fc.boolean().map((yes) => ({ $exists: yes })) },
  { weight: 1, arbitrary: value.map((v) => ({ $ne: v })) },
  { weight: 1, arbitrary: fc.tuple(scalar, scalar).map(([lo, hi]) => ({ $elemMatch: { $gte: lo, $lte: hi } })) },
  { weight: 1, arbitrary: fc.constantFrom(/^a/, /^ab?/, /b$/, /^A/i).map((re) => ({ $regex: re.source, $options: re.flags })) },
);
const elemMatch = fc.tuple(scalar, scalar).map(([x, y]) => ({ list: { $elemMatch: { x, y } } }));
const oneField = fc.oneof({ weight: 8, arbitrary: fc.tuple(path, condition).map(([p, c]) => ({ [p]: c })) }, { weight: 1, arbitrary: elemMatch });
const someFilter: fc.Arbitrary<Document> = fc.oneof(
  { weight: 2, arbitrary: oneField },
  { weight: 3, arbitrary: fc.array(oneField, { minLength: 2, maxLength: 3 }).map((parts) => ({ $and: parts })) },
  { weight: 2, arbitrary: fc.tuple(fc.array(oneField, { minLength: 1, maxLength: 3 }), fc.option(oneField)).map(([or, and]) => ({ $or: or, ...and })) },
  { weight: 1, arbitrary: oneField.map((part) => ({ ...part, c: { $exists: true } })) },
);
const someSort: fc.Arbitrary<Document> = fc.uniqueArray(fc.tuple(path, fc.constantFrom(1, -1)), { maxLength: 2, selector: ([p]) => p }).map((pairs) => Object.fromEntries(pairs));

const INDEXES: [IndexSpecification, Document?][] = [
  [{ a: 1 }], [{ a: 1, b: -1 }], [{ b: 1, c: 1 }], [{ c: -1 }], [{ "s.x": 1, "s.y": 1 }], [{ "list.x": 1, "list.y": 1 }], [{ c: 1, a: 1 }],
  [{ b: -1 }, { sparse: true }], [{ "s.y": 1 }, { partialFilterExpression: { c: { $exists: true } } }], [{ a: -1, c: 1 }, { partialFilterExpression: { b: { $gt: 1 } } }],
];

const ids = (docs: Document[]) => docs.map((d) => String(d["_id"])).sort();

/** What a document contributes to a sort, taken from the store's own in-memory sort through a second query. */
async function order(col: Collection, found: Document[], sort: Document): Promise<string[][]> {
  const groups: string[][] = [];
  for (const doc of found) {
    const last = groups.at(-1);
    const tie = last && (await col.find({ _id: { $in: [Number(last[0]), doc["_id"]] } as Document }).hint({ $natural: 1 }).sort(sort).toArray()).map((d) => String(d["_id"]));
    const tieBack = last && (await col.find({ _id: { $in: [Number(last[0]), doc["_id"]] } as Document }).hint({ $natural: -1 }).sort(sort).toArray()).map((d) => String(d["_id"]));
    if (last && tie!.join() !== tieBack!.join()) last.push(String(doc["_id"]));
    else groups.push([String(doc["_id"])]);
  }
  return groups.map((g) => g.sort());
}

describe("every plan answers what a scan answers", () => {
  test("documents, with and without indexes", async () => {
    let round = 0;
    await fc.assert(fc.asyncProperty(fc.array(someDoc, { minLength: 8, maxLength: 40 }), fc.array(fc.tuple(someFilter, someSort), { minLength: 30, maxLength: 30 }), async (docs, queries) => {
      const col = client.db().collection(`plan${round++}`);
      await col.insertMany(docs.map((d, i): Document => ({ _id: i, ...d })));
      for (const [spec, options] of INDEXES) {
        await col.createIndex(spec, options).catch((error: { code: number }) => expect(error.code).toBe(171));
      }
      for (const [filter, sort] of queries) {
        const [planned, scanned] = await Promise.all([
          col.find(filter).sort(sort).toArray().catch((e: Error) => e.message), col.find(filter).hint({ $natural: 1 }).sort(sort).toArray().catch((e: Error) => e.message),
        ]);
        const shown = JSON.stringify({ filter, sort });
        if (typeof scanned === "string" || typeof planned === "string") continue;
        expect(ids(planned), shown).toEqual(ids(scanned));
        expect(new Set(ids(planned)).size, shown).toBe(planned.length);
        const by = { collation: { locale: "en", strength: 2 } };
        const [collated, collatedScan] = await Promise.all([col.find(filter, by).sort(sort).toArray(), col.find(filter, by).hint({ $natural: 1 }).sort(sort).toArray()]);
        expect(ids(collated), `${shown} collated`).toEqual(ids(collatedScan));
        const count = await col.countDocuments(filter);
        expect(Number(count), shown).toBe(scanned.length);
      }
      await col.drop();
    }), { numRuns: 6 });
  }, 60_000);

  test("the order of a sort, with and without indexes", async () => {
    let round = 0;
    await fc.assert(fc.asyncProperty(fc.array(someDoc, { minLength: 4, maxLength: 12 }), fc.array(fc.tuple(someFilter, someSort), { minLength: 4, maxLength: 4 }), async (docs, queries) => {
      const col = client.db().collection<Document>(`order${round++}`);
      await col.insertMany(docs.map((d, i): Document => ({ _id: i, ...d })));
      for (const [spec, options] of INDEXES) await col.createIndex(spec, options).catch((error: { code: number }) => expect(error.code).toBe(171));
      for (const [filter, sort] of queries) {
        if (Object.keys(sort).length === 0) continue;
        try {
          const scanned = await col.find(filter).hint({ $natural: 1 }).sort(sort).toArray();
          const planned = await col.find(filter).sort(sort).toArray();
          expect(await order(col, planned, sort), JSON.stringify({ filter, sort })).toEqual(await order(col, scanned, sort));
        } catch (error) {
          if ((error as { code?: number }).code !== 2) throw error;
        }
      }
      await col.drop();
    }), { numRuns: 8 });
  }, 60_000);
});
