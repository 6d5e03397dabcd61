/** The mark on a held line is all that tells its author later that it was not sent: it comes and goes whatever Slack fails to answer, and over a restart. */
import { describe, expect, test } from "vitest";
import { startActs } from "../support/slack-acts.ts";

async function held(fault?: Parameters<Awaited<ReturnType<typeof startActs>>["slack"]["fail"]>[1]) {
  const desk = await startActs({ settings: { undoSeconds: 8 } });
  await desk.write("Where is my order?");
  await desk.settle();
  const ts = await desk.card();
  if (fault !== undefined) desk.slack.fail("reactions.add", fault);
  const post = await desk.line(ts, desk.people.mara, "Ask @jonas about it", 1);
  const marked = () => desk.reactionsOn(post).includes("raised_hand");
  return { ...desk, ts, post, marked };
}

describe("the mark on a held line", () => {
  test.each([["Slack's own fault", { status: 503 }], ["a connection that breaks", { dropBefore: true }], ["an answer that is lost", { dropAfterEffect: true }]])("is set in spite of %s", async (_what, fault) => {
    const desk = await held(fault);
    await desk.slack.until(desk.marked, "the mark");
  });

  test("is taken off in spite of a fault", async () => {
    const desk = await held();
    await desk.slack.until(desk.marked, "the mark");
    desk.slack.fail("reactions.remove", { status: 503 });
    await desk.line(desk.ts, desk.people.mara, "!send");
    await desk.slack.until(() => !desk.marked(), "the mark gone");
  });

  test("a line that was settled while its mark waited to be set again ends without one", async () => {
    const desk = await held({ status: 503 });
    await desk.line(desk.ts, desk.people.mara, "!send");
    await desk.slack.until(() => desk.slack.callsOf("reactions.remove").some(({ args }) => args["timestamp"] === desk.post), "the mark looked after");
    expect(desk.marked()).toBe(false);
  });

  test("what a process that died left undone is made up for after the next start", async () => {
    const desk = await held();
    await desk.slack.until(desk.marked, "the mark");
    const { mara } = desk.people;
    desk.slack.messages.unreact(desk.slack.space.channel(desk.channel), desk.slack.space.message(desk.channel, desk.post), desk.slack.space.botUserId, "raised_hand");
    const sent = await desk.line(desk.ts, mara, "And @jonas knows", 1);
    await desk.slack.until(() => desk.reactionsOn(sent).includes("raised_hand"), "the second mark");
    await desk.store.messages.updateOne({ body: "And @jonas knows" }, { $set: { "held.settled": "kept" } });
    await desk.notices.review();
    expect(desk.marked()).toBe(true);
    expect(desk.reactionsOn(sent)).not.toContain("raised_hand");
  });
});
