/** Serves the calls of the API under `/inbox/v1`, and their description. */
import type { FastifyPluginAsync } from "fastify";
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import { asProblem } from "../../http/problem.ts";
import { API_PREFIX, apiCalls } from "./calls.ts";
import { allowFiles } from "./calls-files.ts";
import { createHost, requireInbox } from "./host.ts";
import { openApi } from "./openapi.ts";

/** Room for the longest text in any JSON spelling. */
const BODY_BYTES = 512 * 1024;

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
