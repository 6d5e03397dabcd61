import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { buildPlayground, PORT } from "../support/playground.ts";

const json = { "content-type": "application/json" };
const here = { host: `127.0.0.1:${PORT}` };
let guests = 0;
const guest = () => ({ method: "POST", url: "/playground/v1/guests", payload: JSON.stringify({ name: `Passer By ${++guests}` }) }) as const;

/** [why, what the request carries, peer] */
const refused: [string, Record<string, string>, string?][] = [
  ["another machine", { ...here, ...json }, "192.168.1.7"], ["another machine, v6", { ...here, ...json }, "fe80::1"], ["a mapped address", { ...here, ...json }, "::ffff:10.0.0.1"],
  ["x-forwarded-for", { ...here, ...json, "x-forwarded-for": "127.0.0.1" }], ["x-forwarded-host", { ...here, ...json, "x-forwarded-host": "127.0.0.1" }], ["x-forwarded-proto", { ...here, ...json, "x-forwarded-proto": "http" }],
  ["forwarded", { ...here, ...json, forwarded: "for=127.0.0.1" }], ["via", { ...here, ...json, via: "1.1 proxy" }], ["x-real-ip", { ...here, ...json, "x-real-ip": "127.0.0.1" }], ["cf-connecting-ip", { ...here, ...json, "cf-connecting-ip": "127.0.0.1" }],
  ["a foreign host", { ...json, host: `desk.example:${PORT}` }], ["a host that begins like ours", { ...json, host: `127.0.0.1.evil.example:${PORT}` }], ["another port", { ...json, host: "127.0.0.1:9999" }], ["no port", { ...json, host: "127.0.0.1" }],
  ["a machine of the network", { ...json, host: `192.168.1.7:${PORT}` }], ["any address", { ...json, host: `0.0.0.0:${PORT}` }],
  ["a foreign origin", { ...here, ...json, origin: "https://evil.example" }], ["no origin at all, said so", { ...here, ...json, origin: "null" }], ["our host on https", { ...here, ...json, origin: `https://127.0.0.1:${PORT}` }],
  ["our host on another port", { ...here, ...json, origin: "http://127.0.0.1:9999" }], ["another loopback name", { ...here, ...json, origin: `http://localhost:${PORT}` }],
  ["text", { ...here, "content-type": "text/plain" }], ["a form", { ...here, "content-type": "application/x-www-form-urlencoded" }], ["multipart where JSON belongs", { ...here, "content-type": "multipart/form-data; boundary=b" }], ["no content type", { ...here }],
  ["JSON hidden in another type", { ...here, "content-type": "text/plain; application/json" }],
];
const admitted: [string, Record<string, string>, string?][] = [
  ["127.0.0.1", { ...here, ...json }], ["another loopback address", { ...json, host: `127.8.8.8:${PORT}` }, "127.8.8.8"], ["v6", { ...json, host: `[::1]:${PORT}` }, "::1"], ["v4 in v6", { ...here, ...json }, "::ffff:127.0.0.1"],
  ["localhost", { ...json, host: `localhost:${PORT}` }], ["our own page", { ...here, ...json, origin: `http://127.0.0.1:${PORT}` }], ["a charset", { ...here, "content-type": "application/json; charset=utf-8" }],
];

describe("the gate", () => {
  let shared: Awaited<ReturnType<typeof buildPlayground>>;
  const ends: (() => Promise<void>)[] = [];
  beforeAll(async () => { shared = await buildPlayground({}, (end) => ends.push(end)); });
  afterAll(async () => { for (const end of ends) await end(); });

  test.each(refused)("refuses %s", async (_why, headers, remoteAddress) => {
    const { app } = shared;
    const answer = await app.inject({ ...guest(), headers, ...(remoteAddress === undefined ? {} : { remoteAddress }) });
    expect([answer.statusCode, (answer.json() as { code: string }).code]).toEqual([403, "PLAYGROUND_CLOSED"]);
  });

  test.each(admitted)("admits %s", async (_why, headers, remoteAddress) => {
    const { app } = shared;
    expect((await app.inject({ ...guest(), headers, ...(remoteAddress === undefined ? {} : { remoteAddress }) })).statusCode).toBe(201);
  });

  test("reads need no content type, and are refused from elsewhere all the same", async () => {
    const { app } = shared;
    expect((await app.inject({ url: "/playground/v1/agents", headers: here })).statusCode).toBe(200);
    expect((await app.inject({ url: "/playground/v1/agents", headers: { ...here, origin: "https://evil.example" } })).statusCode).toBe(403);
    expect((await app.inject({ url: "/playground/v1/threads", headers: { host: `desk.example:${PORT}` } })).statusCode).toBe(403);
  });

  test("an upload is multipart, and nothing else is", async () => {
    const { app } = shared;
    expect((await app.inject({ method: "POST", url: "/playground/v1/files", headers: { ...here, ...json }, payload: "{}" })).statusCode).toBe(403);
  });

  test("a thread is deleted without a body", async () => {
    const { app, id } = await buildPlayground();
    expect((await app.inject({ method: "DELETE", url: `/playground/v1/threads/${id}`, headers: { ...here, origin: "https://evil.example" } })).statusCode).toBe(403);
    expect((await app.inject({ method: "DELETE", url: `/playground/v1/threads/${id}`, headers: here })).statusCode).toBe(204);
  });

  test("TRUST_PROXY closes it", async () => {
    const { app } = await buildPlayground({ trustProxy: true });
    expect((await app.inject({ ...guest(), headers: { ...here, ...json } })).statusCode).toBe(403);
  });

  test("an administrator's session opens it from anywhere", async () => {
    const { app } = await buildPlayground({ administrator: true });
    expect((await app.inject({ ...guest(), headers: { ...json, host: "desk.example" }, remoteAddress: "10.0.0.7" })).statusCode).toBe(201);
  });

  test("it is off for everyone once a real desk is connected", async () => {
    const { app } = await buildPlayground({ administrator: true, enabled: false });
    expect((await app.inject({ url: "/playground/v1/agents", headers: here })).json()).toMatchObject({ code: "PLAYGROUND_CLOSED" });
  });

  test("the page's socket is behind it too, and tells of changes", async () => {
    const { app, call, id } = await buildPlayground();
    await app.listen({ host: "127.0.0.1", port: 0 });
    const url = `ws://127.0.0.1:${(app.server.address() as AddressInfo).port}/playground/v1/socket`;
    const foreign = new WebSocket(url, { origin: "https://evil.example" });
    await expect(new Promise((open, fail) => { foreign.on("open", open); foreign.on("error", fail); })).rejects.toThrow("403");

    const ours = new WebSocket(url);
    const frames: unknown[] = [];
    ours.on("message", (data) => frames.push(JSON.parse(String(data))));
    await expect.poll(() => frames).toEqual([{ type: "ready" }]);
    await call("POST", `/threads/${id}/messages`, { agent: "Ben", text: "Hi" });
    await expect.poll(() => frames).toContainEqual({ type: "changed", what: "thread", threadId: id });
    ours.close();
  });
});
