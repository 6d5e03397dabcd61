/** What can go wrong at will: each fault takes the next calls that fit. */

/** An answer with `ok: false`. Source: core.telegram.org/bots/api#making-requests */
export class ApiFault extends Error {
  constructor(readonly status: number, readonly description: string, readonly parameters?: { retry_after?: number; migrate_to_chat_id?: number }) { super(description); }
}

export interface Fault {
  /** Only this method; any, when absent. */
  method?: string;
  chat?: number;
  /** How many calls it hits (default 1). */
  times?: number;
  /** Chance for each fitting call (default 1). */
  chance?: number;
  /** `hang`: no answer ever. `reset`: the connection breaks. `after` the effect or `before` it. */
  do: { status: number; description?: string; retryAfter?: number; after?: boolean } | { hang: "before" | "after" } | { reset: "before" | "after" } | { delayMs: number };
}

const WORDS: Record<number, string> = {
  400: "Bad Request: something is wrong", 401: "Unauthorized", 403: "Forbidden: bot was blocked by the user", 404: "Not Found", 413: "Request Entity Too Large",
  429: "Too Many Requests: retry later", 500: "Internal Server Error", 502: "Bad Gateway",
};

export class Faults {
  readonly list: { fault: Fault; left: number }[] = [];
  /** 0 to 1; a test may make chance certain. */
  random: () => number = Math.random;
  add(fault: Fault): void { this.list.push({ fault, left: fault.times ?? 1 }); }
  clear(): void { this.list.length = 0; }
  take(method: string, chat: number | undefined): Fault["do"] | null {
    const hit = this.list.find(({ fault, left }) => left > 0 && (fault.method ?? method) === method && (fault.chat ?? chat) === chat && this.random() < (fault.chance ?? 1));
    if (hit === undefined) return null;
    hit.left--;
    return hit.fault.do;
  }
}

export const faultOf = (status: number, description?: string, retryAfter?: number): ApiFault =>
  new ApiFault(status, description ?? (status === 429 ? `Too Many Requests: retry after ${retryAfter ?? 1}` : (WORDS[status] ?? "Error")), status === 429 ? { retry_after: retryAfter ?? 1 } : undefined);
