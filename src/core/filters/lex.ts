/** Cuts a filter's text into words. Positions count characters from 1, as a person does. */
import { UserError } from "../errors.ts";

export type Token =
  | { type: "(" | ")" | "and" | "or" | "not"; at: number }
  | { type: "words"; text: string; quoted: boolean; at: number }
  | { type: "term"; field: string; sign: ":" | ">" | "<"; values: string[]; quoted: boolean; at: number; valueAt: number };

export const badFilter = (at: number, text: string): UserError => new UserError("BAD_FILTER", `At character ${at}: ${text}`, [{ path: String(at), message: text }]);

const CLOSING: Record<string, string> = { '"': '"', "“": "”", "”": "”", "„": "“", "«": "»" };
const BLANK = /\s/;
const FIELD = /^([a-z]+)(:|>=|<=|>|<|=)/i;

/** @throws {UserError} BAD_FILTER */
export function lex(text: string): Token[] {
  const tokens: Token[] = [];
  let i = 0;

  const quoted = (): string => {
    const open = i;
    const closing = CLOSING[text[i]!]!;
    const end = text.indexOf(closing, i + 1);
    if (end < 0) throw badFilter(open + 1, `this quotation mark is never closed. Put ${closing} after the last word.`);
    i = end + 1;
    return text.slice(open + 1, end);
  };
  const bare = (stops: RegExp): string => {
    const from = i;
    while (i < text.length && !stops.test(text[i]!)) i++;
    return text.slice(from, i);
  };

  while (i < text.length) {
    const char = text[i]!;
    const at = i + 1;
    if (BLANK.test(char)) { i++; continue; }
    if (char === "(" || char === ")") { tokens.push({ type: char, at }); i++; continue; }
    if (char === "-" && i + 1 < text.length && !BLANK.test(text[i + 1]!)) { tokens.push({ type: "not", at }); i++; continue; }
    if (char in CLOSING) { tokens.push({ type: "words", text: quoted(), quoted: true, at }); continue; }
    const number = /^#(\d{1,12})(?=[\s)]|$)/.exec(text.slice(i, i + 14));
    if (number !== null) {
      tokens.push({ type: "term", field: "number", sign: ":", values: [number[1]!], quoted: false, at, valueAt: at + 1 });
      i += number[0].length;
      continue;
    }
    const field = FIELD.exec(text.slice(i, i + 40));
    if (field !== null && !text.startsWith("://", i + field[1]!.length)) {
      const sign = field[2]!;
      if (sign === ">=" || sign === "<=" || sign === "=") throw badFilter(at + field[1]!.length, `"${sign}" is not one of the signs. Write ${sign === "=" ? ":" : sign[0]} instead.`);
      i += field[0].length;
      tokens.push(values(field[1]!.toLowerCase(), sign as ":" | ">" | "<", at));
      continue;
    }
    const word = bare(/[\s()"“”„«]/);
    const joiner = /^(AND|OR|NOT)$/.exec(word)?.[1];
    tokens.push(joiner === undefined ? { type: "words", text: word, quoted: false, at } : { type: joiner.toLowerCase() as "and" | "or" | "not", at });
  }
  return tokens;

  function values(field: string, sign: ":" | ">" | "<", at: number): Token {
    const valueAt = i + 1;
    const list: string[] = [];
    let anyQuoted = false;
    for (;;) {
      const isQuoted = Object.hasOwn(CLOSING, text[i] ?? "");
      anyQuoted ||= isQuoted;
      const value = isQuoted ? quoted() : bare(/[\s(),]/);
      if (value.trim() === "") throw badFilter(valueAt, `${field}${sign} needs a value right after it, without a blank.`);
      list.push(value.trim());
      if (text[i] !== ",") break;
      i++;
    }
    return { type: "term", field, sign, values: list, quoted: anyQuoted, at, valueAt };
  }
}
