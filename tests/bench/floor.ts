/** The floor: as many raw driver writes and the calls that no one can do without, and nothing else. Arguments: data folder, API root, writes inbound, writes outbound, and where the desk is as JSON, or nothing. */
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { MongoClient } from "mongodb";
import { connectMongo } from "../../src/mongo/connect.ts";
import { openDiscord } from "./floor-discord.ts";
import { openSlack } from "./floor-slack.ts";
import { CHATS, FIRST_CHAT, idOf, listen, Reporter, tell, TOKEN, type VendorPlace } from "./wire.ts";

interface FloorMessage { _id: string; chat: number; source: string; body: string; author: { type: string; name: string }; createdAt: Date; mirror: object; delivery: object; terms: string[] }
interface FloorConversation { _id: number; lines: number; lastLine: string; lastAt: Date }

const [dataDir = "", apiRoot = "", inbound = "1", outbound = "1", where = ""] = process.argv.slice(2);
const place = where === "" ? null : (JSON.parse(where) as VendorPlace);
const mongo = await connectMongo({ dataDir });
const client = await new MongoClient(mongo.uri, { maxPoolSize: 64 }).connect();
const messages = client.db().collection<FloorMessage>("floorMessages");
const conversations = client.db().collection<FloorConversation>("floorConversations");
await conversations.insertMany(Array.from({ length: CHATS }, (_, i) => ({ _id: FIRST_CHAT + i, lines: 0, lastLine: "", lastAt: new Date() })));
const reporter = new Reporter();
const agent = new Agent({ keepAlive: true });

const insert = (chat: number, id: string, body: string) => messages.insertOne({
  _id: id, chat, source: `in:${chat}:${id}`, body, author: { type: "contact", name: "Ana" }, createdAt: new Date(),
  mirror: { state: "queued", turn: 1, tries: 0, token: 0, rev: 0 }, delivery: { state: "none", turn: 1, tries: 0, token: 0, parts: [], rev: 0 }, terms: body.split(" "),
});
async function updates(chat: number, times: number, line: string): Promise<void> {
  for (let i = 0; i < times; i++) await conversations.updateOne({ _id: chat }, { $set: { lastLine: line, lastAt: new Date() }, $inc: { lines: 1 } });
}

function sendMessage(chat: number, text: string): Promise<void> {
  const body = JSON.stringify({ chat_id: chat, text });
  return new Promise((done, fail) => {
    const call = request(`${apiRoot}/bot${TOKEN}/sendMessage`, { method: "POST", agent, headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) } }, (answer) => { answer.resume().on("end", () => done()).on("error", fail); });
    // The other side may close a connection just as it is used again.
    call.on("error", (error) => { if (call.reusedSocket) sendMessage(chat, text).then(done, fail); else fail(error); }).end(body);
  });
}

/** The insert, the answer to the vendor, the other writes, the post: one call to the desk, or nothing when the desk is in the application. */
const server = createServer((incoming, response) => {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => {
    const { message } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { message: { text: string; chat: { id: number } } };
    const id = idOf(message.text);
    insert(message.chat.id, id, message.text).then(async () => {
      response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true}');
      await updates(message.chat.id, Number(inbound) - 1, message.text);
      if (desk === null) reporter.arrived(id);
      else await desk.post(message.chat.id, message.text);
    }).catch((error: unknown) => { console.error(error); process.exit(1); });
  });
});

/** The insert, half of the other writes, the call to the vendor, the rest. `stored`: called after the insert. */
async function say(chat: number, id: string, stored = (): void => undefined): Promise<void> {
  const text = `${id} here is the answer to your question`;
  const others = Number(outbound) - 1, before = Math.ceil(others / 2);
  await insert(chat, id, text);
  stored();
  await updates(chat, before, text);
  await sendMessage(chat, text);
  await updates(chat, others - before, text);
}

server.keepAliveTimeout = 120_000;
await new Promise<void>((done) => { server.listen(0, "127.0.0.1", done); });
const working = new Set<Promise<void>>();
function saySoon(chat: number, id: string, stored?: () => void): void {
  const work = say(chat, id, stored).catch((error: unknown) => { console.error(error); process.exit(1); }).finally(() => working.delete(work));
  working.add(work);
}
const heard = (text: string): Promise<void> => new Promise((stored) => { saySoon(Number(text.split(" ").at(-1)), idOf(text), stored); });
const desk = place === null ? null : await (place.desk === "slack" ? openSlack(place, agent, heard) : openDiscord(place, agent, heard));
listen(
  saySoon,
  async (ask) => { if (ask.do !== "stop") return null; desk?.close(); await Promise.all(working); server.closeAllConnections(); await client.close(); await mongo.stop(); return process.exit(0); },
);
tell({ type: "ready", port: (server.address() as AddressInfo).port, hook: { path: "/", secret: "none" } });
