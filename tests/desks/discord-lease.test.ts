/** Several processes, one gateway: it is held by one of them alone, and another takes it over when that one has died. */
import { expect, onTestFinished, test } from "vitest";
import { lendStore } from "../support/lent-store.ts";
import { startDiscord } from "../support/discord.ts";

/** A lease lasts 11 s and is asked for every 4 s, so that it moves within 15 s. A machine that does much else at once needs longer. */
const MOVES_MS = 40_000;

test("one process holds the gateway; when it dies, another hears what was said meanwhile within a lease's time", async () => {
  const { store, giveBack } = await lendStore();
  onTestFinished(giveBack);
  const first = await startDiscord({ store });
  const { fake } = first;
  const second = await startDiscord({ store, fake });
  await first.help.write("Where is my order?");
  const thread = await expect.poll(() => first.thread(), { timeout: 40_000 }).toBeTruthy().then(() => first.thread());
  const holder = async () => (await store.leases.findOne({ _id: `gateway:${fake.guildId}` }))?.holder;
  expect(await holder()).toBe(first.help.core.holder);
  expect(fake.gateway.connected).toBe(1);

  // As a process that was killed some seconds ago: nobody gives the lease back, and its connection is gone.
  await first.desk.stop();
  await store.leases.updateOne({ _id: `gateway:${fake.guildId}` }, { $set: { holder: "a process that died", until: new Date(first.help.clock.now().getTime() + 4_000) } });
  const said = fake.memberPosts(first.channelOf(thread), first.mara, "It left today");
  await expect.poll(holder, { timeout: MOVES_MS, interval: 250 }).toBe(second.help.core.holder);
  await expect.poll(async () => (await second.help.lines("outgoing")).map(({ body }) => body), { timeout: MOVES_MS, interval: 250 }).toEqual(["It left today"]);
  expect(fake.gateway.connected).toBe(1);
  await expect.poll(() => [...said.reactions.keys()], { timeout: 40_000 }).toEqual(["✅"]);
}, 120_000);
