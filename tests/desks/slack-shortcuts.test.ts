/** Message shortcuts, notices with their marks, and reactions to the card. */
import { describe, expect, test } from "vitest";
import { startActs, textOf } from "../support/slack-acts.ts";

async function withCard(options: Parameters<typeof startActs>[0] = {}) {
  const desk = await startActs(options);
  await desk.write("Where is my order?");
  await desk.settle();
  const ts = await desk.card();
  const shortcut = (callbackId: string, post: string, who: string) => desk.slack.userUsesShortcut(callbackId, desk.channel, post, who);
  const view = (who: string, text: string) => desk.slack.until(() => desk.slack.openViews(who).find(({ content }) => textOf(content.blocks).includes(text)), `a modal with "${text}"`);
  return { ...desk, ts, shortcut, view };
}

describe("notices", () => {
  test("a held reply: an ephemeral question and a mark on it; Send to customer sends it, and both go", async () => {
    const desk = await withCard({ settings: { undoSeconds: 8 } });
    const post = await desk.line(desk.ts, desk.people.mara, "Ask @jonas about it", 1);
    const [question] = desk.slack.ephemeralsFor(desk.people.mara);
    expect(question).toMatchObject({ threadTs: desk.ts, text: expect.stringContaining("mentions a colleague") });
    await desk.slack.until(() => desk.reactionsOn(post).includes("raised_hand"), "the mark");

    const { action_id, value } = desk.buttonNamed(question!.blocks, "Send to customer");
    await desk.slack.userPressesButton(desk.channel, question!.ts, action_id, value, desk.people.mara);
    await desk.slack.until(() => desk.slack.ephemeralsFor(desk.people.mara).length === 0 && !desk.reactionsOn(post).includes("raised_hand"), "question and mark gone");
    expect((await desk.lines("outgoing"))[0]).toMatchObject({ body: "Ask @jonas about it", explicit: "send-to-customer", held: { settled: "sent" } });
  });

  test("Keep as note keeps it inside; the mark goes with the question", async () => {
    const desk = await withCard();
    const post = await desk.line(desk.ts, desk.people.mara, "Ask @jonas about it", 1);
    const [question] = desk.slack.ephemeralsFor(desk.people.mara);
    await desk.slack.until(() => desk.reactionsOn(post).includes("raised_hand"), "the mark");
    const { action_id, value } = desk.buttonNamed(question!.blocks, "Keep as note");
    await desk.slack.userPressesButton(desk.channel, question!.ts, action_id, value, desk.people.mara);
    await desk.slack.until(() => !desk.reactionsOn(post).includes("raised_hand"), "the mark gone");
    expect(await desk.lines("outgoing")).toEqual([]);
    expect((await desk.lines("note"))[0]).toMatchObject({ held: { settled: "kept" } });
  });

  test("what is settled by a command loses its mark too; one that Slack had no room for comes later", async () => {
    const desk = await withCard({ settings: { undoSeconds: 8 } });
    desk.slack.fail("reactions.add", { retryAfter: 0 });
    const post = await desk.line(desk.ts, desk.people.mara, "Ask @jonas about it", 1);
    await desk.slack.until(() => desk.reactionsOn(post).includes("raised_hand"), "the mark");
    await desk.line(desk.ts, desk.people.mara, "!send");
    await desk.slack.until(() => !desk.reactionsOn(post).includes("raised_hand"), "the mark gone");
  });

  test("a stranger's line stays inside: they are told, and it bears the lock", async () => {
    const desk = await withCard();
    const post = await desk.line(desk.ts, desk.people.sam, "Hello customer");
    expect(desk.slack.ephemeralsFor(desk.people.sam)[0]!.text).toContain("only linked agents can answer");
    await desk.slack.until(() => desk.reactionsOn(post).includes("lock"), "the lock");
  });

  test("who is not in the channel reads it in their messages with the app", async () => {
    const desk = await withCard();
    desk.slack.userLeaves(desk.channel, desk.people.jonas);
    await desk.notices.notify(desk.people.jonas, desk.threadOf(desk.ts), { text: "Ana <@U1> & co", buttons: [{ id: "resolve", label: "Resolve" }] });
    const direct = desk.slack.space.directWith(desk.people.jonas);
    const [told] = desk.slack.messagesIn(direct.id);
    expect(textOf(told!.blocks)).toBe("Ana <@U1> & co\nResolve");
    expect(desk.slack.mentionsOf(direct.id, told!.ts)).toEqual([]);
    const { action_id, value } = desk.buttonNamed(told!.blocks, "Resolve");
    await desk.slack.userPressesButton(direct.id, told!.ts, action_id, value, desk.people.jonas);
    await desk.slack.until(() => desk.slack.messagesIn(direct.id).length === 0, "the question gone");
    expect((await desk.conversation()).status).toBe("resolved");
  });
});

