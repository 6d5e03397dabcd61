/** Error classes and the table of codes; `docs/errors.md` explains each (a test compares them). */

/** Every code we answer or log, with the HTTP status that goes with it. */
export const ERROR_CODES = {
  BAD_BODY: 400, BAD_JSON: 400, BAD_QUERY: 400, BAD_FILTER: 400, BAD_TIME: 400, BAD_TEXT: 400, WEBHOOK_UNRECOGNISED: 400,
  NO_TOKEN: 401, BAD_TOKEN: 401, BAD_SIGNATURE: 401, BAD_LINK: 401, NOT_SIGNED_IN: 401,
  NOT_ALLOWED: 403, CONTACT_BLOCKED: 403, NOT_LINKED: 403, REQUEST_NEEDED: 403, PLAYGROUND_CLOSED: 403, ORIGIN_NOT_ALLOWED: 403,
  NOT_FOUND: 404, INBOX_UNKNOWN: 404, CONVERSATION_UNKNOWN: 404, MESSAGE_UNKNOWN: 404, THREAD_UNKNOWN: 404, FILE_UNKNOWN: 404, AGENT_UNKNOWN: 404, TEAM_UNKNOWN: 404, LABEL_UNKNOWN: 404, ATTRIBUTE_UNKNOWN: 404, DESK_UNKNOWN: 404, CANNED_UNKNOWN: 404, MACRO_UNKNOWN: 404, VERB_UNKNOWN: 404, FORM_UNKNOWN: 404, NOTICE_UNKNOWN: 404,
  CLIENT_ID_REUSED: 409, NAME_TAKEN: 409, IDENTITY_TAKEN: 409, OTHER_CONVERSATION_OPEN: 409, TOO_LATE: 409, NEWER_LINE: 409, ALREADY_SO: 409, IN_PROGRESS: 409,
  CHANGED_MEANWHILE: 412,
  FILE_TOO_LARGE: 413, BODY_TOO_LARGE: 413, TEXT_TOO_LONG: 413,
  WRONG_TYPE: 415,
  NOT_POSSIBLE: 422, NEEDS_CONVERSATION: 422, TOO_BROAD: 422, VARIABLE_UNKNOWN: 422, TEMPLATE_BROKEN: 422, MACRO_STOPPED: 422, DISPOSITION_MISSING: 422, WINDOW_CLOSED: 422, FILE_INFECTED: 422,
  TOO_MANY: 429,
  INTERNAL: 500,
  NOT_READY: 503, DISK_FULL: 503, FILE_NOT_SCANNED: 503,
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;

/** A mistake or refusal that a person reads: `message` says what happened, what it means, what to do. */
export class UserError extends Error {
  readonly status: number;
  constructor(readonly code: ErrorCode, message: string, readonly errors?: { path: string; message: string }[]) {
    super(message);
    this.name = "UserError";
    this.status = ERROR_CODES[code];
  }
}

/** Why a channel call failed. `certain`: nothing reached the customer, so it may be tried again. */
export type DeliveryCode = "RATE_LIMITED" | "BLOCKED_BY_CONTACT" | "CONTACT_GONE" | "REFUSED" | "UNREACHABLE" | "TIMEOUT" | "TOO_LARGE" | "BAD_CREDENTIALS" | "NOT_SUPPORTED" | "FILE_MISSING" | "WINDOW_CLOSED";
export class DeliveryError extends Error {
  constructor(readonly code: DeliveryCode, readonly tellAgent: string, readonly o: { certain: boolean; permanent?: boolean; retryAfterMs?: number; cause?: unknown }) {
    super(`${code}: ${tellAgent}`, { cause: o.cause });
    this.name = "DeliveryError";
  }
}

/** Why a desk call failed. `refused`: the desk will never take this post as it is; else it is tried again. */
export class DeskError extends Error {
  constructor(readonly code: "RATE_LIMITED" | "REFUSED" | "UNREACHABLE" | "TIMEOUT" | "THREAD_GONE" | "POST_GONE", text: string, readonly o: { certain: boolean; refused?: boolean; retryAfterMs?: number; cause?: unknown }) {
    super(`${code}: ${text}`, { cause: o.cause });
    this.name = "DeskError";
  }
}
