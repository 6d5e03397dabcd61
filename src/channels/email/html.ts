/** HTML as plain text: readable, with quotes marked as in plain mail, and nothing of it ever shown as HTML. Pure. */
import { convert, type HtmlToTextOptions } from "html-to-text";

/** Characters that are read; a mail's text is at its beginning. */
const MAX_HTML = 1_000_000;
const MAX_ELEMENTS = 20_000;

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

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: " " };
/** Without any order, but in time that grows with its length alone. */
const strip = (html: string): string =>
  html.split(/<(?=\/?(?:style|script|head|title)\b)/i).filter((piece) => !/^(style|script|head|title)\b/i.test(piece)).map((piece, i) => (i === 0 ? piece : `<${piece}`)).join("")
    .replace(/<\/?(?:p|div|br|tr|li|ul|ol|table|blockquote|h[1-6])\b[^<>]*>/gi, "\n").replace(/<[^<>]*>/g, " ")
    .replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => ENTITIES[name]!);

/** Empty only where there is nothing to read. What has more elements than any letter, or is nested too deep, is only stripped of them. */
export function htmlToText(html: string): string {
  const head = html.slice(0, MAX_HTML);
  let elements = 0;
  for (let at = head.indexOf("<"); at >= 0; at = head.indexOf("<", at + 1)) elements++;
  const text = elements > MAX_ELEMENTS ? "" : convert(head, OPTIONS);
  return text.trim() === "" ? strip(head) : text;
}
