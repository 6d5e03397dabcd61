import { describe, expect, test } from "vitest";
import { readThreadId } from "../../src/bridge/discord/ids.ts";
import { FILE_BYTES } from "../../src/bridge/discord/out/files.ts";
import { line, shownAuthor, shownText, soon, startOut } from "../support/discord-out.ts";

const thrown = (call: Promise<unknown>) => call.then(() => { throw new Error("was not refused"); }, (error: unknown) => error);
const MESSAGES = "POST /channels/*/messages";

describe("after a lost answer", () => {
  test("a post that is there is found, by a desk that remembers nothing too, and not made again", async () => {
    const { fake, out, thread, again, posts } = await startOut();
    fake.fail(MESSAGES, { dropAfterEffect: true });
    expect(await thrown(out.post(thread, line("one"), "m1", soon()))).toMatchObject({ code: "UNREACHABLE", o: { certain: false } });
    for (const one of [out, again()]) {
      const found = await one.findPost(thread, "m1", soon());
      expect(found?.ids).toEqual([posts(thread)[0]!.id]);
      expect((await one.post(thread, line("one"), "m1", soon())).ids).toEqual(found!.ids);
    }
    expect(posts(thread)).toHaveLength(1);
  });

  test("within minutes the nonce alone keeps it from being doubled, and what changed meanwhile is shown", async () => {
    const { fake, out, thread, again, posts } = await startOut();
    fake.fail(MESSAGES, { dropAfterEffect: true });
    await thrown(out.post(thread, line("one"), "m1", soon()));
    expect((await again().post(thread, line("one, edited"), "m1", soon())).ids).toEqual([posts(thread)[0]!.id]);
    expect(posts(thread).map(shownText)).toEqual(["one, edited"]);
  });

  test("long after it, by what stands in its foot, behind hundreds of other lines", async () => {
    const { fake, out, thread, again, posts, channelOf } = await startOut({ customers: "webhook" });
    await out.post(thread, line("one"), "m1", soon());
    for (let n = 0; n < 150; n++) fake.memberPosts(channelOf(thread), fake.ownerId, `line ${n}`);
    fake.advance(3_600_000);
    const found = await again().findPost(thread, "m1", soon());
    expect(found?.ids).toEqual([posts(thread)[0]!.id]);
    expect(found?.at.getTime()).toBeLessThan(fake.now() - 3_000_000);
    expect(await again().findPost(thread, "m2", soon())).toBeNull();
  });

  test("what is there in part is gone on with", async () => {
    const { fake, out, thread, again, posts } = await startOut();
    const text = "word ".repeat(900);
    const sent = out.post(thread, line(text), "m1", soon());
    await fake.until(() => posts(thread).length === 1, "the first part");
    fake.fail(MESSAGES, { code: 50_001 });
    const outcome = await sent.then(() => null, (error: unknown) => error);
    if (outcome !== null) expect(outcome).toMatchObject({ o: { certain: false } });
    const later = again();
    const there = posts(thread).length;
    const found = await later.findPost(thread, "m1", soon());
    if (there < 3) expect(found).toBeNull();
    fake.faults.clear();
    const { ids } = await later.post(thread, line(text), "m1", soon());
    expect(posts(thread).map(({ id }) => id)).toEqual(ids);
    expect(posts(thread).map(shownText).join("").replaceAll(/\s+/g, " ").trim()).toBe(text.trim());
  });
});

