import { PAUSE } from "../planner/query.ts";
import { Clock } from "../storage/turns.ts";
import { StoreError } from "../values/errors.ts";
import { fieldsOf, T, type RawDoc, type RawValue } from "../values/raw.ts";
import { compileAccumulator, isAccumulator, keepAll, type Accumulator } from "./expressions/accumulators.ts";
import { coded, compileExpression } from "./expressions/compile.ts";
import type { Expr, Names } from "./expressions/frame.ts";
import { NULL, whole } from "./expressions/make.ts";
import { asDouble, numeric, typeName } from "./expressions/numbers.ts";
import { placesOf, WHOLE, type Bounds, type Positions } from "./window-bounds.ts";
import { averaging, covariance, derivative, filling, integral, linearFilling } from "./window-math.ts";

/** The documents of one partition in order, with what they are sorted by. */
export interface Partition extends Positions {
  readonly docs: readonly RawDoc[];
  /** Whether two neighbours are equal by the sort. */
  same(i: number, j: number): boolean;
}

/** Value of an expression for each document. */
type ValueAt = (i: number) => RawValue | undefined;

/** Value of a window function for each document, asked in order; after a PAUSE for the same one again. */
export type Values = (i: number, deadline: number) => RawValue | typeof PAUSE | undefined;

export interface SortBy {
  /** The one field that is sorted by; undefined when there are several or none. */
  readonly path: string | undefined;
  readonly ascending: boolean;
  readonly any: boolean;
}

export type WindowFunction = (partition: Partition) => Values;

const fail = (code: number, message: string) => new StoreError(code, `Location${code}`, message);

/** An expression's value for each document of a partition. */
export const valuesOf = (expr: Expr, { docs }: Partition, names: Names): ValueAt => (i) => {
  names.frame.root = docs[i]!;
  return expr.run(names.frame);
};

/** Compiles one window function: `{$sum: "$n", window: …}`. @throws StoreError 9, 5371600 …
 *  Source: mongodb.com/docs/manual/reference/operator/aggregation/setWindowFields/#window-operators */
export function compileWindowFunction(name: string, value: RawValue, window: Bounds | undefined, sortBy: SortBy, names: Names): WindowFunction {
  if (window?.kind === "documents" && window !== WHOLE && !sortBy.any && (window.lower !== "unbounded" || window.upper !== "unbounded")) throw fail(5339901, "Document-based bounds require a sortBy");
  if (window?.kind === "range" && (!sortBy.path || !sortBy.ascending)) throw fail(5339902, "Range-based bounds require a sortBy with a single ascending field");
  const special = Object.hasOwn(SPECIAL, name) ? SPECIAL[name] : undefined;
  if (special) return special({ name, value, window, sortBy, names });
  if (!isAccumulator(name) || name === "$mergeObjects" || name === "$accumulator") throw coded(9, `Unrecognized window function, ${name}`);
  return accumulating(name, value, window ?? WHOLE, names);
}

function accumulating(name: string, value: RawValue, bounds: Bounds, names: Names): WindowFunction {
  const spec = compileAccumulator(name, value, names);
  const { frame } = names;
  return (partition) => {
    const clock = new Clock();
    let kept: { accumulator: Accumulator; from: number; to: number; result: RawValue | undefined } | undefined;
    return (i, deadline) => {
      const [from, to] = placesOf(bounds, partition, i);
      if (!kept || kept.from !== from || kept.to > to) kept = { accumulator: spec.make(keepAll, frame), from, to: from - 1, result: undefined };
      if (kept.to === to && kept.result) return kept.result;
      kept.result = undefined;
      while (kept.to < to) {
        if (clock.over(deadline)) return PAUSE;
        frame.root = partition.docs[++kept.to]!;
        kept.accumulator.add(spec.input.run(frame), frame);
      }
      kept.result = kept.accumulator.result() ?? NULL;
      return kept.result;
    };
  };
}

export interface Call {
  readonly name: string;
  readonly value: RawValue;
  readonly window: Bounds | undefined;
  readonly sortBy: SortBy;
  readonly names: Names;
}

/** Ranks take nothing and need an order. */
const ranking = (next: (state: { rank: number; ties: number }, tied: boolean) => number) => ({ name, value, window, sortBy }: Call): WindowFunction => {
  if (value.type !== T.object || fieldsOf(value.bytes, value.start).length > 0) throw fail(5371603, `${name} must be specified with '{}' as the value`);
  if (window) throw fail(5371601, `Rank style window functions take no other arguments`);
  if (!sortBy.any || (name !== "$documentNumber" && !sortBy.path)) throw fail(5371602, `${name} must be specified with a top level sortBy expression with exactly one element`);
  return (partition) => {
    const state = { rank: name === "$rank" ? 1 : 0, ties: 0 };
    return (i) => whole(next(state, i > 0 && partition.same(i - 1, i)));
  };
};

function shift({ name, value, window, sortBy, names }: Call): WindowFunction {
  if (!sortBy.any) throw coded(9, `'${name}' requires a sortBy`);
  if (window || value.type !== T.object) throw coded(9, `Argument to ${name} must be an object, without a window`);
  const args = new Map(fieldsOf(value.bytes, value.start).map((f) => [f.name, f.value]));
  for (const arg of args.keys()) if (!["output", "by", "default"].includes(arg)) throw coded(9, `Unknown argument in ${name}: ${arg}`);
  const [output, by] = [args.get("output"), args.get("by")];
  if (!output || !by) throw coded(9, `${name} requires 'output' and 'by'`);
  const steps = numeric(by) ? asDouble(by) : NaN;
  if (steps !== (steps | 0)) throw coded(9, `'${name}:by' field must be an integer, but found ${typeName(by)}`);
  const expr = compileExpression(output, names);
  const otherwise = args.has("default") ? compileExpression(args.get("default")!, names) : undefined;
  if (otherwise && !otherwise.local) throw coded(9, `'${name}:default' expression must yield a constant value.`);
  return (partition) => {
    const at = valuesOf(expr, partition, names);
    return (i) => {
      const from = i + steps;
      return (from >= 0 && from < partition.length ? at(from) : otherwise?.run(names.frame)) ?? NULL;
    };
  };
}

const SPECIAL: Readonly<Record<string, (call: Call) => WindowFunction>> = {
  $documentNumber: ranking((state) => ++state.rank),
  $rank: ranking((state, tied) => {
    if (tied) state.ties++;
    else {
      state.rank += state.ties;
      state.ties = 1;
    }
    return state.rank;
  }),
  $denseRank: ranking((state, tied) => (tied ? state.rank : ++state.rank)),
  $shift: shift, $expMovingAvg: averaging, $derivative: derivative, $integral: integral, $covariancePop: covariance, $covarianceSamp: covariance,
  $locf: filling, $linearFill: linearFilling,
};
