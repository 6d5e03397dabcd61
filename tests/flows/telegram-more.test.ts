/** Telegram beyond plain talk: quotes both ways, choices, links of our own, groups and their topics, business accounts, who blocked us. */
import { expect, onTestFinished, test } from "vitest";
import { cardOf } from "../../src/bridge/card.ts";
import { BAD_TOKEN } from "../../src/channels/telegram/poll.ts";
import { isListening } from "../../src/core/ports.ts";
import { troubleReporter } from "../../src/core/services/channel-trouble.ts";
import { receiveEvent } from "../../src/core/services/receive-inbound.ts";
import { FakeTelegram } from "../fakes/telegram/server.ts";
import { wireTelegram } from "../fakes/telegram/wire.ts";
import { buildTestCore } from "../support/core.ts";

async function setUp(options: { groups?: boolean } = {}) {
  const fake = await FakeTelegram.start();
  const help = await buildTestCore({ limits: { albumMs: 60, fileWaitMs: 2_000 } });
  const { adapter } = wireTelegram(fake, { inboxId: help.inbox._id, files: help.core.files, ...options });
  help.core.channels.set(help.inbox._id, adapter);
  const stop = new AbortController();
  if (!isListening(adapter)) throw new Error("Telegram listens.");
  const listening = adapter.listen(async (events) => { for (const event of events) await receiveEvent(help.core, event); }, stop.signal);
  onTestFinished(async () => { stop.abort(); await listening; await fake.close(); });
  const lines = (count: number, address?: string) => expect.poll(async () => help.store.messages.countDocuments({ kind: "incoming", ...(address === undefined ? {} : { identityId: (await help.store.identities.findOne({ address }))?._id ?? "" }) }), { timeout: 40_000 }).toBe(count);
  const facts = async () => { const found = await help.conversation(); return Object.fromEntries(cardOf(found, "Bot").facts.map(({ label, value }) => [label, value])); };
  const act = async (verb: string, args: string, messageId?: string) => help.host.act({ desk: "fake", userId: "Mara", thread: (await help.conversation()).thread!.id, verb, args, ...(messageId === undefined ? {} : { messageId }) });
  return { fake, help, lines, facts, act };
}

test("a reply quotes the customer's line, and the customer's answer shows what it answers", async () => {
  const { fake, help, lines, act } = await setUp();
  const ana = fake.user(77, "Ana");
  const first = ana.says("Where is my parcel?");
  ana.says("And my refund?");
  await lines(2);
  await help.settle();
  const [question] = await help.lines("incoming");
  expect(await act("quote", "It arrives today.", question!._id)).toMatchObject({ ok: true });
  await help.settle();
  expect(ana.sees).toMatchObject([{ text: "It arrives today.", answers: first.messageId }]);
  expect(await help.lines("outgoing")).toMatchObject([{ quote: { text: "Where is my parcel?" } }]);
  expect(await act("quote", "Only theirs", (await help.lines("outgoing"))[0]!._id)).toMatchObject({ ok: false, notice: expect.stringContaining("Only a line of the customer") });
  ana.says("Thanks!", { reply_to_message: { message_id: ana.sees[0]!.messageId, date: 1, chat: { id: 77, type: "private" } } });
  await lines(3);
  expect((await help.lines("incoming"))[2]!.quote).toEqual({ text: "It arrives today." });
  await help.settle();
});

test("a question with choices has buttons; a press comes back as the customer's line and takes them off", async () => {
  const { fake, help, lines, act } = await setUp();
  const ana = fake.user(78, "Ana");
  ana.says("Hello");
  await lines(1);
  await help.settle();
  expect(await act("choices", "When shall we come? | Today | Tomorrow | Never again")).toMatchObject({ ok: true });
  await help.settle();
  expect(ana.sees).toMatchObject([{ text: "When shall we come?", buttons: [{ text: "Today" }, { text: "Tomorrow" }, { text: "Never again" }] }]);
  expect((await help.texts()).at(-1)).toContain("[Today] [Tomorrow] [Never again]");
  ana.presses("Tomorrow");
  await lines(2);
  const asked = (await help.lines("outgoing"))[0]!;
  expect((await help.lines("incoming"))[1]).toMatchObject({ body: "Tomorrow", chosen: { messageId: asked._id, id: "2" }, quote: { text: "When shall we come?" }, author: { name: "Ana" } });
  await expect.poll(() => [ana.sees[0]!.buttons, fake.state.presses.size], { timeout: 40_000 }).toEqual([undefined, 0]);
  await help.settle();
  for (const wrong of ["Only a question", "Twice? | Yes | yes", `Long? | ${"x".repeat(21)} | No`]) expect(await act("choices", wrong)).toMatchObject({ ok: false });
});

test("a survey is answered by a button, opens nothing, and what is written next is its comment", async () => {
  const { fake, help, lines, act } = await setUp();
  const ana = fake.user(76, "Ana");
  ana.says("Hello");
  await lines(1);
  await help.settle();
  await act("reply", "Hello!");
  await act("resolve", "");
  await act("csat", "");
  await help.settle();
  ana.presses("4");
  await lines(2);
  await help.settle();
  ana.says("Very friendly");
  await lines(3);
  await help.settle();
  expect(await help.store.surveys.findOne({})).toMatchObject({ score: 4, comment: "Very friendly", agentName: "Mara" });
  expect((await help.conversation()).status).toBe("resolved");
});

