import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AS_IT_STANDS, renderCard, renderPost } from "../../src/bridge/slack/out/blocks.ts";
import { fallbackText, formatted, literal, TEXT_CHARS } from "../../src/bridge/slack/out/text.ts";
import { cleanText, splitText } from "../../src/bridge/shared/text.ts";
import { parseMarkdown } from "../../src/core/text/markdown.ts";
import type { DeskPost } from "../../src/core/ports.ts";
import { sampleCard } from "../contracts/desk-contract.ts";
import { messageBlocks } from "../fakes/slack/blocks.ts";
import { linksOf, mentionsOf } from "../fakes/slack/mrkdwn.ts";
import type { Json, StoredMessage } from "../fakes/slack/types.ts";
import { shownText } from "../support/slack.ts";

const post = (text: string, more: Partial<DeskPost> = {}): DeskPost => ({ kind: "customer", author: { name: "Ana · Telegram" }, text, files: [], marks: [], ...more });
const PARSING: StoredMessage["parsing"] = { linkNames: AS_IT_STANDS.link_names, parse: AS_IT_STANDS.parse, mrkdwn: AS_IT_STANDS.mrkdwn };
const stored = ({ text, blocks }: { text: string; blocks: Json[] }) => ({ text, blocks, parsing: PARSING }) as StoredMessage;
const NAMES = new Map([["mara", "U1"], ["support-team", "S1"]]);
let ids = 0;
/** As Slack would take it: refused blocks throw. */
const taken = (blocks: Json[]) => messageBlocks(blocks, () => `b${++ids}`)!;

/** What somebody would try. */
const nasty = fc.array(fc.oneof(
  fc.constantFrom("<!channel>", "<!here|here>", "<@U0123ABCD>", "<!subteam^S1|@team>", "@everyone", "@mara", "<https://evil.example|https://bank.example>", "<https://evil.example>", "*bold*", "_it_", "`code`", "```\nx\n```", "> quote", ":smile:", "&lt;@U1&gt;", "&amp;", "<", ">", "|", "\u202E", "\0", "https://ok.example/a?b=c&d=e.", "[label](https://evil.example)", "\n", "- item"),
  fc.string(), fc.string({ unit: "binary" }),
), { maxLength: 12 }).map((parts) => parts.join(" "));

describe("a customer's text on Slack", () => {
  test("mentions nobody, leads nowhere but where it says, and is shown to the letter", () => {
    fc.assert(fc.property(nasty, (text) => {
      for (const rendered of renderPost(post(text), "k1", false)) {
        const message = stored({ text: rendered.text, blocks: taken(rendered.blocks) });
        expect(mentionsOf(message, NAMES)).toEqual([]);
        for (const link of linksOf(message)) {
          expect(link.label).toBeNull();
          expect(cleanText(text)).toContain(link.url.replace(/[.,;:!?)\]}'*_~]+$/, ""));
        }
        expect(JSON.stringify(message.blocks)).not.toMatch(/"(?:mrkdwn|markdown|user|usergroup|broadcast|emoji)"/);
        expect(JSON.stringify(rendered.blocks)).not.toContain("\"style\"");
      }
      const shown = renderPost(post(text), "k1", false).map((rendered) => shownText({ text: rendered.text, blocks: rendered.blocks })).join("");
      if (cleanText(text).trim() !== "") expect(shown).toBe(cleanText(text));
    }), { numRuns: 300 });
  });

  test("names and subjects on the card neither mention nor format", () => {
    fc.assert(fc.property(nasty, nasty, (title, name) => {
      const card = { ...sampleCard(title), lastLine: `${name}: hi`, facts: [{ label: "Contact", value: name }] };
      for (const one of [card, { ...card, collapsed: true }]) {
        const { text, blocks } = renderCard(one, "c1:0");
        const message = stored({ text, blocks: taken(blocks) });
        expect(mentionsOf(message, NAMES)).toEqual([]);
        expect(linksOf(message).every(({ label }) => label === null)).toBe(true);
      }
    }), { numRuns: 150 });
  });

  test("however long and dense, each piece is taken, and together they are the text", () => {
    const many = Array.from({ length: 2_000 }, (_, n) => `http://a.b/${n}`).join(" ");
    for (const text of [many, "\"\n".repeat(9_000), "🚲".repeat(7_001), "x".repeat(100_000), " \n"]) {
      const pieces = renderPost(post(text, { marks: ["edited"] }), "k1", true);
      for (const piece of pieces) {
        expect(taken(piece.blocks).length).toBeGreaterThan(0);
        expect(piece.text.length).toBeLessThanOrEqual(4_000);
      }
      if (text.trim() !== "") expect(pieces.map((piece) => shownText(piece)).join("").replace(/^Ana · Telegram\n/, "")).toBe(text);
    }
  });

  test("splits after lines and words, never within a character", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.integer({ min: 2, max: 9 }), (text, max) => {
      const pieces = splitText(text, max);
      expect(pieces.join("")).toBe(text);
      expect(pieces.every((piece) => piece.length <= max && (!/\p{Cs}/u.test(piece) || /\p{Cs}/u.test(text)))).toBe(true);
    }));
    expect(splitText("one two three", 8)).toEqual(["one two ", "three"]);
    expect(TEXT_CHARS).toBeLessThan(4_000);
  });

  test("the text beside the blocks is escaped and never empty", () => {
    expect(fallbackText("a < b && <@U1>")).toBe("a &lt; b &amp;&amp; &lt;@U1&gt;");
    expect(fallbackText("")).toBe(" ");
    expect(fallbackText("&".repeat(4_000)).length).toBeLessThanOrEqual(3_900);
  });
});

