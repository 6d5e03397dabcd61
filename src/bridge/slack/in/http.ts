/** Slack's calls over HTTP: events, interactions and commands at one address. Source: docs.slack.dev/apis/events-api/using-http-request-urls */
import { z } from "zod";
import { UserError } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports.ts";
import type { DeskAnswer, DeskCall } from "../../shared/kind.ts";
import { dispatch, type SlackHandlers } from "./handlers.ts";
import { verifySlackCall } from "../verify.ts";

const Challenge = z.object({ type: z.literal("url_verification"), challenge: z.string().max(1_000) });

/** The body of a call as JSON has it; a form's `payload` is JSON within. @throws {UserError} BAD_BODY */
function readBody({ headers, body }: DeskCall): unknown {
  const type = String(headers["content-type"] ?? "");
  const text = body.toString("utf8");
  const form = /^application\/x-www-form-urlencoded\b/i.test(type) ? new URLSearchParams(text) : null;
  if (form !== null && !form.has("payload")) return Object.fromEntries(form);
  try {
    return JSON.parse(form?.get("payload") ?? text) as unknown;
  } catch {
    throw new UserError("BAD_BODY", "A call from Slack could not be read. Nothing was done.");
  }
}

/**
 * Answers one call. 200 once all that it brought is stored.
 * @throws {UserError} BAD_SIGNATURE, BAD_BODY; whatever else is thrown means that it was not stored, and Slack sends it again
 */
export async function receiveCall(call: DeskCall, o: { signingSecret: string; clock: Clock; handlers: SlackHandlers }): Promise<DeskAnswer> {
  verifySlackCall(call, o.signingSecret, o.clock.now());
  const body = readBody(call);
  const challenge = Challenge.safeParse(body);
  if (challenge.success) return { status: 200, body: { challenge: challenge.data.challenge } };
  // Slack looks whether our certificate is good.
  if (typeof body === "object" && body !== null && "ssl_check" in body) return { status: 200, body: "" };
  const answer = await dispatch(o.handlers, body);
  return { status: 200, body: answer ?? "" };
}
