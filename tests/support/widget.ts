/** The widget's calls and socket behind the real server, over a whole core, with helpers that act as visitors. */
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import { widgetAdapter } from "../../src/channels/widget/adapter.ts";
import { widgetRoutes } from "../../src/channels/widget/routes.ts";
import type { MessageAnswer, MessagesAnswer, ServerFrame, SessionAnswer, WireError, WireMessage } from "../../src/channels/widget/wire.ts";
import { newId } from "../../src/core/model/ids.ts";
import type { Inbox } from "../../src/core/model/types.ts";
import { buildServer } from "../../src/server.ts";
import { buildTestCore, type TestCoreOptions } from "./core.ts";

export const IDENTITY_SECRET = "the site's own identity secret";
export type WidgetSetup = TestCoreOptions & { allowedOrigins?: string[] };
export interface Answer<T> { status: number; body: T; headers: Record<string, string | string[] | number | undefined> }

export async function buildWidget({ allowedOrigins = ["*"], ...options }: WidgetSetup = {}) {
  const help = await buildTestCore(options);
  const { core, store, inbox: fakeInbox } = help;
  const addInbox = async (key: string, origins: string[]): Promise<Inbox> => {
    const inbox: Inbox = {
      ...fakeInbox, _id: newId(core.clock.now()), name: `Widget ${key}`, channel: "widget", identity: key, config: { allowedOrigins: origins },
      secrets: { identitySecret: core.secrets.seal(IDENTITY_SECRET) },
    };
    await store.inboxes.insertOne(inbox);
    core.channels.set(inbox._id, widgetAdapter);
    return inbox;
  };
  const inbox = await addInbox("demo", allowedOrigins);
  const app = await buildServer({ plugins: [widgetRoutes(core)], log: pino({ level: "silent" }), trustProxy: false });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const sockets: WebSocket[] = [];
  onTestFinished(async () => {
    for (const socket of sockets) socket.terminate();
    await app.close();
  });
  const host = `127.0.0.1:${(app.server.address() as AddressInfo).port}`;

  async function call<T = WireError>(method: "GET" | "POST" | "OPTIONS", path: string, { token, body, headers = {} }: { token?: string; body?: unknown; headers?: Record<string, string> } = {}): Promise<Answer<T>> {
    const response = await app.inject({
      method, url: `/widget/v1${path}`,
      headers: { host, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(typeof body === "string" ? { "content-type": "application/json" } : {}), ...headers },
      ...(body === undefined ? {} : { payload: body as string | object }),
    });
    const json = String(response.headers["content-type"] ?? "").startsWith("application/json");
    return { status: response.statusCode, body: (json ? response.json() : response.body) as T, headers: response.headers };
  }

  async function visitor(inboxKey = "demo") {
    const { body: { token } } = await call<SessionAnswer>("POST", "/sessions", { body: { inboxKey } });
    return as(token);
  }
  function as(token: string) {
    let lines = 0;
    return {
      token,
      post: (body: object) => call<MessageAnswer & WireError>("POST", "/messages", { token, body }),
      async write(text: string, more: object = {}): Promise<MessageAnswer> {
        const { status, body } = await call<MessageAnswer>("POST", "/messages", { token, body: { body: text, clientId: `c${++lines}`, ...more } });
        if (status !== 201) throw new Error(`POST /messages answered ${status}: ${JSON.stringify(body)}`);
        return body;
      },
      feed: async (query = "after=0"): Promise<MessagesAnswer> => (await call<MessagesAnswer>("GET", `/messages?${query}`, { token })).body,
      upload: (name: string, content: Buffer, type = "application/octet-stream") => {
        const form = multipart(name, content, type);
        return call<{ fileId: string; name: string; type: string; bytes: number } & WireError>("POST", "/files", { token, body: form.body, headers: form.headers });
      },
      socket: (after = 0) => openSocket({ type: "auth", token, after }),
    };
  }

  /** A live socket; `first` is its first frame, none when null. */
  async function openSocket(first: object | string | null, headers: Record<string, string> = {}) {
    const socket = new WebSocket(`ws://${host}/widget/v1/socket`, { headers });
    sockets.push(socket);
    const frames: ServerFrame[] = [];
    let closed: number | undefined;
    socket.on("message", (data) => frames.push(JSON.parse(String(data)) as ServerFrame));
    socket.on("close", (code) => { closed = code; });
    await new Promise((done, fail) => { socket.once("open", done); socket.once("error", fail); });
    const send = (frame: object | string) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
    if (first !== null) send(first);
    return {
      frames, send, close: () => socket.terminate(), closed: () => closed,
      messages: (): WireMessage[] => frames.flatMap((frame) => (frame.type === "message" ? [frame.message] : [])),
    };
  }

  return { ...help, app, host, inbox, addInbox, call, visitor, as, openSocket };
}

export const until = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 40_000, interval: 10 });

export function multipart(name: string, content: Buffer, type: string, field = "file"): { body: Buffer; headers: Record<string, string> } {
  const head = `--limit\r\ncontent-disposition: form-data; name="${field}"; filename="${name}"\r\ncontent-type: ${type}\r\n\r\n`;
  return { body: Buffer.concat([Buffer.from(head), content, Buffer.from("\r\n--limit--\r\n")]), headers: { "content-type": "multipart/form-data; boundary=limit" } };
}
