/** Whether the events of a desk reach us: a lease that a process renews while its connection stands and it has caught up. */
import type { Core } from "../core.ts";
import type { DeskKind } from "../model/types.ts";

const STANDS_MS = 15_000;
const RENEW_MS = 5_000;
const PREFIX = "stream:";
/** Ids of all streams, as a range. */
export const STREAM_IDS = { $gte: PREFIX, $lt: "stream;" } as const;
export const deskOfStream = (id: string): DeskKind => id.slice(PREFIX.length);

/** From now on the desk's events reach us, until the answered function is called or this process dies (15 s). */
export async function holdStream(core: Core, desk: DeskKind): Promise<() => Promise<void>> {
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const write = (until: Date) => core.store.leases.updateOne({ _id: `${PREFIX}${desk}` }, { $set: { holder: core.holder, until }, $inc: { token: 1 } }, { upsert: true });
  const renew = async () => {
    await write(new Date(core.clock.now().getTime() + STANDS_MS)).catch((error: unknown) => core.log.warn({ err: error, desk }, "A desk's connection could not be noted as standing; replies from it may wait."));
    if (!ended) timer = setTimeout(() => { last = renew(); }, RENEW_MS).unref();
  };
  let last = renew();
  await last;
  return async () => {
    ended = true;
    clearTimeout(timer);
    // one that is under way must not come after the end
    await last;
    await write(core.clock.now());
  };
}

/** This desk has to be heard before its replies go, and is not heard (yet). What another process hears counts. */
export const noteSilent = async (core: Core, desk: DeskKind): Promise<void> =>
  void (await core.store.leases.updateOne({ _id: `${PREFIX}${desk}` }, { $setOnInsert: { holder: core.holder, until: core.clock.now(), token: 0 } }, { upsert: true }));
