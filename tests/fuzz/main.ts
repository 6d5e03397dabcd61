/**
 * Hostile requests against the real application: each must get a clear 4xx (or be valid), nothing of a refused one may be
 * stored, and the same process must serve on. `--payloads N`, `--only email` (or telegram, whatsapp, bridge, visitor: one way in), `--seed S` (else FC_SEED, see support/seed.ts), `--json` (counts on the last line).
 */
import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openStore } from "../../src/core/store/store.ts";
import { loadConfig } from "../../src/config.ts";
import { webhookSecretOf } from "../../src/channels/telegram/verify.ts";
import { startThreadline } from "../../src/main.ts";
import { connectMongo } from "../../src/mongo/connect.ts";
import { handOver, makeMail } from "../fakes/email/mails.ts";
import { freePort } from "../support/free-port.ts";
import { seedOf } from "../support/seed.ts";
import { hostileRequest, rngOf } from "./payloads.ts";
import type { Hostile, Known } from "./payloads.ts";

const { values } = parseArgs({ options: { payloads: { type: "string", default: "500" }, seed: { type: "string", default: String(seedOf(process.env.FC_SEED)) }, json: { type: "boolean", default: false }, only: { type: "string" }, help: { type: "boolean", default: false } }, allowPositionals: true });
if (values.help) {
  console.log("npm run fuzz -- [--payloads 500] [--only email|telegram|whatsapp|bridge|visitor] [--seed N] [--json]");
  process.exit(0);
}
const INBOX_KEY = "sms.fuzzing-key-of-the-right-shape-01";
const BOT_TOKEN = "123456:fuzzing-token-of-the-right-shape-1234";
const SETTINGS = (receiverPort: number): string => `
agents: [{ name: Front Desk, email: desk@example.com, role: administrator }]
desks: [{ name: Playground, kind: playground, channel: support }]
inboxes:
  - { name: Website, channel: widget, key: demo, allowedOrigins: ["*"], undoSeconds: 0 }
  - { name: Bot, channel: telegram, token: "${BOT_TOKEN}", webhook: true, apiRoot: "http://127.0.0.1:9" }
  - { name: SMS, channel: api, key: "${INBOX_KEY}", callbackUrl: "http://127.0.0.1:9/", signingSecret: "a signing secret for fuzzing", allowPrivateAddress: true }
  - { name: Phone, channel: whatsapp, phoneNumberId: "106540352242922", wabaId: "102290129340398", accessToken: fuzzing-token, appSecret: fuzzing-secret, verifyToken: fuzzing-word, apiUrl: "http://127.0.0.1:9" }
  - { name: Mail, channel: email, address: support@shop.example, smtp: { host: 127.0.0.1, port: 9, security: none }, receiver: { port: ${receiverPort}, relays: [] }, webhook: { secret: fuzzing-secret-of-mail }, dnsServers: ["127.0.0.1:9"], inCopy: participant, automatic: open, team: [c1@customer.example] }
limits: off
`;

const dataDir = await mkdtemp(join(tmpdir(), "threadline-fuzz-"));
const receiverPort = await freePort();
await writeFile(join(dataDir, "threadline.yaml"), SETTINGS(receiverPort));
const mongo = await connectMongo({ dataDir });
const running = await startThreadline(loadConfig({ PORT: "0", DATA_DIR: dataDir, LOG_LEVEL: "silent", MONGODB_URI: mongo.uri, SECRET_KEY: "a secret key for fuzzing only", PUBLIC_URL: "https://desk.example.com", THREADLINE_APPLY: join(dataDir, "threadline.yaml") }));
const store = await openStore(mongo.uri);
const random = rngOf(Number(values.seed));
/** Requests on their way at once; and until it is looked whether all is well. */
const AT_ONCE = 16, ROUND = 400;
const failures: string[] = [];
let passed = 0;

async function post(path: string, body: unknown, token?: string): Promise<unknown> {
  const response = await fetch(running.url + path, { method: "POST", headers: { "content-type": "application/json", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }, body: JSON.stringify(body) });
  return response.json();
}

const { token } = (await post("/widget/v1/sessions", { inboxKey: "demo" })) as { token: string };
await post("/widget/v1/messages", { body: "a first line", clientId: "first" }, token);
await post("/inbox/v1/messages", { contact: { id: "fuzz" }, id: "first", text: "hello" }, INBOX_KEY);

async function firstThread(): Promise<string> {
  for (let tries = 0; tries < 600; tries++) {
    const { threads } = (await (await fetch(`${running.url}/playground/v1/threads`)).json()) as { threads: { id: string }[] };
    if (threads[0] !== undefined) return threads[0].id;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("The first line did not come into a thread of the playground within 30 s.");
}
const known: Known = { token, thread: await firstThread(), telegramInbox: (await store.inboxes.findOne({ channel: "telegram" }))!._id, telegramSecret: webhookSecretOf(BOT_TOKEN), whatsapp: { hook: "/hooks/whatsapp/106540352242922", sign: (body) => `sha256=${createHmac("sha256", "fuzzing-secret").update(body).digest("hex")}` }, inboxKey: INBOX_KEY, email: { hook: "/hooks/email/support@shop.example", sign: (body, timestamp) => `v1=${createHmac("sha256", "fuzzing-secret-of-mail").update(`${timestamp}.`).update(body).digest("hex")}` } };
await receiverStands();

/** What a request itself stores; what the lanes make of earlier ones comes when it comes. */
const stored = async () => JSON.stringify(await Promise.all([
  store.messages.countDocuments({ kind: "incoming" }), store.conversations.countDocuments(), store.contacts.countDocuments(),
  store.db.collection("files.files").countDocuments(), store.deskEvents.countDocuments(), store.db.collection("playgroundGuests").countDocuments(),
]));

async function receiverStands(): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const said = await handOver(receiverPort, makeMail({}), { from: "", to: ["nobody@shop.example"] }).catch(() => "");
    if (said.startsWith("550")) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("The mail receiver did not open within 30 s.");
}
/** 451 is the receiver's word for a fault of ours. */
async function attemptMail({ raw, from, to }: NonNullable<ReturnType<typeof hostileRequest>["mail"]>): Promise<string | null> {
  const clean = (address: string) => address.replace(/[\r\n]/g, "");
  const said = await handOver(receiverPort, raw, { from: clean(from), to: to.map(clean) }).catch((error: Error) => error);
  if (said instanceof Error) return `a mail by SMTP: ${said.message}`;
  return /^(250|5\d\d) /.test(said) ? null : `a mail by SMTP: ${said}`;
}

