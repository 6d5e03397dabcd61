/** Keys, hashes and signatures between a bridge and us; compared in constant time. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const digest = (text: string) => createHash("sha256").update(text).digest();
export const sameSecret = (given: string, right: string): boolean => timingSafeEqual(digest(given), digest(right));

/** What the bridge's own server makes for a contact that it vouches for: HMAC-SHA256 of the contact's id under the inbox's identitySecret, hex. */
export const identityHash = (identitySecret: string, contactId: string): string => createHmac("sha256", identitySecret).update(contactId).digest("hex");

/** `timestamp` in whole seconds since 1970. The answer is `v1=` and the hex HMAC-SHA256 of `<timestamp>.<body>`. */
export const signatureOf = (signingSecret: string, timestamp: number, body: string): string =>
  `v1=${createHmac("sha256", signingSecret).update(`${timestamp}.${body}`).digest("hex")}`;

/** Headers of every callback; their names never change. */
export const callbackHeaders = (signingSecret: string, id: string, now: Date, body: string): Record<string, string> => {
  const timestamp = Math.floor(now.getTime() / 1000);
  return { "threadline-id": id, "threadline-timestamp": String(timestamp), "threadline-signature": signatureOf(signingSecret, timestamp, body) };
};
