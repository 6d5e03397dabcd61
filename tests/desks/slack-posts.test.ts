import { describe, expect, test } from "vitest";
import { readThreadId } from "../../src/bridge/slack/ids.ts";
import { createSlack } from "../../src/bridge/slack/adapter.ts";
import type { DeskThreadId, FileRef } from "../../src/core/model/types.ts";
import type { DeskPost } from "../../src/core/ports.ts";
import { sampleCard } from "../contracts/desk-contract.ts";
import { shownText, soon, startSlack } from "../support/slack.ts";

const line = (text: string, more: Partial<DeskPost> = {}): DeskPost => ({ kind: "customer", author: { name: "Ana · Telegram" }, text, files: [], marks: [], ...more });

type Bench = Awaited<ReturnType<typeof startSlack>>;
async function opened(options: Parameters<typeof startSlack>[0] = {}): Promise<Omit<Bench, "thread"> & { thread: DeskThreadId; again: () => Bench["desk"] }> {
  const bench = await startSlack({ connect: false, ...options });
  const thread = await bench.desk.openThread(bench.target, sampleCard(), "c1:0", soon());
  /** The same desk after a restart: it remembers nothing. */
  const again = () => createSlack(bench.target, { core: bench.help.core, publicUrl: null, trouble: () => undefined, secret: (name) => bench.help.core.secrets.open(bench.target.secrets![name]!) });
  return { ...bench, thread, again };
}
const file = async ({ help }: Pick<Bench, "help">, name: string, content: string): Promise<FileRef> => help.core.files.put({ name, type: "text/plain", owner: "test" }, Buffer.from(content), 1_000);
const thrown = (call: Promise<unknown>) => call.then(() => { throw new Error("was not refused"); }, (error: unknown) => error);

describe("after a lost answer", () => {
  test("a post that is there is found, by a desk that remembers nothing too, and not made again", async () => {
    const bench = await opened();
    const { fake, desk, thread, again, posts } = bench;
    fake.fail("chat.postMessage", { dropAfterEffect: true });
    expect(await thrown(desk.post(thread, line("one"), "m1", soon()))).toMatchObject({ code: "UNREACHABLE", o: { certain: false } });
    for (const one of [desk, again()]) {
      const found = await one.findPost(thread, "m1", soon());
      expect(found?.ids).toEqual([posts(thread)[0]!.ts]);
      expect((await one.post(thread, line("one"), "m1", soon())).ids).toEqual(found!.ids);
    }
    expect(posts(thread)).toHaveLength(1);
  });

  test("what is there in part is gone on with", async () => {
    const bench = await opened();
    const { fake, desk, thread, again, posts } = bench;
    const text = "word ".repeat(1_500);
    fake.fail("chat.postMessage", { error: "service_unavailable", when: (args) => JSON.stringify(args.metadata).includes('"part":1') });
    expect(await thrown(desk.post(thread, line(text), "m1", soon()))).toMatchObject({ o: { certain: false } });
    expect(posts(thread)).toHaveLength(1);
    const later = again();
    expect(await later.findPost(thread, "m1", soon())).toBeNull();
    const { ids } = await later.post(thread, line(text), "m1", soon());
    expect(posts(thread).map(({ ts }) => ts)).toEqual(ids);
    expect(posts(thread).map(shownText).join("")).toBe(text);
  });

  test("a thread that may have been opened is looked for, without the scope for metadata too", async () => {
    const { fake, target, thread, again } = await opened({ slack: { scopes: ["chat:write", "channels:read", "channels:history", "channels:join"] } });
    expect(await again().openThread(target, sampleCard(), "c1:0", soon(), true)).toBe(thread);
    expect(await again().openThread(target, sampleCard(), "c2:0", soon(), true)).not.toBe(thread);
    expect(fake.callsOf("chat.postMessage")).toHaveLength(2);
    expect(await again().conversationOf(thread, soon())).toBe("c1");
  });
});

describe("a card that is gone", () => {
  test("with replies under it: what is posted then is taken back, and the thread is gone", async () => {
    const { fake, desk, thread, posts, channel } = await opened();
    await desk.post(thread, line("one"), "m1", soon());
    fake.userDeletes(channel.id, readThreadId(thread).ts);
    expect(await thrown(desk.updateCard(thread, sampleCard("new"), soon()))).toMatchObject({ code: "THREAD_GONE", o: { certain: true, refused: true } });
    expect(await thrown(desk.post(thread, line("two"), "m2", soon()))).toMatchObject({ code: "THREAD_GONE" });
    expect(posts(thread).map(shownText)).toEqual(["one"]);
    expect(await desk.conversationOf(thread, soon())).toBeNull();
  });

  test("without replies: nothing is left in the channel", async () => {
    const { fake, desk, thread, channel } = await opened();
    fake.userDeletes(channel.id, readThreadId(thread).ts);
    expect(await thrown(desk.post(thread, line("two"), "m2", soon()))).toMatchObject({ code: "THREAD_GONE" });
    expect(fake.messagesIn(channel.id)).toEqual([]);
  });
});

