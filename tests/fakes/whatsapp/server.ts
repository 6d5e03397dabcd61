/** An own Graph API for tests, with webhooks that it signs itself. Source: developers.facebook.com/documentation/business-messaging/whatsapp/about-the-platform */
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { Faults, GraphFault, type Fault } from "./faults.ts";
import { readMessage, readUpload, receiverOf, type FakeMedia, type FakeTemplate, type Shown } from "./messages.ts";
import { FakeWhatsAppUser } from "./user.ts";

export interface RecordedCall { call: string; method: string; path: string; body: Record<string, unknown> }
/** One thing that happened, as `value` of a change: `{messages}` or `{statuses}`, with its contacts. */
export interface Happening { number?: string; field?: string; value: Record<string, unknown> }

export class FakeWhatsApp {
  readonly phoneNumberId = "106540352242922";
  readonly wabaId = "102290129340398";
  readonly accessToken = "EAAG-fake-access-token";
  readonly appSecret = "fake-app-secret-0123456789abcdef";
  readonly verifyToken = "a-word-of-our-own";
  readonly calls: RecordedCall[] = [];
  readonly shown: Shown[] = [];
  /** Our reactions by the message that they are on. */
  readonly reactions = new Map<string, string>();
  readonly media = new Map<string, FakeMedia>();
  readonly faults = new Faults();
  templates: FakeTemplate[] = [];
  /** What `GET /{number}` answers. */
  number: Record<string, unknown> = { display_phone_number: "+1 555-078-3881", verified_name: "Acme", quality_rating: "GREEN", status: "CONNECTED", throughput: { level: "STANDARD" }, whatsapp_business_manager_messaging_limit: "TIER_2K" };
  /** Where webhooks go, and how often each is sent. */
  hook: string | null = null;
  copies = 1;
  /** Statuses that are told by themselves for each accepted message; `early`: before the answer. */
  tells: { states: string[]; early?: boolean } = { states: [] };
  /** HTTP statuses that the webhook's receiver answered. */
  readonly answered: number[] = [];
  revoked = false;
  /** Where files are said to be. */
  fileOrigin: string | null = null;
  private origin = "";
  private last = 0;
  private readonly server = createServer((request, response) => { void this.handle(request, response); });

