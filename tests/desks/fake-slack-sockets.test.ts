/** Socket Mode with the real Bolt app and two receivers. Source: docs.slack.dev/apis/events-api/using-socket-mode */
import { SocketModeReceiver } from "@slack/bolt";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { FakeSlack } from "../fakes/slack/server.ts";
import type { FakeChannel } from "../fakes/slack/types.ts";
import { boltOver, clientOf, quiet, startSlack } from "./fake-slack-support.ts";

let slack: FakeSlack, desk: FakeChannel, ana: string;
let heard: string[];
let bolt: Awaited<ReturnType<typeof boltOver>>;

beforeEach(async () => {
  slack = await startSlack();
  ana = slack.space.addUser("ana").id;
  desk = slack.space.addChannel("desk", { members: [ana] });
  heard = [];
  bolt = await boltOver(slack, 2, (app) => { app.message(async ({ message }) => { heard.push((message as { text?: string }).text ?? ""); slack.changed(); }); });
});
afterEach(async () => { await bolt.stop(); await slack.stop(); });
const lastId = () => slack.deliverer.log.at(-1)!.payload.event_id;

test("hello tells the number of connections; each event comes to exactly one socket and is acknowledged", async () => {
  expect(slack.sockets.count).toBe(2);
  slack.userPosts(desk.id, ana, "one");
  slack.userPosts(desk.id, ana, "two");
  await slack.until(() => heard.length === 2, "both messages");
  await slack.idle();
  expect(heard.toSorted()).toEqual(["one", "two"]);
  expect(new Set(slack.sockets.acks.map(({ socket }) => socket)).size).toBe(2);
  expect(slack.deliverer.log.map(({ attempts, state }) => [attempts, state])).toEqual([[1, "acknowledged"], [1, "acknowledged"]]);
});

test("the event's wrapper", async () => {
  const ts = slack.userPosts(desk.id, ana, "one");
  await slack.idle();
  const { payload } = slack.deliverer.log[0]!;
  expect(payload).toMatchObject({
    type: "event_callback", team_id: slack.space.team.id, api_app_id: slack.space.appId, event: { type: "message", channel: desk.id, channel_type: "channel", user: ana, text: "one", ts, event_ts: ts },
    authorizations: [{ team_id: slack.space.team.id, user_id: slack.space.botUserId, is_bot: true }],
  });
  slack.userPosts(desk.id, ana, "two");
  expect(lastId()).not.toBe(payload.event_id);
});

test("what is not acknowledged comes again, with the same event id and a retry count; unheard three times more, it is lost", async () => {
  await bolt.stop();
  slack.sockets.ackTimeoutMs = 30;
  slack.deliverer.retryDelaysMs = [5, 5, 5];
  const url = (await clientOf(slack, slack.appToken).apps.connections.open()).url!;
  const seen: { retry_attempt: number; retry_reason: string; envelope_id: string; payload: { event_id: string } }[] = [];
  const socket = new WebSocket(url);
  socket.on("message", (data: Buffer) => { const message = JSON.parse(data.toString()) as (typeof seen)[number] & { type: string }; if (message.type === "events_api") seen.push(message); });
  await slack.until(() => slack.sockets.count === 1, "the socket");
  slack.userPosts(desk.id, ana, "unheard");
  await slack.idle();
  await slack.until(() => seen.length === 4, "four attempts");
  expect(seen.map(({ retry_attempt, retry_reason }) => [retry_attempt, retry_reason])).toEqual([[0, ""], [1, "timeout"], [2, "timeout"], [3, "timeout"]]);
  expect(new Set(seen.map(({ payload }) => payload.event_id)).size).toBe(1);
  expect(new Set(seen.map(({ envelope_id }) => envelope_id)).size).toBe(4);
  expect(slack.deliverer.log.at(-1)).toMatchObject({ state: "lost", attempts: 4 });
  socket.terminate();
});

test("what happens while no socket is open is sent again once one is", async () => {
  slack.deliverer.retryDelaysMs = Array.from({ length: 50 }, () => 100);
  slack.sockets.cut();
  await slack.until(() => slack.sockets.count === 0, "no socket");
  slack.userPosts(desk.id, ana, "meanwhile");
  await slack.until(() => heard.includes("meanwhile"), "the repeat after the reconnect");
  expect(slack.deliverer.log.at(-1)!.reasons).toContain("connection_failed");
  await slack.until(() => slack.sockets.count === 2, "both sockets again");
});

