/** Folds away what a mail repeats: quoted mail, signatures, a phone's advertisement. Pure; the whole text is kept beside it. */
import { APP_SIGNATURE, ATTRIBUTIONS, FORWARDED, HEADER_NAMES, ORIGINAL, SHORT_ATTRIBUTION } from "./phrases.ts";

/** Lines that are looked at: what comes after is taken as it is, so that no mail costs more than it is worth. */
const LOOKED_AT = 3_000;
/** Characters of one line that are compared. */
const LINE = 1_000;
/** Of an attribution in all its lines. */
const ATTRIBUTION = 500;
/** A quote between two answers stays while it is at most so long; a longer one is only hinted at. */
const CONTEXT_LINES = 12;

const isQuoted = (line: string): boolean => /^\s{0,3}>/.test(line);
const isBlank = (line: string): boolean => line.trim() === "";
const isRule = (line: string): boolean => /^\s*[_*=-]{5,}\s*$/.test(line);

const names = (list: readonly string[]): RegExp => new RegExp(`^[>*\\s]*(${[...list].sort((a, b) => b.length - a.length).map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})\\*?\\s*[:：]`, "iu");
/** The name of a header line above quoted mail. */
export const HEADERS = { from: names(HEADER_NAMES.from), sent: names(HEADER_NAMES.sent), to: names(HEADER_NAMES.to), subject: names(HEADER_NAMES.subject) };

/** Lines of one block. */
const BLOCK = 9;
/** Whether a block of header lines begins here: the sender or the date, and of sender, date, recipient and subject at least three. */
export function isHeaderBlock(lines: readonly string[], at: number): boolean {
  const first = lines[at]!.slice(0, LINE);
  if (!HEADERS.from.test(first) && !HEADERS.sent.test(first)) return false;
  const near = lines.slice(at, at + BLOCK).map((line) => line.slice(0, LINE));
  const has = (header: RegExp) => near.some((line) => header.test(line));
  return has(HEADERS.from) && [HEADERS.sent, HEADERS.to, HEADERS.subject].filter(has).length >= 2;
}
/** The line of a block that names the sender. */
export const senderLine = (lines: readonly string[], block: number): number => block + lines.slice(block, block + BLOCK).findIndex((line) => HEADERS.from.test(line.slice(0, LINE)));

/** Lines (at most 4) of an attribution that ends at `end`; 0 when none does. */
function attributionAt(lines: readonly string[], end: number): number {
  const last = lines[end]!.trim().replace(/\s+/g, " ");
  if (!/[:：]$/.test(last) || last.length > ATTRIBUTION || isQuoted(lines[end]!)) return 0;
  for (let count = 1, text = last; count <= 4 && end - count + 1 >= 0; count++) {
    if (count > 1) {
      const above = lines[end - count + 1]!;
      if (isBlank(above) || isQuoted(above) || above.length + text.length > ATTRIBUTION) break;
      text = `${above.trim().replace(/\s+/g, " ")} ${text}`;
    }
    if (/\d|@/.test(text) && ATTRIBUTIONS.some((pattern) => pattern.test(text))) return withDateAbove(lines, end - count + 1, count, text);
  }
  const next = lines.slice(end + 1).find((line) => !isBlank(line));
  return next !== undefined && isQuoted(next) && SHORT_ATTRIBUTION.test(last) ? 1 : 0;
}

/** A client that breaks its line leaves the date above. */
function withDateAbove(lines: readonly string[], from: number, count: number, text: string): number {
  const above = lines[from - 1];
  const hasDate = /\d{4}|\d{1,2}[:.]\d{2}/.test(text);
  return !hasDate && count < 4 && above !== undefined && above.length < 100 && !isQuoted(above) && /\d{4}.*\d{1,2}[:.]\d{2}/.test(above) ? count + 1 : count;
}

type Kind = "text" | "quote" | "blank" | "attribution";

interface Cut { lines: string[]; rest: boolean }
/** Where the mail below begins that a client put there without marks. */
function cutOriginal(lines: string[]): Cut {
  const at = lines.findIndex((line, i) => ORIGINAL.test(line.trim()) || (isHeaderBlock(lines, i) && !isQuoted(line)));
  if (at < 0) return { lines, rest: false };
  let end = at;
  while (end > 0 && (isBlank(lines[end - 1]!) || isRule(lines[end - 1]!))) end--;
  return { lines: lines.slice(0, end), rest: true };
}

/** From "-- " to the next quote. Two dashes alone begin one only where few lines follow. */
function cutSignatures(lines: string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (line === "-- " || ((line === "--" || line === "—") && lines.length - i <= 20)) {
      while (i + 1 < lines.length && !isQuoted(lines[i + 1]!) && attributionAhead(lines, i + 1) === 0) i++;
      continue;
    }
    if (line.length < 160 && APP_SIGNATURE.test(line.trim().replace(/<https?:\/\/[^>\s]*>|\[https?:[^\]\s]*\]/g, "").trim()) && !isQuoted(line)) continue;
    kept.push(line);
  }
  return kept;
}

