import { locationError } from "../../values/errors.ts";
import { itemsOf, T, type RawValue } from "../../values/raw.ts";
import { compileAccumulator, keepAll } from "./accumulators.ts";
import { countOf } from "./accumulators-n.ts";
import { compileExpression, derived, namedArguments } from "./compile.ts";
import { array, NULL, text } from "./make.ts";
import { nullish, typeName } from "./numbers.ts";
import { spreadArguments } from "./ops-logic.ts";
import type { Operator } from "./operators.ts";
import { percentileOperator } from "./percentile.ts";

const UNUSED = text("");

/** An accumulator over the values at hand: `{$max: ["$a", "$b"]}`, or the items of one array. */
const overValues: Operator = (value, names, name) => {
  const { args, values } = spreadArguments(value, names);
  const spec = compileAccumulator(name, UNUSED, names);
  return derived(names, args, (f) => {
    const accumulator = spec.make(keepAll, f);
    for (const v of values(f)) accumulator.add(v, f);
    return accumulator.result();
  });
};

/** `{$firstN: {n, input}}` over an array. Source: mongodb.com/docs/manual/reference/operator/aggregation/firstN-array-element/ */
const overArray: Operator = (value, names, name) => {
  const args = namedArguments(name, value, ["n", "input"], ["n", "input"], [5787801, 5787901, { n: 5787906, input: 5787907 }]);
  const count = compileExpression(args.get("n")!, names);
  const input = compileExpression(args.get("input")!, names);
  const { order } = names;
  const pick = (items: RawValue[], n: number): RawValue[] => {
    if (name === "$firstN") return items.slice(0, n);
    if (name === "$lastN") return items.slice(-n);
    const sign = name === "$maxN" ? -1 : 1;
    return items.filter((item) => !nullish(item)).sort((a, b) => sign * order.compare(a, b)).slice(0, n);
  };
  return derived(names, [count, input], (f) => {
    const n = countOf(count.run(f));
    const list = input.run(f);
    if (nullish(list)) return NULL;
    if (list.type !== T.array) throw locationError(5788200, `Input must be an array, but found ${typeName(list)} in ${name}`);
    return array(pick(itemsOf(list), n));
  });
};

export const AGGREGATES: Readonly<Record<string, Operator>> = {
  $sum: overValues, $avg: overValues, $min: overValues, $max: overValues, $stdDevPop: overValues, $stdDevSamp: overValues,
  $firstN: overArray, $lastN: overArray, $maxN: overArray, $minN: overArray, $percentile: percentileOperator, $median: percentileOperator,
};
