/** Agents' files come over beside the intake: their reply waits for them in its place, everything else goes on. */
import { expect, test } from "vitest";
import { DeskError } from "../../src/core/errors.ts";
import type { DeskFile, FileRef } from "../../src/core/model/types.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { buildTestCore, type TestCoreOptions } from "../support/core.ts";
import { twoDesks } from "../support/two-desks.ts";

const WAIT = { timeout: 40_000, interval: 20 };
const PDF: DeskFile = { name: "invoice.pdf", type: "application/pdf", bytes: 4, ref: "F1" };

/** A conversation with one line of the customer's, on a desk whose files come when the test lets them. */
async function opened(options: TestCoreOptions = {}) {
  const help = await buildTestCore(options);
  const asked: DeskFile[] = [];
  let answer: (file: DeskFile) => Promise<FileRef> = ({ name, type }) => help.core.files.put({ name, type, owner: "desk" }, Buffer.from("%PDF"), 100);
  Object.assign(help.desk, { fetchFile: (file: DeskFile) => { asked.push(file); return answer(file); } });
  await help.write("May I have the invoice?");
  await help.settle();
  const thread = (await help.conversation()).thread!.id;
  let posts = 0;
  return {
    ...help, asked, thread,
    files: (how: typeof answer) => { answer = how; },
    stored: ({ name, type }: DeskFile) => help.core.files.put({ name, type, owner: "desk" }, Buffer.from("%PDF"), 100),
    async says(text: string, files: DeskFile[] = []): Promise<string> {
      const postId = `x${++posts}`;
      await help.host.accept("fake", [{ id: `${postId}:new`, thread, at: help.clock.now(), data: { type: "message", postId, userId: "Mara", userName: "Mara", userKind: "person", text, mentions: 0, files } }]);
      return postId;
    },
    /** Texts and files' names, as the customer got them. */
    sent: () => help.channel.sent.flatMap(({ text, files }) => [...(text === "" ? [] : [text]), ...files]),
    outgoing: () => help.lines("outgoing"),
  };
}

test("a file that takes long holds up neither notes nor commands, and its reply goes before the one that was written after it", async () => {
  const help = await opened();
  let come = () => undefined as void;
  const coming = new Promise<void>((done) => { come = done; });
  help.files(async (file) => { await coming; return help.stored(file); });
  await help.says("Here it is", [PDF]);
  await help.says("Anything else?");
  await help.says("note: paid by card");
  await help.says("!label billing");
  await expect.poll(async () => (await help.conversation()).labels, WAIT).toHaveLength(1);
  expect(await help.lines("note")).toHaveLength(1);
  expect((await help.outgoing()).map(({ body, delivery }) => [body, delivery.state])).toEqual([["Here it is", "queued"], ["Anything else?", "queued"]]);
  expect(help.sent()).toEqual([]);
  come();
  await expect.poll(help.sent, WAIT).toEqual(["Here it is", "invoice.pdf", "Anything else?"]);
});

test("a file that can't be had fails its reply in words, nothing of it is sent, and what follows goes on", async () => {
  const help = await opened();
  help.files(async ({ name, type, bytes }) => ({ fileId: "", name, type, bytes, state: "missing", why: "it was deleted there" }));
  await help.says("Here it is", [PDF]);
  await help.says("Anything else?");
  await expect.poll(help.sent, WAIT).toEqual(["Anything else?"]);
  const [reply] = await help.outgoing();
  expect(reply).toMatchObject({ delivery: { state: "failed", error: { code: "FILE_MISSING" } } });
  await expect.poll(() => help.desk.notices.at(-1)?.notice.text, WAIT).toContain("invoice.pdf could not be taken over: it was deleted there. Nothing was sent");

  help.files(help.stored);
  expect(await help.host.act({ desk: "fake", userId: "Mara", thread: help.thread, verb: "retry", args: "", messageId: reply!._id })).toMatchObject({ ok: true });
  await expect.poll(help.sent, WAIT).toEqual(["Anything else?", "Here it is", "invoice.pdf"]);
  expect(help.asked).toHaveLength(2);
});