/** What lacks the half of it that must be stored beside it: lines of conversations and people that there are not, gaps, conversations without a line. */
async function halfStored(): Promise<string[]> {
  const conversations = new Map((await store.conversations.find({}, { projection: { identityId: 1, contactId: 1, appliedSeq: 1 } }).toArray()).map((one) => [one._id, one]));
  const identities = new Set((await store.identities.find({}, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id)), contacts = new Set((await store.contacts.find({}, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id));
  const files = new Set((await store.db.collection("files.files").find({}, { projection: { _id: 1 } }).toArray()).map(({ _id }) => String(_id)));
  const found: string[] = [], lines = new Map<string, number[]>();
  for await (const { _id, conversationId, seq, files: attached } of store.messages.find({}, { projection: { conversationId: 1, seq: 1, files: 1 } })) {
    if (!conversations.has(conversationId)) found.push(`message ${_id} has no conversation`);
    for (const file of attached) if (file.state === "ready" && !files.has(file.fileId)) found.push(`message ${_id}: its file ${file.fileId} is not there`);
    lines.set(conversationId, [...(lines.get(conversationId) ?? []), seq]);
  }
  for (const [id, { identityId, contactId }] of conversations) {
    if (!identities.has(identityId) || !contacts.has(contactId)) found.push(`conversation ${id} has no person`);
    const seqs = (lines.get(id) ?? []).toSorted((a, b) => a - b);
    if (seqs.length === 0) found.push(`conversation ${id} has no line`);
    else if (seqs.some((seq, i) => seq !== seqs[0]! + i)) found.push(`conversation ${id} has a gap`);
  }
  return found;
}

/** Answers what is wrong with the answer, or null. */
async function attempt(request: Hostile): Promise<string | null> {
  if (request.mail !== undefined) return attemptMail(request.mail);
  const response = await fetch(running.url + request.path, { method: request.method, headers: request.headers, ...(request.body === undefined ? {} : { body: request.body }) }).catch((error: Error) => error);
  const what = `${request.name}: ${request.method} ${request.path}`;
  // A body that is refused while it is still being sent may end the connection; the process must live on.
  if (response instanceof Error) return request.mayReset && (await alive()) ? null : `${what}: ${response.message} ${String((response as { cause?: unknown }).cause ?? "")}`;
  const text = await response.text();
  if (response.status >= 500) return `${what}: ${response.status} ${text.slice(0, 200)}`;
  if (response.status >= 400) {
    const answer = parse(text);
    if (typeof answer?.code !== "string" || typeof answer.message !== "string") return `${what}: ${response.status} without {code, message}: ${text.slice(0, 200)}`;
    if (/\n\s+at |node_modules|\/src\//.test(text)) return `${what}: the answer shows our insides: ${text.slice(0, 200)}`;
    return null;
  }
  return request.mustRefuse ? `${what}: ${response.status}, but it had to be refused: ${text.slice(0, 200)}` : null;
}

const parse = (text: string): { code?: unknown; message?: unknown } | null => { try { return JSON.parse(text) as { code?: unknown; message?: unknown }; } catch { return null; } };
const alive = async () => (await fetch(`${running.url}/healthz`).then((r) => r.status, () => 0)) === 200;

async function attemptAll(requests: readonly Hostile[]): Promise<void> {
  let next = 0;
  const work = async () => {
    for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
      const failure = await attempt(request);
      if (failure === null) passed++;
      else failures.push(failure);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Those that must be refused go first: while nothing else comes in, nothing may be stored. */
async function round(requests: readonly Hostile[]): Promise<void> {
  const toRefuse = requests.filter(({ mustRefuse }) => mustRefuse);
  const before = await stored();
  await attemptAll(toRefuse);
  if ((await stored()) !== before) failures.push(`something was stored of what was refused, which was one of: ${[...new Set(toRefuse.map(({ name }) => name))].join(", ")}`);
  await attemptAll(requests.filter(({ mustRefuse }) => !mustRefuse));
}

const payloads = Number(values.payloads);
for (let n = 0; n < payloads; n += ROUND) {
  await round(Array.from({ length: Math.min(ROUND, payloads - n) }, (_, i) => hostileRequest(random, known, n + i, values.only)));
  if (!(await alive())) { failures.push("the process does not answer any more"); break; }
}

failures.push(...(await halfStored()));
await store.close();
await running.stop();
await mongo.stop();
await rm(dataDir, { recursive: true, force: true });
for (const failure of failures.slice(0, 30)) console.log(failure);
console.log(`seed ${values.seed}: ${passed} passed, ${failures.length} failed`);
if (values.json) console.log(JSON.stringify({ seed: Number(values.seed), passed, failed: failures.length }));
process.exit(failures.length === 0 ? 0 : 1);
