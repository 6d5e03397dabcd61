import { createConnection, Schema, type Connection, type InferSchemaType, type Model, type SchemaOptions, type Types } from "mongoose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestMongo, type TestMongo } from "../support/mongo.ts";

/** What mongoose asks of a server, ability by ability (mongoosejs.com/docs): one model each, and what it answers on MongoDB 7.0. */

let mongo: TestMongo;
let mongoose: Connection;
beforeAll(async () => {
  mongo = await startTestMongo();
  await mongo.client.connect();
  mongoose = createConnection().setClient(mongo.client as never).useDb(mongo.db.databaseName);
});
afterAll(() => mongo.stop());

let models = 0;
/** `[page, run]`: makes a model of the schema, with its indexes, and hands it to `act`. */
type Row = [page: string, run: () => Promise<unknown>, result: unknown];
const row = <S extends Schema>(page: string, schema: S, act: (M: Model<InferSchemaType<S>>) => Promise<unknown>, result: unknown): Row => [page, async () => {
  const M = mongoose.model(`M${models++}`, schema) as unknown as Model<InferSchemaType<S>>;
  await M.init();
  return act(M);
}, result];
const blind = { collation: { locale: "en", strength: 2 } } satisfies SchemaOptions;
const numbers = () => new Schema({ v: Number });
const after = { returnDocument: "after" } as const;

