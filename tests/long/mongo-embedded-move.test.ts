import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Binary, BSONRegExp, Code, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, serialize, Timestamp, UUID } from "bson";
import { MongoClient, type Db } from "mongodb";
import { describe, expect, onTestFinished, test } from "vitest";
import { execute } from "../../src/cli/main.ts";
import { exportDatabase, rawDocuments } from "../../src/mongo/export.ts";
import { importDatabase } from "../../src/mongo/import.ts";
import { forDriver } from "../../src/mongo/raw-documents.ts";
import { startOwnStore, startTestStore } from "../support/store.ts";

const now = new Date(0);

const tempDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "threadline-move-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

function open(store: { uri: string; stop(): Promise<void> }): Db {
  const client = new MongoClient(store.uri);
  onTestFinished(async () => {
    await client.close();
    await store.stop();
  });
  return client.db();
}
const database = async (): Promise<Db> => open(await startTestStore());

async function cli(dir: string, ...words: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await execute(words, { print: (line) => out.push(line), complain: (line) => err.push(line), env: { DATA_DIR: dir }, signal: new AbortController().signal });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const document = (...elements: Buffer[]): Buffer => {
  const doc = Buffer.concat([Buffer.alloc(4), ...elements, Buffer.alloc(1)]);
  doc.writeInt32LE(doc.length, 0);
  return doc;
};
const int = (name: string, n: number): Buffer => Buffer.concat([Buffer.from([0x10]), Buffer.from(`${name}\0`), Buffer.from(Int32Array.of(n).buffer)]);
const within = (name: string, doc: Buffer): Buffer => Buffer.concat([Buffer.from([0x03]), Buffer.from(`${name}\0`), doc]);

/** Documents whose types, order or names a careless copy would change. */
const delicate: Buffer[] = [
  Buffer.from(serialize({
    _id: 1, double: new Double(5), zero: new Double(-0), int: new Int32(5), long: Long.fromString("9007199254740993"), small: Long.fromNumber(5),
    decimal: Decimal128.fromString("1.10"), date: new Date(-1), id: new ObjectId(), uuid: new UUID(), bytes: new Binary(Buffer.from([1, 2]), 0x80), stamp: Timestamp.fromBits(1, 2),
    regex: new BSONRegExp("^a.b", "imsx"), code: new Code("x"), scoped: new Code("y", { a: 1 }), min: new MinKey(), max: new MaxKey(), nothing: null, text: "ä\0ö", list: [new Double(1), [new Int32(1)], {}], ref: { $ref: "x", $id: 1 },
  })),
  document(int("_id", 2), int("b", 1), int("2", 2), int("1", 3), within("inner", document(int("10", 1), int("9", 2)))),
  document(int("_id", 3), int("twice", 1), int("twice", 2), int("__proto__", 4)),
];

const bytesOf = async (db: Db, name: string): Promise<string[]> => {
  const found: string[] = [];
  for await (const doc of rawDocuments(db, name)) found.push(doc.toString("hex"));
  return found.sort();
};

async function fill(db: Db): Promise<void> {
  await db.command({ insert: "delicate", documents: delicate.map(forDriver) });
  await db.collection("lines").insertMany(Array.from({ length: 2_500 }, (_, i) => ({ _id: i as never, lane: i % 7, seq: i, at: new Date(i) })));
  await db.collection("lines").createIndex({ lane: 1, seq: -1 }, { unique: true, name: "lane" });
  await db.collection("lines").createIndex({ at: 1 }, { expireAfterSeconds: 2_000_000_000 });
  await db.collection("fs.files/odd ä").insertOne({ a: 1 });
}

describe("export and import", () => {
  test("documents come back byte by byte, with their indexes, through files that mongorestore reads too", async () => {
    const [from, to] = await Promise.all([database(), database()]);
    await fill(from);
    expect(await bytesOf(from, "delicate")).toEqual(delicate.map((doc) => doc.toString("hex")).sort());
    const folder = join(tempDir(), "out");
    const lines: string[] = [];
    await exportDatabase(from, { folder, now, onProgress: ({ collection, done }) => void lines.push(`${collection} ${done}`) });
    expect(lines).toContain("lines 2500");
    expect(readFileSync(join(folder, "delicate.bson")).length).toBe(delicate.reduce((sum, doc) => sum + doc.length, 0));
    await importDatabase(to, { folder, now });
    for (const name of ["delicate", "lines", "fs.files/odd ä"]) expect(await bytesOf(to, name), name).toEqual(await bytesOf(from, name));
    expect(await to.collection("lines").listIndexes().toArray()).toEqual(await from.collection("lines").listIndexes().toArray());
    expect((await to.listCollections().toArray()).map(({ name }) => name).sort()).toEqual(["delicate", "fs.files/odd ä", "lines"]);
  });

  test("an import that was cut off goes on where it stopped; another one is refused meanwhile", async () => {
    const [from, to, other] = await Promise.all([database(), database(), database()]);
    await fill(from);
    const folder = join(tempDir(), "out");
    const manifest = await exportDatabase(from, { folder, now });
    const stop = new AbortController();
    const stopping = importDatabase(to, { folder, now, signal: stop.signal, onProgress: ({ collection }) => { if (collection === "fs.files/odd ä") stop.abort(); } });
    await expect(stopping).rejects.toThrow();
    expect(await to.collection("delicate").countDocuments()).toBe(3);
    expect(await to.collection("lines").countDocuments()).toBe(0);
    await other.collection("x").insertOne({ a: 1 });
    const second = join(tempDir(), "second");
    await exportDatabase(other, { folder: second, now });
    await expect(importDatabase(to, { folder: second, now })).rejects.toMatchObject({ code: "IMPORT_NOT_EMPTY" });
    await to.collection("lines").insertMany(Array.from({ length: 40 }, (_, i) => ({ _id: i as never, lane: i % 7, seq: i, at: new Date(i) })));
    expect(await importDatabase(to, { folder, now })).toEqual(manifest);
    expect(await bytesOf(to, "lines")).toEqual(await bytesOf(from, "lines"));
  });

  test("what is not the same afterwards is found", async () => {
    const [from, to] = await Promise.all([database(), database()]);
    await fill(from);
    const folder = join(tempDir(), "out");
    await exportDatabase(from, { folder, now });
    const meddling = importDatabase(to, { folder, now, onProgress: async ({ collection }) => { if (collection === "fs.files/odd ä") await to.collection("lines").insertOne({ _id: -1 as never, seq: -1 }); } });
    await expect(meddling).rejects.toMatchObject({ code: "IMPORT_DIFFERS" });
    const file = join(folder, "lines.bson");
    const bytes = readFileSync(file);
    bytes[bytes.length - 3]! ^= 1;
    writeFileSync(file, bytes);
    await expect(importDatabase(await database(), { folder, now })).rejects.toMatchObject({ code: "EXPORT_INVALID" });
    rmSync(join(folder, "manifest.json"));
    await expect(importDatabase(to, { folder, now })).rejects.toMatchObject({ code: "EXPORT_INVALID", message: expect.stringMatching(/no whole export/) });
    await expect(exportDatabase(from, { folder, now })).rejects.toMatchObject({ code: "EXPORT_INVALID", message: expect.stringMatching(/not empty/) });
  });

  test("a database that is written to while it is exported is told so, and leaves no manifest", async () => {
    const db = await database();
    await fill(db);
    const folder = join(tempDir(), "out");
    const exporting = exportDatabase(db, { folder, now, onProgress: async ({ collection }) => { if (collection === "lines") await db.collection("delicate").insertOne({ late: true }); } });
    await expect(exporting).rejects.toMatchObject({ code: "EXPORT_CHANGED" });
    expect(existsSync(join(folder, "manifest.json"))).toBe(false);
  });

  test("by the commands: out of a running store, of one moment, into an empty data folder", async () => {
    const store = await startOwnStore();
    const db = open(store);
    await fill(db);
    const folder = join(tempDir(), "out");
    const out = await cli(store.dir, "export", folder);
    expect(out).toMatchObject({ code: 0, err: "" });
    expect(out.out).toMatch(/lines: 2,500 documents of 2,500/);
    const fresh = tempDir();
    expect(await cli(fresh, "import", folder)).toMatchObject({ code: 0, err: "", out: expect.stringMatching(/counts and checksums are those/) });
    expect(await cli(fresh, "import", folder)).toMatchObject({ code: 1, err: expect.stringMatching(/^IMPORT_NOT_EMPTY/) });
    expect(await cli(fresh, "import")).toMatchObject({ code: 2 });
    expect(await cli(fresh, "export")).toMatchObject({ code: 2 });
    expect(await cli(tempDir(), "export", folder)).toMatchObject({ code: 1, err: expect.stringMatching(/nothing to export/) });
  });
});
