import { describe, expect, test } from "vitest";
import { readThreadId } from "../../src/bridge/discord/ids.ts";
import type { DeskThreadId } from "../../src/core/model/types.ts";
import type { Card } from "../../src/core/ports.ts";
import { sampleCard } from "../contracts/desk-contract.ts";
import { cardText, line, soon, startOut } from "../support/discord-out.ts";

type Bench = Awaited<ReturnType<typeof startOut>>;
const thrown = (call: Promise<unknown>) => call.then(() => { throw new Error("was not refused"); }, (error: unknown) => error);
const tagsOf = ({ home, channelOf }: Bench, thread: DeskThreadId) => channelOf(thread).appliedTags.map((id) => home.tags.find((tag) => tag.id === id)?.name);
const resolved = (card = sampleCard()): Card => ({ ...card, status: "resolved", collapsed: true, buttons: [{ id: "reopen", label: "Reopen", style: "main" }] });

describe("tags", () => {
  test("tell status, priority and channel, are made where they are missing, and leave those of people alone", async () => {
    const bench = await startOut({ tags: ["vip", "open"] });
    const { fake, out, home, thread, channelOf } = bench;
    expect(tagsOf(bench, thread)).toEqual(["open", "Widget"]);
    fake.changeThread(channelOf(thread), { appliedTags: [...channelOf(thread).appliedTags, home.tags.find(({ name }) => name === "vip")!.id] });
    await out.updateCard(thread, { ...sampleCard(), status: "snoozed", priority: "urgent" }, soon());
    expect(tagsOf(bench, thread)).toEqual(["Snoozed", "Urgent", "Widget", "vip"]);
    await out.updateCard(thread, resolved(), soon());
    expect(tagsOf(bench, thread)).toEqual(["Resolved", "Widget", "vip"]);
  });

  test("all for status and priority are made in one call; where room is short those for the status come first", async () => {
    const first = await startOut();
    const names = ["Open", "Pending", "Snoozed", "Resolved", "Low", "Medium", "High", "Urgent", "Widget"];
    expect(first.home.tags.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    for (const status of ["pending", "snoozed"] as const) await first.out.updateCard(first.thread, { ...sampleCard(), status, priority: "low" }, soon());
    await first.out.updateCard(first.thread, resolved(), soon());
    expect(first.fake.calls.filter(({ body }) => (body as { available_tags?: unknown }).available_tags !== undefined)).toHaveLength(1);
    const short = await startOut({ tags: Array.from({ length: 15 }, (_, n) => `tag ${n}`) });
    expect(short.home.tags.slice(15).map(({ name }) => name)).toEqual(["Open", "Pending", "Snoozed", "Resolved", "Widget"]);
    expect(tagsOf(short, short.thread)).toEqual(["Open", "Widget"]);
  });

  test("one that was deleted is made anew", async () => {
    const bench = await startOut();
    const { fake, out, home, thread, open } = bench;
    fake.deleteTag(home, "Widget");
    await out.updateCard(thread, { ...sampleCard(), status: "pending" }, soon());
    expect(tagsOf(bench, thread)).toEqual(["Pending", "Widget"]);
    fake.deleteTag(home, "Widget");
    expect(tagsOf(bench, await open(sampleCard(), "c2:0"))).toEqual(["Open", "Widget"]);
  });

  test("without the permission, or with no room, those that are there have to do, and a forum that asks for one gets one", async () => {
    const bench = await startOut({ tags: Array.from({ length: 20 }, (_, n) => `tag ${n}`) });
    const { fake, home, thread, open } = bench;
    expect(tagsOf(bench, thread)).toEqual([]);
    fake.removePermission("MANAGE_CHANNELS");
    home.flags = 16;
    const again = bench.again();
    expect(tagsOf(bench, await open(sampleCard(), "c2:0", again))).toEqual(["tag 0"]);
  });
});

describe.each([["a forum", false], ["a text channel", true]])("in %s", (_name, text) => {
  test("resolved is archived and locked; open again it is neither, whoever shows it", async () => {
    const { out, thread, again, channelOf, cardOf } = await startOut({ text });
    for (const desk of [out, again()]) {
      await desk.updateCard(thread, resolved(), soon());
      expect(channelOf(thread).thread).toMatchObject({ archived: true, locked: true });
      expect(cardText(cardOf(thread).components)).toContain("✅ Resolved · #1042");
      await desk.updateCard(thread, resolved(sampleCard("Another subject")), soon());
      expect(channelOf(thread).thread).toMatchObject({ archived: true, locked: true });
      await desk.updateCard(thread, sampleCard(), soon());
      expect(channelOf(thread).thread).toMatchObject({ archived: false, locked: false });
    }
  });

  test("what is shown already is not asked for again", async () => {
    const { fake, out, thread } = await startOut({ text });
    fake.calls.length = 0;
    for (let n = 0; n < 3; n++) await out.updateCard(thread, { ...sampleCard(), lastLine: `Ana: ${n}` }, soon());
    expect(fake.calls.filter(({ method }) => method !== "GET").map(({ route }) => route)).toEqual(Array(3).fill("/channels/:channel/messages/:message"));
  });

  test("a thread that may have been opened is looked for", async () => {
    const { fake, out, thread, again, home } = await startOut({ text });
    expect(await again().openThread("support", sampleCard(), "c1:0", soon(), true)).toBe(thread);
    expect(await again().openThread(home.id, sampleCard(), "c2:0", soon(), true)).not.toBe(thread);
    await out.updateCard(thread, resolved(), soon());
    expect(await again().openThread("#support", sampleCard(), "c1:0", soon(), true)).toBe(thread);
    expect(fake.threads()).toHaveLength(2);
    expect(await again().conversationOf(thread, soon())).toBe("c1");
  });

  test("a lost answer opens no second thread", async () => {
    const { fake, open, again } = await startOut({ text });
    fake.fail(/^POST .*\/threads$/, { dropAfterEffect: true });
    const error = await thrown(open(sampleCard(), "c2:0"));
    expect(error).toMatchObject({ code: "UNREACHABLE", o: { certain: false } });
    const thread = await again().openThread("#support", sampleCard(), "c2:0", soon(), true);
    expect(fake.threads()).toHaveLength(2);
    expect(await again().conversationOf(thread, soon())).toBe("c1");
  });

  test("a card that is gone is a thread that is gone; a thread of somebody's is no conversation's", async () => {
    const { fake, out, thread, again, home, idOf, cardOf } = await startOut({ text });
    const { thread: theirs } = fake.memberStartsThread(home, fake.ownerId, "lunch", "pizza?");
    if (!text) expect(await out.conversationOf(idOf(theirs), soon())).toBeNull();
    fake.memberDeletes(cardOf(thread), fake.ownerId);
    expect(await thrown(out.updateCard(thread, sampleCard(), soon()))).toMatchObject({ code: "THREAD_GONE" });
    expect(await again().conversationOf(thread, soon())).toBeNull();
  });

  test("a server with no room for another thread keeps what comes, and takes it when there is some", async () => {
    const { fake, open } = await startOut({ text });
    fake.activeThreadCap = 1;
    expect(await thrown(open(sampleCard(), "c2:0"))).toMatchObject({ code: "UNREACHABLE", message: expect.stringContaining("no room for another active thread") });
    fake.activeThreadCap = 2;
    await open(sampleCard(), "c2:0");
    expect(fake.activeThreads()).toHaveLength(2);
    expect(fake.messagesIn(fake.activeThreads()[0]!.parent!).filter(({ type }) => type === 0)).toHaveLength(text ? 2 : 0);
  });
});

describe("titles", () => {
  test("follow the subject, twice in ten minutes at most, and no more", async () => {
    const { fake, out, thread, clock, channelOf } = await startOut();
    expect(channelOf(thread).name).toBe("#1042 Ana · Widget: Where is my order?");
    for (const title of ["one", "two", "three", "four"]) await out.updateCard(thread, sampleCard(title), soon());
    expect(channelOf(thread).name).toBe("#1042 Ana · Widget: two");
    clock.advance(11 * 60_000);
    fake.advance(11 * 60_000);
    await out.updateCard(thread, sampleCard("four"), soon());
    expect(channelOf(thread).name).toBe("#1042 Ana · Widget: four");
  });

  test("one that others renamed too often is left, and the card is shown all the same", async () => {
    const { out, thread, again, channelOf, cardOf } = await startOut();
    for (const title of ["one", "two"]) await out.updateCard(thread, sampleCard(title), soon());
    await again().updateCard(thread, { ...sampleCard("three"), status: "pending" }, soon());
    expect(channelOf(thread).name).toContain("two");
    expect(cardText(cardOf(thread).components)).toContain("three");
  });
});

test("that there is hardly room for more threads is said before it is reached, and once there is room again", async () => {
  const { fake, said, out, open } = await startOut();
  await fake.until(() => said.length > 0, "the first count");
  for (let n = 0; n < 900; n++) fake.memberStartsThread([...fake.channels.values()][0]!, fake.ownerId, `t${n}`, "x");
  await out.cap.count();
  expect(said.at(-1)).toContain("901 active threads");
  for (const thread of fake.activeThreads().slice(0, 100)) fake.changeThread(thread, { archived: true });
  await out.cap.count();
  expect(said.at(-1)).toBeNull();
  await open(sampleCard(), "c9:0");
});

test("a channel is known by its name or id; what it is not is said in words", async () => {
  const { fake, out, home } = await startOut();
  expect((await out.channels.resolve("SUPPORT")).id).toBe(home.id);
  expect((await out.channels.resolve(home.id)).kind).toBe("forum");
  expect(await thrown(out.channels.resolve("#nowhere"))).toMatchObject({ code: "UNREACHABLE", o: { certain: true }, message: expect.stringContaining("#nowhere") });
  expect(await thrown(out.channels.resolve(fake.ids.next()))).toMatchObject({ code: "UNREACHABLE", message: expect.stringContaining("was deleted on Discord") });
  await out.post((await out.openThread(home.id, sampleCard(), "c5:0", soon(), false)), line("hi"), "m9", soon());
  expect(await thrown(out.post("discord:1:2" as DeskThreadId, line("hi"), "m9", soon()))).toMatchObject({ code: "THREAD_GONE" });
  expect(() => readThreadId("slack:T1:C1:1.1" as DeskThreadId)).toThrow("not on Discord");
});

describe.each([["a forum", false], ["a text channel", true]])("what was left for another desk, in %s,", (_name, text) => {
  test("points there, without our tags; it is archived but not locked, and keeps one button", async () => {
    const bench = await startOut({ text });
    const { out, thread, again, channelOf, cardOf } = bench;
    const moved = { ...sampleCard(), collapsed: true, lastLine: null, buttons: [{ id: "transfer", label: "Move it again" }], moved: { to: "Billing (Slack)", by: "Mara @everyone", arrived: true, link: "https://acme.slack.com/archives/C1/p1700000000000100" } };
    for (const desk of [out, again()]) {
      await desk.updateCard(thread, moved, soon());
      expect(cardText(cardOf(thread).components)).toMatch(/➡️ #1042.*\nMoved to Billing \(Slack\) by Mara \\@everyone: <https:\/\/acme\.slack\.com\/archives\/C1\/p1700000000000100>/);
      expect(channelOf(thread).thread).toMatchObject({ archived: true, locked: false });
      expect(channelOf(thread).appliedTags).toEqual([]);
    }
    expect(await again().conversationOf(thread, soon())).toBe("c1");
  });
});
