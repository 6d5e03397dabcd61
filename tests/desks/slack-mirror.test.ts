import { expect, test } from "vitest";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { ROUTING_ID } from "../../src/core/services/routing.ts";
import { readThreadId } from "../../src/bridge/slack/ids.ts";
import type { Json } from "../fakes/slack/types.ts";
import { shownText, startSlack } from "../support/slack.ts";

type Bench = Awaited<ReturnType<typeof startSlack>>;
const names = (bench: Bench, ts: string) => bench.fake.space.message(bench.channel.id, ts).reactions.map(({ name }) => name);
const cardOf = async (bench: Bench) => bench.fake.space.message(bench.channel.id, readThreadId(await bench.thread()).ts);
async function reply(bench: Bench, text: string, more: Parameters<Bench["fake"]["userPosts"]>[3] = {}): Promise<string> {
  const ts = bench.fake.userPosts(bench.channel.id, bench.mara.id, text, { threadTs: readThreadId(await bench.thread()).ts, ...more });
  await bench.fake.idle();
  await bench.help.settle();
  return ts;
}

test("a conversation, from the first line to its return after it was resolved", async () => {
  const bench = await startSlack();
  const { fake, help, channel, mara } = bench;
  await help.write("Where is my *order* <!channel>?");
  await help.settle();
  const thread = await bench.thread();
  const root = readThreadId(thread).ts;
  expect(bench.posts(thread).map((post) => [post.username, shownText(post)])).toEqual([["Ana · Fake", "Where is my *order* <!channel>?"]]);
  expect(fake.mentionsOf(channel.id, bench.posts(thread)[0]!.ts)).toEqual([]);
  expect(JSON.stringify((await cardOf(bench)).blocks)).toContain("Nobody yet");

  const said = await reply(bench, "It left <https://track.example/1|today> &amp; is *quick*");
  expect(help.channel.sent.map((sent) => sent.text)).toEqual(["It left [today](https://track.example/1) & is **quick**"]);
  expect(names(bench, said)).toEqual(["white_check_mark"]);
  expect(JSON.stringify((await cardOf(bench)).blocks)).toContain("Mara");

  await reply(bench, "!resolve");
  const resolved = (await cardOf(bench)).blocks as Json[];
  expect(resolved.map((block) => block["type"])).toEqual(["context", "actions"]);

  await help.write("One more thing");
  await help.settle();
  expect(await bench.thread()).toBe(thread);
  expect(fake.callsOf("chat.postMessage").filter(({ args }) => args.reply_broadcast === true).map(({ args }) => [args.thread_ts, args.text])).toEqual([[root, "One more thing"]]);
  expect(((await cardOf(bench)).blocks as Json[])[0]!["type"]).toBe("header");
  expect(fake.ephemeralsFor(mara.id)).toEqual([]);
});

test("a reply that fails says so on the agent's message and to its author", async () => {
  const bench = await startSlack();
  const { fake, help, mara } = bench;
  await help.write("Hello?");
  await help.settle();
  const { DeliveryError } = await import("../../src/core/errors.ts");
  help.channel.fail = new DeliveryError("BLOCKED_BY_CONTACT", "The customer blocked the bot.", { certain: true, permanent: true });
  const said = await reply(bench, "Hi");
  expect(names(bench, said)).toEqual(["warning"]);
  await fake.until(() => fake.ephemeralsFor(mara.id).length > 0, "the notice");
  expect(shownText(fake.ephemeralsFor(mara.id)[0]!)).toContain("did not reach Ana");
});

test("a card that was deleted is made again in a new thread, and the old one is retired", async () => {
  const bench = await startSlack();
  const { fake, help, channel, mara } = bench;
  await help.write("one");
  await help.settle();
  const first = await bench.thread();
  fake.userDeletes(channel.id, readThreadId(first).ts);
  await help.write("two");
  await help.settle();
  const second = await bench.thread();
  expect(second).not.toBe(first);
  expect(bench.posts(second).map(shownText)).toEqual(["two"]);
  expect((await cardOf(bench)).metadata).toMatchObject({ event_payload: { conversation: (await help.conversation())._id } });
  fake.userPosts(channel.id, mara.id, "Too late", { threadTs: readThreadId(first).ts });
  await fake.idle();
  await help.settle();
  expect(help.channel.sent).toEqual([]);
});

test("routing rules choose the channel by subject and label; what moves opens its thread there", async () => {
  const bench = await startSlack();
  const { fake, help, target, mara } = bench;
  const billing = fake.space.addChannel("billing");
  await help.store.deskTargets.insertOne({ ...target, _id: "slack-billing", name: "Billing", channel: "#billing" });
  await help.store.settings.insertOne({ _id: ROUTING_ID, value: [{ when: "subject:invoice", deskTargetId: "slack-billing" }], at: help.clock.now() });
  forgetSettings(help.core);
  await help.write("My invoice is wrong", "ana");
  await help.write("Where is my order?", "bob");
  await help.settle();
  expect(readThreadId((await help.conversation("ana")).thread!.id).channel).toBe(billing.id);
  expect(readThreadId((await help.conversation("bob")).thread!.id).channel).toBe(bench.channel.id);
  expect(await help.host.act({ desk: "slack", userId: mara.id, thread: (await help.conversation("bob")).thread!.id, verb: "transfer", args: "Billing" })).toMatchObject({ ok: true });
  await help.settle();
  expect(readThreadId((await help.conversation("bob")).thread!.id).channel).toBe(billing.id);
});

test("an archived channel keeps what comes, and shows it once it is back", async () => {
  const bench = await startSlack({ limits: { sweepMs: 100 } });
  const { fake, help, channel } = bench;
  await help.write("one");
  await help.settle();
  const thread = await bench.thread();
  fake.archiveChannel(channel.id);
  for (const text of ["two", "three"]) await help.write(text);
  await fake.until(() => fake.callsOf("chat.postMessage").some(({ error }) => error === "is_archived"), "a refusal");
  fake.unarchiveChannel(channel.id);
  // what waited may have become one post
  const lines = () => bench.posts(thread).filter(({ botId }) => botId !== null).flatMap((post) => shownText(post).split("\n"));
  await fake.until(() => lines().length >= 3, "the posts", 40_000);
  await help.settle();
  expect(lines()).toEqual(["one", "two", "three"]);
});

test("a lost answer makes no second post", async () => {
  const bench = await startSlack({ limits: { sweepMs: 100 } });
  const { fake, help } = bench;
  fake.fail("chat.postMessage", { dropAfterEffect: true });
  await help.write("one");
  await fake.until(() => fake.callsOf("chat.postMessage").some(({ status }) => status === "cut"), "the cut");
  fake.fail("chat.postMessage", { dropAfterEffect: true });
  await expect.poll(async () => (await help.lines("incoming"))[0]?.mirror.state, { timeout: 40_000 }).toBe("posted");
  expect(fake.messagesIn(bench.channel.id)).toHaveLength(1);
  expect(bench.posts(await bench.thread()).map(shownText)).toEqual(["one"]);
});
