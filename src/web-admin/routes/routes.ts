/** Serves `/api/v1`: every call is made by somebody who may (`auth/caller.ts`), and every refusal is a problem (RFC 9457). */
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { UserError } from "../../core/errors.ts";
import { MAX_TABLE_BYTES } from "../../core/services/import-job.ts";
import { asProblem } from "../../http/problem.ts";
import { createWhoCalls, type Caller } from "../auth/caller.ts";
import { requirePermission, type AdminCall, type AdminParts } from "./call.ts";
import { ADMIN_API, adminCalls } from "./calls.ts";
import { endStreams } from "./live.ts";
import { apiDocument } from "./openapi.ts";
import { keyOf, onceUnder, type Done } from "./once.ts";

const BODY_BYTES = 64 * 1024;
const STREAM_TYPES = { lines: "application/x-ndjson; charset=utf-8", events: "text/event-stream; charset=utf-8", csv: "text/csv; charset=utf-8" };
/** A proxy must not gather what comes bit by bit; and a connection that lived on after it would hold up a server that stops. */
const STREAMED = { "cache-control": "no-store", "x-accel-buffering": "no", connection: "close" };
const callers = new WeakMap<FastifyRequest, Caller>();

const statusOf = ({ answers }: AdminCall): number => Number(Object.keys(answers)[0]);

/** Register it at the root. */
export const adminRoutes = (parts: AdminParts): FastifyPluginAsync => async (app) => {
  endStreams(app);
  const whoCalls = createWhoCalls(parts);
  const described = JSON.stringify(apiDocument(parts));
  app.get(`${ADMIN_API}/openapi.json`, async (_request, reply) => reply.type("application/json; charset=utf-8").header("cache-control", "no-cache").send(described));
  await app.register(async (api) => {
    api.addHook("onSend", async (_request, reply, payload) => asProblem(reply, payload));
    api.addHook("onRequest", async (request, reply) => { callers.set(request, await whoCalls(request, reply)); });
    api.setNotFoundHandler(() => { throw new UserError("NOT_FOUND", `There is no such call. ${ADMIN_API}/openapi.json lists them.`); });
    // a table is read while it comes; what takes it sets its own limit
    api.addContentTypeParser("text/csv", { bodyLimit: MAX_TABLE_BYTES + 1 }, (_request, payload, done) => { done(null, payload); });
    for (const call of adminCalls) {
      const status = statusOf(call);
      const answer = call.answers[status]!;
      api.route<{ Params: Record<string, string> }>({
        method: call.method, url: call.path, bodyLimit: BODY_BYTES, exposeHeadRoute: false,
        async handler(request, reply) {
          const caller = callers.get(request)!;
          requirePermission(caller, call);
          let contactId: string | undefined;
          const key = call.method === "GET" ? undefined : keyOf(request);
          const run = () => call.run({ parts, caller, params: request.params, query: undefined, body: undefined, request, reply, key, concerns: (id) => { contactId = id; } });
          if (typeof answer === "string" && answer !== "nothing") {
            const stream = await run();
            return reply.headers({ ...STREAMED, ...(answer === "file" ? {} : { "content-type": STREAM_TYPES[answer] }) }).send(stream);
          }
          const work = async (): Promise<Done> => ({ body: await run(), status: reply.statusCode === 200 ? status : reply.statusCode, contactId });
          const done = key === undefined ? await work() : await onceUnder(parts.core, { caller, key, request, reply }, work);
          return reply.code(done.status).send(done.body);
        },
      });
    }
  }, { prefix: ADMIN_API });
};
