/** The whole API as one OpenAPI 3.1 document: `/api/v1`, and what other rooms add. */
import type { ErrorCode } from "../../core/errors.ts";
import type { DescribedCall } from "../../http/described.ts";
import { pathsOf, problemSchema, type Json } from "../../http/openapi.ts";
import { ABOUT, type AdminCall, type AdminParts } from "./call.ts";
import { ADMIN_API, adminCalls } from "./calls.ts";

/** Refusals that any call may meet. */
const EVERYWHERE: readonly ErrorCode[] = ["NO_TOKEN", "BAD_TOKEN", "NOT_SIGNED_IN", "NOT_ALLOWED", "TOO_MANY", "INTERNAL", "NOT_READY"];
const WRITING: readonly ErrorCode[] = ["ORIGIN_NOT_ALLOWED", "BAD_BODY", "CLIENT_ID_REUSED", "IN_PROGRESS"];

const header = (name: string, description: string): Json => ({ name, in: "header", required: false, description, schema: { type: "string" } });
const KEY = header("Idempotency-Key", "Yours: the same call under the same key within a day is done once, and answered alike.");
const MATCH = header("If-Match", "The ETag of what the change was decided on; 412 when it is not so any more.");

function headersOf({ method, codes }: DescribedCall): Json[] {
  return [...(method === "GET" ? [] : [KEY]), ...(codes.includes("CHANGED_MEANWHILE") ? [MATCH] : [])];
}

const described = (call: AdminCall): AdminCall => (call.method === "GET" ? call : { ...call, codes: [...call.codes, ...WRITING] });
const isOurs = (call: DescribedCall): call is AdminCall => "about" in call;

/** Answers a new document each time. */
export function apiDocument({ alsoDescribed, version }: Pick<AdminParts, "alsoDescribed" | "version">): Json {
  const more = (call: DescribedCall): Json => (isOurs(call) ? { tags: [call.about], description: `Needs \`${call.needs}\`${call.by === "session" ? "; for who is signed in, not for tokens" : ""}.`, security: call.by === "session" ? [{ session: [] }] : [{ token: [] }, { session: [] }] } : {});
  return {
    openapi: "3.1.1",
    info: { title: "Threadline API", version, description: "What programs of yours may read and do. Tokens come from `npx threadline token create`; docs/api.md explains what holds for every call." },
    servers: [{ url: "/" }],
    tags: [...ABOUT, "API channel"].map((name) => ({ name })),
    paths: { ...pathsOf(adminCalls.map(described), { codes: EVERYWHERE, headers: headersOf, more }, { prefix: ADMIN_API }), ...alsoDescribed.paths },
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "An API token." },
        session: { type: "apiKey", in: "cookie", name: "threadline_session", description: "Who is signed in to the admin; what changes something comes from its own pages." },
        ...alsoDescribed.securitySchemes,
      },
      schemas: { Problem: problemSchema() },
    },
  };
}
