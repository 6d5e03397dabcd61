/** The document of the whole API: complete and well-formed; and what is served withstands whatever does not fit it. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ABOUT } from "../../src/web-admin/routes/call.ts";
import { adminCalls } from "../../src/web-admin/routes/calls.ts";
import { apiCalls } from "../../src/channels/api/calls.ts";
import { buildAdmin } from "../support/admin.ts";

interface Operation { operationId: string; summary: string; tags: string[]; security: object[]; parameters?: { name: string; in: string; schema: object }[]; requestBody?: { content: Record<string, { schema: { properties?: Record<string, { type?: string }> } }> }; responses: Record<string, object> }
interface Document { openapi: string; paths: Record<string, Record<string, Operation>>; components: { schemas: object } }

test("every route is in the document and every operation is served; each has a name, a heading and its refusals", async () => {
  const { app, routes } = await buildAdmin();
  const answer = await app.inject({ url: "/api/v1/openapi.json" });
  expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  const { openapi, paths, components } = answer.json<Document>();
  expect(openapi).toBe("3.1.1");
  expect(Object.keys(components.schemas)).toEqual(["Problem"]);
  const operations = Object.entries(paths).flatMap(([path, of]) => Object.entries(of).map(([method, one]) => ({ route: `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`, one })));
  const served = routes.filter((route) => route.includes(" /api/v1/") && !route.endsWith("/openapi.json"));
  const inbox = apiCalls.map(({ method, path }) => `${method} /inbox/v1${path}`);
  expect(operations.map(({ route }) => route).toSorted()).toEqual([...served, ...inbox].toSorted());
  expect(new Set(operations.map(({ one }) => one.operationId)).size).toBe(operations.length);
  for (const { route, one } of operations) {
    expect([route, one.tags.every((tag) => [...ABOUT, "API channel"].includes(tag)), one.security.length > 0]).toEqual([route, true, true]);
    expect(Object.keys(one.responses), route).toEqual(expect.arrayContaining(["401", "429", "500", "503"]));
    expect((one.parameters ?? []).filter((p) => p.in === "path").map(({ name }) => name), route).toEqual([...route.matchAll(/:(\w+)/g)].map(([, name]) => name));
    if (route.includes(" /api/v1/")) expect((one.parameters ?? []).some(({ name }) => name === "Idempotency-Key"), route).toBe(!route.startsWith("GET"));
  }
});

test("docs/api.md lists every call for programs, and none besides", () => {
  const page = readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8");
  const listed = [...page.matchAll(/^\| `([A-Z]+ \/\S+)` \|/gm)].map(([, call]) => call);
  expect(listed.toSorted()).toEqual(adminCalls.filter(({ about }) => about !== "Admin").map(({ method, path }) => `${method} ${path}`).toSorted());
});

test("the example of docs/api.md does what it says", async () => {
  const { app, token: make, write, settle, mara, channel, clock, conversation } = await buildAdmin();
  for (const who of ["ana", "ben"]) {
    await write(`I am ${who}`, who);
    await settle();
    clock.advance(60_000);
  }
  const [, code] = /```js\n([\s\S]+?)```/.exec(readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8"))!;
  const { authorization } = await make("supervisor", { agentId: mara._id });
  const fetchHere = async (url: string, { method, headers, body }: { method: "GET"; headers: Record<string, string>; body?: string }) => {
    const answer = await app.inject({ method, url: url.replace("http://here", ""), headers, ...(body === undefined ? {} : { payload: body }) });
    return { ok: answer.statusCode < 400, json: async () => answer.json<unknown>() };
  };
  const run = new (Object.getPrototypeOf(async () => undefined) as { constructor: FunctionConstructor }).constructor("server", "token", "fetch", `return (async () => { ${code} return { notice, contacts }; })();`) as
    (server: string, token: string, fetch: unknown) => Promise<{ notice: string; contacts: unknown[] }>;
  const { notice, contacts } = await run("http://here", authorization.replace("Bearer ", ""), fetchHere);
  const { number, labels } = await conversation("ana");
  expect([notice, labels, contacts.length]).toEqual([`#${number} is labelled billing.`, ["billing"], 2]);
  await settle();
  expect(channel.sent.map(({ text }) => text)).toEqual(["We are on it."]);
});

test("whatever does not fit the document is refused with a code, and nothing is stored", async () => {
  const { app, token, store, mara, write, settle } = await buildAdmin();
  await write("Hello");
  await settle();
  const who = await token("administrator", { agentId: mara._id });
  const { paths } = (await app.inject({ url: "/api/v1/openapi.json" })).json<Document>();
  const snapshot = async () => {
    const kept = ["contacts", "conversations", "messages", "contactIdentities", "contactMerges", "erasures", "contactImports", "contactRefusals", "apiAnswers", "audit", "labels"];
    return JSON.stringify(await Promise.all(kept.map(async (name) => [name, await store.db.collection(name).find().sort({ _id: 1 }).toArray()])));
  };
  const before = await snapshot();
  const ids = fc.constantFrom("nothing", "0".repeat(24), "%00", "%ED%A0%80", "-1", "99999999", "%24ne", "..%2F..", "a".repeat(255), "%7B%22%24gt%22%3A1%7D");
  const odd = fc.oneof(fc.constantFrom<unknown>(null, [], 7, "text", true, {}, { $gt: "" }, { nobody: 1 }), fc.array(fc.integer()), fc.dictionary(fc.string(), fc.integer(), { minKeys: 1 }));
  let asked = 0;
  for (const [path, operations] of Object.entries(paths).filter(([path]) => path.startsWith("/api/v1/"))) for (const [method, { parameters = [], requestBody, security }] of Object.entries(operations)) {
    const route = `${method} ${path}`;
    const send = async (id: string, { query = "", headers = {}, payload }: { query?: string; headers?: object; payload?: string } = {}) => {
      asked++;
      const answer = await app.inject({ method: method as "GET", url: `${path.replace(/\{\w+\}/g, id)}${query}`, headers: { ...who, ...(payload === undefined ? {} : { "content-type": "application/json" }), ...headers }, ...(payload === undefined ? {} : { payload }) });
      const problem = answer.json<{ code?: unknown; status?: unknown }>();
      expect([route, id, query, payload, answer.statusCode >= 400 && answer.statusCode < 500, typeof problem.code, problem.status]).toEqual([route, id, query, payload, true, "string", answer.statusCode]);
      return answer.statusCode;
    };
    expect([route, await send("nothing", { headers: { authorization: "Bearer tl_" } })]).toEqual([route, 401]);
    const misfits: Parameters<typeof send>[] = path.includes("{") ? fc.sample(ids, 4).map((id) => [id]) : [];
    const tries = (...more: NonNullable<Parameters<typeof send>[1]>[]) => misfits.push(...more.map((one): Parameters<typeof send> => ["nothing", one]));
    const inQuery = parameters.find((one) => one.in === "query");
    const body = requestBody?.content["application/json"]?.schema;
    if (security.some((one) => "token" in one)) {
      if (inQuery !== undefined) tries(...["?nobody=1", "?limit=0", "?limit=x&limit=y", "?cursor=%00", `?${inQuery.name}[]=1`].map((query) => ({ query })));
      if (body !== undefined) {
        const fields = Object.keys(body.properties ?? {}).flatMap((name) => fc.sample(odd.filter((one) => one !== null), 2).map((value) => ({ [name]: { [name]: value } })));
        tries(...[...fc.sample(odd, 6), ...fields].map((value) => ({ payload: JSON.stringify(value) })));
        tries({ payload: '{"a":' }, { payload: JSON.stringify({ text: "x".repeat(70_000) }) }, { headers: { "content-type": "application/xml" }, payload: "<a/>" }, { headers: { "idempotency-key": "with blank" }, payload: "{}" });
      }
    }
    await Promise.all(misfits.map((one) => send(...one)));
  }
  expect(asked).toBeGreaterThan(200);
  await settle();
  expect(await snapshot()).toBe(before);
});
