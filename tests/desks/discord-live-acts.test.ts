/** Acts on Discord from end to end: gateway, real card, real threads; with the text of messages and without it. */
import { describe, expect, onTestFinished, test } from "vitest";
import { startDiscord, shownText } from "../support/discord.ts";
import { componentNamed } from "../support/discord-acts.ts";
import { FakeDiscord } from "../fakes/discord/discord.ts";
import type { FakeMessage } from "../fakes/discord/types.ts";
import { textOf } from "../fakes/discord/mentions.ts";

type Live = Awaited<ReturnType<typeof startDiscord>>;

async function opened(live: Live, text = "Where is my order?") {
  await live.help.write(text);
  await live.help.settle();
  await live.fake.until(() => live.fake.commands().length > 0, "the commands");
  const id = await live.thread();
  return { id, channel: live.channelOf(id), card: live.cardOf(id) };
}
/** The button of a card, wherever it stands in it. */
function pressable(message: FakeMessage, label: string): string {
  const all = (parts: Record<string, unknown>[]): Record<string, unknown>[] => parts.flatMap((part) => [part, ...all((part.components ?? []) as Record<string, unknown>[]), ...(part.accessory === undefined ? [] : [part.accessory as Record<string, unknown>])]);
  const found = all(message.components).find((part) => part.label === label);
  if (found === undefined) throw new Error(`There is no ${label} on the card: ${JSON.stringify(message.components)}`);
  return String(found.custom_id);
}
const noticesIn = (live: Live, channel: { id: string }): FakeMessage[] => live.fake.messagesIn(channel.id).filter((one) => one.author.id === live.fake.bot.id && textOf(one.components).includes("<@"));

describe.each([["a forum", false], ["a text channel", true]])("in %s", (_where, text) => {
  test("the card's buttons take, assign, resolve and reopen", async () => {
    const live = await startDiscord({ text });
    const { fake, help, mara } = live;
    const { id, channel, card } = await opened(live);
    const took = await fake.memberPressesButton(card, pressable(card, "Take"), mara);
    expect(took.ack).toBe("deferred-update");
    await help.settle();
    expect(await help.conversation()).toMatchObject({ assigneeName: "Mara" });
    const asked = await fake.memberPressesButton(live.cardOf(id), pressable(live.cardOf(id), "Assign"), mara);
    await fake.memberSelects(asked.message!, componentNamed(asked.message, /Agent/), ["Jonas"], mara);
    expect(await help.conversation()).toMatchObject({ assigneeName: "Jonas" });
    await fake.memberRunsCommand("resolve", {}, channel, mara);
    await help.settle();
    expect((await help.conversation()).status).toBe("resolved");
  });

  test("reactions to the card are verbs for agents; taken off, they are undone", async () => {
    const live = await startDiscord({ text, desk: { emoji: { "✔️": "resolve", "👀": "take", "🔥": "priority:urgent" } } });
    const { fake, help, mara } = live;
    const { card } = await opened(live);
    const is = (wanted: object) => expect.poll(() => help.conversation(), { timeout: 40_000 }).toMatchObject(wanted);
    fake.memberReacts(card, fake.addMember("Guest"), "✔️");
    fake.memberReacts(card, mara, "👀");
    await is({ assigneeName: "Mara", status: "open" });
    fake.memberUnreacts(card, mara, "👀");
    await is({ assigneeId: null });
    fake.memberReacts(card, mara, "🔥");
    await is({ priority: "urgent" });
    fake.memberReacts(card, mara, "✔️");
    await is({ status: "resolved" });
    expect(await help.store.deskEvents.countDocuments()).toBe(0);
  });
});

test("a held line is asked about in the thread, and sent by its author's press", async () => {
  const live = await startDiscord();
  const { fake, help, mara, jonas } = live;
  const { channel } = await opened(live);
  const line = fake.memberPosts(channel, mara, `Ask <@${jonas.user.id}> about it`);
  const notice = await fake.until(() => noticesIn(live, channel)[0], "the question");
  expect(notice.reference?.message).toBe(line.id);
  expect(fake.mentionsIn(notice).users).toEqual([mara.user.id]);
  await fake.until(() => line.reactions.has("✋"), "the mark");
  await fake.memberPressesButton(notice, componentNamed(notice, "Send to customer"), mara);
  await help.settle();
  await fake.until(() => help.channel.textsTo("ana").length === 1 && noticesIn(live, channel).length === 0 && !line.reactions.has("✋"), "the line sent, question and mark gone");
});

test("without the intent for text, commands, windows and menus do all of it", async () => {
  const live = await startDiscord({ discord: { portal: { messageContent: false } }, desk: { messageContent: false } });
  const { fake, help, mara } = live;
  const { channel } = await opened(live);
  await fake.memberRunsCommand("reply", { text: "It left **today**" }, channel, mara);
  const asked = await fake.memberRunsCommand("reply", {}, channel, mara);
  await fake.memberSubmitsModal(String(asked.modal?.custom_id), { text: "Its number is 7.", next: ["wait"] }, mara);
  const line = fake.memberPosts(channel, mara, "Anything else?");
  const sent = await fake.memberUsesContextMenu("Send to customer", line, channel, mara);
  await sent.settled(40_000);
  expect(sent.said).toContain("On its way");
  await help.settle();
  expect(help.channel.textsTo("ana")).toEqual(["It left **today**", "Its number is 7.", "Anything else?"]);
  expect(live.posts(await live.thread()).map(shownText).join("\n")).toContain("Its number is 7.");
  await fake.until(() => line.reactions.size > 0, "its receipt");
});

test("who is not in this server's desk is told so, and nothing happens", async () => {
  const live = await startDiscord();
  const { fake, help } = live;
  const { channel, card } = await opened(live);
  const sam = fake.addMember("Sam");
  const pressed = await fake.memberPressesButton(card, pressable(card, "Resolve"), sam);
  expect(pressed).toMatchObject({ ephemeral: true });
  expect(pressed.said).toContain("/link");
  expect((await fake.memberTypesAutocomplete("assign", "to", "", channel, sam)).choices).toEqual([]);
  expect((await help.conversation()).status).toBe("open");
});

test("somebody's first command is acknowledged in time, however long it takes to make an agent of them", async () => {
  const fake = await FakeDiscord.start();
  const [support, leads] = [fake.addRole("Support").id, fake.addRole("Leads").id];
  for (const name of ["Mara", "Jonas"]) fake.addMember(name, { roles: [leads] });
  const live = await startDiscord({ fake, desk: { roles: { agent: "Support", administrator: "Leads" } } });
  onTestFinished(() => fake.stop());
  const { channel } = await opened(live);
  const ines = fake.addMember("Ines", { roles: [support] });
  // administrators are told of the new agent, and Discord takes its time
  fake.fail("POST /users/@me/channels", { delayMs: fake.ackWindowMs + 500 });
  const answer = await fake.memberRunsCommand("note", { text: "VIP" }, channel, ines);
  expect(answer.ack).toBe("deferred");
  await expect.poll(async () => (await live.help.lines("note")).map(({ author, body }) => [author.name, body]), { timeout: 40_000 }).toEqual([["Ines", "VIP"]]);
});
