/** Keys, hashes and signatures between a bridge and us; compared in constant time. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const digest = (text: string) => createHash("sha256").update(text).digest();
export const sameSecret = (given: string, right: string): boolean => timingSafeEqual(digest(given), digest(right));

/** What the bridge's own server makes for a contact that it vouches for: HMAC-SHA256 of the contact's id under the inbox's identitySecret, hex. */
export const identityHash = (identitySecret: string, contactId: string): string => createHmac("sha256", identitySecret).update(contactId).digest("hex");
