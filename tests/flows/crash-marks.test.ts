/** Marks on agents' lines: due work is stored, so whatever stops in between, each line ends with the mark that it should bear. */
import { expect, test } from "vitest";
import { DeskError } from "../../src/core/errors.ts";
import type { DeskPostId, DeskThreadId, MarkName } from "../../src/core/model/types.ts";
import type { MarkingDesk } from "../../src/core/ports.ts";
import { FakeDesk } from "../fakes/fake-desk.ts";
import { buildTestCore, TestClock } from "../support/core.ts";

/** Shows marks, keeps each call, and can be told to refuse them. */
class MarkedDesk extends FakeDesk implements MarkingDesk {
  readonly marks = new Map<DeskPostId, Set<MarkName>>();
  readonly asked: { post: DeskPostId; mark: MarkName; on: boolean }[] = [];
  refuse: ((on: boolean) => DeskError | undefined) | undefined;
  during: (() => Promise<void>) | undefined;
  async showMark(_thread: DeskThreadId, post: DeskPostId, mark: MarkName, on: boolean): Promise<void> {
    this.asked.push({ post, mark, on });
    const { during } = this;
    this.during = undefined;
    await during?.();
    const error = this.refuse?.(on);
    if (error !== undefined) throw error;
    const there = this.marks.get(post) ?? new Set<MarkName>();
    this.marks.set(post, there);
    if (on) there.add(mark); else there.delete(mark);
  }
  on = (post: DeskPostId): MarkName[] => [...(this.marks.get(post) ?? [])];
  count = (mark: MarkName): number => [...this.marks.values()].filter((there) => there.has(mark)).length;
}
const limited = () => new DeskError("RATE_LIMITED", "Wait.", { certain: true, retryAfterMs: 60_000 });
const down = () => new DeskError("UNREACHABLE", "The desk is down.", { certain: false });

async function opened(more: Parameters<typeof buildTestCore>[0] = {}) {
  const clock = new TestClock();
  const desk = new MarkedDesk("fake", clock.now);
  const help = await buildTestCore({ desk, clock, ...more });
  await help.write("Where is my order?");
  await help.settle();
  const hold = (text: string) => help.say(text, "Mara", undefined, 1);
  const facts = async () => desk.threads.get((await help.conversation()).thread!.id)!.card.facts;
  return { ...help, desk, hold, facts, dueMarks: () => help.store.messages.countDocuments({ "mark.dueAt": { $exists: true } }) };
}
type Opened = Awaited<ReturnType<typeof opened>>;
/** The process is gone; another one begins on its store, with the same desk. */
async function afterDeath({ assembly, desk, store, clock, channel }: Opened) {
  await assembly.stop();
  clock.advance(60_000);
  return buildTestCore({ store, desk, clock, channel, limits: { sweepMs: 50 } });
}
const soon = { timeout: 40_000, interval: 50 };

/** More than one pass looks at. */
const MANY = 24;
test("lines that were held while nothing could be marked bear their marks after the next start, however many they are and however long that took", async () => {
  const help = await opened();
  help.desk.refuse = down;
  const thread = (await help.conversation()).thread!.id;
  const posts = await Promise.all(Array.from({ length: MANY }, (_, i) => help.desk.say(thread, "Mara", `Ask @jonas ${i}`, help.host, 1)));
  await expect.poll(() => help.dueMarks(), soon).toBe(MANY);
  expect(help.desk.count("held")).toBe(0);
  help.clock.advance(3 * 3_600_000);
  help.desk.refuse = undefined;
  await afterDeath(help);
  await expect.poll(() => help.desk.count("held"), soon).toBe(MANY);
  expect(posts.every(({ id }) => help.desk.on(id).includes("held"))).toBe(true);
  await expect.poll(() => help.dueMarks(), soon).toBe(0);
});

test("a line that was sent by hand loses its mark although the process died before it could take it off", async () => {
  const help = await opened();
  const { id } = await help.hold("Ask @jonas about it");
  expect(help.desk.on(id)).toEqual(["held"]);
  help.desk.refuse = (on) => (on ? undefined : down());
  await help.say("!send");
  expect(help.desk.on(id)).toEqual(["held"]);
  help.desk.refuse = undefined;
  await afterDeath(help);
  await expect.poll(() => help.desk.on(id), soon).toEqual([]);
  expect((await help.lines("outgoing"))[0]).toMatchObject({ body: "Ask @jonas about it", held: { settled: "sent" } });
  await expect.poll(() => help.store.messages.countDocuments({ mark: { $exists: true } }), soon).toBe(0);
});

