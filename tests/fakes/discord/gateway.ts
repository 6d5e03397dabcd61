/** The gateway: sessions, heartbeats, resume with replay. Source: discord.com/developers/docs/events/gateway, .../topics/opcodes-and-status-codes#gateway-close-event-codes */
import type { IncomingMessage } from "node:http";
import { randomBytes } from "node:crypto";
import { WebSocketServer, type WebSocket } from "ws";
import { disallowed, INTENT, seenBy, validIntents } from "./intents.ts";
import { showGuildCreate, showMember, showUser } from "./show.ts";
import { list, object, text, type Json } from "./types.ts";
import type { EventPlace, World } from "./world.ts";

interface Sent { s: number; t: string; d: Json }
export interface Session { id: string; intents: number; seq: number; log: Sent[]; socket: WebSocket | null; alive: boolean }
/** What becomes of the next events of a kind. */
interface EventFault { event: string | RegExp; how: "drop" | "duplicate" | "hold"; left: number; when?: (data: Json) => boolean }

const CLOSE = { unknownOpcode: 4001, notAuthenticated: 4003, authenticationFailed: 4004, alreadyAuthenticated: 4005, invalidSeq: 4007, disallowedIntents: 4014, invalidIntents: 4013, invalidVersion: 4012 } as const;
/** Flags of the application. Source: discord.com/developers/docs/resources/application#application-object-application-flags (the "limited" ones: below the review threshold) */
export const applicationFlags = (world: World): number => (world.portal.presences ? 1 << 13 : 0) | (world.portal.members ? 1 << 15 : 0) | (world.portal.messageContent ? 1 << 19 : 0);

export class Gateway {
  readonly sessions: Session[] = [];
  /** Every payload that clients sent, for tests. */
  readonly received: { op: number; d: unknown }[] = [];
  heartbeatMs = 41_250;
  /** True: heartbeats stay unanswered, so that the client takes the connection for dead. */
  zombie = false;
  /** True: nobody gets in; connections are closed at once. */
  down = false;
  identifies = 0; resumes = 0;
  /** How many events a session can replay at least; who missed more must identify anew. */
  replayLimit = 10_000;
  startLimit = { total: 1000, remaining: 1000, reset_after: 86_400_000, max_concurrency: 1 };
  private readonly faults: EventFault[] = [];
  private held: { session: Session; sent: Sent }[] = [];
  private readonly sockets = new Set<WebSocket>();
  private readonly server = new WebSocketServer({ noServer: true });

  /** Told as the place where sessions are resumed; null: where they began. */
  resumeAt: string | null = null;
  constructor(private readonly world: World, private readonly url: () => string) {}

  upgrade(request: IncomingMessage, socket: import("node:stream").Duplex, head: Buffer): void {
    this.server.handleUpgrade(request, socket, head, (ws) => this.accept(ws, new URL(request.url ?? "/", "http://127.0.0.1")));
  }
  close(): void { for (const socket of this.sockets) socket.terminate(); this.server.close(); }

