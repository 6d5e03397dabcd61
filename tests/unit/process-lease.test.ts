/** What one process alone may do ends when its lease does, also when the store stops answering. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Core } from "../../src/core/core.ts";
import { holdLease } from "../../src/core/lanes/process-lease.ts";
import { TestLog } from "../support/core.ts";

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

function storeThatHangs() {
  const state = { hangs: false };
  const updateOne = async () => {
    if (state.hangs) await new Promise<never>(() => undefined);
    return { matchedCount: 1, upsertedCount: 0 };
  };
  const core = { holder: "here", clock: { now: () => new Date() }, log: new TestLog(), store: { leases: { updateOne } } } as unknown as Core;
  return { core, state };
}

test("work ends before anybody else may begin, when the store does not answer any more", async () => {
  const { core, state } = storeThatHangs();
  let signal: AbortSignal | undefined;
  holdLease(core, "poller", (given) => { signal = given; return new Promise((end) => { given.addEventListener("abort", () => end()); }); });
  await vi.advanceTimersByTimeAsync(0);
  expect(signal?.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(signal?.aborted).toBe(false);
  state.hangs = true;
  await vi.advanceTimersByTimeAsync(11_000);
  expect(signal?.aborted).toBe(true);
});
