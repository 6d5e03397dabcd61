/** The document that describes the API: complete, well-formed OpenAPI 3.1, and what the server serves. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { apiCalls } from "../../src/channels/api/calls.ts";
import { openApi } from "../../src/channels/api/openapi.ts";
import { callbackBody } from "../../src/channels/api/wire.ts";
import { ERROR_CODES, type ErrorCode } from "../../src/core/errors.ts";

const document = JSON.parse(JSON.stringify(openApi())) as unknown;

/** What the specification asks of the parts that we use, strictly: an unknown word is a slip. Source: spec.openapis.org/oas/v3.1.1 */
const schema = z.looseObject({}).refine((value) => Object.keys(value).length > 0, "is empty");
const content = z.record(z.string().regex(/^[\w*.+-]+\/[\w*.+-]+$/), z.strictObject({ schema: schema.optional() }));
const parameter = z.strictObject({ name: z.string().min(1), in: z.enum(["path", "query", "header"]), required: z.boolean(), description: z.string().optional(), schema });
const response = z.strictObject({ description: z.string().min(1), content: content.optional(), headers: z.record(z.string(), z.strictObject({ description: z.string(), schema })).optional() });
const operation = z.strictObject({
  operationId: z.string().regex(/^[a-z]\w+$/).optional(), summary: z.string().min(10), parameters: z.array(parameter).optional(), security: z.array(z.strictObject({})).optional(),
  requestBody: z.strictObject({ required: z.literal(true), content }).optional(), responses: z.record(z.string().regex(/^[1-5](\d\d|XX)$/), response),
});
const Document = z.strictObject({
  openapi: z.literal("3.1.1"), info: z.strictObject({ title: z.string(), version: z.string(), description: z.string() }), servers: z.array(z.strictObject({ url: z.string() })),
  security: z.tuple([z.strictObject({ inboxKey: z.tuple([]) })]),
  paths: z.record(z.string().startsWith("/"), z.partialRecord(z.enum(["get", "post", "put", "patch", "delete"]), operation)),
  webhooks: z.strictObject({ callback: z.strictObject({ post: operation }) }),
  components: z.strictObject({ securitySchemes: z.strictObject({ inboxKey: z.strictObject({ type: z.literal("http"), scheme: z.literal("bearer"), description: z.string() }) }), schemas: z.record(z.string(), schema) }),
});

test("it is a well-formed OpenAPI 3.1 document", () => {
  const { paths } = Document.parse(document);
  for (const [path, operations] of Object.entries(paths)) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const one of Object.values(operations)) expect(one.parameters?.filter((p) => p.in === "path").map(({ name }) => name) ?? [], path).toEqual(named);
  }
});

test("every reference leads somewhere, and every call has a name of its own", () => {
  const refs: string[] = [], names: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, part] of Object.entries(value)) {
      if (key === "$ref") refs.push(part as string);
      if (key === "operationId") names.push(part as string);
      walk(part);
    }
  };
  walk(document);
  expect([...new Set(refs)]).toEqual(["#/components/schemas/Problem"]);
  expect(names).toHaveLength(apiCalls.length);
  expect(new Set(names).size).toBe(names.length);
});

test("every call is described with its body, its answers and its refusals", () => {
  const { paths } = Document.parse(document);
  for (const call of apiCalls) {
    const described = paths[call.path.replace(/:(\w+)/g, "{$1}")]?.[call.method.toLowerCase() as "get"];
    expect(described, `${call.method} ${call.path}`).toBeDefined();
    expect(described!.requestBody !== undefined).toBe(call.body !== undefined || call.upload !== undefined);
    const statuses = [...Object.keys(call.answers), ...call.codes.map((code) => String(ERROR_CODES[code])), "401", "422", "429", "500", "503"];
    expect(Object.keys(described!.responses)).toEqual(expect.arrayContaining(statuses));
  }
});

test("bodies are described as they are sent: times as texts, what has a default as optional, nothing else allowed", () => {
  const { paths } = Document.parse(document);
  const body = paths["/messages"]!.post!.requestBody!.content["application/json"]!.schema as { required: string[]; additionalProperties: boolean; properties: Record<string, { type?: string; format?: string }> };
  expect(body).toMatchObject({ required: ["contact", "id"], additionalProperties: false, properties: { sentAt: { type: "string", format: "date-time" }, text: { type: "string" } } });
  const codes: ErrorCode[] = ["CLIENT_ID_REUSED"];
  expect(paths["/messages"]!.post!.responses["409"]!.description).toBe(codes.join());
});

test("docs/api-channel.md lists every call and every callback, and none besides", () => {
  const page = readFileSync(new URL("../../docs/api-channel.md", import.meta.url), "utf8");
  const listed = [...page.slice(page.indexOf("## Calls"), page.indexOf("## Callbacks")).matchAll(/^\| `([A-Z]+ \/\S+)` \|/gm)].map(([, call]) => call);
  expect([...listed].sort()).toEqual(apiCalls.map(({ method, path }) => `${method} ${path}`).sort());
  const events = callbackBody.options.map(({ shape }) => shape.event.value);
  const told = [...page.slice(page.indexOf("| event |"), page.indexOf("Every call carries")).matchAll(/^\| `([a-z.]+)` \|/gm)].map(([, event]) => event);
  expect(told).toEqual(events);
});
