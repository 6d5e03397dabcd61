/** Token buckets for what a stranger can call, per process. Figures: a person in a hurry never meets them, a script does. */

/** `burst` calls at once, then `perSecond`. */
const RULES = {
  sessionByIp: { burst: 100, perSecond: 1 },
  messageByVisitor: { burst: 30, perSecond: 2 },
  messageByIp: { burst: 200, perSecond: 20 },
  fileByVisitor: { burst: 10, perSecond: 0.5 },
  fileByIp: { burst: 60, perSecond: 3 },
  callByVisitor: { burst: 120, perSecond: 10 },
  callByIp: { burst: 1_000, perSecond: 100 },
  socketByIp: { burst: 100, perSecond: 5 },
  frameBySocket: { burst: 60, perSecond: 10 },
} as const;
export type BucketName = keyof typeof RULES;

export interface Buckets {
  /** 0 when the call may go on, else whole seconds to wait. */
  take(name: BucketName, who: string): number;
}

const MAX_BUCKETS = 50_000;

/** `now` in milliseconds of a clock that never runs back. */
export function createBuckets(enabled: boolean, now: () => number = () => performance.now()): Buckets {
  const buckets = new Map<string, { left: number; at: number }>();
  const levelOf = (rule: { burst: number; perSecond: number }, bucket: { left: number; at: number }, time: number) =>
    Math.min(rule.burst, bucket.left + ((time - bucket.at) / 1000) * rule.perSecond);
  const dropFull = (time: number) => {
    for (const [key, bucket] of buckets) {
      const rule = RULES[key.slice(0, key.indexOf(":")) as BucketName];
      if (levelOf(rule, bucket, time) >= rule.burst) buckets.delete(key);
    }
    if (buckets.size >= MAX_BUCKETS) buckets.clear();
  };
  return {
    take(name, who) {
      if (!enabled) return 0;
      const time = now(), key = `${name}:${who}`, rule = RULES[name];
      if (buckets.size >= MAX_BUCKETS) dropFull(time);
      const bucket = buckets.get(key) ?? { left: rule.burst, at: time };
      const left = levelOf(rule, bucket, time);
      buckets.set(key, { left: left < 1 ? left : left - 1, at: time });
      return left < 1 ? Math.ceil((1 - left) / rule.perSecond) : 0;
    },
  };
}
