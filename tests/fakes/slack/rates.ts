/** Slack's limits as token buckets, off until asked for. Source: docs.slack.dev/apis/web-api/rate-limits */
import type { FakeClock } from "./clock.ts";
import type { Json } from "./types.ts";

export interface RateOptions {
  /** chat.postMessage in one channel, a second, and how many may come at once. */
  postsPerSecond?: number; postBurst?: number;
  /** Multiplies the calls a minute of every tier. */
  tierScale?: number;
}
const PER_MINUTE = { 1: 1, 2: 20, 3: 50, 4: 100 };
export type Tier = keyof typeof PER_MINUTE | "special";

export class Rates {
  private options: Required<RateOptions> | null = null;
  private readonly buckets = new Map<string, { tokens: number; at: number }>();
  constructor(private readonly clock: FakeClock) {}

  enforce(options: RateOptions = {}): void { this.options = { postsPerSecond: 1, postBurst: 3, tierScale: 1, ...options }; this.buckets.clear(); }
  off(): void { this.options = null; }

  /** Seconds to wait, a whole number from 1; null when the call may pass. */
  take(method: string, tier: Tier, args: Json): number | null {
    if (this.options === null) return null;
    const { postsPerSecond, postBurst, tierScale } = this.options;
    if (method === "chat.postMessage") return this.spend(`${method}:${String(args.channel)}`, postBurst, postsPerSecond);
    if (tier === "special") return null;
    const perMinute = PER_MINUTE[tier] * tierScale;
    return this.spend(method, perMinute, perMinute / 60);
  }
  private spend(key: string, capacity: number, perSecond: number): number | null {
    const now = this.clock.now();
    const bucket = this.buckets.get(key) ?? { tokens: capacity, at: now };
    bucket.tokens = Math.min(capacity, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    this.buckets.set(key, bucket);
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond));
    bucket.tokens--;
    return null;
  }
}
