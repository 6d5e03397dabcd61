/** The bridge of docs/new-channel.md, run as it stands there, between the real application and a made-up SMS gateway. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { startTestApp } from "../support/app.ts";
import { until } from "../support/widget.ts";

const page = readFileSync(new URL("../../docs/new-channel.md", import.meta.url), "utf8");
/** The first fenced block of a language, without its place in a list. */
const blockOf = (language: string): string => {
  const found = new RegExp("^( *)```" + language + "\n([\\s\\S]*?)\n\\1```$", "m").exec(page);
  if (found === null) throw new Error(`docs/new-channel.md has no block of ${language}.`);
  return found[2]!.split("\n").map((line) => line.slice(found[1]!.length)).join("\n");
};
const GATEWAY_TOKEN = "the gateway's token";
const SECRETS = { SMS_KEY: "sms.a-key-for-the-worked-example-01", SMS_SIGNING_SECRET: "a signing secret for the worked example" };

/** Takes texts, knows who has opted out, and never sends one reference twice. */
async function startGateway() {
  const texts: { to: string; text: string; reference: string }[] = [];
  const optedOut = new Set<string>();
  let calls = 0;
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    calls++;
    const text = JSON.parse(Buffer.concat(parts).toString()) as (typeof texts)[number];
    const refused = request.headers.authorization !== `Bearer ${GATEWAY_TOKEN}` || optedOut.has(text.to);
    if (!refused && !texts.some(({ reference }) => reference === text.reference)) texts.push(text);
    response.writeHead(refused ? 403 : 200, { "content-type": "application/json" }).end(JSON.stringify(refused ? { error: "opted-out" } : { ok: true }));
  });
  await new Promise<void>((done) => { server.listen(0, "127.0.0.1", done); });
  onTestFinished(() => { server.close(); });
  return { texts, optedOut, calls: () => calls, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => { server.listen(0, "127.0.0.1", done); });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((done) => { server.close(() => done()); });
  return port;
}

/** Runs the program of the page; resolves when it listens. */
async function startBridge(file: string, env: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [file], { env: { PATH: process.env["PATH"] ?? "", ...SECRETS, GATEWAY_TOKEN, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => { child.kill("SIGKILL"); });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => { said += data.toString(); });
  await until(() => expect(said).toContain("The bridge listens."));
}

afterAll(() => { vi.unstubAllEnvs(); });

test("texts come in, answers go out once, reports and refusals come back", async () => {
  for (const [name, value] of Object.entries(SECRETS)) vi.stubEnv(name, value);
  const folder = mkdtempSync(join(tmpdir(), "threadline-bridge-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "sms-bridge.mjs");
  writeFileSync(file, blockOf("js"));
  const gateway = await startGateway(), port = await freePort();
  const settings = blockOf("yaml").replace("127.0.0.1:4000", `127.0.0.1:${port}`).replace("allowPrivateAddress: true", "allowPrivateAddress: true, undoSeconds: 0, doubleReplySeconds: 0");
  const app = await startTestApp({ settings });
  await startBridge(file, { THREADLINE_URL: app.url, GATEWAY_URL: gateway.url, TAKEN_FILE: join(folder, "taken.txt"), PORT: String(port) });
  const fromGateway = async (path: string, body: object, token = GATEWAY_TOKEN) =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) })).status;

  const text = { id: "sms-1", from: "+4915112345678", text: "Are you open?" };
  expect(await fromGateway("/sms/in", text, "somebody else's")).toBe(401);
  expect(await fromGateway("/sms/in", text)).toBe(200);
  expect(await fromGateway("/sms/in", text)).toBe(200);
  const linesOf = async () => {
    const { threads: [thread] } = (await app.call("GET", "/playground/v1/threads")).json as { threads: { id: string }[] };
    const path = `/playground/v1/threads/${encodeURIComponent(thread!.id)}/messages`;
    const { messages } = (await app.call("GET", `${path}?after=0`)).json as { messages: { id: string; text: string; reactions: { emoji: string }[] }[] };
    return { path, messages };
  };
  const { path } = await until(async () => {
    const found = await linesOf();
    expect(found.messages.filter((line) => line.text === "Are you open?")).toHaveLength(1);
    return found;
  });
  const marksOn = async (words: string) => (await linesOf()).messages.find((line) => line.text === words)?.reactions.map(({ emoji }) => emoji) ?? [];

  await app.call("POST", path, { agent: "Mara", text: "Until six." });
  await until(() => expect(gateway.texts).toMatchObject([{ to: "+4915112345678", text: "Until six." }]));
  await until(async () => expect(await marksOn("Until six.")).toEqual(["✅"]));
  const { reference } = gateway.texts[0]!;
  expect(await fromGateway("/sms/report", { reference, status: "delivered" })).toBe(200);
  await until(async () => expect(await marksOn("Until six.")).toEqual(["📬"]));
  const log = (await app.call("GET", "/inbox/v1/deliveries", undefined, { authorization: `Bearer ${SECRETS.SMS_KEY}` })).json as { deliveries: { id: string }[] };
  const calls = gateway.calls();
  expect(await app.call("POST", `/inbox/v1/deliveries/${encodeURIComponent(log.deliveries[0]!.id)}/replay`, undefined, { authorization: `Bearer ${SECRETS.SMS_KEY}` })).toMatchObject({ json: { taken: true } });
  expect(gateway.calls()).toBe(calls);

  gateway.optedOut.add("+4915112345678");
  await app.call("POST", path, { agent: "Mara", text: "Are you still there?" });
  await until(async () => expect(await marksOn("Are you still there?")).toEqual(["⚠️"]));
  expect(gateway.texts).toHaveLength(1);
});
