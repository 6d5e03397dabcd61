/** How a desk is looked at from outside, for `threadline doctor` and *Test*: one answer for each thing that can be wrong. */
import type { DeskTarget } from "../../core/model/types.ts";
import type { Clock } from "../../core/ports.ts";

/** `warn`: it works without, but something is missing. */
export interface Check { state: "ok" | "warn" | "fail"; text: string }
export interface ChecksOptions {
  /** Targets of one connection. */
  targets: DeskTarget[];
  /** Opens one of their secrets; null when it is not set. */
  secret(name: string): string | null;
  publicUrl: string | null;
  clock: Clock;
  /** Hears each answer as soon as it is known. */
  tell?: TellCheck;
}
export type TellCheck = (check: Check) => void;

/** Answers in the order in which they come, each told at once. */
export function gather(tell?: TellCheck): { all: Check[]; add(...checks: Check[]): void } {
  const all: Check[] = [];
  return { all, add(...checks) { for (const check of checks) { all.push(check); tell?.(check); } } };
}

export const ok = (text: string): Check => ({ state: "ok", text });
export const warn = (text: string): Check => ({ state: "warn", text });
export const fail = (text: string): Check => ({ state: "fail", text });
/** What went wrong, without our code before it. */
export const words = (error: unknown, otherwise: string): string => (error instanceof Error ? error.message.replace(/^[A-Z_]+: /, "") : otherwise);
