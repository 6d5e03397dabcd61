/** Tokens, and who may call what of `/api/v1`: every route for every role. */
import { expect, test } from "vitest";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import type { Role } from "../../src/core/model/types.ts";
import { adminCalls } from "../../src/web-admin/routes/calls.ts";
import { buildAdmin } from "../support/admin.ts";

/** The lowest role that each route is open to; `session`: only for who is signed in. */
const ROUTES: Record<string, Role | "session"> = {
  "GET /contacts": "supervisor", "POST /contacts": "agent", "GET /contacts/:id": "agent", "PATCH /contacts/:id": "agent", "POST /contacts/:id/merge": "agent", "POST /contacts/:id/merge/undo": "agent",
  "POST /contacts/:id/block": "agent", "POST /contacts/:id/unblock": "agent", "POST /contacts/:id/erase": "administrator", "GET /contacts/:id/erasure": "administrator",
  "POST /contacts/imports": "administrator", "GET /contacts/imports/:id": "administrator", "GET /contacts/imports/:id/refused": "administrator", "GET /contacts/export": "administrator",
  "GET /conversations": "agent", "GET /conversations/:id": "agent", "GET /conversations/:id/messages": "agent", "POST /conversations/:id/replies": "agent", "POST /conversations/:id/notes": "agent", "POST /conversations/:id/acts": "agent",
  "GET /campaigns": "supervisor", "POST /campaigns": "administrator", "GET /campaigns/:id": "supervisor", "PATCH /campaigns/:id": "administrator", "DELETE /campaigns/:id": "administrator", "PUT /campaigns/:id/audience": "administrator",
  "POST /campaigns/:id/preview": "supervisor", "POST /campaigns/:id/test": "administrator", "POST /campaigns/:id/start": "administrator", "POST /campaigns/:id/pause": "administrator", "POST /campaigns/:id/resume": "administrator",
  "POST /campaigns/:id/cancel": "administrator", "GET /campaigns/:id/recipients": "supervisor", "POST /campaigns/:id/conversions": "administrator", "GET /opt-outs": "supervisor", "POST /opt-outs": "administrator", "DELETE /opt-outs/:id": "administrator",
  "GET /me": "agent", "GET /labels": "agent", "GET /teams": "agent", "GET /people": "agent", "GET /canned": "agent", "GET /attributes": "agent", "GET /verbs": "agent",
  "GET /overview": "administrator", "GET /desks": "administrator", "POST /desks/:id/test": "administrator", "GET /inboxes": "administrator", "POST /inboxes/:id/test": "administrator",
  "GET /agents": "administrator", "POST /agents/:id/link": "session", "GET /health": "administrator", "POST /health/retry": "administrator",
  "GET /sessions": "session", "DELETE /sessions/:id": "session", "GET /live": "session",
};
const RANK = { agent: 0, supervisor: 1, administrator: 2 };

test("every route asks who calls: without a token, with a wrong, an old or a revoked one, and as each role", async () => {
  const { ask, token, tokens, routes, clock, mara } = await buildAdmin();
  const served = routes.filter((route) => route.includes("/api/v1/") && !route.endsWith("/openapi.json")).map((route) => route.replace("/api/v1", ""));
  expect(served.toSorted()).toEqual(Object.keys(ROUTES).toSorted());
  expect(adminCalls).toHaveLength(served.length);

  const old = await token("administrator", { expiresAt: new Date(clock.now().getTime() + 60_000) });
  const revoked = await token("administrator", { name: "to be revoked" });
  clock.advance(60_001);
  await tokens.revoke("to be revoked", "test");
  const strangers = { nobody: {}, wrong: { authorization: `Bearer tl_${"0".repeat(24)}_${"x".repeat(43)}` }, odd: { authorization: "Basic eDp5" }, old, revoked };
  const agentId = mara._id;
  const callers = { agent: await token("agent", { agentId }), supervisor: await token("supervisor", { agentId }), administrator: await token("administrator", { agentId }) };
  for (const [route, lowest] of Object.entries(ROUTES)) {
    const [method, path] = route.split(" ") as [string, string];
    const statusFor = async (who: object) => (await ask(who as { authorization: string }, method, path.replace(/:\w+/g, "nothing"))).statusCode;
    const found = Object.fromEntries(await Promise.all(Object.entries({ ...strangers, ...callers }).map(async ([name, who]) => [name, await statusFor(who)] as const)));
    const opened = (role: Role): unknown => (lowest !== "session" && RANK[role] >= RANK[lowest] ? expect.toSatisfy((status: number) => status < 500 && status !== 401 && status !== 403) : 403);
    expect(found, route).toEqual({ nobody: 401, wrong: 401, odd: 401, old: 401, revoked: 401, agent: opened("agent"), supervisor: opened("supervisor"), administrator: opened("administrator") });
  }
});

