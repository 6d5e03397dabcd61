/** A Discord of our own for tests: REST under `restUrl`, the gateway under `gatewayUrl`, files under `/cdn`. Source: discord.com/developers/docs/reference */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readBody } from "./body.ts";
import { serveFile } from "./cdn.ts";
import { ApiError } from "./errors.ts";
import { errorOf, Faults, type Fault } from "./faults.ts";
import { Gateway } from "./gateway.ts";
import { Moderation } from "./moderation.ts";
import { RateLimits } from "./rate-limits.ts";
import { find, route, type Call, type Found } from "./router.ts";
import { channelRoutes } from "./routes/channels.ts";
import { commandRoutes, showCommand } from "./routes/commands.ts";
import { guildRoutes } from "./routes/guilds.ts";
import { interactionRoutes, isOwn } from "./routes/interactions.ts";
import { messageRoutes } from "./routes/messages.ts";
import { webhookRoutes } from "./routes/webhooks.ts";
import type { FakeMessage, Json, Pings, UploadedFile } from "./types.ts";
import type { ChannelLike, MessageLike } from "./people.ts";
import type { WorldOptions } from "./world.ts";

export interface RecordedCall {
  method: string; path: string; /** As documented, `/channels/:channel/messages`. */ route: string; query: Record<string, string>; body: unknown; files: { name: string; filename: string; bytes: number }[]; reason: string | null;
  at: number; /** "none": the connection was cut. */ answered: number | "none" | null; /** Whether the work was done. */ done: boolean;
}
export interface FakeDiscordOptions extends WorldOptions { port?: number; /** False keeps no calls, for long runs. */ record?: boolean }

const gatewayRoutes = [route("GET", "/gateway", () => ({}), { auth: false }), route("GET", "/gateway/bot", () => ({}))];
const ROUTES = [...gatewayRoutes, ...messageRoutes, ...channelRoutes, ...guildRoutes, ...commandRoutes, ...webhookRoutes];

export class FakeDiscord extends Moderation {
  readonly calls: RecordedCall[] = [];
  readonly faults = new Faults();
  readonly limits: RateLimits;
  readonly gateway: Gateway;
  gatewayUrl = "";
  private readonly record: boolean;
  private readonly port: number;
  private readonly server = createServer((request, response) => { void this.handle(request, response); });

  constructor(options: FakeDiscordOptions = {}) {
    super(options);
    this.record = options.record ?? true;
    this.port = options.port ?? 0;
    this.limits = new RateLimits(() => this.now());
    this.gateway = new Gateway(this, () => this.gatewayUrl);
    this.emit = (event, data, place) => this.gateway.publish(event, data, place);
  }
  static async start(options: FakeDiscordOptions = {}): Promise<FakeDiscord> { const fake = new FakeDiscord(options); await fake.start(); return fake; }
  async start(): Promise<void> {
    await new Promise<void>((done, fail) => { this.server.once("error", fail).listen(this.port, "127.0.0.1", done); });
    this.server.on("upgrade", (request, socket, head) => this.gateway.upgrade(request, socket, head));
    const { port } = this.server.address() as AddressInfo;
    this.baseUrl = `http://127.0.0.1:${port}`;
    this.gatewayUrl = `ws://127.0.0.1:${port}/gateway`;
  }
  async stop(): Promise<void> {
    for (const interaction of this.interactions.values()) interaction.tell();
    this.gateway.close();
    this.server.closeAllConnections();
    await new Promise<void>((done) => { this.server.close(() => done()); });
  }
  /** For discord.js: `new Client({ rest: { api: fake.restUrl } })`. */
  get restUrl(): string { return `${this.baseUrl}/api`; }

