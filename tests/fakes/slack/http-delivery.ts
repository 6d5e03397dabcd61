/** Events API over HTTP: signed posts, and what the app answered. Source: docs.slack.dev/authentication/verifying-requests-from-slack, docs.slack.dev/apis/events-api/#retries */
import { createHmac } from "node:crypto";
import { Agent, request, type IncomingHttpHeaders } from "node:http";
import { readAll } from "./body.ts";
import type { Answer, PayloadKind, Retry, Transport } from "./delivery.ts";
import type { Json } from "./types.ts";

export interface HttpTargets { events: string; interactivity: string; commands: string }
interface Reply { status: number; headers: IncomingHttpHeaders; body: string }

export class HttpDelivery implements Transport {
  /** Milliseconds until an answer is too late. */
  timeoutMs = 3_000;
  /** Seconds that Slack's clock is ahead of ours. */
  skewSeconds = 0;
  /** Signs with something else, as a stranger would. */
  wrongSecret: string | null = null;
  private readonly agent = new Agent({ keepAlive: true });
  constructor(private readonly targets: HttpTargets, private readonly secret: string) {}

  /** `v0=` and the HMAC of the raw body under the signing secret. */
  signature(timestamp: string, body: string): string { return `v0=${createHmac("sha256", this.wrongSecret ?? this.secret).update(`v0:${timestamp}:${body}`).digest("hex")}`; }

  /** True when the app echoes the challenge. Source: docs.slack.dev/reference/events/url_verification */
  async verify(): Promise<boolean> {
    const challenge = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P";
    const reply = await this.post(this.targets.events, "application/json", JSON.stringify({ token: "verification-token", challenge, type: "url_verification" }), {}).catch(() => null);
    return reply !== null && reply.status === 200 && reply.body.includes(challenge);
  }

  async send(kind: PayloadKind, payload: Json, retry: Retry | null): Promise<Answer> {
    const again: Record<string, string> = retry === null ? {} : { "x-slack-retry-num": String(retry.attempt), "x-slack-retry-reason": retry.reason };
    const form = "application/x-www-form-urlencoded";
    try {
      const reply = kind === "events_api" ? await this.post(this.targets.events, "application/json", JSON.stringify(payload), again)
        : kind === "interactive" ? await this.post(this.targets.interactivity, form, new URLSearchParams({ payload: JSON.stringify(payload) }).toString(), {})
          : await this.post(this.targets.commands, form, new URLSearchParams(payload as Record<string, string>).toString(), {});
      if (reply.status < 200 || reply.status > 299) return { ok: false, reason: "http_error", noRetry: reply.headers["x-slack-no-retry"] === "1" };
      return { ok: true, body: bodyOf(reply) };
    } catch (error) { return { ok: false, reason: (error as Error).message === "too late" ? "http_timeout" : "connection_failed" }; }
  }

  private post(url: string, type: string, body: string, more: Record<string, string>): Promise<Reply> {
    const timestamp = String(Math.floor(Date.now() / 1000) + this.skewSeconds);
    const headers = { ...more, "content-type": type, "content-length": String(Buffer.byteLength(body)), "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)", "x-slack-request-timestamp": timestamp, "x-slack-signature": this.signature(timestamp, body) };
    return new Promise((done, fail) => {
      const call = request(url, { method: "POST", agent: this.agent, headers }, (answer) => {
        readAll(answer).then((bytes) => done({ status: answer.statusCode ?? 0, headers: answer.headers, body: bytes.toString("utf8") }), fail);
      });
      call.setTimeout(this.timeoutMs, () => { call.destroy(new Error("too late")); });
      call.once("error", fail).end(body);
    });
  }
  stop(): void { this.agent.destroy(); }
}

/** An empty answer, JSON, or the plain text that a command may answer with. */
function bodyOf({ body }: Reply): Json {
  if (body === "") return {};
  try { return JSON.parse(body) as Json; } catch { return { text: body }; }
}
