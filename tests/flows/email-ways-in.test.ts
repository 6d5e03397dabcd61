/** Ways in beside plain SMTP: STARTTLS at our receiver, and raw mail by a signed call through the real route. */
import { createHmac } from "node:crypto";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PeerCertificate, TLSSocket } from "node:tls";
import Fastify from "fastify";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { expect, onTestFinished, test } from "vitest";
import { holdReceiver } from "../../src/channels/email/receiver.ts";
import { hookRoutes } from "../../src/channels/webhooks.ts";
import type { ChannelAdapter } from "../../src/core/ports.ts";
import { receiveEvent } from "../../src/core/services/receive-inbound.ts";
import { makeMail } from "../fakes/email/mails.ts";
import { wireEmail } from "../fakes/email/wire.ts";
import { memoryLog } from "../fakes/telegram/wire.ts";
import { buildTestCore } from "../support/core.ts";
import { startEmail } from "../support/email.ts";
import { freePort } from "../support/free-port.ts";

const fixture = (name: string) => join(import.meta.dirname, "../fixtures/email", name);
const WAIT = { timeout: 40_000 };

/** Hands a mail over as a mail server does that finds STARTTLS; answers whose certificate it saw. */
async function handOverByTls(port: number, raw: Buffer): Promise<string> {
  const smtp = new SMTPConnection({ host: "127.0.0.1", port, requireTLS: true, tls: { rejectUnauthorized: false } });
  const work = <T>(begin: (done: (error?: Error | null, value?: T) => void) => void) => new Promise<T>((done, fail) => { smtp.once("error", fail); begin((error, value) => { if (error) fail(error); else done(value as T); }); });
  try {
    await work((done) => smtp.connect((error) => done(error)));
    const peer: PeerCertificate = (smtp as unknown as { _socket: TLSSocket })._socket.getPeerCertificate();
    await work((done) => smtp.send({ from: "ana@customer.example", to: ["support@shop.example"] }, raw, (error) => done(error)));
    return String(peer.subject.CN);
  } finally { smtp.close(); }
}

test("mail by STARTTLS is stored; where it is required, mail in the clear is refused", async () => {
  const port = await freePort();
  const { help, mail } = await startEmail({ receiver: { port, tls: { certFile: fixture("receiver.crt"), keyFile: fixture("receiver.key"), required: true } } });
  expect(await handOverByTls(port, makeMail({ text: "Nobody read this on its way." }))).toBe("mx.shop.example");
  await help.settle();
  expect(await mail({ text: "In the clear" })).toMatch(/^5\d\d/);
  expect((await help.lines("incoming")).map(({ body }) => body)).toEqual(["Nobody read this on its way."]);
});

test("a renewed certificate is taken without a restart; one that can't be read is told to Health and tried again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "threadline-certificate-"));
  const tls = { certFile: join(folder, "mx.crt"), keyFile: join(folder, "mx.key"), required: false };
  const stop = new AbortController(), troubles: (string | null)[] = [], log = memoryLog(), port = await freePort();
  const held = holdReceiver({ host: "127.0.0.1", port, maxBytes: 1_000_000, name: "shop.example", tls, certificateMs: 30, log, accepts: () => true, take: async () => undefined, trouble: (now) => troubles.push(now === null ? null : now.text) }, stop.signal);
  onTestFinished(async () => { stop.abort(); await held; await rm(folder, { recursive: true }); });
  await expect.poll(() => troubles[0], WAIT).toContain("certFile");
  const put = async (name: string) => { await copyFile(fixture(`${name}.key`), tls.keyFile); await copyFile(fixture(`${name}.crt`), tls.certFile); };
  await put("receiver");
  await expect.poll(() => troubles.at(-1), WAIT).toBeNull();
  expect(await handOverByTls(port, makeMail({}))).toBe("mx.shop.example");
  await put("renewed");
  await expect.poll(() => handOverByTls(port, makeMail({})), WAIT).toBe("new.shop.example");
});

const SECRET = "a webhook's secret, long enough";

