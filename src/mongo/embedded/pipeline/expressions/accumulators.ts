import { divide } from "../../values/decimal.ts";
import { StoreError } from "../../values/errors.ts";
import { embedded, fieldsOf, T, type RawDoc, type RawValue } from "../../values/raw.ts";
import { compileExpression } from "./compile.ts";
import type { Expr, Frame, Names, Order } from "./frame.ts";
import { ArrayBuilder, detached, double, NULL } from "./make.ts";
import { Shards } from "./shards.ts";
import { compileCount, compileNth } from "./accumulators-n.ts";
import { compilePercentile } from "./percentile.ts";
import { asDouble, nullish, numeric, Summation } from "./numbers.ts";
import { Merge } from "./ops-objects.ts";

/** Counts the bytes that a stage holds. @throws StoreError 292 past its limit. */
export interface Budget {
  take(bytes: number): void;
}

/** Gathers the values of one group. `add` is called with the frame's document set. */
export interface Accumulator {
  add(v: RawValue | undefined, f: Frame): void;
  /** Undefined: missing, which a group shows as null. */
  result(): RawValue | undefined;
}

export interface AccumulatorSpec {
  /** What is taken of each document. */
  readonly input: Expr;
  /** A new group's accumulator; the frame's document is the group's `_id`, which an `n` may use. */
  make(budget: Budget, f: Frame): Accumulator;
}

export const keepAll: Budget = { take: () => undefined };

class Sum implements Accumulator {
  private readonly total = new Summation();
  add(v: RawValue | undefined): void {
    if (v && numeric(v)) this.total.add(v);
  }
  result(): RawValue {
    return this.total.value();
  }
}

class Average implements Accumulator {
  private readonly total = new Summation();
  private n = 0;
  add(v: RawValue | undefined): void {
    if (!v || !numeric(v)) return;
    this.total.add(v);
    this.n++;
  }
  result(): RawValue {
    return this.n === 0 ? NULL : this.total.mean(this.n, divide);
  }
}

class Extreme implements Accumulator {
  private best: RawValue | undefined;
  constructor(private readonly order: Order, private readonly sign: 1 | -1) {}
  add(v: RawValue | undefined): void {
    if (!nullish(v) && (!this.best || this.order.compare(v, this.best) * this.sign > 0)) this.best = detached(v);
  }
  result(): RawValue {
    return this.best ?? NULL;
  }
}

class First implements Accumulator {
  private seen = false;
  private value: RawValue | undefined;
  add(v: RawValue | undefined): void {
    if (!this.seen) this.value = v && detached(v);
    this.seen = true;
  }
  result(): RawValue | undefined {
    return this.value;
  }
}

class Last implements Accumulator {
  private value: RawValue | undefined;
  add(v: RawValue | undefined): void {
    this.value = v && detached(v);
  }
  result(): RawValue | undefined {
    return this.value;
  }
}

class List implements Accumulator {
  private readonly values = new ArrayBuilder();
  constructor(private readonly budget: Budget) {}
  add(v: RawValue | undefined): void {
    if (!v) return;
    this.budget.take(v.end - v.start + 16);
    this.values.push(v);
  }
  result(): RawValue {
    return this.values.value();
  }
}

class DistinctList implements Accumulator {
  private readonly seen = new Shards<true>();
  private readonly values = new ArrayBuilder();
  constructor(private readonly budget: Budget, private readonly order: Order) {}
  add(v: RawValue | undefined): void {
    if (!v) return;
    const key = this.order.keyText(v);
    if (this.seen.get(key)) return;
    this.budget.take((v.end - v.start) * 2 + 80);
    this.seen.set(key, true);
    this.values.push(v);
  }
  result(): RawValue {
    return this.values.value();
  }
}

