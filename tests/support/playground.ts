/** A playground behind the real server, over a real store, with a recording host instead of the bridge. */
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { createPlayground } from "../../src/bridge/playground/adapter.ts";
import { playgroundRoutes } from "../../src/bridge/playground/routes.ts";
import { createBus } from "../../src/core/bus.ts";
import type { Agent, DeskThreadId } from "../../src/core/model/types.ts";
import { createFileStore } from "../../src/files/store.ts";
import { buildServer } from "../../src/server.ts";
import { sampleCard } from "../contracts/desk-contract.ts";
import { FakeDeskHost } from "./fake-desk-host.ts";
import { lendStore } from "./lent-store.ts";

export const TARGET = { _id: "d1", name: "Playground", kind: "playground", identity: "playground", channel: "support", createdAt: new Date(0) };
export const soon = () => AbortSignal.timeout(5_000);
export const PORT = 4321;
/** What a request from this machine's own page carries. */
export const LOCAL = { host: `127.0.0.1:${PORT}`, "content-type": "application/json" };

const agent = (name: string, role: Agent["role"], active = true): Agent => ({
  _id: name, name, email: `${name.toLowerCase().replace(/\W/g, ".")}@example.com`, role, active, links: [{ desk: "playground", userId: name }], inboxIds: "all", timeZone: "UTC", createdAt: new Date(0),
});

/** `administrator`: the session of every request is one. Torn down by `atEnd`: after this test, unless a whole file shares it. */
export async function buildPlayground({ administrator = false, trustProxy = false, enabled = true } = {}, atEnd: (end: () => Promise<void>) => void = onTestFinished) {
  const { store, giveBack } = await lendStore();
  const clock = { now: () => new Date() };
  const log = pino({ level: "silent" });
  const bus = createBus((error) => { throw error; });
  const files = createFileStore(store.db, clock);
  const playground = createPlayground({ db: store.db, clock, bus, log, files });
  await playground.ensureIndexes();
  await store.agents.insertMany([agent("Front Desk", "administrator"), agent("Ben", "agent"), agent("Ben Okafor", "agent"), agent("Old Hand", "agent", false)]);
  const host = new FakeDeskHost();
  const gate = { port: () => PORT, trustProxy, enabled: async () => enabled, isAdministrator: async () => administrator };
  const app = await buildServer({ plugins: [playgroundRoutes({ playground, host, gate })], log, trustProxy });
  atEnd(async () => {
    await app.close();
    playground.close();
    await giveBack();
  });

  async function call(method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE", path: string, body?: object, headers: Record<string, string> = {}) {
    const response = await app.inject({ method, url: `/playground/v1${path}`, headers: { ...LOCAL, ...headers }, ...(body === undefined ? {} : { payload: body }) });
    return { status: response.statusCode, body: response.body === "" ? null : (response.json() as Record<string, unknown>), headers: response.headers };
  }
  const thread = await playground.openThread(TARGET, sampleCard(), "c1:0", soon());
  const id = thread.slice("playground:".length);
  return { app, call, playground, host, store, bus, files, thread: thread as DeskThreadId, id };
}
