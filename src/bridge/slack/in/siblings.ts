/** How many processes of this installation are connected to one app: together they are no second installation. */
import type { Core } from "../../../core/core.ts";

const STANDS_MS = 30_000;
const RENEW_MS = 10_000;

/** Counts this process in until `stop`. `count` answers 1 at least. */
export function joinSiblings(core: Core, appId: string): { count(): Promise<number>; stop(): Promise<void> } {
  const prefix = `sockets:slack:${appId}:`;
  const mine = { _id: prefix + core.holder };
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const write = (until: Date) => core.store.leases.updateOne(mine, { $set: { holder: core.holder, until }, $setOnInsert: { token: 0 } }, { upsert: true });
  const renew = async () => {
    await write(new Date(core.clock.now().getTime() + STANDS_MS)).catch((error: unknown) => core.log.debug({ err: error }, "A connection could not be counted."));
    if (!stopped) timer = setTimeout(() => { first = renew(); }, RENEW_MS).unref();
  };
  let first = renew();
  return {
    async count() {
      await first;
      const now = core.clock.now();
      const standing = await core.store.leases.find({ _id: { $gte: prefix, $lt: `${prefix}\uffff` } }, { projection: { until: 1 } }).toArray();
      return Math.max(1, standing.filter(({ until }) => until > now).length);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await first;
      await core.store.leases.deleteOne(mine).catch(() => undefined);
    },
  };
}
