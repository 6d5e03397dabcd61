/** The calls and callbacks as an OpenAPI 3.1 document, made from the schemas that check them. Source: spec.openapis.org/oas/v3.1.1 */
import type { ErrorCode } from "../../core/errors.ts";
import { json, pathsOf, problemSchema, schemaOf, type Json } from "../../http/openapi.ts";
import { API_PREFIX, apiCalls } from "./calls.ts";
import { callbackBody } from "./wire.ts";

/** Refusals that any call may meet. */
const EVERYWHERE: readonly ErrorCode[] = ["NO_TOKEN", "BAD_TOKEN", "NOT_POSSIBLE", "TOO_MANY", "INTERNAL", "NOT_READY"];

const CALLBACK_HEADERS = [
  { name: "Threadline-Id", description: "The callback's id. Repeats carry the same; take it once." },
  { name: "Threadline-Timestamp", description: "Seconds since 1970 at which it was signed. Refuse what is older than five minutes." },
  { name: "Threadline-Signature", description: "`v1=` and the hex HMAC-SHA256 of `<timestamp>.<body>` under the inbox's signingSecret." },
].map((header) => ({ ...header, in: "header", required: true, schema: { type: "string" } }));

const SECURITY = { inboxKey: { type: "http", scheme: "bearer", description: "The inbox's `key` of the settings file." } };

/** The calls as a part of a larger document. */
export const inboxPaths = () => ({ paths: pathsOf(apiCalls, { codes: EVERYWHERE, more: () => ({ tags: ["API channel"], security: [{ inboxKey: [] }] }) }, { prefix: API_PREFIX, named: "Inbox" }), securitySchemes: SECURITY });

/** Answers a new document each time. */
export function openApi(): Json {
  return {
    openapi: "3.1.1",
    info: { title: "Threadline inbox API", version: "1", description: "Brings a channel of your own into Threadline: what customers do comes in by these calls, what the team answers goes out by signed callbacks." },
    servers: [{ url: API_PREFIX }],
    security: [{ inboxKey: [] }],
    paths: pathsOf(apiCalls, { codes: EVERYWHERE }),
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
    components: { securitySchemes: SECURITY, schemas: { Problem: problemSchema() } },
  };
}
