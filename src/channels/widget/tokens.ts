/** Visitor tokens: stateless, signed, without a secret inside. Whoever holds one is that visitor. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Secrets } from "../../core/services/secrets.ts";

const DAY_S = 86_400;
/** A year: shorter would cost a returning visitor their history; a call with a valid one renews it. */
export const TOKEN_LIFE_S = 365 * DAY_S;

const claims = z.strictObject({
  /** Inbox. */
  i: z.string(),
  /** Address: the visitor's id on that inbox. */
  a: z.string(),
  n: z.string().optional(),
  e: z.string().optional(),
  /** Expiry in seconds since 1970. */
  x: z.int(),
});
export interface VisitorClaims { inboxId: string; address: string; name?: string; email?: string }

const same = (a: string, b: string): boolean => {
  const left = Buffer.from(a), right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
};

/** `<claims>.<signature>`, both base64url. */
export function issueToken(secrets: Secrets, visitor: VisitorClaims, now: Date): string {
  const body = Buffer.from(JSON.stringify({
    i: visitor.inboxId, a: visitor.address,
    ...(visitor.name === undefined ? {} : { n: visitor.name }), ...(visitor.email === undefined ? {} : { e: visitor.email }),
    x: Math.floor(now.getTime() / 1000) + TOKEN_LIFE_S,
  })).toString("base64url");
  return `${body}.${secrets.sign("widget-session", body)}`;
}

/** Null for a token that is not ours, was changed, or is past its year. */
export function readToken(secrets: Secrets, token: string, now: Date): VisitorClaims | null {
  if (token.length > 2_000) return null;
  const [body, signature, more] = token.split(".");
  if (body === undefined || signature === undefined || more !== undefined || !secrets.verify("widget-session", body, signature)) return null;
  try {
    const c = claims.parse(JSON.parse(Buffer.from(body, "base64url").toString("utf8")));
    if (c.x * 1000 <= now.getTime()) return null;
    return { inboxId: c.i, address: c.a, ...(c.n === undefined ? {} : { name: c.n }), ...(c.e === undefined ? {} : { email: c.e }) };
  } catch { return null; }
}

/** The hash that a site's own server makes for its signed-in visitor: HMAC-SHA256 of the id under the inbox's identity secret, hex. */
export const identityHash = (identitySecret: string, id: string): string => createHmac("sha256", identitySecret).update(id).digest("hex");
export const identityHashFits = (identitySecret: string, id: string, hash: string): boolean => same(hash.toLowerCase(), identityHash(identitySecret, id));
