/** What goes wrong at will: each fault takes the next calls that fit its pattern. */
import { ApiError, isCode, refusal } from "./errors.ts";
import { tooMany } from "./rate-limits.ts";
import type { Json } from "./types.ts";

export interface Fault {
  status?: number;
  /** One of Discord's codes: its own status and words, unless given here. */
  code?: number; message?: string; body?: Json;
  /** Seconds, with status 429. */
  retryAfter?: number; scope?: "user" | "global" | "shared";
  /** Discord's network shuts the address out: a 429 that is none of Discord's own; `retryAfter` in seconds, when it says so. */
  shutOut?: boolean;
  delayMs?: number;
  /** The connection breaks: after the work was done, or before. */
  dropAfterEffect?: boolean; dropBefore?: boolean;
  /** The error is answered though the work was done. */
  afterEffect?: boolean;
  /** How many calls it hits; default 1. */
  times?: number;
  /** Asked for each call that fits: false lets it pass. */
  when?: () => boolean;
}
interface Armed { pattern: string | RegExp; fault: Fault; left: number }

/** `POST ` and a path: a star stands for one step, two at the end for the rest; the method may be left out. */
const fits = (pattern: string | RegExp, method: string, path: string): boolean => {
  if (pattern instanceof RegExp) return pattern.test(`${method} ${path}`);
  const [verb, glob] = pattern.startsWith("/") ? [null, pattern] : (pattern.split(" ") as [string, string]);
  const source = glob.split("/").map((step) => (step === "**" ? ".*" : step === "*" ? "[^/]+" : step.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))).join("/");
  return (verb === null || verb === method) && new RegExp(`^${source}$`).test(path);
};

export class Faults {
  private readonly armed: Armed[] = [];
  add(pattern: string | RegExp, fault: Fault): void { this.armed.push({ pattern, fault, left: fault.times ?? 1 }); }
  clear(): void { this.armed.length = 0; }
  take(method: string, path: string): Fault | null {
    const hit = this.armed.find((a) => a.left > 0 && fits(a.pattern, method, path) && a.fault.when?.() !== false);
    if (hit === undefined) return null;
    hit.left--;
    return hit.fault;
  }
}

/** The error that a fault answers with; null when it only delays or cuts. */
export function errorOf(fault: Fault): ApiError | null {
  if (fault.shutOut === true) return new ApiError(429, 0, "error code: 1015", undefined, fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) });
  if (fault.status === 429 || fault.retryAfter !== undefined) return tooMany({ retryMs: (fault.retryAfter ?? 1) * 1000, scope: fault.scope ?? "user", ...(fault.code === undefined ? {} : { code: fault.code }) });
  if (fault.code !== undefined && isCode(fault.code) && fault.status === undefined) return refusal(fault.code);
  if (fault.status === undefined && fault.code === undefined) return null;
  return new ApiError(fault.status ?? 400, fault.code ?? 0, fault.message ?? `${fault.status ?? 400}: Error`, undefined, {}, fault.body ?? {});
}
