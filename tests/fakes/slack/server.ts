/** An own Slack for tests, made from Slack's documentation: remembers every call, delivers events, fails at will. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readAll, readArguments, uploadedBytes } from "./body.ts";
import type { Transport } from "./delivery.ts";
import { CallFaults, type CallFault, type EventRule } from "./faults.ts";
import { HttpDelivery, type HttpTargets } from "./http-delivery.ts";
import { Interactions } from "./interactions.ts";
import { linksOf, mentionsOf, type Link, type Mention } from "./mrkdwn.ts";
import { needed, requireScope, type Method, type MethodContext, type Switches } from "./methods/context.ts";
import { chatMethods } from "./methods/chat.ts";
import { conversationMethods } from "./methods/conversations.ts";
import { peopleMethods } from "./methods/people.ts";
import { surfaceMethods } from "./methods/surfaces.ts";
import { Rates, type RateOptions } from "./rates.ts";
import { Sockets } from "./sockets.ts";
import { SlackRefusal, type EphemeralMessage, type FakeView, type Json, type RecordedCall } from "./types.ts";

const METHODS: Record<string, Method> = { ...chatMethods, ...conversationMethods, ...peopleMethods, ...surfaceMethods };
/** All that the product asks for. Source: docs.slack.dev/reference/scopes */
export const ALL_SCOPES = [
  "app_mentions:read", "channels:history", "channels:read", "channels:join", "channels:manage", "groups:history", "groups:read", "groups:write", "im:history", "im:read", "im:write", "chat:write", "chat:write.customize",
  "chat:write.public", "commands", "files:read", "files:write", "reactions:read", "reactions:write", "users:read", "users:read.email", "usergroups:read", "team:read", "metadata.message:read", "emoji:read",
];
export interface FakeSlackOptions { botToken?: string; appToken?: string; signingSecret?: string; scopes?: string[]; port?: number; /** False keeps no calls, deliveries and acknowledgements, for long runs. */ record?: boolean }
interface Reply { status: number; body: Json | string; headers?: Record<string, string> }

export class FakeSlack extends Interactions {
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  readonly scopes: Set<string>;
  readonly calls: RecordedCall[] = [];
  readonly rates = new Rates(this.space.clock);
  readonly sockets = new Sockets(this.space.appId, () => { this.changed(); });
  readonly switches: Switches = { customizeRefusal: "ignore", setStatusError: null, shareDelayMs: 20 };
  /** With the last slash: what `slackApiUrl` takes. */
  apiUrl = "";
  private tokenState: "good" | "token_revoked" | "account_inactive" = "good";
  private readonly faults = new CallFaults();
  private readonly server = createServer((request, response) => { this.handle(request, response).catch(() => response.destroy()); });
  private readonly watchers = new Set<() => void>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private http: HttpDelivery | null = null;
  private readonly port: number;
  private readonly record: boolean;

  constructor({ botToken = "xoxb-fake-bot-token", appToken = "xapp-1-A0FAKE0001-fake-app-token", signingSecret = "fake-signing-secret", scopes = ALL_SCOPES, port = 0, record = true }: FakeSlackOptions = {}) {
    super();
    [this.botToken, this.appToken, this.signingSecret, this.port] = [botToken, appToken, signingSecret, port];
    this.scopes = new Set(scopes);
    this.record = this.deliverer.record = this.sockets.record = record;
    this.server.on("upgrade", (request, socket, head) => { this.sockets.upgrade(request, socket, head); });
  }

  async start(): Promise<void> {
    await new Promise<void>((done, fail) => { this.server.once("error", fail).listen(this.port, "127.0.0.1", done); });
    const { port } = this.server.address() as AddressInfo;
    this.shapes.base = `http://127.0.0.1:${port}`;
    this.sockets.base = `ws://127.0.0.1:${port}`;
    this.apiUrl = `${this.shapes.base}/api/`;
  }
  async stop(): Promise<void> {
    this.deliverer.stop();
    this.sockets.stop();
    this.http?.stop();
    for (const timer of this.timers) clearTimeout(timer);
    this.server.closeAllConnections();
    await new Promise<void>((done) => { this.server.close(() => done()); });
  }

  protected transport(): Transport { return this.http ?? this.sockets; }
  /** From now on over HTTP, signed; one address for all, or one each. @returns whether the app echoed the challenge */
  async deliverTo(target: string | HttpTargets): Promise<boolean> {
    this.http = new HttpDelivery(typeof target === "string" ? { events: target, interactivity: target, commands: target } : target, this.signingSecret);
    return this.http.verify();
  }
  /** The HTTP way, for its time limit, clock and secret. @throws Error before `deliverTo` */
  get overHttp(): HttpDelivery {
    if (this.http === null) throw new Error("Nothing is delivered over HTTP: call deliverTo first.");
    return this.http;
  }

