/** A bridge as its author would write one: every callback is checked, taken once by its id, and answered as the test wants. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { callbackBody, type CallbackBody } from "../../../src/channels/api/wire.ts";

export const SIGNING_SECRET = "the signing secret of the test's bridge";

/** `effect`: the callback is taken before the bridge fails. */
export type BridgeFault =
  | { status: number; body?: unknown; headers?: Record<string, string>; effect?: boolean }
  | { hang: "before" | "after" }
  | { cut: true };
export interface Taken { id: string; body: CallbackBody; raw: string }
export interface Line { id: string; text: string; edited: boolean; files: { fileId: string; name: string; path: string }[]; author: string }

export class FakeBridge {
  /** Every call in its order, also repeats and those that failed. */
  readonly calls: { id: string; event: string; answered: number | "none" }[] = [];
  /** Each id once. */
  readonly taken: Taken[] = [];
  /** What the customer sees now. */
  readonly shown: Line[] = [];
  readonly unsigned: string[] = [];
  url = "";
  /** What goes wrong by chance, where no fault was ordered. */
  random: (() => BridgeFault | undefined) | null = null;
  private readonly faults: BridgeFault[] = [];
  private readonly server = createServer((request, response) => { void this.handle(request, response); });

  static async start(path = "/threadline"): Promise<FakeBridge> {
    const bridge = new FakeBridge();
    await new Promise<void>((done, fail) => { bridge.server.once("error", fail).listen(0, "127.0.0.1", done); });
    bridge.url = `http://127.0.0.1:${(bridge.server.address() as AddressInfo).port}${path}`;
    return bridge;
  }
  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => { this.server.close(() => done()); });
  }

  /** The next call fails so, courtesies (read, typing) left out; `times` for more than one. */
  fault(fault: BridgeFault, times = 1): void { for (let n = 0; n < times; n++) this.faults.push(fault); }
  /** Calls of one kind in their order, also repeats and those that failed. */
  callsOf(event: CallbackBody["event"]) { return this.calls.filter((call) => call.event === event); }
  /** What was told by one kind of callback, each id once. */
  told<E extends CallbackBody["event"]>(event: E): Extract<CallbackBody, { event: E }>[] {
    return this.taken.map(({ body }) => body).filter((body): body is Extract<CallbackBody, { event: E }> => body.event === event);
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const raw = Buffer.concat(parts).toString("utf8");
    if (!isSigned(request, raw)) {
      this.unsigned.push(raw);
      response.writeHead(401).end();
      return;
    }
    const body = callbackBody.parse(JSON.parse(raw));
    const fault = body.event === "read" || body.event === "typing" ? undefined : this.faults.shift() ?? this.random?.();
    const call = { id: body.id, event: body.event, answered: "none" as number | "none" };
    this.calls.push(call);
    if (fault === undefined || ("hang" in fault ? fault.hang === "after" : "effect" in fault && fault.effect === true)) this.take(body, raw);
    if (fault !== undefined && "hang" in fault) return;
    if (fault !== undefined && "cut" in fault) { request.socket.destroy(); return; }
    call.answered = fault?.status ?? 200;
    response.writeHead(call.answered, { "content-type": "application/json", ...fault?.headers }).end(fault?.body === undefined ? "{}" : typeof fault.body === "string" ? fault.body : JSON.stringify(fault.body));
  }

  private take(body: CallbackBody, raw: string): void {
    if (this.taken.some(({ id }) => id === body.id)) return;
    this.taken.push({ id: body.id, body, raw });
    if (body.event !== "message" && body.event !== "message.edited" && body.event !== "message.deleted") return;
    const at = this.shown.findIndex(({ id }) => id === body.message.id);
    if (body.event === "message.deleted") { if (at >= 0) this.shown.splice(at, 1); return; }
    const { id, text, files, author } = body.message;
    const line: Line = { id, text, edited: body.event === "message.edited", files: files.map(({ fileId, name, path }) => ({ fileId, name, path })), author: author.name };
    if (at >= 0) this.shown[at] = line;
    else this.shown.push(line);
  }
}

/** As the documentation says: the HMAC of timestamp and body. Its age is left out, since tests push the clock. */
function isSigned({ headers }: IncomingMessage, raw: string): boolean {
  const timestamp = Number(headers["threadline-timestamp"]);
  const given = Buffer.from(String(headers["threadline-signature"]));
  const right = Buffer.from(`v1=${createHmac("sha256", SIGNING_SECRET).update(`${timestamp}.${raw}`).digest("hex")}`);
  if (given.length !== right.length || !timingSafeEqual(given, right)) return false;
  return (JSON.parse(raw) as { id: unknown }).id === headers["threadline-id"];
}
