import { createHash } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { openStore } from "../../src/core/store/store.ts";
import { createLog } from "../../src/log.ts";
import { buildServer } from "../../src/server.ts";
import { createAuth } from "../../src/web-admin/auth/auth.ts";
import { authRoutes, signInLink } from "../../src/web-admin/auth/routes.ts";
import { TestClock } from "../support/core.ts";
import { startTestStore } from "../support/store.ts";

async function desk({ secure = false } = {}) {
  const testStore = await startTestStore();
  const store = await openStore(testStore.uri);
  const clock = new TestClock();
  const auth = createAuth({ store, clock });
  await auth.ensureIndexes();
  const app = await buildServer({
    log: createLog("silent"), trustProxy: false,
    plugins: [authRoutes({ auth, secure }), async (room) => { room.get("/admin", async (request) => ({ administrator: await auth.isAdministrator(request) })); }],
  });
  onTestFinished(async () => { await app.close(); await store.close(); await testStore.stop(); });
  const redeem = (token: unknown) => app.inject({ method: "POST", url: "/auth/v1/link", payload: { token } });
  const asks = async (headers: Record<string, string>) => (await app.inject({ url: "/admin", headers })).json<{ administrator: boolean }>().administrator;
  return { store, clock, auth, app, redeem, asks };
}

const cookieOf = (answer: { headers: Record<string, unknown> }) => String(answer.headers["set-cookie"]);
const pairOf = (cookie: string) => cookie.split(";")[0]!;

describe("the one-time link", () => {
  test("opens one administrator's session, once", async () => {
    const { auth, redeem, asks } = await desk();
    const token = await auth.newLink();
    const answer = await redeem(token);
    expect(answer.statusCode).toBe(200);
    expect(cookieOf(answer)).toMatch(/^threadline_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=604800$/);
    expect(await asks({ cookie: `other=1; ${pairOf(cookieOf(answer))}` })).toBe(true);
    const again = await redeem(token);
    expect(again.statusCode).toBe(401);
    expect(again.json<{ code: string }>().code).toBe("BAD_LINK");
    expect(again.headers["set-cookie"]).toBeUndefined();
  });

  test("gives one session when it is redeemed twice at the same time", async () => {
    const { auth, redeem } = await desk();
    const token = await auth.newLink();
    const answers = await Promise.all(Array.from({ length: 8 }, () => redeem(token)));
    expect(answers.filter((answer) => answer.statusCode === 200)).toHaveLength(1);
  });

  test("lapses after 10 minutes; the terminal's link stays until it is used or made anew", async () => {
    const { auth, clock, redeem } = await desk();
    const [asked, first] = [await auth.newLink(), await auth.newStartLink()];
    const second = await auth.newStartLink();
    clock.advance(11 * 60_000);
    expect((await redeem(asked)).statusCode).toBe(401);
    expect((await redeem(first)).statusCode).toBe(401);
    expect((await redeem(second)).statusCode).toBe(200);
  });

  test("wrong, empty and odd tokens are refused in words", async () => {
    const { redeem } = await desk();
    expect((await redeem("nothing")).json<{ code: string }>().code).toBe("BAD_LINK");
    for (const token of ["", 4, null, { $ne: null }, "x".repeat(300)]) expect((await redeem(token)).json<{ code: string }>().code).toBe("BAD_BODY");
  });

  test("its token stands in the fragment, where no server or log sees it", () => {
    expect(new URL(signInLink("http://127.0.0.1:3000", "abc"))).toMatchObject({ pathname: "/playground/", hash: "#link=abc", search: "" });
  });
});

describe("the session", () => {
  test("ends by logout and after 7 days", async () => {
    const { auth, app, clock, redeem, asks } = await desk();
    const one = pairOf(cookieOf(await redeem(await auth.newLink())));
    const two = pairOf(cookieOf(await redeem(await auth.newLink())));
    const out = await app.inject({ method: "POST", url: "/auth/v1/logout", headers: { cookie: one } });
    expect(out.statusCode).toBe(204);
    expect(cookieOf(out)).toContain("Max-Age=0");
    expect(await asks({ cookie: one })).toBe(false);
    expect(await asks({ cookie: two })).toBe(true);
    clock.advance(8 * 86_400_000);
    expect(await asks({ cookie: two })).toBe(false);
  });

  test("counts only from our own pages", async () => {
    const { auth, redeem, asks } = await desk();
    const cookie = pairOf(cookieOf(await redeem(await auth.newLink())));
    expect(await asks({ cookie, host: "desk.example:3000", origin: "http://desk.example:3000" })).toBe(true);
    expect(await asks({ cookie, host: "desk.example:3000", origin: "http://evil.example" })).toBe(false);
    expect(await asks({ cookie, host: "desk.example:3000", origin: "null" })).toBe(false);
    expect(await asks({ cookie: "threadline_session=short" })).toBe(false);
    expect(await asks({})).toBe(false);
  });

  test("is stored as a hash alone, and its cookie is Secure over HTTPS", async () => {
    const { auth, store, redeem } = await desk({ secure: true });
    const token = await auth.newLink();
    expect(await store.db.collection<{ _id: string }>("adminLinks").findOne({ _id: createHash("sha256").update(token).digest("hex") })).not.toBeNull();
    const answer = await redeem(token);
    expect(cookieOf(answer)).toContain("; Secure");
    const stored = JSON.stringify(await store.db.collection("adminSessions").find().toArray());
    expect(stored).not.toContain(pairOf(cookieOf(answer)).split("=")[1]);
  });
});