  static async start(): Promise<FakeWhatsApp> {
    const fake = new FakeWhatsApp();
    await new Promise<void>((done, fail) => { fake.server.once("error", fail).listen(0, "127.0.0.1", done); });
    fake.origin = `http://127.0.0.1:${(fake.server.address() as AddressInfo).port}`;
    return fake;
  }
  get apiUrl(): string { return `${this.origin}/v26.0`; }
  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => { this.server.close(() => done()); });
  }

  user(ids: { phone?: string; userId?: string; name?: string; username?: string }): FakeWhatsAppUser { return new FakeWhatsAppUser(this, ids); }
  fault(fault: Fault): void { this.faults.add(fault); }
  callsOf(call: string): RecordedCall[] { return this.calls.filter((one) => one.call === call); }
  nextId(): string { return `wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUFE${String(++this.last).padStart(8, "0")}AA==`; }
  addMedia(content: Buffer, type: string): string { const id = String(800_000_000_000_000 + ++this.last); this.media.set(id, { content, type, filename: "" }); return id; }

  // ───────── webhooks

  /** The call that Meta would make for these. Source: …/whatsapp/webhooks/overview */
  payload(...happenings: Happening[]): object {
    return { object: "whatsapp_business_account", entry: [{ id: this.wabaId, changes: happenings.map(({ number = this.phoneNumberId, field = "messages", value }) => ({ field, value: { messaging_product: "whatsapp", metadata: { display_phone_number: "15550783881", phone_number_id: number }, ...value } })) }] };
  }
  /** As Meta writes it: everything beyond ASCII escaped, so that only the raw bytes fit the signature. */
  raw(payload: unknown): Buffer { return Buffer.from(JSON.stringify(payload).replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)); }
  sign(body: Buffer): string { return `sha256=${createHmac("sha256", this.appSecret).update(body).digest("hex")}`; }

  /** One call for all of these, as often as `copies` says. Answers the last HTTP status. */
  async tell(...happenings: Happening[]): Promise<number> {
    if (this.hook === null) throw new Error("The fake has no webhook to call.");
    const body = this.raw(this.payload(...happenings));
    for (let copy = 0; copy < this.copies; copy++) {
      const { status } = await fetch(this.hook, { method: "POST", headers: { "content-type": "application/json", "x-hub-signature-256": this.sign(body) }, body: new Uint8Array(body) });
      this.answered.push(status);
    }
    return this.answered.at(-1)!;
  }
  /** Source: …/webhooks/reference/messages/status */
  statusOf({ wamid, to, key }: Pick<Shown, "wamid" | "to" | "key">, status: string, code?: number): Happening {
    const ids = /^\d/.test(to) ? { recipient_id: to } : { recipient_user_id: to };
    const errors = code === undefined ? {} : { errors: [{ code, title: "A title that changes", error_data: { details: "Message failed to send because more than 24 hours have passed." } }] };
    return { value: { statuses: [{ id: wamid, status, timestamp: String(Math.floor(Date.now() / 1000)), ...ids, ...(key === undefined ? {} : { biz_opaque_callback_data: key }), ...errors }] } };
  }

  // ───────── the API

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.origin);
    const raw = await buffer(request).catch(() => null);
    if (raw === null) return;
    const send = (status: number, body: string | Buffer, headers: Record<string, string> = {}) => { response.writeHead(status, { "content-type": "application/json", ...headers }).end(body); };
    const call = this.nameOf(request.method ?? "GET", url.pathname);
    const isJson = request.headers["content-type"]?.startsWith("application/json") === true;
    const body = isJson ? (JSON.parse(raw.toString("utf8")) as Record<string, unknown>) : {};
    this.calls.push({ call, method: request.method ?? "GET", path: `${url.pathname}${url.search}`, body });
    const fault = this.faults.take(call);
    const cut = (how: "hang" | "reset") => { if (how === "reset") response.socket?.resetAndDestroy(); };
    try {
      if (this.revoked || request.headers.authorization !== `Bearer ${this.accessToken}`) throw new GraphFault(401, 190, "Error validating access token");
      if (fault !== null && "hang" in fault && fault.hang === "before") return cut("hang");
      if (fault !== null && "reset" in fault && fault.reset === "before") return cut("reset");
      if (fault !== null && "code" in fault) throw new GraphFault(fault.status ?? 400, fault.code, fault.details, fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) });
      if (fault !== null && "status" in fault && fault.after !== true) throw new GraphFault(fault.status, null);
      const answer = await this.act(call, url, raw, body, request.headers["content-type"] ?? "", fault);
      if (fault !== null && "hang" in fault) return cut("hang");
      if (fault !== null && "reset" in fault) return cut("reset");
      if (fault !== null && "status" in fault) throw new GraphFault(fault.status, null);
      if (Buffer.isBuffer(answer)) return send(200, answer, { "content-type": "application/octet-stream" });
      send(200, JSON.stringify(answer));
    } catch (error) {
      const known = error instanceof GraphFault ? error : new GraphFault(500, 1, String(error));
      send(known.status, known.body, known.headers);
    }
  }

  private nameOf(method: string, path: string): string {
    if (path.startsWith("/files/")) return "file";
    const [, id, edge] = /^\/v26\.0\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
    if (edge === "messages" || (edge === "media" && method === "POST")) return edge;
    if (edge === "message_templates") return "templates";
    return id === this.phoneNumberId ? "number" : "media";
  }

  private async act(call: string, url: URL, raw: Buffer, body: Record<string, unknown>, contentType: string, fault: Fault["do"] | null): Promise<unknown> {
    const id = url.pathname.split("/").at(-1)!;
    switch (call) {
      case "file": return this.media.get(id)?.content ?? Promise.reject(new GraphFault(404, null));
      case "number": return { ...this.number, id: this.phoneNumberId };
      case "templates": return this.templatePage(url);
      case "messages": return this.accept(body, fault);
      default: break;
    }
    if (url.pathname.endsWith("/media")) {
      const file = readUpload(raw, contentType);
      const mediaId = this.addMedia(file.content, file.type);
      this.media.set(mediaId, file);
      return { id: mediaId };
    }
    const file = this.media.get(id);
    if (file === undefined) throw new GraphFault(400, 100, "Unsupported get request. Object does not exist");
    return { messaging_product: "whatsapp", url: `${this.fileOrigin ?? this.origin}/files/${id}`, mime_type: file.type, file_size: file.content.length, id };
  }

  /** Pages of two, so that cursors are followed. Source: …/whatsapp/templates/overview */
  private templatePage(url: URL): unknown {
    const approved = this.templates.filter(({ status }) => url.searchParams.get("status") === null || status === url.searchParams.get("status"));
    const start = Number(url.searchParams.get("after") ?? 0), end = start + 2;
    return { data: approved.slice(start, end), paging: { cursors: { before: String(start), after: String(end) }, ...(end < approved.length ? { next: "https://graph.facebook.com/next?access_token=secret" } : {}) } };
  }

  private async accept(body: Record<string, unknown>, fault: Fault["do"] | null): Promise<unknown> {
    if (body.status === "read") return { success: true };
    const to = receiverOf(body), wamid = this.nextId();
    if (body.type === "reaction") {
      const { message_id: on, emoji } = body.reaction as { message_id: string; emoji: string };
      this.reactions.set(on, emoji);
    } else {
      const message: Shown = { wamid, to, ...readMessage(body, this.media, this.templates) };
      if (fault !== null && "failLater" in fault) void this.tell(this.statusOf(message, "failed", fault.failLater));
      else {
        this.shown.push(message);
        const told = this.tells.states.map((state) => this.statusOf(message, state));
        if (this.tells.early === true) await this.tell(...told);
        else if (told.length > 0) void this.tell(...told);
      }
    }
    return { messaging_product: "whatsapp", contacts: [{ input: to, wa_id: to }], messages: [{ id: wamid, message_status: "accepted" }] };
  }
}