describe("message shortcuts", () => {
  test("Send to customer on one's own note; Make note stops it again in its window", async () => {
    const desk = await withCard({ settings: { undoSeconds: 60 } });
    const post = await desk.line(desk.ts, desk.people.mara, "note: refund is fine");
    expect(await desk.lines("outgoing")).toEqual([]);
    await desk.shortcut("send", post, desk.people.mara);
    await desk.acts.stop();
    expect((await desk.lines("outgoing"))[0]).toMatchObject({ body: "refund is fine", delivery: { state: "queued" } });
    await desk.shortcut("keep", post, desk.people.mara);
    await desk.acts.stop();
    expect((await desk.lines("outgoing"))[0]!.delivery.state).toBe("cancelled");
  });

  test("a stranger's line is sent as the words of the agent who chooses so; a stranger can't", async () => {
    const desk = await withCard();
    const post = await desk.line(desk.ts, desk.people.sam, "Your parcel is in Leipzig");
    await desk.shortcut("send", post, desk.people.sam);
    await desk.view(desk.people.sam, "Only linked, active agents");
    await desk.shortcut("send", post, desk.people.mara);
    await desk.acts.stop();
    expect(await desk.lines("outgoing")).toMatchObject([{ body: "Your parcel is in Leipzig", author: { name: "Mara" } }]);
  });

  test("a stranger's file goes too, once, and in the words of the agent; what mentions a colleague is held", async () => {
    const desk = await withCard();
    const thread = desk.threadOf(desk.ts);
    const file = desk.slack.userUploads(desk.channel, desk.people.sam, [{ name: "label.pdf", content: Buffer.from("%PDF") }], { threadTs: desk.ts, text: "The label" });
    const { id, name } = [...desk.slack.space.files.values()].at(-1)!;
    await desk.host.accept("slack", [{ id: `${file}:new`, thread, at: desk.clock.now(), data: { type: "message", postId: file, userId: desk.people.sam, userName: "Sam", userKind: "person", text: "The label", mentions: 0, files: [{ name, type: "application/pdf", bytes: 4, ref: id }] } }]);
    await desk.settle();
    for (let press = 0; press < 2; press++) { await desk.shortcut("send", file, desk.people.mara); await desk.acts.stop(); }
    await desk.view(desk.people.mara, "was sent to the customer already");
    await desk.settle();
    expect(await desk.lines("outgoing")).toMatchObject([{ body: "The label", author: { name: "Mara" }, files: [{ name: "label.pdf", state: "ready" }] }]);
    expect(desk.channelSide.sent.flatMap(({ text, files }) => [text, ...files]).filter((one) => one !== "")).toEqual(["The label", "label.pdf"]);

    const post = await desk.line(desk.ts, desk.people.sam, "Ask @jonas", 1);
    await desk.shortcut("send", post, desk.people.mara);
    const asked = await desk.view(desk.people.mara, "mentions a colleague");
    const { action_id, value } = desk.buttonNamed(asked.content.blocks, "Send to customer");
    await desk.slack.userActsInView(asked.id, action_id, value, desk.people.mara);
    await desk.acts.stop();
    expect((await desk.lines("outgoing")).map(({ body }) => body)).toEqual(["The label", "Ask @jonas"]);
  });

  test("Edit sent reply asks with the present text and changes it at the customer's; the thread says what it says now", async () => {
    const desk = await withCard();
    const post = await desk.line(desk.ts, desk.people.mara, "It costs 10");
    await desk.shortcut("edit", post, desk.people.mara);
    const form = await desk.view(desk.people.mara, "What it should say");
    expect(JSON.stringify(form.content.blocks)).toContain('"initial_value":"It costs 10"');
    await desk.slack.userSubmitsView(form.id, { value: { input: "It costs 12" } }, desk.people.mara);
    await desk.settle();
    expect(desk.channelSide.textsTo("ana")).toEqual(["It costs 12"]);
    expect((await desk.lines("activity")).at(-1)!.body).toContain("It says now: “It costs 12”");

    await desk.shortcut("edit", post, desk.people.jonas);
    await desk.view(desk.people.jonas, "Only Mara can edit this reply");
  });

  test("where the channel can't change what was sent, Edit sent reply offers a correction, with the old text in it", async () => {
    const desk = await withCard();
    desk.core.channels.set(desk.inbox._id, new Proxy(desk.channelSide, { has: (of, name) => name !== "editPart" && name in of }));
    const post = await desk.line(desk.ts, desk.people.mara, "It costs 10");
    await desk.shortcut("edit", post, desk.people.mara);
    const offer = await desk.view(desk.people.mara, "can't change what was sent");
    const { action_id, value } = desk.buttonNamed(offer.content.blocks, "Send a correction");
    await desk.slack.userActsInView(offer.id, action_id, value, desk.people.mara);
    const form = await desk.view(desk.people.mara, "What it should say");
    expect(JSON.stringify(form.content.blocks)).toContain('"initial_value":"It costs 10"');
    await desk.slack.userSubmitsView(form.id, { value: { input: "It costs 12" } }, desk.people.mara);
    await desk.settle();
    expect((await desk.lines("outgoing")).map(({ body }) => body)).toEqual(["It costs 10", "It costs 12"]);
  });

  test("Canned… offers what there is, previews it in the modal as this customer would get it, and sends what was left there", async () => {
    const desk = await withCard();
    await desk.store.canned.insertOne({ _id: "k1", code: "hours", title: "Opening hours", body: "Hello {{ contact.first_name }}, we open at 9.", scope: "all", words: ["hours", "opening"], uses: 0, createdAt: desk.clock.now() });
    await desk.shortcut("canned", desk.ts, desk.people.mara);
    const choice = await desk.view(desk.people.mara, "Canned response");
    expect(choice.content).toMatchObject({ submit: { text: "Next" } });
    await desk.slack.userSubmitsView(choice.id, { value: { input: "hours" } }, desk.people.mara);
    const preview = await desk.view(desk.people.mara, "To the customer");
    expect(preview.content).toMatchObject({ submit: { text: "Send" } });
    expect(JSON.stringify(preview.content.blocks)).toContain('"initial_value":"Hello Ana, we open at 9."');
    expect(await desk.lines("outgoing")).toEqual([]);
    await desk.slack.userSubmitsView(preview.id, { text: { input: "Hello Ana, we open at 10." }, code: { input: /hours ~[0-9a-f]{8}/.exec(JSON.stringify(preview.content.blocks))![0] } }, desk.people.mara);
    await desk.settle();
    expect(desk.channelSide.textsTo("ana")).toEqual(["Hello Ana, we open at 10."]);
  });

  test("a macro from More… shows its steps in the modal, and runs them when told to", async () => {
    const desk = await withCard();
    await desk.store.macros.insertOne({ _id: "m1", name: "done", steps: [{ do: "reply", with: "Bye {{ contact.first_name }}" }, { do: "resolve", with: "" }] });
    await desk.shortcut("more", desk.ts, desk.people.mara);
    const more = await desk.view(desk.people.mara, "More for");
    const macro = desk.buttonNamed(more.content.blocks, "Macro");
    await desk.slack.userActsInView(more.id, macro.action_id, macro.value, desk.people.mara);
    const choice = await desk.slack.until(() => desk.slack.openViews(desk.people.mara).find(({ content }) => JSON.stringify(content.submit ?? "").includes("Next")), "the choice");
    await desk.slack.userSubmitsView(choice.id, { value: { input: "done" } }, desk.people.mara);
    const steps = await desk.view(desk.people.mara, "Send to the customer: “Bye Ana”");
    expect((await desk.conversation()).status).toBe("open");
    const run = desk.buttonNamed(steps.content.blocks, "Run");
    await desk.slack.userActsInView(steps.id, run.action_id, run.value, desk.people.mara);
    await desk.acts.stop();
    await desk.settle();
    expect(desk.channelSide.textsTo("ana")).toEqual(["Bye Ana"]);
    expect((await desk.conversation()).status).toBe("resolved");
  });

  test("the customer's profile from More… opens in the modal, and is edited there", async () => {
    const desk = await withCard();
    await desk.shortcut("more", desk.ts, desk.people.mara);
    const more = await desk.view(desk.people.mara, "More for");
    const contact = desk.buttonNamed(more.content.blocks, "Contact");
    await desk.slack.userActsInView(more.id, contact.action_id, contact.value, desk.people.mara);
    const profile = await desk.view(desk.people.mara, "No other conversation");
    const edit = desk.buttonNamed(profile.content.blocks, "Edit");
    await desk.slack.userActsInView(profile.id, edit.action_id, edit.value, desk.people.mara);
    const form = await desk.view(desk.people.mara, "E-mail");
    await desk.slack.userSubmitsView(form.id, { email: { input: "ana@example.com" } }, desk.people.mara);
    await desk.settle();
    expect(await desk.store.contacts.findOne({ _id: (await desk.conversation()).contactId })).toMatchObject({ name: "Ana", email: "ana@example.com" });
  });

  test("on a post that is no message, and in a thread that is none of ours, it says so", async () => {
    const desk = await withCard();
    await desk.shortcut("retract", desk.ts, desk.people.mara);
    await desk.view(desk.people.mara, "Threadline has no message for this post");
    const elsewhere = desk.slack.userPosts(desk.channel, desk.people.jonas, "Lunch?");
    await desk.shortcut("resolve", elsewhere, desk.people.jonas);
    await desk.view(desk.people.jonas, "belongs to no conversation");
  });
});

