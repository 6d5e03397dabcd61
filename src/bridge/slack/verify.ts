/** Whether a call over HTTP is Slack's. Source: docs.slack.dev/authentication/verifying-requests-from-slack */
import { createHmac, timingSafeEqual } from "node:crypto";
import { UserError } from "../../core/errors.ts";
import type { DeskCall } from "../shared/kind.ts";

/** Seconds by which Slack's clock and ours may differ, either way. */
const SKEW_SECONDS = 300;
const refused = (why: string) => new UserError("BAD_SIGNATURE", why);
const one = (value: string | string[] | undefined): string => (typeof value === "string" ? value : "");

/** Passes a call that is signed with `signingSecret` over its raw bytes, now. @throws {UserError} BAD_SIGNATURE */
export function verifySlackCall({ headers, body }: DeskCall, signingSecret: string, now: Date): void {
  if (signingSecret === "") throw refused("Slack calls, but the desk has no signingSecret to check it with. Set the one of api.slack.com/apps → Basic Information → Signing Secret. Nothing was done.");
  const timestamp = one(headers["x-slack-request-timestamp"]);
  const given = one(headers["x-slack-signature"]);
  if (!/^\d{1,12}$/.test(timestamp) || given === "") throw refused("A call to Slack's address bears no signature of Slack's. Nothing was done.");
  if (Math.abs(now.getTime() / 1_000 - Number(timestamp)) > SKEW_SECONDS) {
    throw refused("A call from Slack was signed more than 5 minutes before or after this server's time: it is a repeat, or the server's clock is wrong. Nothing was done.");
  }
  const expected = `v0=${createHmac("sha256", signingSecret).update(`v0:${timestamp}:`).update(body).digest("hex")}`;
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  if (a.length !== b.length || !timingSafeEqual(a, b)) {
    throw refused("A call's signature does not fit: compare the desk's signingSecret with api.slack.com/apps → Basic Information → Signing Secret. Nothing was done.");
  }
}
