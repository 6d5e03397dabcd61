/** Whether a webhook call comes from Telegram: it repeats the secret that we gave it with setWebhook. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { UserError } from "../../core/errors.ts";
import type { WebhookRequest } from "../../core/ports.ts";

/** Source: core.telegram.org/bots/api#setwebhook (`secret_token`, 1 to 256 of A-Z, a-z, 0-9, _ and -). */
const HEADER = "x-telegram-bot-api-secret-token";

/** The same secret at every start, from the token alone, so that no restart leaves a webhook with an older one. */
export const webhookSecretOf = (token: string): string => createHmac("sha256", token).update("telegram webhook").digest("base64url");

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Compares in constant time. @throws {UserError} BAD_SIGNATURE, also when the header is missing or repeated. */
export function verifySecret(headers: WebhookRequest["headers"], secret: string): void {
  const given = headers[HEADER];
  if (typeof given === "string" && timingSafeEqual(digest(given), digest(secret))) return;
  throw new UserError("BAD_SIGNATURE",
    "This call does not carry the bot's webhook secret, so it was refused. If it is Telegram's, restart Threadline: it sets the webhook again with the right one.");
}
