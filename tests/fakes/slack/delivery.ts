/** How payloads reach the app: over whichever way is set, again when an event was not acknowledged. */
import type { Json } from "./types.ts";

export type PayloadKind = "events_api" | "interactive" | "slash_commands";
/** `body` is what the app put into its acknowledgement. */
export type Answer = { ok: true; body: Json } | { ok: false; reason: string; noRetry?: boolean };
export interface Retry { attempt: number; reason: string }
export interface Transport { send(kind: PayloadKind, payload: Json, retry: Retry | null): Promise<Answer> }

export interface Delivery { kind: PayloadKind; payload: Json; attempts: number; state: "pending" | "acknowledged" | "lost"; answer: Json | null; reasons: string[] }

export class Deliverer {
  readonly log: Delivery[] = [];
  /** Milliseconds before the 1st, 2nd and 3rd repeat. Slack's own: at once, a minute, five. Source: docs.slack.dev/apis/events-api/#retries */
  retryDelaysMs = [50, 500, 2_000];
  /** False keeps nothing of what was delivered, for long runs. */
  record = true;
  /** Deliveries that wait for their acknowledgement or their next repeat. */
  pending = 0;
  private closed = false;
  private readonly timers = new Set<NodeJS.Timeout>();
  constructor(private readonly transport: () => Transport, private readonly changed: () => void) {}

  stop(): void { this.closed = true; for (const timer of this.timers) clearTimeout(timer); }

  /** Interactions and commands are sent once: a person sees the failure. */
  async once(kind: PayloadKind, payload: Json): Promise<Answer> {
    const delivery = this.begin(kind, payload), answer = await this.attempt(delivery, null);
    this.end();
    return answer;
  }
  /** Events are repeated until acknowledged, at most three times, and then lost. */
  async event(payload: Json): Promise<void> {
    const delivery = this.begin("events_api", payload);
    let answer = await this.attempt(delivery, null);
    for (const [i, delay] of this.retryDelaysMs.entries()) {
      if (answer.ok || answer.noRetry === true || this.closed) break;
      delivery.state = "pending";
      await this.sleep(delay);
      if (this.closed) break;
      answer = await this.attempt(delivery, { attempt: i + 1, reason: answer.reason });
    }
    this.end();
  }

  private begin(kind: PayloadKind, payload: Json): Delivery {
    const delivery: Delivery = { kind, payload, attempts: 0, state: "pending", answer: null, reasons: [] };
    if (this.record) this.log.push(delivery);
    this.pending++;
    return delivery;
  }
  private async attempt(delivery: Delivery, retry: Retry | null): Promise<Answer> {
    delivery.attempts++;
    const answer = await this.transport().send(delivery.kind, delivery.payload, retry);
    if (answer.ok) { delivery.state = "acknowledged"; delivery.answer = answer.body; } else { delivery.state = "lost"; delivery.reasons.push(answer.reason); }
    this.changed();
    return answer;
  }
  private end(): void { this.pending--; this.changed(); }
  private sleep(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(() => { this.timers.delete(timer); done(); }, ms);
      this.timers.add(timer);
    });
  }
}
