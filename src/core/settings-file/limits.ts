/** What the settings file says about the whole process, as stored: `limits: off` switches rate buckets off. */
import type { CoreLimits } from "../core.ts";
import type { Store } from "../store/store.ts";

export const LIMITS_ID = "limits";

/** Read once at start; a change counts from the next start. */
export async function readLimits(store: Store): Promise<Partial<CoreLimits>> {
  const stored = (await store.settings.findOne({ _id: LIMITS_ID }))?.value as { rateLimits?: boolean } | undefined;
  return stored?.rateLimits === undefined ? {} : { rateLimits: stored.rateLimits };
}