test("a refresh: one receiver goes and comes back, the other hears meanwhile", async () => {
  slack.sockets.closeDelayMs = 5;
  slack.sockets.disconnect("refresh_requested", 1);
  await slack.until(() => slack.sockets.count === 1, "one socket less");
  slack.userPosts(desk.id, ana, "in between");
  await slack.until(() => heard.includes("in between"), "the message over the other socket");
  await slack.until(() => slack.sockets.count === 2, "the socket that comes back");
});

test("the eleventh connection is sent away; a ticket is good once", async () => {
  const url = slack.sockets.ticket();
  const open = async (address: string) => {
    const socket = new WebSocket(address);
    const first = await new Promise<{ type?: string; reason?: string; error?: string }>((done) => {
      socket.once("message", (data: Buffer) => { done(JSON.parse(data.toString()) as { type: string }); });
      socket.once("error", (error) => { done({ error: error.message }); });
    });
    return { socket, first };
  };
  const more = [await open(url)];
  expect((await open(url)).first.error).toContain("408");
  while (slack.sockets.count < 10) more.push(await open(slack.sockets.ticket()));
  const eleventh = await open(slack.sockets.ticket());
  expect(more.at(-1)!.first).toMatchObject({ type: "hello", num_connections: 10 });
  expect(eleventh.first).toMatchObject({ type: "disconnect", reason: "too_many_websockets" });
  for (const { socket } of more) socket.terminate();
});

test("apps.connections.open that fails is met by the socket client", async () => {
  slack.fail("apps.connections.open", { error: "invalid_auth" });
  const receiver = new SocketModeReceiver({ appToken: slack.appToken, logger: quiet, autoReconnectEnabled: false, installerOptions: { clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } } } });
  await expect(receiver.start()).rejects.toThrow("invalid_auth");
});

test("a socket that is open but deaf acknowledges nothing", async () => {
  slack.sockets.ackTimeoutMs = 30;
  slack.deliverer.retryDelaysMs = [];
  slack.sockets.freeze();
  slack.userPosts(desk.id, ana, "into the void");
  await slack.idle();
  expect(slack.deliverer.log.at(-1)).toMatchObject({ state: "lost", reasons: ["timeout"] });
});

test("Socket Mode is switched off: both are told, and leave", async () => {
  const told: string[] = [];
  for (const { client } of bolt.receivers) client.on("ws_message", (data: string) => { const message = JSON.parse(data) as { type: string; reason?: string }; if (message.type === "disconnect") told.push(message.reason!); });
  slack.sockets.disconnect("link_disabled");
  await slack.until(() => slack.sockets.count === 0, "both gone");
  expect(told).toEqual(["link_disabled", "link_disabled"]);
});

test("a long run keeps nothing", async () => {
  const forgetful = await startSlack({ record: false });
  const { id } = forgetful.space.addChannel("desk");
  await clientOf(forgetful).chat.postMessage({ channel: id, text: "x" });
  await forgetful.stop();
  expect([forgetful.calls, forgetful.deliverer.log, forgetful.sockets.acks]).toEqual([[], [], []]);
});

test("events that are dropped, doubled, held and released in another order", async () => {
  const about = (text: string) => (event: Record<string, unknown>) => event.text === text;
  slack.eventRule({ do: "drop", when: about("lost") });
  slack.eventRule({ do: "duplicate", when: about("twice") });
  slack.eventRule({ do: "hold", when: (event) => String(event.text).startsWith("late") });
  for (const text of ["lost", "twice", "late 1", "late 2", "now"]) slack.userPosts(desk.id, ana, text);
  await slack.until(() => heard.length === 3, "what came through");
  expect(heard.toSorted()).toEqual(["now", "twice", "twice"]);
  slack.releaseEvents((held) => held.toReversed());
  await slack.until(() => heard.length === 5, "what was held");
  expect(slack.deliverer.log.slice(-2).map(({ payload }) => (payload.event as { text: string }).text)).toEqual(["late 2", "late 1"]);
  expect(slack.messagesIn(desk.id)).toHaveLength(5);
});
