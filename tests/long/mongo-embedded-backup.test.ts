import { closeSync, copyFileSync, cpSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "lmdb";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { execute } from "../../src/cli/main.ts";
import { connectMongo } from "../../src/mongo/connect.ts";
import { startOwnStore } from "../support/store.ts";

const tempDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "threadline-backup-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

async function cli(dir: string, ...words: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await execute(words, { print: (line) => out.push(line), complain: (line) => err.push(line), env: { DATA_DIR: dir }, signal: new AbortController().signal });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

interface Line { _id: number; lane: number; text: string }
const lineOf = (_id: number): Line => ({ _id, lane: _id % 5, text: "x".repeat(_id % 300) });

/** A folder with a store of 2,000 lines under three indexes, closed again: a copy of one that is filled once. */
let filled: string;
beforeAll(async () => {
  filled = mkdtempSync(join(tmpdir(), "threadline-backup-"));
  await inStore(filled, async (client) => {
    const lines = client.db().collection<Line>("lines");
    await lines.createIndex({ lane: 1, text: 1 });
    await lines.createIndex({ text: 1 }, { partialFilterExpression: { lane: 3 } });
    await lines.insertMany(Array.from({ length: 2_000 }, (_, i) => lineOf(i)));
    await client.db("other").collection<{ _id: string; tags: string[] }>("tags").insertOne({ _id: "a", tags: ["x", "y", "x"] });
    await client.db("other").collection("tags").createIndex({ tags: 1 });
  });
});
afterAll(() => rmSync(filled, { recursive: true, force: true }));
function filledFolder(): string {
  const dir = tempDir();
  cpSync(filled, dir, { recursive: true });
  return dir;
}

async function inStore<R>(dir: string, act: (client: MongoClient) => Promise<R>): Promise<R> {
  const store = await connectMongo({ dataDir: dir });
  const client = new MongoClient(store.uri);
  try {
    return await act(client);
  } finally {
    await client.close();
    await store.stop();
  }
}

const linesIn = (dir: string) => inStore(dir, (client) => client.db().collection<Line>("lines").find().sort({ _id: 1 }).toArray());

describe("backup and restore", () => {
  test("a backup taken under load holds a prefix of each writer's lines, and its restored store is whole and paused", async () => {
    const dir = tempDir();
    const store = await connectMongo({ dataDir: dir });
    const client = new MongoClient(store.uri);
    const lines = client.db().collection<{ _id: string; writer: number; n: number }>("lines");
    await lines.createIndex({ writer: 1, n: 1 }, { unique: true });
    const enough = new AbortController();
    const acknowledged = Array.from({ length: 8 }, () => 0);
    const writers = acknowledged.map(async (_, writer) => {
      for (let n = 1; !enough.signal.aborted; n++) {
        await lines.insertOne({ _id: `${writer}/${n}`, writer, n });
        acknowledged[writer] = n;
      }
    });
    await lines.findOne({ _id: "7/20" });
    while (acknowledged.some((n) => n < 20)) await lines.findOne();
    const before = [...acknowledged];
    const file = join(tempDir(), "one.backup");
    const taken = await cli(dir, "backup", file);
    enough.abort();
    await Promise.all(writers);
    expect(taken).toMatchObject({ code: 0, err: "" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(dir, "db")).filter((name) => name.startsWith("copy-"))).toEqual([]);
    await client.close();
    await store.stop();

    const fresh = tempDir();
    const restored = await cli(fresh, "restore", file);
    expect(restored).toMatchObject({ code: 0, err: "" });
    expect(restored.out).toMatch(/Delivery to customers is paused/);
    await inStore(fresh, async (reader) => {
      for (let writer = 0; writer < 8; writer++) {
        const numbers = (await reader.db().collection("lines").find({ writer }).sort({ n: 1 }).toArray()).map(({ n }) => n as number);
        expect(numbers).toEqual(numbers.map((_, i) => i + 1));
        expect(numbers.length).toBeGreaterThanOrEqual(before[writer]!);
      }
      expect(await reader.db().collection<{ _id: string }>("settings").findOne({ _id: "delivery" })).toMatchObject({ value: { paused: true } });
    });
    expect((await cli(fresh, "store", "check")).out).toMatch(/✓ threadline\.lines.*agree/s);
  });

  test("restoring over a store keeps the replaced one beside it, and everything is as it was", async () => {
    const dir = filledFolder();
    const file = join(dir, "one.backup");
    expect((await cli(dir, "backup", file)).code).toBe(0);
    const before = await linesIn(dir);
    await inStore(dir, (client) => client.db().collection<Line>("lines").deleteMany({ lane: { $lt: 4 } }));
    const restored = await cli(dir, "restore", file);
    expect(restored.code).toBe(0);
    const kept = /kept as (\S+);/.exec(restored.out)![1]!;
    expect(existsSync(kept)).toBe(true);
    expect(await linesIn(dir)).toEqual(before);
    expect(existsSync(join(dir, "restore-staging"))).toBe(false);
  });

  test("a backup that is cut off, altered, of a newer version or none at all replaces nothing", async () => {
    const dir = filledFolder();
    const good = join(dir, "good.backup");
    await cli(dir, "backup", good);
    const before = await linesIn(dir);
    const altered = (name: string, change: (file: string) => void) => { const file = join(dir, name); copyFileSync(good, file); change(file); return file; };
    const at = (file: string, position: number, text: string) => { const fd = openSync(file, "r+"); writeSync(fd, text, position); closeSync(fd); };
    const files: [string, RegExp][] = [
      [altered("cut", (file) => truncateSync(file, statSync(file).size - 5)), /BACKUP_INVALID/],
      [altered("half", (file) => truncateSync(file, Math.floor(statSync(file).size / 2))), /BACKUP_INVALID/],
      [altered("altered", (file) => at(file, 40_000, "!!!!")), /BACKUP_DAMAGED/],
      [altered("none", (file) => writeFileSync(file, "hello")), /BACKUP_INVALID/],
      [altered("newer", (file) => { const fd = openSync(file, "r+"); const size = statSync(file).size; const tail = Buffer.from(JSON.stringify({ format: 9, createdAt: "", bytes: size, sha256: "" })); const length = Buffer.alloc(4); length.writeUInt32BE(tail.length); writeSync(fd, Buffer.concat([tail, length, Buffer.from("THREADLINEBACKUP")]), 0, undefined, size); closeSync(fd); }), /BACKUP_NEWER/],
    ];
    for (const [file, code] of files) {
      const answer = await cli(dir, "restore", file);
      expect(answer.code, file).toBe(1);
      expect(answer.err).toMatch(code);
    }
    expect(await linesIn(dir)).toEqual(before);
  });

  test("a running server is told apart: backup goes through it, restore asks to stop it", async () => {
    const store = await startOwnStore();
    onTestFinished(() => store.stop());
    const client = new MongoClient(store.uri);
    await client.db().collection("x").insertOne({ a: 1 });
    const file = join(tempDir(), "b");
    expect((await cli(store.dir, "backup", file)).code).toBe(0);
    const answer = await cli(store.dir, "restore", file);
    expect(answer.code).toBe(1);
    expect(answer.err).toMatch(/STORE_IN_USE: another Threadline/);
    expect(await cli(store.dir, "backup", file)).toMatchObject({ code: 1, err: expect.stringMatching(/exists already/) });
    await client.close();
  });

  test("what a command is asked wrongly is said in words", async () => {
    const dir = tempDir();
    expect(await cli(dir, "backup")).toMatchObject({ code: 2, err: expect.stringMatching(/Name the file/) });
    expect(await cli(dir, "backup", "x")).toMatchObject({ code: 1, err: expect.stringMatching(/no embedded store/) });
    expect(await cli(dir, "restore")).toMatchObject({ code: 2, err: expect.stringMatching(/Name the backup/) });
    expect(await cli(dir, "restore", join(dir, "nothing"))).toMatchObject({ code: 1, err: expect.stringMatching(/no file/) });
    expect(await cli(dir, "store", "check")).toMatchObject({ code: 1, err: expect.stringMatching(/no embedded store/) });
  });
});

/** Opens a closed store's tables as LMDB sees them. */
async function inFiles(dir: string, act: (tables: Record<"meta" | "docs" | "idx" | "stat", ReturnType<typeof open<Uint8Array, Uint8Array>>>) => Promise<unknown>): Promise<void> {
  const bytes = { encoding: "binary", keyEncoding: "binary" } as const;
  const root = open<Uint8Array, Uint8Array>({ path: join(dir, "db", "data.mdb"), noSubdir: true, overlappingSync: false, maxDbs: 8, ...bytes });
  const table = (name: string) => root.openDB<Uint8Array, Uint8Array>({ name, ...bytes }) as unknown as ReturnType<typeof open<Uint8Array, Uint8Array>>;
  await act({ meta: table("meta"), docs: table("docs"), idx: table("idx"), stat: table("stat") });
  await root.close();
}
const keysOf = (table: { getKeys(o: object): unknown }) => [...(table.getKeys({}) as Iterable<Uint8Array>)];

describe("store check", () => {
  test("finds a missing entry, an entry too many, a damaged document and a wrong count, each by name", async () => {
    const spoil: [string, RegExp, (t: Parameters<Parameters<typeof inFiles>[1]>[0]) => Promise<unknown>][] = [
      ["missing", /Entries are missing in: /, ({ idx }) => idx.remove(keysOf(idx).at(700)!)],
      ["extra", /entries too many/, ({ idx }) => { const key = Buffer.from(keysOf(idx).filter((k) => k.length > 40).at(-1)!); key[key.length - 1]! ^= 0x7f; return idx.put(key, new Uint8Array(0)); }],
      ["damaged", /1 documents are damaged/, ({ docs }) => { const key = keysOf(docs)[500]!; const doc = Buffer.from(docs.get(key)!); doc[doc.length - 1] = 7; return docs.put(key, doc); }],
      ["count", /The counts say/, ({ stat }) => { const key = keysOf(stat)[0]!; const counts = new Float64Array(new Uint8Array(stat.get(key)!).buffer); counts[0]! += 1; return stat.put(key, new Uint8Array(counts.buffer)); }],
    ];
    expect((await cli(filledFolder(), "store", "check")).code).toBe(0);
    for (const [name, words, act] of spoil) {
      const dir = filledFolder();
      await inFiles(dir, act);
      const answer = await cli(dir, "store", "check");
      expect(answer.code, name).toBe(1);
      expect(answer.out, name).toMatch(words);
      expect(answer.out, name).toMatch(/restore a backup/);
    }
  });

  test("a folder of a newer format is refused in words, and left as it is", async () => {
    const dir = filledFolder();
    await inFiles(dir, ({ meta }) => meta.put(Buffer.from("format"), Uint8Array.of(9)));
    await expect(connectMongo({ dataDir: dir })).rejects.toMatchObject({ code: "STORE_FORMAT", message: expect.stringMatching(/newer Threadline \(store format 9/) });
    await inFiles(dir, ({ meta }) => meta.put(Buffer.from("format"), Uint8Array.of(1)));
    expect(await linesIn(dir)).toHaveLength(2_000);
  });
});

test("validate answers as documented: mongodb.com/docs/manual/reference/command/validate/", async () => {
  const dir = filledFolder();
  await inStore(dir, async (client) => {
    expect(await client.db().command({ validate: "lines", full: true })).toMatchObject({
      ns: "threadline.lines", nrecords: 2_000, nIndexes: 3, keysPerIndex: { _id_: 2_000, lane_1_text_1: 2_000, text_1: 400 },
      indexDetails: { text_1: { valid: true } }, valid: true, repaired: false, errors: [], warnings: [], ok: 1,
    });
    await expect(client.db().command({ validate: "nothing" })).rejects.toMatchObject({ code: 26, codeName: "NamespaceNotFound" });
  });
});
