/** What a call of the API is: data, so that what is served and what is documented are the same. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { ErrorCode } from "../../core/errors.ts";
import type { Inbox } from "../../core/model/types.ts";
import { parseBody, parseQuery } from "../shared/input.ts";
import type { ApiHost } from "./host.ts";

export interface Incoming<Q, B> { host: ApiHost; inbox: Inbox; request: FastifyRequest; reply: FastifyReply; params: Record<string, string>; query: Q; body: B }

interface Described {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Under `/inbox/v1`, with `:name` for a part that varies. */
  path: string;
  /** One line, imperative. */
  summary: string;
  /** What each good status answers: a JSON body, nothing, or a file. */
  answers: Record<number, z.ZodType | "nothing" | "file">;
  /** The body is a form with one file in it. */
  upload?: true;
  /** Refusals besides those of every call. */
  codes: ErrorCode[];
}
export interface ApiCall extends Described {
  query?: z.ZodType;
  body?: z.ZodType;
  run(incoming: Incoming<unknown, unknown>): Promise<unknown>;
}

/** `run` gets query and body as their schemas read them. */
export const apiCall = <Q = undefined, B = undefined>(call: Described & {
  query?: z.ZodType<Q, unknown>; body?: z.ZodType<B, unknown>; run(incoming: Incoming<Q, B>): Promise<unknown>;
}): ApiCall => ({
  ...call,
  run: (incoming) => call.run({
    ...incoming,
    query: call.query === undefined ? (undefined as Q) : parseQuery(call.query, incoming.request.query),
    body: call.body === undefined ? (undefined as B) : parseBody(call.body, incoming.request.body),
  }),
});
