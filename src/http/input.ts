/** What a stranger sent, tamed: one schema for each call, and errors in words that name the place. */
import type { z } from "zod";
import { UserError } from "../core/errors.ts";

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
