/** The one form of formatted text: read from markdown, Telegram and WhatsApp, shown by desks and channels, and no text breaks out of it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatted as onDiscord } from "../../src/bridge/discord/out/formatted.ts";
import { formatted as onSlack, type RichPart } from "../../src/bridge/slack/out/text.ts";
import { contentOf } from "../../src/channels/telegram/content.ts";
import { readMarkup } from "../../src/channels/whatsapp/markup.ts";
import { renderText } from "../../src/channels/whatsapp/render.ts";
import { toText } from "../../src/channels/email/render.ts";
import type { Span } from "../../src/core/model/rich-text.ts";
import { mayHoldMarks, parseMarkdown } from "../../src/core/text/markdown.ts";
import { cutOut, fromSpans, joinLines, saneSpans, toSpans } from "../../src/core/text/spans.ts";

const piece = fc.oneof(
  fc.constantFrom("*", "**", "_", "~~", "~", "`", "```", "```\n", "\n", "\n\n", " ", "\\", "[a b](https://e.example)", "[", "](", ")", "> ", "- ", "1. ", "\n- ", "\n> ", "😀", "é", "word", "@everyone", "<@1>", "<!here>", "||", "#", "https://e.example/_a_", "[https://bank.example](https://evil.example)"),
  fc.string({ unit: "grapheme", maxLength: 6 }),
);
const text = fc.array(piece, { maxLength: 40 }).map((list) => list.join(""));
const types = fc.constantFrom("bold", "italic", "strike", "code", "pre", "quote", "link", "spoiler");
const claims = fc.array(fc.record({ type: types, offset: fc.integer({ min: -2, max: 60 }), length: fc.integer({ min: -2, max: 60 }) }), { maxLength: 8 });
const kinds = (spans: Span[]) => new Set(spans.map(({ type }) => type));

describe("text and spans", () => {
  test("a tree and its spans say the same", () => {
    fc.assert(fc.property(text, (source) => {
      const spanned = toSpans(parseMarkdown(source));
      expect(toSpans(fromSpans(spanned)).text).toBe(spanned.text);
      if (!mayHoldMarks(source)) expect(spanned).toEqual({ text: source.replace(/\r\n?/g, "\n").replaceAll("\0", ""), spans: [] });
    }), { numRuns: 1_000 });
  });

  test("whatever formatting is claimed, the text stays to the letter and no link comes in", () => {
    fc.assert(fc.property(text, claims, (source, claimed) => {
      const spans = saneSpans(source, claimed);
      const again = toSpans(fromSpans({ text: source, spans }));
      expect(again.text).toBe(source);
      for (const kind of kinds(again.spans)) expect([...kinds(spans)]).toContain(kind);
      expect(kinds(spans).has("link")).toBe(false);
    }), { numRuns: 1_000 });
  });

  test("lines under each other keep theirs, and so does what is cut out", () => {
    const whole = joinLines([{ text: "one", spans: [{ type: "bold", offset: 0, length: 3 }] }, { text: "two", spans: [{ type: "italic", offset: 1, length: 2 }] }]);
    expect(whole).toEqual({ text: "one\ntwo", spans: [{ type: "bold", offset: 0, length: 3 }, { type: "italic", offset: 5, length: 2 }] });
    expect(cutOut(whole, 2, 6)).toEqual({ text: "e\ntw", spans: [{ type: "bold", offset: 0, length: 1 }, { type: "italic", offset: 3, length: 1 }] });
  });
});

/** Discord's markdown as its apps read it, as far as we write it. Source: github.com/discord/simple-markdown rules, read for this test. */
function readDiscord(content: string): { text: string; links: string[]; marks: Set<string> } {
  const links: string[] = [], marks = new Set<string>();
  const inline = (part: string): string => {
    let out = "";
    for (let i = 0; i < part.length;) {
      const rest = part.slice(i);
      const escaped = /^\\([^0-9A-Za-z\s])/.exec(rest), block = /^```\n([\s\S]+?)\n```/.exec(rest), code = /^(`{1,2})(?!`)([\s\S]*?[^`])\1(?!`)/.exec(rest);
      const named = /^\[((?:\\.|[^\]\\])*)\]\(<([^>\s]+)>\)/.exec(rest), bare = /^<(https?:\/\/[^>\s]+)>/.exec(rest);
      const bold = /^\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/.exec(rest), em = /^\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)/.exec(rest), strike = /^~~(?=\S)((?:\\[\s\S]|~(?!~)|[^\s\\~]|\s(?!~~))+?)~~/.exec(rest);
      const found = escaped ?? block ?? code ?? named ?? bare ?? ((em?.[0].length ?? 0) > (bold?.[0].length ?? 0) ? em : bold) ?? strike;
      if (found === null) { out += part[i++]!; continue; }
      if (found === escaped) out += found[1]!;
      else if (found === block) { marks.add("pre"); out += found[1]!; }
      else if (found === code) { marks.add("code"); out += found[1] === "``" ? found[2]!.slice(1, -1) : found[2]!; }
      else if (found === named) { links.push(found[2]!); out += inline(found[1]!); }
      else if (found === bare) out += found[1]!;
      else { marks.add(found === bold ? "bold" : found === em ? "italic" : "strike"); out += inline(found[1]!); }
      i += found[0].length;
    }
    return out;
  };
  const lines = content.split("\n"), blocks: string[] = [];
  for (let i = 0; i < lines.length;) {
    const quoted = lines[i]!.startsWith("> ");
    let end = i + 1, fences = lines[i]!.split("```").length - 1;
    const goesOn = (line: string) => line.startsWith("> ") === quoted || (!quoted && fences % 2 === 1);
    for (; end < lines.length && goesOn(lines[end]!); end++) fences += lines[end]!.split("```").length - 1;
    if (quoted) marks.add("quote");
    blocks.push(inline(lines.slice(i, end).map((line) => (quoted ? line.slice(2) : line)).join("\n")));
    i = end;
  }
  return { text: blocks.join("\n"), links, marks };
}

