import { expect, test } from "vitest";
import { DeliveryError } from "../../src/core/errors.ts";
import { cardText, shownAuthor, shownText, startDiscord } from "../support/discord.ts";

type Bench = Awaited<ReturnType<typeof startDiscord>>;
const stateOf = async (bench: Bench) => bench.channelOf(await bench.thread()).thread;
const tagsOf = async (bench: Bench) => bench.channelOf(await bench.thread()).appliedTags.map((id) => bench.home.tags.find((tag) => tag.id === id)?.name);
async function reply(bench: Bench, text: string) {
  const post = bench.fake.memberPosts(bench.channelOf(await bench.thread()), bench.mara, text);
  await expect.poll(() => bench.help.store.deskEvents.countDocuments({ _id: { $regex: post.id }, handledAt: { $exists: true } }), { timeout: 40_000 }).toBeGreaterThan(0);
  await bench.help.settle();
  return post;
}

test.each([["a forum", false], ["a text channel", true]])("a conversation in %s, from the first line to its return after it was resolved", async (_name, text) => {
  const bench = await startDiscord({ text });
  const { fake, help, mara } = bench;
  await help.write(`Where is my *order*, @everyone <@${mara.user.id}>?`);
  await help.settle();
  const thread = await bench.thread();
  expect(bench.posts(thread).map((post) => [shownAuthor(post), shownText(post)])).toEqual([["Ana · Fake", `Where is my *order*, @everyone <@${mara.user.id}>?`]]);
  expect(fake.mentionsIn(bench.posts(thread)[0]!)).toMatchObject({ users: [], roles: [], everyone: false });
  expect(cardText(bench.cardOf(thread).components)).toContain("Nobody yet");
  expect(bench.channelOf(thread).name).toContain("Ana");

  const said = await reply(bench, "It left **today**");
  expect(help.channel.sent.map((sent) => sent.text)).toEqual(["It left **today**"]);
  expect([...said.reactions.keys()]).toEqual(["✅"]);
  expect(cardText(bench.cardOf(thread).components)).toContain("Mara");
  if (!text) expect(await tagsOf(bench)).toEqual(["Open", "Fake"]);

  await reply(bench, "!resolve");
  await expect.poll(async () => (await stateOf(bench))?.archived, { timeout: 40_000 }).toBe(true);
  expect(await stateOf(bench)).toMatchObject({ archived: true, locked: true });
  if (!text) expect(await tagsOf(bench)).toEqual(["Resolved", "Fake"]);

  await help.write("One more thing");
  await help.settle();
  expect(await bench.thread()).toBe(thread);
  expect(await stateOf(bench)).toMatchObject({ archived: false, locked: false });
  expect(shownText(bench.posts(thread).findLast((post) => shownAuthor(post) === "Ana · Fake")!)).toBe("One more thing");
  if (!text) expect(await tagsOf(bench)).toEqual(["Open", "Fake"]);
});

test("a reply that fails says so on the agent's message and to its author", async () => {
  const bench = await startDiscord();
  const { fake, help, mara } = bench;
  await help.write("Hello?");
  await help.settle();
  help.channel.fail = new DeliveryError("BLOCKED_BY_CONTACT", "The customer blocked the bot.", { certain: true, permanent: true });
  const said = await reply(bench, "Hi");
  expect([...said.reactions.keys()]).toEqual(["⚠️"]);
  const thread = await bench.thread();
  const notice = await fake.until(() => bench.posts(thread).find((post) => fake.mentionsIn(post).users.includes(mara.user.id)), "the notice");
  expect(cardText(notice.components)).toContain("did not reach Ana");
});

test("a thread that was deleted is made again, and the old one is retired", async () => {
  const bench = await startDiscord();
  const { fake, help } = bench;
  await help.write("one");
  await help.settle();
  const first = await bench.thread();
  fake.deleteThread(bench.channelOf(first));
  await help.write("two");
  await help.settle();
  const second = await bench.thread();
  expect(second).not.toBe(first);
  expect(bench.posts(second).map(shownText)).toEqual(["two"]);
  expect((await help.store.threads.findOne({ _id: first }))?.state).toBe("retired");
});

test("what a missing permission keeps back comes by itself once it is there", async () => {
  const bench = await startDiscord({ limits: { sweepMs: 100 } });
  const { fake, help } = bench;
  await help.write("one");
  await help.settle();
  const thread = await bench.thread();
  fake.removePermission("SEND_MESSAGES_IN_THREADS");
  for (const text of ["two", "three"]) await help.write(text);
  await fake.until(() => fake.calls.some(({ answered, method }) => answered === 403 && method === "POST"), "a refusal");
  fake.restorePermission("SEND_MESSAGES_IN_THREADS");
  await fake.until(() => bench.posts(thread).map(shownText).join(" ").includes("three"), "the posts", 40_000);
  expect(bench.posts(thread).map(shownText).join("\n")).toBe("one\ntwo\nthree");
});

test.each(["bot", "webhook"])("a lost answer makes no second post, as the %s", async (customers) => {
  const bench = await startDiscord({ limits: { sweepMs: 100 }, desk: { customers } });
  const { fake, help } = bench;
  await help.write("one");
  await help.settle();
  const thread = await bench.thread();
  fake.fail(/^POST .*\/(?:messages|webhooks\/\d+\/.+)$/, { dropAfterEffect: true });
  fake.fail(/^POST .*\/(?:webhooks\/\d+\/.+)$/, { dropAfterEffect: true });
  await help.write("two");
  await expect.poll(async () => (await help.lines("incoming"))[1]?.mirror.state, { timeout: 40_000 }).toBe("posted");
  expect(bench.posts(thread).map(shownText)).toEqual(["one", "two"]);
});