describe("answers as on MongoDB", () => {
  test.each<Row>([
    row("findoneandupdate: upsert with defaults", new Schema({ a: Number, b: { type: String, default: "d" }, tags: { type: [String], default: ["t"] } }, { timestamps: true }), async (M) => {
      const made = await M.findOneAndUpdate({ a: 1 }, { $inc: { a: 0 } }, { upsert: true, setDefaultsOnInsert: true, ...after }).orFail();
      return [made.b, [...made.tags], made.createdAt instanceof Date, await M.countDocuments()];
    }, ["d", ["t"], true, 1]),
    row("findoneandupdate: what it says of itself", numbers(), async (M) => (await M.findOneAndUpdate({ v: 1 }, { v: 2 }, { upsert: true, includeResultMetadata: true })).lastErrorObject?.["updatedExisting"], false),
    row("guide: a version that is behind", new Schema({ l: [Number] }), async (M) => {
      const one = await M.create({ l: [1, 2, 3] });
      const stale = await M.findById(one._id).orFail();
      one.l.splice(0, 1);
      await one.save();
      stale.set("l.1", 9).markModified("l");
      return stale.save().then(() => "saved", (error: Error) => error.name);
    }, "VersionError"),
    row("guide: optimistic concurrency in bulkSave", new Schema({ v: Number }, { optimisticConcurrency: true }), async (M) => {
      const one = await M.create({ v: 1 });
      const stale = await M.findById(one._id).orFail();
      await one.set({ v: 2 }).save();
      return M.bulkSave([stale.set({ v: 3 })]).then(() => "saved", (error: Error) => error.name);
    }, "MongooseBulkSaveIncompleteError"),
    row("api: insertMany, unordered", new Schema({ v: { type: Number, unique: true } }), async (M) => [await M.insertMany([{ v: 1 }, { v: 1 }, { v: 2 }], { ordered: false }).catch((error: { code: number; writeErrors: unknown[] }) => [error.code, error.writeErrors.length]), await M.countDocuments()], [[11000, 1], 2]),
    row("api: insertMany, ordered", new Schema({ v: { type: Number, unique: true } }), async (M) => [await M.insertMany([{ v: 1 }, { v: 1 }, { v: 2 }]).catch((error: { code: number }) => error.code), await M.countDocuments()], [11000, 1]),
    row("api: bulkSave, bulkWrite", new Schema({ v: Number }, { timestamps: true }), async (M) => {
      const two = [new M({ v: 1 }), new M({ v: 2 })];
      await M.bulkSave(two);
      two[0]!.set({ v: 5 });
      await M.bulkSave(two);
      const { modifiedCount, insertedCount, deletedCount } = await M.bulkWrite([{ updateOne: { filter: { v: 5 }, update: { $set: { v: 6 } } as never } }, { insertOne: { document: { v: 9 } as never } }, { deleteOne: { filter: { v: 2 } } }]);
      return [modifiedCount, insertedCount, deletedCount, await M.distinct("v")];
    }, [1, 1, 1, [6, 9]]),
    row("guide: a schema's collation", new Schema({ name: String }, blind), async (M) => {
      await M.create([{ name: "Ann" }, { name: "ann" }, { name: "Bob" }]);
      return [await M.countDocuments({ name: "ANN" }), (await M.find({ name: "ann" })).length, await M.distinct("name"), (await M.updateMany({ name: "bOB" }, { name: "Rob" })).modifiedCount];
    }, [2, 2, ["Ann", "Bob"], 1]),
    row("api: aggregate", new Schema({ g: Number, v: Number }), async (M) => {
      await M.create([{ g: 1, v: 1 }, { g: 1, v: 2 }, { g: 2, v: 3 }]);
      return [await M.aggregate().match({ g: { $gt: 0 } }).group({ _id: "$g", s: { $sum: "$v" } }).sort("_id"), await M.aggregate().sortByCount("g"), await M.aggregate().facet({ a: [{ $count: "n" }] }), (await M.aggregate().sample(2)).length, await M.aggregate().unionWith({ coll: M.collection.name }).count("n"), (await M.aggregate().densify({ field: "v", range: { bounds: [1, 5], step: 1 } })).length];
    }, [[{ _id: 1, s: 3 }, { _id: 2, s: 3 }], [{ _id: 1, count: 2 }, { _id: 2, count: 1 }], [{ a: [{ n: 3 }] }], 2, [{ n: 6 }], 4]),
    row("api: aggregate cursor", numbers(), async (M) => {
      await M.create([{ v: 1 }, { v: 2 }, { v: 3 }]);
      const seen: number[] = [];
      for await (const { v } of M.aggregate<{ v: number }>([{ $sort: { v: -1 } }]).cursor({ batchSize: 1 })) seen.push(v);
      return seen;
    }, [3, 2, 1]),
    row("api: graphLookup", new Schema({ name: String, up: String }), async (M) => {
      await M.create([{ name: "a" }, { name: "b", up: "a" }, { name: "c", up: "b" }]);
      return M.aggregate().match({ name: "c" }).graphLookup({ from: M.collection.name, startWith: "$up", connectFromField: "up", connectToField: "name", as: "line" }).project({ _id: 0, n: { $sortArray: { input: "$line.name", sortBy: 1 } } });
    }, [{ n: ["a", "b"] }]),
    row("api: cursor in batches", numbers(), async (M) => {
      await M.create(Array.from({ length: 7 }, (_, v) => ({ v })));
      const sizes: number[] = [];
      await M.find().sort("v").cursor({ batchSize: 2 }).eachAsync((docs) => void sizes.push((docs as unknown as unknown[]).length), { batchSize: 3 });
      return sizes;
    }, [3, 3, 1]),
    row("discriminators", new Schema({ a: Number }, { discriminatorKey: "kind" }), async (M) => {
      const A = M.discriminator(`A${models}`, new Schema({ x: Number }));
      const B = M.discriminator(`B${models}`, new Schema({ y: Number }));
      await A.create({ a: 1, x: 1 });
      await B.create({ a: 2, y: 2 });
      await A.updateMany({}, { x: 5 });
      return [await A.countDocuments(), await B.countDocuments({ a: { $gt: 0 } }), (await M.find().sort("a").lean<{ x?: number; y?: number }[]>()).map(({ x, y }) => [x, y]), (await A.findOneAndUpdate({ x: 5 }, { $inc: { x: 1 } }, after))!.x];
    }, [1, 1, [[5, undefined], [undefined, 2]], 6]),
    row("timestamps", new Schema({ v: Number }, { timestamps: true }), async (M) => {
      const one = await M.create({ v: 1 });
      await M.updateOne({ _id: one._id }, { v: 2 });
      const now = await M.findById(one._id).orFail();
      const still = await M.findByIdAndUpdate(one._id, { v: 3 }, { timestamps: false, ...after }).orFail();
      return [now.updatedAt >= one.updatedAt, Number(now.createdAt) === Number(one.createdAt), Number(still.updatedAt) === Number(now.updatedAt)];
    }, [true, true, true]),
    row("populate: virtuals, options, counts", new Schema({ name: String, parent: Schema.Types.ObjectId }), async (M) => {
      for (const [virtual, count] of [["kids", false], ["n", true]] as const) M.schema.virtual(virtual, { ref: M.modelName, localField: "_id", foreignField: "parent", count });
      const top = await M.create({ name: "a" });
      await M.create([{ name: "b", parent: top._id }, { name: "c", parent: top._id }]);
      const found = await M.findById(top._id).populate<{ kids: { name: string }[]; n: number }>([{ path: "kids", options: { sort: { name: -1 }, limit: 1 } }, { path: "n" }]).orFail();
      return [found.kids.map(({ name }) => name), found.n];
    }, [["c"], 2]),
    row("queries: elemMatch, slice, select, regex", new Schema({ name: String, a: [{ x: Number, y: Number, _id: false }] }), async (M) => {
      await M.create({ name: "foo", a: [{ x: 1, y: 2 }, { x: 3, y: 4 }] });
      return [(await M.where("name").regex(/^F/i)).length, (await M.find().elemMatch("a", { x: 3, y: { $gt: 3 } }).select({ a: { $elemMatch: { x: 3 } } }).lean())[0]!.a, (await M.find().slice("a", [1, 1]).lean())[0]!.a, await M.find().select("name -_id").lean()];
    }, [1, [{ x: 3, y: 4 }], [{ x: 3, y: 4 }], [{ name: "foo" }]]),
    row("arrays and subdocuments", new Schema({ l: [Number], s: [{ n: Number }] }), async (M) => {
      const one = await M.create({ l: [1, 2, 3], s: [{ n: 1 }, { n: 2 }] });
      one.l.push(4);
      (one.l as unknown as Types.Array<number>).pull(1);
      one.s[0]!.n = 7;
      one.s.addToSet({ n: 9 });
      await one.save();
      const again = await M.findById(one._id).orFail();
      again.l.shift();
      await again.save();
      again.s[1]!.deleteOne();
      await again.save();
      const { l, s } = await M.findById(one._id).lean().orFail();
      return [l, s.map(({ n }) => n)];
    }, [[3, 4], [7, 9]]),
    row("maps", new Schema({ m: { type: Map, of: new Schema({ n: Number }, { _id: false }) }, deep: { a: { b: Number } } }), async (M) => {
      const one = await M.create({ m: new Map([["k", { n: 1 }]]), deep: { a: { b: 1 } } });
      one.set("m.k.n", 2);
      one.set("m.j", { n: 3 });
      one.set("deep.a.b", 4);
      await one.save();
      const { m, deep } = await M.findById(one._id).lean().orFail();
      return [m, deep];
    }, [{ k: { n: 2 }, j: { n: 3 } }, { a: { b: 4 } }]),
    row("schematypes: numbers keep their type", new Schema({ d: Schema.Types.Decimal128, b: BigInt, double: Schema.Types.Double, i: Schema.Types.Int32, u: Schema.Types.UUID, data: Buffer }), async (M) => {
      await M.create({ d: "1.50", b: 2n ** 60n + 1n, double: 5, i: 5, u: "11111111-2222-4333-8444-555555555555", data: Buffer.from("abc") });
      const types = await Promise.all([["d", "decimal"], ["b", "long"], ["double", "double"], ["i", "int"], ["u", "binData"], ["data", "binData"]].map(([name, $type]) => M.countDocuments({ [name!]: { $type } })));
      const found = await M.collection.findOne({ d: { $gt: 1.4 } }, { useBigInt64: true });
      return [types, String(found!["d"]), found!["b"]];
    }, [[1, 1, 1, 1, 1, 1], "1.50", 2n ** 60n + 1n]),
    row("api: updates by arrayFilters and by pipelines", new Schema({ l: [{ n: Number, ok: Boolean }], t: Number }), async (M) => {
      await M.create({ l: [{ n: 1 }, { n: 5 }] });
      await M.updateOne({}, { $set: { "l.$[e].ok": true } }, { arrayFilters: [{ "e.n": { $gte: 2 } }] });
      await M.updateOne({}, [{ $set: { t: { $sum: "$l.n" } } }], { updatePipeline: true });
      const { l, t } = await M.findOne().lean().orFail();
      return [l.map(({ ok }) => ok), t];
    }, [[undefined, true], 6]),
    row("api: sort, skip, limit, hint, comment, maxTimeMS, readConcern", numbers(), async (M) => {
      await M.create(Array.from({ length: 9 }, (_, v) => ({ v })));
      return [(await M.find().sort({ v: -1 }).skip(2).limit(3)).map(({ v }) => v), await M.find({ v: { $gt: 3 } }).hint({ _id: 1 }).comment("why").maxTimeMS(60_000).read("secondaryPreferred").readConcern("majority").countDocuments(), await M.estimatedDocumentCount()];
    }, [[6, 5, 4], 5, 9]),
    row("guide: write concerns", new Schema({ v: Number }, { writeConcern: { w: "majority", j: true, wtimeout: 1_000 } }), async (M) => (await (await M.create({ v: 1 })).set({ v: 2 }).save()).v, 2),
    row("api: $inc, increment", new Schema({ n: { c: Number } }), async (M) => {
      const one = await M.create({ n: { c: 1 } });
      await one.increment().save();
      await one.$inc("n.c", 4).save();
      const { n, __v } = await M.findOne().lean<{ n: { c: number }; __v: number }>().orFail();
      return [n.c, __v];
    }, [5, 1]),
    row("api: createCollection with a validator", new Schema({ a: Number }, { autoCreate: false }), async (M) => {
      await M.createCollection({ validator: { $jsonSchema: { required: ["a"] } } });
      return M.collection.insertOne({ b: 1 } as never).catch((error: { code: number }) => error.code);
    }, 121),
    row("guide: indexes of each kind", new Schema({ at: { type: Date, expires: "1h" }, x: { type: Number, index: { unique: true, partialFilterExpression: { x: { $gt: 1 } } } }, y: { type: Number, sparse: true } }), async (M) => ((await M.listIndexes()) as { name: string; expireAfterSeconds?: number }[]).map(({ name, expireAfterSeconds }) => [name, expireAfterSeconds]), [["_id_", undefined], ["at_1", 3600], ["x_1", undefined], ["y_1", undefined]]),
  ])("%s", async (_page, run, result) => {
    expect(await run()).toEqual(result);
  });
});

