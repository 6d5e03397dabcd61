/** What people on Discord are told about what they wrote, where nobody else can be spared from seeing it. */
import { describe, expect, test } from "vitest";
import { buttonRows } from "../../src/bridge/discord/acts/buttons.ts";
import { sayingBody } from "../../src/bridge/discord/acts/words.ts";
import type { FakeChannel } from "../fakes/discord/types.ts";
import { componentNamed, startDiscordActs } from "../support/discord-acts.ts";

async function held(options: Parameters<typeof startDiscordActs>[0] = {}) {
  const desk = await startDiscordActs(options);
  const thread = await desk.opened();
  const post = await desk.line(thread, desk.people.mara, "Ask Jonas about it", 1);
  const [message] = await desk.lines("note");
  const said = (where: FakeChannel = thread) => desk.fake.messagesIn(where).filter((one) => one.author.id === desk.fake.bot.id);
  const notice = { text: "It mentions a teammate, so it was held.", buttons: [{ id: "send", label: "Send to customer" }, { id: "keep", label: "Keep as note" }], messageId: message!._id };
  return { ...desk, thread, post, message: message!, notice, said, threadId: (await desk.conversation()).thread!.id };
}

describe("a notice in a thread", () => {
  test("answers the line, calls its author alone, marks the line, and goes away once it is settled", async () => {
    const { fake, people, post: line, thread, notice, said, notices, reactionsOn, threadId, channel, settle } = await held();
    await notices.notify(people.mara.user.id, threadId, notice);
    await fake.until(() => reactionsOn(line).includes("✋"), "the mark");
    const [post] = said();
    expect(post?.reference?.message).toBe(line.id);
    expect(fake.mentionsIn(post!)).toMatchObject({ users: [people.mara.user.id], roles: [], everyone: false });
    const pressed = await fake.memberPressesButton(post!, componentNamed(post!, "Send to customer"), people.mara);
    expect(pressed.ack).toBe("deferred-update");
    await settle();
    expect(channel.textsTo("ana")).toEqual(["Ask Jonas about it"]);
    await fake.until(() => said(thread).length === 0 && !reactionsOn(line).includes("✋"), "notice and mark gone");
  });

  test("settled in another way, it goes away too", async () => {
    const { fake, people, thread, notice, said, notices, threadId, post, reactionsOn, line } = await held();
    await notices.notify(people.mara.user.id, threadId, notice);
    await fake.until(() => reactionsOn(post).includes("✋"), "the mark");
    await line(thread, people.mara, "!keep");
    await fake.until(() => said().length === 0 && reactionsOn(post).length === 0, "notice and mark gone");
  });

  test("one that a process left behind goes away when it is acted on", async () => {
    const { fake, api, people, said, thread, notice, message } = await held();
    await api.call("POST", `/channels/${thread.id}/messages`, { body: sayingBody(notice.text, buttonRows(notice.buttons, { messageId: message._id })) });
    const [post] = said();
    await fake.memberPressesButton(post!, componentNamed(post!, "Keep as note"), people.mara);
    await fake.until(() => said().length === 0, "the notice gone");
  });

  test("what merely tells something goes away by itself", async () => {
    const { fake, people, said, notices, threadId } = await held({ toldMs: 50 });
    await notices.notify(people.jonas.user.id, threadId, { text: "Too late: @everyone has it.", buttons: [] });
    await fake.until(() => fake.callsOf("DELETE", /messages\/\d+$/).length > 0 && said().length === 0, "the notice gone");
  });

  test("a stop leaves none behind", async () => {
    const { people, said, notices, threadId, notice } = await held();
    await notices.notify(people.mara.user.id, threadId, notice);
    expect(said()).toHaveLength(1);
    await notices.stop();
    expect(said()).toEqual([]);
  });
});

describe("direct messages", () => {
  test("where the thread takes nothing, its author gets it there, and can act there", async () => {
    const { fake, people, said, notices, threadId, notice, channel, settle } = await held();
    fake.fail("POST /channels/*/messages", { status: 403, code: 50_013 });
    await notices.notify(people.mara.user.id, threadId, notice);
    const direct = fake.directWith(people.mara.user.id);
    const [post] = said(direct);
    const pressed = await fake.memberPressesButton(post!, componentNamed(post!, "Send to customer"), people.mara);
    expect(pressed.said ?? "").not.toContain("could not");
    await settle();
    expect(channel.textsTo("ana")).toEqual(["Ask Jonas about it"]);
  });

  test("somebody who takes none can't be told, and that is said", async () => {
    const { fake, people, notices } = await held();
    fake.shutDirects.add(people.jonas.user.id);
    await expect(notices.notify(people.jonas.user.id, null, { text: "The bot's token was refused.", buttons: [] })).rejects.toMatchObject({ code: "REFUSED" });
  });
});
