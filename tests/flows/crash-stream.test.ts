/** A desk whose events don't reach us for a while: replies wait for what was missed, a deletion wins, nothing that is late goes by itself. */
import { expect, test } from "vitest";
import { silentSince } from "../../src/core/services/inbox-settings.ts";
import { buildTestCore } from "../support/core.ts";

async function opened(options: Parameters<typeof buildTestCore>[0] = {}) {
  const help = await buildTestCore(options);
  await help.host.stream("fake", "up");
  await help.write("Hi");
  await help.settle();
  const thread = (await help.conversation()).thread!.id;
  return { ...help, thread };
}
async function until(holds: () => unknown): Promise<void> {
  for (const end = Date.now() + 10_000; !(await holds()); ) {
    if (Date.now() > end) throw new Error("It did not come to that within 10 s.");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("a due reply waits while the desk is silent; its deletion meanwhile is found and wins", async () => {
  const help = await opened({ settings: { undoSeconds: 1 } });
  const post = await help.desk.say(help.thread, "Mara", "take this back", help.host);
  await until(async () => (await help.lines("outgoing")).length === 1);
  await help.host.stream("fake", "down");
  help.clock.advance(5_000);
  await help.desk.deleteSaid(help.thread, post.id, "Mara");
  await until(async () => (await help.lines("outgoing"))[0]!.mirror.receipt === "queued");
  expect(help.channel.sent).toEqual([]);
  await help.host.stream("fake", "up");
  await until(async () => (await help.lines("outgoing"))[0]!.delivery.state === "cancelled");
  await help.settle();
  expect(help.channel.sent).toEqual([]);
});

test("what was written while the desk was silent is caught up, and goes when it is not late", async () => {
  const help = await opened();
  await help.host.stream("fake", "down");
  await help.desk.say(help.thread, "Mara", "written unheard");
  await help.host.stream("fake", "up");
  await until(() => help.channel.textsTo("ana").length === 1);
  expect(help.channel.textsTo("ana")).toEqual(["written unheard"]);
});

test("what is caught up two minutes later is held", async () => {
  const help = await opened();
  await help.host.stream("fake", "down");
  await help.desk.say(help.thread, "Mara", "written unheard");
  help.clock.advance(150_000);
  await help.host.stream("fake", "up");
  await until(async () => (await help.lines("note")).length === 1);
  expect((await help.lines("note"))[0]!.held?.why).toBe("late");
  expect(help.channel.sent).toEqual([]);
});

test("after a minute it goes all the same, and its author is told", async () => {
  const help = await opened();
  await help.host.stream("fake", "down");
  await help.desk.say(help.thread, "Mara", "can't wait", help.host);
  await until(async () => (await help.lines("outgoing")).length === 1);
  help.clock.advance(61_000);
  await until(() => help.channel.sent.length === 1);
  await help.settle();
  expect((await help.lines("outgoing"))[0]!.delivery.blind).toBe(true);
  expect(help.desk.notices.at(-1)!.notice.text).toContain("connection");
});

test("a catch-up that fails is tried again, and the desk counts as silent until then", async () => {
  const help = await opened();
  await help.host.stream("fake", "down");
  expect(await silentSince(help.core, "fake")).not.toBeNull();
  const changed = help.desk.changedSince.bind(help.desk);
  help.desk.changedSince = async () => { throw new Error("away"); };
  await help.host.stream("fake", "up");
  expect(await silentSince(help.core, "fake")).not.toBeNull();
  help.desk.changedSince = changed;
  await help.host.stream("fake", "up");
  expect(await silentSince(help.core, "fake")).toBeNull();
});

test("a thread that was opened but never recorded is adopted as retired: what is written there stays inside, and says where to go", async () => {
  const help = await opened();
  const conversation = await help.conversation();
  const target = (await help.store.deskTargets.findOne({ _id: conversation.deskTargetId }))!;
  const { card } = help.desk.threads.get(help.thread)!;
  const lost = await help.desk.openThread(target, card, "an opening that was not recorded", AbortSignal.timeout(1_000));
  await help.desk.say(lost, "Mara", "in the wrong place", help.host);
  help.clock.advance(31_000);
  await until(async () => (await help.lines("note")).length === 1);
  await help.settle();
  expect(await help.store.threads.findOne({ _id: lost })).toMatchObject({ state: "retired", conversationId: conversation._id });
  expect((await help.lines("note"))[0]).toMatchObject({ body: "in the wrong place" });
  expect(help.channel.sent).toEqual([]);
  expect(help.desk.notices.at(-1)!.notice.text).toContain("replaced");
});

test("a catch-up from before the connection broke again does not make the desk count as heard", async () => {
  const help = await opened();
  await help.host.stream("fake", "down");
  const changed = help.desk.changedSince.bind(help.desk);
  const waiting: (() => void)[] = [];
  help.desk.changedSince = async (...asked) => { await new Promise<void>((go) => { waiting.push(go); }); return changed(...asked); };
  const first = help.host.stream("fake", "up");
  await until(() => waiting.length === 1);
  await help.host.stream("fake", "down");
  const second = help.host.stream("fake", "up");
  await until(() => waiting.length === 2);
  waiting[0]!();
  await first;
  expect(await silentSince(help.core, "fake")).not.toBeNull();
  waiting[1]!();
  await second;
  expect(await silentSince(help.core, "fake")).toBeNull();
});

test("a connection that breaks while it is noted as standing counts as silent", async () => {
  const help = await opened();
  await help.host.stream("fake", "down");
  const { leases } = help.store;
  const update = leases.updateOne.bind(leases);
  leases.updateOne = (async (...asked: Parameters<typeof update>) => {
    leases.updateOne = update;
    await help.host.stream("fake", "down");
    return update(...asked);
  }) as typeof leases.updateOne;
  await help.host.stream("fake", "up");
  expect(await silentSince(help.core, "fake")).not.toBeNull();
  await help.host.stream("fake", "up");
  expect(await silentSince(help.core, "fake")).toBeNull();
});
