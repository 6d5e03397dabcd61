/** What agents did in a thread, handled late, twice, or in another order: nothing leaks, nothing runs twice, nobody is left untold. */
import { expect, test } from "vitest";
import type { DeskFile, DeskThreadId } from "../../src/core/model/types.ts";
import type { DeskHost, IncomingDeskEvent } from "../../src/core/ports.ts";
import { pauseDelivery, resumeDelivery } from "../../src/core/services/delivery-pause.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { agentAuthor } from "../../src/core/services/send-reply.ts";
import { acceptDeskEvents } from "../../src/bridge/intake.ts";
import { buildTestCore } from "../support/core.ts";

type Help = Awaited<ReturnType<typeof opened>>;
const threadOf = async (help: Help) => (await help.conversation()).thread!.id;
async function opened(options: Parameters<typeof buildTestCore>[0] = {}) {
  const help = await buildTestCore(options);
  await help.write("Hi");
  await help.settle();
  return help;
}
async function until(holds: () => unknown): Promise<void> {
  for (const end = Date.now() + 10_000; !(await holds()); ) {
    if (Date.now() > end) throw new Error("It did not come to that within 10 s.");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
const line = (thread: DeskThreadId, postId: string, text: string, at: Date, files: DeskFile[] = []): IncomingDeskEvent =>
  ({ id: `${postId}:new`, thread, at, data: { type: "message", postId, userId: "Mara", userName: "Mara", userKind: "person", text, mentions: 0, files } });
const edit = (thread: DeskThreadId, postId: string, text: string, at: Date): IncomingDeskEvent =>
  ({ id: `${postId}:edit:${at.toISOString()}`, thread, at, data: { type: "edit", postId, userId: "Mara", text, mentions: 0, editedAt: at } });
const again = (help: Help, id: string) => help.store.deskEvents.updateOne({ _id: { $regex: id } } as object, { $set: { dueAt: help.clock.now() }, $unset: { handledAt: "" } });
const handled = (help: Help, id: string) => async () => (await help.store.deskEvents.findOne({ _id: { $regex: id } } as object))?.handledAt !== undefined;
const host = (help: Help): DeskHost => help.host;

test("an edit that is handled before its message still turns the reply into a note", async () => {
  const help = await opened();
  const thread = await threadOf(help);
  const at = help.clock.now();
  await host(help).accept("fake", [edit(thread, "x1", "note: keep this inside", new Date(at.getTime() + 5))]);
  await until(handled(help, "x1:edit"));
  await host(help).accept("fake", [line(thread, "x1", "send this", at)]);
  await until(async () => (await help.lines("note")).length === 1);
  await help.settle();
  expect(help.channel.sent).toEqual([]);
  expect((await help.lines("note"))[0]!.body).toBe("keep this inside");
});

test("a ❌ that is handled before its message still cancels the reply", async () => {
  const help = await opened();
  const thread = await threadOf(help);
  const at = help.clock.now();
  await host(help).accept("fake", [{ id: "x1:react:1", thread, at, data: { type: "reaction", postId: "x1", userId: "Mara", emoji: "❌", removed: false } }]);
  await until(handled(help, "x1:react"));
  await host(help).accept("fake", [line(thread, "x1", "send this", at)]);
  await until(async () => (await help.lines("outgoing"))[0]?.delivery.state === "cancelled");
  expect(help.channel.sent).toEqual([]);
});

test("a command that was begun before a crash is not run again: !send releases no second line", async () => {
  const help = await opened();
  await help.say("@Jonas one", "Mara", undefined, 1);
  await help.say("@Jonas two", "Mara", undefined, 1);
  const post = await help.say("!send");
  expect(help.channel.textsTo("ana")).toEqual(["@Jonas two"]);
  await again(help, `${post.id}:new`);
  await until(handled(help, `${post.id}:new`));
  await help.settle();
  expect(help.channel.textsTo("ana")).toEqual(["@Jonas two"]);
  expect(help.desk.notices.at(-1)!.notice.text).toContain("does not run it twice");
});

test("a held line whose author was not told before a crash is offered again; a reply that was queued still goes, untold", async () => {
  const help = await opened();
  const heldPost = await help.say("@Jonas look", "Mara", undefined, 1);
  const sent = await help.say("a plain reply");
  help.desk.notices.length = 0;
  help.clock.advance(600_000);
  await again(help, `${heldPost.id}:new`);
  await again(help, `${sent.id}:new`);
  await until(handled(help, `${heldPost.id}:new`));
  await until(handled(help, `${sent.id}:new`));
  await help.settle();
  expect(help.desk.notices.map(({ notice }) => notice.buttons.map((b) => b.id))).toEqual([["send", "keep"]]);
  expect(help.channel.textsTo("ana")).toEqual(["a plain reply"]);
});

test("a line that can't be taken over is told to its author when it is given up", async () => {
  const help = await opened({ limits: { maxTries: 1 } });
  await help.store.inboxes.deleteOne({ _id: help.inbox._id });
  forgetSettings(help.core);
  await host(help).accept("fake", [line(await threadOf(help), "x1", "Hello", help.clock.now())]);
  await until(handled(help, "x1:new"));
  await until(() => help.desk.notices.length > 0);
  expect(help.desk.notices.at(-1)).toMatchObject({ userId: "Mara" });
  expect(help.desk.notices.at(-1)!.notice.text).toContain("could not take your message over");
});

test("a desk that never answers a notice holds up nobody", async () => {
  const help = await opened({ limits: { vendorCallMs: 200 } });
  const notify = help.desk.notify.bind(help.desk);
  help.desk.notify = () => new Promise(() => undefined);
  const thread = await threadOf(help);
  await host(help).accept("fake", [{ ...line(thread, "x1", "@Jonas?", help.clock.now()), data: { type: "message", postId: "x1", userId: "Mara", userName: "Mara", userKind: "person", text: "@Jonas?", mentions: 1, files: [] } }]);
  await until(async () => (await help.lines("note")).length === 1);
  help.desk.notify = notify;
  await help.say("and on it goes");
  expect(help.channel.textsTo("ana")).toEqual(["and on it goes"]);
});

test("a repeat among new events is no error, anything else is not acknowledged", async () => {
  const help = await opened();
  const thread = await threadOf(help);
  const at = help.clock.now();
  const first = line(thread, "x1", "note: one", at);
  await host(help).accept("fake", [first]);
  await host(help).accept("fake", [first, line(thread, "x2", "note: two", at)]);
  await help.settle();
  expect((await help.lines("note")).map((m) => m.body)).toEqual(["one", "two"]);
  const mixed = async () => { throw Object.assign(new Error("mixed"), { code: 11000, writeErrors: [{ index: 0, code: 11000, errmsg: "a repeat" }, { index: 1, code: 121, errmsg: "not valid" }] }); };
  const broken = { ...help.core, store: { ...help.store, deskEvents: { insertMany: mixed } } };
  await expect(acceptDeskEvents(broken as unknown as Help["core"], "fake", [first, line(thread, "x3", "note: three", at)])).rejects.toThrow("not valid");
});

test("a reply that waited through an outage goes, and its author learns that it was late", async () => {
  const help = await opened();
  await pauseDelivery(help.core, agentAuthor(help.mara));
  await help.desk.say(await threadOf(help), "Mara", "before the outage", help.host);
  await until(async () => (await help.lines("outgoing")).length === 1);
  help.clock.advance(600_000);
  await resumeDelivery(help.core, agentAuthor(help.mara));
  await until(() => help.channel.sent.length === 1);
  await help.settle();
  expect((await help.lines("outgoing"))[0]!.delivery.late).toBe(true);
  expect(help.desk.notices.at(-1)!.notice.text).toContain("late");
});
