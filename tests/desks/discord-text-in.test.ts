/** Discord's markdown and mentions, as channels and the guard read them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readContent } from "../../src/bridge/discord/in/text.ts";

const names = {
  user: (id: string) => (id === "111" ? "Mara" : null),
  role: (id: string) => (id === "222" ? "Support" : null),
  channel: (id: string) => (id === "333" ? "general" : null),
};
const read = (source: string) => readContent(source, names);

describe("marks", () => {
  test.each([
    ["**bold** and *italic* and _italic_ and ~~gone~~", "**bold** and *italic* and _italic_ and ~~gone~~"],
    ["***both***", "**both**"],
    ["__under__line and __underlined__", "__under__line and _underlined_"],
    ["||the butler||", "the butler"],
    ["# Steps\n## One\n-# small print", "**Steps**\n**One**\nsmall print"],
    ["#1042 is no heading", "#1042 is no heading"],
    ["> quoted\nsaid", "> quoted\nsaid"],
    ["``a`b``", "`a`b`"],
    ["see [the page](https://example.com) or <https://example.com/a_b_c>", "see [the page](https://example.com) or https://example.com/a_b_c"],
    ["¯\\_(ツ)_/¯", "¯\\_(ツ)_/¯"],
    ["```js\nlet a = 1;\n```done", "```\nlet a = 1;\n```\ndone"],
  ])("%s", (source, text) => { expect(read(source)).toEqual({ text, notified: new Set() }); });

  test("what stands in code is left as it is", () => {
    expect(read("`<@111> ||x|| __y__ @everyone`")).toEqual({ text: "`<@111> ||x|| __y__ @everyone`", notified: new Set() });
    expect(read("```\n<@111> # no heading\n```").notified).toEqual(new Set());
  });
});

describe("mentions", () => {
  test("people and roles are shown by name and counted, channels only shown", () => {
    expect(read("<@111> <@!111> <@&222> <#333>")).toEqual({ text: "@Mara @Mara @Support #general", notified: new Set(["111", "222"]) });
  });
  test("who is not known is shown by number, and counted", () => { expect(read("<@999>")).toEqual({ text: "@999", notified: new Set(["999"]) }); });
  test("@everyone and @here count, an address does not", () => {
    expect([...read("@everyone look").notified, ...read("and @here").notified]).toEqual(["everyone", "here"]);
    expect(read("write to me@here.example").notified.size).toBe(0);
  });
  test("emoji of the server, times, commands and places are words", () => {
    expect(read("<:party:444> <a:dance:445> </reply:555> <id:customize> <t:1893456000> <t:1893456000:d> <t:1893456000:t>").text)
      .toBe(":party: :dance: /reply #customize 2030-01-01 00:00 UTC 2030-01-01 00:00 UTC");
  });
});

test("any text is read, and none holds a mention that Discord would act on", () => {
  const piece = fc.constantFrom("<@111>", "<@&222>", "<#333>", "`", "```", "**", "__", "||", "~~", "<", ">", "\\", "\n", "# ", "<t:1:R>", "<:x:1>", "@everyone", "word", " ", "\0", "\u00001\u0000");
  fc.assert(fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 30 }), (parts) => {
    const { text, notified } = read(parts.join(""));
    expect(text).not.toContain("\0");
    const outside = text.replace(/```[\s\S]+?```|``[^\n]+?``|`[^`\n]+`/g, "");
    if (notified.size === 0 && !text.includes("`")) expect(outside).not.toMatch(/<@!?\d+>|<@&\d+>/);
  }));
});
