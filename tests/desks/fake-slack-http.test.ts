/** Events API over HTTP, checked with Bolt's own signature check. Source: docs.slack.dev/authentication/verifying-requests-from-slack, docs.slack.dev/apis/events-api/#retries */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { verifySlackRequest } from "@slack/bolt";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FakeSlack } from "../fakes/slack/server.ts";
import type { FakeChannel } from "../fakes/slack/types.ts";
import { startSlack } from "./fake-slack-support.ts";

interface Arrived { headers: IncomingHttpHeaders; body: string }
let slack: FakeSlack, desk: FakeChannel, ana: string, app: Server, url: string;
let arrived: Arrived[], answer: (request: Arrived) => { status: number; body?: string; headers?: Record<string, string> } | "hang";

beforeEach(async () => {
  slack = await startSlack();
  ana = slack.space.addUser("ana").id;
  desk = slack.space.addChannel("desk", { members: [ana] });
  slack.deliverer.retryDelaysMs = [5, 5, 5];
  arrived = [];
  answer = () => ({ status: 200 });
  app = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => { body += part.toString("utf8"); }).on("end", () => {
      const seen = { headers: request.headers, body };
      if (body.includes('"url_verification"')) { response.end((JSON.parse(body) as { challenge: string }).challenge); return; }
      arrived.push(seen);
      const reply = answer(seen);
      if (reply !== "hang") response.writeHead(reply.status, reply.headers).end(reply.body);
    });
  });
  await new Promise<void>((done) => { app.listen(0, "127.0.0.1", done); });
  url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/slack/events`;
  expect(await slack.deliverTo(url)).toBe(true);
});
afterEach(async () => {
  await slack.stop();
  app.closeAllConnections();
  await new Promise<void>((done) => { app.close(() => done()); });
});

const verified = ({ headers, body }: Arrived): boolean => {
  try {
    verifySlackRequest({ signingSecret: slack.signingSecret, body, headers: { "x-slack-signature": String(headers["x-slack-signature"]), "x-slack-request-timestamp": Number(headers["x-slack-request-timestamp"]) } });
    return true;
  } catch { return false; }
};

test("an event is signed over its raw body and delivered once", async () => {
  slack.userPosts(desk.id, ana, "grüße <3");
  await slack.idle();
  expect(arrived).toHaveLength(1);
  expect(verified(arrived[0]!)).toBe(true);
  expect(verified({ ...arrived[0]!, body: `${arrived[0]!.body} ` })).toBe(false);
  expect(JSON.parse(arrived[0]!.body)).toMatchObject({ type: "event_callback", event: { type: "message", text: "grüße &lt;3" } });
  expect(arrived[0]!.headers["x-slack-retry-num"]).toBeUndefined();
});

test("a wrong secret and an old clock do not verify", async () => {
  slack.overHttp.wrongSecret = "other";
  slack.userPosts(desk.id, ana, "forged");
  await slack.idle();
  slack.overHttp.wrongSecret = null;
  slack.overHttp.skewSeconds = -600;
  slack.userPosts(desk.id, ana, "old");
  await slack.idle();
  expect(arrived.map(verified)).toEqual([false, false]);
});

test("errors and silence are repeated with number and reason, at most three times", async () => {
  answer = ({ headers }) => ({ status: headers["x-slack-retry-num"] === "2" ? 200 : 500 });
  slack.userPosts(desk.id, ana, "again");
  await slack.idle();
  await slack.until(() => arrived.length === 3, "two repeats");
  expect(arrived.map(({ headers }) => [headers["x-slack-retry-num"], headers["x-slack-retry-reason"]])).toEqual([[undefined, undefined], ["1", "http_error"], ["2", "http_error"]]);
  expect(arrived.every(verified)).toBe(true);
  arrived.length = 0;
  slack.overHttp.timeoutMs = 200;
  answer = () => "hang";
  slack.userPosts(desk.id, ana, "no answer");
  await slack.until(() => arrived.length === 4, "three repeats");
  await slack.until(() => slack.deliverer.log.at(-1)!.attempts === 4 && slack.deliverer.log.at(-1)!.state === "lost", "the event given up");
  expect(arrived.at(-1)!.headers["x-slack-retry-reason"]).toBe("http_timeout");
});

test("X-Slack-No-Retry ends it", async () => {
  answer = () => ({ status: 503, headers: { "x-slack-no-retry": "1" } });
  slack.userPosts(desk.id, ana, "once");
  await slack.until(() => slack.deliverer.log.at(-1)!.state === "lost", "the event given up");
  expect(arrived).toHaveLength(1);
});

test("interactions and commands come as forms; what they answer is taken up", async () => {
  answer = () => ({ status: 200, body: JSON.stringify({ text: "Queue is empty" }) });
  const command = await slack.userRunsCommand("/desk", "queue", desk.id, ana);
  expect(command).toMatchObject({ acked: true, body: { text: "Queue is empty" } });
  expect(slack.ephemeralsFor(ana)).toMatchObject([{ text: "Queue is empty" }]);
  expect(Object.fromEntries(new URLSearchParams(arrived[0]!.body))).toMatchObject({ command: "/desk", text: "queue", channel_id: desk.id, user_id: ana, team_id: slack.space.team.id });
  answer = () => ({ status: 200 });
  const shortcut = await slack.userUsesShortcut("ticket_new", null, null, ana);
  expect(shortcut.acked).toBe(true);
  expect(JSON.parse(new URLSearchParams(arrived[1]!.body).get("payload")!)).toMatchObject({ type: "shortcut", callback_id: "ticket_new", user: { id: ana } });
  expect(arrived.map(({ headers }) => headers["content-type"])).toEqual(["application/x-www-form-urlencoded", "application/x-www-form-urlencoded"]);
  expect(arrived.every(verified)).toBe(true);
  answer = () => ({ status: 500 });
  expect(await slack.userRunsCommand("/desk", "queue", desk.id, ana)).toMatchObject({ acked: false });
  expect(arrived).toHaveLength(3);
});
