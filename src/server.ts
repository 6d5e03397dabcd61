/** Builds the HTTP server from the plugins that it is handed; it does not listen. Every error leaves as `{code, message}`. */
import websocket from "@fastify/websocket";
import fastify, { LogController } from "fastify";
import type { FastifyBaseLogger, FastifyInstance, FastifyPluginAsync, FastifyReply } from "fastify";
import { UserError } from "./core/errors.ts";
import { isBrokenText } from "./core/services/clean-text.ts";
import { toUserError } from "./http-errors.ts";

export interface ServerParts {
  /** Each is encapsulated: its hooks and parsers reach no other. WebSocket routes work in all (`{ websocket: true }`). */
  plugins: FastifyPluginAsync[];
  log: FastifyBaseLogger;
  trustProxy: boolean | string[];
}

/** JSON bodies, in bytes; files are streamed under limits of their own. */
const BODY_LIMIT = 1_048_576;
/** Frames that a page sends over its socket, in bytes. */
const FRAME_LIMIT = 65_536;

const PAGE_POLICY = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** A plain object, or a query's (whose prototype is an empty object of its own); streams and files are not. */
function isRecord(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The first place in a JSON value whose text can't be stored, as a path; null when there is none. */
function brokenPlace(value: unknown, path = ""): string | null {
  if (typeof value === "string") return isBrokenText(value) ? path : null;
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return null;
  if (!Array.isArray(value) && !isRecord(value)) return null;
  for (const [name, part] of Object.entries(value)) {
    const here = path === "" ? name : `${path}.${name}`;
    const broken = isBrokenText(name) ? path : brokenPlace(part, here);
    if (broken !== null) return broken;
  }
  return null;
}

/** Answers an error; what is not the caller's doing is logged by `log` without the request's own text. */
function answerError(error: unknown, reply: FastifyReply, log: FastifyBaseLogger, url: string): FastifyReply {
  const known = toUserError(error);
  // starting, stopping and waiting for the store are said elsewhere; they are no fault of a request
  if (known.status >= 500) log[known.code === "NOT_READY" ? "warn" : "error"]({ err: error, code: known.code, path: url.split("?")[0] }, "A request could not be served.");
  return reply.status(known.status).type("application/json; charset=utf-8")
    .send({ code: known.code, message: known.message, ...(known.errors === undefined ? {} : { errors: known.errors }) });
}

/** Builds and registers; call `listen` or `inject` on the answer. Requests that come while it closes get 503 NOT_READY. */
export async function buildServer({ plugins, log, trustProxy }: ServerParts): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy,
    bodyLimit: BODY_LIMIT,
    return503OnClosing: false,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 256 },
    frameworkErrors(error, request, reply) { void answerError(error, reply, log, request.url); },
    clientErrorHandler(error, socket) {
      if ((error as NodeJS.ErrnoException).code === "ECONNRESET" || !socket.writable) { socket.destroy(); return; }
      const body = JSON.stringify({ code: "BAD_BODY", message: "This is not a request that the server can read." });
      socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
    },
  });

  let closing = false;
  app.addHook("preClose", async () => { closing = true; });
  app.addHook("onRequest", async () => {
    if (closing) throw new UserError("NOT_READY", "The server is stopping. Try again in a few seconds.");
  });
  app.addHook("preValidation", async (request) => {
    for (const [where, value] of [["body", request.body], ["query", request.query], ["path", request.params]] as const) {
      const place = brokenPlace(value);
      if (place !== null) throw new UserError("BAD_TEXT", "The text holds characters that can't be stored (NUL or half of a surrogate pair). Remove them and send it again.", [{ path: place === "" ? where : place, message: "holds NUL or half of a surrogate pair" }]);
    }
  });
  app.addHook("onSend", async (_request, reply) => {
    const type = String(reply.getHeader("content-type") ?? "");
    const defaults: Record<string, string> = {
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
      "content-security-policy": type.startsWith("text/html") ? PAGE_POLICY : DATA_POLICY,
      ...(type.startsWith("application/json") ? { "cache-control": "no-store" } : {}),
    };
    for (const [name, value] of Object.entries(defaults)) if (!reply.hasHeader(name)) reply.header(name, value);
  });

  app.setErrorHandler((error, request, reply) => answerError(error, reply, log, request.url));
  app.setNotFoundHandler((request, reply) => answerError(new UserError("NOT_FOUND", `There is nothing at ${request.method} ${request.url.split("?")[0]}. Check the address against the documentation.`), reply, log, request.url));

  await app.register(websocket, { options: { maxPayload: FRAME_LIMIT } });
  for (const plugin of plugins) await app.register(async (room) => { await plugin(room, {}); });
  return app;
}
