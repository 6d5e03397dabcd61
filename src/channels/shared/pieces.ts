/** A formatted text trimmed and cut to what one message of a vendor takes. Pure. */
import type { Span, Spanned } from "../../core/model/rich-text.ts";
import { aroundCode, cutOut, toSpans } from "../../core/text/spans.ts";
import { parseMarkdown } from "../../core/text/markdown.ts";
import { splitAt } from "./split.ts";

/** All that an agent's text can hold. */
export const FORMATS: readonly Span["type"][] = ["bold", "italic", "strike", "code", "pre", "link", "quote"];

/** Vendors trim texts themselves, which would shift every offset: so it is done here. */
function trimmed(whole: Spanned): Spanned {
  const { text } = whole;
  return cutOut(whole, text.length - text.trimStart().length, text.trimEnd().length);
}

/** An agent's markdown as text and spans, of which none is within code. */
export function readAgentText(body: string): Spanned {
  const whole = toSpans(parseMarkdown(body));
  return trimmed({ text: whole.text, spans: aroundCode(whole) });
}

/** Pieces of at most `max` UTF-16 units, none blank, cut at paragraphs, lines or words and around spans that fit into one piece. */
export function piecesOf(whole: Spanned, max: number): Spanned[] {
  const pieces: Spanned[] = [];
  let rest = whole;
  while (rest.text.length > max) {
    const cut = beforeSpan(rest.spans, splitAt(rest.text, max), max);
    pieces.push(trimmed(cutOut(rest, 0, cut)));
    rest = trimmed(cutOut(rest, cut, rest.text.length));
  }
  return [...pieces, rest].filter((piece) => piece.text !== "");
}

/** Moves a cut that falls into a span to its start, unless that leaves nothing before it or the span fills a piece alone. */
function beforeSpan(spans: Span[], cut: number, max: number): number {
  const through = spans.filter((e) => e.offset > 0 && e.offset < cut && e.offset + e.length > cut && e.length <= max);
  return through.length === 0 ? cut : Math.min(...through.map((e) => e.offset));
}
