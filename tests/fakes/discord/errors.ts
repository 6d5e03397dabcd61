/** Discord's error answers: number, words, and the nested `errors` of a bad form. Source: discord.com/developers/docs/topics/opcodes-and-status-codes#json, .../reference#error-messages */
import type { Json } from "./types.ts";

export class ApiError extends Error {
  constructor(readonly status: number, readonly code: number, message: string, readonly errors?: Json, readonly headers: Record<string, string> = {}, readonly extra: Json = {}) { super(message); }
  get body(): Json { return { message: this.message, code: this.code, ...(this.errors === undefined ? {} : { errors: this.errors }), ...this.extra }; }
}

const KNOWN = {
  10003: [404, "Unknown Channel"], 10004: [404, "Unknown Guild"], 10007: [404, "Unknown Member"], 10008: [404, "Unknown Message"], 10009: [404, "Unknown permission overwrite"],
  10011: [404, "Unknown Role"], 10013: [404, "Unknown User"], 10014: [400, "Unknown Emoji"], 10015: [404, "Unknown Webhook"], 10062: [404, "Unknown interaction"],
  10063: [404, "Unknown application command"], 10087: [404, "Unknown tag"], 30007: [400, "Maximum number of webhooks reached (15)"], 30010: [400, "Maximum number of reactions reached (20)"],
  30032: [400, "Maximum number of application commands reached (100)"], 30033: [400, "Max number of thread participants has been reached (1000)"],
  30034: [429, "Max number of daily application command creates has been reached (200)"], 30048: [400, "Maximum number of tags in a forum channel has been reached (20)"],
  40005: [413, "Request entity too large"], 40058: [400, "Cannot send a message in a forum channel"], 40060: [400, "Interaction has already been acknowledged."],
  40061: [400, "Tag names must be unique"], 40067: [400, "A tag is required to create a forum post in this channel"], 50001: [403, "Missing Access"],
  50005: [403, "Cannot edit a message authored by another user"], 50006: [400, "Cannot send an empty message"], 50007: [403, "Cannot send messages to this user"],
  50013: [403, "Missing Permissions"], 50016: [400, "Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete"], 50021: [403, "Cannot execute action on a system message"],
  50024: [400, "Cannot execute action on this channel type"], 50027: [401, "Invalid Webhook Token"], 50034: [400, "A message provided was too old to bulk delete"],
  50083: [400, "Thread is archived"], 50109: [400, "The request body contains invalid JSON."], 160002: [400, "Cannot reply without permission to read message history"],
  160004: [400, "A thread has already been created for this message"], 160005: [400, "Thread is locked"], 160006: [400, "Maximum number of active threads reached"],
  220001: [400, "Webhooks posted to forum channels must have a thread_name or thread_id"], 220002: [400, "Webhooks posted to forum channels cannot have both a thread_name and thread_id"],
  220003: [400, "Webhooks can only create threads in forum channels"],
} as const satisfies Record<number, readonly [number, string]>;

export type KnownCode = keyof typeof KNOWN;
/** One of Discord's coded refusals. */
export const refusal = (code: KnownCode): ApiError => new ApiError(KNOWN[code][0], code, KNOWN[code][1]);
export const isCode = (code: number): code is KnownCode => code in KNOWN;

/** Collects what is wrong with a form, by path; `check` throws 50035 when anything is. */
export class FormCheck {
  private readonly errors: Json = {};
  private found = false;
  add(path: (string | number)[], code: string, message: string): void {
    let at = this.errors;
    for (const step of path) at = (at[String(step)] ??= {}) as Json;
    ((at._errors ??= []) as Json[]).push({ code, message });
    this.found = true;
  }
  longest(path: (string | number)[], value: unknown, most: number): void {
    if (typeof value === "string" && [...value].length > most) this.add(path, "BASE_TYPE_MAX_LENGTH", `Must be ${most} or fewer in length.`);
  }
  length(path: (string | number)[], value: unknown, least: number, most: number): void {
    const size = typeof value === "string" ? [...value].length : 0;
    if (value === undefined || value === null) { if (least > 0) this.add(path, "BASE_TYPE_REQUIRED", "This field is required"); }
    else if (typeof value !== "string") this.add(path, "STRING_TYPE_CONVERT", "Could not interpret value as string.");
    else if (size < least || size > most) this.add(path, "BASE_TYPE_BAD_LENGTH", `Must be between ${least} and ${most} in length.`);
  }
  check(): void { if (this.found) throw new ApiError(400, 50035, "Invalid Form Body", this.errors); }
}

/** A form with one thing wrong. */
export function badForm(path: (string | number)[], code: string, message: string): ApiError {
  const form = new FormCheck();
  form.add(path, code, message);
  try { form.check(); } catch (error) { if (error instanceof ApiError) return error; }
  return new ApiError(400, 50035, "Invalid Form Body");
}
