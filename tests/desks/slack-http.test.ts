/** Slack over HTTP, through the real server's /hooks/desk/slack: signed bytes or nothing. */
import { createHmac } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { FakeSlack } from "../fakes/slack/server.ts";
import type { Json } from "../fakes/slack/types.ts";
import { startTestApp } from "../support/app.ts";
import { shownText } from "../support/slack.ts";

const WAIT = { timeout: 40_000, interval: 30 };
const HOOK = "/hooks/desk/slack";

async function opened() {
  const fake = new FakeSlack();
  await fake.start();
  fake.deliverer.retryDelaysMs = [20, 40, 80];
  onTestFinished(() => fake.stop());
  const channel = fake.space.addChannel("support");
  const mara = fake.space.addUser("mara", { realName: "Mara" });
  const app = await startTestApp({
    settings: `
agents: [{ name: Mara, email: mara@example.com, role: administrator }]
desks:
  - { name: Slack, kind: slack, channel: support, botToken: "${fake.botToken}", signingSecret: "${fake.signingSecret}", appId: "${fake.space.appId}", apiUrl: "${fake.apiUrl}" }
inboxes:
  - { name: Website, channel: widget, key: demo, allowedOrigins: ["*"], undoSeconds: 0, desk: Slack }
`,
  });
  const verified = await fake.deliverTo(app.url + HOOK);
  const session = (await app.call("POST", "/widget/v1/sessions", { inboxKey: "demo" })).json as { token: string };
  const authorization = { authorization: `Bearer ${session.token}` };
  await app.call("POST", "/widget/v1/messages", { body: "Where is it?", clientId: "one" }, authorization);
  const card = await fake.until(() => fake.messagesIn(channel.id).find(({ botId }) => botId !== null), "the card", 40_000);
  await fake.until(() => fake.messagesIn(channel.id, card.ts).some((post) => shownText(post) === "Where is it?"), "the line", 40_000);

  /** What the visitor reads of the team. */
  const answers = async (): Promise<string[]> => ((await app.call("GET", "/widget/v1/messages?after=0", undefined, authorization)).json as { messages: { kind: string; body: string }[] }).messages.filter(({ kind }) => kind === "outgoing").map(({ body }) => body);
  const event = (text: string, ts: string): Json => ({
    type: "event_callback", team_id: fake.space.team.id, api_app_id: fake.space.appId, event_id: `Ev${ts}`, event_time: Math.floor(Number(ts)),
    event: { type: "message", channel: channel.id, channel_type: "channel", user: mara.id, text, ts, thread_ts: card.ts, parent_user_id: fake.space.botUserId, event_ts: ts },
  });
  const now = () => Math.floor(Date.now() / 1_000);
  let posts = 0;
  /** After all that stands in the thread. */
  const newTs = () => `${now() + 1}.${String(++posts).padStart(6, "0")}`;
  const sign = (body: string, timestamp: number, secret = fake.signingSecret) => `v0=${createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex")}`;
  /** A call as it stands, byte by byte. */
  async function post(body: string, { timestamp = now(), signature = sign(body, timestamp), headers = {}, path = HOOK, type = "application/json" }: { timestamp?: number; signature?: string | null; headers?: Record<string, string>; path?: string; type?: string } = {}) {
    const answer = await fetch(app.url + path, { method: "POST", body, headers: { "content-type": type, "x-slack-request-timestamp": String(timestamp), ...(signature === null ? {} : { "x-slack-signature": signature }), ...headers } });
    return { status: answer.status, text: await answer.text() };
  }
  return { fake, app, channel, mara, card, verified, answers, event, now, newTs, sign, post };
}

