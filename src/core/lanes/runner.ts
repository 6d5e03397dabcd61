/** Runs a piece of work per key, one at a time, many keys side by side; a kick that comes meanwhile runs it once more. */
import type { Logger } from "../ports.ts";

export interface Runner {
  /** Something may be due for this key. */
  kick(key: string): void;
  /** One of many that came at once and for which nobody waits: a few at a time, while nothing else waits for room. */
  kickCalmly(key: string): void;
  /** Kick again at a time. A sooner time replaces a later one. */
  kickAt(key: string, delayMs: number): void;
  /** No new work; resolves when what runs has ended. */
  stop(): Promise<void>;
  readonly running: number;
}

/**
 * What hangs in one group (an inbox's vendor, a desk) holds at most `most` of the slots, so that the others go on. A key's group is asked
 * only while `most` or more keys run, once; one that can't be told belongs to the group "".
 */
export interface Groups { of(key: string): Promise<string>; most: number }
export interface RunnerOptions { maxParallel?: number; groups?: Groups }

const BUSY_RETRY_MS = 1_000;
/** Keys whose group is remembered. */
const KEPT = 20_000;

/** Keys of a crowd that run side by side. */
const CALM_SLOTS = 4;

interface Running { again: boolean; group?: string; asked?: true }

/** `work` throws only on the unexpected: it is logged and tried again a second later. */
export function createRunner(name: string, work: (key: string) => Promise<void>, log: Logger, { maxParallel = 64, groups }: RunnerOptions = {}): Runner {
  const active = new Map<string, Running>();
  /** Keys by group; groups take turns. */
  const waiting = new Map<string, Set<string>>();
  /** Keys whose group is being asked for. */
  const sorting = new Set<string>();
  const timers = new Map<string, { timer: NodeJS.Timeout; at: number }>();
  const crowd = new Set<string>();
  let calmRunning = 0;
  let stopped = false;
  let onIdle: (() => void) | undefined;

  const known = new Map<string, string>();
  const groupOf = async (key: string): Promise<string> => {
    const before = known.get(key);
    if (before !== undefined || groups === undefined) return before ?? "";
    try {
      const group = await groups.of(key);
      known.set(key, group);
      if (known.size > KEPT) known.delete(known.keys().next().value!);
      return group;
    } catch { return ""; }
  };

  function start(key: string, group?: string, calm = false): void {
    if (calm) calmRunning++;
    const state: Running = { again: false, ...(group === undefined ? {} : { group }) };
    active.set(key, state);
    work(key)
      .catch((error: unknown) => {
        log.error({ err: error, lane: name, key }, "A lane failed unexpectedly; it is tried again in a second.");
        runner.kickAt(key, BUSY_RETRY_MS);
      })
      .finally(() => {
        active.delete(key);
        if (calm) calmRunning--;
        if (state.again) admit(key, state.group);
        pump();
        if (stopped && active.size === 0) onIdle?.();
      });
  }

  /** Runs the key at once while no group can be full, else puts it behind those of its group that wait. */
  function admit(key: string, group?: string): void {
    if (stopped || sorting.has(key)) return;
    if (waiting.size === 0 && active.size < Math.min(maxParallel, groups?.most ?? maxParallel)) return start(key, group);
    if (groups === undefined) return enqueue(key, "");
    if (group !== undefined) return enqueue(key, group);
    askRunning();
    sorting.add(key);
    void groupOf(key).then((told) => {
      sorting.delete(key);
      enqueue(key, told);
      pump();
    });
  }

  /** Those that began while there was room for all: each counts for every group until its own is known. */
  function askRunning(): void {
    for (const [key, state] of active) {
      if (state.group !== undefined || state.asked === true) continue;
      state.asked = true;
      void groupOf(key).then((told) => { state.group = told; pump(); });
    }
  }

  function enqueue(key: string, group: string): void {
    const keys = waiting.get(group) ?? new Set<string>();
    waiting.set(group, keys.add(key));
  }

  function hasRoom(group: string): boolean {
    if (groups === undefined) return true;
    let held = 0;
    for (const state of active.values()) if (state.group === undefined || state.group === group) held++;
    return held < groups.most;
  }

  /** A group that was served goes behind the others; one without room keeps its place. */
  function pump(): void {
    for (const [group, keys] of waiting) {
      if (stopped || active.size >= maxParallel) return;
      if (!hasRoom(group)) continue;
      const key = keys.values().next().value!;
      keys.delete(key);
      waiting.delete(group);
      if (keys.size > 0) waiting.set(group, keys);
      const running = active.get(key);
      if (running === undefined) start(key, group);
      else running.again = true;
    }
    for (const key of crowd) {
      if (stopped || waiting.size > 0 || calmRunning >= CALM_SLOTS || active.size >= maxParallel) return;
      crowd.delete(key);
      const running = active.get(key);
      if (running === undefined) start(key, undefined, true);
      else running.again = true;
    }
  }

  const runner: Runner = {
    kick(key) {
      crowd.delete(key);
      const running = active.get(key);
      if (running !== undefined) running.again = true;
      else admit(key);
    },
    kickCalmly(key) {
      if (stopped) return;
      crowd.add(key);
      pump();
    },
    kickAt(key, delayMs) {
      if (stopped) return;
      const at = performance.now() + delayMs;
      const known = timers.get(key);
      if (known !== undefined && known.at <= at) return;
      if (known !== undefined) clearTimeout(known.timer);
      const timer = setTimeout(() => { timers.delete(key); runner.kick(key); }, Math.max(0, delayMs));
      timer.unref();
      timers.set(key, { timer, at });
    },
    async stop() {
      stopped = true;
      for (const { timer } of timers.values()) clearTimeout(timer);
      timers.clear();
      waiting.clear();
      crowd.clear();
      if (active.size > 0) await new Promise<void>((resolve) => { onIdle = resolve; });
    },
    get running() { return active.size + sorting.size; },
  };
  return runner;
}
