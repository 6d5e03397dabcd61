import fc from "fast-check";
import { expect, test } from "vitest";
import { splitAt } from "../../src/channels/shared/split.ts";
import { plan } from "../../src/channels/telegram/plan.ts";
import { renderPieces, renderText, type Rendered } from "../../src/channels/telegram/render.ts";
import { checkText } from "../fakes/telegram/entities.ts";

/** The text with each entity spelled as `<type|words>`, so that a test reads like the message looks. */
function spelled({ text, entities }: Rendered): string {
  const marks = entities.flatMap((e) => [{ at: e.offset, order: 1, length: -e.length, put: `<${e.type}${e.url === undefined ? "" : ` ${e.url}`}|` }, { at: e.offset + e.length, order: 0, length: -e.length, put: ">" }]);
  marks.sort((a, b) => b.at - a.at || b.order - a.order || b.length - a.length);
  return marks.reduce((out, { at, put }) => out.slice(0, at) + put + out.slice(at), text);
}

test.each([
  ["plain", "Hello Ana", "Hello Ana"],
  ["bold", "a **big** day", "a <bold|big> day"],
  ["italic", "an *old* and _new_ one", "an <italic|old> and <italic|new> one"],
  ["strike", "~~10~~ 8 euro", "<strikethrough|10> 8 euro"],
  ["both", "**_this_ now** _~~that~~ too_", "<bold|<italic|this> now> <italic|<strikethrough|that> too>"],
  ["nested", "**see _this_ now**", "<bold|see <italic|this> now>"],
  ["code", "run `npm *start*` now", "run <code|npm *start*> now"],
  ["code in bold", "**set `x` to _`y` z_ on**", "<bold|set ><code|x><bold| to ><code|y><bold|<italic| z> on>"],
  ["bold code", "**`x`** and *`a` `b`*", "<code|x> and <code|a> <code|b>"],
  ["fence", "so:\n```js\na **b** c\n```\ndone", "so:\n<pre|a **b** c>\ndone"],
  ["fence in a line", "```one``` two", "<pre|one> two"],
  ["link", "see [our *page*](https://example.com/a_b_c?q=1)", "see <text_link https://example.com/a_b_c?q=1|our *page*>"],
  ["bare link", "https://example.com/_foo_/**x**", "https://example.com/_foo_/**x**"],
  ["script link", "[x](javascript:alert(1))", "[x](javascript:alert(1))"],
  ["telegram link", "[x](tg://user?id=1)", "[x](tg://user?id=1)"],
  ["snake and sums", "snake_case_name 2*3*4 and 5 * 6 * 7", "snake_case_name 2*3*4 and 5 * 6 * 7"],
  ["escaped", "\\*not\\* \\[this\\]", "*not* [this]"],
  ["unclosed", "**open and `open", "**open and `open"],
  ["quote", "> said **so**\n>\n> he\nno", "<blockquote|said <bold|so>\n\nhe>\nno"],
  ["no quote", ">:( and >5", ">:( and >5"],
  ["list", "two:\n- **a**\n- b\n\n1. c", "two:\n- <bold|a>\n- b\n\n1. c"],
  ["html", "<b>&amp;</b> stays", "<b>&amp;</b> stays"],
  ["markdown v2", "_*[]()~`>#+-=|{}.! stays", "_*[]()~`>#+-=|{}.! stays"],
  ["trimmed", "  **a**  \n", "<bold|a>"],
  ["emoji before", "👩‍👩‍👧‍👦 **a**", "👩‍👩‍👧‍👦 <bold|a>"],
])("%s", (_name, source, wanted) => { expect(spelled(renderText(source))).toBe(wanted); });

const noise = fc.array(fc.oneof(
  fc.constantFrom("*", "**", "_", "~~", "`", "```", "```\n", "\n", "\n\n", " ", "\\", "[a](https://e.co)", "[", "](", ")", "👩‍👩‍👧‍👦", "😀", "é", "word", ". ", "https://e.co/_a_"),
  fc.string({ unit: "grapheme", maxLength: 12 }),
), { maxLength: 120 }).map((list) => list.join(""));

test("whatever an agent writes, Telegram takes: every piece passes its rules", () => {
  fc.assert(fc.property(noise, fc.integer({ min: 20, max: 200 }), (source, max) => {
    for (const { text, entities } of renderPieces(source, max)) {
      expect(checkText(text, entities, max, "text").text).toBe(text.trim());
      expect(text).not.toMatch(/\p{Cs}/u);
    }
  }), { numRuns: 1_500 });
});

test("splitting loses nothing but blanks", () => {
  fc.assert(fc.property(noise, fc.integer({ min: 20, max: 200 }), (source, max) => {
    const whole = renderText(source);
    const bare = (text: string) => text.replace(/\s/g, "");
    expect(bare(renderPieces(source, max).map((piece) => piece.text).join(""))).toBe(bare(whole.text));
  }), { numRuns: 500 });
});

test("it is cut at paragraphs, then lines, then words, never inside a pair", () => {
  const filler = "x".repeat(60);
  expect(splitAt(`${filler}\n\nb b\nc ${filler}`, 80)).toBe(62);
  expect(splitAt(`${filler}\nb b ${filler}`, 80)).toBe(61);
  expect(splitAt(`${filler} bb${filler}`, 80)).toBe(61);
  expect(splitAt("😀".repeat(100), 81)).toBe(80);
  expect(splitAt("👩‍👩‍👧‍👦".repeat(20), 80)).toBe(77);
});

test("an entity that fits is not cut; one that is longer than a message goes on in the next", () => {
  const [first, second] = renderPieces(`${"a".repeat(70)} **${"b ".repeat(20)}end**`, 90);
  expect(first).toEqual({ text: "a".repeat(70), entities: [] });
  expect(second!.entities).toEqual([{ type: "bold", offset: 0, length: second!.text.length }]);
  const long = renderPieces(`**${"b".repeat(250)}**`, 100);
  expect(long.map(({ entities }) => entities[0]!.length)).toEqual([100, 100, 50]);
});

test("reading stays quick on a text made of marks", () => {
  const started = process.cpuUsage();
  for (const mark of ["*a ", "_a ", "`a ", "[a", "```\na", "**a ", "~~a", "\\", "> ```\n", "- ```\n", "- a\n", "1. "]) renderText(mark.repeat(10_000));
  expect(process.cpuUsage(started).user).toBeLessThan(4_000_000);
});

test("a short text is the caption of a single file; else it goes first", () => {
  const file = (name: string, type: string, bytes = 10) => ({ fileId: name, name, type, bytes, state: "ready" as const });
  const parts = (body: string, ...files: ReturnType<typeof file>[]) => plan({ id: "m", body, files, author: { name: "Mia" } }).map(({ kind, data }) => ({ kind, ...(data as object) }));
  expect(parts("**Hi**", file("a.png", "image/png"))).toEqual([{ kind: "photo", fileId: "a.png", name: "a.png", caption: { text: "Hi", entities: [{ type: "bold", offset: 0, length: 2 }] } }]);
  expect(parts("Hi", file("a.pdf", "application/pdf"), file("b.ogg", "audio/ogg")).map((p) => p.kind)).toEqual(["text", "document", "voice"]);
  expect(parts("x".repeat(1_025), file("a.png", "image/png", 11_000_000)).map((p) => p.kind)).toEqual(["text", "document"]);
  expect(parts("", file("a.pdf", "application/pdf"))).toHaveLength(1);
  expect(parts("  \n ")).toEqual([]);
});
