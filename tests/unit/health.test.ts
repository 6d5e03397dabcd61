import { expect, onTestFinished, test } from "vitest";
import { pauseDelivery } from "../../src/core/services/delivery-pause.ts";
import { createLog } from "../../src/log.ts";
import { buildServer } from "../../src/server.ts";
import { healthRoutes, warningsOf } from "../../src/web-admin/health.ts";
import { buildTestCore } from "../support/core.ts";

async function server(lanesFault: () => string | null = () => null) {
  const { core, store } = await buildTestCore();
  const app = await buildServer({ log: createLog("silent"), trustProxy: false, plugins: [healthRoutes({ core, kind: "embedded", version: "1.2.3", lanesFault })] });
  onTestFinished(() => app.close());
  return { app, core, store };
}

test("healthz and readyz answer as the contract says", async () => {
  const { app } = await server();
  expect((await app.inject("/healthz")).json()).toEqual({ status: "ok", store: "embedded", version: "1.2.3" });
  const ready = await app.inject("/readyz");
  expect(ready.statusCode).toBe(200);
  expect(ready.json()).toEqual({ status: "ok", store: "embedded", version: "1.2.3", warnings: [] });
});

test("paused delivery is a warning, not a failure", async () => {
  const { app, core } = await server();
  await pauseDelivery(core, { type: "system", name: "a test" });
  const ready = await app.inject("/readyz");
  expect(ready.statusCode).toBe(200);
  expect(ready.json<{ warnings: string[] }>().warnings).toEqual([expect.stringMatching(/^Delivery is paused; 0 lines wait/)]);
});

test("lanes that don't run, and a store that takes no writes, are 503 with the reason", async () => {
  const lanes = await server(() => "The lanes stopped.");
  const answer = await lanes.app.inject("/readyz");
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({ status: "not ready", code: "NOT_READY", message: "The lanes stopped." });
  const { app, store } = await server();
  await store.close();
  const away = await app.inject("/readyz");
  expect(away.statusCode).toBe(503);
  expect(away.json<{ message: string }>().message).toMatch(/^The store/);
  expect((await app.inject("/healthz")).statusCode).toBe(200);
});

test("what is held up, and what was given up, is told in one sentence each", () => {
  const at = new Date();
  const lane = { queued: 1, oldestAt: at, lastError: "Slack can't be reached." };
  expect(warningsOf({ mirror: lane, delivery: { queued: 2, oldestAt: at, lastError: "Telegram can't be reached.", paused: false }, intake: { queued: 0, oldestAt: null }, channels: [{ inboxId: "i", inbox: "Bot", code: "BAD_TOKEN", text: "Telegram refused the token.", since: at }], rules: [], parked: [{ messageId: "m", for: "files", error: "x", at }] })).toEqual([
    "Delivery is held up (2 lines wait): Telegram can't be reached.",
    "The desk is held up (1 line waits): Slack can't be reached.",
    "Bot: Telegram refused the token.",
    "1 task was given up after many tries. An administrator takes it up again with `health retry`, or `npx threadline retry`.",
  ]);
});
