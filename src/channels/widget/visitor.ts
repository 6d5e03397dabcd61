/** Who is calling: the visitor behind a token, the inbox they belong to, and whether the page they call from may. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import type { Inbox } from "../../core/model/types.ts";
import { allowedOrigins, createInboxes, type WidgetInboxes } from "./inboxes.ts";
import { createBuckets, type BucketName, type Buckets } from "./limits.ts";
import { isOwnOrigin, originAllowed } from "./origins.ts";
import { readToken, type VisitorClaims } from "./tokens.ts";

export interface Visitor extends VisitorClaims { inbox: Inbox; /** Names the visitor among all inboxes: owner of their files, key of their limits. */ key: string }

/** What every route of the widget shares. */
export interface WidgetHost { core: Core; inboxes: WidgetInboxes; buckets: Buckets }

export const createHost = (core: Core): WidgetHost => ({ core, inboxes: createInboxes(core), buckets: createBuckets(core.limits.rateLimits) });

export const visitorKey = (inboxId: string, address: string): string => `widget:${inboxId}:${address}`;

/** @throws {UserError} TOO_MANY, with `Retry-After` on the reply. */
export function spend(host: WidgetHost, reply: FastifyReply, name: BucketName, who: string): void {
  const wait = host.buckets.take(name, who);
  if (wait === 0) return;
  reply.header("retry-after", String(wait));
  throw new UserError("TOO_MANY", `Too many calls in a short time. Wait ${wait} s, then try again; nothing of this call was stored.`);
}

/** @throws {UserError} ORIGIN_NOT_ALLOWED when the calling page is neither ours nor on the inbox's list. */
export function checkOrigin(inbox: Inbox, origin: string | undefined, host: string): void {
  if (origin === undefined || isOwnOrigin(origin, host) || originAllowed(allowedOrigins(inbox), origin)) return;
  throw new UserError("ORIGIN_NOT_ALLOWED", "This chat may not be used from this site. Add the site to the inbox's allowedOrigins.");
}

/** @throws {UserError} BAD_TOKEN when it is not ours, has run out, or its inbox is gone. */
export async function visitorOf(host: WidgetHost, token: string): Promise<Visitor> {
  const claims = readToken(host.core.secrets, token, host.core.clock.now());
  const inbox = claims === null ? null : await host.inboxes.byId(claims.inboxId);
  if (claims === null || inbox === null) throw new UserError("BAD_TOKEN", "The visitor token is not valid any more. Make a new session, then try again.");
  return { ...claims, inbox, key: visitorKey(claims.inboxId, claims.address) };
}

export const bearerOf = (request: FastifyRequest): string | undefined => /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];

/** The caller of a route. @throws {UserError} NO_TOKEN, BAD_TOKEN, ORIGIN_NOT_ALLOWED */
export async function requireVisitor(host: WidgetHost, request: FastifyRequest): Promise<Visitor> {
  const token = bearerOf(request);
  if (token === undefined) throw new UserError("NO_TOKEN", "This call needs a visitor token: make a session and send its token as Authorization: Bearer.");
  const visitor = await visitorOf(host, token);
  checkOrigin(visitor.inbox, request.headers.origin, request.host);
  return visitor;
}

/** Id and contact of the visitor's identity; null before their first message. */
export async function identityOf(core: Core, visitor: { inboxId: string; address: string }): Promise<{ _id: string; contactId: string } | null> {
  return core.store.identities.findOne({ inboxId: visitor.inboxId, address: visitor.address }, { projection: { contactId: 1 } });
}
