import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MongoClient, type Collection } from "mongodb";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { connectMongo, liveStoreUri } from "../../src/mongo/connect.ts";
import { startTestStore } from "../support/store.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const children = new Set<ChildProcess>();

afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
});

const tempDir = () => {
  const dir = mkdtempSync(join(tmpdir(), "threadline-dur-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

/** Starts the store as a process of its own; resolves with its address once it is ready, rejects with what it said when it ends first. */
function serve(dir: string, command: readonly [string, string[]] = [process.execPath, ["--import", "tsx", join(root, "tests/support/store-process.ts"), dir]]): Promise<{ child: ChildProcess; uri: string }> {
  const child = spawn(...command, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  return new Promise((resolve, reject) => {
    let said = "";
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      const ready = /Store ready: (\S+)/.exec(said);
      if (ready) resolve({ child, uri: ready[1]! });
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("exit", () => reject(new Error(said)));
  });
}

interface Line {
  _id: number;
  lane: number;
  seq: number;
  body: string;
  md5: string;
  version: number;
}

const md5 = (text: string) => createHash("md5").update(text).digest("hex");
const WRITERS = 16;

/** What the writers were told: acknowledged versions by id, and the ids whose deletion was asked for. */
interface Told {
  versions: Map<number, number>;
  deleted: Set<number>;
}

async function writeUntilDeath(col: Collection<Line>, told: Told, from: number): Promise<number> {
  let next = from;
  await Promise.all(Array.from({ length: WRITERS }, async (_, lane) => {
    try {
      for (;;) {
        const _id = next++;
        const body = "y".repeat(1 + ((_id * 7919) % 9_000));
        await col.insertOne({ _id, lane, seq: _id, body, md5: md5(body), version: 0 });
        told.versions.set(_id, 0);
        if (_id % 3 === 0) {
          const longer = `${body}!`;
          await col.findOneAndUpdate({ _id, version: 0 }, { $set: { body: longer, md5: md5(longer) }, $inc: { version: 1 } });
          told.versions.set(_id, 1);
        }
        if (_id % 7 === 0) {
          told.deleted.add(_id);
          await col.deleteOne({ _id });
          told.versions.delete(_id);
        }
      }
    } catch {
      // the process was killed under this writer
    }
  }));
  return next;
}

async function check(col: Collection<Line>, told: Told): Promise<void> {
  const stored = new Map((await col.find().hint({ $natural: 1 }).toArray()).map((line) => [line._id, line]));
  for (const [id, version] of told.versions) {
    if (told.deleted.has(id)) continue;
    expect(stored.get(id)?.version ?? -1, `line ${id}`).toBeGreaterThanOrEqual(version);
  }
  for (const line of stored.values()) expect(md5(line.body)).toBe(line.md5);
  const byIndex = await col.find({ lane: { $gte: 0 } }).hint("lane_1_seq_1").toArray();
  expect(byIndex.map((l) => l._id).sort((a, b) => a - b)).toEqual([...stored.keys()].sort((a, b) => a - b));
  expect(await col.find({ version: { $gte: 0 } }).hint("version_1").toArray()).toHaveLength(stored.size);
  expect(await col.estimatedDocumentCount()).toBe(stored.size);
}

describe("kill -9", () => {
  test("six times under sixteen writers: every acknowledged write is there, indexes and documents agree", async () => {
    const dir = tempDir();
    const told: Told = { versions: new Map(), deleted: new Set() };
    let next = 1;
    for (let round = 0; round <= 6; round++) {
      const { child, uri } = await serve(dir);
      const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2_000 });
      const col = client.db().collection<Line>("lines");
      if (round === 0) {
        await col.createIndex({ lane: 1, seq: 1 }, { unique: true });
        await col.createIndex({ version: 1 });
      } else await check(col, told);
      if (round < 6) {
        const enough = told.versions.size + 20 + 60 * round;
        const watch = setInterval(() => { if (told.versions.size >= enough) { clearInterval(watch); child.kill("SIGKILL"); } }, 5);
        next = await writeUntilDeath(col, told, next);
      } else child.kill("SIGTERM");
      await client.close();
    }
    expect(told.versions.size).toBeGreaterThan(100);
  }, 120_000);
});

describe("one owner", () => {
  test("a second process on the folder is told so; after a kill the folder is free at once", async () => {
    const dir = tempDir();
    const first = await serve(dir);
    await expect(serve(dir)).rejects.toThrow(/STORE_IN_USE.*another Threadline/s);
    await expect(connectMongo({ dataDir: dir })).rejects.toMatchObject({ code: "STORE_IN_USE" });
    const gone = new Promise((resolve) => first.child.once("exit", resolve));
    first.child.kill("SIGKILL");
    await gone;
    const again = await connectMongo({ dataDir: dir });
    await again.stop();
  }, 60_000);

  test("the lock of a process that no longer exists, or of an earlier boot, does not hold", async () => {
    const dir = tempDir();
    mkdirSync(join(dir, "db"), { recursive: true });
    const owner = { pid: process.ppid, bootId: "earlier", startTime: "1", pidSpace: readlinkSync("/proc/self/ns/pid"), host: hostname() };
    writeFileSync(join(dir, "db", "owner.lock"), JSON.stringify(owner));
    const store = await connectMongo({ dataDir: dir });
    await store.stop();
    expect(existsSync(join(dir, "db", "owner.lock"))).toBe(false);
  });

  test("files and socket are private, the socket path is short, and a live store is found by its folder", async () => {
    const deep = join(tempDir(), "d".repeat(120));
    mkdirSync(deep);
    const store = await connectMongo({ dataDir: deep });
    const path = decodeURIComponent(store.uri.split("/")[2]!);
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(107);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(deep, "db")).mode & 0o777).toBe(0o700);
    expect(statSync(join(deep, "db", "data.mdb")).mode & 0o777).toBe(0o600);
    expect(await liveStoreUri(deep)).toBe(store.uri);
    await store.stop();
    expect(await liveStoreUri(deep)).toBeUndefined();
  });

  test("several stores run in one process and keep apart; a restart finds what was there", async () => {
    const [a, b] = await Promise.all([startTestStore(), startTestStore()]);
    const [ca, cb] = [new MongoClient(a.uri), new MongoClient(b.uri)];
    await ca.db().collection("x").insertOne({ from: "a" });
    expect(await cb.db().collection("x").countDocuments()).toBe(0);
    await Promise.all([ca.close(), cb.close()]);
    await b.stop();
    const dir = tempDir();
    const first = await connectMongo({ dataDir: dir });
    const c1 = new MongoClient(first.uri);
    await c1.db().collection("x").insertMany([{ n: 1 }, { n: 2 }]);
    await c1.close();
    await first.stop();
    const second = await connectMongo({ dataDir: dir });
    const c2 = new MongoClient(second.uri);
    expect(await c2.db().collection("x").countDocuments({ n: { $gt: 0 } })).toBe(2);
    await c2.close();
    await second.stop();
    await a.stop();
  });
});

