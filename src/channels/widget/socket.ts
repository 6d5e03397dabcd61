/** `WS /widget/v1/socket`: signs in, catches up, then follows the feed. It only ever sends what it read back from the feed, in its order. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { WebSocket } from "ws";
import { UserError } from "../../core/errors.ts";
import { asWireMessage } from "./formatted.ts";
import { feedAfter, recordSeen } from "../../core/services/feed.ts";
import { receiveEvent } from "../../core/services/receive-inbound.ts";
import { parseBody } from "../../http/input.ts";
import type { Hub, LiveSocket } from "./hub.ts";
import { checkOrigin, visitorOf, type Visitor, type WidgetHost } from "./visitor.ts";
import { authFrame, liveFrame, type ServerFrame } from "./wire.ts";

const AUTH_MS = 5_000;
const PING_MS = 30_000;
const MAX_FRAME_CHARS = 4_096;
/** A reader this far behind is cut off; it comes back with `after` and misses nothing. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
const MAX_PER_VISITOR = 12;
const PAGE = 100;
/** Close codes: RFC 6455 §7.4.1. */
const CLOSE = { refused: 1008, broken: 1011, later: 1013 } as const;

/** The app brings `@fastify/websocket`, once: a second registration would answer each upgrade twice. */
export function socketRoute(api: FastifyInstance, host: WidgetHost, hub: Hub): void {
  api.get("/socket", { websocket: true }, (socket, request) => serve(host, hub, socket, request));
}

const sendFrame = (socket: WebSocket, frame: ServerFrame): void => { if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame)); };

function serve(host: WidgetHost, hub: Hub, socket: WebSocket, request: FastifyRequest): void {
  const { core } = host;
  let live: Live | undefined;
  let alive = true;
  const refuse = (error: unknown, closeWith?: number) => {
    const known = error instanceof UserError;
    if (!known) core.log.error({ err: error }, "A widget socket failed.");
    const { code, message } = known ? error : new UserError("INTERNAL", "Something went wrong on our side. The chat reconnects by itself.");
    sendFrame(socket, { type: "error", code, message });
    if (closeWith !== undefined || !known) socket.close(closeWith ?? CLOSE.broken);
  };

  const authTimer = setTimeout(() => refuse(new UserError("NO_TOKEN", "The first frame must sign in, within 5 s: {type: auth, token, after}."), CLOSE.refused), AUTH_MS);
  const pingTimer = setInterval(() => {
    if (!alive) { socket.terminate(); return; }
    alive = false;
    socket.ping();
  }, PING_MS);
  socket.on("pong", () => { alive = true; });
  socket.on("close", () => {
    clearTimeout(authTimer);
    clearInterval(pingTimer);
    live?.stop();
  });
  if (host.buckets.take("socketByIp", request.ip) > 0) {
    refuse(new UserError("TOO_MANY", "Too many connections in a short time. Wait a few seconds."), CLOSE.later);
    return;
  }

  // one frame after the other, so that nothing overtakes the sign-in
  let turn: Promise<void> = Promise.resolve();
  let waiting = 0;
  socket.on("message", (data, binary) => {
    alive = true;
    if (++waiting > 100) { refuse(new UserError("TOO_MANY", "Too many frames at once. Send fewer."), CLOSE.later); return; }
    turn = turn.then(async () => {
      waiting -= 1;
      if (socket.readyState !== socket.OPEN) return;
      try {
        const frame: unknown = readFrame(binary ? undefined : data.toString());
        if (live === undefined) {
          live = await signIn(host, hub, socket, request, frame);
          clearTimeout(authTimer);
          if (socket.readyState !== socket.OPEN) live.stop();
        } else await live.handle(frame);
      } catch (error) { refuse(error, live === undefined ? CLOSE.refused : undefined); }
    });
  });
}

function readFrame(text: string | undefined): unknown {
  if (text !== undefined && text.length > MAX_FRAME_CHARS) throw new UserError("BODY_TOO_LARGE", `A frame has at most ${MAX_FRAME_CHARS} characters.`);
  try { if (text !== undefined) return JSON.parse(text); } catch { /* said below */ }
  throw new UserError("BAD_JSON", "A frame must be one JSON object as text.");
}

interface Live { handle(frame: unknown): Promise<void>; stop(): void }

async function signIn(host: WidgetHost, hub: Hub, socket: WebSocket, request: FastifyRequest, frame: unknown): Promise<Live> {
  const { token, after } = parseBody(authFrame, frame);
  const visitor = await visitorOf(host, token);
  checkOrigin(visitor.inbox, request.headers.origin, request.host);
  if (hub.countOf(visitor.key) >= MAX_PER_VISITOR) throw new UserError("TOO_MANY", "This chat is open in too many places. Close some of them, then try again.");
  const live = follow(host, socket, visitor, after);
  sendFrame(socket, { type: "ready" });
  await hub.add(live);
  return { handle: (next) => handleFrame(host, visitor, live, next), stop: () => hub.remove(live) };
}

/** Reads on from the last seq sent, one reader at a time; a call while it reads makes it look once more. */
function follow({ core }: WidgetHost, socket: WebSocket, visitor: Visitor, after: number): LiveSocket {
  let last = after, reading = false, again = false;
  const read = async (identityId: string): Promise<void> => {
    for (let more = true; more && socket.readyState === socket.OPEN;) {
      again = false;
      const page = await feedAfter(core, identityId, last, PAGE);
      for (const message of page.messages) sendFrame(socket, { type: "message", message: asWireMessage(message) });
      last = page.last;
      if (page.messages.length > 0) live.activeAt = performance.now();
      if (socket.bufferedAmount > MAX_BUFFERED_BYTES) { socket.close(CLOSE.later, "too far behind"); return; }
      more = page.more || again;
    }
  };
  const live: LiveSocket = {
    visitor, identityId: undefined, activeAt: performance.now(),
    pump() {
      if (reading) { again = true; return; }
      if (live.identityId === undefined) return;
      reading = true;
      read(live.identityId)
        .catch((error: unknown) => { core.log.warn({ err: error }, "A widget socket could not read its feed; it is closed and comes back."); socket.close(CLOSE.broken); })
        .finally(() => { reading = false; });
    },
    typing: (author, typing) => sendFrame(socket, { type: "typing", author, typing }),
  };
  return live;
}

async function handleFrame(host: WidgetHost, visitor: Visitor, live: LiveSocket, input: unknown): Promise<void> {
  const { core } = host;
  const wait = host.buckets.take("frameBySocket", visitor.key);
  if (wait > 0) throw new UserError("TOO_MANY", `Too many frames in a short time. Wait ${wait} s.`);
  const frame = parseBody(liveFrame, input);
  live.activeAt = performance.now();
  if (frame.type === "typing") {
    await receiveEvent(core, { inboxId: visitor.inboxId, address: visitor.address, type: "typing", typing: frame.typing ?? true });
  } else if (live.identityId !== undefined) {
    await recordSeen(core, { identityId: live.identityId, seq: frame.seq, state: frame.type === "read" ? "read" : "delivered" });
  }
}
