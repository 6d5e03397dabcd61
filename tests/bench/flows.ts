/** The measurements, one after the other. */
import { readdirSync, readFileSync } from "node:fs";
import { closedLoop, Generator, openLoop, type Latency, type Way } from "./generator.ts";
import type { Commands } from "./commands.ts";
import { Child, CHATS } from "./wire.ts";

export interface SizeFigures {
  messages: number;
  /** Messages per second, closed loop, each direction alone and both by turns. */
  inbound: number;
  outbound: number;
  both: number;
  latency: Record<"inbound50" | "outbound50" | "inbound200" | "outbound200", Latency>;
  /** Processor time of one message of the loop by turns, in milliseconds: the application's main thread, and its other threads (the store's worker above all). */
  cpuMs: { main: number; others: number };
  rssAnonMb: number;
  seedSeconds: number;
}
export interface FloorFigures { inbound: number; outbound: number; both: number; latency: Record<"inbound50" | "outbound50", Latency> }
export interface PerMessage { inbound: Commands; outbound: Commands }

export interface Loads { concurrency: number; ms: number }
/** Messages over which commands are counted. */
const COUNTED = 64;

/** Anonymous resident memory of a process in MB; null where the system does not tell (not Linux). */
export function rssAnonMb(pid: number): number {
  const kb = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return kb === undefined ? Number.NaN : Math.round(Number(kb) / 102.4) / 10;
}

/** Processor time of all threads of a process over so long, in milliseconds a second. */
export async function idleCpu(pid: number, ms: number): Promise<number> {
  const sum = () => { const { main, others } = cpuOf(pid); return main + others; };
  const before = sum(), began = performance.now();
  await new Promise((done) => { setTimeout(done, ms); });
  return Math.round(((sum() - before) * 10_000) / (performance.now() - began)) / 10;
}

/** Processor time of a process so far, in milliseconds; a tick of Linux is 10 ms. */
function cpuOf(pid: number): { main: number; others: number } {
  const ticks = (tid: string): number => {
    const fields = readFileSync(`/proc/${pid}/task/${tid}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
    return Number(fields[11]) + Number(fields[12]);
  };
  const tids = readdirSync(`/proc/${pid}/task`);
  const main = ticks(String(pid));
  return { main: main * 10, others: (tids.map(ticks).reduce((a, b) => a + b, 0) - main) * 10 };
}

/** One line in and one out for every chat, so that conversations, threads and owners exist. */
export async function warmUp(generator: Generator): Promise<void> {
  for (const way of ["inbound", "outbound"] as const) {
    if (way === "outbound") {
      await generator.app!.ask({ do: "settle" });
      const known = await generator.app!.ask<number>({ do: "learnThreads" });
      if (known !== CHATS) throw new Error(`Only ${known} of ${CHATS} conversations got a thread.`);
    }
    for (let from = 0; from < CHATS; from += 32) await Promise.all(Array.from({ length: 32 }, (_, i) => generator.send(way, from + i)));
  }
  await generator.app!.ask({ do: "settle" });
}

/** What one message of each direction costs the store, from the driver's own events. */
export async function countPerMessage(generator: Generator): Promise<PerMessage> {
  const counted = async (way: Way): Promise<Commands> => {
    await generator.app!.ask({ do: "settle" });
    await generator.app!.ask({ do: "count", on: true });
    for (let i = 0; i < COUNTED; i++) await generator.send(way, i);
    await new Promise((done) => { setTimeout(done, 1_000); });
    const { writes, reads, by } = await generator.app!.ask<Commands>({ do: "count", on: false });
    const each = (times: number) => Math.round((times * 10) / COUNTED) / 10;
    return { writes: each(writes), reads: each(reads), by: Object.fromEntries(Object.entries(by).map(([name, times]) => [name, each(times)]).filter(([, times]) => times !== 0)) };
  };
  return { inbound: await counted("inbound"), outbound: await counted("outbound") };
}

/** Fills the empty store of a stopped application with so many messages; answers how many seconds that took. */
export async function fill(dataDir: string, messages: number): Promise<number> {
  const began = performance.now();
  const filler = await Child.start(new URL("./filler.ts", import.meta.url), [dataDir, String(messages)], () => {});
  await filler.stop();
  return Math.round((performance.now() - began) / 100) / 10;
}

export async function measureSize(generator: Generator, messages: number, seedSeconds: number, { concurrency, ms }: Loads): Promise<SizeFigures> {
  const app = generator.app!;
  const rested = async <T>(work: () => Promise<T>): Promise<T> => { const result = await work(); await app.ask({ do: "settle" }); return result; };
  await rested(() => closedLoop(generator, ["inbound", "outbound"], concurrency, ms / 4));
  const inbound = await rested(() => closedLoop(generator, ["inbound"], concurrency, ms));
  const outbound = await rested(() => closedLoop(generator, ["outbound"], concurrency, ms));
  const before = cpuOf(app.pid), since = performance.now();
  const both = await closedLoop(generator, ["inbound", "outbound"], concurrency, ms);
  const after = cpuOf(app.pid), lines = (both * (performance.now() - since)) / 1_000;
  const cpuMs = { main: Math.round(((after.main - before.main) * 100) / lines) / 100, others: Math.round(((after.others - before.others) * 100) / lines) / 100 };
  await app.ask({ do: "settle" });
  const latency = {
    inbound50: await rested(() => openLoop(generator, "inbound", 50, ms)), outbound50: await rested(() => openLoop(generator, "outbound", 50, ms)),
    inbound200: await rested(() => openLoop(generator, "inbound", 200, ms)), outbound200: await rested(() => openLoop(generator, "outbound", 200, ms)),
  };
  return { messages, inbound, outbound, both, latency, cpuMs, rssAnonMb: rssAnonMb(app.pid), seedSeconds };
}

export async function measureFloor(generator: Generator, { concurrency, ms }: Loads): Promise<FloorFigures> {
  await closedLoop(generator, ["inbound", "outbound"], concurrency, ms / 4);
  return {
    inbound: await closedLoop(generator, ["inbound"], concurrency, ms), outbound: await closedLoop(generator, ["outbound"], concurrency, ms), both: await closedLoop(generator, ["inbound", "outbound"], concurrency, ms),
    latency: { inbound50: await openLoop(generator, "inbound", 50, ms), outbound50: await openLoop(generator, "outbound", 50, ms) },
  };
}

