/** A program that takes webhooks: checks each signature as the documentation says, and answers as the test wants. */
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const WEBHOOK_SECRET = "the secret of the test's webhook receiver";
export interface Told { id: string; event: string; conversation: { number: number; status: string; contact: { name: string } }; message?: { text: string; kind: string }; change?: Record<string, unknown> }

export class Receiver {
  /** Every call in its order, taken or not. */
  readonly calls: Told[] = [];
  /** What was answered with 200. */
  readonly taken: Told[] = [];
  readonly unsigned: string[] = [];
  url = "";
  /** Status, headers for the next calls; 200 when there is none left. "hang": never answered. */
  readonly answers: ({ status: number; headers?: Record<string, string> } | "hang")[] = [];
  private readonly server = createServer((request, response) => { void this.handle(request, response); });

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((done) => { receiver.server.listen(0, "127.0.0.1", done); });
    receiver.url = `http://127.0.0.1:${(receiver.server.address() as AddressInfo).port}/in`;
    return receiver;
  }
  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => { this.server.close(() => done()); });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const raw = Buffer.concat(parts).toString("utf8");
    const { headers } = request;
    const right = `v1=${createHmac("sha256", WEBHOOK_SECRET).update(`${String(headers["threadline-timestamp"])}.${raw}`).digest("hex")}`;
    const body = JSON.parse(raw) as Told;
    if (headers["threadline-signature"] !== right || headers["threadline-id"] !== body.id) { this.unsigned.push(raw); response.writeHead(401).end(); return; }
    this.calls.push(body);
    const answer = this.answers.shift() ?? { status: 200 };
    if (answer === "hang") return;
    if (answer.status === 200) this.taken.push(body);
    response.writeHead(answer.status, answer.headers).end("{}");
  }
}
