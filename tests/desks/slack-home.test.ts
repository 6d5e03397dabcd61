/** `/desk` in a channel and the App Home. */
import { describe, expect, test } from "vitest";
import type { Json } from "../fakes/slack/types.ts";
import { startActs, textOf } from "../support/slack-acts.ts";

const started = async () => {
  const desk = await startActs();
  const run = async (text: string, who: string) => {
    const { acked } = await desk.slack.userRunsCommand("/desk", text, desk.channel, who);
    expect(acked).toBe(true);
    return desk.slack.ephemeralsFor(who).at(-1)!;
  };
  const waiting = async (text: string, address: string) => { await desk.write(text, address, { profile: { name: address } }); await desk.settle(); return desk.conversation(address); };
  return { ...desk, run, waiting };
};

describe("/desk", () => {
  test("a verb with its number, from any channel; the answer is theirs alone", async () => {
    const desk = await started();
    const { number } = await desk.waiting("Where is my order?", "ana");
    expect((await desk.run(`take #${number}`, desk.people.mara)).text).toBe(`#${number} is yours.`);
    expect((await desk.conversation()).assigneeId).toBe(desk.mara._id);
    expect((await desk.run("mine", desk.people.mara)).text).toContain("You have 1 conversation");
    expect(desk.slack.ephemeralsFor(desk.people.jonas)).toEqual([]);
  });

  test("what is offered under an answer knows which conversation it is about", async () => {
    const desk = await started();
    const { number } = await desk.waiting("Where is my order?", "ana");
    await desk.run(`take ${number}`, desk.people.mara);
    const asked = await desk.run(`take ${number}`, desk.people.jonas);
    const { action_id, value } = desk.buttonNamed(asked.blocks, "Take anyway");
    await desk.slack.userPressesButton(desk.channel, asked.ts, action_id, value, desk.people.jonas);
    await desk.slack.until(() => desk.slack.ephemeralsFor(desk.people.jonas).at(-1)?.text === `#${number} is yours.`, "the question replaced by the answer");
    expect((await desk.conversation()).assigneeId).toBe(desk.jonas._id);
  });

  test("a verb that asks opens its form", async () => {
    const desk = await started();
    const { number } = await desk.waiting("Where is my order?", "ana");
    await desk.slack.userRunsCommand("/desk", `priority #${number}`, desk.channel, desk.people.mara);
    const form = await desk.slack.until(() => desk.slack.openViews(desk.people.mara).find(({ content }) => textOf(content.blocks).includes("Priority")), "the form");
    await desk.slack.userSubmitsView(form.id, { value: { input: "urgent" } }, desk.people.mara);
    expect((await desk.conversation()).priority).toBe("urgent");
  });

  test("a colleague named by a mention is the agent behind that account", async () => {
    const desk = await started();
    const { number } = await desk.waiting("Where is my order?", "ana");
    expect((await desk.run(`assign #${number} <@${desk.people.jonas}|jj>`, desk.people.mara)).text).toBe(`#${number} is now with Jonas.`);
  });

  test("a reply that mentions a colleague is held; Send to customer under it sends it", async () => {
    const desk = await started();
    const { number } = await desk.waiting("Where is my order?", "ana");
    const asked = await desk.run(`reply #${number} <@${desk.people.jonas}|jj> knows &amp; says 2 &lt; 3`, desk.people.mara);
    expect(asked.text).toContain("mentions a colleague");
    expect(await desk.lines("outgoing")).toEqual([]);
    const { action_id, value } = desk.buttonNamed(asked.blocks, "Send to customer");
    await desk.slack.userPressesButton(desk.channel, asked.ts, action_id, value, desk.people.mara);
    await desk.slack.until(() => desk.slack.ephemeralsFor(desk.people.mara).every(({ ts, text }) => ts !== asked.ts || !text.includes("mentions")), "the question answered");
    expect((await desk.lines("outgoing"))[0]!.body).toBe("@Jonas knows & says 2 < 3");
  });

  test("resolve asks first when the customer's newest line is not in the thread yet", async () => {
    const desk = await started();
    const { number } = await desk.waiting("Where is my order?", "ana");
    desk.slack.fail("chat.postMessage", { error: "service_unavailable" });
    await desk.write("And one more thing");
    const asked = await desk.run(`resolve #${number}`, desk.people.mara);
    const { action_id, value } = desk.buttonNamed(asked.blocks, "Resolve anyway");
    expect((await desk.conversation()).status).toBe("open");
    await desk.slack.userPressesButton(desk.channel, asked.ts, action_id, value, desk.people.mara);
    await desk.slack.until(() => desk.slack.ephemeralsFor(desk.people.mara).some(({ text }) => text === `#${number} is resolved.`), "the answer");
  });

  test("a verb about one conversation asks for its number; an unknown one is named; help says how /desk is written", async () => {
    const desk = await started();
    expect((await desk.run("resolve", desk.people.mara)).text).toContain("name one");
    expect((await desk.run("resolvee", desk.people.mara)).text).toContain("There is no verb");
    expect((await desk.run("", desk.people.mara)).text).toContain("/desk assign #1042 Mara");
  });

  test("a stranger is told how to be linked, and can be", async () => {
    const desk = await started();
    expect((await desk.run("queue", desk.people.sam)).text).toContain("Write /desk link");
    expect((await desk.run("link", desk.people.sam)).text).toBe(`Linked ${desk.people.sam}.`);
  });

  test("what customers wrote can't mention, format or link in a list", async () => {
    const desk = await started();
    await desk.waiting("<!channel> <https://evil.example|your bank> *now*", "eve");
    const list = await desk.run("queue", desk.people.mara);
    expect(textOf(list.blocks)).toContain("<!channel>");
    expect(JSON.stringify(list.blocks)).not.toContain("mrkdwn");
    expect(list.text).toContain("&lt;!channel&gt;");
  });
});