/** Lines of an attribution that begins at `start`. */
function attributionAhead(lines: readonly string[], start: number): number {
  for (let end = start; end < Math.min(lines.length, start + 4) && !isBlank(lines[end]!); end++) if (attributionAt(lines, end) === end - start + 1) return end - start + 1;
  return 0;
}

function kindsOf(lines: string[]): Kind[] {
  const kinds: Kind[] = lines.map((line) => (isBlank(line) ? "blank" : isQuoted(line) ? "quote" : "text"));
  for (let end = 0; end < lines.length; end++) {
    const count = kinds[end] === "text" ? attributionAt(lines, end) : 0;
    if (count > 0) kinds.fill("attribution", end - count + 1, end + 1);
  }
  return kinds;
}

/** Text above the quotes, below them, or between them (then they stay, since the answers make no sense without). */
function foldQuotes(lines: string[]): Cut {
  const kinds = kindsOf(lines);
  const firstQuote = kinds.indexOf("quote"), attribution = kinds.indexOf("attribution");
  if (firstQuote < 0) {
    // A quote that has lost its marks: all below.
    const above = attribution > 0 && kinds.slice(0, attribution).includes("text");
    return above ? { lines: lines.slice(0, attribution), rest: true } : { lines, rest: false };
  }
  const begin = attribution >= 0 && attribution < firstQuote ? attribution : firstQuote;
  const lastQuote = kinds.lastIndexOf("quote");
  const hasAbove = kinds.slice(0, begin).includes("text"), hasBelow = kinds.slice(lastQuote + 1).includes("text");
  const between = kinds.slice(firstQuote, lastQuote + 1).includes("text");
  if (!between && !hasBelow) return { lines: lines.slice(0, begin), rest: true };
  if (!between && !hasAbove) return { lines: lines.slice(lastQuote + 1), rest: true };
  const end = hasBelow ? lines.length : lastBefore(kinds) + 1;
  return { lines: shortenQuotes(lines.slice(0, end), kinds), rest: true };
}

/** The last line of text when quotes follow it to the end. */
const lastBefore = (kinds: Kind[]): number => kinds.lastIndexOf("text");

function shortenQuotes(lines: string[], kinds: Kind[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (kinds[i] === "attribution") continue;
    if (kinds[i] !== "quote") { kept.push(lines[i]!); continue; }
    let end = i;
    while (end < lines.length && (kinds[end] === "quote" || (kinds[end] === "blank" && kinds[end + 1] === "quote"))) end++;
    const quote = lines.slice(i, end);
    if (quote.length <= CONTEXT_LINES) kept.push(...quote);
    else kept.push("> […]", ...quote.slice(-3));
    i = end - 1;
  }
  return kept;
}

/** One kind of line end, no trailing spaces but of "-- ", no more than one empty line in a row. Linear, whatever the text. */
export function tidy(text: string): string {
  const lines = text.replace(/\r\n?/g, "\n").replace(/[\u00a0\u2007\u202f]/g, " ").replace(/[\u200b\ufeff]/g, "").split("\n").map((line) => (line === "-- " ? line : line.trimEnd()));
  const kept = lines.filter((line, i) => line !== "" || (i > 0 && lines[i - 1] !== ""));
  if (kept.at(-1) === "") kept.pop();
  return kept.join("\n");
}

/** Where forwarded mail begins; -1 when there is none. */
export const forwardAt = (lines: readonly string[]): number => lines.findIndex((line) => FORWARDED.some((pattern) => pattern.test(line.trim().slice(0, LINE))));

/**
 * `shown` is what the writer wrote now; `folded` says that there is more in `full` (tidied already). Never empty unless `full` is: a
 * mail that is nothing but quote is shown whole. What is forwarded is no repetition and stays; `forwards`: the subject says that it does,
 * so that a block of header lines begins no quote.
 */
export function fold(full: string, forwards = false): { shown: string; folded: boolean } {
  const all = full.split("\n");
  const lines = all.slice(0, LOOKED_AT), tail = all.slice(LOOKED_AT);
  const marked = forwardAt(lines);
  const forward = marked < 0 && forwards ? lines.findIndex((line, i) => isHeaderBlock(lines, i) && !isQuoted(line)) : marked;
  const original = lines.findIndex((line, i) => ORIGINAL.test(line.trim()) || attributionAt(lines, i) > 0);
  const isForward = forward >= 0 && (original < 0 || forward < original);
  const mine = cutOriginal(isForward ? lines.slice(0, forward) : lines);
  // Signatures first: one below the quotes would else pass for an answer.
  const quotes = foldQuotes(cutSignatures(mine.lines));
  const shown = tidy([...quotes.lines, ...(isForward ? ["", ...lines.slice(forward), ...tail] : mine.rest || quotes.rest ? [] : tail)].join("\n"));
  if (shown === "") return { shown: full, folded: false };
  return { shown, folded: shown !== full };
}
