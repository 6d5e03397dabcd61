/** The API channel's calls behind the real server, over a whole core, with a bridge at the other end. Every answer is held against its schema. */
import { pino } from "pino";
import { expect, onTestFinished } from "vitest";
import { isApiChannel } from "../../src/channels/api/adapter.ts";
import { API_PREFIX, apiCalls } from "../../src/channels/api/calls.ts";
import { apiKind } from "../../src/channels/api/kind.ts";
import { apiRoutes } from "../../src/channels/api/routes.ts";
import { problem } from "../../src/http/problem.ts";
import { newId } from "../../src/core/model/ids.ts";
import type { Inbox } from "../../src/core/model/types.ts";
import { createCallLog } from "../../src/core/services/call-log.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { buildServer } from "../../src/server.ts";
import { FakeBridge } from "../fakes/bridge/server.ts";
import { KEY, settingsFor } from "../fakes/bridge/wire.ts";
import { buildTestCore, type TestCoreOptions } from "./core.ts";
import { multipart } from "./widget.ts";

export interface ApiAnswer { status: number; body: Record<string, unknown>; raw: Buffer; headers: Record<string, string | string[] | number | undefined> }
export type ApiSetup = TestCoreOptions & { inboxSettings?: object };

export async function buildApi({ inboxSettings = {}, ...options }: ApiSetup = {}) {
  const bridge = await FakeBridge.start();
  onTestFinished(() => bridge.close());
  const help = await buildTestCore(options);
  const { core, store, inbox: fakeInbox } = help;
  const troubles: (string | null)[] = [];

  const addInbox = async (settings: object = {}): Promise<Inbox> => {
    const { identity, config, secrets } = apiKind.read(settingsFor(bridge.url, settings));
    const inbox: Inbox = {
      ...fakeInbox, _id: newId(core.clock.now()), name: `Inbox ${identity}`, channel: "api", identity, config,
      secrets: Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, core.secrets.seal(value)])),
    };
    await store.inboxes.insertOne(inbox);
    forgetSettings(core);
    core.channels.set(inbox._id, apiKind.create(inbox, {
      secret: (name) => secrets[name]!, files: core.files, log: core.log, bus: core.bus, clock: core.clock, trouble: (now) => { troubles.push(now?.code ?? null); },
      calls: createCallLog(core), publicUrl: null, rateLimits: core.limits.rateLimits, sign: () => "", memory: { read: async () => null, write: async () => undefined },
    }));
    expect(isApiChannel(core.channels.get(inbox._id))).toBe(true);
    return inbox;
  };
  const inbox = await addInbox(inboxSettings);
  const app = await buildServer({ plugins: [apiRoutes(core)], log: pino({ level: "silent" }), trustProxy: false });
  onTestFinished(() => app.close());

  async function call(method: string, path: string, { body, key = KEY, headers = {} }: { body?: unknown; key?: string | null; headers?: Record<string, string> } = {}): Promise<ApiAnswer> {
    const response = await app.inject({
      method: method as "GET", url: `${API_PREFIX}${path}`,
      headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...(typeof body === "string" ? { "content-type": "application/json" } : {}), ...headers },
      ...(body === undefined ? {} : { payload: body as string | object }),
    });
    const type = String(response.headers["content-type"] ?? "");
    const answer = { status: response.statusCode, body: (type.includes("json") ? response.json() : {}) as Record<string, unknown>, raw: response.rawPayload, headers: response.headers };
    if (answer.status >= 400) {
      expect(type).toBe("application/problem+json; charset=utf-8");
      expect(problem.parse(answer.body).status).toBe(answer.status);
    } else checkAnswer(method, path.split("?")[0]!, answer);
    return answer;
  }

  let lines = 0;
  const contact = (id = "+4915112345678", more: object = {}) => ({ id, ...more });
  return {
    ...help, bridge, inbox, addInbox, app, call, troubles, contact,
    /** A contact's line; 201 is expected. */
    async line(text: string, more: { contact?: object; id?: string; fileIds?: string[]; conversation?: string } = {}) {
      const { status, body } = await call("POST", "/messages", { body: { contact: contact(), id: `line-${++lines}`, text, ...more } });
      expect({ status, body }).toMatchObject({ status: 201 });
      return body as { id: string; messageId: string; conversationId: string; seq: number };
    },
    upload(name: string, content: Buffer, type = "application/octet-stream", key = KEY) {
      const form = multipart(name, content, type);
      return call("POST", "/files", { body: form.body, headers: form.headers, key });
    },
  };
}

/** What is answered is what is documented. */
function checkAnswer(method: string, path: string, { status, body, raw }: ApiAnswer): void {
  if (path === "/openapi.json") return;
  const found = apiCalls.find((one) => one.method === method && new RegExp(`^${one.path.replace(/:\w+/g, "[^/]+")}$`).test(path));
  const schema = found?.answers[status];
  expect(schema, `${method} ${path} answered ${status}, which is not documented`).toBeDefined();
  if (schema === "nothing") expect(raw).toHaveLength(0);
  else if (typeof schema === "object") schema.parse(body);
}