/** Standard deviation by Welford's running mean. */
class Deviation implements Accumulator {
  private n = 0;
  private mean = 0;
  private squares = 0;
  constructor(private readonly sample: boolean) {}
  add(v: RawValue | undefined): void {
    if (!v || !numeric(v)) return;
    const x = asDouble(v);
    this.n++;
    const off = x - this.mean;
    this.mean += off / this.n;
    this.squares += off * (x - this.mean);
  }
  result(): RawValue {
    const count = this.sample ? this.n - 1 : this.n;
    return count <= 0 ? NULL : double(Math.sqrt(this.squares / count));
  }
}

class Merged implements Accumulator {
  private readonly merge = new Merge();
  constructor(private readonly budget: Budget) {}
  add(v: RawValue | undefined): void {
    if (nullish(v)) return;
    this.budget.take(v.end - v.start);
    this.merge.add(detached(v));
  }
  result(): RawValue {
    return this.merge.result();
  }
}

const SIMPLE: Readonly<Record<string, (order: Order) => (budget: Budget) => Accumulator>> = {
  $sum: () => () => new Sum(), $avg: () => () => new Average(), $min: (order) => () => new Extreme(order, -1), $max: (order) => () => new Extreme(order, 1),
  $first: () => () => new First(), $last: () => () => new Last(), $push: () => (budget) => new List(budget), $addToSet: (order) => (budget) => new DistinctList(budget, order),
  $stdDevPop: () => () => new Deviation(false), $stdDevSamp: () => () => new Deviation(true), $mergeObjects: () => (budget) => new Merged(budget),
};

const NTH = new Set(["$firstN", "$lastN", "$maxN", "$minN", "$top", "$topN", "$bottom", "$bottomN"]);

export const isAccumulator = (name: string): boolean => Object.hasOwn(SIMPLE, name) || NTH.has(name) || name === "$count" || name === "$percentile" || name === "$median" || name === "$accumulator";

/** Compiles `{$sum: …}` and its like. @throws StoreError 15952 for an unknown one, 40237 for a list of arguments, 238 for `$accumulator`.
 *  Source: mongodb.com/docs/manual/reference/operator/aggregation/group/#accumulator-operator */
export function compileAccumulator(name: string, value: RawValue, names: Names): AccumulatorSpec {
  if (name === "$accumulator") throw new StoreError(238, "NotImplemented", "$accumulator runs JavaScript, which the embedded store does not do; use MONGODB_URI.");
  if (NTH.has(name)) return compileNth(name, value, names);
  if (name === "$count") return compileCount(value);
  if (name === "$percentile" || name === "$median") return compilePercentile(name, value, names);
  const simple = Object.hasOwn(SIMPLE, name) ? SIMPLE[name] : undefined;
  if (!simple) throw new StoreError(15952, "Location15952", `unknown group operator '${name}'`);
  if (value.type === T.array) throw new StoreError(40237, "Location40237", `The ${name} accumulator is a unary operator`);
  return { input: compileExpression(value, names), make: simple(names.order) };
}

/** A field of a group: `{total: {$sum: "$n"}}`. @throws StoreError 40234, 40235, 40236, 40238 and as `compileAccumulator`. */
export function compileAccumulatorField(name: string, value: RawValue, names: Names): AccumulatorSpec & { name: string } {
  const fail = (code: number, message: string) => new StoreError(code, `Location${code}`, message);
  if (name.includes(".")) throw fail(40235, `The field name '${name}' cannot contain '.'`);
  if (name.startsWith("$")) throw fail(40236, `The field name '${name}' cannot be an operator name`);
  if (value.type !== T.object) throw fail(40234, `The field '${name}' must be an accumulator object`);
  const fields = fieldsOf(value.bytes, value.start);
  if (fields.length === 0) throw fail(40234, `The field '${name}' must be an accumulator object`);
  if (fields.length > 1) throw fail(40238, `The field '${name}' must specify one accumulator`);
  return { name, ...compileAccumulator(fields[0]!.name, fields[0]!.value, names) };
}

/** The document that a group's `_id` stands for in an `n`. */
export const idDocument = (id: RawValue, empty: RawDoc): RawDoc => (id.type === T.object ? embedded(id) : empty);
