/** `npm run bench -- snoozes`: 10,000 snoozes that are due at once, beside people who write, and 100,000 that are not due yet. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { idleCpu, warmUp } from "./flows.ts";
import { Generator, openLoop, type Latency } from "./generator.ts";
import { Child, CHATS, machineMs } from "./wire.ts";

const DUE = 10_000;
const PENDING = 100_000;
/** Messages a second in each direction while they wake. */
const RATE = 5;
/** Goals: seconds, and milliseconds. */
const GOAL_S = 60, GOAL_P99_MS = 100;
/** How much more of a processor 100,000 pending ones may take, in milliseconds a second: noise of the machine. */
const GOAL_IDLE_MS = 20;
const GIVE_UP_S = 240;
/** Cards follow much later; what is measured at rest waits for them so long at most. */
const LAST_CARD_MS = 900_000;

interface Asleep { left: number; cards: number }
export interface SnoozeFigures { due: number; pending: number; seconds: number; perSecond: number; quiet: Record<"inbound" | "outbound", Latency>; beside: Record<"inbound" | "outbound", Latency>; cardsThen: number; idleMs: number; idleWithPendingMs: number }

export async function runSnoozes(ms: number, print: (line: string) => void): Promise<SnoozeFigures> {
  const folder = mkdtempSync(join(tmpdir(), "threadline-bench-"));
  const generator = new Generator();
  const children: Child[] = [];
  const start = async (file: URL, args: string[]): Promise<Child> => {
    const child = await Child.start(file, args, generator.onArrival);
    children.push(child);
    return child;
  };
  try {
    const { apiRoot } = (await start(new URL("./telegram.ts", import.meta.url), [])).ready;
    const data = join(folder, "data");
    const empty = await start(new URL("./app.ts", import.meta.url), [data, apiRoot!, "plain"]);
    await empty.ask({ do: "settle" });
    const idleMs = await idleCpu(empty.pid, ms);
    await empty.stop();
    print(`Filling a store with ${(DUE + PENDING).toLocaleString("en")} snoozed conversations …`);
    await (await start(new URL("./sleepers.ts", import.meta.url), [data, String(DUE), String(PENDING)])).stop();
    const app = generator.app = await start(new URL("./app.ts", import.meta.url), [data, apiRoot!, "unscheduled"]);
    await warmUp(generator);
    // in different conversations: a reply that crosses a customer's line is held
    const both = async (lasts: number) => {
      const [inbound, outbound] = await Promise.all([openLoop(generator, "inbound", RATE, lasts), openLoop(generator, "outbound", RATE, lasts, CHATS / 2)]);
      return { inbound, outbound };
    };
    const quiet = await both(ms);
    print(`They begin to wake, beside ${RATE} lines a second in each direction …`);
    await app.ask({ do: "schedule" });
    const began = machineMs();
    const awake = (async () => {
      for (;;) {
        const { left, cards } = await app.ask<Asleep>({ do: "asleep" });
        const seconds = (machineMs() - began) / 1_000;
        if (left === 0 || seconds > GIVE_UP_S) return { seconds: Math.round(seconds * 10) / 10, cards };
        await new Promise((done) => { setTimeout(done, 500); });
      }
    })();
    const parts: Awaited<ReturnType<typeof both>>[] = [];
    do parts.push(await both(2_000)); while ((await Promise.race([awake, null])) === null);
    const { seconds, cards } = await awake;
    print(`All had changed status after ${seconds} s; their timelines and cards follow …`);
    const worst = (way: "inbound" | "outbound"): Latency => {
      const all = parts.map((part) => part[way]);
      const over = (key: "p50" | "p95" | "p99") => Math.max(...all.map((one) => one[key]));
      return { p50: over("p50"), p95: over("p95"), p99: over("p99"), count: all.reduce((sum, { count }) => sum + count, 0) };
    };
    const beside = { inbound: worst("inbound"), outbound: worst("outbound") };
    for (const end = machineMs() + LAST_CARD_MS; machineMs() < end && (await app.ask<Asleep>({ do: "asleep" })).cards < DUE;) await new Promise((done) => { setTimeout(done, 1_000); });
    await app.ask({ do: "settle" });
    const idleWithPendingMs = await idleCpu(app.pid, ms);
    return { due: DUE, pending: PENDING, seconds, perSecond: Math.round(DUE / seconds), quiet, beside, cardsThen: cards, idleMs, idleWithPendingMs };
  } finally {
    for (const child of children) await child.stop();
    generator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

export function printSnoozes({ due, pending, seconds, perSecond, quiet, beside, cardsThen, idleMs, idleWithPendingMs }: SnoozeFigures, print: (line: string) => void): void {
  const p99 = Math.max(beside.inbound.p99, beside.outbound.p99);
  const goal = (what: string, value: string, aim: string, met: boolean) => print(`  ${what.padEnd(62)}${value.padStart(14)}   ${aim.padEnd(8)} ${met ? "met" : "NOT"}`);
  print("");
  print(`  ${due.toLocaleString("en")} due at once, ${pending.toLocaleString("en")} not due; ${RATE} lines a second in each direction. ${perSecond} woke a second; ${cardsThen.toLocaleString("en")} cards had followed by then.`);
  for (const way of ["inbound", "outbound"] as const) print(`  ms p50/p95/p99 ${way}: ${[quiet[way].p50, quiet[way].p95, quiet[way].p99].map(Math.round).join("/")} before, ${[beside[way].p50, beside[way].p95, beside[way].p99].map(Math.round).join("/")} in the worst two seconds`);
  goal("seconds until all had changed status", String(seconds), `≤ ${GOAL_S}`, seconds <= GOAL_S);
  goal("p99 of interactive lines meanwhile, in ms, the slower direction", String(Math.round(p99)), `≤ ${GOAL_P99_MS}`, p99 <= GOAL_P99_MS);
  goal("processor ms/s at rest, without and with those not due", `${idleMs}, ${idleWithPendingMs}`, `+ ${GOAL_IDLE_MS}`, idleWithPendingMs - idleMs <= GOAL_IDLE_MS);
}
