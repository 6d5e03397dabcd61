/** Whom a text notifies and where it leads. Source: docs.slack.dev/messaging/formatting-message-text */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { linksIn, mentionsIn } from "../fakes/slack/mrkdwn.ts";
import type { FakeSlack } from "../fakes/slack/server.ts";
import { clientOf, startSlack } from "./fake-slack-support.ts";

const kinds = (text: string, parsing?: Parameters<typeof mentionsIn>[1]) => mentionsIn(text, parsing).map(({ kind, id, bare }) => `${bare ? "~" : ""}${kind}${id === null ? "" : `:${id}`}`);

describe("mentionsIn", () => {
  test.each([
    ["hello <@U123> and <@W9|ana>", ["user:U123", "user:W9"]],
    ["<!here> <!channel|x> <!everyone>", ["here", "channel", "everyone"]],
    ["<!subteam^S1> <!subteam^S2|@support>", ["subteam:S1", "subteam:S2"]],
    ["&lt;@U123&gt; &lt;!here&gt; &amp;lt;!here&amp;gt;", []],
    ["<#C1|general> <https://e.com|@here> <!date^1^x|@channel>", []],
    ["@here @channel @ana mail@here.com", []],
    ["< @U1> <@ U1> <!Here>", []],
  ])("%s", (text, expected) => { expect(kinds(text)).toEqual(expected); });
  test("bare names, where they are parsed", () => {
    const names = new Map([["ana", "U1"], ["support", "S1"]]);
    expect(kinds("@here, @ana! @support @nobody x@ana.de <@U2>", { linkNames: true, names })).toEqual(["user:U2", "~here", "~user:U1", "~subteam:S1"]);
    expect(kinds("@Everyone", { parse: "full" })).toEqual(["~everyone"]);
    expect(kinds("&lt;@here&gt;", { parse: "full" })).toEqual(["~here"]);
  });
});

test("linksIn", () => {
  expect(linksIn("<https://evil.example|https://bank.example> <mailto:a@b.de> see https://plain.example/a?b=1&amp;c=2, &lt;https://escaped.example&gt;")).toEqual([
    { url: "https://evil.example", label: "https://bank.example" }, { url: "mailto:a@b.de", label: null }, { url: "https://plain.example/a?b=1&c=2,", label: null }, { url: "https://escaped.example>", label: null },
  ]);
  expect(linksIn("&lt;https//x|y&gt; <@U1> <#C1> no.link")).toEqual([]);
});

describe("of a post", () => {
  let slack: FakeSlack, channel: string;
  beforeEach(async () => { slack = await startSlack(); slack.space.addUser("ana", { id: "UANA" }); channel = slack.space.addChannel("desk").id; });
  afterEach(() => slack.stop());
  const post = async (content: object) => ((await clientOf(slack).apiCall("chat.postMessage", { channel, ...content })) as { ts?: string }).ts!;
  const posted = async (content: object) => slack.mentionsOf(channel, await post(content)).map(({ kind, bare }) => (bare ? `~${kind}` : kind));

  test("text, blocks, rich text; plain text never; names by the way it was sent", async () => {
    expect(await posted({ text: "@here <@UANA>" })).toEqual(["user"]);
    expect(await posted({ text: "@here @ana", link_names: true })).toEqual(["~here", "~user"]);
    const section = (text: object) => ({ text: "x", blocks: [{ type: "section", text }] });
    expect(await posted(section({ type: "mrkdwn", text: "<!channel> @here" }))).toEqual(["channel", "~here"]);
    expect(await posted(section({ type: "mrkdwn", text: "@here", verbatim: true }))).toEqual([]);
    expect(await posted(section({ type: "plain_text", text: "<!channel> @here" }))).toEqual([]);
    expect(await posted({ text: "x", blocks: [{ type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "broadcast", range: "here" }, { type: "user", user_id: "UANA" }, { type: "text", text: "<!channel>" }] }] }] })).toEqual(["here", "user"]);
  });
  test("an edit parses names unless it says otherwise", async () => {
    const web = clientOf(slack), ts = (await web.chat.postMessage({ channel, text: "quiet" })).ts!;
    await web.chat.update({ channel, ts, text: "@here" });
    expect(slack.mentionsOf(channel, ts)).toMatchObject([{ kind: "here", bare: true }]);
    await web.chat.update({ channel, ts, text: "@here", parse: "none" });
    expect(slack.mentionsOf(channel, ts)).toEqual([]);
  });
  test("links in text, blocks and buttons", async () => {
    const ts = await post({ text: "<https://a.example|A>", blocks: [
      { type: "section", text: { type: "mrkdwn", text: "https://b.example" }, accessory: { type: "button", action_id: "x", url: "https://c.example", text: { type: "plain_text", text: "C" } } },
    ] });
    expect(slack.linksOf(channel, ts)).toEqual([{ url: "https://a.example", label: "A" }, { url: "https://c.example", label: "C" }, { url: "https://b.example", label: null }]);
  });
});
