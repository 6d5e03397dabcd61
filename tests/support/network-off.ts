/** Tests reach this machine only: a connection to anywhere else is refused before it leaves, with words that say why. */
import { Socket, isIP } from "node:net";

const isLoopback = (host: string): boolean => host === "localhost" || host.endsWith(".localhost") || host === "::1" || host === "::ffff:127.0.0.1" || (isIP(host) === 4 && host.startsWith("127."));

/** The host that a `connect` call names; null for a path (Unix socket) or the default, which is this machine. */
function hostOf(args: unknown[]): string | null {
  const first: unknown = Array.isArray(args[0]) ? (args[0] as unknown[])[0] : args[0];
  if (typeof first === "object" && first !== null) {
    const { host, path } = first as { host?: string; path?: string };
    return path === undefined ? (host ?? null) : null;
  }
  return typeof first === "number" && typeof args[1] === "string" ? args[1] : null;
}

const connect = Socket.prototype.connect as (this: Socket, ...args: unknown[]) => Socket;
Socket.prototype.connect = function connectLocally(this: Socket, ...args: unknown[]): Socket {
  const host = hostOf(args);
  if (host === null || isLoopback(host)) return connect.apply(this, args);
  queueMicrotask(() => this.destroy(new Error(`No network in tests: ${host} was asked for. Use tests/fakes or a captured payload.`)));
  return this;
} as typeof Socket.prototype.connect;
