/** The widget's public contract in memory, for one visitor: lets the chat be tested, and looked at, without the desk behind it. */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { WebSocketServer, type WebSocket } from "ws";
import type { ClientFrame, MessageBody, ServerFrame, TeamAnswer, WireFile, WireMessage, WireReceipt } from "../../src/channels/widget/wire.ts";

export interface FakeWidgetServer {
  url: string;
  messages: WireMessage[];
  /** Frames of the visitor after the sign-in. */
  frames: ClientFrame[];
  /** How often each clientId came. */
  attempts: Map<string, number>;
  /** `after` of each sign-in. */
  signIns: number[];
  agentSays(body: string, more?: Partial<WireMessage>): WireMessage;
  change(id: string, next: Partial<WireMessage>): void;
  typing(author: string, typing: boolean): void;
  /** Cuts all live sockets. */
  cut(): void;
  /** Refuses new sockets and calls while false. */
  reachable: boolean;
  /** The next sending is stored, but its answer is lost. */
  loseNextAnswer: boolean;
  /** Answers the next sending so. */
  refuseNext: { status: number; code: string; message: string } | null;
  team: TeamAnswer;
  forgetTokens(): void;
  close(): Promise<void>;
}

interface Setup { pages?: string; now?: () => number }
const PAGE_TYPES: Record<string, string> = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8", ".woff2": "font/woff2" };

