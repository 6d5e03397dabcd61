/** An own Bot API server for tests, made from Telegram's documentation: zero latency, remembers every call, fails at will. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readCall, valueOf, type CallInput } from "./body.ts";
import { ApiFault, faultOf, Faults, type Fault } from "./faults.ts";
import { methods } from "./methods.ts";
import { FakeState, type ShownMessage } from "./state.ts";
import { UpdateQueue } from "./updates.ts";
import { FakeTelegramUser } from "./user.ts";

export interface RecordedCall {
  method: string; params: Record<string, unknown>; files: { field: string; filename: string; bytes: number }[];
  at: number;
  /** HTTP status that was answered; "none" when the connection was left hanging or cut. */
  answered?: number | "none";
  /** Whether the method did its work. */
  done: boolean;
}

export interface FakeTelegramOptions { token?: string; port?: number; /** False keeps no calls, for long runs. */ record?: boolean }
export const FAKE_TOKEN = "700000001:fake-telegram-token";

export class FakeTelegram {
  readonly state: FakeState;
  readonly updates = new UpdateQueue(() => { this.changed(); });
  readonly faults = new Faults();
  readonly calls: RecordedCall[] = [];
  /** True: the token was revoked at BotFather. */
  revoked = false;
  apiRoot = "";
  private readonly server = createServer((request, response) => { void this.handle(request, response); });
  private readonly watchers = new Set<() => void>();

  private constructor(readonly token: string, private readonly record: boolean) {
    this.state = new FakeState({ id: Number(token.split(":")[0]), is_bot: true, first_name: "Fake Bot", username: "fake_bot" });
  }

  static async start({ token = FAKE_TOKEN, port = 0, record = true }: FakeTelegramOptions = {}): Promise<FakeTelegram> {
    const fake = new FakeTelegram(token, record);
    await new Promise<void>((done, fail) => { fake.server.once("error", fail).listen(port, "127.0.0.1", done); });
    fake.apiRoot = `http://127.0.0.1:${(fake.server.address() as AddressInfo).port}`;
    return fake;
  }

  async close(): Promise<void> {
    this.updates.close();
    this.server.closeAllConnections();
    await new Promise<void>((done) => { this.server.close(() => done()); });
  }

  /** A customer who pressed Start. */
  user(id: number, firstName?: string): FakeTelegramUser { return new FakeTelegramUser(this, this.state.person(id, firstName)); }
  fault(fault: Fault): void { this.faults.add(fault); }
  /** What a customer sees from the bot, deleted ones left out. */
  shownTo(chat: number): ShownMessage[] { return this.state.shown.filter((message) => message.chat === chat && !message.deleted); }
  callsOf(method: string): RecordedCall[] { return this.calls.filter((call) => call.method === method); }

  /** Resolves with the first truthy answer of `check`, asked after every call. @throws Error after `ms` */
  async until<T>(check: () => T, what: string, ms = 30_000): Promise<NonNullable<T>> {
    const first = check();
    if (first) return first;
    return new Promise((done, fail) => {
      const end = () => { clearTimeout(timer); this.watchers.delete(watch); };
      const watch = () => { const found = check(); if (found) { end(); done(found); } };
      const timer = setTimeout(() => { end(); fail(new Error(`Telegram's fake waited ${ms} ms for: ${what}`)); }, ms);
      this.watchers.add(watch);
    });
  }
  changed(): void { for (const watch of this.watchers) watch(); }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.apiRoot);
    const [, kind, token, rest] = /^\/(file\/)?bot([^/]+)\/(.+)$/.exec(url.pathname) ?? [];
    if (token !== this.token || this.revoked || rest === undefined) { request.resume(); return reply(response, rest === undefined ? faultOf(404) : faultOf(401)); }
    if (kind !== undefined) return this.download(decodeURIComponent(rest), response);
    let input: CallInput;
    try { input = await readCall(request, url.searchParams); } catch { return reply(response, faultOf(400, "Bad Request: can't parse request")); }
    const call: RecordedCall = { method: rest, params: input.params, files: Object.entries(input.files).map(([field, f]) => ({ field, filename: f.filename, bytes: f.content.length })), at: Date.now(), done: false };
    if (this.record) this.calls.push(call);
    const chat = valueOf(input, "chat_id");
    const fault = this.faults.take(rest, chat === undefined ? undefined : Number(chat));
    await this.answer(call, input, fault, response);
    this.changed();
  }

  private async answer(call: RecordedCall, input: CallInput, fault: Fault["do"] | null, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const cut = (how: "hang" | "reset") => { call.answered = "none"; if (how === "reset") response.socket?.resetAndDestroy(); };
    if (fault !== null && "delayMs" in fault) await new Promise((done) => { setTimeout(done, fault.delayMs); });
    if (fault !== null && "hang" in fault && fault.hang === "before") return cut("hang");
    if (fault !== null && "reset" in fault && fault.reset === "before") return cut("reset");
    let result: unknown;
    try {
      if (fault !== null && "status" in fault && fault.after !== true) throw faultOf(fault.status, fault.description, fault.retryAfter);
      const method = methods[call.method];
      if (method === undefined) throw faultOf(404);
      result = await method(input, { state: this.state, updates: this.updates, gone: gone.signal });
      call.done = true;
      if (fault !== null && "status" in fault) throw faultOf(fault.status, fault.description, fault.retryAfter);
    } catch (error) {
      const known = error instanceof ApiFault ? error : faultOf(500, String(error));
      call.answered = known.status;
      return reply(response, known);
    }
    if (fault !== null && "hang" in fault) return cut("hang");
    if (fault !== null && "reset" in fault) return cut("reset");
    call.answered = 200;
    reply(response, result);
  }

  private download(path: string, response: ServerResponse): void {
    const file = [...this.state.files.values()].find((candidate) => candidate.path === path);
    if (file === undefined) return reply(response, faultOf(404));
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": file.content.length }).end(file.content);
  }
}

function reply(response: ServerResponse, result: unknown): void {
  const fault = result instanceof ApiFault ? result : null;
  const body = JSON.stringify(fault === null ? { ok: true, result } : { ok: false, error_code: fault.status, description: fault.description, ...(fault.parameters === undefined ? {} : { parameters: fault.parameters }) });
  response.writeHead(fault?.status ?? 200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
}
