import { StoreError } from "../../values/errors.ts";
import type { RawValue } from "../../values/raw.ts";
import type { Expr, Names } from "./frame.ts";
import { AGGREGATES } from "./ops-aggregates.ts";
import { ARITHMETIC } from "./ops-arithmetic.ts";
import { ARRAYS } from "./ops-arrays.ts";
import { CONVERSIONS } from "./ops-convert.ts";
import { DATE_MATH } from "./ops-date-math.ts";
import { DATES } from "./ops-dates.ts";
import { LOGIC } from "./ops-logic.ts";
import { OBJECTS } from "./ops-objects.ts";
import { REGEXES } from "./ops-regex.ts";
import { SETS } from "./ops-sets.ts";
import { STRINGS } from "./ops-strings.ts";

/** Compiles the argument of an operator. `name` is the operator as written. */
export type Operator = (value: RawValue, names: Names, name: string) => Expr;

const TABLES: readonly (() => Readonly<Record<string, Operator>>)[] = [
  () => LOGIC, () => ARITHMETIC, () => ARRAYS, () => SETS, () => OBJECTS, () => STRINGS, () => REGEXES, () => CONVERSIONS, () => DATES, () => DATE_MATH, () => AGGREGATES,
];

/** MongoDB's operators that are not here. */
const REFUSED = new Set(["$function", "$accumulator", "$toHashedIndexKey", "$encStrStartsWith"]);

/** @throws StoreError 168 for a name that is no operator, 238 for one that this store does not have. */
export function operatorOf(name: string): Operator {
  for (const table of TABLES) if (Object.hasOwn(table(), name)) return table()[name]!;
  if (REFUSED.has(name)) throw new StoreError(238, "NotImplemented", `The expression ${name} is not supported by the embedded store; use MONGODB_URI.`);
  throw new StoreError(168, "InvalidPipelineOperator", `Unrecognized expression '${name}'`);
}