test("over HTTP alone: the address is proved, lines are answered, buttons and commands act", async () => {
  const { fake, channel, mara, card, verified, answers } = await opened();
  expect(verified).toBe(true);
  expect(fake.sockets.count).toBe(0);
  const ts = fake.userPosts(channel.id, mara.id, "On its way", { threadTs: card.ts });
  await expect.poll(answers, WAIT).toEqual(["On its way"]);
  await fake.until(() => fake.space.message(channel.id, ts).reactions.some(({ name }) => name === "white_check_mark"), "the receipt", 40_000);

  const command = await fake.userRunsCommand("/desk", "mine", channel.id, mara.id);
  expect(command).toMatchObject({ acked: true });
  expect(JSON.stringify(command.body)).toContain("You have 1 conversation");

  const resolve = ((card.blocks ?? []) as Json[]).flatMap((block) => (block["elements"] ?? []) as Json[]).find((element) => JSON.stringify(element).includes("resolve"))!;
  await fake.userPressesButton(channel.id, card.ts, String(resolve["action_id"]), String(resolve["value"]), mara.id);
  await fake.until(() => JSON.stringify(fake.space.message(channel.id, card.ts).blocks).includes("Resolved"), "the collapsed card", 40_000);
}, 60_000);

test("a call that is not Slack's, not now or not as it was signed is refused, and nothing of it is done", async () => {
  const { fake, answers, event, now, newTs, sign, post } = await opened();
  const body = JSON.stringify(event("Give them a refund", newTs()));
  const at = now();
  const refused = [
    post(body, { timestamp: at - 310 }), post(body, { timestamp: at + 310 }),
    post(body, { signature: sign(body, at, "another-signing-secret"), timestamp: at }), post(body, { signature: null }), post(body, { signature: "" }), post(body, { signature: "v0=00" }),
    // the same JSON in other bytes, and the signature of another time
    post(`${body} `, { timestamp: at, signature: sign(body, at) }), post(body, { timestamp: at - 1, signature: sign(body, at) }),
  ];
  for (const answer of await Promise.all(refused)) {
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text)).toMatchObject({ code: "BAD_SIGNATURE" });
  }
  fake.overHttp.wrongSecret = "another-signing-secret";
  expect(await fake.overHttp.verify()).toBe(false);
  expect((await post(body, { path: "/hooks/desk/discord" })).status).toBe(404);
  // what is signed well, near either edge of five minutes, passes
  for (const [n, skew] of [[2, -280], [3, 280]] as const) {
    const fine = JSON.stringify(event(`line ${n}`, newTs()));
    expect((await post(fine, { timestamp: now() + skew })).status).toBe(200);
  }
  await expect.poll(answers, WAIT).toHaveLength(2);
  expect((await answers()).sort()).toEqual(["line 2", "line 3"]);
}, 60_000);

test("bytes are signed, not what they mean: other spacing and order pass when they are signed so; what can't be read is refused in words", async () => {
  const { answers, event, newTs, post } = await opened();
  const odd = JSON.stringify(event("Zażółć 👋 &amp; co", newTs()), null, 3).replace(/\n/g, "\r\n");
  expect((await post(odd, { type: "application/json; charset=utf-8" })).status).toBe(200);
  await expect.poll(answers, WAIT).toEqual(["Zażółć 👋 & co"]);
  const broken = await post("{ this is no JSON");
  expect([broken.status, JSON.parse(broken.text)]).toEqual([400, expect.objectContaining({ code: "BAD_BODY" })]);
  expect((await post(JSON.stringify({ type: "url_verification", challenge: "c-1" }))).text).toContain("c-1");
  expect((await post(new URLSearchParams({ ssl_check: "1", token: "x" }).toString(), { type: "application/x-www-form-urlencoded" })).status).toBe(200);
}, 60_000);

test("what Slack sends again, with its retry headers, is one line", async () => {
  const { answers, event, newTs, post } = await opened();
  const body = JSON.stringify(event("only once", newTs()));
  for (const attempt of [0, 1, 2, 3]) {
    const headers: Record<string, string> = attempt === 0 ? {} : { "x-slack-retry-num": String(attempt), "x-slack-retry-reason": "http_timeout" };
    expect((await post(body, { headers })).status).toBe(200);
  }
  expect((await post(JSON.stringify(event("and then", newTs())))).status).toBe(200);
  await expect.poll(answers, WAIT).toEqual(["only once", "and then"]);
}, 60_000);
