/** The setting of a desk by which it says who is at work: off unless it is set. Stored as it is written, so that it reads back the same. */
import { z } from "zod";

/** How long somebody is away on the desk until it counts, in minutes. */
const DEFAULT_GRACE_MINUTES = 5;

const error = "`presence` is false, true (who is away on this desk for 5 minutes is given nothing), or { graceMinutes: 1 to 240 }";
/** A field of a desk's settings. */
export const presenceSetting = z.union([z.boolean(), z.strictObject({ graceMinutes: z.int({ error }).min(1, { error }).max(240, { error }) }, { error })], { error }).optional();
const Config = z.object({ presence: presenceSetting });

/** Null: this desk tells nothing of people. `graceMs` in milliseconds. */
export function presenceOf(config: Record<string, unknown> | undefined): { graceMs: number } | null {
  const { presence = false } = Config.parse(config ?? {});
  if (presence === false) return null;
  return { graceMs: (presence === true ? DEFAULT_GRACE_MINUTES : presence.graceMinutes) * 60_000 };
}
