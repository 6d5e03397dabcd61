/** What somebody must hear is stored with what happened, and said after a crash at any step; nobody hears what has passed. */
import { expect, test } from "vitest";
import { DeskError } from "../../src/core/errors.ts";
import { sweepOnce } from "../../src/core/lanes/sweep.ts";
import { requestTransfer } from "../../src/core/services/transfer-request.ts";
import type { Core } from "../../src/core/core.ts";
import { oneConversation, sharedStore } from "./verbs-support.ts";

const store = sharedStore();
const WAIT = { timeout: 40_000 };

/** A process that dies when it does this. */
const dying = (core: Core, collection: "messages" | "tellings" | "conversations", method: string): Core => ({
  ...core,
  store: { ...core.store, [collection]: new Proxy(core.store[collection], {
    get(target, name) {
      if (name === method) return () => { throw new Error("the process died"); };
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  }) },
});

test.each([
  ["before the line of the timeline", "messages", "insertOne"], ["before the words are stored", "tellings", "insertMany"], ["before the outbox is emptied", "conversations", "updateOne"], ["before they are said", null, ""],
] as const)("an administrator hears of a request, though the process died %s", async (_when, collection, method) => {
  const first = await oneConversation(store());
  await first.help.assembly.stop();
  const core = collection === null ? first.help.core : dying(first.help.core, collection, method);
  const asked = requestTransfer(core, { conversation: await first.now(), by: first.help.jonas, to: first.help.jonas });
  await (collection === null ? asked : expect(asked).rejects.toThrow("the process died"));
  const { desk } = first.help;
  const { number } = await first.now();
  const heard = () => desk.notices.filter(({ userId, notice }) => userId === "Mara" && notice.text.includes(`asks for #${number}`));
  expect(heard()).toEqual([]);

  const second = await oneConversation(store());
  second.help.clock.advance(2_000);
  await sweepOnce(second.help.core);
  await expect.poll(() => heard().length, WAIT).toBe(1);
  expect(heard()[0]!.notice.buttons.map(({ id }) => id)).toEqual(["approve", "decline"]);
  await second.help.settle();
  await sweepOnce(second.help.core);
  await second.help.settle();
  expect(heard()).toHaveLength(1);
  expect(await store().tellings.countDocuments({ conversationId: first.id, dueAt: { $exists: true } })).toBe(0);
});

test("a desk that can't be reached is tried again; what was decided meanwhile is not asked any more", async () => {
  const { help, act, id, now } = await oneConversation(store());
  const notify = help.desk.notify.bind(help.desk);
  help.desk.notify = () => Promise.reject(new DeskError("UNREACHABLE", "down", { certain: true }));
  await act("Jonas", "request");
  const { number } = await now();
  await expect.poll(async () => store().tellings.countDocuments({ conversationId: id, dueAt: { $exists: true }, tries: 1 }), WAIT).toBe(1);
  await act("Mara", "approve");
  help.desk.notify = notify;
  help.clock.advance(60_000);
  await sweepOnce(help.core);
  await expect.poll(async () => store().tellings.countDocuments({ conversationId: id, dueAt: { $exists: true } }), WAIT).toBe(0);
  const told = help.desk.notices.filter(({ notice }) => notice.text.includes(`#${number}`)).map(({ userId, notice }) => [userId, notice.text]);
  expect(told.filter(([who]) => who === "Jonas")).toEqual([["Jonas", `#${number} is yours now: Mara has approved it.`]]);
  expect(told.filter(([, text]) => text!.includes("asks for"))).toEqual([]);
});
