/** How often somebody may call: a bucket that fills by itself, and what is left in it. One process's view. */
import type { Clock } from "../core/ports.ts";

/** `perSecond` come back each second, at most `burst` wait. */
export interface AllowanceSpec { perSecond: number; burst: number }
/** `left`: calls that may follow at once. `waitMs`: until one may; 0 while one was left. */
export interface Spent { burst: number; left: number; waitMs: number; /** Until all are back. */ fullMs: number }

/** Past this many, the full ones are forgotten: a full one and none are the same. */
const KEEP = 10_000;

/** Takes one of `who`'s calls, if one is left. */
export type Allowance = (who: string) => Spent;

export function createAllowance(clock: Clock, { perSecond, burst }: AllowanceSpec): Allowance {
  const buckets = new Map<string, { tokens: number; at: number }>();
  const filled = (who: string, now: number): number => {
    const bucket = buckets.get(who);
    // a clock that is set back must not drain it
    return bucket === undefined ? burst : Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1_000) * perSecond);
  };
  return (who) => {
    const now = clock.now().getTime();
    const before = filled(who, now);
    const tokens = before < 1 ? before : before - 1;
    buckets.set(who, { tokens, at: now });
    if (buckets.size > KEEP) for (const one of buckets.keys()) if (filled(one, now) >= burst) buckets.delete(one);
    return { burst, left: Math.floor(tokens), waitMs: before < 1 ? Math.ceil(((1 - before) / perSecond) * 1_000) : 0, fullMs: Math.ceil(((burst - tokens) / perSecond) * 1_000) };
  };
}
