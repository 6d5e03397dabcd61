/** Lines of a customer that wait for a slow desk go as one post, and stay themselves in it. */
import { expect, test } from "vitest";
import { FakeDesk } from "../fakes/fake-desk.ts";
import { buildTestCore } from "../support/core.ts";

/** A conversation whose desk stands still at its second line while others come, until `goOn`. */
async function beforeBurst(bodies = ["one", "two", "three"]) {
  const desk = new FakeDesk("fake");
  desk.limits.burstChars = 60;
  const help = await buildTestCore({ desk });
  await help.write("Hi");
  await help.settle();
  const post = desk.post.bind(desk);
  let goOn = () => undefined as void;
  desk.post = async (...call) => { desk.post = post; await new Promise<void>((done) => { goOn = done; }); return post(...call); };
  await help.write("wait");
  await expect.poll(() => desk.post === post).toBe(true);
  for (const [i, body] of bodies.entries()) await help.write(body, "ana", { channelMessageId: `b${i}` });
  return { help, goOn: () => { goOn(); } };
}
/** "Hi", "wait", then one post of what waited. */
async function afterBurst(bodies?: string[]) {
  const { help, goOn } = await beforeBurst(bodies);
  goOn();
  await help.settle();
  return help;
}

test("three waiting lines are one post, in their order, and each knows it", async () => {
  const help = await afterBurst();
  expect(await help.texts()).toEqual(["Hi", "wait", "one\ntwo\nthree"]);
  const [, , ...lines] = await help.lines("incoming");
  expect(new Set(lines.flatMap((line) => line.deskPosts)).size).toBe(1);
});

test("an edit and a deletion change their own line of the post only", async () => {
  const help = await afterBurst();
  const at = help.clock.now();
  const ana = { inboxId: help.inbox._id, address: "ana" };
  await help.receive({ type: "edit", ...ana, eventId: "e1", channelMessageId: "b1", text: "two, mended", at });
  await help.receive({ type: "delete", ...ana, eventId: "e2", channelMessageId: "b0", at });
  await help.settle();
  expect(await help.texts()).toEqual(["Hi", "wait", "(deleted)\ntwo, mended\nthree"]);
});

test("what does not fit into one post goes into the next", async () => {
  const help = await afterBurst(["a".repeat(40), "b".repeat(15), "c".repeat(15)]);
  expect(await help.texts()).toEqual(["Hi", "wait", `${"a".repeat(40)}\n${"b".repeat(15)}`, "c".repeat(15)]);
});

test("a reaction to such a post means its last line", async () => {
  const help = await afterBurst();
  const [, , post] = help.desk.threads.get((await help.conversation()).thread!.id)!.posts;
  await help.host.accept("fake", [{ id: "r1", thread: (await help.conversation()).thread!.id, at: help.clock.now(), data: { type: "reaction", postId: post!.id, userId: "Mara", emoji: "👍", removed: false } }]);
  await expect.poll(async () => (await help.lines("incoming")).map((line) => line.reactions.length), { timeout: 40_000 }).toEqual([0, 0, 0, 0, 1]);
});

test("a process that dies while it notes such a post leaves every line there once, in its order", async () => {
  const { help, goOn } = await beforeBurst();
  const { messages, conversations } = help.store;
  const alive = { message: messages.updateOne, conversation: conversations.updateOne };
  const dead = () => Promise.reject(new Error("The process is dead."));
  let noted = 0;
  // "wait" is noted, and one line of the three after it; from then on this process writes nothing any more
  messages.updateOne = (filter, update, ...more) => {
    const { $set: set } = update as { $set?: Record<string, unknown> };
    if (noted === 2) messages.updateOne = conversations.updateOne = dead;
    if (set?.["mirror.state"] === "posted") noted++;
    return noted > 2 ? dead() : alive.message.call(messages, filter, update, ...more);
  };
  goOn();
  await expect.poll(() => messages.updateOne).toBe(dead);
  await help.assembly.stop();
  [messages.updateOne, conversations.updateOne] = [alive.message, alive.conversation];
  await conversations.updateOne({}, { $set: { "lanes.mirror.until": new Date(0) } });
  const again = await buildTestCore({ store: help.store, clock: help.clock, channel: help.channel, desk: help.desk });
  await expect.poll(async () => (await again.lines("incoming")).every(({ mirror }) => mirror.state === "posted" && mirror.dueAt === undefined), { timeout: 40_000 }).toBe(true);
  expect((await again.texts()).join("\n").split("\n")).toEqual(["Hi", "wait", "one", "two", "three"]);
});