test("an edited question keeps its buttons", async () => {
  const { fake, help, lines, act } = await setUp();
  const ana = fake.user(79, "Ana");
  ana.says("Hello");
  await lines(1);
  await help.settle();
  await act("choices", "Whn? | Today | Tomorrow");
  await help.settle();
  await act("edit", "When?", (await help.lines("outgoing"))[0]!._id);
  await help.settle();
  await expect.poll(() => ana.sees[0]!.text, { timeout: 40_000 }).toBe("When?");
  expect(ana.sees[0]!.buttons?.map(({ text }) => text)).toEqual(["Today", "Tomorrow"]);
});

test("a link of ours is named on the card; who blocks us is too, until they come back", async () => {
  const { fake, help, lines, facts, act } = await setUp();
  const ana = fake.user(80, "Ana");
  ana.says("/start spring-sale_7");
  await lines(1);
  await help.settle();
  ana.says("/start other");
  await lines(2);
  expect(await facts()).toMatchObject({ "Came by": "spring-sale_7" });
  ana.blocks();
  await expect.poll(facts, { timeout: 40_000 }).toMatchObject({ "Can't be reached": "They blocked us here" });
  await help.settle();
  expect((await help.lines("activity")).at(-1)!.body).toMatch(/blocked us/);
  await act("reply", "Are you there?");
  await help.settle();
  expect((await help.lines("outgoing")).map(({ delivery }) => delivery.error?.code)).toEqual(["BLOCKED_BY_CONTACT"]);
  ana.unblocks();
  await expect.poll(async () => (await facts())["Can't be reached"], { timeout: 40_000 }).toBeUndefined();
  await help.settle();
});

test("groups stay out unless they are let in; then a topic is a conversation with several people", async () => {
  const closed = await setUp();
  const outside = closed.fake.user(-1001, "Group");
  outside.person.title = "Friends of the shop";
  outside.hears(closed.fake.state.person(5, "Bo"), "hi all");
  closed.fake.user(81, "Ana").says("Hello");
  await closed.lines(1);
  expect(await closed.help.store.conversations.countDocuments()).toBe(1);
  await closed.help.settle();

  const { fake, help, lines, act } = await setUp({ groups: true });
  const group = fake.user(-1002, "Group");
  group.person.title = "Friends of the shop";
  group.hears(fake.state.person(5, "Bo"), "Where is it?", { message_thread_id: 4, is_topic_message: true, reply_to_message: { message_id: 4 } });
  group.hears(fake.state.person(6, "Cy"), "I wonder too", { message_thread_id: 4, is_topic_message: true });
  await lines(2, "-1002/4");
  await help.settle();
  expect((await help.lines("incoming")).map(({ author, quote }) => [author.name, quote])).toEqual([["Bo", undefined], ["Cy", undefined]]);
  expect((await help.conversation()).contactName).toBe("Friends of the shop");
  await act("reply", "On its way.");
  await help.settle();
  expect(group.sees).toMatchObject([{ text: "On its way.", topic: 4 }]);
});

test("a group that becomes a supergroup goes on under its new id, whoever notices first", async () => {
  const { fake, help, lines, act } = await setUp({ groups: true });
  const group = fake.user(-55, "Group");
  group.person.title = "Friends";
  group.hears(fake.state.person(5, "Bo"), "Hello");
  await lines(1);
  await help.settle();
  group.person.migratedTo = -10055;
  fake.state.people.set(-10055, { id: -10055, firstName: "Group", title: "Friends", started: true, blocked: false, deactivated: false });
  await act("reply", "Before we knew");
  await help.settle();
  expect(fake.shownTo(-10055).map(({ text }) => text)).toEqual(["Before we knew"]);
  group.becomes(-10055);
  await expect.poll(async () => (await help.store.identities.findOne({}))?.address, { timeout: 40_000 }).toBe("-10055");
  await act("reply", "After");
  await help.settle();
  expect(fake.shownTo(-10055).map(({ text }) => text)).toEqual(["Before we knew", "After"]);
});

test("a business account's customers are answered in its name; its owner's own lines and what is deleted are told apart", async () => {
  const { fake, help, lines, act } = await setUp();
  const ana = fake.user(82, "Ana");
  const said = ana.writesTo("conn-1", "Is the shop open?");
  ana.writesTo("conn-1", "Yes, till six", { owner: true });
  const second = ana.writesTo("conn-1", "Oh");
  await lines(2, "82@conn-1");
  await help.settle();
  const [question] = await help.lines("incoming");
  expect(await act("quote", "Until six.", question!._id)).toMatchObject({ ok: true });
  await help.settle();
  expect(ana.sees).toMatchObject([{ text: "Until six.", business: "conn-1", answers: said.messageId }]);
  ana.deletesAt("conn-1", second);
  await expect.poll(async () => (await help.lines("incoming"))[1]!.deletedAt !== undefined, { timeout: 40_000 }).toBe(true);
  await act("retract", "", (await help.lines("outgoing"))[0]!._id);
  await expect.poll(() => ana.sees[0]?.deleted ?? true, { timeout: 40_000 }).toBe(true);
  await help.settle();
});

test("a token that is refused is told to the administrators on the desk, once, and so is the recovery", async () => {
  const help = await buildTestCore();
  const report = troubleReporter(help.core, help.inbox._id);
  const told = () => help.desk.notices.map(({ userId, thread, notice }) => [userId, thread, notice.text]);
  report(BAD_TOKEN);
  report(BAD_TOKEN);
  await expect.poll(told, { timeout: 40_000 }).toEqual([["Mara", null, expect.stringMatching(/^The inbox Website has stopped: Telegram refused the bot's token.*BotFather/)]]);
  report(null);
  await expect.poll(told, { timeout: 40_000 }).toEqual([expect.anything(), ["Mara", null, "The inbox Website works again."]]);
  troubleReporter(help.core, "desk:fake")(BAD_TOKEN);
  await help.settle();
  expect(told()).toHaveLength(2);
});
