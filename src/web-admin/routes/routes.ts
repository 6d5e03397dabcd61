/** Serves `/api/v1`: every call needs a session, what writes must come from our own pages, every refusal is a problem (RFC 9457). */
import { STATUS_CODES } from "node:http";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import type { Session } from "../auth/auth.ts";
import { isOwnOrigin } from "../auth/auth.ts";
import { requireRole, type AdminParts } from "./call.ts";
import { adminCalls } from "./calls.ts";
import { endStreams } from "./live.ts";

export const ADMIN_API = "/api/v1";
const BODY_BYTES = 64 * 1024;
const READS = new Set(["GET", "HEAD"]);
const STREAM_TYPES = { lines: "application/x-ndjson; charset=utf-8", events: "text/event-stream; charset=utf-8" };
/** A proxy must not gather what comes bit by bit; and a connection that lived on after it would hold up a server that stops. */
const STREAMED = { "cache-control": "no-store", "x-accel-buffering": "no", connection: "close" };
const sessions = new WeakMap<FastifyRequest, Session>();

/** Browsers name the origin of whatever could change something; a foreign page is stopped by that, besides by the cookie's SameSite. @throws {UserError} */
function requireOwnPage({ method, headers, host }: FastifyRequest): void {
  if (READS.has(method) || (headers.origin !== undefined && isOwnOrigin(headers.origin, host))) return;
  throw new UserError("ORIGIN_NOT_ALLOWED", "This call did not come from Threadline's own pages, so nothing was done. Open the admin and do it there.");
}

const Refusal = z.object({ code: z.string(), message: z.string(), errors: z.array(z.object({ path: z.string(), message: z.string() })).optional() });

function asProblem(reply: FastifyReply, payload: unknown): unknown {
  if (reply.statusCode < 400 || typeof payload !== "string") return payload;
  const { data } = Refusal.safeParse(JSON.parse(payload));
  if (data === undefined) return payload;
  reply.type("application/problem+json; charset=utf-8").header("cache-control", "no-store").removeHeader("content-length");
  return JSON.stringify({ type: `urn:threadline:error:${data.code}`, title: STATUS_CODES[reply.statusCode] ?? "Error", status: reply.statusCode, detail: data.message, ...data });
}

/** Register it at the root. */
export const adminRoutes = (parts: AdminParts): FastifyPluginAsync => async (app) => {
  endStreams(app);
  await app.register(async (api) => {
    api.addHook("onSend", async (_request, reply, payload) => asProblem(reply, payload));
    api.addHook("onRequest", async (request) => {
      const session = await parts.auth.sessionOf(request);
      if (session === null) throw new UserError("NOT_SIGNED_IN", "Nobody is signed in here (any more). Open a one-time sign-in link: starting Threadline prints one.");
      requireOwnPage(request);
      sessions.set(request, session);
    });
    for (const call of adminCalls) {
      api.route<{ Params: Record<string, string> }>({
        method: call.method, url: call.path, bodyLimit: BODY_BYTES, exposeHeadRoute: false,
        async handler(request, reply) {
          const session = sessions.get(request)!;
          requireRole(session, call.needs);
          const answer = await call.run({ parts, session, params: request.params, request, reply });
          if (call.answer === "lines" || call.answer === "events") return reply.headers({ ...STREAMED, "content-type": STREAM_TYPES[call.answer] }).send(answer);
          return answer === undefined ? reply.code(204).send() : answer;
        },
      });
    }
  }, { prefix: ADMIN_API });
};
