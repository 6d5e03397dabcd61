/** The open sockets of this process, found by identity in one look-up for each event of the bus. */
import type { Core } from "../../core/core.ts";
import { identityOf } from "./visitor.ts";

export interface LiveSocket {
  readonly visitor: { inboxId: string; address: string; key: string };
  identityId: string | undefined;
  /** Reads the feed from where this socket stands and sends what is newer. */
  pump(): void;
  typing(author: string, typing: boolean): void;
  /** When it last had something to send, in milliseconds of the process clock. */
  activeAt: number;
}

export interface Hub {
  add(socket: LiveSocket): Promise<void>;
  remove(socket: LiveSocket): void;
  countOf(visitorKey: string): number;
  /** A visitor's first message made their identity. */
  identified(visitorKey: string, identityId: string): void;
  close(): void;
}

const CATCH_UP_MS = 5_000;
/** A socket silent for this long is looked after every `QUIET_ROUNDS`th time only. */
const QUIET_AFTER_MS = 120_000;
const QUIET_ROUNDS = 6;

export function createHub(core: Core): Hub {
  const byVisitor = new Map<string, Set<LiveSocket>>();
  const byIdentity = new Map<string, Set<LiveSocket>>();
  const put = (map: Map<string, Set<LiveSocket>>, key: string, socket: LiveSocket) => {
    const set = map.get(key) ?? new Set();
    map.set(key, set.add(socket));
  };
  const drop = (map: Map<string, Set<LiveSocket>>, key: string, socket: LiveSocket) => {
    const set = map.get(key);
    if (set?.delete(socket) && set.size === 0) map.delete(key);
  };
  const bind = (socket: LiveSocket, identityId: string) => {
    if (socket.identityId !== undefined) return;
    socket.identityId = identityId;
    put(byIdentity, identityId, socket);
  };

  const stopFeed = core.bus.on("feed.changed", ({ identityId }) => { for (const socket of byIdentity.get(identityId) ?? []) socket.pump(); });
  const stopTyping = core.bus.on("typing", (event) => {
    if (event.from === "agent") for (const socket of byIdentity.get(event.identityId) ?? []) socket.typing(event.name, event.typing);
  });

  // an event of another process may be lost on its way, a stored message never is
  let round = 0;
  const catchUp = setInterval(() => {
    round += 1;
    const quietToo = round % QUIET_ROUNDS === 0, now = performance.now();
    for (const sockets of byVisitor.values()) for (const socket of sockets) {
      if (!quietToo && now - socket.activeAt > QUIET_AFTER_MS) continue;
      if (socket.identityId !== undefined) socket.pump();
      else void find(socket);
    }
  }, CATCH_UP_MS);
  catchUp.unref();

  async function find(socket: LiveSocket): Promise<void> {
    try {
      const identity = await identityOf(core, socket.visitor);
      if (identity === null || !byVisitor.get(socket.visitor.key)?.has(socket)) return;
      bind(socket, identity._id);
      socket.pump();
    } catch (error) { core.log.warn({ err: error }, "A widget socket could not look for its visitor; it tries again in 5 s."); }
  }

  return {
    async add(socket) { put(byVisitor, socket.visitor.key, socket); await find(socket); },
    remove(socket) {
      drop(byVisitor, socket.visitor.key, socket);
      if (socket.identityId !== undefined) drop(byIdentity, socket.identityId, socket);
    },
    countOf: (key) => byVisitor.get(key)?.size ?? 0,
    identified(key, identityId) {
      for (const socket of byVisitor.get(key) ?? []) if (socket.identityId === undefined) { bind(socket, identityId); socket.pump(); }
    },
    close() { clearInterval(catchUp); stopFeed(); stopTyping(); },
  };
}
