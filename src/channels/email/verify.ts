/** Who hands us mail, for whom a mail is, and whose conversation its address names: a reply address counts only with our signature. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { UserError } from "../../core/errors.ts";
import type { WebhookRequest } from "../../core/ports.ts";
import { plainAddress, readReplyAddress, type Sign } from "./ids.ts";

/** Addresses of one inbox, lower case: its own first, then its aliases. */
export const isOurs = (ours: readonly string[], address: string): boolean => ours.includes(plainAddress(address));

/** The conversation that one of the recipients names under our signature; null when none does. */
export function signedConversation(ours: readonly string[], recipients: readonly string[], sign: Sign): string | null {
  for (const address of recipients) {
    const conversation = isOurs(ours, address) ? readReplyAddress(address, sign) : null;
    if (conversation !== null) return conversation;
  }
  return null;
}

/** Seconds by which a caller's clock may be ahead of ours or behind it. */
const SKEW_S = 300;

/**
 * `Threadline-Timestamp` (whole seconds since 1970) and `Threadline-Signature` (`v1=` and the hex HMAC-SHA256 of `<timestamp>.<raw body>`).
 * @throws {UserError} BAD_SIGNATURE
 */
export function checkCall({ headers, body }: WebhookRequest, secret: string, now: Date): void {
  const timestamp = headers["threadline-timestamp"], signature = headers["threadline-signature"];
  if (typeof timestamp !== "string" || typeof signature !== "string" || !/^\d{1,12}$/.test(timestamp)) throw new UserError("BAD_SIGNATURE", "The call is not signed: Threadline-Timestamp and Threadline-Signature are needed (docs/email.md, Webhook).");
  const right = Buffer.from(`v1=${createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex")}`), given = Buffer.from(signature);
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw new UserError("BAD_SIGNATURE", "The signature is not right. Compare the caller's secret with `webhook: secret` of this inbox, and sign the bytes as they are sent.");
  const apart = Math.abs(now.getTime() / 1_000 - Number(timestamp));
  if (apart > SKEW_S) throw new UserError("BAD_SIGNATURE", `The call was signed ${Math.round(apart)} seconds from now; ${SKEW_S} are allowed. Set the caller's clock, and sign each try anew.`);
}
