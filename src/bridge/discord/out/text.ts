/**
 * Text as Discord shows it. What is meant literally is escaped, so that nobody can be mentioned, nothing is formatted and no link bears a false
 * name; that it pings nobody is made sure a second time by `allowed_mentions`. Pure.
 * Source: discord.com/developers/docs/reference#message-formatting, support.discord.com/hc/articles/210298617 (Markdown)
 */
import { cleanText, cutName } from "../../shared/text.ts";

/** Characters of a message's content. Source: discord.com/developers/docs/resources/message#create-message */
export const CONTENT_CHARS = 2_000;
/** UTF-16 units of text that fit into one post when none of its signs has to be escaped. */
export const TEXT_CHARS = 1_800;

const URL_IN_TEXT = /\bhttps?:\/\/[^\s<>"\\]+/gi;
/** A list, a heading, a quote or small print, at the start of a line. */
const LINE_START = /^([ \t]*)([-+>]|#{1,3}(?=[ \t])|\d{1,9}(?=[.)]))/gm;
/** Marks of Markdown, and what begins a mention, a channel, an emoji, a time or a command. */
const SIGNS = /[\\*_~`|<[]|(?<=<)[@#:/]|@(?=everyone|here)|:(?=[\w+-]+:)/gi;
const escapeSigns = (text: string): string => text.replace(SIGNS, "\\$&")
  .replace(LINE_START, (_match, blank: string, sign: string) => (/\d/.test(sign) ? `${blank}${sign}\\` : `${blank}\\${sign}`));

/** As it is written, whatever signs it holds; addresses lead where they say. `inLine`: something stands before it in its line. */
export function literal(text: string, inLine = false): string {
  let out = "";
  let end = 0;
  for (const match of text.matchAll(URL_IN_TEXT)) {
    const url = match[0].replace(/[.,;:!?)\]}'*_~`|]+$/, "");
    if (!URL.canParse(url)) continue;
    // in brackets it ends where we say, and nothing of it is previewed
    out += `${escapeFrom(text, end, match.index, inLine)}<${url}>`;
    end = match.index + url.length;
  }
  return out + escapeFrom(text, end, text.length, inLine);
}
/** Escapes a stretch; what stands at its start is a line's start only where the whole text has one. */
function escapeFrom(text: string, start: number, end: number, inLine: boolean): string {
  if (start === end) return "";
  const piece = text.slice(start, end);
  if (start === 0 ? !inLine : text[start - 1] === "\n") return escapeSigns(piece);
  return escapeSigns(`\u0000${piece}`).slice(1);
}

/** Where a text is read from the other side, what follows a name could seem to stand before it. Source: unicode.org/reports/tr9 (explicit formatting) */
const TURNS = /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
/** One line of a name or subject, not escaped: a channel behind a name is never cut off. */
export const plainName = (text: string, max = 80): string => cutName(cleanText(text).replace(TURNS, "").replace(/\s+/g, " ").trim(), max);
/** One line of a name or subject. */
export const name = (text: string, max = 80): string => literal(plainName(text, max));

/** Small print, line by line. */
export const small = (text: string): string => text.split("\n").map((line) => (line.trim() === "" ? "" : `-# ${line}`)).join("\n");

/**
 * Pieces of `text` that `render` makes no longer than `max` each; put together they are the text. Cut after a line, else a word, else a character.
 * @param render a piece, and where in the text it starts; makes at least as many characters as it is given
 */
export function splitRendered(text: string, max: number, render: (piece: string, start: number) => string): string[] {
  const pieces: string[] = [];
  let rest = text, start = 0;
  while (render(rest, start).length > max) {
    let [low, high] = [1, Math.min(rest.length, max)];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (render(rest.slice(0, middle), start).length <= max) low = middle; else high = middle - 1;
    }
    const window = rest.slice(0, low);
    let end = Math.max(window.lastIndexOf("\n"), window.lastIndexOf(" ")) + 1;
    if (end <= low / 2) end = /[\uD800-\uDBFF]$/.test(window) && low > 1 ? low - 1 : low;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
    start += end;
  }
  return [...pieces, rest];
}
