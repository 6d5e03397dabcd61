/** The one door for vendors that call us: POST /hooks/:channel/:inboxId, the raw bytes to the inbox's adapter; GET where a vendor asks whether the address is ours. */
import type { IncomingMessage } from "node:http";
import type { FastifyError, FastifyPluginAsync, FastifyRequest } from "fastify";
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

/** Bytes of a call whose channel doesn't say that its calls have more. */
const USUAL_BYTES = 1_000_000;
/** So few calls of more than `bytes` are read side by side: who calls is not known before their end. */
const LARGE = { bytes: 4_000_000, most: 4 };

const tooLarge = () => new UserError("BODY_TOO_LARGE", "This call is larger than any of its vendor's. Nothing was stored.");

function toUserError(error: FastifyError | UserError): UserError | null {
  if (error instanceof UserError) return error;
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
  const bytesOf = (place: Place): number => adapterAt(place).maxCallBytes ?? USUAL_BYTES;
  app.addContentTypeParser("*", async (request: FastifyRequest, payload: IncomingMessage) => readUpTo(payload, bytesOf(request.params as Place)));

  // Before a byte is read: a stranger must not decide how much we hold.
  let large = 0;
  app.addHook("onRequest", async (request, reply) => {
    if (request.method !== "POST") return;
    const most = bytesOf(request.params as Place);
    const bytes = Number(request.headers["content-length"] ?? most);
    if (bytes > most) throw tooLarge();
    if (bytes <= LARGE.bytes) return;
    if (large >= LARGE.most) void reply.header("retry-after", "5");
    if (large >= LARGE.most) throw new UserError("TOO_MANY", "Several large calls are being read already. Send this one again in a moment.");
    large++;
    reply.raw.once("close", () => { large--; });
  });

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
    await storeAll(deps, await adapter.receive({ headers: request.headers, body }));
    return { ok: true };
  });
};

/** What is too long is left unread: its sender is answered, and the connection ends. */
function readUpTo(payload: IncomingMessage, most: number): Promise<Buffer> {
  return new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= most) { chunks.push(chunk); return; }
      payload.off("data", take);
      fail(tooLarge());
    };
    payload.on("data", take).once("end", () => done(Buffer.concat(chunks))).once("error", fail);
  });
}

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
