/** Agents' lines that are read back after newer ones were handled: they reach the customer in the order in which they were written, however many they are. */
import { expect, test } from "vitest";
import { newestLines } from "../../src/core/store/look-together.ts";
import { buildTestCore } from "../support/core.ts";

/** A thread, and what an agent wrote in it at the desk's own time: line 1, line 2 and so on. */
async function opened(settings: { undoSeconds: number; doubleReplySeconds?: number }) {
  const help = await buildTestCore({ settings });
  await help.write("Where is my order?");
  await help.settle();
  const { thread } = await help.conversation();
  const began = help.clock.now().getTime() + 1_000;
  const line = (n: number) => ({ id: `p${n}:new`, thread: thread!.id, at: new Date(began + n * 100), data: { type: "message" as const, postId: `p${n}`, userId: "Mara", userName: "Mara", userKind: "person" as const, text: `line ${n}`, mentions: 0, files: [] } });
  help.clock.advance(10_000);
  return { help, line };
}

test("forty lines that were missed still go before the one that was heard first", async () => {
  const { help, line } = await opened({ undoSeconds: 60 });
  await help.host.accept("fake", [line(41)]);
  await help.settle();
  const missed = Array.from({ length: 40 }, (_, n) => line(n + 1));
  await help.host.accept("fake", missed);
  await help.settle();
  expect(await help.lines("outgoing")).toHaveLength(41);
  help.clock.advance(61_000);
  await expect.poll(() => help.channel.textsTo("ana").length, { timeout: 30_000 }).toBe(41);
  expect(help.channel.textsTo("ana")).toEqual([...missed.map(({ data }) => data.text), "line 41"]);
}, 60_000);

test("a line that is heard when a later one has left waits for its author's word", async () => {
  const { help, line } = await opened({ undoSeconds: 0, doubleReplySeconds: 0 });
  await help.host.accept("fake", [line(2)]);
  await expect.poll(() => help.channel.textsTo("ana")).toEqual(["line 2"]);
  await help.settle();
  await help.host.accept("fake", [line(1)]);
  await help.settle();
  const [held] = await help.lines("note");
  expect(held).toMatchObject({ body: "line 1", held: { why: "overtaken" } });
  await help.host.accept("fake", [line(3)]);
  await help.settle();
  expect(help.channel.textsTo("ana")).toEqual(["line 2", "line 3"]);
});

test("the newest lines of several conversations are read together, each its own, also where one has many more", async () => {
  const help = await buildTestCore();
  const lines = (id: string, from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => ({ _id: `${id}${from + n}`, conversationId: id, seq: from + n, source: `${id}${from + n}`, kind: "incoming" }));
  await help.core.store.messages.insertMany([...lines("a", 1, 30), ...lines("b", 1, 3), ...lines("long", 1, 400)] as never);
  const seqs = (asked: Parameters<typeof newestLines>[1][]) => Promise.all(asked.map(async (one) => (await newestLines(help.core, one)).map((line) => line.seq)));
  const wanted = [{ conversationId: "a", after: 20, most: 5 }, { conversationId: "b", after: -10, most: 5 }, { conversationId: "none", after: 0, most: 5 }];
  expect(await seqs(wanted)).toEqual([[30, 29, 28, 27, 26], [3, 2, 1], []]);
  expect(await seqs([...wanted, { conversationId: "long", after: 2, most: 2 }])).toEqual([[30, 29, 28, 27, 26], [3, 2, 1], [], [400, 399]]);
  expect(await seqs([wanted[0]!])).toEqual([[30, 29, 28, 27, 26]]);
});
