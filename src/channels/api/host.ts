/** Who is calling: the inbox behind a key, its contacts, and how often they may. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Core } from "../../core/core.ts";
import { DeliveryError, UserError } from "../../core/errors.ts";
import type { Inbox } from "../../core/model/types.ts";
import { cleanText } from "../../core/services/clean-text.ts";
import { allInboxes } from "../../core/services/inbox-settings.ts";
import { identityOf } from "../../core/store/look-together.ts";
import { createBuckets, type Buckets } from "../shared/rate.ts";
import { KEY_SHAPE, nameOfKey } from "./ids.ts";
import { identityHash, sameSecret } from "./verify.ts";

/** Figures: a bridge with thousands of customers stays below them, one that has gone wild does not. */
const LIMITS = {
  inbox: { perSecond: 200, burst: 2_000 }, contact: { perSecond: 5, burst: 100 }, file: { perSecond: 5, burst: 100 }, replay: { perSecond: 1, burst: 20 }, badKey: { perSecond: 1, burst: 60 },
};
type Scope = keyof typeof LIMITS;
export interface ApiHost { core: Core; buckets: Buckets<Scope> }
export const createHost = (core: Core): ApiHost => ({ core, buckets: createBuckets<Scope>(core.clock, LIMITS, core.limits.rateLimits) });

/** @throws {UserError} TOO_MANY, with `Retry-After` on the reply. */
export function spend({ buckets }: ApiHost, reply: FastifyReply, scope: Scope, who: string): void {
  try { buckets.take({ [scope]: who }); } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    const seconds = Math.max(1, Math.ceil((error.o.retryAfterMs ?? 0) / 1000));
    reply.header("retry-after", String(seconds));
    throw new UserError("TOO_MANY", `Too many calls in a short time. Wait ${seconds} s, then try again; nothing of this call was stored.`);
  }
}

/** The inbox whose key comes as `Authorization: Bearer`. @throws {UserError} NO_TOKEN, BAD_TOKEN, NOT_POSSIBLE, TOO_MANY */
export async function requireInbox(host: ApiHost, request: FastifyRequest, reply: FastifyReply): Promise<Inbox> {
  const key = /^Bearer +(\S{1,300})$/i.exec(request.headers.authorization ?? "")?.[1];
  if (key === undefined) throw new UserError("NO_TOKEN", "This call needs the inbox key: send it as Authorization: Bearer <key>.");
  const { core } = host;
  const inbox = KEY_SHAPE.test(key) ? (await allInboxes(core)).find((one) => one.channel === "api" && one.identity === nameOfKey(key)) : undefined;
  const sealed = inbox?.secrets["key"];
  if (inbox === undefined || sealed === undefined || !sameSecret(key, core.secrets.open(sealed))) {
    spend(host, reply, "badKey", request.ip);
    throw new UserError("BAD_TOKEN", "No API inbox has this key. Compare it with the inbox's key in the settings file.");
  }
  if (!inbox.enabled) throw new UserError("NOT_POSSIBLE", "This inbox is switched off. Nothing was stored.");
  spend(host, reply, "inbox", inbox._id);
  return inbox;
}

/**
 * The address of a contact whom the caller may speak for. A hash that came must fit; without one, the key alone vouches unless the
 * inbox requires it. @throws {UserError} BAD_SIGNATURE, BAD_TEXT, TOO_MANY
 */
export function requireContact(host: ApiHost, inbox: Inbox, reply: FastifyReply, contact: { id: string; hash?: string | undefined }): string {
  const id = cleanText(contact.id);
  const sealed = inbox.secrets["identitySecret"];
  const required = inbox.config["identityRequired"] === true;
  if (contact.hash === undefined ? required : sealed === undefined || !sameSecret(contact.hash.toLowerCase(), identityHash(host.core.secrets.open(sealed), id))) {
    throw new UserError("BAD_SIGNATURE", contact.hash === undefined
      ? "This inbox takes contacts only with their hash: HMAC-SHA256 of the contact's id under the inbox's identitySecret, in hex. Nothing was stored."
      : "The contact's hash does not fit. Make it on your server as HMAC-SHA256 of the contact's id under the inbox's identitySecret, in hex. Nothing was stored.");
  }
  spend(host, reply, "contact", `${inbox._id}:${id}`);
  return id;
}

/** @throws {UserError} NOT_FOUND for who has not been told of yet */
export async function knownContact(host: ApiHost, inbox: Inbox, address: string): Promise<{ _id: string; contactId: string }> {
  const identity = await identityOf(host.core, inbox._id, address);
  if (identity === null) throw new UserError("NOT_FOUND", "This inbox has no such contact yet. It is made by POST /contacts or by its first message.");
  return identity;
}
