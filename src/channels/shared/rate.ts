/** Token buckets: what a vendor allows is asked for before the call, and what it answers (`Retry-After`) wins. */
import { DeliveryError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";

/** `perSecond` tokens come back each second, at most `burst` wait. */
export interface BucketSpec { perSecond: number; burst: number }
export interface Buckets<Scope extends string> {
  /**
   * Takes one token for each scope and key, all or none; never waits, since a lane that sleeps holds its lease.
   * @throws {DeliveryError} RATE_LIMITED, certain, with the milliseconds until all would be there
   */
  take(keys: Partial<Record<Scope, string>>): void;
  /** The vendor asked for `ms` of silence: nothing is taken from this bucket until then. */
  pause(scope: Scope, key: string, ms: number): void;
}

interface Bucket { tokens: number; at: number; pausedUntil: number }
/** Past this many buckets, the full ones are forgotten: a full bucket and none are the same. */
const KEEP = 10_000;

/** One process's view. `enabled: false` lets everything pass but a vendor's own pause. */
export function createBuckets<Scope extends string>(clock: Clock, specs: Record<Scope, BucketSpec>, enabled: boolean): Buckets<Scope> {
  const buckets = new Map<string, Bucket>();
  const scopes = Object.keys(specs) as Scope[];
  const idOf = (scope: Scope, key: string) => `${scope}:${key}`;

  const filled = (scope: Scope, key: string, now: number): Bucket => {
    const { perSecond, burst } = specs[scope];
    const bucket = buckets.get(idOf(scope, key)) ?? { tokens: burst, at: now, pausedUntil: 0 };
    // A clock that is set back must not drain a bucket.
    const tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond);
    return { tokens, at: now, pausedUntil: bucket.pausedUntil };
  };
  const forgetFull = (now: number) => {
    for (const id of buckets.keys()) {
      const scope = scopes.find((s) => id.startsWith(`${s}:`))!;
      const bucket = filled(scope, id.slice(scope.length + 1), now);
      if (bucket.tokens >= specs[scope].burst && bucket.pausedUntil <= now) buckets.delete(id);
    }
  };

  return {
    take(keys) {
      const now = clock.now().getTime();
      const asked = scopes.flatMap((scope) => { const key = keys[scope]; return key === undefined ? [] : [{ scope, key, bucket: filled(scope, key, now) }]; });
      const waits = asked.map(({ scope, bucket }) => Math.max(
        bucket.pausedUntil - now,
        enabled && bucket.tokens < 1 ? ((1 - bucket.tokens) / specs[scope].perSecond) * 1000 : 0,
      ));
      const retryAfterMs = Math.ceil(Math.max(0, ...waits));
      if (retryAfterMs > 0) throw new DeliveryError("RATE_LIMITED", "Sending as fast as the channel allows; this one waits for its turn.", { certain: true, retryAfterMs });
      if (!enabled) return;
      for (const { scope, key, bucket } of asked) buckets.set(idOf(scope, key), { ...bucket, tokens: bucket.tokens - 1 });
      if (buckets.size > KEEP) forgetFull(now);
    },
    pause(scope, key, ms) {
      const now = clock.now().getTime();
      const bucket = filled(scope, key, now);
      buckets.set(idOf(scope, key), { ...bucket, pausedUntil: Math.max(bucket.pausedUntil, now + ms) });
    },
  };
}
