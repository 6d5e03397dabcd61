/** What a SIGKILL can't show: the order of flush and acknowledgement, a full disk, a folder that can't be written, the ends of a process, bad guests on the socket. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MongoClient } from "mongodb";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { connectMongo } from "../../src/mongo/connect.ts";
import { startOwnStore } from "../support/store.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const isRoot = process.getuid?.() === 0;
const hasStrace = spawnSync("strace", ["-V"]).status === 0 && spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status === 0;
const NOBODY = 65_534;

const children = new Set<ChildProcess>();
afterEach(() => {
  // The whole group: a killed strace would leave its store running.
  for (const { pid } of children) {
    try {
      process.kill(-pid!, "SIGKILL");
    } catch {
      // it has ended
    }
  }
  children.clear();
});

const tempDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "threadline-flush-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

const storeProcess = (dir: string): string[] => ["--import", "tsx", join(root, "tests/support/store-process.ts"), dir];

/** Starts a program that serves a store; rejects with what it said when it ends first. */
function serve(program: string, args: readonly string[], o: { uid?: number } = {}): Promise<{ child: ChildProcess; uri: string; stop(): Promise<void> }> {
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], detached: true, ...(o.uid === undefined ? {} : { uid: o.uid, gid: o.uid }) });
  children.add(child);
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return new Promise((resolve, reject) => {
    let said = "";
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const ready = /Store ready: (\S+)/.exec(said);
      if (ready) resolve({ child, uri: ready[1]!, stop: () => { child.kill("SIGTERM"); return gone; } });
    };
    child.stdout!.on("data", hear);
    child.stderr!.on("data", hear);
    child.once("close", () => reject(new Error(said)));
  });
}

async function withClient<R>(uri: string, act: (client: MongoClient) => Promise<R>): Promise<R> {
  const client = new MongoClient(uri);
  try {
    return await act(client);
  } finally {
    await client.close();
  }
}

const valid = async (client: MongoClient, name: string): Promise<unknown> => (await client.db().command({ validate: name }))["valid"];

