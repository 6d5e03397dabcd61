/** *Test* in the admin: the very checks of `threadline doctor`, line by line. */
import { describe, expect, onTestFinished, test } from "vitest";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import type { DeskTarget } from "../../src/core/model/types.ts";
import { FakeDiscord } from "../fakes/discord/discord.ts";
import { ALL_SCOPES, FakeSlack } from "../fakes/slack/server.ts";
import { buildAdmin } from "../support/admin.ts";
import { targetOn as discordTarget } from "../support/discord.ts";
import { targetOn as slackTarget } from "../support/slack.ts";

async function withTargets(make: (seal: (plain: string) => string) => DeskTarget[]) {
  const admin = await buildAdmin();
  await admin.store.deskTargets.insertMany(make((plain) => admin.core.secrets.seal(plain)));
  forgetSettings(admin.core);
  return { ...admin, who: await admin.signIn() };
}

async function slack(scopes = ALL_SCOPES) {
  const fake = new FakeSlack({ scopes });
  await fake.start();
  onTestFinished(() => fake.stop());
  fake.space.addChannel("support");
  fake.space.addChannel("billing", { botIsMember: false });
  return { fake, path: `/desks/${encodeURIComponent(`slack:${fake.space.appId}`)}/test` };
}

describe("Slack", () => {
  test("a sound desk", async () => {
    const { fake, path } = await slack();
    const { test: run, who } = await withTargets((seal) => [slackTarget(fake, seal)]);
    expect(await run(who, path)).toEqual(["ok: botToken works: @helpdesk in the workspace Fake Team", "ok: appToken works: Slack opens sockets for the app", "ok: every scope is granted", "ok: Slack: the app is in #support"]);
  });

  test("a missing scope, and a channel that the app is not in", async () => {
    const { fake, path } = await slack(ALL_SCOPES.filter((scope) => scope !== "channels:history" && scope !== "channels:join"));
    const { test: run, who } = await withTargets((seal) => [slackTarget(fake, seal), { ...slackTarget(fake, seal, { id: "billing", channel: "#billing" }), name: "Billing" }]);
    const said = await run(who, path);
    expect(said).toContainEqual(expect.stringMatching(/^fail: scope channels:history is missing: hears what agents write.* Add it \(api\.slack\.com\/apps/));
    expect(said).toContainEqual("ok: Slack: the app is in #support");
    expect(said).toContainEqual('fail: Billing: the app is not in #billing. Write "/invite" and the app\'s name there.');
  });
});

test("each answer goes out as soon as it is known; the same desk is not asked twice at once, and one that breaks off says so", async () => {
  let step: (broken?: Error) => void = () => undefined;
  const { ask, app, signIn } = await buildAdmin({
    looks: {
      async fake(_targets, tell) {
        tell({ state: "ok", text: "the first thing is fine" });
        await new Promise<void>((done, fail) => { step = (broken) => { if (broken === undefined) done(); else fail(broken); }; });
        tell({ state: "warn", text: "the second could be better" });
      },
    },
  });
  const who = await signIn();
  await app.listen({ host: "127.0.0.1", port: 0 });
  const origin = `http://127.0.0.1:${(app.server.address() as { port: number }).port}`;
  const path = "/desks/fake%3Afake/test";
  const begin = async () => {
    const answer = await fetch(`${origin}/api/v1${path}`, { method: "POST", headers: { ...who, origin } });
    const heard = { text: "" };
    return { heard, over: (async () => { for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) heard.text += chunk; })() };
  };
  const first = await begin();
  await expect.poll(() => first.heard.text).toBe('{"state":"ok","text":"the first thing is fine"}\n');
  const second = await ask(who, "POST", path);
  expect([second.statusCode, second.headers["retry-after"]]).toEqual([429, "5"]);
  step();
  await first.over;
  expect(first.heard.text.split("\n").slice(1)).toEqual(['{"state":"warn","text":"the second could be better"}', '{"end":true}', ""]);
  const third = await begin();
  await expect.poll(() => third.heard.text).toContain("the first thing");
  step(new Error("a secret of ours"));
  await third.over;
  expect(third.heard.text).toContain("The test itself broke off");
  expect(third.heard.text).not.toContain("a secret of ours");
});

test("Discord: a sound desk, and one whose bot lacks a permission and an intent", async () => {
  const fake = await FakeDiscord.start();
  onTestFinished(() => fake.stop());
  const support = fake.addForum("support");
  const { test: run, who } = await withTargets((seal) => [discordTarget(fake, seal)]);
  const path = `/desks/${encodeURIComponent(`discord:${fake.guildId}`)}/test`;
  expect(await run(who, path)).toEqual(["ok: botToken works: the bot Desk Bot", "ok: the Message Content intent is on", "ok: the bot is in the server Fake Guild", "ok: slash commands may be registered", "ok: Discord: the bot works in #support, a forum"]);
  fake.removePermission("MANAGE_THREADS", { channel: support });
  expect(await run(who, path)).toContainEqual(expect.stringMatching(/^fail: Discord: in #support the bot lacks Manage Threads/));
});

test("what has nothing to test is refused in words", async () => {
  const { ask, signIn, inbox } = await buildAdmin();
  const who = await signIn();
  expect((await ask(who, "POST", "/desks/fake%3Afake/test")).json()).toMatchObject({ code: "DESK_UNKNOWN" });
  expect((await ask(who, "POST", `/inboxes/${inbox._id}/test`)).json()).toMatchObject({ code: "NOT_POSSIBLE" });
});
