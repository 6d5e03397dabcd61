import { locationError, StoreError } from "../../values/errors.ts";
import { itemsOf, stringOf, T, type RawValue } from "../../values/raw.ts";
import type { Accumulator, AccumulatorSpec, Budget } from "./accumulators.ts";
import { Ranks } from "./ranks.ts";
import { compileExpression, derived, namedArguments } from "./compile.ts";
import type { Expr, Names } from "./frame.ts";
import { array, double, NULL } from "./make.ts";
import { asDouble, numeric, typeName } from "./numbers.ts";
import type { Operator } from "./operators.ts";

/** The values at some shares of the sorted numbers: the smallest that at least that share does not exceed. MongoDB's method is called
 *  "approximate" and may be off on many values; this one is exact. Source: mongodb.com/docs/manual/reference/operator/aggregation/percentile/ */
class Percentiles implements Accumulator {
  private readonly numbers = new Ranks();
  constructor(private readonly shares: readonly number[], private readonly single: boolean, private readonly budget: Budget) {}

  add(v: RawValue | undefined): void {
    if (!v || !numeric(v)) return;
    this.budget.take(8);
    const n = asDouble(v);
    if (!Number.isNaN(n)) this.numbers.add(n);
  }

  result(): RawValue {
    const { size } = this.numbers;
    const at = (share: number): RawValue => (size === 0 ? NULL : double(this.numbers.at(Math.min(size - 1, Math.max(0, Math.ceil(size * share) - 1)))));
    return this.single ? at(this.shares[0]!) : array(this.shares.map(at));
  }
}

interface Parsed {
  readonly input: Expr;
  readonly shares: readonly number[];
  readonly single: boolean;
}

function parse(name: string, value: RawValue, names: Names): Parsed {
  const single = name === "$median";
  const known = single ? ["input", "method"] : ["input", "p", "method"];
  const args = namedArguments(name, value, known, known, [7436100, 40415, 40414]);
  const method = args.get("method")!;
  if (method.type !== T.string || stringOf(method) !== "approximate") throw new StoreError(2, "BadValue", "Currently only 'approximate' can be used as percentile 'method'.");
  return { input: compileExpression(args.get("input")!, names), shares: single ? [0.5] : sharesOf(args.get("p")!, names), single };
}

function sharesOf(value: RawValue, names: Names): number[] {
  const expr = compileExpression(value, names);
  const list = expr.local ? expr.run(names.frame) : undefined;
  if (list?.type !== T.array || itemsOf(list).length === 0) throw locationError(7750300, "The $percentile 'p' field must be an array of constant values, one at least");
  return itemsOf(list).map((item) => {
    if (!numeric(item)) throw locationError(7750302, `The $percentile 'p' field must be an array of numbers from 0 to 1, but found ${typeName(item)}`);
    const share = asDouble(item);
    if (!(share >= 0 && share <= 1)) throw locationError(7750303, `The $percentile 'p' field must be an array of numbers from 0 to 1, found ${share}`);
    return share;
  });
}

export function compilePercentile(name: string, value: RawValue, names: Names): AccumulatorSpec {
  const { input, shares, single } = parse(name, value, names);
  return { input, make: (budget) => new Percentiles(shares, single, budget) };
}

/** As an expression, over an array or one number. */
export const percentileOperator: Operator = (value, names, name) => {
  const { input, shares, single } = parse(name, value, names);
  return derived(names, [input], (f) => {
    const v = input.run(f);
    const of = new Percentiles(shares, single, { take: () => undefined });
    for (const item of v?.type === T.array ? itemsOf(v) : [v]) of.add(item);
    return of.result();
  });
};
