import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deserialize, serialize } from "bson";
import { open } from "lmdb";
import { MongoClient, ObjectId, type Collection } from "mongodb";
import { connectMongo } from "../../src/mongo/connect.ts";

interface Message {
  _id: ObjectId;
  conversationId: number;
  seq: number;
  body: string;
  tries: number;
}

const CALLERS = 32;
const BODY = "x".repeat(400);
const messageOf = (i: number): Message => ({ _id: new ObjectId(), conversationId: i % 200, seq: Math.floor(i / 200), body: BODY, tries: 0 });

/** Runs `act` from 32 callers for `ms`; answers acts per second. */
async function rate(ms: number, act: (n: number) => Promise<unknown>): Promise<number> {
  const started = performance.now();
  let n = 0;
  await Promise.all(Array.from({ length: CALLERS }, async () => {
    while (performance.now() - started < ms) await act(n++);
  }));
  return Math.round((n * 1000) / (performance.now() - started));
}

/** Milliseconds of one 4 KiB write and fdatasync on this disk, the median of 50. */
export function fdatasyncMs(dir: string): number {
  const fd = openSync(join(dir, "probe"), "w");
  const times = Array.from({ length: 50 }, (_, i) => {
    const t = performance.now();
    writeSync(fd, Buffer.alloc(4096, i), 0, 4096, 0);
    fdatasyncSync(fd);
    return performance.now() - t;
  }).sort((a, b) => a - b);
  closeSync(fd);
  return Math.round(times[25]! * 1000) / 1000;
}

/** The floor: raw lmdb and bson without wire, plan or driver; 16 documents a transaction. */
async function floor(dir: string): Promise<Record<string, number>> {
  const env = open<Uint8Array, Uint8Array>({ path: join(dir, "floor.mdb"), noSubdir: true, encoding: "binary", keyEncoding: "binary", overlappingSync: false, pageSize: 8192 });
  const docs = Array.from({ length: 4_000 }, (_, i) => messageOf(i));
  let started = performance.now();
  for (let i = 0; i < docs.length; i += 16) {
    await env.transaction(() => {
      for (const doc of docs.slice(i, i + 16)) void env.put(doc._id.id, serialize(doc));
    });
  }
  const inserts = Math.round((docs.length * 1000) / (performance.now() - started));
  started = performance.now();
  for (let i = 0; i < 40_000; i++) deserialize(env.getBinary(docs[i % docs.length]!._id.id)!);
  const finds = Math.round(40_000_000 / (performance.now() - started));
  await env.close();
  return { "store.floor.finds_per_s": finds, "store.floor.inserts_per_s": inserts };
}

/** Figures of the embedded store through the unchanged driver, beside the floor; the disk's fdatasync in milliseconds. */
export async function run(o: { ms?: number } = {}): Promise<Record<string, number>> {
  const ms = o.ms ?? 3_000;
  const dir = mkdtempSync(join(tmpdir(), "threadline-bench-"));
  const store = await connectMongo({ dataDir: dir });
  const client = new MongoClient(store.uri);
  try {
    const col: Collection<Message> = client.db().collection("messages");
    await col.createIndex({ conversationId: 1, seq: 1 }, { unique: true });
    await col.createIndex({ conversationId: 1, tries: 1 });
    const seed = Array.from({ length: 10_000 }, (_, i) => messageOf(i));
    await col.insertMany(seed);
    let next = seed.length;
    const figures = {
      "store.fdatasync_ms": fdatasyncMs(dir),
      "store.inserts_per_s": await rate(ms, () => col.insertOne(messageOf(next++))),
      "store.finds_per_s": await rate(ms, (n) => col.findOne({ _id: seed[n % seed.length]!._id })),
      "store.find_and_modify_per_s": await rate(ms, (n) => col.findOneAndUpdate({ _id: seed[(n * 7) % seed.length]!._id }, { $inc: { tries: 1 } })),
      "store.pages_of_50_per_s": await rate(ms, (n) => col.find({ conversationId: n % 200 }).sort({ seq: -1 }).limit(50).toArray()),
    };
    return { ...figures, ...(await floor(dir)) };
  } finally {
    await client.close();
    await store.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
