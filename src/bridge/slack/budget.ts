/** Slack's limits, kept before it has to say so: a bucket for each method of the workspace and for the posts of each channel. Source: docs.slack.dev/apis/web-api/rate-limits */
import { DeskError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";

/** Interactive: a person waits for it. Background: nice to have; it never takes what the others need. */
export type Priority = "interactive" | "post" | "background";
const RANK: Record<Priority, number> = { interactive: 0, post: 1, background: 2 };
/** Milliseconds that a call waits for its turn, well within the time of a desk call; past that its lane comes back. */
const PATIENCE: Record<Priority, number> = { interactive: 2_000, post: 4_000, background: 500 };
/** Part of a bucket that is not for the background. */
const RESERVED = 0.4;

/** Posts in one channel, a second. */
const POSTS = { perSecond: 1, burst: 3 };
/** Calls a minute by tier; what is not named is tier 3. */
const PER_MINUTE: Record<string, number> = {
  "reactions.add": 50, "reactions.remove": 20, "chat.update": 50, "chat.delete": 50, "chat.postEphemeral": 100, "conversations.list": 20, "conversations.members": 100, "users.info": 100, "users.list": 20,
  "usergroups.list": 20, "views.open": 100, "views.push": 100, "views.update": 100, "views.publish": 100, "files.getUploadURLExternal": 100, "files.completeUploadExternal": 100, "files.info": 100, "auth.test": 600, "chat.getPermalink": 600,
  "assistant.threads.setStatus": 100,
};
const USUAL = 50;

interface Waiting { rank: number; go(): void }
interface Bucket { perSecond: number; burst: number; tokens: number; at: number; pausedUntil: number; promised: number; waiting: Waiting[]; timer?: NodeJS.Timeout }

export interface Budget {
  /** Resolves when the call may go, in order of priority. @throws {DeskError} RATE_LIMITED with the wait, also when `signal` aborts first */
  take(method: string, channel: string | undefined, priority: Priority, signal?: AbortSignal): Promise<void>;
  /** Whether a call of low priority could go now; takes nothing. */
  spare(method: string, channel?: string): boolean;
  /** Slack asked for silence on this method (and channel). */
  pause(method: string, channel: string | undefined, ms: number): void;
}

/** One process's view. `enabled: false` lets everything pass but Slack's own pauses. */
export function createBudget(clock: Clock, enabled: boolean): Budget {
  const buckets = new Map<string, Bucket>();

  function bucketOf(method: string, channel: string | undefined): Bucket {
    const inChannel = method === "chat.postMessage" && channel !== undefined;
    const key = inChannel ? `${method}:${channel}` : method;
    let bucket = buckets.get(key);
    if (bucket === undefined) {
      const perMinute = PER_MINUTE[method] ?? USUAL;
      const limits = inChannel ? POSTS : { perSecond: perMinute / 60, burst: Math.ceil(perMinute / 2.5) };
      bucket = { ...limits, tokens: limits.burst, at: clock.now().getTime(), pausedUntil: 0, promised: 0, waiting: [] };
      buckets.set(key, bucket);
    }
    const now = clock.now().getTime();
    // a clock that is set back must not drain a bucket
    bucket.tokens = Math.min(bucket.burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1_000) * bucket.perSecond);
    bucket.at = now;
    return bucket;
  }
  const floor = (bucket: Bucket, rank: number) => (rank === RANK.background ? Math.ceil(bucket.burst * RESERVED) : 0);
  const open = (bucket: Bucket, rank: number): boolean => bucket.pausedUntil <= bucket.at && (!enabled || bucket.tokens >= 1 + floor(bucket, rank));
  /** Milliseconds until a call that comes now could go. */
  function waitOf(bucket: Bucket, rank: number): number {
    const ahead = bucket.waiting.filter((other) => other.rank <= rank).length;
    const missing = enabled ? Math.max(0, 1 + ahead + floor(bucket, rank) - bucket.tokens) : 0;
    return Math.max(bucket.pausedUntil - bucket.at, (missing / bucket.perSecond) * 1_000);
  }

  function drain(method: string, channel: string | undefined): void {
    const bucket = bucketOf(method, channel);
    clearTimeout(bucket.timer);
    delete bucket.timer;
    while (bucket.waiting[0] !== undefined && open(bucket, bucket.waiting[0].rank)) {
      bucket.tokens = Math.max(0, bucket.tokens - 1);
      bucket.waiting.shift()!.go();
    }
    const [next] = bucket.waiting;
    if (next === undefined) return;
    const missing = enabled ? Math.max(0, 1 + floor(bucket, next.rank) - bucket.tokens) : 0;
    const inMs = Math.max(5, bucket.pausedUntil - bucket.at, (missing / bucket.perSecond) * 1_000);
    bucket.timer = setTimeout(() => drain(method, channel), inMs).unref();
  }

  return {
    take(method, channel, priority, signal) {
      const bucket = bucketOf(method, channel);
      const rank = RANK[priority];
      const wait = waitOf(bucket, rank);
      if (wait > PATIENCE[priority]) {
        // each who is sent away gets a time of its own, so that not all come back at once
        bucket.promised = Math.max(bucket.at + wait, bucket.promised + (enabled ? 1_000 / bucket.perSecond : 0));
        return Promise.reject(new DeskError("RATE_LIMITED", "As fast as Slack allows; this waits for its turn.", { certain: true, retryAfterMs: Math.ceil(bucket.promised - bucket.at) }));
      }
      if (bucket.waiting.length === 0 && open(bucket, rank)) {
        bucket.tokens = Math.max(0, bucket.tokens - 1);
        return Promise.resolve();
      }
      return new Promise<void>((done, fail) => {
        const aborted = () => {
          bucket.waiting.splice(bucket.waiting.indexOf(mine), 1);
          fail(new DeskError("RATE_LIMITED", "Slack's limits left no time for this call.", { certain: true, retryAfterMs: 1_000 }));
        };
        const mine: Waiting = { rank, go: () => { signal?.removeEventListener("abort", aborted); done(); } };
        signal?.addEventListener("abort", aborted, { once: true });
        const place = bucket.waiting.findIndex((other) => other.rank > rank);
        bucket.waiting.splice(place < 0 ? bucket.waiting.length : place, 0, mine);
        drain(method, channel);
      });
    },
    spare(method, channel) {
      const bucket = bucketOf(method, channel);
      return bucket.waiting.length === 0 && open(bucket, RANK.background);
    },
    pause(method, channel, ms) {
      const bucket = bucketOf(method, channel);
      bucket.pausedUntil = Math.max(bucket.pausedUntil, bucket.at + ms);
    },
  };
}
