/** The playground's HTTP calls, as the public contract lists them, behind one gate. */
import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from "fastify";
import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import type { DeskHost } from "../../core/ports.ts";
import type { Playground } from "./adapter.ts";
import { actRoutes } from "./routes-acts.ts";
import { fileRoutes } from "./routes-files.ts";
import { threadRoutes } from "./routes-threads.ts";
import { createGate, type PlaygroundGate } from "./verify.ts";

export interface PlaygroundRoutes { playground: Playground; host: DeskHost; gate: PlaygroundGate }
export interface RouteContext { playground: Playground; host: DeskHost }

/** How often what the bridge has not taken is offered again, in milliseconds. */
const CATCH_UP_MS = 5_000;
const FILES = "/playground/v1/files";

/** Query parameters in words. @throws {UserError} BAD_QUERY */
export function readQuery<T>(schema: z.ZodType<T>, request: FastifyRequest): T {
  const read = schema.safeParse(request.query);
  if (read.success) return read.data;
  throw new UserError("BAD_QUERY", "Some query parameters are not as they should be; see `errors`.", read.error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message })));
}

/** A plugin for the server; it brings its own gate, so it needs none around it. */
export function playgroundRoutes({ playground, host, gate }: PlaygroundRoutes): FastifyPluginAsync {
  return async (app) => {
    app.addHook("onRequest", createGate(gate, (request) => request.method === "POST" && request.url.split("?")[0] === FILES));
    readEmptyJson(app);
    await app.register(multipart, { limits: { files: 1, fields: 5, fileSize: playground.limits.fileBytes + 1 } });
    const context: RouteContext = { playground, host };
    threadRoutes(app, context);
    actRoutes(app, context);
    fileRoutes(app, context);
    app.get("/playground/v1/socket", { websocket: true }, (socket) => {
      const stop = playground.vendor.live.watch((event) => socket.send(JSON.stringify(event)));
      socket.on("close", stop);
      socket.on("error", stop);
      socket.send(JSON.stringify({ type: "ready" }));
    });
    keepUp(app, context);
  };
}

/** A DELETE may say that it is JSON and have no body; what needs one says so itself. */
function readEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "" && request.method === "DELETE") done(null, undefined);
    else parse(request, body as string, done);
  });
}

function keepUp(app: FastifyInstance, { playground, host }: RouteContext): void {
  let running = false;
  const look = () => {
    if (running) return;
    running = true;
    playground.catchUp(host)
      .catch((error: unknown) => app.log.warn({ err: error }, "Catching up with the playground failed; it is tried again in a few seconds."))
      .finally(() => { running = false; });
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  app.addHook("onReady", async () => {
    look();
    timer = setInterval(look, CATCH_UP_MS);
    timer.unref();
  });
  app.addHook("onClose", async () => clearInterval(timer));
}
