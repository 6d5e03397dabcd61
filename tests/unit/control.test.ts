import { expect, onTestFinished, test } from "vitest";
import { createLog } from "../../src/log.ts";
import { buildServer } from "../../src/server.ts";
import { controlRoutes } from "../../src/web-admin/control.ts";

async function server() {
  const done: unknown[] = [];
  const app = await buildServer({
    log: createLog("silent"), trustProxy: false,
    plugins: [
      controlRoutes({
        token: "the-token",
        async apply(text, env) { done.push({ text, env }); return { changes: ["Label a: made"], faults: [] }; },
        async retryParked() { done.push("retry"); return { retried: 1 }; },
        async delivery(act) { done.push(act); return { queued: 2 }; },
      }),
      async (room) => { room.get("/open", async () => ({ ok: true })); },
    ],
  });
  onTestFinished(() => app.close());
  const ask = (url: string, payload: object, token?: string) => app.inject({ method: "POST", url, payload, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  return { app, done, ask };
}

test("with the run file's token a command is carried out", async () => {
  const { ask, done } = await server();
  expect((await ask("/control/v1/apply", { text: "labels: []", env: { A: "1" } }, "the-token")).json()).toEqual({ changes: ["Label a: made"], faults: [] });
  expect((await ask("/control/v1/delivery", { act: "resume" }, "the-token")).json()).toEqual({ queued: 2 });
  expect((await ask("/control/v1/retry", {}, "the-token")).json()).toEqual({ retried: 1 });
  expect(done).toEqual([{ text: "labels: []", env: { A: "1" } }, "resume", "retry"]);
});

test("without it, or with another, or with an odd body, nothing is done", async () => {
  const { ask, done, app } = await server();
  expect((await ask("/control/v1/delivery", { act: "resume" })).json()).toMatchObject({ code: "NO_TOKEN" });
  for (const token of ["the-tokem", "the-token-and-more", ""]) expect((await ask("/control/v1/delivery", { act: "resume" }, token)).json()).toMatchObject({ code: "BAD_TOKEN" });
  expect((await ask("/control/v1/delivery", { act: "destroy" }, "the-token")).json()).toMatchObject({ code: "BAD_BODY" });
  expect((await ask("/control/v1/apply", { text: 4, env: {} }, "the-token")).json()).toMatchObject({ code: "BAD_BODY" });
  expect(done).toEqual([]);
  expect((await app.inject("/open")).statusCode).toBe(200);
});
