/** Formatting of HTML mail: it stands on the words that are read, whatever was folded away, and nothing of the HTML breaks out. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { eventsOf } from "../../src/channels/email/events.ts";
import { tidy } from "../../src/channels/email/fold.ts";
import { formattingOf } from "../../src/channels/email/formatting.ts";
import { htmlToText } from "../../src/channels/email/html.ts";
import { parseMail } from "../../src/channels/email/parse.ts";
import { fromSpans, saneSpans, toSpans } from "../../src/core/text/spans.ts";
import { makeMail } from "../fakes/email/mails.ts";
import { memoryFiles } from "../fakes/memory-files.ts";

const HTML = `<h2>Your order</h2><p>Please send it <b>today</b>, not <i>tomorrow</i>.<br>Use <code>npm i</code> <span style="font-weight:bold; color:red">now!</span> <s>old</s></p>
<ul><li><strong>One</strong></li><li>two</li></ul><pre>a = 1\nb = 2</pre><p>Bye</p>
<div class="gmail_quote">On Tue, Mar 12, 2024 at 10:00 AM Mara &lt;support@shop.example&gt; wrote:<br><blockquote><b>send it today</b> and text</blockquote></div>`;
const PLAIN = "*Your order*\n\nPlease send it *today*, not _tomorrow_.\nUse npm i now! old\n\n  * One\n  * two\n\na = 1\nb = 2\n\nBye\n\nOn Tue, Mar 12, 2024 at 10:00 AM Mara <support@shop.example> wrote:\n\n> send it today and text\n";
const FORMATTED = [["bold", "Your order"], ["bold", "today"], ["italic", "tomorrow"], ["code", "npm i"], ["bold", "now!"], ["strike", "old"], ["bold", "One"], ["pre", "a = 1\nb = 2"]];
const shown = ({ text, spans }: { text: string; spans?: ReturnType<typeof formattingOf> }) => (spans ?? []).map(({ type, offset, length }) => [type, text.slice(offset, offset + length)]);

test.each([["of HTML alone", { html: HTML }], ["beside a plain text with marks of its own", { html: HTML, text: PLAIN }]])("a mail %s is shown as it was formatted, its quote folded away", async (_what, parts) => {
  const mail = await parseMail(makeMail(parts));
  expect(shown(mail)).toEqual(FORMATTED);
  expect([mail.text.includes("and text"), mail.full.includes("and text")]).toEqual([false, true]);
});

test("a mail that is handed on keeps it under who hands it on; plain mail and a page in a <pre> have none", async () => {
  const forwarded = await parseMail(makeMail({ from: "Mara <mara@shop.example>", subject: "Fwd: Lamp", html: "<p>---------- Forwarded message ---------<br>From: Ana &lt;ana@customer.example&gt;<br>Date: Tue, 12 Mar 2024<br>Subject: Lamp<br>To: mara@shop.example</p><p>It is <b>broken</b></p>" }));
  const [event] = await eventsOf({ inboxId: "mail", ours: ["support@shop.example"], team: ["shop.example"], automatic: false, othersTakePart: false, sign: () => "", files: memoryFiles(), maxFile: 1_000 }, forwarded);
  expect(event).toMatchObject({ address: "ana@customer.example", text: expect.stringMatching(/^Forwarded by Mara:/) });
  expect(shown(event as { text: string })).toEqual([["bold", "broken"]]);
  expect((await parseMail(makeMail({ text: "*not* bold" }))).spans).toEqual([]);
  expect((await parseMail(makeMail({ html: "<html><body><pre>Hello\nworld</pre></body></html>" }))).spans).toEqual([]);
});

const tags = fc.constantFrom("b", "strong", "i", "em", "s", "code", "span style='font-weight:700'", "h1", "pre", "p", "div", "blockquote", "a href='https://evil.example'", "a href=\"javascript:alert(1)\"", "td", "li", "script", "style", "b onclick=alert(1)");
const pieces = fc.oneof(
  tags.map((tag) => `<${tag}>`), tags.map((tag) => `</${tag.split(" ")[0]!}>`),
  fc.constantFrom("<b", "</", "<!--", "-->", "<![CDATA[", "&#xE000;", "\ue000", "\ue010\ue014", "&lt;b&gt;", "&amp;#60;", "<br>", "\n\n", " ", "&nbsp;", "**", "*", "`", "```", "> ", "😀", "é", "<img src=x onerror=alert(1)>", "@everyone", "<!channel>"),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);

test("whatever the HTML is, its formatting changes no letter of the text, is sane and brings no link", () => {
  fc.assert(fc.property(fc.array(pieces, { maxLength: 60 }).map((list) => list.join("")), (html) => {
    const text = tidy(htmlToText(html)), spans = formattingOf(html, text);
    expect(saneSpans(text, spans)).toEqual(spans);
    expect(toSpans(fromSpans({ text, spans })).text).toBe(text);
    for (const { type, url } of spans) expect([["bold", "italic", "strike", "code", "pre"].includes(type), url]).toEqual([true, undefined]);
  }), { numRuns: 300 });
});

test("each word is formatted as it was written, also where a part of the mail is not shown", () => {
  const style = fc.constantFrom("", "b", "i", "s", "code"), words = fc.array(fc.record({ style, close: fc.constantFrom(" ", "<br>", "</p><p>", ", ") }), { minLength: 1, maxLength: 40 });
  fc.assert(fc.property(words, fc.nat(), fc.boolean(), (list, cut, marks) => {
    const html = `<p>${list.map(({ style: tag, close }, n) => `${tag === "" ? `w${n}x` : `<${tag}>w${n}x</${tag}>`}${close}`).join("")}</p>`;
    const from = cut % list.length;
    const text = list.flatMap(({ style: tag }, n) => (n < from ? [] : [marks && tag === "b" ? `*w${n}x*` : `w${n}x`])).join(" ");
    const spans = formattingOf(html, text);
    for (const [n, { style: tag }] of list.entries()) {
      if (n < from) continue;
      const at = text.indexOf(`w${n}x`), on = spans.filter(({ offset, length }) => offset <= at && offset + length > at).map(({ type }) => type);
      expect(on, `${tag} ${n} of ${html}`).toEqual(tag === "" ? [] : [{ b: "bold", i: "italic", s: "strike", code: "code" }[tag]]);
    }
  }), { numRuns: 300 });
});
