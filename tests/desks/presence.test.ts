/** Presence over the vendors' own ways: Discord's gateway with and without its intent, Slack asked by one process of several. */
import { expect, onTestFinished, test } from "vitest";
import { FakeSlack } from "../fakes/slack/server.ts";
import { startDiscord } from "../support/discord.ts";
import { lendStore } from "../support/lent-store.ts";
import { startSlack } from "../support/slack.ts";

const WAIT = { timeout: 40_000, interval: 20 };
const PRESENCES = 256;

async function onDiscord(options: Parameters<typeof startDiscord>[0]) {
  const d = await startDiscord(options);
  return {
    ...d,
    seen: async () => (await d.help.store.agents.findOne({ _id: d.help.jonas._id }))!.presence?.["discord"]?.[d.jonas.user.id]?.state,
    asked: () => d.fake.gateway.received.filter(({ op }) => op === 2).map(({ d: data }) => ((data as { intents: number }).intents & PRESENCES) !== 0),
  };
}

test("Discord tells who is online with the server, and then each change; busy is here, idle and invisible are away", async () => {
  const d = await onDiscord({ discord: { portal: { presences: true } }, desk: { presence: true } });
  await expect.poll(d.seen, WAIT).toBe("here");
  for (const [status, state] of [["idle", "away"], ["dnd", "here"], ["offline", "away"], ["online", "here"]] as const) {
    d.fake.memberBecomes(d.jonas, status);
    await expect.poll(d.seen, WAIT).toBe(state);
  }
  expect(d.asked()).toEqual([true]);
  // what changed while the session was lost comes with the next one
  d.jonas.status = "offline";
  d.fake.gateway.invalidate();
  await expect.poll(d.seen, WAIT).toBe("away");
});

test("without the Presence Intent in the portal the desk works all the same, Health says what is missing, and nobody counts as away; off, nothing is asked", async () => {
  const d = await onDiscord({ desk: { presence: true } });
  await d.help.write("Where is my order?");
  await expect.poll(() => d.thread().then(Boolean, () => false), WAIT).toBe(true);
  expect(d.troubles.find((trouble) => trouble?.code === "NOT_ALLOWED")?.text).toMatch(/^The Presence Intent is off/);
  expect(d.asked()).toEqual([false]);
  d.fake.memberBecomes(d.jonas, "offline");
  expect(await d.seen()).toBeUndefined();

  const off = await onDiscord({ discord: { portal: { presences: true } } });
  expect(off.asked()).toEqual([false]);
});

test("of two processes one asks Slack", async () => {
  const { store, giveBack } = await lendStore();
  onTestFinished(giveBack);
  const fake = new FakeSlack();
  await fake.start();
  onTestFinished(() => fake.stop());
  const first = await startSlack({ store, fake, desk: { presence: true } });
  const second = await startSlack({ store, fake, desk: { presence: true } });
  await expect.poll(async () => (await store.agents.findOne({ _id: first.help.mara._id }))!.presence?.["slack"]?.[first.mara.id]?.state, WAIT).toBe("here");
  const asked = (): number => fake.calls.filter(({ method, args }) => method === "users.getPresence" && args["user"] === first.jonas.id).length;
  await expect.poll(asked, WAIT).toBe(1);
  const lease = await store.leases.findOne({ _id: `presence:slack:${fake.space.appId}` });
  expect([first.help.core.holder, second.help.core.holder]).toContain(lease?.holder);
});
