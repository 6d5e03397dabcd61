/** Calls as an OpenAPI 3.1 document, made from the schemas that check them. Source: spec.openapis.org/oas/v3.1.1 */
import { z } from "zod";
import { ERROR_CODES, type ErrorCode } from "../core/errors.ts";
import type { Answer, DescribedCall } from "./described.ts";
import { problem } from "./problem.ts";

export type Json = Record<string, unknown>;

/** What holds for every call of a prefix. */
export interface Common {
  /** Refusals that any call may meet. */
  codes: readonly ErrorCode[];
  /** Headers that a call takes besides. */
  headers?: (call: DescribedCall) => Json[];
  /** What stands beside the rest: security, tags. */
  more?: (call: DescribedCall) => Json;
}

/** `io`: as it is sent ("input") or as it is answered. A date that we make of a text is a text on the wire. */
export function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, target: "draft-2020-12", unrepresentable: "any" }) as Json;
  return rest;
}
export const json = (schema: Json) => ({ content: { "application/json": { schema } } });
export const problemSchema = (): Json => schemaOf(problem, "output");

function refusalsOf({ codes, body, query, upload }: DescribedCall, common: Common): Json {
  const all = [
    ...common.codes, ...codes, ...(body === undefined ? [] : ["BAD_BODY", "BAD_JSON", "BODY_TOO_LARGE", "WRONG_TYPE"] as const), ...(query === undefined ? [] : ["BAD_QUERY"] as const),
    ...(upload === undefined ? [] : ["BAD_BODY", "WRONG_TYPE", "FILE_TOO_LARGE"] as const),
  ];
  const byStatus = new Map<number, Set<ErrorCode>>();
  for (const code of all) byStatus.set(ERROR_CODES[code], (byStatus.get(ERROR_CODES[code]) ?? new Set()).add(code));
  return Object.fromEntries([...byStatus].map(([status, of]) => [status, {
    description: [...of].join(", "), content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    ...(status === 429 ? { headers: { "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" } } } } : {}),
  }]));
}

const MEDIA = { file: "*/*", lines: "application/x-ndjson", events: "text/event-stream", csv: "text/csv" } as const;
const SAID: Record<string, string> = { 201: "Made.", 202: "Begun; it goes on by itself.", 204: "Done." };

const contentOf = (answer: Answer): Json =>
  (answer === "nothing" ? {} : typeof answer === "string" ? { content: { [MEDIA[answer]]: {} } } : json(schemaOf(answer, "output")));
const answersOf = ({ answers }: DescribedCall): Json =>
  Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, { description: SAID[status] ?? "As asked.", ...contentOf(answer) }]));

function parametersOf({ path, query }: DescribedCall): Json[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  const read = query === undefined ? {} : schemaOf(query, "input");
  const required = (read["required"] ?? []) as string[];
  const inQuery = Object.entries((read["properties"] ?? {}) as Record<string, Json>).map(([name, schema]) => ({ name, in: "query", required: required.includes(name), schema }));
  return [...inPath, ...inQuery];
}

const UPLOADS = {
  form: { required: true, content: { "multipart/form-data": { schema: { type: "object", properties: { file: { type: "string", contentMediaType: "application/octet-stream" } }, required: ["file"] } } } },
  csv: { required: true, content: { "text/csv": { schema: { type: "string" } } } },
};

function operationOf(call: DescribedCall, common: Common, named: string): Json {
  const parameters = [...parametersOf(call), ...(common.headers?.(call) ?? [])];
  return {
    operationId: `${call.method.toLowerCase()}${named}${call.path.replace(/[/:-]+(\w)/g, (_all, letter: string) => letter.toUpperCase())}`,
    summary: call.summary,
    ...common.more?.(call),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(call.upload !== undefined ? { requestBody: UPLOADS[call.upload] } : call.body === undefined ? {} : { requestBody: { required: true, ...json(schemaOf(call.body, "input")) } }),
    responses: { ...answersOf(call), ...refusalsOf(call, common) },
  };
}

/** The `paths` of a document. `prefix` stands before each path; `named` tells the operations of several prefixes apart. */
export function pathsOf(calls: readonly DescribedCall[], common: Common, { prefix = "", named = "" } = {}): Record<string, Json> {
  const paths: Record<string, Json> = {};
  for (const call of calls) {
    const path = prefix + call.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [call.method.toLowerCase()]: operationOf(call, common, named) };
  }
  return paths;
}
