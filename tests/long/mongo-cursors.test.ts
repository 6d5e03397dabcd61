import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serialize } from "bson";
import { Long, MongoClient, type ClientSession, type Document } from "mongodb";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { Cursors } from "../../src/mongo/embedded/commands/cursors.ts";
import { listen } from "../../src/mongo/embedded/server.ts";
import { buildIndex, createCollection } from "../../src/mongo/embedded/storage/ddl.ts";
import { openStore } from "../../src/mongo/embedded/storage/store.ts";
import { deleteExpired, expireRegularly } from "../../src/mongo/embedded/storage/ttl.ts";
import { prepareInsert } from "../../src/mongo/embedded/values/raw.ts";
import { encodeReply } from "../../src/mongo/embedded/wire/encode-reply.ts";
import { codeOf } from "../support/mongo.ts";

/** What the store does by itself as time passes, and batches of the largest size. */

const MINUTE = 60_000;

async function ownStore() {
  const dir = mkdtempSync(join(tmpdir(), "threadline-cursors-"));
  const store = await openStore(dir, new Int32Array(new SharedArrayBuffer(8)));
  onTestFinished(async () => {
    await store.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  return store;
}

/** A server in this process whose clock the test moves. */
async function serving() {
  const store = await ownStore();
  const clock = { ms: Date.UTC(2026, 0, 1) };
  const cursors = new Cursors(store, { now: () => clock.ms, sweepMs: 5 });
  const inside: unknown[] = [];
  const server = await listen({ store, cursors, folderId: "test", local: false, onInternalError: (error) => inside.push(error) }, { port: 0 });
  const client = new MongoClient(`mongodb://127.0.0.1:${(server.address as { port: number }).port}/cursors`);
  onTestFinished(async () => {
    await client.close();
    cursors.close();
    await server.close();
    expect(inside).toEqual([]);
  });
  const db = client.db();
  const sessions = new Map<number, ClientSession>();
  const sessionOf = (n: number) => {
    const session = sessions.get(n) ?? client.startSession();
    sessions.set(n, session);
    return session;
  };
  const lsid = (n: number) => sessionOf(n).id!;
  /** A command as it is, in the session of that number. */
  const run = (command: Document, session = 0) => db.command(command, { session: sessionOf(session) });
  const opened = async (session = 0, more: Document = {}): Promise<Long> => Long.fromString(String((await run({ find: "c", batchSize: 1, ...more }, session))["cursor"].id));
  await db.collection<{ _id: number }>("c").insertMany(Array.from({ length: 50 }, (_, i) => ({ _id: i })));
  const next = (id: Long, session = 0) => run({ getMore: id, collection: "c", batchSize: 1 }, session);
  const ended = () => vi.waitFor(() => expect(cursors.size).toBe(0), { timeout: 40_000, interval: 5 });
  return { clock, cursors, lsid, run, opened, next, ended };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("a cursor", () => {
  test("that nobody asks for ten minutes is closed; each getMore gives it ten more", async () => {
    const { clock, cursors, opened, next, ended } = await serving();
    const id = await opened();
    for (let i = 0; i < 3; i++) {
      clock.ms += 9 * MINUTE;
      await new Promise((resolve) => setTimeout(resolve, 15));
      expect((await next(id))["cursor"].nextBatch).toHaveLength(1);
    }
    expect(cursors.size).toBe(1);
    clock.ms += 10 * MINUTE + 1;
    await ended();
    expect(await codeOf(next(id))).toBe(43);
  });

  test("with noCursorTimeout lives as long as its session is used, and thirty minutes more", async () => {
    const { clock, cursors, lsid, run, opened, next, ended } = await serving();
    const id = await opened(1, { noCursorTimeout: true });
    clock.ms += 25 * MINUTE;
    await run({ ping: 1 }, 1);
    clock.ms += 25 * MINUTE;
    await run({ refreshSessions: [lsid(1)] }, 2);
    clock.ms += 25 * MINUTE;
    await new Promise((resolve) => setTimeout(resolve, 15));
    expect((await next(id, 1))["cursor"].nextBatch).toHaveLength(1);
    clock.ms += 30 * MINUTE + 1;
    await ended();
    expect(await codeOf(next(id, 1))).toBe(43);
    expect(cursors.size).toBe(0);
  });

  test("belongs to its session: another may not read on, and it ends with it", async () => {
    const { lsid, run, opened, next, cursors } = await serving();
    const ids = [await opened(1), await opened(1), await opened(2), await opened(3)] as const;
    expect(await codeOf(next(ids[0], 2))).toBe(50738);
    expect((await next(ids[0], 1))["cursor"].nextBatch).toHaveLength(1);
    await run({ endSessions: [lsid(1)] }, 9);
    expect(await Promise.all([next(ids[0], 1), next(ids[1], 1), next(ids[2], 2)].map(codeOf))).toEqual([43, 43, 0]);
    await run({ killSessions: [lsid(2)] }, 9);
    expect(await Promise.all([next(ids[2], 2), next(ids[3], 3)].map(codeOf))).toEqual([43, 0]);
    await run({ killAllSessions: [] }, 9);
    expect(cursors.size).toBe(0);
  });

  test("is killed by number, once", async () => {
    const { run, opened, next } = await serving();
    const id = await opened(1);
    expect(await run({ killCursors: "c", cursors: [id, Long.fromNumber(7)] }, 1)).toMatchObject({ cursorsNotFound: [7] });
    expect(await codeOf(next(id, 1))).toBe(43);
    expect((await run({ killCursors: "c", cursors: [id] }, 1))["cursorsKilled"]).toEqual([]);
  });
});

describe("TTL", () => {
  async function filled(n: number) {
    const store = await ownStore();
    const { collection } = await createCollection(store, "db", "c");
    await buildIndex(store, "db.c", serialize({ v: 2, key: { at: 1 }, name: "at_1", expireAfterSeconds: 60 }));
    await store.writer.submit(() => {
      for (let i = 0; i < n; i++) store.records.insert(collection, prepareInsert(serialize({ at: new Date(i) })));
    }, n * 8, 100_000);
    return { store, collection };
  }

  test("deletes by its own timer within 60 s, and not what expires later", async () => {
    const { store, collection } = await filled(120);
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const expiring = expireRegularly(store, { now: () => 60_000 + 99 });
    expect(collection.count).toBe(120);
    vi.advanceTimersByTime(60_000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(collection.count).toBe(20), { timeout: 40_000, interval: 5 });
    expiring.stop();
  });

  test("lets others write between its small steps", async () => {
    const { store, collection } = await filled(1_000);
    const run = deleteExpired(store, 1_000_000);
    await store.writer.submit(() => {});
    expect(collection.count).toBeGreaterThan(800);
    expect(await run).toBe(1_000);
    expect(collection.count).toBe(0);
  });
});

describe("a batch of 100,000", () => {
  test.each<[string, Document]>([
    ["errors", { n: 0, writeErrors: Array.from({ length: 100_000 }, (_, index) => ({ index, code: 11000, errmsg: `E11000 duplicate key ${index}`, keyValue: { _id: index } })), ok: 1 }],
    ["outcomes", { cursor: { id: Long.ZERO, firstBatch: Array.from({ length: 100_000 }, (_, idx) => ({ ok: 1, idx, n: 1, nModified: undefined })), ns: "admin.$cmd.bulkWrite" }, nInserted: 100_000, ok: 1 }],
  ])("has its %s encoded in small pieces, byte for byte as in one", (_, reply) => {
    const work = encodeReply(reply);
    let pieces = 0;
    let step = work.next();
    for (; !step.done; step = work.next()) pieces++;
    expect(pieces).toBeGreaterThan(1_000);
    expect(Buffer.compare(step.value, serialize(reply, { ignoreUndefined: true }))).toBe(0);
  });

  test("past a megabyte of messages errors have none, as in MongoDB", async () => {
    const { run } = await serving();
    await run({ create: "long" });
    const key = "k".repeat(900);
    await run({ insert: "long", documents: [{ _id: key }] });
    const { n, writeErrors } = await run({ insert: "long", ordered: false, documents: [...Array.from({ length: 2_000 }, () => ({ _id: key })), { _id: 1 }] });
    expect([n, writeErrors.length]).toEqual([1, 2_000]);
    expect(writeErrors[0].errmsg).toContain("E11000 duplicate key");
    expect(writeErrors.at(-1)).toMatchObject({ index: 1_999, code: 11000, errmsg: "", keyPattern: { _id: 1 }, keyValue: { _id: key } });
  });

  test("in order: neighbours share write batches, each sees what came before it, and none follows the first that fails", async () => {
    const { run } = await serving();
    const N = 350;
    const all = async () => (await run({ find: "steps", sort: { _id: 1 }, batchSize: 1_000 }))["cursor"].firstBatch as Document[];
    await run({ insert: "steps", documents: [{ _id: 0, n: 0 }] });
    const steps = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => ({ q: { n: from + i }, u: { $set: { n: from + i + 1 } } }));
    expect(await run({ update: "steps", updates: steps(0, N) })).toMatchObject({ n: N, nModified: N });
    expect(await all()).toEqual([{ _id: 0, n: N }]);
    const broken = [...steps(N, N + 20), { q: {}, u: { $inc: { n: "x" } } }, ...steps(N + 20, N + 40)];
    expect(await run({ update: "steps", updates: broken })).toMatchObject({ n: 20, nModified: 20, writeErrors: [{ index: 20, code: 14 }] });
    const later = [...steps(N + 20, N + 30), { q: { _id: 0 }, u: { $rename: { n: "s" } } }, { q: { _id: 0 }, u: { $inc: { "s.x": 1 } } }, { q: { _id: 0 }, u: { $set: { after: true } } }];
    expect(await run({ update: "steps", updates: later })).toMatchObject({ n: 11, writeErrors: [{ index: 11, code: 28 }] });
    expect(await all()).toEqual([{ _id: 0, s: N + 30 }]);
    expect(await run({ delete: "steps", deletes: [{ q: { _id: 0 }, limit: 1 }, { q: { $nope: 1 }, limit: 1 }, { q: {}, limit: 1 }] })).toMatchObject({ n: 1, writeErrors: [{ index: 1, code: 2 }] });
    const upserts = Array.from({ length: 120 }, (_, i) => ({ q: { _id: i % 40 }, u: { $push: { by: i } }, upsert: true }));
    const { upserted, nModified } = await run({ update: "upserts", updates: upserts });
    expect([upserted.map((one: Document) => one["index"]), nModified]).toEqual([Array.from({ length: 40 }, (_, i) => i), 80]);
    expect((await run({ find: "upserts", filter: { _id: 7 } }))["cursor"].firstBatch).toEqual([{ _id: 7, by: [7, 47, 87] }]);
  });
});