test("a process that died in the middle of a call leaves its claim only for a while", async () => {
  const help = await opened();
  const { id } = await help.hold("Ask @jonas about it");
  help.desk.marks.clear();
  const now = help.clock.now();
  await help.store.messages.updateOne({ "origin.postId": id }, { $set: { "mark.dueAt": now, "mark.claim": new Date(now.getTime() + 25_000) } });
  help.core.bus.publish({ type: "marks.due", desk: "fake" });
  await help.settle();
  expect(help.desk.on(id)).toEqual([]);
  await afterDeath(help);
  await expect.poll(() => help.desk.on(id), soon).toEqual(["held"]);
});

test("what is settled while its mark is being set ends without one", async () => {
  const help = await opened();
  help.desk.during = async () => { await help.store.messages.updateOne({ kind: "note" }, { $set: { "held.settled": "kept", "mark.want": "none", "mark.dueAt": help.clock.now() } }); };
  const { id } = await help.hold("Ask @jonas about it");
  await expect.poll(() => help.store.messages.countDocuments({ mark: { $exists: true } }), soon).toBe(0);
  expect(help.desk.on(id)).toEqual([]);
});

test("a desk that asks for silence gets it: one call, not one for each line that waits; the newest goes first then", async () => {
  const help = await opened({ limits: { sweepMs: 20 } });
  help.desk.refuse = limited;
  for (let i = 0; i < 6; i++) await help.hold(`Ask @jonas ${i}`);
  await help.settle();
  expect(help.desk.asked.length).toBeLessThanOrEqual(4);
  help.desk.refuse = undefined;
  help.desk.asked.length = 0;
  help.clock.advance(61_000);
  await expect.poll(() => help.desk.count("held"), soon).toBe(6);
  const newest = (await help.lines("note")).at(-1)!.origin!.postId;
  expect(help.desk.asked[0]).toEqual({ post: newest, mark: "held", on: true });
});

test("a mark that the desk refuses for good is given up; the others come", async () => {
  const help = await opened();
  help.desk.during = async () => { throw new DeskError("POST_GONE", "It is gone.", { certain: true, refused: true }); };
  const gone = await help.hold("Ask @jonas one");
  const there = await help.hold("Ask @jonas two");
  await expect.poll(() => help.desk.on(there.id), soon).toEqual(["held"]);
  expect(help.desk.asked.filter(({ post }) => post === gone.id)).toHaveLength(1);
  expect(await help.dueMarks()).toBe(0);
});

test("the card says how many lines wait for their authors, and no longer when they were settled", async () => {
  const help = await opened();
  help.desk.refuse = limited;
  const first = await help.hold("Ask @jonas one");
  expect(await help.facts()).toContainEqual({ label: "Held", value: "1 line waits for its author" });
  await help.hold("Ask @jonas two");
  await help.hold("Ask @jonas three");
  expect(await help.facts()).toContainEqual({ label: "Held", value: "3 lines wait for their authors" });
  await help.say("!keep");
  await help.desk.deleteSaid((await help.conversation()).thread!.id, first.id, "Mara", help.host);
  await help.settle();
  await help.say("!send");
  const settled = (await help.messages()).filter(({ held }) => held?.settled !== undefined).length;
  const facts = (await help.facts()).filter(({ label }) => label === "Held");
  expect([settled, facts]).toEqual([2, []]);
});

test("a reply that an edit turns into a note bears the hand or the lock, and a desk that shows marks itself stores none", async () => {
  const help = await opened({ settings: { undoSeconds: 60 } });
  const thread = (await help.conversation()).thread!.id;
  const [asked, closed] = [await help.say("It costs 10"), await help.say("It costs 12")];
  await help.desk.editSaid(thread, asked.id, "Mara", "@jonas does it cost 10?", help.host, 1);
  await help.desk.editSaid(thread, closed.id, "Mara", "note: it costs 12", help.host);
  await help.settle();
  await expect.poll(() => [help.desk.on(asked.id), help.desk.on(closed.id)], soon).toEqual([["held"], ["inside"]]);
  expect(await help.facts()).toContainEqual({ label: "Held", value: "1 line waits for its author" });

  const plain = await buildTestCore();
  await plain.write("Hello");
  await plain.settle();
  await plain.say("Ask @jonas", "Mara", undefined, 1);
  await plain.say("!keep");
  expect(await plain.store.messages.countDocuments({ mark: { $exists: true } })).toBe(0);
});