async function startHook() {
  const help = await buildTestCore();
  const { adapter, inbox } = wireEmail({ smtpPort: 1, inboxId: help.inbox._id, files: help.core.files, settings: { webhook: { secret: SECRET } } });
  expect(JSON.stringify(inbox.config)).not.toContain(SECRET);
  const adapters = new Map<string, ChannelAdapter>([["support@shop.example", adapter], [help.inbox._id, adapter], ["closed", wireEmail({ smtpPort: 1, inboxId: "closed" }).adapter]]);
  help.core.channels.set(help.inbox._id, adapter);
  const store = { away: false };
  const app = Fastify();
  await app.register(hookRoutes({
    inboxById: (id) => { const found = adapters.get(id); return found === undefined ? null : { adapter: found }; },
    receive: async (event) => { if (store.away) throw new Error("The store is away."); return receiveEvent(help.core, event); }, log: memoryLog(),
  }));
  onTestFinished(() => app.close());
  const call = async (raw: Buffer, { at = Date.now(), secret = SECRET, url = "/hooks/email/support@shop.example", headers = {} as Record<string, string>, signed = raw } = {}) => {
    const timestamp = String(Math.floor(at / 1_000));
    const answer = await app.inject({ method: "POST", url, payload: raw, headers: {
      "content-type": "message/rfc822", "threadline-timestamp": timestamp, "threadline-signature": `v1=${createHmac("sha256", secret).update(`${timestamp}.`).update(signed).digest("hex")}`, ...headers,
    } });
    return { status: answer.statusCode, code: (answer.json() as { code?: string }).code };
  };
  return { help, call, store, app };
}

test("a signed call brings a raw mail; a repeat brings nothing new, and 200 comes only after the write", async () => {
  const { help, call, store } = await startHook();
  const raw = makeMail({ id: "<hook@customer.example>", text: "By a call: é", files: [{ name: "a.bin", type: "application/octet-stream", content: Buffer.alloc(6_000_000, 7) }] });
  store.away = true;
  expect(await call(raw)).toEqual({ status: 500, code: "INTERNAL" });
  store.away = false;
  expect(await call(raw)).toEqual({ status: 200, code: undefined });
  expect(await call(raw, { url: `/hooks/email/${help.inbox._id}` })).toEqual({ status: 200, code: undefined });
  await help.settle();
  expect((await help.lines("incoming")).map(({ body, files }) => [body, files.map(({ name, bytes }) => [name, bytes])])).toEqual([["By a call: é", [["a.bin", 6_000_000]]]]);
});

test("what nobody signed, or not now, or not these bytes, is refused; so is what is too large", async () => {
  const { help, call, app } = await startHook();
  const raw = makeMail({ text: "forged" });
  const refused = { status: 401, code: "BAD_SIGNATURE" };
  expect(await call(raw, { secret: "another secret, long enough" })).toEqual(refused);
  expect(await call(raw, { signed: Buffer.from("else") })).toEqual(refused);
  expect(await call(raw, { at: Date.now() - 360_000 })).toEqual(refused);
  expect(await call(raw, { at: Date.now() + 360_000 })).toEqual(refused);
  expect(await call(raw, { headers: { "threadline-timestamp": "soon" } })).toEqual(refused);
  expect(await call(raw, { headers: { "threadline-signature": "v1=é" } })).toEqual(refused);
  expect(await call(Buffer.alloc(0))).toEqual({ status: 400, code: "BAD_BODY" });
  expect(await call(raw, { url: "/hooks/email/closed" })).toEqual({ status: 404, code: "INBOX_UNKNOWN" });
  expect((await app.inject({ method: "POST", url: "/hooks/email/support@shop.example", payload: raw })).statusCode).toBe(401);
  expect(await call(Buffer.alloc(35_000_001, 97))).toEqual({ status: 413, code: "BODY_TOO_LARGE" });
  expect(await help.store.conversations.countDocuments()).toBe(0);
});

test("a call without a length is read no further than it may be, and a few large ones at once are enough", async () => {
  const { app } = await startHook();
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { request } = await import("node:http");
  const { port } = app.server.address() as { port: number };
  const begin = (headers: Record<string, string | number>) => {
    const call = request({ host: "127.0.0.1", port, method: "POST", path: "/hooks/email/support@shop.example", headers });
    const answered = new Promise<{ status: number; after: string | undefined }>((done) => { call.on("response", (response) => { response.resume(); done({ status: response.statusCode!, after: response.headers["retry-after"] }); }).on("error", () => undefined); });
    return { call, answered };
  };
  const chunked = begin({ "transfer-encoding": "chunked" });
  const piece = Buffer.alloc(1_000_000, 97);
  for (let i = 0; i < 36 && !chunked.call.destroyed; i++) chunked.call.write(piece);
  expect((await chunked.answered).status).toBe(413);
  chunked.call.destroy();

  const waiting = Array.from({ length: 4 }, () => begin({ "content-length": 30_000_000 }));
  for (const { call } of waiting) call.write("a");
  await expect.poll(async () => { const one = begin({ "content-length": 30_000_000 }); one.call.write("a"); const said = await Promise.race([one.answered, new Promise<null>((done) => { setTimeout(done, 300, null); })]); one.call.destroy(); return said; }, WAIT).toEqual({ status: 429, after: "5" });
  for (const { call } of waiting) call.destroy();
  await expect.poll(async () => { const one = begin({ "content-length": 5_000_000 }); one.call.end(Buffer.alloc(5_000_000)); return (await one.answered).status; }, WAIT).toBe(401);
});