describe("the App Home", () => {
  const opened = async (desk: Awaited<ReturnType<typeof started>>, who: string) => {
    desk.slack.userOpensHome(who);
    return desk.slack.until(() => desk.slack.homeOf(who), "the home");
  };

  test("shows what is mine, what waits and what wakes today; after an act it is right again", async () => {
    const desk = await started();
    const mine = await desk.waiting("Mine to answer", "ana");
    await desk.run(`take #${mine.number}`, desk.people.mara);
    const waiting = await desk.waiting("Nobody's yet", "bob");
    const asleep = await desk.waiting("Sleeping", "cleo");
    await desk.run(`snooze #${asleep.number} 1m`, desk.people.mara);

    const home = await opened(desk, desk.people.mara);
    const [first = "", second = "", third = ""] = textOf(home.content.blocks).split(/Waiting longest[^\n]*|Waking up today/);
    expect(first).toContain("Mine to answer");
    expect(second).toContain("Nobody's yet");
    expect(third).toContain("Sleeping");
    expect(third).toContain("You are Mara");

    const { action_id, value } = desk.buttonNamed(home.content.blocks, "Take");
    expect(value).toContain(String(waiting.number));
    await desk.slack.userActsInView(home.id, action_id, value, desk.people.mara);
    await desk.slack.until(() => textOf(desk.slack.homeOf(desk.people.mara)!.content.blocks).startsWith(`#${waiting.number} is yours.`), "the answer on top of the home");
    await desk.slack.until(() => textOf(desk.slack.homeOf(desk.people.mara)!.content.blocks).includes("The queue is empty"), "the home as it is now");
    expect((await desk.conversation("bob")).assigneeId).toBe(desk.mara._id);
  });

  test("mentions stand there with who said what, and can be acted on; others' mentions and old ones don't", async () => {
    const desk = await started();
    const { number } = await desk.waiting("Where is my order?", "ana");
    const [ana, other] = [await desk.card(), (await desk.waiting("Hello", "bob"), await desk.card())];
    await desk.line(ana, desk.people.jonas, "note: @Mara is this *yours*?", 1);
    await desk.line(other, desk.people.mara, "note: @Jonas have a look", 1);
    const home = await opened(desk, desk.people.mara);
    const [, mentions = ""] = textOf(home.content.blocks).split("Mentions of the last seven days");
    expect(mentions).toContain("@Mara is this *yours*?");
    expect(mentions).toContain("Jonas");
    expect(mentions).not.toContain("have a look");
    const blocks = home.content.blocks as Json[];
    const row = blocks.findIndex((block) => textOf([block]).includes("is this *yours*"));
    const { action_id, value } = desk.buttonNamed(blocks.slice(row), "Take");
    await desk.slack.userActsInView(home.id, action_id, value, desk.people.mara);
    await desk.slack.until(() => textOf(desk.slack.homeOf(desk.people.mara)!.content.blocks).startsWith(`#${number} is yours.`), "the answer on top of the home");
    expect((await desk.conversation("ana")).assigneeId).toBe(desk.mara._id);
    desk.clock.advance(8 * 86_400_000);
    desk.slack.userOpensHome(desk.people.mara);
    await desk.slack.until(() => textOf(desk.slack.homeOf(desk.people.mara)!.content.blocks).includes("Nobody mentioned you"), "a home without them");
  });

  test("settings say who they are, and lead to help, health and, for administrators, delivery", async () => {
    const desk = await started();
    const home = await opened(desk, desk.people.mara);
    const { action_id, value } = desk.buttonNamed(home.content.blocks, "Delivery…");
    await desk.slack.userActsInView(home.id, action_id, value, desk.people.mara);
    await desk.slack.until(() => desk.slack.openViews(desk.people.mara).find(({ content }) => textOf(content.blocks).includes("Delivery is running")), "how delivery is");
    const jonas = await opened(desk, desk.people.jonas);
    expect(textOf(jonas.content.blocks)).toContain("You are Jonas (agent)");
    expect(textOf(jonas.content.blocks)).not.toContain("Delivery…");
  });

  test("a form of a row is about that row's conversation", async () => {
    const desk = await started();
    await desk.waiting("Where is my order?", "ana");
    const home = await opened(desk, desk.people.mara);
    const { action_id, value } = desk.buttonNamed(home.content.blocks, "Assign…");
    await desk.slack.userActsInView(home.id, action_id, value, desk.people.mara);
    const form = await desk.slack.until(() => desk.slack.openViews(desk.people.mara).find(({ content }) => textOf(content.blocks).includes("Agent")), "the form");
    await desk.slack.userSubmitsView(form.id, { value: { input: "Jonas" } }, desk.people.mara);
    expect((await desk.conversation()).assigneeId).toBe(desk.jonas._id);
  });

  test("Resolve in a home that is older than the customer's newest line asks first", async () => {
    const desk = await started();
    const { number } = await desk.waiting("Where is my order?", "ana");
    await desk.run(`take #${number}`, desk.people.mara);
    const home = await opened(desk, desk.people.mara);
    const { action_id, value } = desk.buttonNamed(home.content.blocks, "Resolve");
    await desk.write("Wait, one more thing");
    await desk.settle();
    await desk.slack.userActsInView(home.id, action_id, value, desk.people.mara);
    await desk.slack.until(() => desk.slack.openViews(desk.people.mara).find(({ content }) => textOf(content.blocks).includes("Resolve anyway")), "the question");
    expect((await desk.conversation()).status).toBe("open");
  });

  test("a home that was published in the meantime is not overwritten; a stranger's says how to be linked", async () => {
    const desk = await started();
    const home = await opened(desk, desk.people.mara);
    await desk.acts.stop();
    await desk.acts.home(desk.people.mara, "an-older-hash");
    expect(desk.slack.callsOf("views.publish").at(-1)).toMatchObject({ error: "hash_conflict" });
    expect(desk.slack.homeOf(desk.people.mara)!.hash).toBe(home.hash);
    expect(textOf((await opened(desk, desk.people.sam)).content.blocks)).toContain("/desk link");
  });
});
