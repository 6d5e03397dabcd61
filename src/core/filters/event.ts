/** What a rule asks of the event that it hears of: planned like any other condition, tested in memory only. */
import { didYouMean } from "../model/close-names.ts";
import { UserError } from "../errors.ts";
import { fieldOf, type EventField } from "./fields.ts";
import type { FilterContext } from "./plan.ts";

/** `text`: of the message that it is about, or the last line. `attributes`: of the customer, by key, as text in lower case. */
export interface EventFacts {
  text: string;
  hours: "open" | "closed";
  kind: string | null;
  by: string;
  changed: string | null;
  /** In lower case; null where nothing was. */
  from: string | null;
  to: string | null;
  attributes: Readonly<Record<string, string>>;
}
export const NO_EVENT: EventFacts = { text: "", hours: "open", kind: null, by: "", changed: null, from: null, to: null, attributes: {} };

export type EventTest =
  | { fact: Exclude<EventField, "attribute">; in: (string | null)[] }
  | { fact: "attribute"; key: string; in: (string | null)[] }
  | { fact: "text"; like: string };

/** @throws {UserError} BAD_FILTER outside a rule, and for what there is not */
export function planEvent(field: EventField, list: (string | number)[], context: FilterContext): EventTest {
  if (context.event !== true) throw new UserError("BAD_FILTER", `"${field}" can be asked by rules only: it is about what has just happened.`);
  const words = list.map((value) => String(value).toLowerCase());
  if (field === "attribute") return planAttribute(words);
  const { choices } = fieldOf(field);
  for (const word of words) {
    if (choices !== undefined && !choices.includes(word)) throw new UserError("BAD_FILTER", `There is no ${field} "${word}".${didYouMean(word, choices)} Choose ${choices.join(", ")}.`);
  }
  return { fact: field, in: words.map(orNull) };
}

const orNull = (word: string): string | null => (word === "none" ? null : word);

function planAttribute(words: string[]): EventTest {
  const pairs = words.map((word) => /^([a-z][a-z0-9_]*)=(.+)$/.exec(word));
  const key = pairs[0]?.[1];
  if (key === undefined || pairs.some((pair) => pair?.[1] !== key)) throw new UserError("BAD_FILTER", "An attribute is asked with its value: attribute:plan=gold, attribute:plan=gold,plan=silver, attribute:plan=none.");
  return { fact: "attribute", key, in: pairs.map((pair) => orNull(pair![2]!)) };
}

/** Writing without blanks between words has no edges to look for. */
const EDGELESS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const LETTER = /[\p{L}\p{N}]/u;

/** A phrase of whole words in any case, with any blanks between them; `refund*` also finds what begins with it. @throws {UserError} BAD_FILTER */
export function planText(phrase: string): EventTest {
  const open = phrase.endsWith("*");
  const words = phrase.replace(/\*+$/, "").trim().split(/\s+/).filter((word) => word !== "");
  const [first, last] = [words[0]?.at(0), [...(words.at(-1) ?? "")].at(-1)];
  if (first === undefined || last === undefined) throw new UserError("BAD_FILTER", `"${phrase}" holds no word to look for.`);
  const edge = (char: string): boolean => LETTER.test(char) && !EDGELESS.test(char);
  const escaped = words.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("\\s+");
  return { fact: "text", like: `${edge([...words[0]!][0]!) ? "(?<![\\p{L}\\p{N}])" : ""}${escaped}${!open && edge(last) ? "(?![\\p{L}\\p{N}])" : ""}` };
}

export function eventPredicate(test: EventTest): (it: unknown, event: EventFacts) => boolean {
  if (test.fact === "text") { const pattern = new RegExp(test.like, "iu"); return (_it, { text }) => pattern.test(text); }
  const wanted = new Set(test.in);
  if (test.fact === "attribute") { const { key } = test; return (_it, { attributes }) => wanted.has(attributes[key] ?? null); }
  const { fact } = test;
  return (_it, event) => wanted.has(event[fact]);
}
