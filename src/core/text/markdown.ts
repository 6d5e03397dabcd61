/** The desk's light markdown: **bold**, *italic* or _italic_, ~~strike~~, `code`, blocks of code, [label](address), "> " quotes, lists. Pure. */
import type { Block, Inline, ListItem, RichText, Style } from "../model/rich-text.ts";

const FENCE = /^```(?:[^\n`]*\n([\s\S]*?)\n?|([^\n`]+))```(?=\s|$)/;
const CODE = /^`([^`\n]+)`/;
const LINK = /^\[([^\]\n]{1,300})\]\(((?:https?:\/\/|mailto:|tel:)[^\s()<>]{1,2000})\)/i;
/** The mark hugs its words on the inside and touches no word on the outside: `snake_case` and `2 * 3` stay as they are. */
const SPAN = /^(\*\*|~~|\*|_)(?=(?:_|\*\*|~~)?[^\s*_~])((?:(?!\1)[^\n])*?[^\s\\])\1(?![\p{L}\p{N}*_~])/u;
const STYLES = { "**": "bold", "~~": "strike", "*": "italic", "_": "italic" } as const;
const ESCAPE = /^\\([\\`*_~[\]()])/;
const BARE_LINK = /^https?:\/\/[^\s<>]+/i;
const WORD = /[\p{L}\p{N}]/u;
/** How far a mark may be from its end, so that a text full of marks is read in reasonable time. */
const REACH = { fence: 16_384, other: 2_048 };

type Mark = { length: number; node: Inline } | { length: number; style: Style; inner: string };

function markAt(part: string, i: number): Mark | null {
  const rest = () => part.slice(i, i + REACH.other);
  const afterWord = () => i > 0 && WORD.test(part[i - 1]!);
  const leaf = (found: RegExpExecArray | null, node: (m: RegExpExecArray) => Inline): Mark | null => found && { length: found[0].length, node: node(found) };
  switch (part[i]) {
    case "\\": return leaf(ESCAPE.exec(rest()), (m) => ({ kind: "text", text: m[1]! }));
    case "h": case "H": return afterWord() ? null : leaf(BARE_LINK.exec(rest()), (m) => ({ kind: "text", text: m[0] }));
    case "[": return leaf(LINK.exec(rest()), (m) => ({ kind: "link", url: m[2]!, text: m[1]! }));
    case "`": {
      const fence = part.startsWith("```", i) ? FENCE.exec(part.slice(i, i + REACH.fence)) : null;
      if (fence !== null && (fence[1] ?? fence[2]!) !== "") return leaf(fence, (m) => ({ kind: "pre", text: m[1] ?? m[2]! }));
      return leaf(CODE.exec(rest()), (m) => ({ kind: "code", text: m[1]! }));
    }
    case "*": case "_": case "~": {
      const m = afterWord() ? null : SPAN.exec(rest());
      return m && { length: m[0].length, style: STYLES[m[1] as keyof typeof STYLES], inner: m[2]! };
    }
    default: return null;
  }
}

/** Texts side by side are one. */
function addText(to: Inline[], text: string): void {
  const last = to.at(-1);
  if (last?.kind === "text") last.text += text; else if (text !== "") to.push({ kind: "text", text });
}

/** Reads from `from` to the end, or to the "\n" before which `ends` says so. */
function inline(part: string, from = 0, ends: (nextLine: number) => boolean = () => false): { nodes: Inline[]; end: number } {
  const nodes: Inline[] = [];
  let plainFrom = from, i = from;
  for (; i < part.length;) {
    if (part[i] === "\n" && ends(i + 1)) break;
    const mark = markAt(part, i);
    if (mark === null) { i++; continue; }
    addText(nodes, part.slice(plainFrom, i));
    if ("style" in mark) nodes.push({ kind: mark.style, children: inline(mark.inner).nodes });
    else if (mark.node.kind === "text") addText(nodes, mark.node.text);
    else nodes.push(mark.node);
    i += mark.length;
    plainFrom = i;
  }
  addText(nodes, part.slice(plainFrom, i));
  return { nodes, end: i };
}

const QUOTED = />(?: ([^\n]*)|(?=\n|$))(?:\n|$)/y;
const ITEM = /( {0,8}(?:[-*•]|\d{1,9}[.)]) {1,3})(?=[^\s])([^\n]*)(?:\n|$)/y;

/** Lines from `at` on that begin alike; `end` is behind the last one's "\n". */
function linesAt(source: string, at: number, like: RegExp): { found: RegExpExecArray[]; end: number } {
  const found: RegExpExecArray[] = [];
  let end = at;
  for (like.lastIndex = at; end < source.length;) {
    const line = like.exec(source);
    if (line === null) break;
    found.push(line);
    end = like.lastIndex;
  }
  return { found, end };
}
/** A block of code that begins in one line and ends in another keeps them together. */
const opensFence = (text: string): boolean => text.split("```").length % 2 === 0;

/** The quote or list that begins with the line at `at`, null where it is none. A single line with a dash is a line, not a list. */
function blockAt(source: string, at: number): { block: (() => Block) | null; end: number } | null {
  if (source[at] === ">") {
    const { found, end } = linesAt(source, at, QUOTED);
    const inner = found.map((line) => line[1] ?? "").join("\n");
    return { block: inner.trim() === "" || opensFence(inner) ? null : () => ({ kind: "quote", children: inline(inner).nodes }), end };
  }
  if (!/[ \-*•\d]/.test(source[at] ?? "")) return null;
  const { found, end } = linesAt(source, at, ITEM);
  const isList = found.length > 1 && !found.some((line) => opensFence(line[2]!));
  return { block: isList ? () => ({ kind: "list", items: found.map((line): ListItem => ({ lead: line[1]!, children: inline(line[2]!).nodes })) }) : null, end };
}

/** Any text reads, at worst as it stands. Time grows with its length alone. */
export function parseMarkdown(text: string): RichText {
  const source = text.replace(/\r\n?/g, "\n").replaceAll("\0", "");
  const blocks: RichText = [];
  /** What was looked at and is no block is not looked at again. */
  let noneBefore = 0;
  const special = (at: number) => {
    const found = at < noneBefore ? null : blockAt(source, at);
    if (found?.block === null) noneBefore = found.end;
    return found?.block == null ? null : { block: found.block, end: found.end };
  };
  for (let at = 0; at <= source.length;) {
    const found = special(at);
    if (found !== null) {
      blocks.push(found.block());
      at = found.end;
      if (at >= source.length && !source.endsWith("\n")) break;
      continue;
    }
    const { nodes, end } = inline(source, at, (next) => special(next) !== null);
    blocks.push({ kind: "lines", children: nodes });
    at = end + 1;
  }
  return blocks;
}

/** False where the markdown of a text can mean nothing but the text: then it need not be read. */
export const mayHoldMarks = (text: string): boolean => /[\\*_~`[]|^ {0,8}(?:>|[-•\d])/m.test(text);
