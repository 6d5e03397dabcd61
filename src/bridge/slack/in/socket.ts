/** One Socket Mode connection, from its first word to its end. Source: docs.slack.dev/apis/events-api/using-socket-mode */
import { SocketModeReceiver, webApi } from "@slack/bolt";
import { z } from "zod";
import { toDeskError } from "../errors.ts";
import type { AckBody } from "./handlers.ts";

export interface SocketOptions {
  appToken: string; apiUrl: string;
  /** Resolves once all that came is stored; then, and only then, it is acknowledged with the answer. */
  deliver(body: unknown): Promise<AckBody | undefined>;
  /** How many connections Slack counts for the app, this one included. */
  hello(connections: number): void;
}
export interface OpenSocket {
  /** Resolves when nothing more comes over it; never rejects. */
  closed: Promise<void>;
  /** Resolves when Slack says that it will end it soon: it still hears until then, so another can stand before. May never resolve. */
  expiring: Promise<void>;
  close(): void;
}

/** Milliseconds until Slack's greeting must have come. */
const GREETING_MS = 20_000;
const CALL_MS = 10_000;
/** Why Slack ends a connection that it had better be replaced before. Source: docs.slack.dev/apis/events-api/using-socket-mode#disconnect */
const ANNOUNCED = new Set(["warning", "refresh_requested"]);
const LOOK_MS = 1_000;

const nothing = () => undefined;
/** Its client would log whole payloads, which hold people's text. */
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing, setLevel: nothing, getLevel: () => webApi.LogLevel.ERROR, setName: nothing };

const Envelope = z.object({ type: z.string(), reason: z.string().optional(), num_connections: z.number().optional(), payload: z.looseObject({ type: z.string().optional(), event: z.unknown().optional() }).optional() });
interface Came { body: unknown; ack(answer?: AckBody): Promise<void> }

/**
 * Resolves when Slack has greeted. Never reconnects: that is its keeper's, who sees every failure.
 * @throws {DeskError} when it can't be opened; `failureOf(error)` has Slack's own word
 */
export async function openSocket({ appToken, apiUrl, deliver, hello }: SocketOptions): Promise<OpenSocket> {
  const receiver = new SocketModeReceiver({
    appToken, logger: silent, autoReconnectEnabled: false,
    // an object of its own: the client writes into it
    installerOptions: { clientOptions: { slackApiUrl: apiUrl, rejectRateLimitedCalls: true, retryConfig: { retries: 0 }, fetch: (url, init) => fetch(url, { ...init, signal: AbortSignal.timeout(CALL_MS) }) } },
  });
  const { client } = receiver;
  let expire = nothing;
  const expiring = new Promise<void>((resolve) => { expire = resolve as () => undefined; });

  const [read] = client.listeners("ws_message") as ((data: unknown, isBinary: boolean) => Promise<void>)[];
  client.removeAllListeners("ws_message");
  client.on("ws_message", (data: unknown, isBinary: boolean) => {
    const envelope = typeof data === "string" ? Envelope.safeParse(asJson(data)).data : undefined;
    if (envelope?.type === "hello") hello(envelope.num_connections ?? 1);
    // The client would hang up at once; Slack ends it itself, after some seconds.
    if (envelope?.type === "disconnect" && ANNOUNCED.has(envelope.reason ?? "")) return expire();
    // The client stumbles over a payload without an event ("app_rate_limited") and would neither hand it over nor acknowledge it.
    const bare = envelope?.type === "events_api" && envelope.payload !== undefined && envelope.payload.event === undefined;
    read!(bare ? JSON.stringify({ ...(asJson(data as string) as object), payload: { ...envelope.payload, event: { type: envelope.payload!.type ?? "unknown" } } }) : data, isBinary).catch(nothing);
  });
  client.on("slack_event", ({ body, ack }: Came) => {
    // Not stored: not acknowledged, and Slack sends it again. Not acknowledged in time: the same.
    deliver(body).then((answer) => ack(answer)).catch(nothing);
  });

  let done = nothing;
  const closed = new Promise<void>((resolve) => { done = resolve as () => undefined; });
  let ended = false;
  const close = () => {
    // stopping the client makes it tell us that it has stopped
    if (ended) return;
    ended = true;
    clearInterval(looking);
    receiver.stop().catch(nothing);
    done();
  };
  client.on("disconnected", () => close());
  // A frozen peer is left at once instead of waiting for its part of the good-bye.
  const looking = setInterval(() => { if (client.websocket !== undefined && client.websocket.readyState !== undefined && client.websocket.readyState >= 2) close(); }, LOOK_MS).unref();

  let deadline: NodeJS.Timeout | undefined;
  try {
    await Promise.race([client.start(), new Promise((_, fail) => { deadline = setTimeout(() => fail(new Error("No greeting.")), GREETING_MS); })]);
  } catch (error) {
    close();
    throw toDeskError(error, "apps.connections.open");
  } finally {
    clearTimeout(deadline);
  }
  return { closed, expiring, close };
}

function asJson(text: string): unknown {
  try { return JSON.parse(text) as unknown; } catch { return null; }
}
