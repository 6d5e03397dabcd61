/** The load of the store's bench: what is stored, and how fast, how evenly and how soon it is answered through the unchanged driver. */
import { serialize } from "bson";
import { MongoClient, ObjectId, type Collection } from "mongodb";
import { buildIndex, createCollection } from "../../src/mongo/embedded/storage/ddl.ts";
import { openFiles, writeStraight } from "./straight.ts";

export interface Message {
  _id: ObjectId;
  conversationId: number;
  seq: number;
  body: string;
  tries: number;
  at: Date;
  expires?: Date;
}

export type Figures = Record<string, number>;

const CALLERS = 32;
const CONVERSATIONS = 2_000;
const BODY = "x".repeat(400);
const FILL = 20_000;
const EXPIRING = 1_000;
const PAGES_PER_S = 300;
const BESIDE_PER_S = 1_000;
/** Numbers of messages that come on top of the stored ones. */
const ADDED = 1_000_000_000;
const idOf = (i: number) => new ObjectId(i.toString(16).padStart(24, "0"));
export const messageOf = (i: number): Message => ({ _id: idOf(i), conversationId: i % CONVERSATIONS, seq: Math.floor(i / CONVERSATIONS), body: BODY, tries: 0, at: new Date(i) });

/** Makes the collection with its three indexes and `size` messages in a data folder whose store nobody runs. */
export async function fill(dataDir: string, size: number): Promise<void> {
  const store = await openFiles(dataDir);
  const { collection } = await createCollection(store, "threadline", "messages");
  await buildIndex(store, collection.ns, serialize({ v: 2, key: { conversationId: 1, seq: 1 }, name: "conversationId_1_seq_1", unique: true }));
  await buildIndex(store, collection.ns, serialize({ v: 2, key: { conversationId: 1, at: 1 }, name: "conversationId_1_at_1" }));
  for (let i = 0; i < size; i += FILL) await writeStraight(store, [{ collection, docs: Array.from({ length: Math.min(FILL, size - i) }, (_, n) => messageOf(i + n)) }]);
  await store.stop();
}

const messagesOf = (client: MongoClient): Collection<Message> => client.db().collection<Message>("messages");

/** Runs `act` from 32 callers for `ms`; answers acts per second. */
export async function rate(ms: number, act: (n: number) => Promise<unknown>): Promise<number> {
  const started = performance.now();
  let n = 0;
  await Promise.all(Array.from({ length: CALLERS }, async () => {
    while (performance.now() - started < ms) await act(n++);
  }));
  return Math.round((n * 1000) / (performance.now() - started));
}

/** Starts `act` so many times a second, whether earlier ones are answered or not; answers their sorted times in milliseconds. */
async function paced(ms: number, perSecond: number, act: (n: number) => Promise<unknown>): Promise<number[]> {
  const started = performance.now();
  const times: number[] = [];
  const under: Promise<void>[] = [];
  for (let n = 0; ; n++) {
    const due = (n * 1000) / perSecond;
    const now = performance.now() - started;
    if (due > ms) break;
    if (due > now) await new Promise((resolve) => setTimeout(resolve, due - now));
    const begun = performance.now();
    under.push(act(n).then(() => void times.push(performance.now() - begun)));
  }
  await Promise.all(under);
  return times.sort((a, b) => a - b);
}

const round = (n: number) => Math.round(n * 100) / 100;
const p99 = (times: readonly number[]) => round(times[Math.floor(times.length * 0.99)] ?? 0);

/** The longest that a point find took while `work` ran, in milliseconds; the first is left out. */
async function longestWait(col: Collection<Message>, work: () => Promise<unknown>): Promise<number> {
  await col.findOne({ _id: idOf(1) });
  const working = { on: true };
  const done = work().finally(() => (working.on = false));
  let longest = 0;
  while (working.on) {
    const begun = performance.now();
    await col.findOne({ _id: idOf(1) });
    longest = Math.max(longest, performance.now() - begun);
  }
  await done;
  return round(longest);
}

/** Lets `n` messages expire and waits until they are gone: the store looks for them every 30 s. */
async function expire(col: Collection<Message>, n: number): Promise<void> {
  for (let i = 0; i < n; i += EXPIRING) await col.insertMany(Array.from({ length: Math.min(EXPIRING, n - i) }, (_, k) => ({ ...messageOf(3 * ADDED + i + k), expires: new Date(0) })));
  await col.createIndex({ expires: 1 }, { expireAfterSeconds: 0 });
  while ((await col.countDocuments({ expires: new Date(0) })) > 0) await new Promise((resolve) => setTimeout(resolve, 250));
  await col.dropIndex("expires_1");
}

/** Rates, pages and waits with `size` messages stored. */
export async function measure(client: MongoClient, size: number, ms: number): Promise<Figures> {
  const col = messagesOf(client);
  let next = ADDED;
  const find = (n: number) => col.findOne({ _id: idOf((n * 7_919) % size) });
  const page = (n: number) => col.find({ conversationId: (n * 31) % CONVERSATIONS }).sort({ seq: -1 }).limit(50).toArray();
  await rate(Math.min(ms, 3_000), find);
  await paced(Math.min(ms, 3_000), PAGES_PER_S, page);
  const figures: Figures = {
    finds_per_s: await rate(ms, find),
    inserts_per_s: await rate(ms, () => col.insertOne(messageOf(next++))),
    find_and_modify_per_s: await rate(ms, (n) => col.findOneAndUpdate({ _id: idOf((n * 7_919) % size) }, { $inc: { tries: 1 } })),
    page_p99_ms: p99(await paced(ms, PAGES_PER_S, page)),
  };
  const [beside] = await Promise.all([paced(ms, PAGES_PER_S, page), paced(ms, BESIDE_PER_S, () => col.insertOne(messageOf(next++)))]);
  figures["page_beside_inserts_p99_ms"] = p99(beside);
  figures["longest_wait_behind_scan_ms"] = await longestWait(col, () => col.countDocuments({ body: "nowhere" }));
  figures["longest_wait_behind_index_build_ms"] = await longestWait(col, () => col.createIndex({ tries: 1, at: 1 }));
  figures["longest_wait_behind_delete_ms"] = await longestWait(col, () => col.deleteMany({ seq: { $gte: Math.floor(ADDED / CONVERSATIONS) } }));
  figures["longest_wait_behind_ttl_ms"] = await longestWait(col, () => expire(col, Math.ceil(size / 10)));
  await col.dropIndex("tries_1_at_1");
  return figures;
}

/** Inserts and findAndModify alone: what a slow flush slows. */
export async function measureWrites(client: MongoClient, ms: number): Promise<Figures> {
  const col = messagesOf(client);
  let next = 2 * ADDED;
  return {
    inserts_per_s: await rate(ms, () => col.insertOne(messageOf(next++))),
    find_and_modify_per_s: await rate(ms, (n) => col.findOneAndUpdate({ _id: idOf(n % 1_000) }, { $inc: { tries: 1 } })),
  };
}
