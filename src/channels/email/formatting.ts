/** What a mail's HTML says of its words (bold, italic, struck, code), put on the same words of the text that the team reads. Pure. */
import type { Span } from "../../core/model/rich-text.ts";
import { saneSpans } from "../../core/text/spans.ts";
import { htmlToMarked, STYLES, styleOfMark } from "./html.ts";

/** Characters of HTML that are looked at for formatting. */
const MAX_HTML = 300_000;
/** A run of words that stands so often tells nothing of its place. */
const MOST_PLACES = 50;
/** Words that one side may have more than the other. */
const NEAR = 8;
const FORMATS = /<(?:b|strong|i|em|s|strike|del|code|tt|kbd|samp|pre|h[1-6])\b|style\s*=/i;

const PRE = 1 << STYLES.indexOf("pre");

/** `bare`: from its first letter or digit to its last, since programs put marks of their own around the formatted words of their plain text. `styles`: a set of bits for each character of `full`. */
interface Word { full: string; bare: string; /** Of `bare` in `full`. */ from: number; /** Of `full` in the text. */ offset: number; styles: number[] }

const isLetter = (sign: string): boolean => /[\p{L}\p{N}]/u.test(sign);
function wordOf(full: string, offset: number, styles: number[]): Word {
  let from = 0, to = full.length;
  while (from < to && !isLetter(full[from]!)) from++;
  while (to > from && !isLetter(full[to - 1]!)) to--;
  return { full, bare: full.slice(from, to), from, offset, styles };
}

/** The words of the HTML, each character with what is on there. */
function styledWords(marked: string): Word[] {
  const depth = STYLES.map(() => 0);
  const words: Word[] = [];
  let text = "", styles: number[] = [];
  const end = () => {
    if (text !== "") words.push(wordOf(text, 0, styles));
    text = "";
    styles = [];
  };
  for (let i = 0; i < marked.length; i++) {
    const sign = marked[i]!, mark = styleOfMark(sign);
    if (mark !== null) depth[mark.style] = Math.max(0, depth[mark.style]! + (mark.begins ? 1 : -1));
    else if (/\s/.test(sign)) end();
    else { text += sign; styles.push(depth.reduce((set, open, n) => (open > 0 ? set | (1 << n) : set), 0)); }
  }
  end();
  return words;
}

/** For each word of the text the place of its like in the HTML; -1: it has none. Both go forward alone. */
function align(text: readonly Word[], html: readonly Word[]): number[] {
  const three = (words: readonly Word[], at: number): string => words.slice(at, at + 3).map(({ bare }) => bare).join(" ");
  const places = new Map<string, number[]>();
  for (let at = 0; at < html.length; at++) {
    const list = places.get(three(html, at)) ?? [];
    if (list.length === 0) places.set(three(html, at), list);
    if (list.length < MOST_PLACES) list.push(at);
  }
  let next = 0;
  return text.map(({ bare }, at) => {
    const near = () => { for (let k = next + 1; k < Math.min(next + NEAR, html.length); k++) if (html[k]!.bare === bare && html[k + 1]?.bare === text[at + 1]?.bare) return k; return -1; };
    const found = html[next]?.bare === bare ? next : places.get(three(text, at))?.find((place) => place >= next) ?? near();
    if (found >= 0) next = found + 1;
    return found;
  });
}

/** Of `text`, which is what `html` says or a part of it, in its own words. Sane, without links. */
export function formattingOf(html: string, text: string): Span[] {
  if (html.length > MAX_HTML || !FORMATS.test(html)) return [];
  const styled = styledWords(htmlToMarked(html));
  if (!styled.some(({ styles }) => styles.some((one) => one !== 0))) return [];
  // a program's way to write plain text is no block of code
  if (styled.every(({ styles }) => styles.every((one) => (one & PRE) !== 0))) for (const { styles } of styled) for (const [i, one] of styles.entries()) styles[i] = one & ~PRE;
  const words = [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => wordOf(word, index, []));
  const on = new Uint8Array(text.length);
  let before: { end: number; styles: number; place: number } | null = null;
  for (const [n, place] of align(words, styled).entries()) {
    const like = place < 0 ? undefined : styled[place]!;
    if (like === undefined) { before = null; continue; }
    const { full, bare, from, offset } = words[n]!, whole = full === like.full;
    const start = whole ? offset : offset + from, styles = whole ? like.styles : like.styles.slice(like.from, like.from + bare.length);
    for (const [i, one] of styles.entries()) on[start + i] = one;
    // what goes on over a blank or a line end is one run; an empty line ends it
    if (before !== null && place === before.place + 1 && text.slice(before.end, start).split("\n").length <= 2) on.fill(before.styles & (styles[0] ?? 0), before.end, start);
    before = styles.length === 0 ? null : { end: start + styles.length, styles: styles.at(-1) ?? 0, place };
  }
  return saneSpans(text, STYLES.flatMap((type, n) => runsOf(on, 1 << n, type)).sort((a, b) => a.offset - b.offset || b.length - a.length));
}

function runsOf(on: Uint8Array, bit: number, type: Span["type"]): Span[] {
  const runs: Span[] = [];
  for (let at = 0; at < on.length; at++) {
    if ((on[at]! & bit) === 0) continue;
    const offset = at;
    while (at < on.length && (on[at]! & bit) !== 0) at++;
    runs.push({ type, offset, length: at - offset });
  }
  return runs;
}