describe("the end of the process", () => {
  test("process.exit under write load neither hangs nor aborts, and loses nothing acknowledged", async () => {
    const dir = tempDir();
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, ["--import", "tsx", join(root, "tests/support/store-exit.ts"), dir, String(round)], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
      children.add(child);
      let said = "";
      child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
      const code = await new Promise((resolve) => child.once("exit", (exit, signal) => resolve(signal ?? exit)));
      expect(code).toBe(0);
      const store = await connectMongo({ dataDir: dir });
      const client = new MongoClient(store.uri);
      expect(await client.db().collection("x").countDocuments({ round })).toBeGreaterThanOrEqual(Number(said));
      await client.close();
      await store.stop();
    }
  }, 60_000);
});

describe("a full disk", () => {
  test("writes are refused with 14031 before LMDB meets it, reads go on, and the folder opens again", async () => {
    const dir = tempDir();
    const limited = ["-c", `ulimit -f 12288; exec "$0" "$@"`, process.execPath, "--import", "tsx", join(root, "tests/support/store-process.ts"), dir];
    const { child, uri } = await serve(dir, ["bash", limited]);
    const client = new MongoClient(uri);
    const col = client.db().collection<{ _id: number; body: string }>("lines");
    let stored = 0;
    const fill = async () => {
      for (;;) {
        await col.insertOne({ _id: stored, body: "z".repeat(100_000) });
        stored++;
      }
    };
    const error = await fill().catch((e) => e);
    expect(error).toMatchObject({ code: 14031 });
    expect(stored).toBeGreaterThan(10);
    expect((await col.findOne({ _id: stored - 1 }))!.body).toHaveLength(100_000);
    expect(await col.insertOne({ _id: -1, body: "z".repeat(100_000) }).catch((e) => e.code)).toBe(14031);
    await client.close();
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await gone;
    const again = await connectMongo({ dataDir: dir });
    const reader = new MongoClient(again.uri);
    expect(await reader.db().collection("lines").countDocuments({ body: { $exists: true } })).toBe(stored);
    await reader.db().collection("lines").insertOne({ after: true });
    await reader.close();
    await again.stop();
  }, 60_000);
});
