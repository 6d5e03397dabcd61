/** What people write in Slack, as the guard and the channels read it. Shapes: docs.slack.dev/messaging/formatting-message-text, docs.slack.dev/reference/block-kit/blocks/rich-text-block */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emojiOf, nameOfEmoji, shownEmoji, withEmoji } from "../../src/bridge/slack/in/emoji.ts";
import { readMessageText, type Names } from "../../src/bridge/slack/in/text.ts";
import { guard } from "../../src/core/model/guard.ts";
import { isVerb } from "../../src/core/verbs/table.ts";

const names: Names = {
  user: async (id) => ({ U1: "Mara", U2: "Jonas" })[id] ?? null, channel: async (id) => (id === "C1" ? "billing" : null), group: async (id) => (id === "S1" ? "night-shift" : null),
};
const read = async (text: string, blocks?: unknown) => readMessageText({ text, blocks }, names);

describe("mrkdwn", () => {
  test.each([
    ["plain text", "plain text"],
    ["*bold* and _italic_ and ~gone~", "**bold** and _italic_ and ~~gone~~"],
    ["2 * 3 * 4, snake_case_name, a~b~c", "2 * 3 * 4, snake_case_name, a~b~c"],
    ["*two words* here", "**two words** here"],
    ["a &lt;b&gt; &amp; c", "a <b> & c"],
    ["&amp;lt;", "&lt;"],
    ["&gt; quoted\nplain", "> quoted\nplain"],
    ["• one\n• two", "• one\n• two"],
    ["see <https://example.com/a?b=1&amp;c=2|the page>", "see [the page](https://example.com/a?b=1&c=2)"],
    ["see <https://example.com>", "see https://example.com"],
    ["see <http://example.com|example.com>", "see example.com"],
    ["write <mailto:ana@example.com|ana@example.com>", "write ana@example.com"],
    ["call <tel:+4930123|+49 30 123>", "call [+49 30 123](tel:+4930123)"],
    ["*<https://example.com|bold link>*", "**[bold link](https://example.com)**"],
    ["<https://example.com/(x)|odd>", "odd (https://example.com/(x))"],
    ["`*not bold* &lt;b&gt;`", "`*not bold* <b>`"],
    ["```first line\n*second*```", "```\nfirst line\n*second*\n```"],
    ["before ```one```after", "before ```\none\n```\nafter"],
    ["in <#C1|billing> and <#C1>", "in #billing and #billing"],
    ["on <!date^1392734382^{date_num}|2014-02-18>", "on 2014-02-18"],
    [":wave: :+1::skin-tone-3: :our_logo: at 10:30:15", "👋 👍🏼 :our_logo: at 10:30:15"],
    ["the ratio is 5:100:3", "the ratio is 5:100:3"],
    ["a \u0000 b", "a  b"],
  ])("%j", async (slack, ours) => {
    expect(await read(slack)).toEqual({ text: ours, mentions: 0 });
  });

  test.each([
    ["<@U1> look", "@Mara look", 1], ["<@U1> <@U1> <@U2>", "@Mara @Mara @Jonas", 2], ["<@U9|ben>", "@ben", 1], ["<@U9>", "@U9", 1],
    ["<!here> now", "@here now", 1], ["<!channel>", "@channel", 1], ["<!everyone> and <@U1>", "@everyone and @Mara", 2], ["<!subteam^S1>", "@night-shift", 1], ["<!subteam^S9|@ops>", "@ops", 1],
    ["`<@U1>`", "`@Mara`", 1],
  ])("%j notifies", async (slack, ours, mentions) => {
    expect(await read(slack)).toEqual({ text: ours, mentions });
  });

  test("a mention that only the blocks have counts", async () => {
    const blocks = [{ type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "user", user_id: "U1" }, { type: "text", text: " look" }] }] }];
    expect((await read("look", blocks)).mentions).toBe(1);
  });

  test("rich text stands in for a text that is missing", async () => {
    const blocks = [{ type: "rich_text", elements: [
      { type: "rich_text_section", elements: [{ type: "text", text: "Dear " }, { type: "text", text: "Ana ", style: { bold: true } }, { type: "emoji", name: "wave" }, { type: "link", url: "https://example.com", text: "here" }] },
      { type: "rich_text_list", style: "ordered", elements: [{ type: "rich_text_section", elements: [{ type: "text", text: "a < b" }] }, { type: "rich_text_section", elements: [{ type: "text", text: "two" }] }] },
      { type: "rich_text_preformatted", elements: [{ type: "text", text: "x = 1" }] },
    ] }];
    expect((await read("", blocks)).text).toBe("Dear **Ana** 👋[here](https://example.com)\n1. a < b\n2. two\n```\nx = 1\n```");
  });
});

describe("what the guard reads", () => {
  const verdict = async (slack: string) => {
    const { text, mentions } = await read(slack);
    return guard({ text, hasFiles: false, author: { kind: "agent", mayAnswer: true }, mode: "reply", threadRetired: false, mentions: { teammates: mentions }, isVerb }).kind;
  };
  test.each([
    ["Hello Ana", "reply"], ["!resolve", "command"], ["*!resolve*", "note"], ["&gt; !resolve", "note"], [":lock: inside", "note"], [":exclamation:resolve", "note"], ["note: inside", "note"], ["*note:* inside", "note"], ["`note:` inside", "note"],
    ["&gt; private: inside", "note"], ["//inside", "note"], ["<@U2> can you look?", "held"], ["<!here> look", "held"], ["&lt;@U2&gt; literally", "held"], ["```note: inside```", "note"], ["<https://example.com|note: inside>", "note"],
  ])("%j is a %s", async (slack, kind) => {
    expect(await verdict(slack)).toBe(kind);
  });

  test("never makes a command of what was not written as one", async () => {
    const piece = fc.constantFrom("!", "resolve", " ", "*", "_", "~", "`", "```", "&lt;", "&gt;", "<@U1>", "<!here>", ":lock:", ":exclamation:", "note:", "\n", "<https://example.com|!resolve>", "<#C1|x>");
    await fc.assert(fc.asyncProperty(fc.array(piece, { maxLength: 8 }).map((parts) => parts.join("")), async (slack) => {
      const kind = await verdict(slack);
      if (kind === "command") expect(slack.trimStart()).toMatch(/^!resolve/);
      if (/<@U1>|<!here>/.test(slack)) expect(kind).not.toBe("reply");
    }), { numRuns: 300 });
  });
});

describe("emoji", () => {
  test("names and characters lead to each other", () => {
    for (const name of ["white_check_mark", "warning", "grey_question", "hourglass_flowing_sand", "eye", "mailbox_with_mail", "x", "eyes", "zzz", "lock", "raised_hand", "+1"]) {
      expect(emojiOf(name), name).not.toBeNull();
      expect(emojiOf(nameOfEmoji(emojiOf(name)!)!), name).toBe(emojiOf(name));
    }
    expect(nameOfEmoji("👍🏼")).toBe("+1::skin-tone-3");
    expect(nameOfEmoji("❤")).toBe("heart");
    expect(nameOfEmoji("🫠")).toBeNull();
    expect(shownEmoji("our_logo")).toBe(":our_logo:");
    expect(withEmoji(":tada::x:")).toBe("🎉❌");
  });
});
