/** The one door for vendors that call us: POST /hooks/:channel/:inboxId, the raw bytes to the inbox's adapter. */
import type { FastifyError, FastifyPluginAsync } from "fastify";
import { ERROR_CODES, UserError } from "../core/errors.ts";
import { isWebhook, type ChannelAdapter, type InboundEvent, type Logger } from "../core/ports.ts";

export interface HookDeps {
  /** The live adapter of an enabled inbox; null when there is none. */
  inboxById(id: string): { adapter: ChannelAdapter } | null;
  /** Resolves once the event is stored. */
  receive(event: InboundEvent): Promise<unknown>;
  log: Logger;
}

/** Bytes. Telegram's and WhatsApp's calls stay far below; files never come this way. */
const BODY_LIMIT = 1_000_000;

function toUserError(error: FastifyError | UserError): UserError | null {
  if (error instanceof UserError) return error;
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE") return new UserError("BODY_TOO_LARGE", "A webhook call may have 1 MB at most. Nothing was stored.");
  if (error.statusCode !== undefined && error.statusCode < 500) return new UserError("BAD_BODY", "This call could not be read. Nothing was stored.");
  return null;
}

/**
 * Answers 200 only after everything in the call is stored; what we know but don't support is "ignored" and answered 200 too,
 * what can't be the vendor's is 400. Anything else that fails is 500, so that the vendor sends it again. Errors are `{code, message}`.
 * Register without a prefix; no session hook reaches it.
 */
export const hookRoutes = (deps: HookDeps): FastifyPluginAsync => async (app) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_LIMIT }, (_request, body, done) => done(null, body));

  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const { inboxId } = request.params as { inboxId?: string };
    const known = toUserError(error);
    if (known === null) {
      deps.log.error({ inboxId, err: { name: error.name, message: error.message, stack: error.stack } }, "A webhook call could not be stored; its sender will send it again.");
      return reply.code(ERROR_CODES.INTERNAL).send({ code: "INTERNAL", message: "This could not be stored just now. Send it again." });
    }
    deps.log.warn({ inboxId, code: known.code }, `Refused a webhook call: ${known.message}`);
    return reply.code(known.status).send({ code: known.code, message: known.message });
  });

  app.post<{ Params: { channel: string; inboxId: string } }>("/hooks/:channel/:inboxId", async (request) => {
    const { channel, inboxId } = request.params;
    const adapter = deps.inboxById(inboxId)?.adapter;
    if (adapter === undefined || adapter.id !== channel || !isWebhook(adapter)) {
      throw new UserError("INBOX_UNKNOWN", "No inbox takes calls at this address. Compare it with the inbox's settings.");
    }
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    for (const event of await adapter.receive({ headers: request.headers, body })) await deps.receive(event);
    return { ok: true };
  });
};
