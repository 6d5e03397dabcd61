/**
 * One connection to Discord's gateway, kept by discord.js's own shard: HELLO, IDENTIFY, RESUME and heartbeats are its work.
 * What counts as received is ours: a session is resumed after the last event that was stored, so what was not stored comes again.
 * Source: discord.com/developers/docs/events/gateway, .../topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
 */
import { DefaultWebSocketManagerOptions, SimpleIdentifyThrottler, SimpleShardingStrategy, type SessionInfo } from "discord.js";

/** A dispatch: its name, its number in the session, its data as Discord sends it. */
export interface GatewayEvent { t: string; s: number; d: unknown }
/** Why a connection ended: Discord's close code, "not stored", "failed", or null when we ended it. */
export interface GatewayEnd { code: number | null; why: "refused" | "failed" | "not-stored" | "closed" }

/** A session outlives its connections. Null: there is none, a new one is begun. */
export interface GatewaySession { info: SessionInfo | null; progress: Progress }
/** Which events of a session are stored. */
export class Progress {
  readonly #open = new Set<number>();
  #last: number;
  constructor(from = 0) { this.#last = from; }
  /** False: it is being stored already (replayed while it was). */
  begin(s: number): boolean {
    if (this.#open.has(s)) return false;
    this.#open.add(s);
    this.#last = Math.max(this.#last, s);
    return true;
  }
  end(s: number): void { this.#open.delete(s); }
  /** All up to this number are stored. */
  get stored(): number {
    let least = this.#last + 1;
    for (const s of this.#open) least = Math.min(least, s);
    return least - 1;
  }
  /** What was begun and not ended comes again. */
  restart(): Progress { return new Progress(this.stored); }
}
export const newSession = (): GatewaySession => ({ info: null, progress: new Progress() });

export interface GatewayOptions {
  token: string;
  /** Bits. Source: discord.com/developers/docs/events/gateway#list-of-intents */
  intents: number;
  /** Where the gateway is, "wss://gateway.discord.gg". */
  address(): Promise<string>;
  /** Where a session is resumed; left out: where Discord says, which a proxy in between may not let through. */
  resumeAt?: string;
  session: GatewaySession;
  /** Resolves once all that it brought is stored. A rejection ends the connection; the event comes again with the next. */
  dispatch(event: GatewayEvent): Promise<void>;
  /** Discord greeted ("ready": a new session; "resumed": what was missed has been told) or is gone ("down"). */
  state(state: "ready" | "resumed" | "down"): void;
}
export interface OpenGateway { /** Never rejects. */ ended: Promise<GatewayEnd>; /** `resumable` keeps the session for the next connection. */ close(o?: { resumable?: boolean }): Promise<void> }

/** Not to be tried again before somebody has changed something: token, intents, version. */
const REFUSED = new Set([4004, 4010, 4011, 4012, 4013, 4014]);
/** Closed so often in a row without a greeting, it is left to the keeper, who waits longer. */
const CLOSES = 3;
/** Closing with 1000 would end the session at Discord's too. */
const RESUMABLE = 4200, NORMAL = 1_000;

interface ShardEvents { code?: number; data?: GatewayEvent }
type Manager = ConstructorParameters<typeof SimpleShardingStrategy>[0];

/** @throws what `address` throws */
export async function openGateway({ token, intents, address, resumeAt, session, dispatch, state }: GatewayOptions): Promise<OpenGateway> {
  let settle: (end: GatewayEnd) => void = () => undefined;
  const ended = new Promise<GatewayEnd>((resolve) => { settle = resolve; });
  let over = false, closes = 0;
  session.progress = session.progress.restart();
  /** What overtook a new session's READY: discord.js tells READY a moment later than what comes right behind it. */
  let early: GatewayEvent[] | null = session.info === null ? [] : null;

  async function end(why: GatewayEnd, resumable: boolean): Promise<void> {
    if (over) return;
    over = true;
    if (!resumable) session.info = null;
    // its goodbye can take long when the other side is frozen
    void strategy.destroy({ code: resumable ? RESUMABLE : NORMAL }).catch(() => undefined);
    state("down");
    settle(why);
  }

  function come(event: GatewayEvent): void {
    if (early !== null && event.t !== "READY") { early.push(event); return; }
    take(event);
    const waiting = early ?? [];
    early = null;
    for (const one of waiting) take(one);
  }
  function take(event: GatewayEvent): void {
    const { progress } = session;
    if (!progress.begin(event.s)) return;
    if (event.t === "READY" || event.t === "RESUMED") {
      closes = 0;
      state(event.t === "READY" ? "ready" : "resumed");
    }
    dispatch(event).then(() => progress.end(event.s), () => end({ code: null, why: "not-stored" }, true));
  }

  const manager = {
    options: {
      ...DefaultWebSocketManagerOptions, token, intents, shardCount: 1, shardIds: [0],
      buildIdentifyThrottler: async () => new SimpleIdentifyThrottler(1),
      // a connection that is over must not open another: discord.js would, after its pause
      retrieveSessionInfo: () => (over ? new Promise<never>(() => undefined) : session.info && { ...session.info, sequence: session.progress.stored }),
      updateSessionInfo(_shard: number, info: SessionInfo | null) {
        if (over) return;
        if (info === null) early = [];
        else if (info.sessionId !== session.info?.sessionId) session.progress = new Progress();
        session.info = info === null || resumeAt === undefined ? info : { ...info, resumeURL: resumeAt };
      },
    },
    fetchGatewayInformation: async () => ({ url: await address() }),
    getShardCount: async () => 1,
    emit(name: string, { code, data }: ShardEvents): boolean {
      if (over) return true;
      if (name === "dispatch" && data !== undefined) come(data);
      if (name === "closed") {
        state("down");
        if (code !== undefined && REFUSED.has(code)) void end({ code, why: "refused" }, false);
        else if (++closes >= CLOSES) void end({ code: code ?? null, why: "failed" }, true);
      }
      if (name === "error") void end({ code: null, why: "failed" }, true);
      return true;
    },
  };
  const strategy = new SimpleShardingStrategy(manager as unknown as Manager);
  await strategy.spawn([0]);
  strategy.connect().catch(() => end({ code: null, why: "failed" }, true));
  return { ended, close: ({ resumable = false } = {}) => end({ code: null, why: "closed" }, resumable) };
}
