/** A process that stood still past its lease must leave no second thread behind when it goes on. */
import { expect, test } from "vitest";
import { LeaseLost } from "../../src/bridge/mirror-work.ts";
import type { Work } from "../../src/bridge/mirror-work.ts";
import { openThread } from "../../src/bridge/open-thread.ts";
import { createRunner } from "../../src/core/lanes/runner.ts";
import type { DeskThreadId } from "../../src/core/model/types.ts";
import { FakeDesk } from "../fakes/fake-desk.ts";
import { buildTestCore } from "../support/core.ts";

/** Opens a new thread whatever the key: the desk can't tell a repeat. */
class ForgetfulDesk extends FakeDesk {
  private opened = 0;
  override openThread: FakeDesk["openThread"] = (target, card, key, signal) => super.openThread(target, card, `${key}:${++this.opened}`, signal);
}

/** A conversation whose thread another holder has opened since, and what the one before still believes. */
async function afterStandingStill(desk: FakeDesk) {
  const help = await buildTestCore({ desk });
  await help.write("hello");
  await help.settle();
  const conversation = await help.conversation();
  const { thread, ...before } = conversation;
  const target = (await help.store.deskTargets.findOne({ _id: conversation.deskTargetId }))!;
  const token = conversation.lanes.mirror!.token - 1;
  const runner = createRunner("mirror", async () => undefined, help.log);
  const work: Work = { core: help.core, runner: () => runner, desk, target, thread: undefined, notes: [], held: { conversation: before, lane: "mirror", token, until: new Date(0), undisturbed: false } };
  return { help, work, thread: thread!.id };
}
const statesOf = async (threads: { find(filter: object): { toArray(): Promise<{ _id: DeskThreadId; state: string }[]> } }) => Object.fromEntries((await threads.find({}).toArray()).map(({ _id, state }) => [_id, state]));

test("it asks for the thread that is there", async () => {
  const { help, work, thread } = await afterStandingStill(new FakeDesk("fake"));
  await expect(openThread(work, "m1")).rejects.toThrow(LeaseLost);
  expect([...help.desk.threads.keys()]).toEqual([thread]);
  expect((await help.conversation()).thread?.id).toBe(thread);
  expect(await statesOf(help.store.threads)).toEqual({ [thread]: "active" });
});

test("where the desk makes a second one, that one is retired", async () => {
  const { help, work, thread } = await afterStandingStill(new ForgetfulDesk("fake"));
  await expect(openThread(work, "m1")).rejects.toThrow(LeaseLost);
  const [, second] = [...help.desk.threads.keys()];
  expect((await help.conversation()).thread?.id).toBe(thread);
  expect(await statesOf(help.store.threads)).toEqual({ [thread]: "active", [second!]: "retired" });
});
