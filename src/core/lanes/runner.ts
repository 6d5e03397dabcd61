/** Runs a piece of work per key, one at a time, many keys side by side; a kick that comes meanwhile runs it once more. */
import type { Logger } from "../ports.ts";

export interface Runner {
  /** Something may be due for this key. */
  kick(key: string): void;
  /** Kick again at a time. A sooner time replaces a later one. */
  kickAt(key: string, delayMs: number): void;
  /** No new work; resolves when what runs has ended. */
  stop(): Promise<void>;
  readonly running: number;
}

const BUSY_RETRY_MS = 1_000;

/** `work` throws only on the unexpected: it is logged and tried again a second later. */
export function createRunner(name: string, work: (key: string) => Promise<void>, log: Logger, maxParallel = 64): Runner {
  const active = new Map<string, { again: boolean }>();
  const waiting = new Set<string>();
  const timers = new Map<string, { timer: NodeJS.Timeout; at: number }>();
  let stopped = false;
  let onIdle: (() => void) | undefined;

  function start(key: string): void {
    const state = { again: false };
    active.set(key, state);
    work(key)
      .catch((error: unknown) => {
        log.error({ err: error, lane: name, key }, "A lane failed unexpectedly; it is tried again in a second.");
        runner.kickAt(key, BUSY_RETRY_MS);
      })
      .finally(() => {
        active.delete(key);
        if (state.again && !stopped) waiting.add(key);
        if (stopped && active.size === 0) onIdle?.();
        for (const next of waiting) {
          if (active.size >= maxParallel || stopped) break;
          waiting.delete(next);
          if (!active.has(next)) start(next);
        }
      });
  }

  const runner: Runner = {
    kick(key) {
      if (stopped) return;
      const running = active.get(key);
      if (running !== undefined) running.again = true;
      else if (active.size < maxParallel) start(key);
      else waiting.add(key);
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
      if (active.size > 0) await new Promise<void>((resolve) => { onIdle = resolve; });
    },
    get running() { return active.size; },
  };
  return runner;
}
