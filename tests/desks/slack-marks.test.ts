/** What is said to one person alone is gone with a reload, so a mark stays: on a held line until it is settled, whatever Slack fails to answer, and on a command that was not done. */
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

describe("the mark on a command", () => {
  test("that was refused tells so after a reload; one that was done bears none", async () => {
    const desk = await held();
    const refused = await desk.line(desk.ts, desk.people.mara, "!snooze some day perhaps");
    expect(desk.slack.ephemeralsFor(desk.people.mara).at(-1)!.text).toContain("not a time that I can read");
    expect(desk.reactionsOn(refused)).toEqual(["warning"]);
    const done = await desk.line(desk.ts, desk.people.mara, "!label billing");
    expect(desk.reactionsOn(done)).toEqual([]);
    expect((await desk.conversation()).labels).toEqual(["billing"]);
  });

  test("that came too late to be run", async () => {
    const desk = await held();
    desk.clock.advance(300_000);
    const late = await desk.line(desk.ts, desk.people.mara, "!resolve");
    expect(desk.reactionsOn(late)).toEqual(["warning"]);
    expect((await desk.conversation()).status).toBe("open");
  });
});

describe("the mark on an edit", () => {
  test("that stayed inside stands beside the receipt until the customer has the right text", async () => {
    const desk = await held();
    desk.core.channels.set(desk.inbox._id, new Proxy(desk.channelSide, { has: (of, name) => name !== "editPart" && name in of }));
    await desk.store.inboxes.updateOne({ _id: desk.inbox._id }, { $set: { "settings.undoSeconds": 0 } });
    const post = await desk.line(desk.ts, desk.people.mara, "It costs 10");
    await desk.slack.until(() => desk.reactionsOn(post).includes("white_check_mark"), "the receipt");
    const at = desk.clock.now();
    await desk.host.accept("slack", [{ id: `${post}:edit:1`, thread: desk.threadOf(desk.ts), at, data: { type: "edit", postId: post, userId: desk.people.mara, text: "It costs 12", mentions: 0, editedAt: at } }]);
    await desk.slack.until(() => desk.reactionsOn(post).includes("lock"), "the lock");
    expect(desk.reactionsOn(post)).toEqual(["white_check_mark", "lock"]);
    await desk.line(desk.ts, desk.people.mara, "!correct It costs 12");
    await desk.slack.until(() => !desk.reactionsOn(post).includes("lock"), "the lock gone");
    expect(desk.channelSide.textsTo("ana")).toEqual(["It costs 10", "It costs 12"]);
  });
});