  /** What the next fitting calls meet. */
  fail(method: string, fault: CallFault): void { this.faults.add(method, fault); }
  clearFaults(): void { this.faults.clear(); this.events.rules.clear(); }
  /** What happens to the fitting events from now on. */
  eventRule(rule: EventRule): void { this.events.rule(rule); }
  releaseEvents(arrange?: (held: Json[]) => Json[]): void { this.events.release(arrange); }
  enforceRateLimits(options?: RateOptions): void { this.rates.enforce(options); }
  callsOf(method: string): RecordedCall[] { return this.calls.filter((call) => call.method === method); }

  /** The event goes out, then every call with the bot token is refused. */
  revokeTokens(): void {
    this.events.publish({ type: "tokens_revoked", tokens: { oauth: [], bot: [this.space.botUserId] }, event_ts: this.space.eventTs() });
    this.tokenState = "token_revoked";
  }
  uninstall(): void {
    this.revokeTokens();
    this.events.publish({ type: "app_uninstalled", event_ts: this.space.eventTs() });
    this.tokenState = "account_inactive";
  }
  /** The same token is good again. */
  reinstall(): void { this.tokenState = "good"; }

  ephemeralsFor(user: string): EphemeralMessage[] { return this.space.ephemerals.filter((shown) => shown.user === user && !shown.deleted); }
  /** Modals, the topmost last. */
  openViews(user: string): FakeView[] { return [...this.views.stack(user)]; }
  homeOf(user: string): FakeView | null { return this.views.home(user); }
  fileBytes(id: string): Buffer | null { return this.space.files.get(id)?.content ?? null; }
  /** Whom a post notifies, bare names counted where Slack may parse them. */
  mentionsOf(channelId: string, ts: string): Mention[] {
    const names = new Map([...this.space.users.values()].map(({ id, name }) => [name.toLowerCase(), id]));
    for (const { id, handle } of this.space.userGroups) names.set(handle.toLowerCase(), id);
    return mentionsOf(this.space.message(channelId, ts), names);
  }
  linksOf(channelId: string, ts: string): Link[] { return linksOf(this.space.message(channelId, ts)); }

  /** Resolves with the first truthy answer of `check`, asked after everything that happens. @throws Error after `ms` */
  async until<T>(check: () => T, what: string, ms = 30_000): Promise<NonNullable<T>> {
    const first = check();
    if (first) return first;
    return new Promise((done, fail) => {
      const end = () => { clearTimeout(timer); this.watchers.delete(watch); };
      const watch = () => { const found = check(); if (found) { end(); done(found); } };
      const timer = setTimeout(() => { end(); fail(new Error(`Slack's fake waited ${ms} ms for: ${what}`)); }, ms);
      this.watchers.add(watch);
    });
  }
  /** Until nothing that was sent waits for its acknowledgement. */
  async idle(): Promise<void> { await this.until(() => this.deliverer.pending === 0, "acknowledgements"); }
  changed(): void { for (const watch of this.watchers) watch(); }

