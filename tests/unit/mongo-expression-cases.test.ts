import { type Document } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, startTestMongo, type TestMongo } from "../support/mongo.ts";

/** Expressions outside aggregate: `$expr`, `let`, updates by pipelines, projections that compute, validators. Valid on MongoDB 7.0. */

let mongo: TestMongo;
beforeAll(async () => {
  mongo = await startTestMongo();
});
afterAll(() => mongo.stop());

const filled = async (...docs: Document[]) => {
  const col = mongo.collection();
  await col.insertMany(docs.map((doc, i) => ({ _id: i, ...doc })));
  return col;
};
const numbers = () => filled({ a: 1, b: 2 }, { a: 3, b: 2 }, { a: "x", b: 5 }, { b: 1 });

describe("$expr and let (reference/operator/query/expr, reference/command/find)", () => {
  test.each<[filter: Document, ids: number[], let_?: Document]>([
    [{ $expr: { $gt: ["$a", "$b"] } }, [1, 2]], [{ $expr: { $lt: ["$a", 2] } }, [0, 3]], [{ b: 2, $expr: { $eq: ["$a", 3] } }, [1]], [{ $or: [{ $expr: { $eq: [{ $type: "$a" }, "missing"] } }, { a: 1 }] }, [0, 3]], [{ $nor: [{ $expr: true }] }, []],
    [{ $expr: { $eq: ["$a", "$$wanted"] } }, [1], { wanted: 3 }], [{ $expr: { $gt: ["$b", "$$low"] } }, [2], { low: { $add: [1, 1] } }],
  ])("%j", async (filter, ids, let_) => {
    const col = await numbers();
    expect((await col.find(filter, let_ ? { let: let_ } : {}).toArray()).map((doc) => doc._id)).toEqual(ids);
    expect((await mongo.db.command({ delete: col.collectionName, deletes: [{ q: filter, limit: 0 }], ...(let_ ? { let: let_ } : {}) }))["n"]).toBe(ids.length);
  });

  test("in findAndModify and update; where it may not stand", async () => {
    const col = await numbers();
    const name = col.collectionName;
    expect((await col.findOneAndUpdate({ $expr: { $eq: ["$_id", "$$id"] } }, [{ $set: { c: "$$value" } }], { let: { id: 1, value: "v" }, returnDocument: "after" }))!["c"]).toBe("v");
    expect(await mongo.db.command({ update: name, updates: [{ q: { $expr: { $eq: ["$_id", "$$id"] } }, u: [{ $set: { d: { $add: ["$a", "$$by"] } } }] }], let: { id: 0, by: 10 } })).toMatchObject({ n: 1, nModified: 1 });
    expect((await col.findOne({ _id: 0 }))!["d"]).toBe(11);
    expect(await codeOf(col.updateOne({ $expr: { $eq: ["$a", 99] } }, { $set: { z: 1 } }, { upsert: true }))).toBe(224);
    expect(await codeOf(col.updateOne({}, { $set: { "l.$[x]": 1 } }, { arrayFilters: [{ $expr: { $eq: ["$x", 1] } }] }))).toBe(224);
    expect(await codeOf(col.find({ a: { $elemMatch: { $expr: true } } }).toArray())).toBe(2);
    expect(await codeOf(col.find({ $expr: { $nope: 1 } }).toArray())).toBe(168);
    expect(await codeOf(col.find({ $expr: { $eq: ["$a", "$$none"] } }).toArray())).toBe(17276);
  });
});

describe("updates by pipelines (tutorial/update-documents-with-aggregation-pipeline)", () => {
  test.each<[before: Document, pipeline: Document[], result: Document]>([
    [{ a: 1, b: 2 }, [{ $set: { sum: { $add: ["$a", "$b"] } } }, { $unset: ["a"] }], { b: 2, sum: 3 }], [{ a: { x: 1 } }, [{ $replaceWith: "$a" }], { x: 1 }], [{ a: 1, b: 2 }, [{ $project: { b: 1, c: { $literal: "$a" } } }], { b: 2, c: "$a" }],
    [{ l: [{ v: 1 }, { v: 2 }] }, [{ $set: { "l.w": 5, total: { $sum: "$l.v" } } }], { l: [{ v: 1, w: 5 }, { v: 2, w: 5 }], total: 3 }], [{ a: 1 }, [{ $addFields: { gone: "$$REMOVE", none: "$missing", b: "$$ROOT.a" } }], { a: 1, b: 1 }],
    [{ a: 1 }, [{ $replaceRoot: { newRoot: { $mergeObjects: [{ b: 1 }, "$$ROOT"] } } }], { b: 1, a: 1 }],
  ])("%j %j", async (before, pipeline, result) => {
    const col = await filled(before);
    await col.updateOne({ _id: 0 }, pipeline);
    const { _id, ...rest } = (await col.findOne())!;
    expect([_id, rest]).toEqual([0, result]);
  });

  test("upserts, and what may not stand in one", async () => {
    const col = mongo.collection();
    await col.updateOne({ _id: 7, a: 1 }, [{ $set: { b: { $add: ["$a", 1] } } }], { upsert: true });
    expect(await col.findOne()).toEqual({ _id: 7, a: 1, b: 2 });
    expect(await codeOf(col.updateOne({ _id: 7 }, [{ $match: {} }]))).toBe(72);
    expect(await codeOf(col.updateOne({ _id: 7 }, [{ $nope: {} }]))).toBe(40324);
    expect(await codeOf(col.updateOne({ _id: 7 }, [{ $set: { _id: 8 } }]))).toBe(66);
    expect(await codeOf(col.updateOne({ _id: 7 }, [{ $set: { a: 1 } }], { arrayFilters: [{ x: 1 }] }))).toBe(9);
  });
});

test("projections that compute (reference/method/db.collection.find: projection)", async () => {
  const col = await filled({ a: 1, b: { c: 2 }, l: [1, 2, 3] });
  const project = async (projection: Document) => col.findOne({}, { projection });
  expect(await project({ _id: 0, sum: { $add: ["$a", "$b.c"] }, a: 1 })).toEqual({ a: 1, sum: 3 });
  expect(await project({ copy: "$b.c", text: "fixed", "in.side": "$a", _id: 0 })).toEqual({ copy: 2, text: "fixed", in: { side: 1 } });
  expect(await project({ two: { $slice: ["$l", 2] }, _id: 0 })).toEqual({ two: [1, 2] });
  expect((await col.findOneAndUpdate({}, { $inc: { a: 1 } }, { projection: { _id: 0, double: { $multiply: ["$a", 2] } }, returnDocument: "after" }))).toEqual({ double: 4 });
});

test("a validator with $expr (core/schema-validation/specify-query-expression-rules)", async () => {
  const name = mongo.collection().collectionName;
  const col = await mongo.db.createCollection<Document>(name, { validator: { $expr: { $eq: ["$total", { $multiply: ["$price", "$n"] }] } } });
  await col.insertOne({ price: 2, n: 3, total: 6 });
  expect(await codeOf(col.insertOne({ price: 2, n: 3, total: 7 }))).toBe(121);
});
