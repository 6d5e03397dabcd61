import { locationError } from "../../values/errors.ts";
import { regexOf } from "../../values/filter-ast.ts";
import { stringOf, T, type RawValue } from "../../values/raw.ts";
import { compileSearch } from "../../values/regex.ts";
import { compileExpression, derived, namedArguments } from "./compile.ts";
import type { Expr, Frame } from "./frame.ts";
import { array, bool, int, NULL, object, text } from "./make.ts";
import { nullish, typeName } from "./numbers.ts";
import type { Operator } from "./operators.ts";

type Search = ReturnType<typeof compileSearch>;

const CODES: readonly [number, number, Readonly<Record<string, number>>] = [51103, 31024, { input: 31022, regex: 31023 }];
const ARGS = ["input", "regex", "options"] as const;

/** The three operators on regular expressions share their arguments. Source: mongodb.com/docs/manual/reference/operator/aggregation/regexFind/ */
const regexOperator = (none: RawValue, answer: (search: Search, subject: string) => RawValue): Operator => (value, names, name) => {
  const args = namedArguments(name, value, ARGS, ["input", "regex"], CODES);
  const parts = ARGS.map((part) => (args.has(part) ? compileExpression(args.get(part)!, names) : undefined));
  const [input, regex, options] = parts as [Expr, Expr, Expr | undefined];
  let kept: { pattern: string; flags: string; search: Search } | undefined;
  const searchOf = (f: Frame): Search | undefined => {
    const spec = specOf(regex.run(f), options?.run(f), name);
    if (!spec) return undefined;
    if (kept?.pattern !== spec.pattern || kept.flags !== spec.options) kept = { pattern: spec.pattern, flags: spec.options, search: compileSearch(spec) };
    return kept.search;
  };
  return derived(names, parts.filter((p) => p !== undefined), (f) => {
    const v = input.run(f);
    const search = searchOf(f);
    if (nullish(v) || !search) return none;
    if (v.type !== T.string) throw locationError(51104, `${name} needs 'input' to be of type string`);
    return answer(search, stringOf(v));
  });
};

function specOf(regex: RawValue | undefined, options: RawValue | undefined, name: string): { pattern: string; options: string } | undefined {
  if (!nullish(options) && options.type !== T.string) throw locationError(51106, `${name} needs 'options' to be of type string`);
  const given = nullish(options) ? "" : stringOf(options);
  if (nullish(regex)) return undefined;
  if (regex.type !== T.regex && regex.type !== T.string) throw locationError(51105, `${name} needs 'regex' to be of type string or regex, not ${typeName(regex)}`);
  const spec = regex.type === T.regex ? regexOf(regex) : { pattern: stringOf(regex), options: "" };
  if (spec.options !== "" && given !== "") throw locationError(51107, `${name}: found regex option(s) specified in both 'regex' and 'option' fields`);
  if (spec.pattern.includes("\0")) throw locationError(51109, `${name}: regular expression cannot contain an embedded null byte`);
  return { pattern: spec.pattern, options: spec.options || given };
}

function codePoints(text: string): number {
  let n = 0;
  for (let i = 0; i < text.length; n++) i += text.codePointAt(i)! > 0xffff ? 2 : 1;
  return n;
}

function found(match: RegExpExecArray, subject: string, before: { units: number; points: number }): RawValue {
  before.points += codePoints(subject.slice(before.units, match.index));
  before.units = match.index;
  return object([["match", text(match[0])], ["idx", int(before.points)], ["captures", array(match.slice(1).map((group) => (group === undefined ? NULL : text(group))))]]);
}

export const REGEXES: Readonly<Record<string, Operator>> = {
  $regexFind: regexOperator(NULL, (search, subject) => {
    const match = search(subject, 0);
    return match ? found(match, subject, { units: 0, points: 0 }) : NULL;
  }),
  $regexFindAll: regexOperator(array([]), (search, subject) => {
    const out: RawValue[] = [];
    const before = { units: 0, points: 0 };
    for (let from = 0; from <= subject.length;) {
      const match = search(subject, from);
      if (!match) break;
      out.push(found(match, subject, before));
      from = match[0] === "" ? match.index + ((subject.codePointAt(match.index) ?? 0) > 0xffff ? 2 : 1) : match.index + match[0].length;
    }
    return array(out);
  }),
  $regexMatch: regexOperator(bool(false), (search, subject) => bool(search(subject, 0) !== null)),
};
