/** Who may call what of the admin's own part of the API, and from where; every route and token stand in `api-access.test.ts`. */
import { get } from "node:http";
import { describe, expect, test } from "vitest";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { buildAdmin, HOST } from "../support/admin.ts";

/** What an administrator gets of each call; everybody else gets 401 or 403. */
const ROUTES: Record<string, number> = {
  "GET /overview": 200, "GET /desks": 200, "POST /desks/:id/test": 404, "GET /inboxes": 200, "POST /inboxes/:id/test": 404, "GET /agents": 200, "POST /agents/:id/link": 404,
  "GET /health": 200, "POST /health/retry": 200, "GET /sessions": 200, "DELETE /sessions/:id": 404, "GET /live": 200,
};

describe("every route of the admin, for everybody", () => {
  test("nobody, an agent, a supervisor, an administrator", async () => {
    const { ask, signIn, addPerson, jonas, mara, app } = await buildAdmin();
    const supervisor = await addPerson("Suna", "supervisor");
    const people = { nobody: {}, stale: { cookie: `threadline_session=${"x".repeat(43)}` }, agent: await signIn(jonas._id), supervisor: await signIn(supervisor._id), administrator: await signIn(mara._id), terminal: await signIn() };
    // the stream never ends by itself: it is asked for over a real connection below
    for (const [route, expected] of Object.entries(ROUTES).filter(([route]) => route !== "GET /live")) {
      const [method, path] = route.split(" ") as [string, string];
      const statuses = Object.fromEntries(await Promise.all(Object.entries(people).map(async ([who, cookie]) => [who, (await ask(cookie, method, path.replace(":id", "nothing"))).statusCode] as const)));
      expect(statuses, route).toEqual({ nobody: 401, stale: 401, agent: 403, supervisor: 403, administrator: expected, terminal: expected });
    }
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as { port: number };
    const statusOfStream = (headers: { cookie?: string }) => new Promise<number | undefined>((done, fail) => {
      const request = get({ host: "127.0.0.1", port, path: "/api/v1/live", headers, agent: false }, (response) => { done(response.statusCode); request.destroy(); }).on("error", fail);
    });
    const statuses = Object.fromEntries(await Promise.all(Object.entries(people).map(async ([who, headers]) => [who, await statusOfStream(headers)] as const)));
    expect(statuses).toEqual({ nobody: 401, stale: 401, agent: 403, supervisor: 403, administrator: 200, terminal: 200 });
  });

  test("a refusal says why and what to do, as a problem", async () => {
    const { ask, signIn, jonas } = await buildAdmin();
    expect((await ask({}, "GET", "/overview")).json()).toMatchObject({ code: "NOT_SIGNED_IN", status: 401, title: "Unauthorized", type: "urn:threadline:error:NOT_SIGNED_IN" });
    expect((await ask(await signIn(jonas._id), "GET", "/overview")).json()).toMatchObject({ code: "NOT_ALLOWED", detail: expect.stringMatching(/for administrators/) });
  });
});

describe("from where", () => {
  test("a change comes from our own pages, or it is not done", async () => {
    const { ask, signIn, auth } = await buildAdmin();
    const who = await signIn();
    for (const origin of ["http://evil.example", "null", `http://${HOST}.evil.example`, "http://admin.example"]) {
      expect([origin, (await ask(who, "POST", "/health/retry", { origin })).json<{ code: string }>().code]).toEqual([origin, "NOT_SIGNED_IN"]);
      expect((await ask(who, "GET", "/overview", { origin })).statusCode, origin).toBe(401);
    }
    expect((await ask(who, "POST", "/health/retry", { origin: "" })).statusCode).toBe(401);
    expect((await ask(who, "POST", "/health/retry")).statusCode).toBe(200);
    expect(await auth.sessionOf({ headers: { ...who, origin: "http://evil.example" }, host: HOST })).toBeNull();
  });

  test("a program that keeps its origin to itself may look and change nothing", async () => {
    const { app, signIn } = await buildAdmin();
    const headers = { host: HOST, ...(await signIn()) };
    expect((await app.inject({ url: "/api/v1/overview", headers })).statusCode).toBe(200);
    const refused = await app.inject({ method: "POST", url: "/api/v1/health/retry", headers });
    expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([403, "ORIGIN_NOT_ALLOWED"]);
  });
});

