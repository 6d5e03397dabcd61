/** Buttons, shortcuts, modals and notices in Slack, as people use them, to what is stored and what they read. */
import { describe, expect, test } from "vitest";
import { formView } from "../../src/bridge/slack/acts/forms.ts";
import { startActs, textOf } from "../support/slack-acts.ts";

async function withCard(options: Parameters<typeof startActs>[0] = {}) {
  const desk = await startActs(options);
  await desk.write("Where is my order?");
  await desk.settle();
  const ts = await desk.card();
  const press = async (label: string, who: string) => {
    const { action_id, value } = desk.buttonNamed(desk.slack.space.message(desk.channel, ts).blocks, label);
    return desk.slack.userPressesButton(desk.channel, ts, action_id, value, who);
  };
  const view = (who: string, text: string) => desk.slack.until(() => desk.slack.openViews(who).find(({ content }) => textOf(content.blocks).includes(text)), `a modal with "${text}"`);
  const stored = async (check: (conversation: Awaited<ReturnType<typeof desk.conversation>>) => boolean, what: string) => {
    for (let tries = 0; tries < 200; tries++) {
      const conversation = await desk.conversation();
      if (check(conversation)) return conversation;
      await new Promise((resolve) => { setTimeout(resolve, 10); });
    }
    throw new Error(`Not stored: ${what}`);
  };
  return { ...desk, ts, press, view, stored };
}

describe("the card's buttons", () => {
  test("Take makes an agent the owner, and nothing more is said", async () => {
    const desk = await withCard();
    expect(await desk.press("Take", desk.people.mara)).toMatchObject({ acked: true });
    expect(await desk.stored((one) => one.assigneeId !== null, "an owner")).toMatchObject({ assigneeId: desk.mara._id });
    await desk.acts.stop();
    expect(desk.slack.openViews(desk.people.mara)).toEqual([]);
    expect(desk.slack.ephemeralsFor(desk.people.mara)).toEqual([]);
  });

  test("a stranger is refused, in words that they alone see", async () => {
    const desk = await withCard();
    await desk.press("Take", desk.people.sam);
    await desk.view(desk.people.sam, "Only linked, active agents");
    expect((await desk.conversation()).assigneeId).toBeNull();
  });

  test("a colleague's conversation is taken only by a second press, in the same modal", async () => {
    const desk = await withCard();
    await desk.press("Take", desk.people.mara);
    await desk.stored((one) => one.assigneeId === desk.mara._id, "Mara as owner");
    await desk.press("Take", desk.people.jonas);
    const asked = await desk.view(desk.people.jonas, "Mara");
    const { action_id, value } = desk.buttonNamed(asked.content.blocks, "Take anyway");
    await desk.slack.userActsInView(asked.id, action_id, value, desk.people.jonas);
    await desk.stored((one) => one.assigneeId === desk.jonas._id, "Jonas as owner");
    expect((await desk.view(desk.people.jonas, "Done.")).id).toBe(asked.id);
  });

  test("Assign asks for an agent; who it is given to is stored and the modal closes", async () => {
    const desk = await withCard();
    await desk.press("Assign", desk.people.mara);
    const form = await desk.view(desk.people.mara, "Agent");
    expect(form.content.title).toMatchObject({ text: "Assign #1001" });
    expect(await desk.slack.userSubmitsView(form.id, { value: { input: "Jonas" } }, desk.people.mara)).toMatchObject({ acked: true });
    expect(desk.slack.openViews(desk.people.mara)).toEqual([]);
    expect(await desk.conversation()).toMatchObject({ assigneeId: desk.jonas._id });
  });

  test("a time that can't be read is told at its field; one that can is told as it was understood", async () => {
    const desk = await withCard();
    await desk.press("Snooze", desk.people.mara);
    const form = await desk.view(desk.people.mara, "Or another time");
    const refused = await desk.slack.userSubmitsView(form.id, { other: { input: "the day after never" } }, desk.people.mara);
    expect(refused.body).toMatchObject({ response_action: "errors", errors: { other: expect.stringContaining("not a time") } });
    await desk.slack.userSubmitsView(form.id, { other: { input: "2h" } }, desk.people.mara);
    expect(await desk.conversation()).toMatchObject({ status: "snoozed" });
    expect(textOf((await desk.view(desk.people.mara, "is snoozed until")).content.blocks)).toContain("#1001 is snoozed until");
  });

  test("More leads to a form in the same modal", async () => {
    const desk = await withCard();
    await desk.press("More", desk.people.mara);
    const more = await desk.view(desk.people.mara, "More for #1001");
    const label = desk.buttonNamed(more.content.blocks, "Label");
    await desk.slack.userActsInView(more.id, label.action_id, label.value, desk.people.mara);
    const form = await desk.slack.until(() => desk.slack.openViews(desk.people.mara).find(({ content }) => (content.submit ?? null) !== null), "the form");
    expect(form.id).toBe(more.id);
    await desk.slack.userSubmitsView(form.id, { value: { input: "billing" } }, desk.people.mara);
    expect(await desk.conversation()).toMatchObject({ labels: ["billing"] });
  });

  test("Resolve asks first when the customer wrote what was not in the thread yet", async () => {
    const desk = await withCard();
    desk.slack.fail("chat.postMessage", { error: "service_unavailable" });
    await desk.write("And one more thing");
    await desk.press("Resolve", desk.people.mara);
    const asked = await desk.view(desk.people.mara, "Resolve anyway");
    expect((await desk.conversation()).status).toBe("open");
    const anyway = desk.buttonNamed(asked.content.blocks, "Resolve anyway");
    await desk.slack.userActsInView(asked.id, anyway.action_id, anyway.value, desk.people.mara);
    await desk.stored((one) => one.status === "resolved", "resolved");
  });

  test("a trigger that is used up does not lose the answer: it comes as an ephemeral message", async () => {
    const desk = await withCard();
    desk.slack.fail("views.open", { error: "expired_trigger_id" });
    await desk.press("Take", desk.people.sam);
    const [told] = await desk.slack.until(() => (desk.slack.ephemeralsFor(desk.people.sam).length > 0 ? desk.slack.ephemeralsFor(desk.people.sam) : null), "the answer");
    expect(told).toMatchObject({ threadTs: desk.ts, text: expect.stringContaining("Only linked, active agents") });
  });
});

