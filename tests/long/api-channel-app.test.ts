/** The API channel in the real application: from the settings file to a bridge and back. */
import { expect, onTestFinished, test } from "vitest";
import { apiCalls } from "../../src/channels/api/calls.ts";
import { FakeBridge, SIGNING_SECRET } from "../fakes/bridge/server.ts";
import { KEY } from "../fakes/bridge/wire.ts";
import { startTestApp } from "../support/app.ts";
import { until } from "../support/widget.ts";

const settings = (callbackUrl: string) => `
agents: [{ name: Mara, email: mara@example.com, role: administrator }]
desks: [{ name: Playground, kind: playground, channel: support }]
inboxes:
  - { name: SMS, channel: api, key: "${KEY}", callbackUrl: "${callbackUrl}", signingSecret: "${SIGNING_SECRET}", allowPrivateAddress: true, undoSeconds: 0, doubleReplySeconds: 0 }
`;

test("a bridge of a settings file brings a line in and gets the answer, its receipt and its log", async () => {
  const bridge = await FakeBridge.start();
  onTestFinished(() => bridge.close());
  const app = await startTestApp({ settings: settings(bridge.url) });
  const asBridge = { authorization: `Bearer ${KEY}` };
  const post = (path: string, body: unknown) => app.call("POST", `/inbox/v1${path}`, body, asBridge);

  expect(await post("/messages", { contact: { id: "+4915112345678", name: "Ana" }, id: "m-1", text: "Are you open?" })).toMatchObject({ status: 201 });
  const thread = await until(async () => {
    const { threads } = (await app.call("GET", "/playground/v1/threads")).json as { threads: { id: string; title: string }[] };
    expect(threads).toHaveLength(1);
    const { messages } = (await app.call("GET", `/playground/v1/threads/${encodeURIComponent(threads[0]!.id)}/messages?after=0`)).json as { messages: { text: string }[] };
    expect(messages.map(({ text }) => text)).toContain("Are you open?");
    return threads[0]!.id;
  });
  expect(await app.call("POST", `/playground/v1/threads/${encodeURIComponent(thread)}/messages`, { agent: "Mara", text: "Until six." })).toMatchObject({ status: 201 });
  await until(() => expect(bridge.shown.map(({ text, author }) => [text, author])).toEqual([["Until six.", "Mara"]]));
  const { id } = bridge.told("message")[0]!.message;
  await until(async () => expect(await post(`/messages/${id}/status`, { status: "delivered" })).toMatchObject({ status: 200, json: { status: "delivered" } }));
  expect(await app.call("GET", "/inbox/v1/deliveries", undefined, asBridge)).toMatchObject({ status: 200, json: { deliveries: [{ id, event: "message", taken: true }] } });

  const document = (await app.call("GET", "/inbox/v1/openapi.json")).json as { paths: Record<string, object> };
  for (const call of apiCalls) expect(document.paths[call.path.replace(/:(\w+)/g, "{$1}")], call.path).toHaveProperty(call.method.toLowerCase());
  const refused = await app.call("POST", "/inbox/v1/messages", { text: "Hi" });
  expect(refused).toMatchObject({ status: 401, json: { code: "NO_TOKEN", type: "urn:threadline:error:NO_TOKEN" } });
  expect(refused.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
});