describe("reactions to the card", () => {
  test("👀 takes and ✅ resolves; taking them away undoes it", async () => {
    const desk = await withCard();
    const react = async (name: string, removed = false) => {
      if (removed) desk.slack.userUnreacts(desk.channel, desk.ts, name, desk.people.mara); else desk.slack.userReacts(desk.channel, desk.ts, name, desk.people.mara);
      await desk.slack.idle();
      return desk.conversation();
    };
    expect(await react("eyes")).toMatchObject({ assigneeId: desk.mara._id });
    expect(await react("white_check_mark")).toMatchObject({ status: "resolved" });
    expect(await react("white_check_mark", true)).toMatchObject({ status: "open" });
    expect(await react("eyes", true)).toMatchObject({ assigneeId: null });
    expect(desk.passed.filter(({ event }) => (event as { type: string }).type.startsWith("reaction"))).toEqual([]);
  });

  test("only agents count, only the card counts, and what comes late is not done", async () => {
    const desk = await withCard();
    desk.slack.userReacts(desk.channel, desk.ts, "white_check_mark", desk.people.sam);
    await desk.slack.idle();
    const reply = desk.slack.userPosts(desk.channel, desk.people.jonas, "hm", { threadTs: desk.ts });
    desk.slack.userReacts(desk.channel, reply, "white_check_mark", desk.people.mara);
    await desk.slack.idle();
    expect(desk.passed.some(({ event }) => (event as { type: string }).type === "reaction_added")).toBe(true);
    desk.clock.advance(desk.core.limits.lateMs + 1_000);
    desk.slack.userReacts(desk.channel, desk.ts, "eyes", desk.people.mara);
    await desk.slack.idle();
    expect(await desk.conversation()).toMatchObject({ status: "open", assigneeId: null });
  });

  test("a reaction that Slack tells twice is done once", async () => {
    const desk = await withCard({ emoji: { wave: "reply:Hello!" } });
    desk.slack.userReacts(desk.channel, desk.ts, "wave", desk.people.mara);
    await desk.slack.idle();
    const told = desk.slack.deliverer.log.find(({ payload }) => (payload.event as { type: string }).type === "reaction_added")!.payload;
    expect(await desk.acts.event(told)).toBe(true);
    expect((await desk.lines("outgoing")).map(({ body }) => body)).toEqual(["Hello!"]);
  });

  test("💤 asks for the time by buttons; the map can be another one", async () => {
    const desk = await withCard({ emoji: { zzz: "snooze", fire: "priority:urgent" } });
    desk.slack.userReacts(desk.channel, desk.ts, "zzz", desk.people.mara);
    await desk.slack.idle();
    const [asked] = desk.slack.ephemeralsFor(desk.people.mara);
    const hour = desk.buttonNamed(asked!.blocks, "In 1 hour");
    await desk.slack.userPressesButton(desk.channel, asked!.ts, hour.action_id, hour.value, desk.people.mara);
    await desk.acts.stop();
    expect(await desk.conversation()).toMatchObject({ status: "snoozed" });
    desk.slack.userReacts(desk.channel, desk.ts, "fire", desk.people.mara);
    await desk.slack.idle();
    expect(await desk.conversation()).toMatchObject({ priority: "urgent" });
  });
});
