/** What goes wrong at will. Each takes the next calls, or events, that fit. */
import type { Json } from "./types.ts";

export interface CallFault {
  /** HTTP status without a JSON body. */
  status?: number;
  /** Slack's error name in an `ok: false` answer. */
  error?: string;
  /** 429 with this many seconds. */
  retryAfter?: number;
  /** Milliseconds before the work, or, with `afterEffect`, between the work and its answer. */
  delayMs?: number;
  /** The work is done, then `status`, `error` or `retryAfter` is answered all the same. */
  afterEffect?: boolean;
  /** The work is done, then the connection is cut: an uncertain outcome. */
  dropAfterEffect?: boolean;
  /** The connection is cut and nothing was done. */
  dropBefore?: boolean;
  /** How many fitting calls it hits (default 1). */
  times?: number;
  when?: (args: Json) => boolean;
}

export class CallFaults {
  private readonly list: { method: string; fault: CallFault; left: number }[] = [];
  /** `method` "*" fits every call. */
  add(method: string, fault: CallFault): void { this.list.push({ method, fault, left: fault.times ?? 1 }); }
  clear(): void { this.list.length = 0; }
  take(method: string, args: Json): CallFault | null {
    const hit = this.list.find((entry) => entry.left > 0 && (entry.method === "*" || entry.method === method) && (entry.fault.when?.(args) ?? true));
    if (hit === undefined) return null;
    hit.left--;
    return hit.fault;
  }
}

export interface EventRule {
  /** `drop`: never delivered. `hold`: kept until `releaseEvents`. `duplicate`: delivered twice, each with an envelope of its own. */
  do: "drop" | "hold" | "duplicate";
  /** How many fitting events it hits (default: all, until `clearEventRules`). */
  times?: number;
  when?: (event: Json) => boolean;
}
export class EventRules {
  private readonly list: { rule: EventRule; left: number }[] = [];
  add(rule: EventRule): void { this.list.push({ rule, left: rule.times ?? Infinity }); }
  clear(): void { this.list.length = 0; }
  take(event: Json): EventRule["do"] | null {
    const hit = this.list.find(({ rule, left }) => left > 0 && (rule.when?.(event) ?? true));
    if (hit === undefined) return null;
    hit.left--;
    return hit.rule.do;
  }
}
