/** The one router: whichever process holds its lease gives out what waits. */
import type { Core } from "../../core/core.ts";
import { holdLease } from "../../core/lanes/process-lease.ts";
import { policiesOf } from "../../core/services/routing-policy.ts";
import { giveWaiting } from "./give.ts";
import { readQueue } from "./queue.ts";
import { tellQueued } from "./queue-message.ts";
import { releaseAbsent } from "./release.ts";

/** How often it looks by itself, in milliseconds: what other processes changed is seen then. */
const LOOK_MS = 1_000;
/** After a change in this process: what happens together is looked at together. */
const SOON_MS = 50;

/** One look: what waits for who is away goes back, then what waits goes to who is free. Without such settings and with everybody here it asks nothing. */
export async function routeOnce(core: Core): Promise<{ released: number; given: number }> {
  const policies = await policiesOf(core);
  const released = await releaseAbsent(core, policies);
  if (policies.inboxIds.length + policies.teamIds.length === 0) return { released, given: 0 };
  const queue = await readQueue(core, policies);
  if (queue.waiting.length === 0) return { released, given: 0 };
  const { given, left } = await giveWaiting(core, policies, queue);
  await tellQueued(core, policies, left);
  return { released, given };
}

/** Answers the function that stops it and waits for the look under way. */
export function startRouter(core: Core): () => Promise<void> {
  let wake: (() => void) | undefined;
  let asked = false;
  const soon = () => {
    if (asked || wake === undefined) return;
    asked = true;
    setTimeout(() => { asked = false; wake?.(); }, SOON_MS).unref();
  };
  const offs = [core.bus.on("conversation.changed", soon), core.bus.on("routing.due", soon)];
  const release = holdLease(core, "router", async (signal) => {
    signal.addEventListener("abort", () => wake?.());
    while (!signal.aborted) {
      try {
        await routeOnce(core);
      } catch (error) {
        core.log.error({ err: error }, "Giving out what waits failed; it is tried again in a moment.");
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        wake = () => { clearTimeout(timer); resolve(); };
      });
    }
    wake = undefined;
  });
  return async () => {
    for (const off of offs) off();
    await release();
  };
}