  /** The next calls that fit go wrong: `POST /channels/*\/messages`, `/webhooks/**`, or a RegExp on `METHOD /path`. */
  fail(pattern: string | RegExp, fault: Fault): void { this.faults.add(pattern, fault); }
  messagesIn(channel: ChannelLike): FakeMessage[] { return this.messagesOf(typeof channel === "string" ? channel : channel.id); }
  commands(): Json[] { return [...this.appCommands.values()].map((command) => showCommand(this, command)); }
  /** Whom the message pinged, and whether it did so without a sound. */
  mentionsIn(message: MessageLike): Pings & { silent: boolean } { const { pings, flags } = this.messageOf(message); return { ...pings, silent: (flags & 4096) !== 0 }; }
  callsOf(method: string, path: RegExp | string): RecordedCall[] { return this.calls.filter((call) => call.method === method && (typeof path === "string" ? call.route === path : path.test(call.path))); }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.baseUrl), method = request.method ?? "GET";
    if (url.pathname.startsWith("/cdn/")) return serveFile(this, url, response);
    const path = /^\/api\/v10(\/.*)$/.exec(url.pathname)?.[1];
    let body: Json | Json[] = {}, files: UploadedFile[] = [], broken: unknown = null;
    try { ({ body, files } = await readBody(request)); } catch (error) { broken = error; }
    const found = path === undefined ? null : find(isOwn(this, path) ? [...interactionRoutes, ...webhookRoutes] : ROUTES, method, path);
    const reason = request.headers["x-audit-log-reason"];
    const call: RecordedCall = {
      method, path: path ?? url.pathname, route: found?.route.path ?? "", query: Object.fromEntries(url.searchParams), body, files: files.map((f) => ({ name: f.name, filename: f.filename, bytes: f.content.length })),
      reason: typeof reason === "string" ? decodeURIComponent(reason) : null, at: this.now(), answered: null, done: false,
    };
    if (this.record) this.calls.push(call);
    await this.respond(call, { found, body, files, query: url.searchParams, authorised: request.headers.authorization === `Bot ${this.token}`, broken }, response);
    this.changed();
  }

  private async respond(call: RecordedCall, input: { found: Found | null; body: Json | Json[]; files: UploadedFile[]; query: URLSearchParams; authorised: boolean; broken: unknown }, response: ServerResponse): Promise<void> {
    const fault = this.faults.take(call.method, call.path), error = fault === null ? null : errorOf(fault);
    const cut = () => { call.answered = "none"; response.socket?.destroy(); };
    if (fault?.delayMs !== undefined) await new Promise((done) => { setTimeout(done, fault.delayMs); });
    if (fault?.dropBefore === true) return cut();
    let headers: Record<string, string> = {};
    try {
      if (input.broken !== null) throw input.broken;
      if (error !== null && fault?.afterEffect !== true) throw error;
      if (input.found === null) throw new ApiError(404, 0, "404: Not Found");
      const { route: chosen, params } = input.found;
      if (chosen.auth && !input.authorised) throw new ApiError(401, 0, "401: Unauthorized");
      headers = this.limits.take(`${call.method} ${chosen.path}`, params.channel ?? params.guild ?? params.webhook ?? "");
      const result = this.run(chosen, input, params);
      call.done = true;
      if (fault?.dropAfterEffect === true) return cut();
      if (error !== null) throw error;
      call.answered = result === undefined ? 204 : 200;
      this.write(response, call.answered, result, headers);
    } catch (thrown) {
      const known = thrown instanceof ApiError ? thrown : new ApiError(500, 0, `500: ${String(thrown)}`);
      call.answered = known.status;
      this.write(response, known.status, known.body, { ...headers, ...known.headers });
    }
  }
  private run(chosen: Found["route"], input: { body: Json | Json[]; files: UploadedFile[]; query: URLSearchParams }, params: Record<string, string>): unknown {
    if (chosen.path.startsWith("/gateway")) return { url: this.gatewayUrl, ...(chosen.path === "/gateway/bot" ? { shards: 1, session_start_limit: { ...this.gateway.startLimit } } : {}) };
    const asList = Array.isArray(input.body);
    const context: Call = { world: this, query: input.query, body: asList ? {} : (input.body as Json), bodyList: asList ? (input.body as Json[]) : [], files: input.files, param: (name) => params[name] ?? "", bot: this.botMember };
    return chosen.run(context);
  }
  private write(response: ServerResponse, status: number, body: unknown, headers: Record<string, string>): void {
    const text = body === undefined ? "" : JSON.stringify(body);
    response.writeHead(status, { ...(text === "" ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) }), ...headers }).end(text);
  }
}
