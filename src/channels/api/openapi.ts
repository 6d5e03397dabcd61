/** The calls and callbacks as an OpenAPI 3.1 document, made from the schemas that check them. Source: spec.openapis.org/oas/v3.1.1 */
import { z } from "zod";
import { ERROR_CODES, type ErrorCode } from "../../core/errors.ts";
import type { ApiCall } from "./call.ts";
import { API_PREFIX, apiCalls } from "./calls.ts";
import { callbackBody, problem } from "./wire.ts";

type Json = Record<string, unknown>;

/** `io`: as it is sent ("input") or as it is answered. A date that we make of a text is a text on the wire. */
function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, target: "draft-2020-12", unrepresentable: "any" }) as Json;
  return rest;
}
const json = (schema: Json) => ({ content: { "application/json": { schema } } });

/** Refusals that any call may meet. */
const EVERYWHERE: ErrorCode[] = ["NO_TOKEN", "BAD_TOKEN", "NOT_POSSIBLE", "TOO_MANY", "INTERNAL", "NOT_READY"];

function refusalsOf({ codes, body, query }: ApiCall): Json {
  const all = [...EVERYWHERE, ...codes, ...(body === undefined ? [] : ["BAD_BODY", "BAD_JSON", "BODY_TOO_LARGE", "WRONG_TYPE"] as const), ...(query === undefined ? [] : ["BAD_QUERY"] as const)];
  const byStatus = new Map<number, Set<ErrorCode>>();
  for (const code of all) byStatus.set(ERROR_CODES[code], (byStatus.get(ERROR_CODES[code]) ?? new Set()).add(code));
  return Object.fromEntries([...byStatus].map(([status, of]) => [status, {
    description: [...of].join(", "), content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    ...(status === 429 ? { headers: { "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" } } } } : {}),
  }]));
}

function answersOf({ answers }: ApiCall): Json {
  return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, {
    description: status === "201" ? "Made." : status === "204" ? "Done." : "As asked.",
    ...(answer === "nothing" ? {} : answer === "file" ? { content: { "*/*": {} } } : json(schemaOf(answer, "output"))),
  }]));
}

function parametersOf({ path, query }: ApiCall): Json[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  const read = query === undefined ? {} : schemaOf(query, "input");
  const required = (read["required"] ?? []) as string[];
  const inQuery = Object.entries((read["properties"] ?? {}) as Record<string, Json>).map(([name, schema]) => ({ name, in: "query", required: required.includes(name), schema }));
  return [...inPath, ...inQuery];
}

const FORM = { required: true, content: { "multipart/form-data": { schema: { type: "object", properties: { file: { type: "string", contentMediaType: "application/octet-stream" } }, required: ["file"] } } } };

const operationOf = (call: ApiCall): Json => ({
  operationId: `${call.method.toLowerCase()}${call.path.replace(/[/:]+(\w)/g, (_all, letter: string) => letter.toUpperCase())}`,
  summary: call.summary,
  ...(parametersOf(call).length === 0 ? {} : { parameters: parametersOf(call) }),
  ...(call.upload === true ? { requestBody: FORM } : call.body === undefined ? {} : { requestBody: { required: true, ...json(schemaOf(call.body, "input")) } }),
  responses: { ...answersOf(call), ...refusalsOf(call) },
});

const CALLBACK_HEADERS = [
  { name: "Threadline-Id", description: "The callback's id. Repeats carry the same; take it once." },
  { name: "Threadline-Timestamp", description: "Seconds since 1970 at which it was signed. Refuse what is older than five minutes." },
  { name: "Threadline-Signature", description: "`v1=` and the hex HMAC-SHA256 of `<timestamp>.<body>` under the inbox's signingSecret." },
].map((header) => ({ ...header, in: "header", required: true, schema: { type: "string" } }));

/** Answers a new document each time. */
export function openApi(): Json {
  const paths: Record<string, Json> = {};
  for (const call of apiCalls) {
    const path = call.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [call.method.toLowerCase()]: operationOf(call) };
  }
  return {
    openapi: "3.1.1",
    info: { title: "Threadline inbox API", version: "1", description: "Brings a channel of your own into Threadline: what customers do comes in by these calls, what the team answers goes out by signed callbacks." },
    servers: [{ url: API_PREFIX }],
    security: [{ inboxKey: [] }],
    paths,
    webhooks: {
      callback: {
        post: {
          summary: "What the team did, sent to the inbox's callbackUrl", security: [], parameters: CALLBACK_HEADERS,
          requestBody: { required: true, ...json(schemaOf(callbackBody, "output")) },
          responses: {
            "2XX": { description: "Taken. Anything else is sent again for a day, but 400, 413, 415, 422 and answers that name a code." },
            "4XX": {
              description: "With a code: it will never arrive, and the agent is told. 429: sent again after Retry-After.",
              ...json({ type: "object", properties: { code: { enum: ["BLOCKED_BY_CONTACT", "CONTACT_GONE", "TOO_LARGE", "NOT_SUPPORTED", "REFUSED"] }, message: { type: "string" } } }),
            },
          },
        },
      },
    },
    components: { securitySchemes: { inboxKey: { type: "http", scheme: "bearer", description: "The inbox's `key` of the settings file." } }, schemas: { Problem: schemaOf(problem, "output") } },
  };
}
