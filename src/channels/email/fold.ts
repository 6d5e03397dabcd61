/** Folds away what a mail repeats: quoted mail, signatures, a phone's advertisement. Pure; the whole text is kept beside it. */
import { APP_SIGNATURE, ATTRIBUTIONS, FORWARDED, HEADER_NAMES, ORIGINAL, SHORT_ATTRIBUTION } from "./phrases.ts";

/** Lines that are looked at: what comes after is taken as it is, so that no mail costs more than it is worth. */
const LOOKED_AT = 5_000;
/** Characters of one line that are compared. */
const LINE = 1_000;
/** A quote between two answers stays while it is at most so long; a longer one is only hinted at. */
const CONTEXT_LINES = 12;

const isQuoted = (line: string): boolean => /^\s{0,3}>/.test(line);
const isBlank = (line: string): boolean => line.trim() === "";
const isRule = (line: string): boolean => /^\s*[_*=-]{5,}\s*$/.test(line);

const names = (list: readonly string[]): RegExp => new RegExp(`^[>*\\s]*(${[...list].sort((a, b) => b.length - a.length).map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})\\*?\\s*[:：]`, "iu");
/** The name of a header line above quoted mail. */
export const HEADERS = { from: names(HEADER_NAMES.from), sent: names(HEADER_NAMES.sent), to: names(HEADER_NAMES.to), subject: names(HEADER_NAMES.subject) };

/** Whether a block of header lines begins here: a sender, and two of date, recipient and subject within the next lines. */
export function isHeaderBlock(lines: readonly string[], at: number): boolean {
  if (!HEADERS.from.test(lines[at]!.slice(0, LINE))) return false;
  const near = lines.slice(at + 1, at + 9).map((line) => line.slice(0, LINE));
  return [HEADERS.sent, HEADERS.to, HEADERS.subject].filter((header) => near.some((line) => header.test(line))).length >= 2;
}

/** Lines (at most 4) of an attribution that ends at `end`; 0 when none does. */
function attributionAt(lines: readonly string[], end: number): number {
  const last = lines[end]!.trim();
  if (!/[:：]$/.test(last) || last.length > LINE || isQuoted(lines[end]!)) return 0;
  for (let count = 1, text = last; count <= 4 && end - count + 1 >= 0; count++) {
    if (count > 1) {
      const above = lines[end - count + 1]!;
      if (isBlank(above) || isQuoted(above) || above.length > 200) break;
      text = `${above.trim()} ${text}`;
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

/** One kind of line end, no trailing spaces but of "-- ", no more than one empty line in a row. */
export const tidy = (text: string): string =>
  text.replace(/\r\n?/g, "\n").replace(/[\u00a0\u2007\u202f]/g, " ").replace(/[\u200b\ufeff]/g, "").replace(/[ \t]+$/gm, (spaces, at: number, whole: string) => (whole.slice(Math.max(0, at - 3), at).endsWith("\n--") || whole.slice(0, at) === "--" ? " " : "")).replace(/\n{3,}/g, "\n\n").replace(/^\n+|\n+$/g, "");

/** Where forwarded mail begins; -1 when there is none. */
export const forwardAt = (lines: readonly string[]): number => lines.findIndex((line) => FORWARDED.some((pattern) => pattern.test(line.trim().slice(0, LINE))));

/**
 * `shown` is what the writer wrote now; `folded` says that there is more in `full` (tidied already). Never empty unless `full` is: a
 * mail that is nothing but quote is shown whole. What is forwarded is no repetition and stays.
 */
export function fold(full: string): { shown: string; folded: boolean } {
  const all = full.split("\n");
  const lines = all.slice(0, LOOKED_AT), tail = all.slice(LOOKED_AT);
  const forward = forwardAt(lines);
  const original = lines.findIndex((line, i) => ORIGINAL.test(line.trim()) || attributionAt(lines, i) > 0);
  const isForward = forward >= 0 && (original < 0 || forward < original);
  const mine = cutOriginal(isForward ? lines.slice(0, forward) : lines);
  // Signatures first: one below the quotes would else pass for an answer.
  const quotes = foldQuotes(cutSignatures(mine.lines));
  const shown = tidy([...quotes.lines, ...(isForward ? ["", ...lines.slice(forward), ...tail] : mine.rest || quotes.rest ? [] : tail)].join("\n"));
  if (shown === "") return { shown: full, folded: false };
  return { shown, folded: shown !== full };
}
