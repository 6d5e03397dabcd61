/** The HTTP calls of `/widget/v1`, as the public contract has them. */
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from "fastify";
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import { cleanText } from "../../core/services/clean-text.ts";
import { asWireMessage } from "./formatted.ts";
import { feedAfter, feedBefore, recordSeen } from "../../core/services/feed.ts";
import { receiveEvent } from "../../core/services/receive-inbound.ts";
import { parseBody, parseQuery } from "../../http/input.ts";
import { sameFiles } from "../shared/upload.ts";
import { filesFor, fileRoutes } from "./files.ts";
import { createHub, type Hub } from "./hub.ts";
import { isOwnOrigin } from "./origins.ts";
import { openSession, verifiedAddress } from "./sessions.ts";
import { offerRoutes } from "./offers.ts";
import { socketRoute } from "./socket.ts";
import { bearerOf, checkOrigin, createHost, identityOf, requireVisitor, spend, type Visitor, type WidgetHost } from "./visitor.ts";
import { teamNow } from "./team.ts";
import { MAX_TEXT, messageBody, messagesQuery, readBody, sessionBody, typingBody, type MessageAnswer, type MessagesAnswer, type SessionAnswer, type TeamAnswer } from "./wire.ts";

/** Room for 8,000 characters in any JSON spelling, and for an over-long text to get an answer of its own. */
const BODY_BYTES = 256 * 1024;
const PAGE = 50;

/** Everything under `/widget/v1`. Register it at the root; the app brings the socket server. */
export const widgetRoutes = (core: Core): FastifyPluginAsync => async (app) => {
  const host = createHost(core);
  const hub = createHub(core);
  app.addHook("onClose", () => hub.close());
  await app.register(async (api) => {
    cors(api, host);
    await fileRoutes(api, host);
    socketRoute(api, host, hub);
    sessionRoutes(api, host);
    messageRoutes(api, host, hub);
    offerRoutes(api, host, hub);
  }, { prefix: "/widget/v1" });
};

/** Answers browsers' preflights and lets pages of allowed sites read the answers; each call is checked again against its own inbox. */
function cors(api: FastifyInstance, host: WidgetHost): void {
  api.addHook("onRequest", async (request, reply) => {
    const { origin } = request.headers;
    reply.header("cache-control", "no-store").header("vary", "Origin");
    if (origin === undefined || isOwnOrigin(origin, request.host) || !(await host.inboxes.anyAllows(origin))) return;
    reply.header("access-control-allow-origin", origin).header("access-control-expose-headers", "Retry-After, Content-Disposition");
    if (request.method !== "OPTIONS") return;
    reply.header("access-control-allow-methods", "GET, POST").header("access-control-allow-headers", "Authorization, Content-Type").header("access-control-max-age", "600");
  });
  api.options("/*", async (_request, reply) => reply.code(204).send());
}

function sessionRoutes(api: FastifyInstance, host: WidgetHost): void {
  api.post("/sessions", { bodyLimit: BODY_BYTES }, async (request, reply): Promise<SessionAnswer> => {
    spend(host, reply, "sessionByIp", request.ip);
    const body = parseBody(sessionBody, request.body);
    const inbox = await host.inboxes.byKey(body.inboxKey);
    if (inbox === null) throw new UserError("INBOX_UNKNOWN", "No widget has this inboxKey. Compare data-inbox-key on the page with the inbox's key in the settings.");
    checkOrigin(inbox, request.headers.origin, request.host);
    reply.code(201);
    return openSession(host, inbox, body, bearerOf(request));
  });
}

/** The identity's hash is over the id alone: an address is proven where it is the id itself. */
const emailOf = ({ email, address }: { email?: string; address: string }) => (email === undefined ? {} : { email, ...(address === verifiedAddress(email) ? { emailVerified: true as const } : {}) });

