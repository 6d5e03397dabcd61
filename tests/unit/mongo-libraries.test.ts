import { GridFSBucket, type Document } from "mongodb";
import { createConnection, Schema, Types, type Connection } from "mongoose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf, startTestMongo, type TestMongo } from "../support/mongo.ts";

/** What mongoose and the driver's GridFS do with a server, beyond what the app itself uses. Valid on MongoDB 7.0. */

let mongo: TestMongo;
let mongoose: Connection;
beforeAll(async () => {
  mongo = await startTestMongo();
  await mongo.client.connect();
  mongoose = createConnection().setClient(mongo.client as never).useDb(mongo.db.databaseName);
});
afterAll(() => mongo.stop());

describe("mongoose (mongoosejs.com/docs)", () => {
  test("collections with options, indexes of every kind, syncIndexes and diffIndexes", async () => {
    const plain = new Schema({ name: { type: String, index: true }, mail: { type: String, unique: true, sparse: true }, at: { type: Date, expires: 3600 } }, { autoIndex: false, autoCreate: false });
    const Model = mongoose.model("Indexed", plain);
    await Model.createCollection();
    await Model.createCollection();
    expect((await Model.diffIndexes()).toCreate.length).toBe(3);
    await Model.syncIndexes();
    expect(await Model.diffIndexes()).toEqual({ toDrop: [], toCreate: [] });
    expect(Object.keys(await Model.collection.indexInformation())).toEqual(["_id_", "name_1", "mail_1", "at_1"]);
    await Model.collection.createIndex({ old: 1 });
    expect(await Model.syncIndexes()).toEqual(["old_1"]);
    await Model.cleanIndexes();
  });

  test("documents: subdocuments, maps, arrays, versions, bulkSave, discriminators, populate", async () => {
    const author = mongoose.model("Author", new Schema({ name: String }));
    const schema = new Schema({
      title: { type: String, required: true }, author: { type: Schema.Types.ObjectId, ref: "Author" }, tags: [String], parts: [{ n: Number, text: String }], meta: { type: Map, of: String },
      price: Schema.Types.Decimal128, size: { type: Schema.Types.BigInt }, data: Buffer, id2: Schema.Types.UUID,
    }, { timestamps: true, optimisticConcurrency: true, discriminatorKey: "kind" });
    const Book = mongoose.model("Book", schema);
    const Comic = Book.discriminator("Comic", new Schema({ colours: Number }));
    const ann = await author.create({ name: "Ann" });
    const book = await Book.create({ title: "One", author: ann._id, tags: ["a", "b"], parts: [{ n: 1, text: "x" }, { n: 2, text: "y" }], meta: { k: "v" }, price: Types.Decimal128.fromString("9.90"), size: 9007199254740993n, data: Buffer.from("abc"), id2: "11111111-2222-4333-8444-555555555555" });
    await Comic.create({ title: "Two", colours: 4 });
    book.set("tags", ["b"]);
    book.parts[1]!.text = "z";
    book.meta!.set("k2", "v2");
    await book.save();
    const found = await Book.findById(book._id).populate<{ author: { name: string } }>("author").orFail();
    expect([found.author.name, [...found.tags], found.parts[1]!.text, found.meta!.get("k2"), String(found.price), found.size, found.__v]).toEqual(["Ann", ["b"], "z", "v2", "9.90", 9007199254740993n, 1]);
    const stale = await Book.findById(book._id).orFail();
    await Book.updateOne({ _id: book._id }, { $push: { parts: { n: 3 } }, $inc: { __v: 1 } });
    stale.title = "Late";
    await expect(stale.save()).rejects.toMatchObject({ name: "VersionError" });
    expect(await Comic.countDocuments()).toBe(1);
    expect((await Book.find().sort({ title: -1 }).lean()).map((b) => b.title)).toEqual(["Two", "One"]);
    const all = await Book.find();
    for (const one of all) one.title += "!";
    await Book.bulkSave(all);
    expect(await Book.distinct("title")).toEqual(["One!", "Two!"]);
    expect(await Book.exists({ title: /^One/ })).toEqual({ _id: book._id });
    const seen: string[] = [];
    for await (const one of Book.find().sort("title").cursor({ batchSize: 1 })) seen.push(one.title);
    expect(seen).toEqual(["One!", "Two!"]);
    expect((await Book.findOneAndReplace({ title: "Two!" }, { title: "Three" }, { returnDocument: "after" }))!.title).toBe("Three");
    expect((await Book.findOneAndDelete({ title: "Three" }))!.title).toBe("Three");
    expect((await Book.insertMany([{ title: "a" }, { tags: ["no title"] }, { title: "c" }], { ordered: false })).length).toBe(2);
    expect(await Book.updateMany({ "parts.n": 2 }, { $set: { "parts.$.text": "hit" } })).toMatchObject({ matchedCount: 1, modifiedCount: 1 });
    expect((await Book.findById(book._id).slice("parts", 2).lean())!.parts.map((p) => p.text)).toEqual(["x", "hit"]);
    await Book.deleteMany({});
    expect(await Book.estimatedDocumentCount()).toBe(0);
  });

  test("a transaction and a change stream fail as on a standalone server", async () => {
    const Model = mongoose.model("Plain", new Schema({ n: Number }));
    await expect(mongoose.transaction((session) => Model.create([{ n: 1 }], { session }))).rejects.toThrow(/Transaction numbers|retryable writes/);
    expect(await Model.countDocuments()).toBe(0);
    expect(await codeOf(mongo.db.collection("x").aggregate([{ $changeStream: {} }]).toArray())).toBe(40573);
  });
});