describe("is refused by name", () => {
  const code = (promise: Promise<unknown>) => promise.then(() => "taken", (error: { code?: number; message: string }) => error.code ?? error.message);
  const plain = () => new Schema({ a: Number, loc: [Number] }, { autoCreate: false, autoIndex: false });
  const created = (page: string, options: object): Row => row(page, plain(), (M) => code(M.createCollection(options)), 238);
  const indexed = (page: string, keys: Record<string, 1 | "text" | "2dsphere" | "hashed">, options: object = {}): Row => row(page, plain(), (M) => {
    M.schema.index(keys, options);
    return code(M.createIndexes());
  }, 238);
  test.each<Row>([
    created("guide: capped collections", { capped: true, size: 1_000 }), created("guide: time series", { timeseries: { timeField: "at" } }), created("clustered collections", { clusteredIndex: { key: { _id: 1 }, unique: true } }), created("views", { viewOn: "other", pipeline: [] }),
    indexed("a text index", { a: "text" }), indexed("a 2dsphere index", { loc: "2dsphere" }), indexed("a hashed index", { a: "hashed" }), indexed("a unique index with a collation", { a: 1 }, { unique: true, ...blind }),
    row("$where", plain(), (M) => code(M.$where("this.a === 1").exec()), 238), row("near", plain(), (M) => code(M.where("loc").near({ center: [1, 2], maxDistance: 5 }).exec()), 238), row("within", plain(), (M) => code(M.where("loc").within().box([0, 0], [5, 5]).exec()), 238),
    row("search indexes", plain(), (M) => code(M.listSearchIndexes()), 31082),
    row("change streams", plain(), (M) => code(new Promise((resolve, reject) => { M.watch().on("change", resolve).on("error", reject); })), 40573),
    row("transactions", plain(), (M) => code(mongoose.transaction((session) => M.create([{ a: 1 }], { session }))), expect.stringContaining("retryable writes")),
  ])("%s", async (_page, run, result) => {
    expect(await run()).toEqual(result);
  });
});