describe("customers under their own names", () => {
  test("one webhook of the app's serves a forum; it is found again, and made anew when it is deleted", async () => {
    const { fake, out, home, thread, again, open, posts } = await startOut({ customers: "webhook" });
    await out.post(thread, line("one", { author: { name: "Discord Ana · Telegram" } }), "m1", soon());
    const second = await open(undefined, "c2:0");
    await again().post(second, line("two"), "m2", soon());
    expect(fake.webhooksOf(home.id)).toHaveLength(1);
    expect(shownAuthor(posts(thread)[0]!)).not.toMatch(/discord/i);
    fake.deleteWebhook(fake.webhooksOf(home.id)[0]!.id);
    await out.post(thread, line("three"), "m3", soon());
    expect(posts(thread).map(shownText)).toEqual(["one", "three"]);
    expect(fake.webhooksOf(home.id)).toHaveLength(1);
    expect(await thrown(out.update(thread, [posts(thread)[0]!.id], line("one, edited"), soon()))).toMatchObject({ code: "POST_GONE" });
  });

  test("a name that Discord takes of no webhook is said by the bot, and nothing waits for it", async () => {
    const { fake, out, thread, posts } = await startOut({ customers: "webhook" });
    fake.fail("POST /webhooks/**", { code: 50_035 });
    await out.post(thread, line("one"), "m1", soon());
    await out.post(thread, line("two"), "m2", soon());
    expect(posts(thread).map((post) => [post.webhook !== null, shownAuthor(post), shownText(post)])).toEqual([[false, "Ana · Telegram", "one"], [true, "Ana · Telegram", "two"]]);
  });

  test("each customer has a picture: their own, else one that is always theirs", async () => {
    const { fake, out, thread } = await startOut({ customers: "webhook" });
    const own = "https://cdn.example.com/ana.png";
    for (const [n, author] of [{ name: "Ana · Telegram", avatar: own }, { name: "Ana · Telegram" }, { name: "Ana · Telegram", avatar: "http://evil.example.com/x" }].entries()) await out.post(thread, line("hi", { author }), `m${n}`, soon());
    const pictures = fake.callsOf("POST", /^\/webhooks\//).map(({ body }) => (body as { avatar_url: string }).avatar_url);
    expect(pictures[0]).toBe(own);
    expect(pictures[1]).toMatch(/^https:\/\/cdn\.discordapp\.com\/embed\/avatars\/[0-5]\.png$/);
    expect(pictures[2]).toBe(pictures[1]);
  });

  test("where the bot may have no webhook it writes itself, and no line is missed", async () => {
    const { fake, out, thread, posts } = await startOut({ customers: "webhook" });
    fake.removePermission("MANAGE_WEBHOOKS");
    await out.post(thread, line("one"), "m1", soon());
    expect(posts(thread).map((post) => [post.webhook, shownAuthor(post), shownText(post)])).toEqual([[null, "Ana · Telegram", "one"]]);
  });

  test("teammates' lines, notes and what happened are never a customer's", async () => {
    const { out, thread, posts } = await startOut({ customers: "webhook" });
    for (const kind of ["agent", "note", "activity", "system"] as const) await out.post(thread, line("hi", { kind, author: { name: "Mara" } }), kind, soon());
    expect(posts(thread).map(({ webhook }) => webhook)).toEqual([null, null, null, null]);
    expect(posts(thread)[1]!.content).toContain("🔒 Note, stays in the team");
  });

  test("edits and removals go through it, by a desk that remembers nothing too", async () => {
    const { out, thread, again, posts } = await startOut({ customers: "webhook" });
    const { ids } = await out.post(thread, line("one"), "m1", soon());
    await again().update(thread, ids, line("one, edited", { marks: ["edited"], reactions: ["👍"] }), soon());
    expect(posts(thread).map(shownText)).toEqual(["one, edited"]);
    expect(posts(thread)[0]!.content).toContain("reacted 👍");
    await again().remove(thread, ids, soon());
    await again().remove(thread, ids, soon());
    expect(posts(thread)).toEqual([]);
  });
});

describe("files", () => {
  test("stand at the text; a late one is added to it, once", async () => {
    const { out, thread, file, again, posts } = await startOut();
    const [a, b] = [await file("a b.txt", "first"), await file("b.txt", "the second")];
    const { ids } = await out.post(thread, line("look", { files: [a] }), "m1", soon());
    expect(posts(thread).map(({ attachments }) => attachments.map(({ filename, content }) => [filename, content.toString()]))).toEqual([[["a_b.txt", "first"]]]);
    for (const one of [out, again()]) await one.update(thread, ids, line("look", { files: [a, b] }), soon());
    expect(posts(thread)).toHaveLength(1);
    expect(posts(thread)[0]!.attachments.map(({ filename }) => filename)).toEqual(["a_b.txt", "b.txt"]);
    await out.update(thread, ids, line("look", { deleted: true }), soon());
    expect(posts(thread).map((post) => [shownText(post), post.attachments.length])).toEqual([["_Deleted by its author._", 0]]);
  });

  test("more than one message holds follow in others", async () => {
    const { out, thread, file, posts } = await startOut({ customers: "webhook" });
    const many = await Promise.all(Array.from({ length: 12 }, (_, n) => file(`${n}.txt`, `content ${n}`)));
    const { ids } = await out.post(thread, line("", { files: many }), "m1", soon());
    expect(posts(thread).map((post) => [post.id, post.attachments.length])).toEqual([[ids[0], 10], [ids[1], 2]]);
  });

  test("what Discord does not take is said in its place", async () => {
    const { out, thread, file, posts } = await startOut();
    const large = { ...(await file("film.mp4", "x")), bytes: FILE_BYTES + 1 };
    await out.post(thread, line("look", { files: [large, await file("small.txt", "x"), await file("empty.txt", "")] }), "m1", soon());
    expect(posts(thread)[0]!.attachments.map(({ filename }) => filename)).toEqual(["small.txt"]);
    expect(posts(thread)[0]!.content).toMatch(/not shown here: film\.mp4 is larger than the 10 MB that Discord takes here · not shown here: empty\.txt is empty/);
  });

  test("in a server with boosts larger ones are shown", async () => {
    const { fake, out, thread, file, posts } = await startOut({ discord: { boostLevel: 2 } });
    const large = await file("film.mp4", Buffer.alloc(FILE_BYTES + 1, "x"));
    await out.post(thread, line("look", { files: [large, { ...large, name: "cinema.mp4", bytes: 50 * 1024 * 1024 + 1 }] }), "m1", soon());
    expect(posts(thread)[0]!.attachments.map(({ filename }) => filename)).toEqual(["film.mp4"]);
    expect(posts(thread)[0]!.content).toContain("not shown here: cinema.mp4 is larger than the 50 MB that Discord takes");
    expect(fake.callsOf("GET", "/guilds/:guild")).toHaveLength(1);
  });

  test("one that takes longer than its lane may wait is sent once", async () => {
    const { fake, out, thread, file, posts } = await startOut();
    fake.fail(MESSAGES, { delayMs: 400 });
    const post = line("look", { files: [await file("a.txt", "first")] });
    expect(await thrown(out.post(thread, post, "m1", AbortSignal.timeout(100)))).toMatchObject({ code: "TIMEOUT", o: { certain: false } });
    const { ids } = await out.post(thread, post, "m1", soon());
    expect(posts(thread).map(({ id }) => id)).toEqual(ids);
    expect(fake.callsOf("POST", "/channels/:channel/messages")).toHaveLength(1);
  });
});

describe("a thread that is archived and locked", () => {
  test("a customer's line opens it for everybody; anything else leaves it locked", async () => {
    const { out, thread, again, posts, channelOf, fake } = await startOut();
    for (const [n, desk] of [out, again()].entries()) {
      fake.changeThread(channelOf(thread), { archived: true, locked: true });
      await again().post(thread, line("resolved by Jonas", { kind: "activity" }), `a${n}`, soon());
      expect(channelOf(thread).thread).toMatchObject({ archived: false, locked: true });
      fake.changeThread(channelOf(thread), { archived: true });
      await desk.post(thread, line("One more thing"), `m${n}`, soon());
      expect(channelOf(thread).thread).toMatchObject({ archived: false, locked: false });
    }
    expect(posts(thread)).toHaveLength(4);
  });

  test("is changed and left as it was", async () => {
    const { out, thread, again, posts, channelOf, fake } = await startOut();
    const { ids } = await out.post(thread, line("one"), "m1", soon());
    const reply = fake.memberPosts(channelOf(thread), fake.ownerId, "Hello");
    for (const [n, desk] of [out, again()].entries()) {
      fake.changeThread(channelOf(thread), { archived: true, locked: true });
      await desk.update(thread, ids, line(`one, edited ${n}`), soon());
      await desk.receipts.show(readThreadId(thread).thread, reply.id, n === 0 ? "sent" : "failed", n === 0 ? undefined : "sent", soon());
      expect(channelOf(thread).thread).toMatchObject({ archived: true, locked: true });
      fake.changeThread(channelOf(thread), { archived: false, locked: false });
    }
    expect(posts(thread).map(shownText)).toEqual(["one, edited 1", "Hello"]);
    expect([...posts(thread)[1]!.reactions.keys()]).toEqual(["⚠️"]);
  });
});
