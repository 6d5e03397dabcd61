/** A process that stands still while a connection is made sends nothing over it afterwards. */
import { request as httpRequest, type Agent as HttpAgent } from "node:http";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent, request } from "undici";
import { agentInTime, beginInTime, NOT_BEGUN } from "../../src/channels/shared/begin-in-time.ts";

/** Longer than what is allowed, which is far longer than a connection on this machine takes. */
const STANDS_MS = 1_500, WITHIN_MS = 1_000;
/** Nothing of this thread runs meanwhile, as in a stopped process; the server is in another one. */
const standStill = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STANDS_MS);

const SERVER = `const { parentPort } = require("node:worker_threads"); let calls = 0;
const server = require("node:http").createServer((_, response) => { calls++; response.end("ok"); }).listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
parentPort.on("message", () => parentPort.postMessage(calls));`;
let server: Worker;
let url: string;
const heard = (): Promise<unknown> => new Promise((done) => { server.once("message", done); });
const calls = (): Promise<unknown> => { const answer = heard(); server.postMessage("calls", []); return answer; };
beforeAll(async () => {
  server = new Worker(SERVER, { eval: true });
  url = `http://127.0.0.1:${await heard() as number}/`;
});
afterAll(() => server.terminate());

const overHttp = (agent: HttpAgent) => new Promise<number | undefined>((done, fail) => { httpRequest(url, { agent, method: "POST" }, (response) => { response.resume(); done(response.statusCode); }).once("error", fail).end("x"); });

describe.each([
  ["undici", () => { const dispatcher = new Agent().compose(beginInTime(WITHIN_MS)); return async () => { const { statusCode, body } = await request(url, { dispatcher, method: "POST", body: "x" }); await body.dump(); return statusCode; }; }],
  ["node:http", () => { const agent = agentInTime(false, { keepAlive: true, timeout: 5_000 }, WITHIN_MS); return () => overHttp(agent); }],
] as const)("%s", (_, client) => {
  test("what begins in time arrives, on a new connection and on one that is there", async () => {
    const before = await calls() as number;
    const send = client();
    expect([await send(), await send()]).toEqual([200, 200]);
    expect(await calls()).toBe(before + 2);
  });

  test("what would begin too late never leaves", async () => {
    const before = await calls() as number;
    const sent = client()();
    const refused = expect(sent).rejects.toMatchObject({ code: NOT_BEGUN });
    standStill();
    await refused;
    expect(await calls()).toBe(before);
  });
});
