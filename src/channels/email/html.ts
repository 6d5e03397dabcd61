/** HTML as plain text: readable, with quotes marked as in plain mail, and nothing of it ever shown as HTML. Pure. */
import { compile, type FormatCallback, type HtmlToTextOptions } from "html-to-text";

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

const toText = compile(OPTIONS);

function tooMany(html: string): boolean {
  let elements = 0;
  for (let at = html.indexOf("<"); at >= 0; at = html.indexOf("<", at + 1)) elements++;
  return elements > MAX_ELEMENTS;
}

/** Empty only where there is nothing to read. What has more elements than any letter, or is nested too deep, is only stripped of them. */
export function htmlToText(html: string): string {
  const head = html.slice(0, MAX_HTML);
  const text = tooMany(head) ? "" : toText(head);
  return text.trim() === "" ? strip(head) : text;
}

/** Of words within a line but the last, which is of lines. */
export const STYLES = ["bold", "italic", "strike", "code", "pre"] as const;
/** Characters that no text has begin and end a style. */
const BEGIN = 0xe000, END = 0xe010;
const MARKS = /[\ue000-\ue01f]/g;
export function styleOfMark(sign: string): { style: number; begins: boolean } | null {
  const code = sign.charCodeAt(0), style = code < END ? code - BEGIN : code - END;
  return style >= 0 && style < STYLES.length ? { style, begins: code < END } : null;
}

const TAGS: Record<string, (typeof STYLES)[number]> = { b: "bold", strong: "bold", i: "italic", em: "italic", s: "strike", strike: "strike", del: "strike", code: "code", tt: "code", kbd: "code", samp: "code", h1: "bold", h2: "bold", h3: "bold", h4: "bold", h5: "bold", h6: "bold", pre: "pre" };
const CSS: readonly [RegExp, (typeof STYLES)[number]][] = [[/font-weight\s*:\s*(?:bold|[6-9]00)/i, "bold"], [/font-style\s*:\s*(?:italic|oblique)/i, "italic"], [/text-decoration[\w-]*\s*:[^;]*line-through/i, "strike"]];
/** Style attributes are read so far. */
const MAX_CSS = 500;

const within = (format: (walked: () => void, ...rest: Parameters<FormatCallback>) => void): FormatCallback => (element, walk, builder, options) => {
  const { style = "", class: kind = "" } = element.attribs as Record<string, string | undefined>;
  const css = CSS.flatMap(([pattern, name]) => (pattern.test(style.slice(0, MAX_CSS)) ? [name] : []));
  const tag = kind.startsWith("moz-") ? undefined : TAGS[String(element.name)];
  const styles = [...new Set([...(tag === undefined ? [] : [tag]), ...css])].map((name) => STYLES.indexOf(name));
  format(() => {
    for (const one of styles) builder.addInline(String.fromCharCode(BEGIN + one));
    walk(element.children, builder);
    for (const one of styles.toReversed()) builder.addInline(String.fromCharCode(END + one));
  }, element, walk, builder, options);
};
const MARKED: HtmlToTextOptions = {
  ...OPTIONS,
  selectors: [
    ...(OPTIONS.selectors ?? []).filter(({ selector }) => !/^h\d$/.test(selector)),
    ...["b", "strong", "i", "em", "s", "strike", "del", "code", "tt", "kbd", "samp", "span", "font"].map((selector) => ({ selector, format: "styled" })),
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, format: "styledBlock" })), { selector: "pre", format: "styledPre" },
  ],
  formatters: {
    ...OPTIONS.formatters,
    styled: within((walked) => { walked(); }),
    styledBlock: within((walked, _element, _walk, builder) => { builder.openBlock({ leadingLineBreaks: 2 }); walked(); builder.closeBlock({ trailingLineBreaks: 1 }); }),
    styledPre: within((walked, _element, _walk, builder) => { builder.openBlock({ isPre: true, leadingLineBreaks: 2 }); walked(); builder.closeBlock({ trailingLineBreaks: 2 }); }),
  },
};

const toMarked = compile(MARKED);

/** The text with marks where a style begins and ends (`styleOfMark`); empty where it has too many elements to tell. */
export const htmlToMarked = (html: string): string => { const clean = html.replace(MARKS, ""); return tooMany(clean) ? "" : toMarked(clean); };
