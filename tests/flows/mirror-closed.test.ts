/** A desk opens a closed thread for whatever is posted there: the card of a resolved conversation closes it again. */
import { expect, test } from "vitest";
import { drainOutbox } from "../../src/core/services/apply.ts";
import { newId } from "../../src/core/model/ids.ts";
import { buildTestCore } from "../support/core.ts";

test("a line of the timeline that comes after the card of a resolved conversation is followed by the card once more", async () => {
  const help = await buildTestCore();
  await help.write("Where is my order?");
  await help.settle();
  const { _id, thread } = await help.conversation();
  await help.core.store.conversations.updateOne({ _id }, { $set: { status: "resolved", resolvedAt: help.clock.now(), cardDueAt: help.clock.now() }, $inc: { cardRev: 1 } });
  help.core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: _id });
  await help.settle();
  const before = await help.conversation();
  expect(before.cardDueAt).toBeUndefined();

  const calls: string[] = [];
  const { post, updateCard } = help.desk;
  help.desk.post = async (...call) => { calls.push("post"); return post.apply(help.desk, call); };
  help.desk.updateCard = async (...call) => { calls.push("card"); return updateCard.apply(help.desk, call); };
  const now = help.clock.now();
  await drainOutbox(help.core, { ...before, outbox: [{ id: newId(now), at: now, actor: { type: "bot", name: "Threadline" }, what: { type: "labelled", label: "vip" } }] });
  await help.settle();
  expect(calls).toEqual(["post", "card"]);
  expect(help.desk.threads.get(thread!.id)!.card.collapsed).toBe(true);
  expect((await help.conversation()).cardDueAt).toBeUndefined();
});