describe("when something fails", () => {
  test("a form that can't be opened is asked by buttons instead", async () => {
    const desk = await withCard();
    desk.slack.fail("views.open", { error: "expired_trigger_id" });
    await desk.press("Snooze", desk.people.mara);
    const [asked] = await desk.slack.until(() => (desk.slack.ephemeralsFor(desk.people.mara).length > 0 ? desk.slack.ephemeralsFor(desk.people.mara) : null), "the question");
    const hour = desk.buttonNamed(asked!.blocks, "In 1 hour");
    await desk.slack.userPressesButton(desk.channel, asked!.ts, hour.action_id, hour.value, desk.people.mara);
    await desk.stored((one) => one.status === "snoozed", "snoozed");
    await desk.slack.until(() => desk.slack.ephemeralsFor(desk.people.mara).some(({ text }) => text.includes("is snoozed until")), "the question replaced by what was understood");
  });

  test("an act that breaks is told to who did it, and to the log", async () => {
    const slow = Promise.reject(new Error("the store is away"));
    slow.catch(() => undefined);
    const desk = await withCard({ slow });
    await desk.press("Take", desk.people.mara);
    await desk.view(desk.people.mara, "could not be done just now");
    expect(desk.log.lines.some(({ level, text }) => level === "error" && text.includes("An act of a person in Slack failed"))).toBe(true);
  });

  test("who closed the modal hears what went wrong", async () => {
    let open = (): void => undefined;
    const desk = await withCard({ slow: new Promise<void>((done) => { open = done; }) });
    await desk.press("Assign", desk.people.sam);
    const loading = await desk.view(desk.people.sam, "One moment…");
    await desk.slack.userClosesView(loading.id, desk.people.sam);
    open();
    await desk.slack.until(() => desk.slack.ephemeralsFor(desk.people.sam).some(({ text }) => text.includes("Only linked, active agents")), "the refusal");
  });
});

describe("acts that take longer than Slack waits", () => {
  const gate = () => { let open = (): void => undefined; const slow = new Promise<void>((done) => { open = done; }); return { slow, open: () => { open(); } }; };

  test("a form says that it is being worked on, then what came of it", async () => {
    const { slow, open } = gate();
    const desk = await withCard({ ackMs: 1, slow });
    // The form as the card's button opens it, made while acts were quick.
    const asked = await desk.host.act({ desk: "slack", userId: desk.people.mara, thread: desk.threadOf(desk.ts), verb: "assign", args: "" });
    const shown = desk.slack.views.open(desk.slack.views.trigger(desk.people.mara), formView(asked.form!, { thread: desk.threadOf(desk.ts) }));
    await desk.slack.userSubmitsView(shown.id, { value: { input: "Jonas" } }, desk.people.mara);
    expect(textOf(desk.slack.openViews(desk.people.mara)[0]!.content.blocks)).toBe("One moment…");
    open();
    await desk.view(desk.people.mara, "Done.");
    expect((await desk.conversation()).assigneeId).toBe(desk.jonas._id);
  });

  test("a command is acknowledged, and answered when it is done", async () => {
    const { slow, open } = gate();
    const desk = await withCard({ ackMs: 1, slow });
    await desk.slack.userRunsCommand("/desk", "queue", desk.channel, desk.people.mara);
    expect(desk.slack.ephemeralsFor(desk.people.mara).map(({ text }) => text)).toEqual(["One moment…"]);
    open();
    await desk.slack.until(() => desk.slack.ephemeralsFor(desk.people.mara).at(-1)!.text.startsWith("1 conversation waits"), "the answer");
  });
});
