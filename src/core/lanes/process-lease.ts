/** A lease on what only one process may do (a poller): it moves within 15 s of its holder's death. */
import type { Core } from "../core.ts";
import { isDuplicateKey } from "../store/store.ts";

const LEASE_MS = 11_000;
const RENEW_MS = 4_000;

async function take(core: Core, name: string): Promise<boolean> {
  const now = core.clock.now();
  try {
    const { matchedCount, upsertedCount } = await core.store.leases.updateOne(
      { _id: name, $or: [{ holder: core.holder }, { until: { $lt: now } }] },
      { $set: { holder: core.holder, until: new Date(now.getTime() + LEASE_MS) }, $inc: { token: 1 } },
      { upsert: true },
    );
    return matchedCount + upsertedCount > 0;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/** Runs `work` whenever this process holds the lease; `signal` tells it to end when the lease is lost or on stop. Answers the stop function. */
export function holdLease(core: Core, name: string, work: (signal: AbortSignal) => Promise<void>): () => Promise<void> {
  let stopped = false;
  let current: { abort: AbortController; done: Promise<void> } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let over: NodeJS.Timeout | undefined;

  const begin = () => {
    const abort = new AbortController();
    const done = work(abort.signal)
      .catch((error: unknown) => core.log.error({ err: error, lease: name }, "What this process alone may do has failed; it starts again."))
      .finally(() => { current = undefined; });
    current = { abort, done };
  };
  const beat = async () => {
    const asked = performance.now();
    try {
      const taken = await take(core, name);
      // an answer that took so long says nothing about now
      const leftMs = LEASE_MS - (performance.now() - asked);
      const mine = taken && leftMs > 0;
      clearTimeout(over);
      // should the store not answer in time, somebody else may begin
      if (mine && !stopped) over = setTimeout(() => current?.abort.abort(), leftMs);
      if (mine && current === undefined && !stopped) begin();
      if (!mine) current?.abort.abort();
    } catch (error) {
      core.log.warn({ err: error, lease: name }, "A lease could not be renewed.");
      current?.abort.abort();
    }
    if (!stopped) timer = setTimeout(() => void beat(), RENEW_MS);
  };
  void beat();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    clearTimeout(over);
    current?.abort.abort();
    await current?.done;
    await core.store.leases.updateOne({ _id: name, holder: core.holder }, { $set: { until: new Date(0) } });
  };
}
