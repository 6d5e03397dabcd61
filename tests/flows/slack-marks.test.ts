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

  test("goes from a line that was deleted meanwhile, and nothing waits for it any more", async () => {
    const desk = await held({ status: 503 });
    await desk.host.accept("slack", [{ id: `${desk.post}:delete`, thread: desk.threadOf(desk.ts), at: desk.clock.now(), data: { type: "delete", postId: desk.post } }]);
    await desk.settle();
    expect(await desk.store.messages.countDocuments({ mark: { $exists: true } })).toBe(0);
  });
});
