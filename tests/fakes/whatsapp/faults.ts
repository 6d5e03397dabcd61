/** What can go wrong at will: each fault takes the next calls that fit. */

/** An answer that is no success. Source: developers.facebook.com/docs/graph-api/guides/error-handling */
export class GraphFault extends Error {
  constructor(readonly status: number, readonly code: number | null, readonly details = "", readonly headers: Record<string, string> = {}) { super(details); }
  get body(): string {
    if (this.code === null) return "upstream connect error";
    return JSON.stringify({ error: { message: `(#${this.code}) ${this.details || "Something is wrong"}`, type: "OAuthException", code: this.code, error_data: { messaging_product: "whatsapp", details: this.details }, fbtrace_id: "A1b2C3" } });
  }
}

export interface Fault {
  /** "messages", "media", "file", "templates", "number"; any when absent. */
  call?: string;
  /** How many calls it hits (default 1). */
  times?: number;
  /** Chance for each fitting call (default 1). */
  chance?: number;
  do:
    | { code: number; status?: number; details?: string; retryAfter?: number }
    | { status: number; after?: boolean }
    | { hang: "before" | "after" }
    | { reset: "before" | "after" }
    /** Accepted, then a `failed` status with this code. */
    | { failLater: number };
}

export class Faults {
  private readonly list: { fault: Fault; left: number }[] = [];
  /** 0 to 1; a run's own dice. */
  random: () => number = Math.random;
  clear(): void { this.list.length = 0; }
  add(fault: Fault): void { this.list.push({ fault, left: fault.times ?? 1 }); }
  take(call: string): Fault["do"] | null {
    const hit = this.list.find(({ fault, left }) => left > 0 && (fault.call ?? call) === call && (fault.chance === undefined || this.random() < fault.chance));
    if (hit === undefined) return null;
    hit.left--;
    return hit.fault.do;
  }
}
