/** What fails at will, and limits, through the real WebClient. Source: docs.slack.dev/apis/web-api/rate-limits */
import { webApi } from "@slack/bolt";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FakeSlack } from "../fakes/slack/server.ts";
import { clientOf, refusal, startSlack } from "./fake-slack-support.ts";

const { WebAPIHTTPError, WebAPIRateLimitedError, WebAPIRequestError } = webApi;
let slack: FakeSlack, web: webApi.WebClient, channel: string;
beforeEach(async () => { slack = await startSlack(); web = clientOf(slack); channel = slack.space.addChannel("desk").id; });
afterEach(() => slack.stop());
const post = (text: string, to = channel) => web.chat.postMessage({ channel: to, text });
const texts = () => slack.messagesIn(channel).map(({ text }) => text);
const error = (call: Promise<unknown>): Promise<unknown> => call.then(() => { throw new Error("did not fail"); }, (e: unknown) => e);

test("an error by name, a status, a wait: as often as asked, for what fits, and nothing is done", async () => {
  slack.fail("chat.postMessage", { error: "internal_error", times: 2, when: ({ text }) => text === "bad" });
  expect((await post("good")).ok).toBe(true);
  expect(await refusal(post("bad"))).toMatchObject({ error: "internal_error" });
  expect(await refusal(post("bad"))).toMatchObject({ error: "internal_error" });
  await post("bad");
  slack.fail("chat.postMessage", { status: 503 });
  expect(await error(post("x"))).toMatchObject({ constructor: WebAPIHTTPError, statusCode: 503 });
  slack.fail("*", { retryAfter: 7 });
  expect(await error(post("x"))).toMatchObject({ constructor: WebAPIRateLimitedError, retryAfter: 7 });
  expect(texts()).toEqual(["good", "bad"]);
  expect(slack.callsOf("chat.postMessage").map(({ status, error: name }) => [status, name])).toEqual([[200, null], [200, "internal_error"], [200, "internal_error"], [200, null], [503, "upstream error"], [429, "ratelimited"]]);
});

test("cut before and after the work; refused after the work", async () => {
  slack.fail("chat.postMessage", { dropBefore: true });
  expect(await error(post("never"))).toBeInstanceOf(WebAPIRequestError);
  slack.fail("chat.postMessage", { dropAfterEffect: true });
  expect(await error(post("there all the same"))).toBeInstanceOf(WebAPIRequestError);
  slack.fail("chat.postMessage", { status: 502, afterEffect: true });
  expect(await error(post("this too"))).toBeInstanceOf(WebAPIHTTPError);
  expect(texts()).toEqual(["there all the same", "this too"]);
});

test("late work, and a late answer to work that is done", async () => {
  slack.fail("chat.postMessage", { delayMs: 200, when: ({ text }) => text === "slow" });
  await Promise.all([post("slow"), post("quick")]);
  expect(texts()).toEqual(["quick", "slow"]);
  slack.fail("chat.postMessage", { delayMs: 60, afterEffect: true });
  const late = post("done, not told");
  await slack.until(() => texts().length === 3, "the work");
  expect(slack.calls.at(-1)!.status).toBeUndefined();
  await late;
  expect(slack.calls.at(-1)!.status).toBe(200);
});

test("limits: three posts at once in a channel, then one a second; other channels are apart; tiers by method", async () => {
  slack.space.clock.set(1_700_000_000_000);
  slack.enforceRateLimits();
  const other = slack.space.addChannel("other").id;
  for (const text of ["1", "2", "3"]) await post(text);
  expect(await error(post("4"))).toMatchObject({ constructor: WebAPIRateLimitedError, retryAfter: 1 });
  await post("elsewhere", other);
  slack.space.clock.advance(1_000);
  await post("5");
  expect(await error(post("6"))).toBeInstanceOf(WebAPIRateLimitedError);
  const { ts } = slack.messagesIn(channel)[0]!;
  for (let i = 0; i < 20; i++) await refusal(web.reactions.remove({ channel, timestamp: ts, name: "eyes" }));
  expect(await error(web.reactions.remove({ channel, timestamp: ts, name: "eyes" }))).toMatchObject({ constructor: WebAPIRateLimitedError, retryAfter: 3 });
  slack.enforceRateLimits({ postsPerSecond: 100, postBurst: 100 });
  for (let i = 0; i < 20; i++) await post(`fast ${i}`);
  slack.rates.off();
});

test("calls are kept with their arguments, in order, without the token", async () => {
  await web.chat.postMessage({ channel, text: "12", blocks: [{ type: "divider" }], unfurl_links: false });
  expect(slack.calls.at(-1)).toMatchObject({ method: "chat.postMessage", token: slack.botToken, args: { channel, text: "12", blocks: [{ type: "divider" }], unfurl_links: false } });
  const json = await fetch(`${slack.apiUrl}chat.postMessage`, { method: "POST", headers: { authorization: `Bearer ${slack.botToken}`, "content-type": "application/json; charset=utf-8" }, body: JSON.stringify({ channel, text: "json" }) });
  expect(json.headers.get("x-accepted-oauth-scopes")).toBe("chat:write");
  const body = await fetch(`${slack.apiUrl}auth.test`, { method: "POST", body: new URLSearchParams({ token: slack.botToken }) });
  expect(await body.json()).toMatchObject({ ok: true });
  expect(slack.calls.at(-1)!.args).not.toHaveProperty("token");
  expect(texts()).toEqual(["12", "json"]);
});