describe("a channel", () => {
  test("is found by name or id and joined; what can't be joined says what mends it, and works once it is mended", async () => {
    const { fake, desk, target } = await startSlack({ connect: false });
    const open = fake.space.addChannel("sales", { botIsMember: false });
    await desk.openThread({ ...target, channel: open.id }, sampleCard(), "c1:0", soon());
    expect(open.members).toContain(fake.space.botUserId);
    const closed = fake.space.addChannel("board", { kind: "private", botIsMember: false });
    expect(await thrown(desk.openThread({ ...target, channel: "board" }, sampleCard(), "c2:0", soon()))).toMatchObject({ code: "UNREACHABLE", o: { certain: true }, message: expect.stringMatching(/invite the app/) });
    fake.inviteBot(closed.id);
    expect(await desk.openThread({ ...target, channel: "#board" }, sampleCard(), "c2:0", soon())).toContain(closed.id);
  });

  test("that the app was taken out of is not entered again by itself: what waits goes once it is invited", async () => {
    const { fake, desk, target, thread, channel, posts } = await opened({ slack: { scopes: ["chat:write", "channels:read", "channels:history", "channels:join"] } });
    fake.kickBot(channel.id);
    for (let n = 0; n < 2; n++) expect(await thrown(desk.post(thread, line("one"), "m1", soon()))).toMatchObject({ code: "UNREACHABLE", o: { certain: true } });
    expect(await thrown(desk.openThread(target, sampleCard(), "c2:0", soon()))).toMatchObject({ code: "UNREACHABLE" });
    fake.inviteBot(channel.id);
    await desk.post(thread, line("one"), "m1", soon());
    expect(posts(thread)).toHaveLength(1);
  });

  test("that is archived takes nothing and loses nothing", async () => {
    const { fake, desk, thread, channel, posts } = await opened();
    fake.archiveChannel(channel.id);
    const error = await thrown(desk.post(thread, line("one"), "m1", soon()));
    expect(error).toMatchObject({ code: "UNREACHABLE", o: { certain: true } });
    expect(error).not.toMatchObject({ o: { refused: true } });
    fake.unarchiveChannel(channel.id);
    await desk.post(thread, line("one"), "m1", soon());
    expect(posts(thread).filter(({ botId }) => botId !== null)).toHaveLength(1);
  });
});

describe("names", () => {
  test("a customer has a picture of no one, a teammate their own, activity the app's", async () => {
    const { desk, thread, posts } = await opened();
    await desk.post(thread, line("one", { author: { name: "Ana · Telegram", avatar: "https://example.com/mara.png" } }), "m1", soon());
    await desk.post(thread, line("two", { kind: "agent", author: { name: "Mara", avatar: "https://example.com/mara.png" } }), "m2", soon());
    await desk.post(thread, line("Mara resolved this", { kind: "activity", author: { name: "Mara" } }), "m3", soon());
    expect(posts(thread).map(({ username, icons }) => [username, icons?.["emoji"] ?? icons?.["image_48"] ?? null])).toEqual([
      ["Ana · Telegram", ":bust_in_silhouette:"], ["Mara", "https://example.com/mara.png"], [null, null],
    ]);
  });

  test("without chat:write.customize the name stands in the text", async () => {
    const { desk, thread, posts } = await opened({ slack: { scopes: ["chat:write", "channels:read", "channels:history", "channels:join"] } });
    await desk.post(thread, line("Where is it?"), "m1", soon());
    expect(posts(thread).map((post) => [post.username, shownText(post)])).toEqual([[null, "Ana · Telegram\nWhere is it?"]]);
  });
});

