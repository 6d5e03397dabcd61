import { fold, withoutInvisible, type Folded } from "./guard-fold.ts";

/** What a text starts with, seen through disguises. `slash` is a single one: a command that is none, or a path. */
export type PrefixKind = "word" | "slashes" | "semicolons" | "lock" | "bang" | "slash";

export interface Prefix {
  readonly kind: PrefixKind;
  /** The word after `!` or `/`, lower case and unmasked; absent when something else follows. */
  readonly word?: string;
  /** True when the word follows `!` or `/` with nothing between. */
  readonly attached: boolean;
  /** True when a bracket or quotation mark stands before it. */
  readonly quoted: boolean;
  /** The text without the prefix; markup before it stays, its closing half after it goes along with it. */
  readonly body: string;
}

const INLINE = "*_~`|";
const MARKUP = /^(?:[\s>*_\-~`|\\+•◦▪‣·–—−‐‒―"'«»“”„‘’‹([{]|#{1,3}(?=\s))*/u;
const OPENING = /["'«»“”„‘’‹([{]/u;

/** A word whose letters may have markup between them. */
const spelled = (word: string): string => [...word].join(`[${INLINE}\\\\]*`);
const GAP = `[\\s\\-${INLINE}\\\\]*`;
const WORD = new RegExp(`^(?:(?:${spelled("private")}|${spelled("internal")})${GAP}${spelled("note")}|${spelled("note")}|${spelled("private")})${GAP}:`, "u");
const SIGNS: readonly (readonly [PrefixKind, RegExp])[] = [
  ["word", WORD],
  ["slashes", /^\/{2,}/u],
  ["semicolons", /^;{2,}/u],
  ["lock", /^🔒+/u],
  ["bang", /^!+/u],
  ["slash", /^\//u],
];

/** Finds a note prefix or command sign at the start of a text: after NFKC, blanks, invisible characters and leading markup. */
export function findPrefix(raw: string, folded: Folded = fold(raw)): Prefix | undefined {
  const lead = MARKUP.exec(folded.text)?.[0] ?? "";
  const rest = folded.text.slice(lead.length);
  for (const [kind, pattern] of SIGNS) {
    const sign = pattern.exec(rest)?.[0];
    if (sign === undefined) continue;
    const after = rest.slice(sign.length);
    // "!note: x" is a note twice over, not the verb
    const second = kind === "bang" ? (WORD.exec(after.replace(MARKUP, ""))?.[0] ?? "") : "";
    if (second !== "") {
      const skipped = MARKUP.exec(after)?.[0] ?? "";
      return { kind: "word", attached: false, quoted: false, body: cut(raw, folded, lead.length, sign.length + skipped.length + second.length) };
    }
    const [, gap, word] = /^([\s*_\-~`|\\>]*)([a-z][a-z0-9]*)/u.exec(after) ?? [];
    return {
      kind,
      ...(word === undefined ? {} : { word }),
      attached: gap === "",
      quoted: OPENING.test(lead),
      body: cut(raw, folded, lead.length, sign.length),
    };
  }
  return undefined;
}

/** The same below the quoted lines (`> …`) that a text opens with; undefined when it opens with none. */
export function findPrefixBelowQuote(raw: string, folded: Folded): Prefix | undefined {
  const quote = /^(?:[^\S\n]*>[^\n]*\n\s*)+/u.exec(folded.text)?.[0];
  const start = quote === undefined ? undefined : folded.rawAt[quote.length];
  return start === undefined ? undefined : findPrefix(raw.slice(start));
}

/** Removes `length` folded characters from `from` on, and the pair of markup that enclosed just them. */
function cut(raw: string, folded: Folded, from: number, length: number): string {
  const start = folded.rawAt[from] ?? raw.length;
  const last = folded.rawAt[from + length - 1] ?? start;
  let next = from + length;
  while (folded.rawAt[next] === last) next++; // one character such as ⁉ folds to several
  const end = folded.rawAt[next] ?? raw.length;
  let before = withoutInvisible(raw.slice(0, start)).trimStart();
  let after = raw.slice(end);
  if (after.trim() === "") return "";
  let outer = before.length;
  while (INLINE.includes(before[outer - 1] ?? " ")) outer--;
  const opened = before.slice(outer);
  const closing = [...opened].reverse().join("");
  if (opened !== "" && after.startsWith(closing)) {
    before = before.slice(0, -opened.length);
    after = after.slice(closing.length);
  } else if (opened !== "" && /[*_~`|]/.test(raw.slice(start, end))) {
    before = before.slice(0, -opened.length);
  }
  return (before + after.trimStart()).trim();
}

/**
 * Reads a command: the raw text begins with ASCII `!` or `/`, at once followed by a word that `isVerb` knows and then a blank or the end.
 * The verb comes back in lower case, the arguments trimmed and otherwise as written.
 */
export function readCommand(text: string, isVerb: (word: string) => boolean): { verb: string; args: string } | undefined {
  const [, word] = /^[!/]([A-Za-z][A-Za-z0-9-]*)(?=\s|$)/.exec(text) ?? [];
  if (word === undefined || !isVerb(word.toLowerCase())) return undefined;
  return { verb: word.toLowerCase(), args: text.slice(1 + word.length).trim() };
}

const MENTION = /<@[!&]?[a-z0-9]|<!(?:here|channel|everyone|group|subteam\^)|(?<![a-z0-9._%+-])@(?:everyone|here|channel)(?![a-z0-9_-]|\.[a-z0-9])/u;

/** Whether a folded text holds a mention in Slack's or Discord's markup, or `@everyone`, `@here`, `@channel` as typed. */
export const mentionsSomeone = (folded: Folded): boolean => MENTION.test(folded.text);
