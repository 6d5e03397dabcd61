/** What agents do on Discord with one message, with the card, and while they type; and how soon they are answered. */
import { describe, expect, test } from "vitest";
import { customId } from "../../src/bridge/discord/acts/buttons.ts";
import type { FakeChannel, FakeMessage, Json } from "../fakes/discord/types.ts";
import { componentNamed, startDiscordActs } from "../support/discord-acts.ts";

type Desk = Awaited<ReturnType<typeof startDiscordActs>>;

/** A post of ours with these buttons, as the card has them. */
async function cardIn({ api, fake, conversation }: Desk, thread: FakeChannel, verbs: string[]): Promise<FakeMessage> {
  const { _id } = await conversation();
  const made = await api.call("POST", `/channels/${thread.id}/messages`, { body: { content: "card", components: [{ type: 1, components: verbs.map((verb, at) => ({ type: 2, style: 2, label: verb, custom_id: customId(verb, at, { conversation: _id }) })) }] } });
  return fake.messageOf((made as { id: string }).id);
}

describe("the menu of a message", () => {
  test("sends a held line, keeps one, and says when there is nothing", async () => {
    const desk = await startDiscordActs();
    const { fake, people, opened, line, settle, channel } = desk;
    const thread = await opened();
    const held = await line(thread, people.mara, "Ask Jonas about it", 1);
    await fake.memberUsesContextMenu("Send to customer", held, thread, people.mara);
    const kept = await line(thread, people.mara, "And Jonas again", 1);
    const answer = await fake.memberUsesContextMenu("Make note", kept, thread, people.mara);
    expect(answer.said).toContain("Kept as a note");
    const card = await cardIn(desk, thread, ["take"]);
    expect((await fake.memberUsesContextMenu("Retract", card, thread, people.mara)).said).toContain("no message for this post");
    await settle();
    expect(channel.textsTo("ana")).toEqual(["Ask Jonas about it"]);
  });

  test("a correction is written in a window that holds what was sent", async () => {
    const { fake, people, opened, line, settle, channel } = await startDiscordActs();
    const thread = await opened();
    const sent = await line(thread, people.mara, "It comes on Mnday");
    await settle();
    const asked = await fake.memberUsesContextMenu("Send correction…", sent, thread, people.mara);
    expect(JSON.stringify(asked.modal)).toContain("It comes on Mnday");
    await fake.memberSubmitsModal(String(asked.modal?.custom_id), { value: "It comes on Monday" }, people.mara);
    await settle();
    expect(channel.textsTo("ana").at(-1)).toContain("It comes on Monday");
  });

  test("a sent reply is edited in a window that holds it, at the customer too", async () => {
    const { fake, people, opened, line, settle, channel, lines } = await startDiscordActs();
    const thread = await opened();
    const sent = await line(thread, people.mara, "It comes on Mnday");
    await settle();
    const asked = await fake.memberUsesContextMenu("Edit sent reply…", sent, thread, people.mara);
    expect(JSON.stringify(asked.modal)).toContain("It comes on Mnday");
    await fake.memberSubmitsModal(String(asked.modal?.custom_id), { value: "It comes on Monday" }, people.mara);
    await settle();
    expect((await lines("outgoing")).map(({ body }) => body)).toEqual(["It comes on Monday"]);
    expect(channel.textsTo("ana")).toEqual(["It comes on Monday"]);
  });

  test("without the intent for text, the menu takes a line in: once, and only its author's", async () => {
    const { fake, people, opened, line, settle, channel } = await startDiscordActs({ deaf: true });
    const thread = await opened();
    const post = await line(thread, people.mara, "It left today");
    expect((await fake.memberUsesContextMenu("Send to customer", post, thread, people.jonas)).said).toContain("Only its author");
    for (const _ of [1, 2]) await fake.memberUsesContextMenu("Send to customer", post, thread, people.mara);
    const inside = await line(thread, people.mara, "He seems upset");
    await fake.memberUsesContextMenu("Make note", inside, thread, people.mara);
    await settle();
    expect(channel.textsTo("ana")).toEqual(["It left today"]);
  });
});