describe("files", () => {
  test("arrive with their text, in one message of their own, under the customer's name", async () => {
    const bench = await opened();
    const { desk, fake, thread, posts } = bench;
    const files = [await file(bench, "a.txt", "aaa"), await file(bench, "b.txt", "bbb")];
    const { ids } = await desk.post(thread, line("Two files", { files }), "m1", soon());
    await desk.post(thread, line("after"), "m2", soon());
    expect(posts(thread).map((post) => [post.username, shownText(post), post.fileIds.map((id) => fake.fileBytes(id)!.toString())])).toEqual([
      ["Ana · Telegram", "Two files", []], ["Ana · Telegram", "", ["aaa", "bbb"]], ["Ana · Telegram", "after", []],
    ]);
    expect(posts(thread).slice(0, 2).map(({ ts }) => ts)).toEqual(ids);
  });

  test("alone are one message; a lost answer is settled by looking", async () => {
    const bench = await opened();
    const { desk, fake, thread, posts, again } = bench;
    const files = [await file(bench, "a.txt", "aaa")];
    fake.fail("files.completeUploadExternal", { dropAfterEffect: true });
    expect(await thrown(desk.post(thread, line("", { files }), "m1", soon()))).toMatchObject({ o: { certain: false } });
    await fake.until(() => posts(thread).length === 1, "the share");
    expect((await again().findPost(thread, "m1", soon()))?.ids).toEqual([posts(thread)[0]!.ts]);
  });

  test("that come late are added to the post that waits for them, once", async () => {
    const bench = await opened();
    const { desk, thread, posts, again } = bench;
    const posted = await desk.post(thread, line("", { marks: ["a.txt is still on its way"] }), "m1", soon());
    const late = line("", { files: [await file(bench, "a.txt", "aaa")] });
    await desk.update(thread, posted.ids, late, soon());
    await again().update(thread, posted.ids, late, soon());
    expect(posts(thread).map(({ fileIds }) => fileIds.length)).toEqual([0, 1]);
    expect(JSON.stringify(posts(thread)[0]!.blocks)).not.toContain("on its way");
  });

  test("whose bytes take longer than a call may are sent once, and hold up nothing for good", async () => {
    const bench = await opened();
    const { desk, fake, thread, posts } = bench;
    const slow = line("", { files: [await file(bench, "film.txt", "film")] });
    fake.fail("files.getUploadURLExternal", { delayMs: 400 });
    expect(await thrown(desk.post(thread, slow, "m1", AbortSignal.timeout(100)))).toMatchObject({ code: "UNREACHABLE", o: { certain: true, retryAfterMs: 2_000 } });
    await desk.post(thread, slow, "m1", soon());
    expect(fake.callsOf("files.getUploadURLExternal")).toHaveLength(1);
    expect(posts(thread)).toHaveLength(1);
  });

  test("that Slack can't take are named where they would be", async () => {
    const bench = await opened();
    const { desk, thread, posts } = bench;
    const empty = { ...(await file(bench, "empty.txt", "x")), bytes: 60_000_000 };
    await desk.post(thread, line("Look", { files: [empty] }), "m1", soon());
    expect(posts(thread).map((post) => JSON.stringify(post.blocks))).toEqual([expect.stringContaining("Look"), expect.stringContaining("Not shown here: empty.txt")]);
    expect((await desk.findPost(thread, "m1", soon()))?.ids).toHaveLength(2);
  });

  test("of an agent are brought over; what is gone says so", async () => {
    const bench = await opened();
    const { desk, fake, help, channel, mara, thread } = bench;
    const ts = fake.userUploads(channel.id, mara.id, [{ name: "offer.txt", content: Buffer.from("offer") }], { threadTs: readThreadId(thread).ts });
    const id = fake.space.message(channel.id, ts).fileIds[0]!;
    const asked = { name: "offer.txt", type: "text/plain", bytes: 5, ref: id };
    const ref = await desk.fetchFile(asked, soon());
    expect(ref).toMatchObject({ name: "offer.txt", type: "text/plain", bytes: 5, state: "ready" });
    expect((await help.core.files.buffer(ref.fileId, 100)).toString()).toBe("offer");
    fake.userDeletes(channel.id, ts);
    expect(await desk.fetchFile(asked, soon())).toMatchObject({ state: "missing", why: "it was deleted on Slack" });
    fake.scopes.delete("files:read");
    expect(await desk.fetchFile(asked, soon())).toMatchObject({ state: "missing", why: expect.stringContaining("files:read") });
  });
});

describe("changes", () => {
  test("a text that grows or shrinks stays within its messages", async () => {
    const { desk, thread, posts, again } = await opened();
    const { ids } = await desk.post(thread, line("word ".repeat(1_000)), "m1", soon());
    expect(ids).toHaveLength(2);
    const longer = "other ".repeat(1_000);
    await again().update(thread, ids, line(longer, { marks: ["edited"] }), soon());
    expect(posts(thread).map(shownText).join("")).toBe(longer);
    await desk.update(thread, ids, line("short"), soon());
    expect(posts(thread).map(shownText)).toEqual(["short", "…"]);
    expect((await again().findPost(thread, "m1", soon()))?.ids).toEqual(ids);
  });

  test("a customer who writes after it was resolved is surfaced in the channel", async () => {
    const { fake, desk, thread, again } = await opened();
    await desk.post(thread, line("one"), "m1", soon());
    await desk.updateCard(thread, { ...sampleCard(), status: "resolved", collapsed: true }, soon());
    await again().post(thread, line("me again"), "m2", soon());
    await desk.updateCard(thread, sampleCard(), soon());
    await desk.post(thread, line("and again"), "m3", soon());
    expect(fake.callsOf("chat.postMessage").map(({ args }) => args.reply_broadcast === true)).toEqual([false, false, true, false]);
    expect(desk.linkTo(thread)).toMatch(/\/archives\/C\w+\/p\d+$/);
  });
});
