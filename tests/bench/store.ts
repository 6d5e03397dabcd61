import { spawn, spawnSync } from "node:child_process";
import { closeSync, fdatasyncSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deserialize, serialize } from "bson";
import { open } from "lmdb";
import { MongoClient } from "mongodb";
import { measureWrites, messageOf, type Figures } from "./store-load.ts";

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
async function floor(dir: string): Promise<Figures> {
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

const SLOW_MS = 5;
const SHIM = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
int fdatasync(int fd) { static int (*real)(int); if (!real) real = (int (*)(int)) dlsym(RTLD_NEXT, "fdatasync"); int answer = real(fd); usleep(${SLOW_MS * 1000}); return answer; }
`;

/** A library that adds 5 ms to every fdatasync of a process that is started with it; undefined without a C compiler. */
function slowFlush(dir: string): string | undefined {
  const library = join(dir, "slow.so");
  const { status } = spawnSync("gcc", ["-shared", "-fPIC", "-x", "c", "-o", library, "-", "-ldl"], { input: SHIM });
  return status === 0 ? library : undefined;
}

/** Runs one part in a process of its own. */
async function part(dir: string, name: string, size: number, ms: number, env: Record<string, string> = {}): Promise<Figures> {
  const file = fileURLToPath(new URL("./store-part.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", file, dir, name, String(size), String(ms)], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`The part ${name} of the bench ended with ${String(code)}.`);
  return JSON.parse(said.trim().split("\n").at(-1)!) as Figures;
}

/** Anonymous memory in MB of a process that is nothing but the store, after point finds and inserts: `store serve` on the filled folder. */
async function memory(dir: string, ms: number): Promise<number> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("../../bin/threadline.mjs", import.meta.url)), "store", "serve", "--tcp", "0"], { env: { ...process.env, DATA_DIR: dir }, stdio: ["ignore", "pipe", "inherit"] });
  const gone = new Promise((resolve) => child.once("close", resolve));
  try {
    const uri = await new Promise<string>((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => { const found = /Store ready: (\S+)/.exec(chunk.toString()); if (found) resolve(found[1]!); });
      child.once("close", () => reject(new Error("The store ended.")));
    });
    const client = new MongoClient(uri);
    await measureWrites(client, ms);
    await client.close();
    return Math.round(Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1] ?? 0) / 1024);
  } finally {
    child.kill("SIGTERM");
    await gone;
  }
}

const named = (prefix: string, figures: Figures): Figures => Object.fromEntries(Object.entries(figures).map(([name, value]) => [`store.${prefix}.${name}`, value]));

/** Figures of the embedded store through the unchanged driver, for each number of stored messages, beside the floor (raw lmdb and bson), the driver's own limit
 *  and a disk whose flush takes 5 ms more. The store is a worker of the process that calls it, as in the application; memory is that of a process of its own. */
export async function run(o: { ms?: number; sizes?: readonly number[] } = {}): Promise<Figures> {
  const ms = o.ms ?? 3_000;
  const dir = mkdtempSync(join(tmpdir(), "threadline-bench-"));
  try {
    let figures: Figures = { "store.fdatasync_ms": fdatasyncMs(dir), ...(await floor(dir)), ...named("driver_limit", await part(dir, "limit", 0, ms)) };
    for (const size of o.sizes ?? [1_000]) {
      const folder = join(dir, String(size));
      mkdirSync(folder);
      await part(folder, "fill", size, ms);
      figures = { ...figures, ...named(String(size), await part(folder, "all", size, ms)) };
      if (process.platform === "linux") figures[`store.${size}.rss_anon_mb`] = await memory(folder, ms);
      rmSync(folder, { recursive: true, force: true });
    }
    const library = slowFlush(dir);
    if (library === undefined) return figures;
    const folder = join(dir, "slow");
    mkdirSync(folder);
    await part(folder, "fill", 1_000, ms);
    return { ...figures, ...named(`flush_plus_${SLOW_MS}ms`, await part(folder, "writes", 1_000, ms, { LD_PRELOAD: library })) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
