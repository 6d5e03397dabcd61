/** How a call to a program of the administrator's is signed. */
import { createHmac } from "node:crypto";

/** `timestamp` in whole seconds since 1970. The answer is `v1=` and the hex HMAC-SHA256 of `<timestamp>.<body>`. */
export const signatureOf = (signingSecret: string, timestamp: number, body: string): string =>
  `v1=${createHmac("sha256", signingSecret).update(`${timestamp}.${body}`).digest("hex")}`;

/** Headers of every callback; their names never change. */
export const callbackHeaders = (signingSecret: string, id: string, now: Date, body: string): Record<string, string> => {
  const timestamp = Math.floor(now.getTime() / 1000);
  return { "threadline-id": id, "threadline-timestamp": String(timestamp), "threadline-signature": signatureOf(signingSecret, timestamp, body) };
};
