/** Serves the calls of the API under `/inbox/v1`, and their description. */
import { STATUS_CODES } from "node:http";
import type { FastifyPluginAsync, FastifyReply } from "fastify";
import { z } from "zod";
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import { API_PREFIX, apiCalls } from "./calls.ts";
import { allowFiles } from "./calls-files.ts";
import { createHost, requireInbox } from "./host.ts";
import { openApi } from "./openapi.ts";

/** Room for the longest text in any JSON spelling. */
const BODY_BYTES = 512 * 1024;

const Refusal = z.looseObject({ code: z.string(), message: z.string() });

/** What the server says of an error, as RFC 9457 has it; `code` and `message` stay where they are everywhere else. */
function asProblem(reply: FastifyReply, payload: unknown): unknown {
  if (reply.statusCode < 400 || typeof payload !== "string") return payload;
  let json: unknown;
  try { json = JSON.parse(payload); } catch { return payload; }
  const { data } = Refusal.safeParse(json);
  if (data === undefined) return payload;
  reply.type("application/problem+json; charset=utf-8").header("cache-control", "no-store").removeHeader("content-length");
  return JSON.stringify({ type: `urn:threadline:error:${data.code}`, title: STATUS_CODES[reply.statusCode] ?? "Error", status: reply.statusCode, detail: data.message, ...data });
}

/** Register it at the root. */
export const apiRoutes = (core: Core): FastifyPluginAsync => async (app) => {
  const host = createHost(core);
  await app.register(async (api) => {
    api.addHook("onSend", async (_request, reply, payload) => asProblem(reply, payload));
    api.setNotFoundHandler(() => { throw new UserError("NOT_FOUND", `There is no such call. ${API_PREFIX}/openapi.json lists them.`); });
    await allowFiles(api);
    const described = JSON.stringify(openApi());
    api.get("/openapi.json", async (_request, reply) => reply.type("application/json; charset=utf-8").header("cache-control", "public, max-age=300").send(described));
    for (const call of apiCalls) {
      api.route<{ Params: Record<string, string> }>({
        method: call.method, url: call.path, bodyLimit: BODY_BYTES,
        async handler(request, reply) {
          const inbox = await requireInbox(host, request, reply);
          const answer = await call.run({ host, inbox, request, reply, params: request.params, query: undefined, body: undefined });
          return answer === undefined ? reply.code(204).send() : answer;
        },
      });
    }
  }, { prefix: API_PREFIX });
};
