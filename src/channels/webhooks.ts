/** The one door for vendors that call us: POST /hooks/:channel/:inboxId, the raw bytes to the inbox's adapter; GET where a vendor asks whether the address is ours. */
import type { FastifyError, FastifyPluginAsync } from "fastify";
import { ERROR_CODES, UserError } from "../core/errors.ts";
import { canHandshake, isWebhook, type ChannelAdapter, type InboundEvent, type Logger, type WebhookChannel } from "../core/ports.ts";

export interface HookDeps {
  /** The live adapter of an enabled inbox, by its id or by the name that its adapter takes calls under; null when there is none. */
  inboxById(id: string): { adapter: ChannelAdapter } | null;
  /** Resolves once the event is stored. */
  receive(event: InboundEvent): Promise<unknown>;
  log: Logger;
}

const PATH = "/hooks/:channel/:inboxId";
interface Place { channel: string; inboxId: string }

/** Bytes, of any call and of those whose channel doesn't say that its calls have more. Files never come this way. */
const BODY_LIMIT = { any: 4_000_000, usual: 1_000_000 };

const tooLarge = () => new UserError("BODY_TOO_LARGE", "This call is larger than any of its vendor's. Nothing was stored.");

function toUserError(error: FastifyError | UserError): UserError | null {
  if (error instanceof UserError) return error;
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE") return tooLarge();
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
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_LIMIT.any }, (_request, body, done) => done(null, body));

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

  const adapterAt = ({ channel, inboxId }: Place): WebhookChannel => {
    const adapter = deps.inboxById(inboxId)?.adapter;
    if (adapter === undefined || adapter.id !== channel || !isWebhook(adapter)) {
      throw new UserError("INBOX_UNKNOWN", "No inbox takes calls at this address. Compare it with the inbox's settings.");
    }
    return adapter;
  };

  app.get<{ Params: Place }>(PATH, async (request, reply) => {
    const adapter = adapterAt(request.params);
    if (!canHandshake(adapter)) throw new UserError("NOT_FOUND", "This inbox's vendor calls by POST; there is nothing to get here.");
    return reply.type("text/plain; charset=utf-8").send(adapter.handshake(request.query as Record<string, unknown>));
  });

  app.post<{ Params: Place }>(PATH, async (request) => {
    const adapter = adapterAt(request.params);
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    if (body.length > (adapter.maxCallBytes ?? BODY_LIMIT.usual)) throw tooLarge();
    await storeAll(deps, await adapter.receive({ headers: request.headers, body }));
    return { ok: true };
  });
};

/** One customer's events in their order, customers side by side. What one customer's event is refused for holds up no other's. */
async function storeAll(deps: HookDeps, events: InboundEvent[]): Promise<void> {
  const byCustomer = new Map<string, InboundEvent[]>();
  for (const event of events) {
    const of = `${event.inboxId} ${event.address}`;
    byCustomer.set(of, [...(byCustomer.get(of) ?? []), event]);
  }
  const done = await Promise.allSettled([...byCustomer.values()].map(async (theirs) => { for (const event of theirs) await deps.receive(event); }));
  const failed = done.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
