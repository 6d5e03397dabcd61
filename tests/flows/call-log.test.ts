/** The log of calls to programs of the administrator's: what is kept, in which order, and how much. */
import { expect, test } from "vitest";
import { callId, createCallLog, findCall, listCalls } from "../../src/core/services/call-log.ts";
import { buildTestCore } from "../support/core.ts";

test("a call is kept once with its last ten tries, and counts as taken from the first good one", async () => {
  const { core } = await buildTestCore();
  const log = createCallLog(core);
  for (let n = 0; n < 12; n++) await log.note({ inboxId: "a", id: "m:0", event: "message", body: `{"n":${n}}`, at: new Date(n), ms: n, status: n === 10 ? 200 : 500, fault: n === 10 ? null : "no" });
  expect(await findCall(core, "a", "m:0")).toMatchObject({ tries: 12, taken: true, body: "{\"n\":11}", at: new Date(0), attempts: Array.from({ length: 10 }, (_, n) => ({ ms: n + 2 })) });
  expect(await findCall(core, "b", "m:0")).toBeNull();
});

test("it is read page by page, also where many were made at the same time", async () => {
  const { core } = await buildTestCore();
  const log = createCallLog(core);
  for (let n = 0; n < 9; n++) await log.note({ inboxId: "a", id: `c${n}`, event: "message", body: "{}", at: new Date(Math.floor(n / 4)), ms: 0, status: 200, fault: n === 3 ? "no" : null });
  const seen: string[] = [];
  for (let before: string | undefined; ;) {
    const { calls, more } = await listCalls(core, "a", { limit: 2, ...(before === undefined ? {} : { before }) });
    seen.push(...calls.map(callId));
    before = seen.at(-1);
    if (!more) break;
  }
  expect(seen).toEqual(["c8", "c7", "c6", "c5", "c4", "c3", "c2", "c1", "c0"]);
  expect((await listCalls(core, "a", { taken: false, limit: 10 })).calls.map(callId)).toEqual(["c3"]);
});

test("of one inbox no more than so many are kept: the oldest go", async () => {
  const { core, store } = await buildTestCore();
  const log = createCallLog(core, 20, 5);
  const start = Date.now();
  await log.note({ inboxId: "b", id: "other", event: "message", body: "{}", at: new Date(start), ms: 0, status: 200, fault: null });
  for (let n = 0; n < 60; n++) await log.note({ inboxId: "a", id: `c${n}`, event: "message", body: "{}", at: new Date(start + n), ms: 0, status: 200, fault: null });
  expect(await store.calls.countDocuments({ inboxId: "a" })).toBe(20);
  expect((await listCalls(core, "a", { limit: 1 })).calls.map(callId)).toEqual(["c59"]);
  expect(await store.calls.countDocuments({ inboxId: "b" })).toBe(1);
});
