/** A formatted text with marks around its words, for where there is nothing but characters: WhatsApp, and mail without HTML. Pure. */
import type { Span, Spanned } from "../../core/model/rich-text.ts";

/** Source: faq.whatsapp.com/539178204879377 (How to format your messages) */
const MARKS = { bold: "*", italic: "_", strike: "~", code: "`", pre: "```" } as const;
/** What stays: marked, or a quote with "> " before its lines. */
export const MARKED: readonly Span["type"][] = [...(Object.keys(MARKS) as (keyof typeof MARKS)[]), "quote"];
type Marking = keyof typeof MARKS;
const isMark = (span: Span): span is Span & { type: Marking } => span.type in MARKS;

/** Puts `added` at a place; spans around it grow, those behind it move. */
function insert({ text, spans }: Spanned, at: number, added: string): Spanned {
  return {
    text: text.slice(0, at) + added + text.slice(at),
    spans: spans.map((span) => {
      if (span.offset >= at && !(span.type === "quote" && span.offset === at)) return { ...span, offset: span.offset + added.length };
      return span.offset + span.length > at ? { ...span, length: span.length + added.length } : span;
    }),
  };
}

/** Each link's address stands behind its words, where it is not the words themselves; then no span is a link. */
export function withAddresses(whole: Spanned): Spanned {
  let { text, spans } = { ...whole, spans: whole.spans.filter(({ type }) => type !== "link") };
  for (const { offset, length, url } of whole.spans.filter(({ type }) => type === "link").toSorted((a, b) => b.offset - a.offset)) {
    const words = text.slice(offset, offset + length);
    if (url !== undefined && url !== words) ({ text, spans } = insert({ text, spans }, offset + length, ` (${url})`));
  }
  return { text, spans };
}

/** "> " before each line of a quote; then no span is a quote. */
function withQuoteMarks(whole: Spanned): Spanned {
  let { text, spans } = whole;
  for (const { offset, length } of whole.spans.filter(({ type }) => type === "quote").toSorted((a, b) => b.offset - a.offset)) {
    const lines = [offset, ...[...text.slice(offset, offset + length).matchAll(/\n/g)].map(({ index }) => offset + index + 1)];
    for (const at of lines.reverse()) ({ text, spans } = insert({ text, spans }, at, "> "));
  }
  return { text, spans: spans.filter(({ type }) => type !== "quote") };
}

/** What could not be told from the text itself, or would hold a line's end, goes without its mark; only blocks of code have several lines. */
function marks({ text, spans }: Spanned): (Span & { type: Marking })[] {
  return spans.filter(isMark).filter(({ type, offset, length }) => {
    const within = text.slice(offset, offset + length);
    return !within.includes(MARKS[type]) && (type === "pre" || !within.includes("\n"));
  });
}

/** No span is a link any more (`withAddresses`). */
export function withMarks(whole: Spanned): string {
  const { text, spans } = withQuoteMarks(whole);
  const places = marks({ text, spans }).flatMap(({ type, offset, length }, n) => {
    const mark = MARKS[type];
    return [{ at: offset, opens: true, length, mark, n }, { at: offset + length, opens: false, length, mark, n }];
  });
  // From the end, so that places stay; at one place the outer mark opens first and closes last.
  places.sort((a, b) => b.at - a.at || Number(b.opens) - Number(a.opens) || (a.opens ? a.length - b.length || b.n - a.n : b.length - a.length || a.n - b.n));
  return places.reduce((out, { at, mark }) => out.slice(0, at) + mark + out.slice(at), text);
}