  private accept(socket: WebSocket, url: URL): void {
    this.sockets.add(socket);
    socket.on("close", () => { this.sockets.delete(socket); for (const session of this.sessions) if (session.socket === socket) session.socket = null; this.world.changed(); });
    socket.on("error", () => socket.terminate());
    if (this.down) return socket.terminate();
    if (url.searchParams.get("v") !== "10") return socket.close(CLOSE.invalidVersion, "Invalid API version.");
    socket.on("message", (raw) => {
      const payload = JSON.parse((raw as Buffer).toString("utf8")) as { op: number; d: unknown };
      this.received.push(payload);
      this.answer(socket, payload.op, payload.d);
      this.world.changed();
    });
    this.send(socket, { op: 10, d: { heartbeat_interval: this.heartbeatMs, _trace: ["fake"] }, s: null, t: null });
  }
  private send(socket: WebSocket, payload: object): void { if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(payload)); }
  private sessionOf(socket: WebSocket): Session | undefined { return this.sessions.find((session) => session.socket === socket); }

  private answer(socket: WebSocket, op: number, d: unknown): void {
    const session = this.sessionOf(socket);
    if (op === 1) { if (!this.zombie) this.send(socket, { op: 11, d: null, s: null, t: null }); return; }
    if (op === 2) return session === undefined ? this.identify(socket, object(d)) : socket.close(CLOSE.alreadyAuthenticated, "Already authenticated.");
    if (op === 6) return this.resume(socket, object(d));
    if (session === undefined) return socket.close(CLOSE.notAuthenticated, "Not authenticated.");
    if (op === 8) return this.sendMembers(session, object(d));
    if (op !== 3 && op !== 4 && op !== 31) socket.close(CLOSE.unknownOpcode, "Unknown opcode.");
  }

  private identify(socket: WebSocket, d: Json): void {
    this.identifies++;
    if (d.token !== this.world.token) return socket.close(CLOSE.authenticationFailed, "Authentication failed.");
    if (!validIntents(d.intents)) return socket.close(CLOSE.invalidIntents, "Invalid intent(s).");
    if (disallowed(this.world, d.intents)) return socket.close(CLOSE.disallowedIntents, "Disallowed intent(s).");
    if (this.startLimit.remaining <= 0) return socket.close(CLOSE.authenticationFailed, "Authentication failed.");
    this.startLimit.remaining--;
    const session: Session = { id: randomBytes(16).toString("hex"), intents: d.intents, seq: 0, log: [], socket, alive: true };
    this.sessions.push(session);
    const { world } = this;
    this.dispatch(session, "READY", {
      v: 10, user: { ...showUser(world.bot), verified: true, email: null, flags: 0, mfa_enabled: false }, guilds: world.botInGuild ? [{ id: world.guildId, unavailable: true }] : [], session_id: session.id,
      resume_gateway_url: this.resumeAt ?? this.url(), session_type: "normal", shard: d.shard ?? [0, 1], application: { id: world.bot.id, flags: applicationFlags(world) }, private_channels: [], relationships: [], presences: [], _trace: [],
    });
    if (world.botInGuild && (session.intents & INTENT.guilds) !== 0) this.dispatch(session, "GUILD_CREATE", showGuildCreate(world, (session.intents & INTENT.presences) !== 0));
  }

  private resume(socket: WebSocket, d: Json): void {
    this.resumes++;
    if (d.token !== this.world.token) return socket.close(CLOSE.authenticationFailed, "Authentication failed.");
    const session = this.sessions.find((candidate) => candidate.id === d.session_id && candidate.alive), seq = Number(d.seq ?? 0);
    if (session === undefined || seq < (session.log[0]?.s ?? 1) - 1) return this.send(socket, { op: 9, d: false, s: null, t: null });
    if (seq > session.seq) { session.alive = false; return socket.close(CLOSE.invalidSeq, "Invalid sequence."); }
    session.socket?.terminate();
    session.socket = socket;
    this.held = this.held.filter((waiting) => waiting.session !== session);
    for (const sent of session.log) if (sent.s > seq) this.send(socket, { op: 0, ...sent });
    this.dispatch(session, "RESUMED", { _trace: [] });
  }

  private sendMembers(session: Session, d: Json): void {
    const { world } = this, query = text(d.query)?.toLowerCase(), ids = d.user_ids === undefined ? null : list(typeof d.user_ids === "string" ? [d.user_ids] : d.user_ids).map(String);
    if (query === "" && (session.intents & INTENT.members) === 0) return;
    const limit = Number(d.limit ?? 0);
    const found = [...world.members.values()].filter((m) => (ids === null ? m.user.username.toLowerCase().startsWith(query ?? "") || (m.nick ?? "").toLowerCase().startsWith(query ?? "") : ids.includes(m.user.id))).slice(0, limit === 0 ? undefined : limit);
    this.dispatch(session, "GUILD_MEMBERS_CHUNK", { guild_id: world.guildId, members: found.map(showMember), chunk_index: 0, chunk_count: 1, not_found: (ids ?? []).filter((id) => !world.members.has(id)), ...(d.nonce === undefined ? {} : { nonce: d.nonce }) });
  }

  /** Tells every session that may know. */
  publish(event: string, data: Json, place: EventPlace = {}): void {
    for (const session of this.sessions) {
      const seen = session.alive ? seenBy(this.world, session.intents, event, data, place) : null;
      if (seen !== null) this.dispatch(session, event, seen);
    }
  }
  private dispatch(session: Session, t: string, d: Json): void {
    const fault = this.faults.find((f) => f.left > 0 && (typeof f.event === "string" ? f.event === t : f.event.test(t)) && (f.when === undefined || f.when(d)));
    if (fault !== undefined) fault.left--;
    if (fault?.how === "drop") return;
    const sent: Sent = { s: ++session.seq, t, d };
    session.log.push(sent);
    if (session.log.length > 2 * this.replayLimit) session.log = session.log.slice(-this.replayLimit);
    if (fault?.how === "hold") { this.held.push({ session, sent }); return; }
    this.deliver(session, sent);
    if (fault?.how === "duplicate") { const again = { s: ++session.seq, t, d }; session.log.push(again); this.deliver(session, again); }
  }
  private deliver(session: Session, sent: Sent): void { if (session.socket !== null) this.send(session.socket, { op: 0, ...sent }); }

  /** The next `times` events of this kind never arrive, not even by resuming. */
  drop(event: string | RegExp, { times = 1, when }: { times?: number; when?: (data: Json) => boolean } = {}): void { this.faults.push({ event, how: "drop", left: times, ...(when === undefined ? {} : { when }) }); }
  duplicate(event: string | RegExp, { times = 1, when }: { times?: number; when?: (data: Json) => boolean } = {}): void { this.faults.push({ event, how: "duplicate", left: times, ...(when === undefined ? {} : { when }) }); }
  /** They wait, and later ones overtake them, until `release`. */
  hold(event: string | RegExp = /./, { times = Infinity, when }: { times?: number; when?: (data: Json) => boolean } = {}): void { this.faults.push({ event, how: "hold", left: times, ...(when === undefined ? {} : { when }) }); }
  /** Ends all holding and delivers what was held, in order or backwards. Returns how many. */
  release({ backwards = false }: { backwards?: boolean } = {}): number {
    for (const fault of this.faults) if (fault.how === "hold") fault.left = 0;
    const waiting = backwards ? this.held.toReversed() : this.held;
    this.held = [];
    for (const { session, sent } of waiting) this.deliver(session, sent);
    return waiting.length;
  }

  /** Events that wait for `release`. */
  get waiting(): number { return this.held.length; }
  get connected(): number { return this.sessions.filter((session) => session.socket !== null).length; }
  /** The connection breaks. `resumable` false: the session is lost with it, and what happens meanwhile too. */
  cut({ resumable = true }: { resumable?: boolean } = {}): void {
    for (const session of this.sessions) { if (!resumable) session.alive = false; const { socket } = session; session.socket = null; socket?.terminate(); }
  }
  /** Opcode 7. */
  askToReconnect(): void { for (const { socket } of this.sessions) if (socket !== null) this.send(socket, { op: 7, d: null, s: null, t: null }); }
  /** Opcode 9; not resumable: the session is gone. */
  invalidate({ resumable = false }: { resumable?: boolean } = {}): void {
    for (const session of this.sessions) { const { socket } = session; if (!resumable) { session.alive = false; session.socket = null; } if (socket !== null) this.send(socket, { op: 9, d: resumable, s: null, t: null }); }
  }
  /** Asks for a heartbeat now (opcode 1). */
  askHeartbeat(): void { for (const { socket } of this.sessions) if (socket !== null) this.send(socket, { op: 1, d: null, s: null, t: null }); }
}