test("a token is stored as a hash, says when it was used, and may be given fewer permissions than its role has", async () => {
  const { ask, token, tokens, store } = await buildAdmin();
  const who = await token("administrator", { scopes: ["settings.read"], name: "reader" });
  expect((await ask(who, "GET", "/labels")).json()).toEqual({ labels: [{ name: "billing", color: "#b45309" }, { name: "bug", color: "#b91c1c" }] });
  expect((await ask(who, "GET", "/overview")).json()).toMatchObject({ status: 403, code: "NOT_ALLOWED", detail: expect.stringMatching(/without admin\.read/) });
  expect((await ask(who, "GET", "/me")).json()).toMatchObject({ name: "reader", role: "administrator", agentId: null, permissions: ["settings.read"] });
  const secret = who.authorization.split("_").at(-1)!;
  const stored = JSON.stringify(await store.db.collection("apiTokens").find().toArray());
  expect(stored).not.toContain(secret);
  expect((await tokens.list())[0]).toMatchObject({ name: "reader", usedAt: expect.any(Date) });
  expect((await store.audit.find().toArray()).map(({ act, by, facts }) => ({ act, by, token: facts["token"] }))).toEqual([{ act: "token.created", by: { name: "test" }, token: "reader" }]);
  await expect(tokens.create({ name: "reader", role: "agent", scopes: null }, "test")).rejects.toMatchObject({ code: "NAME_TAKEN" });
});

test("a token of an agent is never more than the agent is now", async () => {
  const { ask, token, store, core, mara } = await buildAdmin();
  const who = await token("administrator", { agentId: mara._id });
  const become = async (change: object) => { await store.agents.updateOne({ _id: mara._id }, { $set: change }); forgetSettings(core); };
  expect((await ask(who, "GET", "/overview")).statusCode).toBe(200);
  await become({ role: "agent", inboxIds: [] });
  expect((await ask(who, "GET", "/overview")).statusCode).toBe(403);
  expect((await ask(who, "GET", "/me")).json()).toMatchObject({ name: "Mara", role: "agent", agentId: mara._id, inboxes: [] });
  await become({ active: false });
  expect((await ask(who, "GET", "/me")).json()).toMatchObject({ status: 401, code: "BAD_TOKEN" });
});

test("calls are counted, with headers that tell what is left; wrong tokens run out sooner", async () => {
  const { ask, token } = await buildAdmin({ limits: { rateLimits: true } });
  const who = await token("agent");
  const first = await ask(who, "GET", "/me");
  expect(first.headers).toMatchObject({ "ratelimit-limit": "200", "ratelimit-remaining": "199" });
  const wrong = { authorization: "Bearer nonsense" };
  const statuses = await Promise.all(Array.from({ length: 40 }, async () => (await ask(wrong, "GET", "/me"))));
  expect(statuses.filter(({ statusCode }) => statusCode === 401).length).toBeGreaterThanOrEqual(30);
  const refused = statuses.find(({ statusCode }) => statusCode === 429);
  expect(refused?.json()).toMatchObject({ code: "TOO_MANY" });
  expect(Number(refused?.headers["retry-after"])).toBeGreaterThan(0);
  expect((await ask(who, "GET", "/me")).statusCode).toBe(200);
});
