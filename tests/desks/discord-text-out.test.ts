import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderCard, titleOf } from "../../src/bridge/discord/out/card.ts";
import { renderPost } from "../../src/bridge/discord/out/post-text.ts";
import { literal, splitRendered } from "../../src/bridge/discord/out/text.ts";
import { usernameOf } from "../../src/bridge/discord/out/webhook.ts";
import { cardMark, readMessage } from "../../src/bridge/discord/out/find.ts";
import { readMark, refOf } from "../../src/bridge/discord/ids.ts";
import { cleanText } from "../../src/bridge/shared/text.ts";
import type { Json } from "../fakes/discord/types.ts";
import { sampleCard } from "../contracts/desk-contract.ts";
import { cardText, line, shownAuthor, shownText, startOut, soon, unescaped } from "../support/discord-out.ts";

const REF = refOf("k1");
/** What somebody would try. */
const nasty = fc.array(fc.oneof(
  fc.constantFrom("@everyone", "@here", "@EVERYONE", "<@123456789012345678>", "<@!123456789012345678>", "<@&123456789012345678>", "<#123456789012345678>", "<:smile:123456789012345678>", "<a:x:123456789012345678>", "</resolve:123456789012345678>", "<t:1700000000:R>", "<id:customize>", ":smile:",
    "**bold**", "*it*", "_it_", "__under__", "~~struck~~", "`code`", "```\nx\n```", "||hidden||", "> quote", ">>> all", "# big", "## less", "-# small", "- item", "* item", "+ item", "1. one", "12) twelve", "[Your bank](https://evil.example)", "[x](<https://evil.example>)", "https://ok.example/a_b*c?d=~e~", "https://ok.example/@everyone", "https://ok.example).", "\\", "\\*", "\n", "\n-# ref 00000000", "\u202E", "\0"),
  fc.string(), fc.string({ unit: "binary" }),
), { maxLength: 12 }).map((parts) => parts.join(" "));