describe("the card", () => {
  test("its buttons act in silence, ask by a select, and say what went wrong to who pressed", async () => {
    const desk = await startDiscordActs();
    const { fake, people, opened, conversation } = desk;
    const thread = await opened();
    const card = await cardIn(desk, thread, ["take", "assign", "more"]);
    const press = (verb: string, who: typeof people.mara) => fake.memberPressesButton(card, componentNamed(card, verb), who);
    expect(await press("take", people.mara)).toMatchObject({ ack: "deferred-update" });
    expect(await conversation()).toMatchObject({ assigneeName: "Mara" });
    expect(await press("take", people.sam)).toMatchObject({ ack: "message", ephemeral: true });
    const asked = await press("assign", people.mara);
    const chosen = await fake.memberSelects(asked.message!, componentNamed(asked.message, /Agent/), ["Jonas"], people.mara);
    await fake.until(() => chosen.said === null, "the question taken away");
    expect(await conversation()).toMatchObject({ assigneeName: "Jonas" });
    const more = await press("more", people.mara);
    await fake.memberPressesButton(more.message!, componentNamed(more.message, "Pending"), people.mara);
    expect((await conversation()).status).toBe("pending");
  });

  test("pressed outside the thread, as in a text channel, it still knows its conversation", async () => {
    const desk = await startDiscordActs();
    await desk.opened();
    const card = await cardIn(desk, desk.fake.addTextChannel("support-text"), ["take"]);
    await desk.fake.memberPressesButton(card, componentNamed(card, "take"), desk.people.jonas);
    expect(await desk.conversation()).toMatchObject({ assigneeName: "Jonas" });
  });

  test("an interaction that is told twice acts once", async () => {
    const { fake, acts, people, opened, lines } = await startDiscordActs();
    const thread = await opened();
    const events: Json[] = [];
    fake.emit = (event, data) => { if (event === "INTERACTION_CREATE") { events.push(data); for (const _ of [1, 2]) void acts.interaction(data); } };
    await fake.memberRunsCommand("note", { text: "seen" }, thread, people.mara);
    await acts.interaction(events[0]);
    expect(await lines("note")).toHaveLength(1);
  });
});

describe("what takes long", () => {
  test("is acknowledged within three seconds and told when it is done", async () => {
    let go = () => {};
    const { fake, acts, people, opened, conversation } = await startDiscordActs({ ackMs: 20, slow: new Promise<void>((resolve) => { go = resolve; }) });
    const thread = await opened();
    const answer = await fake.memberRunsCommand("label", {}, thread, people.mara);
    expect(answer).toMatchObject({ ack: "deferred", ephemeral: true });
    go();
    await answer.settled();
    const chosen = await fake.memberSelects(answer.message!, componentNamed(answer.message, /Label/), ["bug"], people.mara);
    await acts.stop();
    expect(chosen.ack).toMatch(/update/);
    expect((await conversation()).labels).toEqual(["bug"]);
  });

  test("a form that can be no window any more offers its choice, and to open it", async () => {
    let go = () => {};
    const { fake, people, opened } = await startDiscordActs({ ackMs: 20, slow: new Promise<void>((resolve) => { go = resolve; }) });
    const thread = await opened();
    const answer = await fake.memberRunsCommand("snooze", {}, thread, people.mara);
    go();
    await answer.settled();
    expect(componentNamed(answer.message, "Open the form")).toMatch(/snooze$/);
    expect(componentNamed(answer.message, /Until/)).toContain("!snooze.");
  });

  test("who can't be answered that way any more is told in the thread", async () => {
    const { fake, people, opened } = await startDiscordActs();
    const thread = await opened();
    fake.fail("POST /interactions/**", { code: 10_062 });
    fake.ackWindowMs = 100;
    await fake.memberRunsCommand("snooze", { until: "yesterday" }, thread, people.mara);
    const told = await fake.until(() => fake.messagesIn(thread).find((one) => one.author.id === fake.bot.id), "the notice");
    expect(fake.mentionsIn(told).users).toEqual([people.mara.user.id]);
  });
});

describe("while a command is typed", () => {
  test("agents, labels, times and conversations are proposed, to agents alone", async () => {
    const { fake, people, opened, conversation } = await startDiscordActs();
    const thread = await opened();
    const { number } = await conversation();
    const typed = async (name: string, option: string, text: string, where: FakeChannel = thread, who = people.mara, others = {}) => (await fake.memberTypesAutocomplete(name, option, text, where, who, { others })).choices.map(({ value }) => value);
    expect(await typed("assign", "to", "jo")).toEqual(["Jonas"]);
    expect(await typed("label", "label", "b")).toEqual(["billing", "bug"]);
    expect(await typed("snooze", "until", "tom")).toEqual(["tomorrow 9:00"]);
    expect(await typed("snooze", "until", "45m")).toEqual(["45m"]);
    expect(await typed("snooze", "until", "somewhen")).toEqual([]);
    expect(await typed("snooze", "until", "9:00")).toEqual(["tomorrow 9:00"]);
    expect(await typed("priority", "level", "ur")).toEqual(["urgent"]);
    expect(await typed("find", "filter", "status:op")).toEqual(["status:open"]);
    expect(await typed("resolve", "conversation", "")).toEqual([`#${number}`]);
    const room = fake.addTextChannel("general");
    expect(await typed("assign", "to", "ma", room, people.mara, { conversation: `#${number}` })).toEqual(["Mara"]);
    expect(await typed("assign", "to", "", thread, people.sam)).toEqual([]);
  });
});

describe("the commands of the guild", () => {
  test("are written in one call, and not again while they stand", async () => {
    const { fake, acts } = await startDiscordActs();
    const puts = () => fake.callsOf("PUT", /commands$/).length;
    expect(fake.commands().map(({ name }) => name)).toEqual(expect.arrayContaining(["reply", "take", "snooze", "link", "Send to customer", "Retract"]));
    expect(await acts.register(fake.bot.id)).toBe(false);
    expect(puts()).toBe(1);
    const [known] = fake.appCommands.values();
    fake.appCommands.delete(known!.id);
    expect(await acts.register(fake.bot.id)).toBe(true);
    expect(puts()).toBe(2);
  });
});
