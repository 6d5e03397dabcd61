/** Whether a webhook call comes from Meta: it signs the raw bytes with the app's secret. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { UserError } from "../../core/errors.ts";
import type { WebhookRequest } from "../../core/ports.ts";

/** Source: developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint */
const HEADER = "x-hub-signature-256";

const hmac = (content: Buffer | string, key: string) => createHmac("sha256", key).update(content).digest();

/** Over the bytes as they came: JSON that is read and written again may spell characters differently. @throws {UserError} BAD_SIGNATURE */
export function verifySignature({ headers, body }: WebhookRequest, appSecret: string): void {
  const given = headers[HEADER];
  const hex = typeof given === "string" ? /^sha256=([0-9a-f]{64})$/i.exec(given)?.[1] : undefined;
  if (hex !== undefined && timingSafeEqual(Buffer.from(hex, "hex"), hmac(body, appSecret))) return;
  throw new UserError("BAD_SIGNATURE",
    "This call is not signed with the inbox's `appSecret`, so it was refused. If it is Meta's, compare `appSecret` with developers.facebook.com, your app, App settings, Basic, App secret.");
}

/** In constant time, whatever the lengths. */
export const sameSecret = (a: string, b: string): boolean => timingSafeEqual(hmac(a, "compare"), hmac(b, "compare"));

/** Meta asks once when the address is set, and wants its challenge back. @throws {UserError} NOT_ALLOWED */
export function answerChallenge(query: Record<string, unknown>, verifyToken: string): string {
  const { "hub.mode": mode, "hub.verify_token": token, "hub.challenge": challenge } = query;
  if (mode === "subscribe" && typeof token === "string" && typeof challenge === "string" && sameSecret(token, verifyToken) && /^[\w.-]{1,512}$/.test(challenge)) return challenge;
  throw new UserError("NOT_ALLOWED", "This is not Meta's question with the inbox's `verifyToken`. Enter the same word in the settings file and at developers.facebook.com, your app, WhatsApp, Configuration, Webhook.");
}
