/** What a stranger sent, tamed: one schema each, errors in words, text that any store and screen can hold. */
import type { z } from "zod";
import { UserError } from "../../core/errors.ts";
import { MAX_TEXT } from "./wire.ts";

const listOf = (error: z.ZodError) => error.issues.slice(0, 20).map((issue) => ({
  path: issue.path.join("."),
  message: issue.code === "unrecognized_keys" ? `unknown: ${issue.keys.slice(0, 5).map((key) => key.slice(0, 40)).join(", ")}` : issue.message,
}));

/** @throws {UserError} BAD_BODY, with one entry for each fault. */
export function parseBody<T>(schema: z.ZodType<T, unknown>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  throw new UserError("BAD_BODY", "The body is not as this call needs it. Correct the fields listed in errors and send it again.", listOf(read.error));
}

/** @throws {UserError} BAD_QUERY */
export function parseQuery<T>(schema: z.ZodType<T, unknown>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  throw new UserError("BAD_QUERY", "The query is not as this call needs it. Correct the parameters listed in errors.", listOf(read.error));
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** @throws {UserError} BAD_TEXT for NUL and halves of a surrogate pair. */
export function checkText(text: string, what: string): string {
  if (text.includes("\0") || LONE_SURROGATE.test(text)) {
    throw new UserError("BAD_TEXT", `The ${what} holds a character that can't be stored (NUL or half of a pair). Remove it and send again.`);
  }
  return text;
}

/** A customer's line: checked, not too long. @throws {UserError} BAD_TEXT, TEXT_TOO_LONG */
export function checkLine(text: string): string {
  if (text.length > MAX_TEXT) throw new UserError("TEXT_TOO_LONG", `The message has ${text.length} characters; ${MAX_TEXT} is the most. Shorten it, or send it in parts.`);
  return checkText(text, "message");
}

/** The last name of a path-like one, without control characters, at most 120 long, its ending kept. */
export function baseName(name: string): string {
  const last = name.replace(/\p{Surrogate}/gu, "").normalize("NFC").split(/[/\\]/).pop() ?? "";
  // control and bidirectional-override characters can disguise an ending
  const clean = last.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "").replace(/[<>:"|?*]/g, "_").replace(/^[.\s]+|[.\s]+$/g, "");
  if (clean === "") return "file";
  if (clean.length <= 120) return clean;
  const ending = /\.[a-z0-9]{1,10}$/i.exec(clean)?.[0] ?? "";
  return clean.slice(0, 120 - ending.length).replace(/\p{Surrogate}/gu, "") + ending;
}