test("what the desk can't hand out just now is asked for again, and what was had is not", async () => {
  const help = await opened();
  let broken = true;
  help.files(async (file) => {
    if (file.ref === "F2" && broken) { broken = false; throw new DeskError("UNREACHABLE", "The desk is away.", { certain: true }); }
    return help.stored(file);
  });
  await help.says("", [PDF, { ...PDF, name: "terms.pdf", ref: "F2" }]);
  await expect.poll(() => help.asked.length, WAIT).toBe(2);
  help.clock.advance(60_000);
  await expect.poll(help.sent, WAIT).toEqual(["invoice.pdf", "terms.pdf"]);
  expect(help.asked.map(({ ref }) => ref)).toEqual(["F1", "F2", "F2"]);
});

test("it is given up after the last try", async () => {
  const help = await opened({ limits: { maxTries: 1 } });
  help.files(async () => { throw new DeskError("UNREACHABLE", "The desk is away.", { certain: true }); });
  await help.says("Here it is", [PDF]);
  await expect.poll(async () => (await help.outgoing())[0]?.delivery.state, WAIT).toBe("failed");
  expect(help.sent()).toEqual([]);
});

test("a reply that waits for its file can still be stopped", async () => {
  const help = await opened();
  let come = () => undefined as void;
  const coming = new Promise<void>((done) => { come = done; });
  help.files(async (file) => { await coming; return help.stored(file); });
  const post = await help.says("Here it is", [PDF]);
  await expect.poll(() => help.asked.length, WAIT).toBe(1);
  await help.host.accept("fake", [{ id: `${post}:delete`, thread: help.thread, at: help.clock.now(), data: { type: "delete", postId: post, userId: "Mara" } }]);
  await expect.poll(async () => (await help.outgoing())[0]?.delivery.state, WAIT).toBe("cancelled");
  come();
  await help.settle();
  expect(help.sent()).toEqual([]);
});

test("a held line keeps its file for when it is sent after all", async () => {
  const help = await opened();
  await help.store.conversations.updateOne({ _id: (await help.conversation())._id }, { $set: { assigneeId: help.jonas._id, assigneeName: "Jonas" } });
  forgetSettings(help.core);
  await help.says("Here it is", [PDF]);
  await expect.poll(async () => (await help.lines("note"))[0]?.files[0]?.state, WAIT).toBe("ready");
  const [held] = await help.lines("note");
  expect(held).toMatchObject({ held: { why: "owner" } });
  expect(await help.host.act({ desk: "fake", userId: "Mara", thread: help.thread, verb: "send", args: "", messageId: held!._id })).toMatchObject({ ok: true });
  await expect.poll(help.sent, WAIT).toEqual(["Here it is", "invoice.pdf"]);
});

test("a file written in a thread that was left is shown in the one in use, once it is there", async () => {
  const help = await twoDesks();
  await help.write("May I have the invoice?");
  await help.settle();
  const old = await help.threadOf();
  await help.act("transfer", "Escalations");
  // there before it is asked for: the post may be quicker than the fetch
  let come = () => undefined as void;
  const coming = new Promise<void>((done) => { come = done; });
  Object.assign(help.desk, { fetchFile: async ({ name, type }: DeskFile) => { await coming; return help.core.files.put({ name, type, owner: "desk" }, Buffer.from("%PDF"), 100); } });
  await help.host.accept("fake", [{ id: "x1:new", thread: old, at: help.clock.now(), data: { type: "message", postId: "x1", userId: "Jonas", userName: "Jonas", userKind: "person", text: "I found it", mentions: 0, files: [PDF] } }]);
  const there = await help.threadOf();
  const shown = () => help.other.threads.get(there)!.posts.find(({ post }) => post.text === "I found it")?.post;
  await expect.poll(() => shown()?.marks, WAIT).toEqual(["invoice.pdf is still on its way"]);
  come();
  await expect.poll(() => shown()?.files.map(({ name }) => name), WAIT).toEqual(["invoice.pdf"]);
  expect(shown()?.marks).toEqual([]);
});
