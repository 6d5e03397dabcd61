/** How Slack reaches us: two sockets, so that refreshing one leaves no gap, or its calls over HTTP. */
import { setTimeout as sleep } from "node:timers/promises";
import { DeskError } from "../../../core/errors.ts";
import type { Clock, Logger, Trouble } from "../../../core/ports.ts";
import type { DeskAnswer, DeskCall } from "../../shared/kind.ts";
import { CREDENTIAL_CODES, failureOf } from "../errors.ts";
import { dispatch, type SlackHandlers } from "./handlers.ts";
import { receiveCall } from "./http.ts";
import { openSocket, type OpenSocket } from "./socket.ts";

export interface ConnectionOptions {
  /** An app-level token means Socket Mode, else calls over HTTP are signed with the signing secret. */
  secrets: { appToken: string } | { signingSecret: string };
  apiUrl: string;
  handlers: SlackHandlers;
  log: Logger; clock: Clock;
  /** What keeps the connection down; null when it stands. */
  trouble(trouble: Trouble | null): void;
  /** How many processes of this installation are connected, this one included. */
  siblings?(): Promise<number>;
  waits?: Partial<Waits>;
}
/** Milliseconds; tests make them short. Another installation is put up with for `conflictMs`, then left alone for `standDownMs`. */
interface Waits { retryMs: number; maxMs: number; conflictMs: number; standDownMs: number }
export interface SlackConnection {
  /** Connects, and goes on trying. */
  start(): void;
  /** Resolves when nothing more comes in and what came has been dealt with. */
  stop(): Promise<void>;
  /** Where Slack calls us. */
  receive?(call: DeskCall): Promise<DeskAnswer>;
}

const WAITS: Waits = { retryMs: 1_000, maxMs: 30_000, conflictMs: 60_000, standDownMs: 600_000 };
const SOCKETS = 2;
/** A socket that lives shorter is a failure, however politely it ends. */
const SHORT_MS = 2_000;
/** Milliseconds that a socket which is to end may go on; Slack ends it within about ten seconds. */
const LINGER_MS = 15_000;
/** Failures in a row after which Health says that Slack is away. */
const AWAY_AFTER = 4;

const BAD_APP_TOKEN: Trouble = { code: "BAD_TOKEN", text: "Slack refused the app-level token, so nothing that is written there reaches Threadline. Make one at api.slack.com/apps → Basic Information → App-Level Tokens with the scope connections:write, and apply it as appToken." };
const SOCKET_MODE_OFF: Trouble = { code: "BAD_TOKEN", text: "Slack opens no socket for this app. Switch Socket Mode on at api.slack.com/apps → Socket Mode, and give the app-level token the scope connections:write." };
const AWAY: Trouble = { code: "UNREACHABLE", text: "Slack does not answer this server, so nothing comes in. Check the network, a proxy or firewall, and the desk's apiUrl; it is tried again by itself, and what was missed is read then." };
const SECOND: Trouble = { code: "IDENTITY_TAKEN", text: "Another installation is connected to the same Slack app and takes part of what is written, so this connection has stopped. End the other one, or make an app of its own for each; it is looked at again in some minutes, or at once after a restart." };

export function connectSlack(o: ConnectionOptions): SlackConnection {
  return "appToken" in o.secrets ? overSockets(o, o.secrets.appToken) : overHttp(o, o.secrets.signingSecret);
}

/** Counts what is under way, so that a stop can wait for it. */
function createPending() {
  const pending = new Set<Promise<unknown>>();
  return {
    track<T>(work: Promise<T>): Promise<T> {
      pending.add(work);
      const end = () => void pending.delete(work);
      work.then(end, end);
      return work;
    },
    idle: async () => void (await Promise.allSettled(pending)),
  };
}

function overHttp({ handlers, clock, log }: ConnectionOptions, signingSecret: string): SlackConnection {
  const pending = createPending();
  return {
    // nothing tells whether Slack can reach us; what was missed while we were not there is read at once
    start: () => void Promise.resolve(handlers.up()).catch(() => undefined),
    async stop() {
      await pending.idle();
      await Promise.resolve(handlers.down()).catch((error: unknown) => log.warn({ err: error }, "That Slack is not heard any more could not be noted."));
    },
    receive: (call) => pending.track(receiveCall(call, { signingSecret, clock, handlers })),
  };
}

