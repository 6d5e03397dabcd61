/** The one place where Slack's answers become our errors. Source: docs.slack.dev/reference/methods (errors of each method), docs.slack.dev/apis/web-api/rate-limits */
import { webApi } from "@slack/bolt";
import { DeskError } from "../../core/errors.ts";

/** What Slack answered, in its own words: method and error name, never arguments, texts or tokens. `code` is "http_503" or "network_ECONNRESET" where Slack named none. */
export class SlackFailure extends Error {
  constructor(readonly method: string, readonly code: string, readonly channel?: string, readonly needed?: string) {
    super(`${method}: ${code}`);
    this.name = "SlackFailure";
  }
}
/** Slack's own word for why a call failed; undefined when Slack was not asked. */
export const slackCode = (error: unknown): string | undefined => failureOf(error)?.code;
export const failureOf = (error: unknown): SlackFailure | undefined => (error instanceof DeskError && error.o.cause instanceof SlackFailure ? error.o.cause : undefined);

/** Failures before a byte of the request left: nothing can have happened. */
const NEVER_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|ERR_TLS_.*)$/;

/** The connection as a whole is refused until an administrator mends it. */
export const CREDENTIAL_CODES: ReadonlySet<string> = new Set([
  "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_permission", "org_login_required", "ekm_access_denied", "access_denied", "not_allowed_token_type", "team_access_not_granted", "enterprise_is_restricted",
]);
/** One channel takes nothing until somebody mends it. */
export const CHANNEL_CODES: ReadonlySet<string> = new Set(["channel_not_found", "not_in_channel", "is_archived", "is_inactive", "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_locked", "restricted_action_thread_only_channel"]);
const POST_GONE = new Set(["message_not_found", "bad_timestamp", "no_item_specified"]);
const THREAD_GONE = new Set(["thread_not_found", "invalid_thread_ts", "cannot_reply_to_message"]);
/** Slack's own trouble: `service_unavailable` is said before anything is done, the others may come after it. */
const OWN_TROUBLE = new Map([["service_unavailable", true], ["team_added_to_org", true], ["accesslimited", true], ["internal_error", false], ["fatal_error", false], ["request_timeout", false]]);

export const postGone = (cause?: unknown) => new DeskError("POST_GONE", "This post was deleted on Slack.", { certain: true, refused: true, cause });
export const threadGone = (cause?: unknown) => new DeskError("THREAD_GONE", "This thread's first post was deleted on Slack.", { certain: true, refused: true, cause });

function fromPlatform(failure: SlackFailure): DeskError {
  const { code, method } = failure;
  const kept = (text: string) => new DeskError("UNREACHABLE", text, { certain: true, cause: failure });
  if (CREDENTIAL_CODES.has(code)) return kept(`Slack refused the connection (${code}). An administrator checks the app's tokens and that it is installed; what waits goes by itself then.`);
  if (code === "missing_scope") return kept(`The Slack app lacks the scope ${failure.needed ?? "that this needs"}. An administrator adds it under OAuth & Permissions and installs the app again.`);
  if (CHANNEL_CODES.has(code)) return kept(`Slack's channel takes no posts from the app (${code}). Unarchive it, or invite the app to it; what waits goes by itself then.`);
  if (POST_GONE.has(code)) return postGone(failure);
  if (THREAD_GONE.has(code)) return threadGone(failure);
  if (code === "ratelimited" || code === "rate_limited") return new DeskError("RATE_LIMITED", "Slack asked us to wait.", { certain: true, retryAfterMs: 1_000, cause: failure });
  const certain = OWN_TROUBLE.get(code);
  if (certain !== undefined) return new DeskError("UNREACHABLE", "Slack answered with a fault of its own.", { certain, cause: failure });
  return new DeskError("REFUSED", `Slack refused it (${method}: ${code}).`, { certain: true, refused: true, cause: failure });
}

const timedOut = (failure: SlackFailure) => new DeskError("TIMEOUT", "Slack did not answer in time.", { certain: false, cause: failure });

function fromNetwork(error: Error, method: string, channel?: string): DeskError {
  const cause = error.cause as { code?: unknown } | undefined;
  const code = String(cause?.code ?? error.name);
  const failure = new SlackFailure(method, `network_${code}`, channel);
  if (NEVER_SENT.test(code)) return new DeskError("UNREACHABLE", "Slack could not be reached.", { certain: true, cause: failure });
  return /Abort|Timeout|TIMEOUT/.test(code) ? timedOut(failure) : new DeskError("UNREACHABLE", "The connection to Slack broke.", { certain: false, cause: failure });
}

/**
 * Refusals of a post as it is: certain and refused. Credentials, scopes, channels: certain, tried again until they are mended.
 * 429: certain, with its wait. Refused connection: certain. Timeout, reset and 5xx: uncertain. Never carries what was sent.
 */
export function toDeskError(error: unknown, method: string, channel?: string): DeskError {
  if (error instanceof DeskError) return error;
  if (error instanceof webApi.WebAPIRateLimitedError) return new DeskError("RATE_LIMITED", "Slack asked us to wait.", { certain: true, retryAfterMs: error.retryAfter * 1_000, cause: new SlackFailure(method, "ratelimited", channel) });
  if (error instanceof webApi.WebAPIPlatformError) return fromPlatform(new SlackFailure(method, error.data.error, channel, (error.data as { needed?: string }).needed));
  if (error instanceof webApi.WebAPIHTTPError) return fromStatus(error.statusCode, method, channel);
  if (error instanceof webApi.WebAPIRequestError) return fromNetwork(error.original, method, channel);
  return error instanceof Error ? fromNetwork(error, method, channel) : timedOut(new SlackFailure(method, "unknown", channel));
}

/** An answer without Slack's JSON, by its HTTP status. */
export function fromStatus(status: number, method: string, channel?: string): DeskError {
  const cause = new SlackFailure(method, `http_${status}`, channel);
  return status >= 500 || status === 408
    ? new DeskError("UNREACHABLE", "Slack answered with a fault of its own.", { certain: false, cause })
    : new DeskError("UNREACHABLE", `Slack could not be used (HTTP ${status}).`, { certain: true, cause });
}
