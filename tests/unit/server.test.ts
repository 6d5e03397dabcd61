import { connect } from "node:net";
import type { InjectOptions } from "fastify";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { ERROR_CODES, UserError } from "../../src/core/errors.ts";
import { createLog } from "../../src/log.ts";
import { buildServer } from "../../src/server.ts";

async function server() {
  const lines: string[] = [];
  const app = await buildServer({
    trustProxy: false,
    log: createLog("info", { write: (line) => lines.push(line) }),
    plugins: [
      async (room) => {
        room.addHook("onRequest", async (_request, reply) => { reply.header("x-room", "one"); });
        room.post("/echo", async (request) => ({ got: z.strictObject({ name: z.string() }).parse(request.body) }));
        room.get("/refused", async () => { throw new UserError("NAME_TAKEN", "There is one already."); });
        room.get("/broken", async () => { throw new Error("connection to secret-host failed for ana@example.com"); });
        room.get("/full", async () => { throw Object.assign(new Error("no space"), { code: 14_031 }); });
        room.get("/away", async () => { throw Object.assign(new Error("gone"), { name: "MongoNetworkError" }); });
        room.get("/page", async (_request, reply) => reply.type("text/html").send("<p>hello</p>"));
      },
      async (room) => { room.get("/sibling", async () => ({ ok: true })); },
    ],
  });
  onTestFinished(() => app.close());
  return { app, lines };
}

const json = { "content-type": "application/json" };

describe("bad requests get a code and words, and the next request is served", () => {
  const cases: [string, InjectOptions, keyof typeof ERROR_CODES][] = [
    ["broken JSON", { method: "POST", url: "/echo", headers: json, payload: "{\"name\": " }, "BAD_JSON"],
    ["an empty JSON body", { method: "POST", url: "/echo", headers: json, payload: "" }, "BAD_JSON"],
    ["a poisoned prototype", { method: "POST", url: "/echo", headers: json, payload: "{\"__proto__\": {\"a\": 1}}" }, "BAD_JSON"],
    ["a wrong type of value", { method: "POST", url: "/echo", headers: json, payload: "{\"name\": 4}" }, "BAD_BODY"],
    ["an unknown field", { method: "POST", url: "/echo", headers: json, payload: "{\"name\": \"a\", \"more\": 1}" }, "BAD_BODY"],
    ["a wrong content type", { method: "POST", url: "/echo", headers: { "content-type": "application/xml" }, payload: "<a/>" }, "WRONG_TYPE"],
    ["2 MB of JSON", { method: "POST", url: "/echo", headers: json, payload: JSON.stringify({ name: "x".repeat(2_000_000) }) }, "BODY_TOO_LARGE"],
    ["NUL in a text", { method: "POST", url: "/echo", headers: json, payload: "{\"name\": \"a\\u0000b\"}" }, "BAD_TEXT"],
    ["half a surrogate pair", { method: "POST", url: "/echo", headers: json, payload: "{\"name\": \"a\\ud83d\"}" }, "BAD_TEXT"],
    ["NUL in a query", { method: "GET", url: "/sibling?a=%00" }, "BAD_TEXT"],
    ["a broken percent sign", { method: "GET", url: "/%E0%A4%A" }, "BAD_BODY"],
    ["an unknown address", { method: "GET", url: "/nowhere?token=abc" }, "NOT_FOUND"],
    ["a refusal of ours", { method: "GET", url: "/refused" }, "NAME_TAKEN"],
    ["an unforeseen error", { method: "GET", url: "/broken" }, "INTERNAL"],
    ["a full disk", { method: "GET", url: "/full" }, "DISK_FULL"],
    ["a store that is away", { method: "GET", url: "/away" }, "NOT_READY"],
  ];
  test.each(cases)("%s", async (_name, request, code) => {
    const { app } = await server();
    const answer = await app.inject(request);
    expect(answer.statusCode).toBe(ERROR_CODES[code]);
    const body = answer.json<{ code: string; message: string }>();
    expect(body.code).toBe(code);
    expect(body.message.length).toBeGreaterThan(20);
    expect(body.message).not.toContain("secret-host");
    expect(answer.body).not.toContain("token=abc");
    expect((await app.inject("/sibling")).statusCode).toBe(200);
  });

  test("a body's faults name their place", async () => {
    const { app } = await server();
    const answer = await app.inject({ method: "POST", url: "/echo", headers: json, payload: "{\"name\": 4}" });
    expect(answer.json<{ errors: { path: string }[] }>().errors[0]?.path).toBe("name");
  });

  test("50 MB are refused before they are read", async () => {
    const { app } = await server();
    await app.listen({ port: 0, host: "127.0.0.1" });
    const port = (app.server.address() as { port: number }).port;
    const head = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => socket.write("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 52428800\r\n\r\n{"));
      socket.once("data", (data) => { socket.destroy(); resolve(data.toString()); }).once("error", reject);
    });
    expect(head).toContain("413");
    expect(head).toContain("BODY_TOO_LARGE");
  });

  test("what is not HTTP gets words too", async () => {
    const { app } = await server();
    await app.listen({ port: 0, host: "127.0.0.1" });
    const port = (app.server.address() as { port: number }).port;
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => socket.write("hello there\r\n\r\n"));
      socket.once("data", (data) => { socket.destroy(); resolve(data.toString()); }).once("error", reject);
    });
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    expect(text).toContain("\"code\":\"BAD_BODY\"");
  });
});

test("the log tells the cause of a failure, never the request's own text", async () => {
  const { app, lines } = await server();
  await app.inject({ method: "GET", url: "/broken?q=private+words" });
  const line = lines.find((text) => text.includes("could not be served"));
  expect(line).toContain("secret-host");
  expect(line).toContain("\"path\":\"/broken\"");
  expect(line).not.toContain("private");
});

test("a room's hooks stay in the room, headers that protect go on everything", async () => {
  const { app } = await server();
  expect((await app.inject("/page")).headers).toMatchObject({ "x-room": "one", "x-content-type-options": "nosniff" });
  expect((await app.inject("/page")).headers["content-security-policy"]).toContain("frame-ancestors 'self'");
  const sibling = await app.inject("/sibling");
  expect(sibling.headers["x-room"]).toBeUndefined();
  expect(sibling.headers["content-security-policy"]).toBe("default-src 'none'; frame-ancestors 'none'");
  expect(sibling.headers["cache-control"]).toBe("no-store");
});