describe("GridFS (core/gridfs)", () => {
  const put = (bucket: GridFSBucket, name: string, bytes: Buffer, metadata?: Document) => new Promise<unknown>((resolve, reject) => {
    const stream = bucket.openUploadStream(name, { chunkSizeBytes: 10, ...(metadata ? { metadata } : {}) });
    stream.once("error", reject).once("finish", () => resolve(stream.id)).end(bytes);
  });
  const take = async (stream: NodeJS.ReadableStream): Promise<string> => {
    const parts: Buffer[] = [];
    for await (const part of stream) parts.push(part as Buffer);
    return Buffer.concat(parts).toString();
  };

  test("revisions by name, ranges, find, rename, delete, drop", async () => {
    const bucket = new GridFSBucket(mongo.db, { bucketName: "files" });
    const first = await put(bucket, "a.txt", Buffer.from("the first of them, more than ten bytes"), { by: "x" });
    await put(bucket, "a.txt", Buffer.from("second"));
    await put(bucket, "empty", Buffer.alloc(0));
    expect(await take(bucket.openDownloadStreamByName("a.txt", { revision: 0 }))).toMatch(/^the first/);
    expect(await take(bucket.openDownloadStreamByName("a.txt"))).toBe("second");
    expect(await take(bucket.openDownloadStreamByName("empty"))).toBe("");
    expect(await take(bucket.openDownloadStream(first as never, { start: 4, end: 25 }))).toBe("first of them, more t");
    expect((await bucket.find({ "metadata.by": "x" }).toArray()).map((f) => [f.filename, f.length, f.chunkSize])).toEqual([["a.txt", 38, 10]]);
    await bucket.rename(first as never, "b.txt");
    expect((await bucket.find({}).sort({ filename: 1, uploadDate: 1 }).toArray()).map((f) => f.filename)).toEqual(["a.txt", "b.txt", "empty"]);
    await bucket.delete(first as never);
    await expect(take(bucket.openDownloadStream(first as never))).rejects.toThrow(/FileNotFound/);
    await bucket.drop();
    expect(await mongo.db.listCollections({ name: /^files\./ }).toArray()).toEqual([]);
  });
});