describe("a teammate's text on Slack", () => {
  const shown = (text: string) => formatted(parseMarkdown(text));
  test("light markdown becomes Slack's own", () => {
    expect(shown("Hi **Ana**, see [the *guide*](https://docs.example/x) and `npm i`, _really_ ~~no~~ snake_case 2 * 3")).toEqual([{ type: "rich_text_section", elements: [
      { type: "text", text: "Hi " }, { type: "text", text: "Ana", style: { bold: true } }, { type: "text", text: ", see " },
      { type: "link", url: "https://docs.example/x", text: "the *guide*" }, { type: "text", text: " and " }, { type: "text", text: "npm i", style: { code: true } },
      { type: "text", text: ", " }, { type: "text", text: "really", style: { italic: true } }, { type: "text", text: " " }, { type: "text", text: "no", style: { strike: true } }, { type: "text", text: " snake_case 2 * 3" },
    ] }]);
    expect(shown("so:\n```js\nlet a = 1;\n```")).toEqual([
      { type: "rich_text_section", elements: [{ type: "text", text: "so:\n" }] }, { type: "rich_text_preformatted", elements: [{ type: "text", text: "let a = 1;" }] },
    ]);
    expect(shown("> said\nso:\n- one\n  - **two**\nand\n1. a\n3. c")).toEqual([
      { type: "rich_text_quote", elements: [{ type: "text", text: "said" }] }, { type: "rich_text_section", elements: [{ type: "text", text: "so:" }] },
      { type: "rich_text_list", style: "bullet", indent: 0, elements: [{ type: "rich_text_section", elements: [{ type: "text", text: "one" }] }] },
      { type: "rich_text_list", style: "bullet", indent: 1, elements: [{ type: "rich_text_section", elements: [{ type: "text", text: "two", style: { bold: true } }] }] },
      { type: "rich_text_section", elements: [{ type: "text", text: "and" }, { type: "text", text: "\n" }, { type: "text", text: "1. " }, { type: "text", text: "a" }, { type: "text", text: "\n" }, { type: "text", text: "3. " }, { type: "text", text: "c" }] },
    ]);
    expect(shown("**bold _both_** \\*not\\*")[0]!.elements).toEqual([
      { type: "text", text: "bold ", style: { bold: true } }, { type: "text", text: "both", style: { bold: true, italic: true } }, { type: "text", text: " *not*" },
    ]);
  });

  test("an address is shown as it is, without the full stop after it", () => {
    expect(literal("See https://a.example/b?c=1, then.")).toEqual([{ type: "text", text: "See " }, { type: "link", url: "https://a.example/b?c=1" }, { type: "text", text: ", then." }]);
  });

  test("each kind of post is recognisable", () => {
    const foot = (kind: DeskPost["kind"], more: Partial<DeskPost> = {}) => JSON.stringify(renderPost(post("Hello", { kind, author: { name: "Mara" }, ...more }), "k1", false)[0]!.blocks);
    expect(foot("agent")).toContain("Reply to the customer");
    expect(foot("note")).toContain("Note, stays in the team");
    expect(foot("activity")).not.toContain("rich_text");
    expect(foot("customer", { marks: ["edited"], reactions: ["❤️"] })).toContain("edited · Mara reacted ❤️");
    expect(foot("customer", { deleted: true })).not.toContain("Hello");
  });

  test("a resolved conversation's card is one line with its buttons", () => {
    const open = renderCard(sampleCard(), "c1:0").blocks.map((block) => block["type"]);
    expect(open).toEqual(["header", "rich_text", "context", "actions"]);
    const resolved = renderCard({ ...sampleCard(), status: "resolved", collapsed: true }, "c1:0").blocks;
    expect(resolved.map((block) => block["type"])).toEqual(["context", "actions"]);
    expect(JSON.stringify(resolved)).toContain("Resolved · #1042 Where is my order? · Ana · Widget");
  });
});
