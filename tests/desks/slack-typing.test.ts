import { expect, onTestFinished, test } from "vitest";
import { createSlackApi } from "../../src/bridge/slack/api.ts";
import { createTyping } from "../../src/bridge/slack/out/typing.ts";
import { FakeSlack } from "../fakes/slack/server.ts";
import { TestClock } from "../support/core.ts";

async function onFake() {
  const fake = new FakeSlack();
  await fake.start();
  onTestFinished(() => fake.stop());
  const clock = new TestClock();
  const channel = fake.space.addChannel("support");
  const ts = fake.userPosts(channel.id, fake.space.addUser("mara").id, "card");
  const place = { team: fake.space.team.id, channel: channel.id, ts };
  const typing = createTyping(createSlackApi({ token: fake.botToken, apiUrl: fake.apiUrl, clock }), clock);
  const shown = () => fake.space.statuses.get(`${channel.id}:${ts}`)?.status ?? null;
  const asked = () => fake.callsOf("assistant.threads.setStatus").length;
  return { fake, clock, place, typing, shown, asked };
}

test("a customer's typing stands at the thread's foot, is not said again at once, and goes", async () => {
  const { clock, place, typing, shown, asked } = await onFake();
  await typing(place, "Ana · Widget", true);
  await typing(place, "Ana · Widget", true);
  expect([shown(), asked()]).toEqual(["Ana · Widget is typing…", 1]);
  clock.advance(31_000);
  await typing(place, "Ana · Widget", true);
  expect(asked()).toBe(2);
  await typing(place, "Ana · Widget", false);
  await typing(place, "Ana · Widget", false);
  expect([shown(), asked()]).toEqual([null, 3]);
});

test("where the workspace does not allow it, it is silent and seldom asked", async () => {
  const { fake, clock, place, typing, asked } = await onFake();
  fake.switches.setStatusError = "method_not_supported_for_channel_type";
  for (let n = 0; n < 3; n++) { await typing(place, "Ana", true); clock.advance(60_000); }
  expect(asked()).toBe(1);
  fake.switches.setStatusError = null;
  clock.advance(3_600_000);
  await typing(place, "Ana", true);
  expect(asked()).toBe(2);
});
