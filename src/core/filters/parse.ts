/** Filter text → JSON form. AND binds closer than OR; blanks between terms mean AND. */
import { didYouMean } from "../model/close-names.ts";
import { MAX_CONDITIONS, MAX_DEPTH, type Condition, type Filter } from "./ast.ts";
import { FIELD_NAMES, fieldOf, isFieldName, type Operator } from "./fields.ts";
import { badFilter, lex, type Token } from "./lex.ts";

const SHORTHANDS: Record<string, Filter> = {
  unassigned: { field: "assignee", op: "absent" },
  mine: { field: "assignee", op: "is", value: "me" },
  waiting: { field: "waiting", op: "present" },
  open: { field: "status", op: "is", value: "open" },
  pending: { field: "status", op: "is", value: "pending" },
  snoozed: { field: "status", op: "is", value: "snoozed" },
  resolved: { field: "status", op: "is", value: "resolved" },
};

/** Reads the text form; an empty text matches everything. @throws {UserError} BAD_FILTER with the position and what to write instead. */
export function parseFilter(text: string): Filter {
  if (text.length > 2_000) throw badFilter(2_001, "a filter may have 2,000 characters at most.");
  const tokens = lex(text);
  if (tokens.filter((token) => token.type === "term" || token.type === "words").length > MAX_CONDITIONS) throw badFilter(1, `a filter may ask ${MAX_CONDITIONS} things at most.`);
  let i = 0;
  const end = text.length + 1;
  const one = (list: Filter[], key: "and" | "or"): Filter => (list.length === 1 ? list[0]! : key === "and" ? { and: list } : { or: list });

  const any = (depth: number): Filter => {
    const list = [all(depth)];
    while (tokens[i]?.type === "or") { i++; list.push(all(depth)); }
    return one(list, "or");
  };
  const all = (depth: number): Filter => {
    const list = [single(depth)];
    for (;;) {
      const next = tokens[i]?.type;
      if (next === undefined || next === "or" || next === ")") return one(list, "and");
      if (next === "and") i++;
      list.push(single(depth));
    }
  };
  const single = (depth: number): Filter => {
    const token = tokens[i++];
    if (token === undefined) throw badFilter(end, "something is missing here: a field such as status:open, or a word to search for.");
    if (depth > MAX_DEPTH) throw badFilter(token.at, `groups may lie ${MAX_DEPTH} deep at most.`);
    switch (token.type) {
      case "not": return { not: single(depth + 1) };
      case "(": {
        const inner = any(depth + 1);
        if (tokens[i]?.type !== ")") throw badFilter(token.at, "this bracket is never closed. Put ) after the group.");
        i++;
        return inner;
      }
      case "words": return token.text.toLowerCase() === "unassigned" && !token.quoted ? SHORTHANDS.unassigned! : { field: "text", op: "contains", value: token.text };
      case "term": return term(token);
      default: throw badFilter(token.at, `"${token.type === ")" ? ")" : token.type.toUpperCase()}" has nothing before it. Put a field or a word there, or quote it to search for it.`);
    }
  };

  if (tokens.length === 0) return { and: [] };
  const filter = any(0);
  const left = tokens[i];
  if (left !== undefined) throw badFilter(left.at, "this bracket was never opened. Remove it, or put ( before the group.");
  return filter;
}

function term(token: Extract<Token, { type: "term" }>): Filter {
  const { field: name, sign, values, at, valueAt } = token;
  if (name === "is") return shorthand(token);
  if (!isFieldName(name)) {
    throw badFilter(at, `there is no field "${name}".${didYouMean(name, FIELD_NAMES)} Fields: ${FIELD_NAMES.join(", ")}. To search for the word itself, put it in quotation marks.`);
  }
  const field = fieldOf(name);
  const value = values[0]!;
  const is = (op: Operator, value?: Condition["value"]): Condition => {
    if (!field.operators.includes(op)) throw badFilter(at, `${name} can't be used that way. Write for example ${field.example}`);
    return value === undefined ? { field: name, op } : { field: name, op, value };
  };
  if (sign !== ":") {
    if (values.length > 1) throw badFilter(valueAt, `${name}${sign} takes one value. Write for example ${field.example}`);
    if (field.type !== "time") return is(sign === ">" ? "greater" : "less", number(value));
    // An age reads like waiting>2h: older is more. A date reads as on a calendar: later is more.
    return isSpan(value) ? is(sign === ">" ? "before" : "within last", value) : is(sign === ">" ? "after" : "before", value);
  }
  const word = value.toLowerCase();
  if (values.length === 1 && !token.quoted && (word === "none" || word === "any") && field.operators.includes("absent")) return is(word === "none" ? "absent" : "present");
  if (field.type === "span") throw badFilter(valueAt, `${name} takes a length of time: ${name}>2h, ${name}<30m, ${name}:any or ${name}:none.`);
  if (field.type === "words") return is("contains", values.join(" "));
  if (field.type === "text" && field.operators.includes("contains")) {
    const each = values.map((text) => (text.endsWith("*") && text.length > 1 && !token.quoted ? is("starts with", text.slice(0, -1)) : is("contains", text)));
    return each.length === 1 ? each[0]! : { or: each };
  }
  if (field.type === "time") {
    if (values.length > 1) throw badFilter(valueAt, `${name} takes one time. Write for example ${field.example}`);
    return isSpan(value) ? is("within last", value) : is("is", value);
  }
  const read = (text: string) => (field.type === "number" ? number(text) : text);
  return values.length === 1 ? is("is", read(value)) : is("any of", values.map(read));

  function number(text: string): string | number {
    if (field.type !== "number") return text;
    const digits = text.replace(/^#/, "");
    if (!/^\d{1,12}$/.test(digits)) throw badFilter(valueAt, `"${text}" is not a conversation's number. Write for example #1042.`);
    return Number(digits);
  }
}

function shorthand(token: Extract<Token, { type: "term" }>): Filter {
  const each = token.values.map((value) => {
    const found = SHORTHANDS[value.toLowerCase()];
    if (token.sign !== ":" || found === undefined) throw badFilter(token.valueAt, `is: takes ${Object.keys(SHORTHANDS).join(", ")}.${didYouMean(value, Object.keys(SHORTHANDS))}`);
    return found;
  });
  return each.length === 1 ? each[0]! : { or: each };
}

const SPAN = /^(\d{1,6})\s*(m|min|h|d|w)$/i;
const UNIT_MS: Record<string, number> = { m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export const isSpan = (text: string): boolean => SPAN.test(text);
/** `30m`, `2h`, `7d`, `1w` in milliseconds; null for anything else. */
export function spanMs(text: string): number | null {
  const [, count, unit] = SPAN.exec(text) ?? [];
  return count === undefined || unit === undefined ? null : Number(count) * UNIT_MS[unit.toLowerCase()]!;
}
