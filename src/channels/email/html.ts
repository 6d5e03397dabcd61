/** HTML as plain text: readable, with quotes marked as in plain mail, and nothing of it ever shown as HTML. Pure. */
import { convert, type HtmlToTextOptions } from "html-to-text";

/** Characters that are read; a mail's text is at its beginning. */
const MAX_HTML = 1_500_000;

const plain = { leadingLineBreaks: 2, trailingLineBreaks: 1, uppercase: false };
const OPTIONS: HtmlToTextOptions = {
  wordwrap: false,
  limits: { maxInputLength: MAX_HTML, maxDepth: 200, ellipsis: "" },
  selectors: [
    { selector: "a", options: { hideLinkHrefIfSameAsText: true, ignoreHref: false, linkBrackets: ["(", ")"], noAnchorUrl: true } },
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, options: plain })),
    { selector: "img", format: "picture" },
    { selector: "p", options: { leadingLineBreaks: 2, trailingLineBreaks: 2 } },
    { selector: "ul", options: { itemPrefix: "- " } },
    { selector: "blockquote", options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } },
    { selector: "style", format: "skip" }, { selector: "script", format: "skip" }, { selector: "head", format: "skip" }, { selector: "title", format: "skip" },
  ],
  formatters: {
    /** Pictures that came with the mail; those on the web are counters and decoration, and are never fetched. */
    picture: (element, _walk, builder) => {
      const source = String((element.attribs as Record<string, string | undefined>)["src"] ?? "");
      if (/^cid:/i.test(source)) builder.addInline(`[cid:${source.slice(4)}]`, { noWordTransform: true });
    },
  },
};

/** Never throws: what can't be read gives what of it could be. */
export const htmlToText = (html: string): string => (html === "" ? "" : convert(html.slice(0, MAX_HTML), OPTIONS));