describe("acknowledged after the flush", () => {
  test.skipIf(!hasStrace)("pages, fdatasync, meta page, and only then the reply: the order of system calls (skipped without strace)", async () => {
    const dir = tempDir();
    const log = join(dir, "calls");
    const { uri } = await serve("strace", ["-f", "-y", "-s", "4096", "-e", "trace=read,recvmsg,write,writev,sendmsg,pwrite64,pwritev,fdatasync,fsync,msync", "-o", log, process.execPath, ...storeProcess(dir)]);
    await withClient(uri, async (client) => {
      const col = client.db().collection<{ text: string }>("x");
      await col.insertOne({ text: "first" });
      for (let i = 0; i < 5; i++) await col.insertOne({ text: `marker-${i}-end` });
      await col.findOne({ text: "the-end" });
    });
    const lines = readFileSync(log, "latin1").split("\n");
    const position = (from: number, found: (line: string) => boolean): number => { const at = lines.findIndex((line, i) => i >= from && found(line)); return at < 0 ? Infinity : at; };
    const threadOf = (line: string): string => line.split(" ")[0]!;
    /** Where a call that began at a line ended. */
    const endOf = (at: number): number => (lines[at]?.includes("<unfinished") ? position(at + 1, (line) => threadOf(line) === threadOf(lines[at]!) && line.includes("resumed>")) : at);
    for (let i = 0; i < 5; i++) {
      const request = position(0, (line) => line.includes(`marker-${i}-end`) && /read|recvmsg/.test(line));
      const socket = /(?:read|recvmsg)\(\d+<([^>]*(?:->[^>]*)?)>/.exec(lines[request]!)?.[1] ?? "TCP";
      const pages = position(request, (line) => /(?:pwrite64|writev|pwritev)\(\d+<[^>]*data\.mdb>/.test(line));
      const flush = position(pages, (line) => /f(?:data)?sync\(\d+<[^>]*data\.mdb>/.test(line));
      const meta = position(flush, (line) => /pwrite64\(\d+<[^>]*data\.mdb>/.test(line));
      const reply = position(request, (line) => /(?:write|writev|sendmsg)\(\d+</.test(line) && line.includes(socket));
      expect([request, pages, flush, meta, reply], lines.slice(request, request + 12).map((line) => line.slice(0, 90)).join("\n")).not.toContain(Infinity);
      expect(endOf(flush)).toBeLessThan(reply);
      expect(endOf(meta)).toBeLessThan(reply);
    }
  }, 60_000);
});

describe("a disk that takes no more", () => {
  const canMount = isRoot && spawnSync("unshare", ["-m", "true"]).status === 0 && spawnSync("sh", ["-c", "d=$(mktemp -d) && mount -t tmpfs -o size=1m tmpfs $d && umount $d && rmdir $d"]).status === 0;

  test.skipIf(!canMount)("a full tmpfs: writes are refused with 14031, reads go on, freed space is used, the folder opens again whole (skipped unless root may mount)", async () => {
    const dir = tempDir();
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", dir]).status).toBe(0);
    onTestFinished(() => { spawnSync("umount", ["-l", dir]); });
    writeFileSync(join(dir, "ballast"), Buffer.alloc(6_000_000));
    const first = await serve(process.execPath, storeProcess(dir));
    let stored = 0;
    await withClient(first.uri, async (client) => {
      const col = client.db().collection<{ _id: number; lane: number; body: string }>("lines");
      await col.createIndex({ lane: 1 });
      const fill = async (): Promise<never> => { for (;;) { await col.insertOne({ _id: stored, lane: stored % 3, body: "z".repeat(100_000) }); stored++; } };
      expect(await fill().catch((error) => error)).toMatchObject({ code: 14031, message: expect.stringMatching(/disk that holds the store is full/) });
      const refused = await Promise.all(Array.from({ length: 16 }, (_, i) => col.insertOne({ _id: -1 - i, lane: 0, body: "z".repeat(300_000) }).then(() => 0, (error: { code: number }) => error.code)));
      expect(new Set(refused)).toEqual(new Set([14031]));
      expect((await col.findOne({ _id: stored - 1 }))!.body).toHaveLength(100_000);
      rmSync(join(dir, "ballast"));
      for (const end = stored + 10; stored < end; stored++) await col.insertOne({ _id: stored, lane: stored % 3, body: "z".repeat(100_000) });
      expect(await valid(client, "lines")).toBe(true);
    });
    await first.stop();
    const again = await serve(process.execPath, storeProcess(dir));
    await withClient(again.uri, async (client) => {
      expect(await client.db().collection("lines").countDocuments({ body: { $exists: true } })).toBe(stored);
      expect(await valid(client, "lines")).toBe(true);
    });
    await again.stop();
  }, 60_000);

  test("a folder that can't be written any more: writes are refused in words, reads go on; at the start it is said; writable again it goes on", async () => {
    const dir = tempDir();
    const db = join(dir, "db");
    mkdirSync(db);
    chmodSync(dir, 0o755);
    const user = isRoot ? { uid: NOBODY } : {};
    if (isRoot) for (const path of [dir, db]) chownSync(path, NOBODY, NOBODY);
    const lock = (): void => { chmodSync(join(db, "data.mdb"), 0o400); chmodSync(db, 0o500); };
    const unlock = (): void => { chmodSync(db, 0o700); chmodSync(join(db, "data.mdb"), 0o600); };
    onTestFinished(unlock);
    const first = await serve(process.execPath, storeProcess(dir), user);
    let stored = 0;
    await withClient(first.uri, async (client) => {
      const col = client.db().collection<{ _id: number; body: string }>("lines");
      const fill = async (): Promise<never> => { for (;;) { await col.insertOne({ _id: stored, body: "z".repeat(200_000) }); stored++; } };
      await col.insertOne({ _id: -1, body: "" });
      lock();
      expect(await fill().catch((error) => error)).toMatchObject({ code: 39, message: expect.stringMatching(/can not be written.*reading goes on/) });
      expect(await col.findOne({ _id: -1 })).toMatchObject({ body: "" });
      unlock();
      await col.insertOne({ _id: stored++, body: "z".repeat(200_000) });
    });
    await first.stop();
    lock();
    await expect(serve(process.execPath, storeProcess(dir), user)).rejects.toThrow(/STORE_READ_ONLY: The data folder .* can not be written/);
    unlock();
    const again = await serve(process.execPath, storeProcess(dir), user);
    await withClient(again.uri, async (client) => {
      expect(await client.db().collection("lines").countDocuments({ body: { $exists: true } })).toBe(stored + 1);
      expect(await valid(client, "lines")).toBe(true);
    });
    await again.stop();
  }, 60_000);
});

describe("the end of the process under write load", () => {
  test.each([["throw", 1], ["terminate", 0], ["signal", "SIGTERM"]] as const)("%s neither hangs nor aborts, and loses nothing acknowledged", async (way, wanted) => {
    const dir = tempDir();
    const child = spawn(process.execPath, ["--import", "tsx", join(root, "tests/support/store-exit.ts"), dir, "0", way], { cwd: root, stdio: ["ignore", "pipe", "ignore"], detached: true });
    children.add(child);
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    expect(await new Promise((resolve) => child.once("close", (exit, signal) => resolve(signal ?? exit)))).toBe(wanted);
    const acknowledged = Number(said.trim().split("\n").at(-1));
    expect(acknowledged).toBeGreaterThan(0);
    const store = await connectMongo({ dataDir: dir });
    await withClient(store.uri, async (client) => {
      expect(await client.db().collection("x").countDocuments({ round: 0 })).toBeGreaterThanOrEqual(acknowledged);
      expect(await valid(client, "x")).toBe(true);
    });
    await store.stop();
  }, 60_000);
});

describe("guests on the socket", () => {
  const header = (length: number, opCode: number, rest: Buffer = Buffer.alloc(0)): Buffer => {
    const out = Buffer.alloc(16);
    out.writeInt32LE(length, 0);
    out.writeInt32LE(opCode, 12);
    return Buffer.concat([out, rest]);
  };
  const closed = (socket: Socket): Promise<void> => new Promise((resolve) => { socket.on("error", () => {}); socket.once("close", () => resolve()); });

  test("bytes that are no message close their own connection, and no other", async () => {
    const store = await startOwnStore();
    onTestFinished(() => store.stop());
    const path = decodeURIComponent(store.uri.split("/")[2]!);
    await withClient(store.uri, async (client) => {
      await client.db().collection("x").insertOne({ a: 1 });
      const closures = { count: 0 };
      client.on("connectionClosed", () => closures.count++);
      const bad: Buffer[] = [
        Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), header(15, 2013), header(-1, 2013), header(48_000_001, 2013), header(20, 9999, Buffer.alloc(4)),
        header(21, 2013, Buffer.from([0, 0, 0, 0, 9])), header(26, 2013, Buffer.from([0, 0, 0, 0, 0, 255, 0, 0, 0, 0])), header(26, 2013, Buffer.from([4, 0, 0, 0, 0, 5, 0, 0, 0, 0])),
      ];
      for (const bytes of bad) {
        const socket = connect(path);
        const end = closed(socket);
        socket.write(bytes);
        await end;
      }
      expect(await client.db().collection("x").countDocuments()).toBe(1);
      expect(closures.count).toBe(0);
    });
  });

  test("more than a thousand connections are turned away, those that are there go on, and a place that is free is given again", async () => {
    const store = await startOwnStore();
    onTestFinished(() => store.stop());
    const path = decodeURIComponent(store.uri.split("/")[2]!);
    await withClient(store.uri, async (client) => {
      await client.db().collection("x").insertOne({ a: 1 });
      const sockets: Socket[] = [];
      onTestFinished(() => { for (const socket of sockets) socket.destroy(); });
      const ended: Promise<void>[] = [];
      for (let i = 0; i < 1_000; i++) {
        const socket = connect(path);
        ended.push(closed(socket));
        sockets.push(socket);
        await new Promise((resolve) => { socket.once("connect", resolve); socket.once("close", resolve); });
      }
      await Promise.any(ended);
      expect(await client.db().collection("x").countDocuments()).toBe(1);
      for (const socket of sockets) socket.destroy();
      await Promise.all(ended);
      await withClient(store.uri, async (another) => expect(await another.db().collection("x").countDocuments()).toBe(1));
    });
  }, 60_000);
});