describe("a role counts as it is now", () => {
  test("who is demoted or leaves is so at once", async () => {
    const { ask, signIn, store, core, mara } = await buildAdmin();
    const who = await signIn(mara._id);
    expect((await ask(who, "GET", "/agents")).statusCode).toBe(200);
    const become = async (change: object) => { await store.agents.updateOne({ _id: mara._id }, { $set: change }); forgetSettings(core); };
    await become({ role: "agent" });
    expect((await ask(who, "GET", "/agents")).statusCode).toBe(403);
    await become({ role: "administrator", active: false });
    expect((await ask(who, "GET", "/agents")).statusCode).toBe(401);
  });

  test("who is signed in is told, and who is not", async () => {
    const { app, signIn, mara } = await buildAdmin();
    const session = async (headers: object) => (await app.inject({ url: "/auth/v1/session", headers: { host: HOST, ...headers } })).json<object>();
    expect(await session({})).toEqual({ role: null, name: null });
    expect(await session(await signIn(mara._id))).toEqual({ role: "administrator", name: "Mara" });
    expect(await session(await signIn())).toEqual({ role: "administrator", name: null });
  });
});

describe("sessions", () => {
  test("are listed, one's own alone, and each can be ended", async () => {
    const { ask, signIn, mara, clock } = await buildAdmin();
    const first = await signIn(mara._id);
    clock.advance(120_000);
    const second = await signIn(mara._id);
    const other = await signIn();
    const list = async (who: { cookie: string } | object) => (await ask(who as { cookie: string }, "GET", "/sessions")).json<{ sessions: { id: string; current: boolean; browser: string }[] }>().sessions;
    expect((await list(second)).map(({ current }) => current)).toEqual([true, false]);
    expect(await list(other)).toHaveLength(1);
    const earlier = (await list(second))[1]!.id;
    expect((await ask(other, "DELETE", `/sessions/${earlier}`)).statusCode).toBe(404);
    expect((await ask(first, "GET", "/overview")).statusCode).toBe(200);
    expect((await ask(second, "DELETE", `/sessions/${earlier}`)).statusCode).toBe(204);
    expect((await ask(first, "GET", "/overview")).statusCode).toBe(401);
    expect(await list(second)).toHaveLength(1);
  });

  test("a browser that signs in anew has one session, not two", async () => {
    const { app, auth, ask, signIn } = await buildAdmin();
    const first = await signIn();
    const again = await app.inject({ method: "POST", url: "/auth/v1/link", headers: { host: HOST, ...first }, payload: { token: await auth.newLink() } });
    expect(again.statusCode).toBe(200);
    expect((await ask(first, "GET", "/overview")).statusCode).toBe(401);
  });

  test("an administrator makes a link for another one; it works once, as that person", async () => {
    const { ask, signIn, app, mara, jonas } = await buildAdmin();
    const terminal = await signIn();
    const made = (await ask(terminal, "POST", `/agents/${mara._id}/link`)).json<{ link: string }>();
    const link = new URL(made.link);
    expect(link).toMatchObject({ host: HOST, pathname: "/admin/", search: "" });
    const redeem = () => app.inject({ method: "POST", url: "/auth/v1/link", payload: { token: link.hash.replace("#link=", "") } });
    const answer = await redeem();
    expect(answer.json()).toEqual({ role: "administrator" });
    expect((await redeem()).statusCode).toBe(401);
    expect((await app.inject({ url: "/auth/v1/session", headers: { cookie: String(answer.headers["set-cookie"]).split(";")[0]! } })).json()).toEqual({ role: "administrator", name: "Mara" });
    expect((await ask(terminal, "POST", `/agents/${jonas._id}/link`)).json()).toMatchObject({ code: "NOT_POSSIBLE", status: 422 });
  });
});