function overSockets({ apiUrl, handlers, log, trouble, siblings = async () => 1, waits }: ConnectionOptions, appToken: string): SlackConnection {
  const { retryMs, maxMs, conflictMs, standDownMs } = { ...WAITS, ...waits };
  const pending = createPending();
  const stopping = new AbortController();
  const open = new Set<OpenSocket>();
  /** Those of them that are to end soon. */
  const leaving = new Set<OpenSocket>();
  let state: "up" | "down" | null = null;
  let told: Promise<void> = Promise.resolve();
  let failures = 0;
  let crowd: { since: number; looked: boolean } | null = null;
  let restUntil = 0;
  let keepers: Promise<void>[] = [];

  const wait = (ms: number) => sleep(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
  const now = () => performance.now();

  /** "up" and "down" are told once each, and "up" only after a "down" has been taken. */
  function tell(): void {
    const next = open.size > 0 ? "up" as const : "down" as const;
    if (next === state || (state === null && next === "down")) return;
    state = next;
    const failed = (error: unknown) => log.error({ err: error, state: next }, "What became of Slack's connection could not be taken in.");
    if (next === "up") void told.then(() => (state === "up" ? handlers.up() : undefined)).catch(failed);
    else told = Promise.resolve().then(() => handlers.down()).then(() => undefined, failed);
  }

  async function countOthers(connections: number): Promise<void> {
    const ours = SOCKETS * (await siblings()) + leaving.size;
    if (connections <= ours) { crowd = null; return; }
    crowd ??= { since: now(), looked: false };
    if (!crowd.looked || now() - crowd.since < conflictMs) return;
    crowd = null;
    restUntil = now() + standDownMs;
    trouble(SECOND);
    log.error({ code: SECOND.code, connections, ours }, SECOND.text);
    for (const socket of open) socket.close();
  }

  function failed(error: unknown): void {
    failures++;
    const code = failureOf(error)?.code ?? "unknown";
    const certain = CREDENTIAL_CODES.has(code) || code === "missing_scope" ? BAD_APP_TOKEN : code === "socket_mode_not_enabled" || code === "not_allowed" || code === "forbidden" ? SOCKET_MODE_OFF : null;
    const words = certain ?? (failures >= AWAY_AFTER ? AWAY : null);
    if (words !== null) trouble(words);
    if (failures === 1 || failures === AWAY_AFTER) log.warn({ code, failures }, words?.text ?? "A connection to Slack could not be made; it is tried again.");
  }

  const deliver = (body: unknown) => pending.track(dispatch(handlers, body).catch((error: unknown) => {
    log.error({ err: error }, "What came from Slack could not be stored; it is not acknowledged, and Slack sends it again.");
    throw error;
  }));

  function leave(socket: OpenSocket): void {
    leaving.add(socket);
    const timer = setTimeout(() => socket.close(), LINGER_MS).unref();
    void socket.closed.then(() => clearTimeout(timer));
  }

  async function keep(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (restUntil > now()) { await wait(restUntil - now()); continue; }
      try {
        const socket = await openSocket({ appToken, apiUrl, deliver, hello: (connections) => void countOthers(connections).catch(() => undefined) });
        if (stopping.signal.aborted || restUntil > now()) { socket.close(); continue; }
        const since = now();
        open.add(socket);
        failures = 0;
        trouble(null);
        tell();
        const closed = socket.closed.then(() => { open.delete(socket); leaving.delete(socket); tell(); });
        const ends = await Promise.race([closed.then(() => "closed" as const), socket.expiring.then(() => "expiring" as const)]);
        // Its successor stands before it ends, so that there is no gap even when Slack refreshes both at once.
        if (ends === "expiring") leave(socket);
        else if (now() - since < SHORT_MS) await wait(retryMs);
      } catch (error) {
        failed(error);
        const asked = error instanceof DeskError ? error.o.retryAfterMs ?? 0 : 0;
        await wait(Math.max(asked, Math.min(retryMs * 2 ** (failures - 1), maxMs) * (0.75 + Math.random() / 2)));
      }
    }
  }

  /** Slack counts connections only in its greeting: one socket asks again when there seemed to be too many. */
  async function lookAgain(): Promise<void> {
    while (!stopping.signal.aborted) {
      await wait(Math.max(50, conflictMs / 4));
      if (crowd === null || now() - crowd.since < conflictMs) continue;
      crowd.looked = true;
      const [one] = open;
      one?.close();
    }
  }

  return {
    start() { keepers = [...Array.from({ length: SOCKETS }, () => keep()), lookAgain()]; },
    async stop() {
      stopping.abort();
      for (const socket of open) socket.close();
      await Promise.all(keepers);
      await pending.idle();
      await told;
    },
  };
}
