import { expect, onTestFinished, test } from "vitest";
import { FakeSlack } from "../fakes/slack/server.ts";
import { startTestApp } from "../support/app.ts";
import { shownText } from "../support/slack.ts";

test("a settings file is all it takes: a visitor's line becomes a thread in Slack, and the answer there reaches the visitor", async () => {
  const fake = new FakeSlack();
  await fake.start();
  onTestFinished(() => fake.stop());
  const channel = fake.space.addChannel("support");
  const mara = fake.space.addUser("mara", { realName: "Mara" });
  const app = await startTestApp({
    settings: `
agents: [{ name: Mara, email: mara@example.com, role: administrator }]
desks:
  - { name: Slack, kind: slack, channel: support, botToken: "${fake.botToken}", appToken: "${fake.appToken}", apiUrl: "${fake.apiUrl}" }
inboxes:
  - { name: Website, channel: widget, key: demo, allowedOrigins: ["*"], undoSeconds: 0, desk: Slack }
`,
  });
  const session = (await app.call("POST", "/widget/v1/sessions", { inboxKey: "demo" })).json as { token: string };
  const authorization = { authorization: `Bearer ${session.token}` };
  await app.call("POST", "/widget/v1/messages", { body: "Where is it?", clientId: "one" }, authorization);
  const card = await fake.until(() => fake.messagesIn(channel.id).find(({ botId }) => botId !== null), "the card", 40_000);
  await fake.until(() => fake.messagesIn(channel.id, card.ts).some((post) => shownText(post) === "Where is it?"), "the line", 40_000);
  await fake.until(() => fake.sockets.count > 0, "a socket", 40_000);

  const ts = fake.userPosts(channel.id, mara.id, "On its way", { threadTs: card.ts });
  await fake.until(() => fake.space.message(channel.id, ts).reactions.some(({ name }) => name === "white_check_mark"), "the receipt", 40_000);
  const { messages } = (await app.call("GET", "/widget/v1/messages?after=0", undefined, authorization)).json as { messages: { kind: string; body: string }[] };
  expect(messages.map(({ kind, body }) => [kind, body])).toEqual([["incoming", "Where is it?"], ["outgoing", "On its way"]]);
  expect((await app.call("GET", "/readyz")).json).toMatchObject({ warnings: [] });
}, 60_000);
