/** The admin's calls behind the real server, over a whole core. Every answer is held against its schema. */
import type { FastifyPluginAsync } from "fastify";
import { pino } from "pino";
import { expect, onTestFinished } from "vitest";
import { runVerbFor } from "../../src/bridge/act.ts";
import { inboxPaths } from "../../src/channels/api/openapi.ts";
import { deskCheckers, inboxCheckers } from "../../src/boot/connection-checks.ts";
import { newId } from "../../src/core/model/ids.ts";
import type { DeskTarget, Inbox, Role } from "../../src/core/model/types.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { buildServer } from "../../src/server.ts";
import { createAuth } from "../../src/web-admin/auth/auth.ts";
import { createTokens, type NewToken } from "../../src/web-admin/auth/tokens.ts";
import { authRoutes } from "../../src/web-admin/auth/routes.ts";
import type { AdminParts } from "../../src/web-admin/routes/call.ts";
import { ADMIN_API, adminCalls } from "../../src/web-admin/routes/calls.ts";
import { adminRoutes } from "../../src/web-admin/routes/routes.ts";
import { testLine, type TestLine } from "../../src/web-admin/wire.ts";
import { problem } from "../../src/http/problem.ts";
import { buildTestCore, type TestCoreOptions } from "./core.ts";

export const HOST = "admin.example:3000";
const OWN = { host: HOST, origin: `http://${HOST}` };
/** Who asks: by a cookie, by a token, or nobody. */
export type Who = { cookie: string } | { authorization: string } | Record<string, never>;

/** `looks`: what *Test* does for further kinds of desks. */
export async function buildAdmin({ looks = {}, ...options }: TestCoreOptions & { looks?: AdminParts["tests"]["desks"] } = {}) {
  const help = await buildTestCore(options);
  const { core, store, clock } = help;
  const auth = createAuth({ store, clock });
  const tokens = createTokens({ store, clock });
  await Promise.all([auth.ensureIndexes(), tokens.ensureIndexes()]);
  let fault: string | null = null;
  const deps = { secrets: core.secrets, clock, publicUrl: null };
  const routes: string[] = [];
  const admin: FastifyPluginAsync = async (room) => {
    room.addHook("onRoute", ({ method, url }) => void routes.push(`${[method].flat().join()} ${url}`));
    await adminRoutes({
      core, auth, tokens, runVerb: (call) => runVerbFor(core, { ...call, desk: "api", thread: null }), alsoDescribed: inboxPaths(), store: "embedded", version: "1.2.3", lanesFault: () => fault, publicUrl: null,
      tests: {
        desks: { ...Object.fromEntries(Object.entries(deskCheckers).map(([kind, { check }]) => [kind, (targets: DeskTarget[], tell) => check(targets, deps, tell)])), ...looks },
        inboxes: Object.fromEntries(Object.entries(inboxCheckers).map(([kind, { check }]) => [kind, (inbox: Inbox, tell) => check(inbox, deps, tell)])),
      },
    })(room, {});
  };
  const app = await buildServer({ plugins: [authRoutes({ auth, secure: false }), admin], log: pino({ level: "silent" }), trustProxy: false });
  onTestFinished(() => app.close());

  /** Signs somebody in by a link, as a browser does. */
  async function signIn(agentId?: string): Promise<{ cookie: string }> {
    const answer = await app.inject({ method: "POST", url: "/auth/v1/link", headers: OWN, payload: { token: await auth.newLink(agentId) } });
    expect(answer.statusCode).toBe(200);
    return { cookie: String(answer.headers["set-cookie"]).split(";")[0]! };
  }
  async function ask(who: Who, method: string, path: string, headers: Record<string, string> = {}, payload?: string | object) {
    const answer = await app.inject({ method: method as "GET", url: `${ADMIN_API}${path}`, headers: { ...("authorization" in who ? {} : OWN), ...who, ...headers }, ...(payload === undefined ? {} : { payload }) });
    const type = String(answer.headers["content-type"] ?? "");
    if (answer.statusCode >= 400) {
      expect(type).toBe("application/problem+json; charset=utf-8");
      expect(problem.parse(answer.json()).status).toBe(answer.statusCode);
    } else {
      const fits = adminCalls.filter((one) => one.method === method && new RegExp(`^${one.path.replace(/:\w+/g, "[^/]+")}$`).test(path.split("?")[0]!));
      const call = fits.find((one) => !one.path.includes(":")) ?? fits[0];
      const documented = call?.answers[answer.statusCode];
      expect(documented, `${method} ${path} answered ${answer.statusCode}, which is not documented`).toBeDefined();
      if (documented === "nothing") expect(answer.rawPayload).toHaveLength(0);
      else if (typeof documented === "object") documented.parse(answer.json());
    }
    return answer;
  }
  let names = 0;
  /** A new token; of an agent where `agentId` says so. */
  async function token(role: Role, more: Partial<NewToken> = {}): Promise<{ authorization: string }> {
    const { token: made } = await tokens.create({ name: `program ${++names}`, role, scopes: null, ...more }, "test");
    return { authorization: `Bearer ${made}` };
  }
  const addPerson = async (name: string, role: Role) => {
    const agent = { ...help.jonas, _id: newId(clock.now()), name, email: `${name.toLowerCase()}@example.com`, role, links: [] };
    await store.agents.insertOne(agent);
    forgetSettings(core);
    return agent;
  };
  return {
    ...help, app, auth, tokens, token, routes, signIn, ask, addPerson,
    stopLanes(words: string) { fault = words; },
    /** The lines of a test's answer, the last one left out. */
    async test(who: Who, path: string): Promise<string[]> {
      const answer = await ask(who, "POST", path);
      expect(answer.headers["content-type"]).toBe("application/x-ndjson; charset=utf-8");
      const lines: TestLine[] = answer.payload.trimEnd().split("\n").map((line) => testLine.parse(JSON.parse(line)));
      expect(lines.at(-1)).toEqual({ end: true });
      return lines.slice(0, -1).map((line) => ("end" in line ? "" : `${line.state}: ${line.text}`));
    },
  };
}
