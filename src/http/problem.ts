/** Refusals as RFC 9457 has them, with our own `code`, `message` and `errors` beside it. */
import { STATUS_CODES } from "node:http";
import type { FastifyReply } from "fastify";
import { z } from "zod";

const errors = z.array(z.strictObject({ path: z.string(), message: z.string() })).optional();
export const problem = z.strictObject({ type: z.string(), title: z.string(), status: z.int(), detail: z.string(), code: z.string(), message: z.string(), errors });

const Refusal = z.looseObject({ code: z.string(), message: z.string() });

/** For an `onSend` hook: what the server says of an error, as a problem; anything else as it is. */
export function asProblem(reply: FastifyReply, payload: unknown): unknown {
  if (reply.statusCode < 400 || typeof payload !== "string") return payload;
  let json: unknown;
  try { json = JSON.parse(payload); } catch { return payload; }
  const { data } = Refusal.safeParse(json);
  if (data === undefined) return payload;
  reply.type("application/problem+json; charset=utf-8").header("cache-control", "no-store").removeHeader("content-length");
  return JSON.stringify({ type: `urn:threadline:error:${data.code}`, title: STATUS_CODES[reply.statusCode] ?? "Error", status: reply.statusCode, detail: data.message, ...data });
}