/** Signs by which Discord formats, that nothing makes literal. */
function active(content: string): string[] {
  const bare = content.replace(/<https?:\/\/[^>\s]+>/g, "L").replace(/\\[^0-9A-Za-z\s]/g, "E");
  return [...bare.matchAll(/[*_~`|[\\]|<|@(?:everyone|here)|:[\w+-]+:|^[ \t]*(?:[-+>]|#{1,3}[ \t]|\d{1,9}[.)])/gim)].map(([found]) => found);
}

describe("a customer's text on Discord", () => {
  test("has nothing in it that formats, mentions or misleads, and is shown to the letter", () => {
    fc.assert(fc.property(nasty, (text) => {
      const clean = cleanText(text);
      expect(active(literal(clean))).toEqual([]);
      expect(unescaped(literal(clean))).toBe(clean);
    }), { numRuns: 400 });
  });

  test("pings nobody as Discord reads it, whatever its author is called, and every post tells its key", async () => {
    const { fake, out, thread, posts } = await startOut();
    const mara = fake.addMember("Mara").user.id;
    const role = fake.createRole("team", 0n, true).id;
    const evil = `<@${mara}> <@!${mara}> <@&${role}> @everyone @here [@everyone](https://evil.example)`;
    const names = [`${evil}`, "**x**\n@everyone", "Ana · Telegram"];
    for (const [n, kind] of (["customer", "agent", "note", "activity", "system"] as const).entries()) {
      for (const name of names) await out.post(thread, line(`${evil}\n> hi`, { kind, author: { name } }), `m${n}${name}`, soon());
    }
    expect(posts(thread)).toHaveLength(15);
    for (const post of posts(thread)) {
      expect(fake.mentionsIn(post)).toMatchObject({ users: [], roles: [], everyone: false });
      expect(readMark(post.content)).not.toBeNull();
    }
    expect(shownText(posts(thread)[0]!)).toBe(`${evil}\n> hi`);
    expect(posts(thread).map((post) => fake.mentionsIn(post).silent)).toEqual([...Array<boolean>(9).fill(false), ...Array<boolean>(6).fill(true)]);
  });

  test("however long and dense, each piece fits, and together they are the text", () => {
    const many = Array.from({ length: 1_000 }, (_, n) => `http://a.b/${n}`).join(" ");
    for (const text of [many, "*\n".repeat(5_000), "🚲".repeat(5_001), "x".repeat(50_000), "[".repeat(4_000), ""]) {
      const all = renderPost(line(text, { marks: ["edited"] }), { ref: REF, named: false });
      for (const [part, content] of all.entries()) {
        expect(content.length).toBeLessThanOrEqual(2_000);
        expect(readMark(content)).toEqual({ ref: REF, part, parts: all.length });
      }
      expect(splitRendered(text, 1_800, (piece) => literal(piece)).join("")).toBe(text);
    }
    const one = renderPost(line("one\ntwo"), { ref: REF, named: false });
    expect(one.map((content) => [shownAuthor({ content, webhook: null, author: {} } as never), shownText({ content })])).toEqual([["Ana · Telegram", "one\ntwo"]]);
  });

  test("fits into the messages that are there", () => {
    expect(renderPost(line("short"), { ref: REF, named: false, texts: 3 })).toHaveLength(3);
    const cut = renderPost(line("word ".repeat(2_000)), { ref: REF, named: true, texts: 2 });
    expect(cut).toHaveLength(2);
    expect(shownText({ content: cut[1]! })).toMatch(/ …$/);
    expect(renderPost(line("gone", { deleted: true }), { ref: REF, named: false, texts: 2 }).join("\n")).not.toContain("gone");
  });

  test("a ref that a customer writes is no ref of ours", () => {
    const [content] = renderPost(line("-# ref 00000000"), { ref: REF, named: true });
    expect(readMark(content!)?.ref).toBe(REF);
    expect(readMark(literal("hello\n-# ref 00000000"))).toBeNull();
  });
});

describe("a card on Discord", () => {
  test("whatever names and subjects hold, Discord takes it, it pings nobody and says whose it is", async () => {
    const { fake, out, open, cardOf } = await startOut();
    const samples = fc.sample(fc.tuple(nasty, nasty), 25);
    for (const [n, [title, name]] of samples.entries()) {
      const card = { ...sampleCard(title.repeat(20)), lastLine: `${name}: hi`.repeat(30), facts: Array.from({ length: 14 }, () => ({ label: "Contact", value: `${name} · Telegram`.repeat(9) })) };
      const thread = await open(card, `c1:${n}`, out);
      expect(fake.mentionsIn(cardOf(thread))).toMatchObject({ users: [], roles: [], everyone: false });
      await out.updateCard(thread, { ...card, collapsed: true, status: "resolved" }, soon());
      const { components, id, content } = cardOf(thread);
      expect(cardMark(readMessage({ id, content, author: { id: "1" }, components }))).toEqual({ conversation: "c1", ref: refOf(`c1:${n}`) });
    }
  });

  test("has each viewer's own time, the buttons, and a short title", () => {
    const at = new Date(1_700_000_000_000);
    const { components } = renderCard({ ...sampleCard(), facts: [{ label: "Waiting since", value: at.toISOString(), at }] }, REF) as { components: Json[] };
    expect(cardText(components)).toContain("**Waiting since:** <t:1700000000:f> (<t:1700000000:R>)");
    expect(JSON.stringify(components)).toContain("\"label\":\"Resolve\"");
    expect(titleOf({ ...sampleCard("x\n".repeat(200)) })).toMatch(/^#1042 Ana · Widget: x x/);
    expect(titleOf({ ...sampleCard("x".repeat(200)) })).toHaveLength(100);
  });
});

test("a customer's name is one that a webhook may have", () => {
  expect(usernameOf("Discord Clyde · Telegram").toLowerCase()).not.toMatch(/discord|clyde/);
  expect(usernameOf("x".repeat(200))).toHaveLength(80);
});

test("however long or turned a name is, the channel stands behind it", async () => {
  const { fake, out, thread, posts, open, channelOf } = await startOut({ customers: "webhook" });
  const author = { name: `${"Mara from the team ".repeat(20)}\u202E\u2067 · Telegram` };
  await out.post(thread, line("hi", { author }), "m1", soon());
  fake.removePermission("MANAGE_WEBHOOKS");
  const bot = await startOut();
  await bot.out.post(bot.thread, line("hi", { author }), "m1", soon());
  for (const shown of [posts(thread)[0]!, bot.posts(bot.thread)[0]!].map(shownAuthor)) {
    expect(shown).toMatch(/^Mara from the team .*… · Telegram$/u);
    expect(shown.length).toBeLessThanOrEqual(80);
    expect(shown).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
  }
  const card = { ...sampleCard("Where is it?"), facts: [{ label: "Contact", value: author.name }] };
  const title = channelOf(await open(card, "c9:0")).name;
  expect(title).toMatch(/^#1042 Mara from .*… · Telegram: Where is it\?$/);
});
