import { locationError } from "../../values/errors.ts";
import { embedded, fieldsOf, T, type RawDoc, type RawValue } from "../../values/raw.ts";
import { Summation, asDouble, nullish, numeric, typeName } from "./numbers.ts";
import type { Accumulator, AccumulatorSpec, Budget } from "./accumulators.ts";
import { compileExpression, constant, namedArguments } from "./compile.ts";
import type { Frame, Names } from "./frame.ts";
import { array, detached, int, NULL } from "./make.ts";
import { compileDocumentOrder } from "./order.ts";

/** `{$count: {}}`. */
export function compileCount(value: RawValue): AccumulatorSpec {
  if (value.type !== T.object || fieldsOf(value.bytes, value.start).length > 0) throw locationError(40485, "$count takes no arguments, i.e. $count:{}");
  const one = int(1);
  return {
    input: constant(one),
    make: () => {
      const total = new Summation();
      return { add: () => total.add(one), result: () => total.value() };
    },
  };
}

/** How many values an `…N` keeps: a whole number above zero. @throws StoreError 5787902, 5787903, 5787908. */
export function countOf(v: RawValue | undefined): number {
  if (!v || !numeric(v)) throw locationError(5787902, `Value for 'n' must be of integral type, but found ${typeName(v)}`);
  const n = asDouble(v);
  if (!Number.isInteger(n)) throw locationError(5787903, "Value for 'n' must be of integral type");
  if (n <= 0) throw locationError(5787908, `'n' must be greater than 0, found ${n}`);
  return n;
}

interface Ranked {
  readonly rank: unknown;
  readonly value: RawValue;
}

/** The first `n` in an order; equal ones stay in the order they came. */
class Best implements Accumulator {
  private kept: Ranked[] = [];
  constructor(
    private readonly n: number, private readonly budget: Budget, private readonly rankOf: (v: RawValue, doc: RawDoc) => unknown,
    private readonly compare: (a: unknown, b: unknown) => number, private readonly skipNull: boolean, private readonly single: boolean,
  ) {}

  add(v: RawValue | undefined, f: Frame): void {
    if (this.skipNull && nullish(v)) return;
    const value = v ?? NULL;
    const rank = this.rankOf(value, f.root);
    if (this.kept.length >= this.n && this.compare(rank, this.kept.at(-1)!.rank) >= 0) return;
    let low = 0;
    let high = this.kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.compare(rank, this.kept[middle]!.rank) < 0) high = middle;
      else low = middle + 1;
    }
    if (this.kept.length < this.n) this.budget.take(value.end - value.start + 80);
    const held = detached(value);
    this.kept.splice(low, 0, { rank: rank === value ? held : rank, value: held });
    if (this.kept.length > this.n) this.kept.pop();
  }

  result(): RawValue | undefined {
    return this.single ? this.kept[0]?.value : array(this.kept.map((k) => k.value));
  }
}

/** The last `n` in an order, shown in that order: of the best by the opposite order, later ones win among equals. */
class Worst implements Accumulator {
  private kept: Ranked[] = [];
  constructor(private readonly n: number, private readonly budget: Budget, private readonly rankOf: (doc: RawDoc) => unknown, private readonly compare: (a: unknown, b: unknown) => number, private readonly single: boolean) {}

  add(v: RawValue | undefined, f: Frame): void {
    const value = v ?? NULL;
    const rank = this.rankOf(f.root);
    if (this.kept.length >= this.n && this.compare(rank, this.kept[0]!.rank) < 0) return;
    let low = 0;
    let high = this.kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.compare(rank, this.kept[middle]!.rank) < 0) high = middle;
      else low = middle + 1;
    }
    if (this.kept.length < this.n) this.budget.take(value.end - value.start + 80);
    this.kept.splice(low, 0, { rank, value: detached(value) });
    if (this.kept.length > this.n) this.kept.shift();
  }

  result(): RawValue | undefined {
    return this.single ? this.kept.at(-1)?.value : array(this.kept.map((k) => k.value));
  }
}

class Ends implements Accumulator {
  private readonly kept: RawValue[] = [];
  constructor(private readonly n: number, private readonly budget: Budget, private readonly last: boolean) {}
  add(v: RawValue | undefined): void {
    if (!this.last && this.kept.length >= this.n) return;
    const value = v ?? NULL;
    if (this.kept.length < this.n) this.budget.take(value.end - value.start + 40);
    this.kept.push(detached(value));
    if (this.kept.length > this.n) this.kept.shift();
  }
  result(): RawValue {
    return array(this.kept);
  }
}

/** `$firstN`, `$lastN`, `$maxN`, `$minN`, `$top`, `$topN`, `$bottom`, `$bottomN`. Sources: mongodb.com/docs/manual/reference/operator/aggregation/topN/ and its like. */
export function compileNth(name: string, value: RawValue, names: Names): AccumulatorSpec {
  const sorted = name.startsWith("$top") || name.startsWith("$bottom");
  const single = name === "$top" || name === "$bottom";
  const known = [...(single ? [] : ["n"]), ...(sorted ? ["output", "sortBy"] : ["input"])];
  const args = namedArguments(name, value, known, known, sorted ? [5788001, 5788002, { n: 5788003, output: 5788004, sortBy: 5788005 }] : [5787801, 5787901, { n: 5787906, input: 5787907 }]);
  const count = single ? constant(int(1)) : compileExpression(args.get("n")!, names);
  if (count.constant) countOf(count.run(names.frame));
  const input = compileExpression(args.get(sorted ? "output" : "input")!, names);
  const { order } = names;
  if (name === "$firstN" || name === "$lastN") return { input, make: (budget, f) => new Ends(countOf(count.run(f)), budget, name === "$lastN") };
  if (name === "$maxN" || name === "$minN") {
    const sign = name === "$maxN" ? -1 : 1;
    return { input, make: (budget, f) => new Best(countOf(count.run(f)), budget, (v) => v, (a, b) => sign * order.compare(a as RawValue, b as RawValue), true, false) };
  }
  const by = args.get("sortBy")!;
  if (by.type !== T.object) throw locationError(5788604, `'sortBy' of ${name} must be an object, but found ${typeName(by)}`);
  const { keyOf, compare } = compileDocumentOrder(embedded(by), order);
  const at = compare as (a: unknown, b: unknown) => number;
  if (name.startsWith("$top")) return { input, make: (budget, f) => new Best(countOf(count.run(f)), budget, (_v, doc) => keyOf(doc), at, false, single) };
  return { input, make: (budget, f) => new Worst(countOf(count.run(f)), budget, keyOf, at, single) };
}
