/** After a crash on a store of its own, a process goes on at once with what the dead one held. */
import { expect, test } from "vitest";
import { freeLeases } from "../../src/core/lanes/after-crash.ts";
import { buildTestCore } from "../support/core.ts";

test("lanes, intake and pollers that a dead process held are free, and its head is settled", async () => {
  const dead = await buildTestCore();
  await dead.write("hello");
  await dead.settle();
  await dead.assembly.stop();
  const { store } = dead;
  const later = new Date(Date.now() + 25_000);
  const conversation = await dead.conversation();
  // as it stands when a process dies at a line's post and at the handling of an agent's line
  await dead.write("are you there?");
  const [, line] = await dead.lines("incoming");
  await store.conversations.updateOne({ _id: conversation._id }, { $set: { "lanes.mirror": { holder: "dead", token: 9, until: later, head: line!._id } } });
  await dead.desk.say(conversation.thread!.id, "Mara", "yes", dead.host);
  await store.conversations.updateOne({ _id: conversation._id }, { $set: { "lanes.intake": { holder: "dead", token: 9, until: later } } });
  await store.leases.insertOne({ _id: "listen:bot", holder: "dead", token: 1, until: later });

  await freeLeases(store);
  const next = await buildTestCore({ store, desk: dead.desk, channel: dead.channel, limits: { sweepMs: 50 } });
  await next.settle();

  // the agent wrote before the second line was in the thread, so that one is held, as ever
  expect(await next.texts()).toEqual(["hello", "yes", "are you there?"]);
  expect(await store.deskEvents.findOne({})).toMatchObject({ outcome: "held: unseen" });
  expect((await store.leases.findOne({ _id: "listen:bot" }))!.until.getTime()).toBe(0);
});
