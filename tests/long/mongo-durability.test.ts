import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MongoClient } from "mongodb";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { connectMongo, liveStoreUri } from "../../src/mongo/connect.ts";
import { Ledger, lineOf } from "../kills/ledger.ts";
import { killRounds } from "../kills/rounds.ts";
import { startOwnStore } from "../support/store.ts";

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

describe("kill -9", () => {
  test("six times under sixteen writers: every acknowledged write is there, indexes and documents agree", async () => {
    let seed = 7;
    const result = await killRounds({
      command: [process.execPath, "--import", "tsx", join(root, "tests/support/store-process.ts"), tempDir()], cwd: root,
      kills: 6, writers: 16, dice: () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647,
    });
    expect(result.faults).toEqual([]);
    expect(result.acknowledged).toBeGreaterThan(20);
  }, 120_000);

  test("the ledger sees a lost line, an older version, a line that came back and half a write", () => {
    const ledger = new Ledger();
    for (const id of [1, 2, 3, 4]) ledger.wrote(id, 0, 1);
    ledger.asksDelete(3);
    ledger.deleted(3);
    const stored = [2, 3, 4].map((id) => ({ ...lineOf(id, 0, 0), version: id === 2 ? 0 : 1 }));
    expect(ledger.faults([stored[0]!, stored[1]!, { ...stored[2]!, body: "half" }])).toEqual([
      "line 1 is lost", "line 2 has version 0 instead of 1", "line 3 was deleted and came back", "line 4 is half of two writes",
    ]);
  });
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

  test("the lock of another container holds while it beats, and does not once it is still", async () => {
    const dir = tempDir();
    const file = join(dir, "db", "owner.lock");
    mkdirSync(join(dir, "db"), { recursive: true });
    writeFileSync(file, JSON.stringify({ pid: 1, bootId: "any", startTime: "1", pidSpace: "pid:[elsewhere]", host: "another-container" }));
    let beats = 1_000_000_000;
    const beat = setInterval(() => utimesSync(file, ++beats, beats), 50);
    await expect(connectMongo({ dataDir: dir })).rejects.toMatchObject({ code: "STORE_IN_USE" });
    clearInterval(beat);
    const store = await connectMongo({ dataDir: dir });
    await store.stop();
  }, 60_000);

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
    const [a, b] = await Promise.all([startOwnStore(), startOwnStore()]);
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

  test("nor does LMDB meet it when each document has a hundred index entries, all in pages of their own", async () => {
    const dir = tempDir();
    const limited = ["-c", `ulimit -f 40960; exec "$0" "$@"`, process.execPath, "--import", "tsx", join(root, "tests/support/store-process.ts"), dir];
    const { child, uri } = await serve(dir, ["bash", limited]);
    const client = new MongoClient(uri);
    const col = client.db().collection<{ _id: number; l: string[]; n?: number }>("lines");
    await col.createIndexes([{ key: { l: 1 } }, { key: { l: -1 } }, { key: { l: 1, n: 1 } }, { key: { l: -1, n: 1 } }, { key: { l: 1, n: -1 } }]);
    let dice = 1;
    const words = () => Array.from({ length: 20 }, () => `${(dice = (dice * 16_807) % 2_147_483_647)}`.padEnd(300, "x"));
    const stored = new Set<number>();
    const refused = new Map<number, number>();
    // Many at once until the disk is full, then what changes and what removes: each is done or refused, and nothing else ends the process.
    const tell = (error: { code?: number; message: string }) => refused.set(error.code ?? error.message.length, 1);
    for (let from = 0; refused.size === 0 && from < 2_000; from += 32) {
      await Promise.all(Array.from({ length: 32 }, (_, i) => col.insertOne({ _id: from + i, l: words() }).then(() => stored.add(from + i), tell)));
    }
    for (const _id of [...stored].slice(0, 40)) await col.updateOne({ _id }, { $set: { l: words() } }).catch(tell);
    for (const _id of [...stored].slice(-40)) await col.deleteOne({ _id }).then(() => stored.delete(_id), tell);
    expect([...refused.keys()]).toEqual([14031]);
    expect(stored.size).toBeGreaterThan(20);
    expect(child.exitCode).toBeNull();
    expect(new Set(await col.find().map(({ _id }) => _id).toArray())).toEqual(stored);
    expect(await client.db().command({ validate: "lines" })).toMatchObject({ valid: true, nrecords: stored.size });
    await client.close();
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await gone;
    const again = await connectMongo({ dataDir: dir });
    const reader = new MongoClient(again.uri);
    expect(await reader.db().command({ validate: "lines" })).toMatchObject({ valid: true, nrecords: stored.size });
    await reader.close();
    await again.stop();
  }, 60_000);
});
