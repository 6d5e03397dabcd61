/** A customer's change that comes before its message, or more than once, or out of turn, ends as the customer meant it. */
import { expect, test } from "vitest";
import { sweepOnce } from "../../src/core/lanes/sweep.ts";
import type { InboundEvent } from "../../src/core/ports.ts";
import { buildTestCore } from "../support/core.ts";
import type { TestCore } from "../support/core.ts";

type Of<T extends InboundEvent["type"]> = Extract<InboundEvent, { type: T }>;
const edit = (help: TestCore, text: string, eventId: string, at: Date): Of<"edit"> => ({ type: "edit", inboxId: help.inbox._id, address: "ana", channelMessageId: "m1", eventId, text, at });
const deletion = (help: TestCore): Of<"delete"> => ({ type: "delete", inboxId: help.inbox._id, address: "ana", channelMessageId: "m1", eventId: "d1", at: new Date() });
const theMessage = async (help: TestCore) => (await help.lines("incoming")).at(-1)!;
const until = async (holds: () => Promise<boolean>) => { while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10)); };
const nothingKept = (help: TestCore) => until(async () => (await help.store.earlyChanges.countDocuments()) === 0);

test("an edit that overtook its message is carried out when the message comes", async () => {
  const help = await buildTestCore();
  const now = Date.now();
  const second = edit(help, "Where is my parcel, please?", "e2", new Date(now + 2_000));
  expect((await help.receive(second)).outcome).toBe("kept");
  expect((await help.receive(edit(help, "Where is my parcel", "e1", new Date(now + 1_000)))).outcome).toBe("kept");
  expect((await help.receive(second)).outcome).toBe("duplicate");
  expect((await help.write("Wehre is my parcel", "ana", { channelMessageId: "m1" })).outcome).toBe("stored");
  await nothingKept(help);
  await help.settle();
  expect(await theMessage(help)).toMatchObject({ body: "Where is my parcel, please?", revisions: [{ was: "Wehre is my parcel" }, { was: "Where is my parcel" }] });
  expect(await help.texts()).toEqual(["Where is my parcel, please?"]);
  // Repeats of either change nothing more.
  await help.receive(second);
  expect((await help.write("Wehre is my parcel", "ana", { channelMessageId: "m1" })).outcome).toBe("duplicate");
  expect((await theMessage(help)).revisions).toHaveLength(2);
});

test("a deletion that overtook its message is carried out when the message comes", async () => {
  const help = await buildTestCore();
  expect((await help.receive(deletion(help))).outcome).toBe("kept");
  await help.write("my card number is …", "ana", { channelMessageId: "m1" });
  await nothingKept(help);
  await help.settle();
  expect((await theMessage(help)).deletedAt).toBeInstanceOf(Date);
});

test("what another process kept, or this one before it stopped, the sweep carries out", async () => {
  const help = await buildTestCore({ limits: { sweepMs: 600_000 } });
  await help.receive(edit(help, "right", "e1", new Date()));
  const other = await buildTestCore({ store: help.store, channel: help.channel, desk: help.desk, clock: help.clock, limits: { sweepMs: 600_000 } });
  await other.write("wrong", "ana", { channelMessageId: "m1" });
  await other.settle();
  expect((await theMessage(other)).body).toBe("wrong");
  help.clock.advance(3_000);
  await sweepOnce(other.core);
  expect((await theMessage(other)).body).toBe("right");
  expect(await help.store.earlyChanges.countDocuments()).toBe(0);
});

test("what belongs to a message that never comes is looked for less and less often, and forgotten", async () => {
  const help = await buildTestCore({ limits: { sweepMs: 600_000 } });
  await help.receive(deletion(help));
  const kept = async () => (await help.store.earlyChanges.findOne({}))!;
  expect((await kept()).expiresAt.getTime() - (await kept()).keptAt.getTime()).toBe(24 * 3_600_000);
  const waits: number[] = [];
  for (const seconds of [3, 30, 600]) {
    help.clock.advance(seconds * 1_000);
    await sweepOnce(help.core);
    waits.push(Math.round(((await kept()).lookAt.getTime() - help.clock.now().getTime()) / 1_000));
  }
  expect(waits.map((wait) => wait <= 60 && wait >= 2)).toEqual([true, true, true]);
  expect(waits[2]).toBe(60);
  expect(waits[0]).toBeLessThan(waits[2]!);
});

test("a repeat of an older reaction does not bring it back, and two at once leave no mixture", async () => {
  const help = await buildTestCore();
  await help.write("Hello", "ana", { channelMessageId: "m1" });
  await help.settle();
  const react = (eventId: string, ...emojis: string[]): Promise<{ outcome: string }> => help.receive({ type: "reaction", inboxId: help.inbox._id, address: "ana", vendorId: "m1", eventId, emojis, at: new Date() });
  await react("r1", "👍");
  await react("r2", "🎉");
  expect((await react("r1", "👍")).outcome).toBe("duplicate");
  expect((await theMessage(help)).reactions.map((one) => one.emoji)).toEqual(["🎉"]);
  await Promise.all([react("r3", "❤"), react("r3", "❤"), react("r3", "❤")]);
  expect((await theMessage(help)).reactions.map((one) => one.emoji)).toEqual(["❤"]);
  // Stopped between the line and the mark: the vendor's repeat sets it.
  await help.store.messages.updateOne({ _id: (await theMessage(help))._id }, { $set: { reactions: [] } });
  await react("r3", "❤");
  expect((await theMessage(help)).reactions.map((one) => one.emoji)).toEqual(["❤"]);
  expect((await help.lines("activity")).filter((line) => line.activity?.type === "reaction")).toHaveLength(3);
});