/** `pages` is the folder of the built widget; without it only the calls are served. */
export async function startFakeWidgetServer({ pages, now = Date.now }: Setup = {}): Promise<FakeWidgetServer> {
  const sockets = new Map<WebSocket, number>();
  const files = new Map<string, { file: WireFile; content: Buffer }>();
  const sent = new Map<string, string>();
  const http = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy());
  });
  const live = new WebSocketServer({ noServer: true });
  let seq = 0, ids = 0, token = "token-1";

  const put = (message: WireMessage) => {
    fake.messages = [...fake.messages.filter((m) => m.id !== message.id), message].sort((a, b) => a.position - b.position);
    pumpAll();
  };
  const pump = (socket: WebSocket, after: number) => {
    const newer = fake.messages.filter((m) => m.seq > after).sort((a, b) => a.seq - b.seq);
    for (const message of newer) socket.send(JSON.stringify({ type: "message", message } satisfies ServerFrame));
    sockets.set(socket, newer.at(-1)?.seq ?? after);
  };
  const pumpAll = () => { for (const [socket, after] of sockets) pump(socket, after); };
  const make = (body: string, kind: WireMessage["kind"], more: Partial<WireMessage>): WireMessage => {
    seq += 1;
    return {
      id: `m${++ids}`, seq, position: seq, conversationId: "c1", kind, body, files: [], author: { name: kind === "outgoing" ? "Mara Lind" : "Visitor" },
      createdAt: new Date(now()).toISOString(), edited: false, deleted: false, ...(kind === "incoming" ? { receipt: "sent" as WireReceipt } : {}), ...more,
    };
  };

  const fake: FakeWidgetServer = {
    url: "", messages: [], frames: [], attempts: new Map(), signIns: [], reachable: true, loseNextAnswer: false, refuseNext: null, team: { open: true, opensAt: null, replyMinutes: null, replyBy: null },
    agentSays(body, more = {}) { const message = make(body, "outgoing", more); put(message); return message; },
    change(id, next) { const message = fake.messages.find((m) => m.id === id)!; put({ ...message, ...next, seq: ++seq }); },
    typing(author, typing) { for (const socket of sockets.keys()) socket.send(JSON.stringify({ type: "typing", author, typing } satisfies ServerFrame)); },
    cut() { for (const socket of sockets.keys()) socket.terminate(); },
    forgetTokens() { token = `token-${Number(token.slice(6)) + 1}`; },
    async close() {
      for (const socket of live.clients) socket.terminate();
      http.closeAllConnections();
      await new Promise((done) => { http.close(done); });
    },
  };

  http.on("upgrade", (request, socket, head) => {
    if (!fake.reachable) { socket.destroy(); return; }
    live.handleUpgrade(request, socket, head, (ws) => {
      ws.on("close", () => sockets.delete(ws));
      ws.on("message", (data) => {
        const frame = JSON.parse(String(data)) as ClientFrame;
        if (frame.type !== "auth") { fake.frames.push(frame); return; }
        if (frame.token !== token) {
          ws.send(JSON.stringify({ type: "error", code: "BAD_TOKEN", message: "Make a new session." } satisfies ServerFrame));
          ws.close();
          return;
        }
        fake.signIns.push(frame.after);
        ws.send(JSON.stringify({ type: "ready" } satisfies ServerFrame));
        pump(ws, frame.after);
      });
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    const answer = (status: number, body?: unknown) => response.writeHead(status, { "content-type": "application/json" }).end(body === undefined ? "" : JSON.stringify(body));
    if (!url.pathname.startsWith("/widget/v1/")) return servePage(url, response);
    if (!fake.reachable) { response.destroy(); return; }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const call = `${request.method} ${url.pathname.slice("/widget/v1".length)}`;
    if (call === "POST /sessions") { answer(201, { token, contactId: null }); return; }
    if (request.headers.authorization !== `Bearer ${token}`) { answer(401, { code: "BAD_TOKEN", message: "Make a new session." }); return; }
    if (call === "GET /messages") {
      const before = Number(url.searchParams.get("before") ?? Number.MAX_SAFE_INTEGER), limit = Number(url.searchParams.get("limit") ?? 50);
      const older = fake.messages.filter((m) => m.position < before);
      const page = older.slice(-limit);
      answer(200, { messages: page, last: Math.max(0, ...page.map((m) => m.seq)), more: older.length > page.length });
    } else if (call === "GET /team") answer(200, fake.team);
    else if (call === "POST /messages") receive(JSON.parse(body.toString()) as MessageBody, response, answer);
    else if (call === "POST /files") {
      const name = /filename="([^"]*)"/.exec(body.toString("latin1"))?.[1] ?? "file", type = /content-type: (\S+)/i.exec(body.toString("latin1"))?.[1] ?? "";
      const start = body.indexOf("\r\n\r\n") + 4, end = body.lastIndexOf("\r\n--");
      const file: WireFile = { fileId: `f${files.size + 1}`, name, type, bytes: end - start };
      files.set(file.fileId, { file, content: body.subarray(start, end) });
      answer(201, file);
    } else if (call.startsWith("GET /files/")) {
      const found = files.get(url.pathname.split("/").pop()!);
      if (found === undefined) answer(404, { code: "FILE_UNKNOWN", message: "There is no such file." });
      else response.writeHead(200, { "content-type": found.file.type }).end(found.content);
    } else answer(404, { code: "NOT_FOUND", message: "No such call." });
  }

  function receive(input: MessageBody, response: ServerResponse, answer: (status: number, body: unknown) => void): void {
    fake.attempts.set(input.clientId, (fake.attempts.get(input.clientId) ?? 0) + 1);
    if (fake.refuseNext !== null) {
      const { status, code, message } = fake.refuseNext;
      fake.refuseNext = null;
      answer(status, { code, message });
      return;
    }
    const known = fake.messages.find((m) => m.id === sent.get(input.clientId));
    const message = known ?? make(input.body, "incoming", { files: (input.fileIds ?? []).map((id) => files.get(id)!.file), ...(input.choice === undefined ? {} : { chosen: input.choice }) });
    sent.set(input.clientId, message.id);
    if (known === undefined) put(message);
    if (fake.loseNextAnswer) { fake.loseNextAnswer = false; response.destroy(); return; }
    answer(known === undefined ? 201 : 200, { id: message.id, seq: message.seq, position: message.position, conversationId: "c1", clientId: input.clientId });
  }

  async function servePage(url: URL, response: ServerResponse): Promise<void> {
    const name = url.pathname.replace(/^\/widget\/(frame\/)?/, "") || "index.html";
    const content = pages === undefined || name.includes("/") ? null : await readFile(join(pages, name)).catch(() => null);
    if (content === null) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": PAGE_TYPES[extname(name)] ?? "application/octet-stream" }).end(content);
  }

  await new Promise<void>((done) => { http.listen(0, "127.0.0.1", done); });
  fake.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return fake;
}
