/**
 * Socket Mode: tickets, hello, envelopes to exactly one of the open sockets, acknowledgements, disconnects.
 * Source: docs.slack.dev/apis/events-api/using-socket-mode; not more than 10 sockets: github.com/slackapi/node-slack-sdk/issues/1654
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import type { Answer, PayloadKind, Retry, Transport } from "./delivery.ts";
import type { Json } from "./types.ts";

export type DisconnectReason = "warning" | "refresh_requested" | "link_disabled" | "too_many_websockets";
export interface Ack { envelopeId: string; kind: PayloadKind; payload: Json; /** Which socket it came over, counted from 1. */ socket: number }
interface Waiting { kind: PayloadKind; socket: WebSocket; settle: (answer: Answer) => void }
const MAX_SOCKETS = 10, HOST = "applink-fake-1";

export class Sockets implements Transport {
  /** `ws://127.0.0.1:PORT`, once the fake listens. */
  base = "";
  /** Milliseconds until an envelope counts as not acknowledged. */
  ackTimeoutMs = 3_000;
  /** Milliseconds between `disconnect` and the end of the connection. */
  closeDelayMs = 50;
  readonly acks: Ack[] = [];
  /** False keeps no acknowledgements, for long runs. */
  record = true;
  private readonly server = new WebSocketServer({ noServer: true });
  private readonly tickets = new Set<string>();
  private readonly open: WebSocket[] = [];
  private readonly numbers = new Map<WebSocket, number>();
  private readonly waiting = new Map<string, Waiting>();
  private turn = 0;
  private readonly heartbeat: NodeJS.Timeout;
  constructor(private readonly appId: string, private readonly changed: () => void, pingMs = 5_000) {
    this.heartbeat = setInterval(() => { for (const socket of this.open) socket.ping("Ping from applink-fake-1"); }, pingMs);
    this.heartbeat.unref();
  }

  get count(): number { return this.open.length; }
  /** An address that is good for one connection. */
  ticket(): string {
    const ticket = randomUUID();
    this.tickets.add(ticket);
    return `${this.base}/link/?ticket=${ticket}&app_id=${this.appId}`;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? "/", "http://fake").searchParams.get("ticket") ?? "";
    if (!this.tickets.delete(ticket)) { socket.end("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"); return; }
    this.server.handleUpgrade(request, socket, head, (accepted) => { this.welcome(accepted); });
  }
  private welcome(socket: WebSocket): void {
    socket.on("error", () => socket.terminate());
    if (this.open.length >= MAX_SOCKETS) { this.say(socket, { type: "disconnect", reason: "too_many_websockets", debug_info: { host: HOST } }); socket.close(); return; }
    this.open.push(socket);
    this.numbers.set(socket, this.numbers.size + 1);
    socket.on("message", (data: Buffer) => { this.acknowledge(socket, data.toString("utf8")); });
    socket.on("close", () => { this.gone(socket); });
    this.say(socket, { type: "hello", num_connections: this.open.length, debug_info: { host: HOST, build_number: 10, approximate_connection_time: 18_060 }, connection_info: { app_id: this.appId } });
    this.changed();
  }
  private gone(socket: WebSocket): void {
    const at = this.open.indexOf(socket);
    if (at >= 0) this.open.splice(at, 1);
    for (const [id, waiting] of this.waiting) if (waiting.socket === socket) { this.waiting.delete(id); waiting.settle({ ok: false, reason: "connection_failed" }); }
    this.changed();
  }
  private say(socket: WebSocket, message: Json): void { socket.send(JSON.stringify(message)); }

  send(kind: PayloadKind, payload: Json, retry: Retry | null): Promise<Answer> {
    const socket = this.open[this.turn++ % Math.max(1, this.open.length)];
    if (socket === undefined) return Promise.resolve({ ok: false, reason: "connection_failed" });
    const id = randomUUID();
    const again = kind === "events_api" ? { retry_attempt: retry?.attempt ?? 0, retry_reason: retry?.reason ?? "" } : {};
    return new Promise((done) => {
      const timer = setTimeout(() => { if (this.waiting.delete(id)) done({ ok: false, reason: "timeout" }); }, this.ackTimeoutMs);
      this.waiting.set(id, { kind, socket, settle: (answer) => { clearTimeout(timer); done(answer); } });
      this.say(socket, { envelope_id: id, type: kind, accepts_response_payload: kind !== "events_api", payload, ...again });
    });
  }
  private acknowledge(socket: WebSocket, text: string): void {
    const message = JSON.parse(text) as { envelope_id?: string; payload?: Json };
    const waiting = this.waiting.get(message.envelope_id ?? "");
    if (waiting === undefined) return;
    this.waiting.delete(message.envelope_id!);
    if (this.record) this.acks.push({ envelopeId: message.envelope_id!, kind: waiting.kind, payload: message.payload ?? {}, socket: this.numbers.get(socket)! });
    waiting.settle({ ok: true, body: message.payload ?? {} });
    this.changed();
  }

  /** What Slack says before it ends a connection: each of them, or the `only` first ones. */
  disconnect(reason: DisconnectReason, only = this.open.length): void {
    for (const socket of this.open.slice(0, only)) {
      this.say(socket, { type: "disconnect", reason, debug_info: { host: HOST } });
      setTimeout(() => socket.close(), this.closeDelayMs).unref();
    }
  }
  /** The connections break without a word. */
  cut(): void { for (const socket of this.open.slice()) socket.terminate(); }
  /** Open, but deaf: no pong, no acknowledgement is read. */
  freeze(): void { for (const socket of this.open) socket.pause(); }

  stop(): void {
    clearInterval(this.heartbeat);
    for (const waiting of this.waiting.values()) waiting.settle({ ok: false, reason: "stopped", noRetry: true });
    this.waiting.clear();
    this.cut();
    this.server.close();
  }
}