  private context(): MethodContext {
    const { space, shapes, events, messages, views, sockets, scopes, switches } = this;
    return { space, shapes, events, messages, views, sockets, scopes, switches, later: (ms, work) => {
      const timer = setTimeout(() => { this.timers.delete(timer); work(); this.changed(); }, ms);
      this.timers.add(timer);
    } };
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.shapes.base), type = request.headers["content-type"] ?? "";
    const body = await readAll(request);
    const [, area = "", ...rest] = url.pathname.split("/");
    if (area === "api") await this.call(rest.join("/"), type, body, url.search.slice(1), request, response);
    else if (area === "upload") write(response, this.upload(rest.at(-1) ?? "", uploadedBytes(type, body)));
    else if (area === "files-pri") this.download(rest[0] ?? "", request, response);
    else if (area === "actions") { const { status, text } = this.responses.take(rest.at(-1) ?? "", readArguments("application/json", body, "")); write(response, { status, body: text }); }
    else write(response, { status: 200, body: "<!DOCTYPE html><html><body>Sign in</body></html>", headers: { "content-type": "text/html; charset=utf-8" } });
    this.changed();
  }
  private upload(id: string, content: Buffer): Reply {
    const file = this.space.files.get(id);
    if (file === undefined || file.complete) return { status: 404, body: "not found" };
    file.content = content;
    return { status: 200, body: `OK - ${content.length}` };
  }
  /** Without a good token Slack shows its sign-in page, with status 200. */
  private download(path: string, request: IncomingMessage, response: ServerResponse): void {
    const file = this.space.files.get(path.split("-")[1] ?? "");
    const allowed = request.headers.authorization === `Bearer ${this.botToken}` && this.tokenState === "good" && this.scopes.has("files:read");
    if (file === undefined || file.deleted) { write(response, { status: 404, body: "not found" }); return; }
    if (!allowed) { write(response, { status: 302, body: "", headers: { location: `${this.shapes.base}/?redir=${encodeURIComponent(request.url ?? "")}` } }); return; }
    response.writeHead(200, { "content-type": file.mimetype, "content-length": file.content.length }).end(file.content);
  }

  private async call(method: string, type: string, body: Buffer, query: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let args: Json;
    try { args = readArguments(type, body, query); } catch { write(response, { status: 200, body: { ok: false, error: "invalid_json" } }); return; }
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? (args.token as string | undefined) ?? null;
    delete args.token;
    const call: RecordedCall = { method, args, at: this.space.now(), token };
    if (this.record) this.calls.push(call);
    const fault = this.faults.take(method, args);
    const cut = () => { call.status = "cut"; response.socket?.resetAndDestroy(); };
    const refusing = fault !== null && (fault.status !== undefined || fault.error !== undefined || fault.retryAfter !== undefined);
    if (fault?.dropBefore === true) { cut(); return; }
    if (fault?.delayMs !== undefined && fault.afterEffect !== true) await this.pause(fault.delayMs);
    const done = refusing && fault.afterEffect !== true ? null : this.answer(method, args, token);
    if (fault?.dropAfterEffect === true) { cut(); return; }
    if (fault?.delayMs !== undefined && fault.afterEffect === true) { this.changed(); await this.pause(fault.delayMs); }
    const reply = refusing ? refusal(fault) : done!;
    call.status = reply.status;
    call.error = typeof reply.body === "string" ? reply.body : ((reply.body.error as string | undefined) ?? null);
    write(response, reply);
  }
  private pause(ms: number): Promise<void> { return new Promise((done) => { const timer = setTimeout(() => { this.timers.delete(timer); done(); }, ms); this.timers.add(timer); }); }

  private answer(name: string, args: Json, token: string | null): Reply {
    const method = Object.hasOwn(METHODS, name) ? METHODS[name]! : undefined;
    const headers = { "x-oauth-scopes": method?.appToken === true ? "connections:write" : [...this.scopes].join(","), ...(method === undefined ? {} : { "x-accepted-oauth-scopes": method.appToken === true ? "connections:write" : method.scopes.join(",") }) };
    try {
      if (method === undefined) throw new SlackRefusal("unknown_method", { req_method: name });
      const wait = this.rates.take(name, method.tier, args);
      if (wait !== null) return refusal({ retryAfter: wait });
      if (name !== "api.test") this.authorise(method, token);
      const context = this.context();
      requireScope(context, ...method.scopes);
      needed(args, method.needs ?? []);
      return { status: 200, body: { ok: true, ...method.run(args, context) }, headers };
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error;
      return { status: 200, body: { ok: false, error: error.error, ...error.more }, headers };
    }
  }
  private authorise(method: Method, token: string | null): void {
    if (token === null) throw new SlackRefusal("not_authed");
    if (token !== this.botToken && token !== this.appToken) throw new SlackRefusal("invalid_auth");
    if ((token === this.appToken) !== (method.appToken === true)) throw new SlackRefusal("not_allowed_token_type");
    if (token === this.botToken && this.tokenState !== "good") throw new SlackRefusal(this.tokenState);
  }
}

function refusal({ status, error, retryAfter }: CallFault): Reply {
  if (retryAfter !== undefined) return { status: 429, body: { ok: false, error: "ratelimited" }, headers: { "retry-after": String(retryAfter) } };
  if (error !== undefined) return { status: status ?? 200, body: { ok: false, error } };
  return { status: status ?? 500, body: "upstream error" };
}
function write(response: ServerResponse, { status, body, headers = {} }: Reply): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": typeof body === "string" ? "text/plain" : "application/json; charset=utf-8", "x-slack-req-id": "fake", ...headers, "content-length": Buffer.byteLength(text) }).end(text);
}
