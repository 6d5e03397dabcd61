/**
 * Keeps this server's address from being shut out: Discord's network blocks one that is refused 10,000 times in ten minutes, and nothing of
 * Discord works from it then. Source: discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
 */
export interface Refusals {
  /** What was answered. */
  heard(status: number, headers: Headers): void;
  /** Milliseconds for which the address is shut out; 0: it is not. */
  shutOutMs(): number;
  /** Milliseconds that calls have to wait before another refusal is affordable. */
  waitMs(): number;
}

/** Refusals in a burst, and how many a second are forgiven: at most 4,000 in ten minutes, since other programs may share the address. */
const BURST = 1_000, PER_SECOND = 5;
/** Milliseconds, where a ban does not say how long it lasts. */
const UNSAID_MS = 60_000;
const COUNTED = new Set([401, 403, 429]);

/** @param now milliseconds */
export function createRefusals(now: () => number = Date.now): Refusals {
  let [left, at, until] = [BURST, now(), -Infinity];
  function forgive(): void {
    left = Math.min(BURST, left + ((now() - at) / 1_000) * PER_SECOND);
    at = now();
  }
  return {
    heard(status, headers) {
      if (!COUNTED.has(status) || headers.get("x-ratelimit-scope") === "shared") return;
      forgive();
      left--;
      // a 429 of Discord's own names its scope; one of the network before it does not
      if (status !== 429 || headers.has("x-ratelimit-scope") || headers.has("x-ratelimit-global")) return;
      const seconds = Number(headers.get("retry-after"));
      until = now() + (seconds > 0 ? seconds * 1_000 : UNSAID_MS);
      // its client would try again at once without one
      if (!(seconds > 0)) headers.set("retry-after", String(UNSAID_MS / 1_000));
    },
    shutOutMs: () => Math.max(0, until - now()),
    waitMs() {
      forgive();
      return left >= 1 ? 0 : Math.ceil(((1 - left) / PER_SECOND) * 1_000);
    },
  };
}
