import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dispatch, refusal, type Host } from "./commands/dispatch.ts";
import { inSlices } from "./storage/turns.ts";
import { StoreError } from "./values/errors.ts";
import { Frames } from "./wire/frames.ts";
import { readMessage, type Request } from "./wire/message.ts";

/** Where the store listens: a Unix socket, or a TCP port on the loopback address (0: any free one). */
export type Address = { readonly path: string } | { readonly port: number };

export interface StoreServer {
  readonly address: Address;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 1_000;
/** BSONObjectTooLarge, Overflow (too many levels). */
const ANSWERED: ReadonlySet<number> = new Set([10334, 15]);
const LOOPBACK = "127.0.0.1";

/** Listens and answers. A message that is no message closes its own connection only. */
export async function listen(host: Host, address: Address): Promise<StoreServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serve(host, socket, ++connections);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const bound = await bind(server, address);
  return {
    address: bound,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }),
  };
}

async function bind(server: Server, address: Address): Promise<Address> {
  if ("path" in address) rmSync(address.path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen("path" in address ? { path: address.path } : { port: address.port, host: LOOPBACK }, resolve);
  });
  if ("path" in address) {
    chmodSync(address.path, 0o600);
    return address;
  }
  return { port: (server.address() as { port: number }).port };
}

/** Requests of one connection are answered one after the other, in order. */
function serve(host: Host, socket: Socket, connectionId: number): void {
  const frames = new Frames();
  const waiting: Buffer[] = [];
  let busy = false;

  /** One that is too large or too deep is answered, as MongoDB does; nothing else that is malformed is. */
  const refuse = (error: unknown, message: Buffer): void => {
    if (!(error instanceof StoreError) || !ANSWERED.has(error.code)) throw error;
    socket.write(refusal(error, message));
  };
  const answer = (request: Request): Promise<void> | void => {
    const send = (bytes: Buffer): void => {
      if (!request.silent) socket.write(bytes);
    };
    const reply = dispatch(host, request, connectionId);
    return reply instanceof Promise ? reply.then(send) : send(reply);
  };
  const take = (message: Buffer): Promise<void> | void => {
    try {
      const request = inSlices(readMessage(message));
      return request instanceof Promise ? request.then(answer, (error: unknown) => refuse(error, message)) : answer(request);
    } catch (error) {
      return refuse(error, message);
    }
  };
  const drain = (): void => {
    while (!busy && waiting.length > 0 && !socket.destroyed) {
      const done = take(waiting.shift()!);
      if (!done) continue;
      busy = true;
      done.then(() => {
        busy = false;
        guarded(drain);
      }, () => socket.destroy());
    }
  };
  const guarded = (act: () => void): void => {
    try {
      act();
    } catch {
      socket.destroy();
    }
  };
  socket.on("data", (chunk: Buffer) => guarded(() => {
    waiting.push(...frames.push(chunk));
    drain();
  }));
  socket.on("error", () => socket.destroy());
}
