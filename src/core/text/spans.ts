/** A formatted text as plain text and spans, and back: how it is stored, measured and cut. Pure. */
import type { Inline, RichText, Span, Spanned } from "../model/rich-text.ts";

/** Spans of one text that are kept. */
const MOST = 100;
const TYPES = new Set<Span["type"]>(["bold", "italic", "strike", "code", "pre", "link", "quote"]);
const isCode = (type: Span["type"]): boolean => type === "code" || type === "pre";
const byPlace = (a: Span, b: Span): number => a.offset - b.offset || b.length - a.length;

/** Outer spans stand before those within them. */
export function toSpans(rich: RichText): Spanned {
  const spans: Span[] = [];
  let text = "";
  const enclose = (type: Span["type"], url: string | undefined, inner: () => void) => {
    const span: Span = { type, offset: text.length, length: 0, ...(url === undefined ? {} : { url }) };
    spans.push(span);
    inner();
    span.length = text.length - span.offset;
  };
  const add = (nodes: Inline[]): void => {
    for (const node of nodes) {
      if (node.kind === "text") text += node.text;
      else if ("children" in node) enclose(node.kind, undefined, () => { add(node.children); });
      else enclose(node.kind, node.kind === "link" ? node.url : undefined, () => { text += node.text; });
    }
  };
  for (const [i, block] of rich.entries()) {
    if (i > 0) text += "\n";
    if (block.kind === "list") for (const [n, item] of block.items.entries()) { text += `${n === 0 ? "" : "\n"}${item.lead}`; add(item.children); }
    else if (block.kind === "quote") enclose("quote", undefined, () => { add(block.children); });
    else add(block.children);
  }
  return { text, spans: spans.filter(({ length }) => length > 0) };
}

/** From `from` to `to`; spans are cut with the text. */
export function cutOut({ text, spans }: Spanned, from: number, to: number): Spanned {
  const kept = spans.flatMap((span) => {
    const start = Math.max(span.offset, from), end = Math.min(span.offset + span.length, to);
    return end > start ? [{ ...span, offset: start - from, length: end - start }] : [];
  });
  return { text: text.slice(from, Math.max(from, to)), spans: kept };
}

/** Texts under each other. */
export function joinLines(texts: Spanned[]): Spanned {
  const whole: Spanned = { text: "", spans: [] };
  for (const [i, { text, spans }] of texts.entries()) {
    if (i > 0) whole.text += "\n";
    whole.spans.push(...spans.map((span) => ({ ...span, offset: span.offset + whole.text.length })));
    whole.text += text;
  }
  return whole;
}

/** Nothing is a mark in code: what was around it stops before it and goes on after it. A quote goes on around it. */
export function aroundCode({ text, spans }: Spanned): Span[] {
  const codes = spans.filter(({ type }) => isCode(type));
  if (codes.length === 0) return spans;
  return spans.flatMap((span) => {
    if (isCode(span.type) || span.type === "quote") return [span];
    const end = span.offset + span.length, runs: Span[] = [];
    let offset = span.offset;
    for (const code of codes) {
      if (code.offset < offset || code.offset >= end) continue;
      runs.push({ ...span, offset, length: code.offset - offset });
      offset = code.offset + code.length;
    }
    runs.push({ ...span, offset, length: end - offset });
    return runs.filter((run) => text.slice(run.offset, run.offset + run.length).trim() !== "");
  }).sort(byPlace);
}

const LOW = /[\udc00-\udfff]/, HIGH = /[\ud800-\udbff]/;
const halves = (text: string, at: number): boolean => HIGH.test(text[at - 1] ?? "") && LOW.test(text[at] ?? "");

/**
 * What a stranger says of a text, made sure: within it, around something that is seen, without halves of characters, at most so many. Links are
 * not kept: a customer's text never shows other words than the address.
 */
export function saneSpans(text: string, claimed: readonly { type: string; offset: number; length: number }[]): Span[] {
  return claimed.slice(0, 10 * MOST).flatMap(({ type, offset, length }): Span[] => {
    const known = type as Span["type"];
    const most = Math.min(offset + length, text.length), end = known === "quote" ? text.slice(0, most).trimEnd().length : most;
    if (!TYPES.has(known) || known === "link" || !Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || end <= offset) return [];
    return halves(text, offset) || halves(text, end) || text.slice(offset, end).trim() === "" ? [] : [{ type: known, offset, length: end - offset }];
  }).slice(0, MOST).sort(byPlace);
}

/** The tree again. Spans that cross are cut; a quote that is not of whole lines is none. */
export function fromSpans({ text, spans }: Spanned): RichText {
  const sorted = spans.toSorted(byPlace);
  const inner = sorted.filter(({ type }) => type !== "quote");
  const rich: RichText = [];
  let at = 0;
  const lines = (to: number) => { rich.push({ kind: "lines", children: nodesOf(text, inner, at, to) }); };
  for (const { type, offset, length } of sorted) {
    const end = offset + length;
    if (type !== "quote" || offset < at || (offset > 0 && text[offset - 1] !== "\n") || (end < text.length && text[end] !== "\n")) continue;
    if (offset > at) lines(offset - 1);
    rich.push({ kind: "quote", children: nodesOf(text, inner, offset, end) });
    at = end + 1;
    if (at > text.length) return rich;
  }
  lines(text.length);
  return rich;
}

/** `around`: what is on already is not put on again. */
function nodesOf(text: string, spans: Span[], from: number, to: number, around: Span["type"][] = []): Inline[] {
  const nodes: Inline[] = [];
  const plain = (end: number) => { if (end > at) nodes.push({ kind: "text", text: text.slice(at, end) }); };
  let at = from;
  for (const [i, { type, offset, length, url }] of spans.entries()) {
    if (offset >= to) break;
    const start = Math.max(offset, at), end = Math.min(offset + length, to);
    if (end <= start || around.includes(type)) continue;
    plain(start);
    const within = text.slice(start, end);
    if (type === "code" || type === "pre") nodes.push({ kind: type, text: within });
    else if (type === "link") nodes.push({ kind: "link", url: url!, text: within });
    else if (type !== "quote") nodes.push({ kind: type, children: nodesOf(text, spans.slice(i + 1), start, end, [...around, type]) });
    at = end;
  }
  plain(to);
  return nodes;
}
