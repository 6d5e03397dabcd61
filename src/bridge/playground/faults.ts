/** The fault switch: makes this desk slow, deaf or unreachable, to watch the bridge heal. Forgotten at a restart. */
import { setTimeout as sleep } from "node:timers/promises";
import { DeskError } from "../../core/errors.ts";

export interface Faults {
  /** Added to each call of the bridge, in milliseconds, 0 to 60,000. */
  delayMs: number;
  /** Events are not handed over; the bridge catches up when this ends. */
  dropEvents: boolean;
  /** The desk takes nothing from the bridge, as if it were unreachable. */
  refusePosts: boolean;
}
export const NO_FAULTS: Faults = { delayMs: 0, dropEvents: false, refusePosts: false };

/** Lives through the faults before a call of the bridge has any effect. @throws {DeskError} UNREACHABLE, TIMEOUT; both certain. */
export async function passFaults(faults: Faults, signal: AbortSignal | undefined): Promise<void> {
  if (faults.delayMs > 0) {
    await sleep(faults.delayMs, undefined, signal === undefined ? {} : { signal })
      .catch((cause: unknown) => { throw new DeskError("TIMEOUT", "The playground took too long; nothing was posted.", { certain: true, cause }); });
  }
  signal?.throwIfAborted();
  if (faults.refusePosts) throw new DeskError("UNREACHABLE", "The playground's fault switch refuses posts. It will be tried again.", { certain: true });
}
