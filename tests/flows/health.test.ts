/** Health tells what stands in the way and lets an administrator take up what was given up. */
import { expect, test } from "vitest";
import { pauseDelivery, resumeDelivery } from "../../src/core/services/delivery-pause.ts";
import { healthOf } from "../../src/core/services/health.ts";
import { sendReply } from "../../src/core/services/send-reply.ts";
import { troubleReporter } from "../../src/core/services/channel-trouble.ts";
import { warningsOf } from "../../src/web-admin/health.ts";
import { buildTestCore } from "../support/core.ts";
import type { TestCore } from "../support/core.ts";

const act = (help: TestCore, userId: string, args: string) => help.host.act({ desk: "fake", userId, thread: null, verb: "health", args });
const until = async (holds: () => Promise<boolean>) => { while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10)); };

/** A picture whose inbox ran nowhere for ten tries. */
async function parkedPicture(help: TestCore) {
  help.channel.remoteFiles.set("r1", { name: "a.png", type: "image/png", content: Buffer.from("a") });
  await help.write("look", "ana", { files: [{ fileId: "", name: "a.png", type: "image/png", bytes: 1, state: "pending", remote: "r1" }] });
  await help.settle();
  const [message] = await help.lines("incoming");
  await help.store.messages.updateOne({ _id: message!._id }, {
    $set: { files: [{ ...message!.files[0]!, fileId: "", state: "pending", remote: "r1" }], todo: [{ for: "fetch-files", tries: 10, parked: { error: "This inbox does not run here.", at: help.clock.now() } }] as never },
  });
  return async () => (await help.store.messages.findOne({ _id: message!._id }))!;
}

test("what was given up is shown, and an administrator alone takes it up again", async () => {
  const help = await buildTestCore();
  const picture = await parkedPicture(help);
  const shown = await act(help, "Mara", "");
  expect(shown).toMatchObject({ ok: true, buttons: [{ id: "health:retry" }] });
  expect(shown.notice).toContain("1 given up after too many tries");
  expect(warningsOf(await healthOf(help.core))).toEqual([expect.stringContaining("health retry")]);
  expect((await act(help, "Jonas", "")).buttons).toBeUndefined();
  expect(await act(help, "Jonas", "retry")).toMatchObject({ ok: false, code: "NOT_ALLOWED" });
  expect((await picture()).todo).toHaveLength(1);
  expect(await act(help, "Mara", "retry")).toMatchObject({ ok: true, notice: expect.stringContaining("1 task is tried again") });
  await until(async () => (await picture()).todo.length === 0);
  expect((await picture()).files).toMatchObject([{ state: "ready", name: "a.png" }]);
  expect((await act(help, "Mara", "retry")).notice).toContain("Nothing was given up");
});

test("what fails again after the retry is tried ten times more before it is parked", async () => {
  const help = await buildTestCore();
  const picture = await parkedPicture(help);
  help.core.channels.clear();
  await act(help, "Mara", "retry");
  await until(async () => (await picture()).todo[0]!.tries === 1);
  expect((await picture()).todo[0]!.parked).toBeUndefined();
});

test("a connection's trouble is told with what mends it, once, until it is over", async () => {
  const help = await buildTestCore();
  const report = troubleReporter(help.core, help.inbox._id);
  report({ code: "BAD_TOKEN", text: "Telegram refused the bot's token. Get a new one." });
  await until(async () => (await healthOf(help.core)).channels.length === 1);
  const [first] = (await healthOf(help.core)).channels;
  expect(first).toMatchObject({ inbox: "Website", code: "BAD_TOKEN" });
  help.clock.advance(120_000);
  // another process, or this one after a restart, meets the same trouble
  troubleReporter(help.core, help.inbox._id)({ code: "BAD_TOKEN", text: "Telegram refused the bot's token. Get a new one." });
  expect((await act(help, "Jonas", "")).notice).toContain("Website does not work (noticed 2 min ago): Telegram refused the bot's token. Get a new one.");
  expect(warningsOf(await healthOf(help.core))).toEqual(["Website: Telegram refused the bot's token. Get a new one."]);
  expect((await healthOf(help.core)).channels[0]!.since).toEqual(first!.since);
  report(null);
  await until(async () => (await healthOf(help.core)).channels.length === 0);
});

test("an inbox that is off has no trouble to show", async () => {
  const help = await buildTestCore();
  troubleReporter(help.core, "gone")({ code: "BAD_TOKEN", text: "x" });
  await until(async () => (await help.store.settings.findOne({ _id: "trouble:gone" })) !== null);
  expect((await healthOf(help.core)).channels).toEqual([]);
});

test("resuming counts all that waited and leaves none behind, however much it is", async () => {
  const help = await buildTestCore({ limits: { sweepMs: 50 } });
  await pauseDelivery(help.core, { type: "system", name: "a test" });
  await help.write("Hi");
  const { _id, ...like } = await sendReply(help.core, { conversation: await help.conversation(), agent: help.mara, body: "one of many", files: [], source: "test:0" });
  const many = Array.from({ length: 450 }, (_, i) => ({
    ...like, _id: `${_id}-${i}`, seq: 100 + i, source: `test:${i + 1}`, conversationId: `other-${i}`, mirror: { ...like.mirror, state: "none" as const }, delivery: { ...like.delivery, turn: 100 + i },
  })).map(({ mirror: { dueAt: _dueAt, ...mirror }, ...message }) => ({ ...message, mirror }));
  await help.store.messages.insertMany(many);
  const looked = new Set<string>();
  help.core.bus.on("lane.due", ({ lane, conversationId }) => { if (lane === "delivery") looked.add(conversationId); });
  expect(await resumeDelivery(help.core, { type: "system", name: "a test" })).toEqual({ queued: 451 });
  expect(looked.size).toBeGreaterThanOrEqual(200);
  await until(async () => looked.size >= 451);
});