/** What a customer's channel tells: no links, and words that are no addresses (those are shown in brackets, see the desks' own tests). */
const customers = fc.tuple(text.map((source) => source.replaceAll("https", "hxxp")), claims).map(([source, claimed]) => ({ text: source, spans: saneSpans(source, claimed) }));
const ofAnAgent = text.map((source) => parseMarkdown(source));

describe("on Discord", () => {
  test("what is read is what was meant: the text, and no formatting or link besides", () => {
    fc.assert(fc.property(customers, (spanned) => {
      const shown = readDiscord(onDiscord(fromSpans(spanned)));
      expect(shown.text).toBe(spanned.text);
      expect(shown.links).toEqual([]);
      for (const mark of shown.marks) expect([...kinds(spanned.spans)]).toContain(mark);
    }), { numRuns: 1_500 });
  });
  test("a teammate's names for addresses never look like other addresses, and nobody is mentioned", () => {
    fc.assert(fc.property(ofAnAgent, (rich) => {
      const content = onDiscord(rich), links = toSpans(rich).spans.filter(({ type }) => type === "link").map(({ url }) => url);
      for (const url of readDiscord(content).links) expect(links).toContain(url);
      expect(content.replace(/```[\s\S]*?```|`[^`\n]*`|<https?:[^>\s]*>/g, "")).not.toMatch(/(?<!\\)@everyone|(?<!\\)<@|(?<!\\)\[https:\\?\/\/bank\.example\]\(/);
    }), { numRuns: 1_000 });
  });
  test("looks as in Slack and at the customer's", () => {
    expect(onDiscord(parseMarkdown("> **so**\nsee [our page](https://e.example), _really_ `x*y` ~~no~~\n- one\n- 2 * 3\n\n1. a_b\n2. c"))).toBe("> **so**\nsee [our page](<https://e.example>), *really* `x*y` ~~no~~\n- one\n- 2 \\* 3\n\n1\\. a\\_b\n2\\. c");
  });
});

describe("on Slack", () => {
  const read = (parts: RichPart[]): { text: string; marks: Set<string> } => {
    const marks = new Set<string>();
    const textOf = (part: RichPart): string => {
      if (part.type === "rich_text_preformatted") marks.add("pre");
      if (part.type === "rich_text_quote") marks.add("quote");
      return part.elements.map((element) => {
        if ("elements" in element) return textOf(element);
        if ("style" in element) for (const mark of Object.keys(element.style ?? {})) marks.add(mark === "code" && part.type === "rich_text_quote" ? "quote" : mark);
        return element.type === "text" ? element.text : element.type === "link" ? element.text ?? element.url : "";
      }).join("");
    };
    return { text: parts.map(textOf).join(""), marks };
  };
  test("what is shown is what was meant", () => {
    fc.assert(fc.property(customers, ({ text: source, spans }) => {
      const shown = read(onSlack(fromSpans({ text: source, spans })));
      expect(shown.text.replaceAll("\n", "")).toBe(source.replaceAll("\n", ""));
      for (const mark of shown.marks) expect([...kinds(spans)]).toContain(mark);
    }), { numRuns: 1_000 });
  });
});

describe("what customers write", () => {
  test("Telegram's entities are kept, a named link is spelled out and moves what is behind it", () => {
    const entities = [{ type: "bold", offset: 0, length: 2 }, { type: "text_link", offset: 3, length: 4, url: "https://evil.example" }, { type: "italic", offset: 8, length: 2 }, { type: "spoiler", offset: 0, length: 9 }, { type: "code", offset: 9, length: 500 }];
    expect(contentOf({ text: "Hi link me", entities })).toEqual({
      text: "Hi link (https://evil.example) me", files: [],
      spans: [{ type: "bold", offset: 0, length: 2 }, { type: "italic", offset: 31, length: 2 }, { type: "code", offset: 32, length: 1 }],
    });
    expect(contentOf({ text: "plain *text*" })).toEqual({ text: "plain *text*", files: [] });
  });

  test.each([
    ["*bold* and _it_ ~no~", "bold and it no", ["bold", "italic", "strike"]],
    ["*_both_*", "both", ["bold", "italic"]],
    ["2*3*4 snake_case_x ** * a*", "2*3*4 snake_case_x ** * a*", []],
    ["`a *b*` and ```x\ny```", "a *b* and x\ny", ["code", "pre"]],
    ["> said *so*\n> twice\nno", "said so\ntwice\nno", ["quote", "bold"]],
    ["see https://e.example/_a_b_", "see https://e.example/_a_b_", []],
  ])("WhatsApp's %j", (source, wanted, types) => {
    const read = readMarkup(source);
    expect([read.text, [...kinds(read.spans)]]).toEqual([wanted, types]);
  });

  test("of any text in WhatsApp only marks go, and what we write there is read again as it was", () => {
    fc.assert(fc.property(text, (source) => {
      const bare = (words: string) => words.replace(/[*_~`\s]|> /g, "");
      expect(bare(readMarkup(source).text)).toBe(bare(source));
    }), { numRuns: 1_000 });
    for (const source of ["**a** and _b_", "~~x~~ `y`", "> q\nr", "```\nlet x\n```"]) {
      expect(readMarkup(renderText(source)[0]!).text).toBe(toSpans(parseMarkdown(source)).text);
    }
  });
});

test("plain mail has the usual marks, addresses behind their names, and the signature", () => {
  expect(toText("> you said\n**Yes**, see [the guide](https://e.example).", "Mara")).toBe("> you said\n*Yes*, see the guide (https://e.example).\n\n-- \nMara");
});