function messageRoutes(api: FastifyInstance, host: WidgetHost, hub: Hub): void {
  const { core } = host;

  api.post("/messages", { bodyLimit: BODY_BYTES }, async (request, reply): Promise<MessageAnswer> => {
    spend(host, reply, "messageByIp", request.ip);
    const visitor = await requireVisitor(host, request);
    spend(host, reply, "messageByVisitor", visitor.key);
    const input = parseBody(messageBody, request.body);
    const text = cleanText(input.body, MAX_TEXT);
    const files = await filesFor(host, visitor, input.fileIds ?? []);
    if (text.trim() === "" && files.length === 0) {
      throw new UserError("BAD_BODY", "The message is empty. Write something or attach a file.", [{ path: "body", message: "is empty, and no file is attached" }]);
    }
    if (input.conversation !== undefined && input.conversation !== "new") await requireOwnConversation(core, visitor, input.conversation);
    const { outcome, message } = await receiveEvent(core, {
      inboxId: visitor.inboxId, address: visitor.address, type: "message", channelMessageId: input.clientId, text, files,
      profile: { ...(visitor.name === undefined ? {} : { name: visitor.name }), ...emailOf(visitor) },
      ...(input.conversation === undefined ? {} : { conversation: input.conversation }), ...(input.choice === undefined ? {} : { choice: input.choice }),
    });
    if (outcome === "blocked") throw new UserError("CONTACT_BLOCKED", "You can't write here any more. Nothing of this message was kept.");
    if (outcome === "conflict" || message === undefined || (outcome === "duplicate" && !sameFiles(message.files, files))) {
      throw new UserError("CLIENT_ID_REUSED", "This clientId already belongs to another message. Use a new one for each message; repeat one only to send the same again.");
    }
    hub.identified(visitor.key, message.identityId);
    reply.code(outcome === "stored" ? 201 : 200);
    return { id: message._id, seq: message.feedLast ?? 0, position: message.feedFirst ?? 0, conversationId: message.conversationId, clientId: input.clientId };
  });

  api.get("/messages", async (request, reply): Promise<MessagesAnswer> => {
    const visitor = await caller(host, request, reply);
    const { after, before, limit = PAGE } = parseQuery(messagesQuery, request.query);
    const identity = await identityOf(core, visitor);
    if (identity === null) return { messages: [], last: after ?? 0, more: false };
    const page = before === undefined ? await feedAfter(core, identity._id, after ?? 0, limit) : await feedBefore(core, identity._id, before, limit);
    if (page.messages.some((message) => message.kind === "outgoing")) await recordSeen(core, { identityId: identity._id, seq: page.last, state: "delivered" });
    return { ...page, messages: page.messages.map(asWireMessage) };
  });

  api.get("/team", async (request, reply): Promise<TeamAnswer> => teamNow(core, (await caller(host, request, reply)).inbox));

  api.post("/read", { bodyLimit: BODY_BYTES }, async (request, reply) => {
    const visitor = await caller(host, request, reply);
    const { seq } = parseBody(readBody, request.body);
    const identity = await identityOf(core, visitor);
    if (identity !== null) await recordSeen(core, { identityId: identity._id, seq, state: "read" });
    return reply.code(204).send();
  });

  api.post("/typing", { bodyLimit: BODY_BYTES }, async (request, reply) => {
    const visitor = await caller(host, request, reply);
    const { typing } = parseBody(typingBody, request.body);
    await receiveEvent(core, { inboxId: visitor.inboxId, address: visitor.address, type: "typing", typing });
    return reply.code(204).send();
  });
}

async function caller(host: WidgetHost, request: FastifyRequest, reply: Parameters<typeof spend>[1]): Promise<Visitor> {
  spend(host, reply, "callByIp", request.ip);
  const visitor = await requireVisitor(host, request);
  spend(host, reply, "callByVisitor", visitor.key);
  return visitor;
}

/** @throws {UserError} CONVERSATION_UNKNOWN for one that does not exist or is somebody else's, without telling which. */
async function requireOwnConversation(core: Core, visitor: Visitor, conversationId: string): Promise<void> {
  const identity = await identityOf(core, visitor);
  const own = identity === null ? null : await core.store.conversations.findOne({ _id: conversationId, identityId: identity._id }, { projection: { _id: 1 } });
  if (own === null) throw new UserError("CONVERSATION_UNKNOWN", "This visitor has no such conversation. Leave it out to go on where the last one stands, or send \"new\".");
}
