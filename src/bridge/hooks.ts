/** The door for desks that call us: POST /hooks/desk/:kind, the raw bytes to the desk's connection. */
import type { FastifyError, FastifyPluginAsync } from "fastify";
import { ERROR_CODES, UserError } from "../core/errors.ts";
import type { Logger } from "../core/ports.ts";
import type { VendorDesk } from "./shared/kind.ts";

/** Bytes; Slack's calls stay far below, files never come this way. */
const BODY_LIMIT = 4_000_000;

/** Answers what the desk says once all is stored; 5xx when it could not be, so that the vendor sends it again. Register without a prefix. */
export const deskHookRoutes = (deps: { deskOf(kind: string): VendorDesk | undefined; log: Logger }): FastifyPluginAsync => async (app) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_LIMIT }, (_request, body, done) => done(null, body));

  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const { kind } = request.params as { kind?: string };
    const known = error instanceof UserError ? error
      : error.statusCode === 413 ? new UserError("BODY_TOO_LARGE", "A desk's call may have 4 MB at most. Nothing was stored.")
      : error.statusCode !== undefined && error.statusCode < 500 ? new UserError("BAD_BODY", "This call could not be read. Nothing was stored.") : null;
    if (known === null) {
      deps.log.error({ desk: kind, err: error }, "A desk's call could not be stored; its sender will send it again.");
      return reply.code(ERROR_CODES.INTERNAL).send({ code: "INTERNAL", message: "This could not be stored just now. Send it again." });
    }
    deps.log.warn({ desk: kind, code: known.code }, `Refused a desk's call: ${known.message}`);
    return reply.code(known.status).send({ code: known.code, message: known.message });
  });

  app.post<{ Params: { kind: string } }>("/hooks/desk/:kind", async (request, reply) => {
    const desk = deps.deskOf(request.params.kind);
    if (desk?.receive === undefined) throw new UserError("NOT_FOUND", "No desk takes calls at this address. Compare it with the desk's settings.");
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const answer = await desk.receive({ headers: request.headers, body });
    return reply.code(answer.status).send(answer.body);
  });
};
