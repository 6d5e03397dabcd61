/** Buckets by route and top-level resource, told in headers; refused with 429 only when `enforce` is on. Source: discord.com/developers/docs/topics/rate-limits */
import { createHash } from "node:crypto";
import { ApiError } from "./errors.ts";

export interface Rate { limit: number; perMs: number }
interface Window { used: number; until: number }
/** Seen in the wild or chosen; Discord promises no figures. First match wins, on `METHOD /route/:pattern`. */
const RATES: [RegExp, Rate][] = [
  [/ \/channels\/:channel\/messages\/:message\/reactions/, { limit: 1, perMs: 250 }],
  [/^(POST|PATCH) \/channels\/:channel\/messages/, { limit: 5, perMs: 5_000 }], [/^POST \/channels\/:channel\/threads/, { limit: 5, perMs: 5_000 }],
  [/^PATCH \/channels\/:channel$/, { limit: 5, perMs: 15_000 }], [/ \/webhooks\//, { limit: 5, perMs: 2_000 }], [/./, { limit: 10, perMs: 5_000 }],
];
const FREE = /^POST \/interactions\/|^(GET|POST|PATCH|DELETE) \/webhooks\/:application\//;

export class RateLimits {
  /** True: 429 when a bucket is used up. False: headers only, and they never say that it is. */
  enforce = false;
  /** Requests a second over all routes; interactions are free of it. */
  globalPerSecond = 50;
  private readonly overrides: [RegExp, Rate][] = [];
  private readonly windows = new Map<string, Window>();
  constructor(private readonly now: () => number) {}

  /** Another rate for the routes that fit, like `POST /channels/:channel/messages`. */
  set(route: RegExp, rate: Rate): void { this.overrides.unshift([route, rate]); }
  reset(): void { this.windows.clear(); }

  private count(key: string, { limit, perMs }: Rate): { left: number; resetMs: number } {
    const known = this.windows.get(key), now = this.now();
    const window = known === undefined || known.until <= now ? { used: 0, until: now + perMs } : known;
    this.windows.set(key, window);
    window.used++;
    return { left: limit - window.used, resetMs: window.until - now };
  }

  /** Counts one request and returns its headers. `resource`: the channel, guild or webhook in the path. @throws {ApiError} 429 */
  take(route: string, resource: string): Record<string, string> {
    const rate = [...this.overrides, ...RATES].find(([pattern]) => pattern.test(route))?.[1] ?? { limit: 10, perMs: 5_000 };
    if (this.enforce && !FREE.test(route)) {
      const all = this.count("global", { limit: this.globalPerSecond, perMs: 1_000 });
      if (all.left < 0) throw tooMany({ retryMs: all.resetMs, scope: "global" });
    }
    const { left, resetMs } = this.count(`${route} ${resource}`, rate);
    const headers = {
      "x-ratelimit-limit": String(rate.limit), "x-ratelimit-remaining": String(this.enforce ? Math.max(0, left) : Math.max(1, rate.limit - 1)), "x-ratelimit-reset": ((this.now() + resetMs) / 1000).toFixed(3),
      "x-ratelimit-reset-after": (resetMs / 1000).toFixed(3), "x-ratelimit-bucket": createHash("md5").update(route).digest("hex"),
    };
    if (this.enforce && left < 0) throw tooMany({ retryMs: resetMs, scope: "user", headers });
    return headers;
  }
}

export function tooMany({ retryMs, scope, headers = {}, code = 0 }: { retryMs: number; scope: "user" | "global" | "shared"; headers?: Record<string, string>; code?: number }): ApiError {
  const seconds = Math.max(0.001, retryMs / 1000);
  return new ApiError(429, code, scope === "shared" ? "The resource is being rate limited." : "You are being rate limited.", undefined,
    { ...headers, "retry-after": String(Math.ceil(seconds)), "x-ratelimit-scope": scope, ...(scope === "global" ? { "x-ratelimit-global": "true" } : {}) }, { retry_after: seconds, global: scope === "global" });
}

const RENAMES = 2, RENAME_WINDOW_MS = 600_000;
/** Name and topic: two changes in ten minutes a channel, unseen in the headers. Source: github.com/discordjs/discord.js/issues/6651 @throws {ApiError} 429 */
export function countRename(renames: number[], now: number): void {
  while ((renames[0] ?? now) <= now - RENAME_WINDOW_MS) renames.shift();
  if (renames.length >= RENAMES) throw tooMany({ retryMs: (renames[0] ?? now) + RENAME_WINDOW_MS - now, scope: "shared" });
  renames.push(now);
}
