/** What a call of the API is: data, so that what is served and what is documented are the same. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Inbox } from "../../core/model/types.ts";
import type { DescribedCall } from "../../http/described.ts";
import { parseBody, parseQuery } from "../../http/input.ts";
import type { ApiHost } from "./host.ts";

export interface Incoming<Q, B> { host: ApiHost; inbox: Inbox; request: FastifyRequest; reply: FastifyReply; params: Record<string, string>; query: Q; body: B }

/** Its path lies under `/inbox/v1`. */
export interface ApiCall extends DescribedCall {
  run(incoming: Incoming<unknown, unknown>): Promise<unknown>;
}

/** `run` gets query and body as their schemas read them. */
export const apiCall = <Q = undefined, B = undefined>(call: Omit<DescribedCall, "query" | "body"> & {
  query?: z.ZodType<Q, unknown>; body?: z.ZodType<B, unknown>; run(incoming: Incoming<Q, B>): Promise<unknown>;
}): ApiCall => ({
  ...call,
  run: (incoming) => call.run({
    ...incoming,
    query: call.query === undefined ? (undefined as Q) : parseQuery(call.query, incoming.request.query),
    body: call.body === undefined ? (undefined as B) : parseBody(call.body, incoming.request.body),
  }),
});
