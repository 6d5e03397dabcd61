import { locationError } from "../../values/errors.ts";
import { itemsOf, T, type RawValue } from "../../values/raw.ts";
import { compileArguments, countedArguments, derived } from "./compile.ts";
import type { Order } from "./frame.ts";
import { array, bool, NULL } from "./make.ts";
import { nullish, typeName } from "./numbers.ts";
import type { Operator } from "./operators.ts";

/** An array as a set: its distinct values by key. Source: mongodb.com/docs/manual/reference/operator/aggregation/#set-expression-operators */
function setOf(v: RawValue, order: Order): Map<string, RawValue> {
  const out = new Map<string, RawValue>();
  for (const item of itemsOf(v)) {
    const key = order.keyText(item);
    if (!out.has(key)) out.set(key, item);
  }
  return out;
}

const sorted = (set: ReadonlyMap<string, RawValue>, order: Order): RawValue => array([...set.values()].sort((a, b) => order.compare(a, b)));

const union: Operator = (value, names, name) => {
  const args = compileArguments(value, names);
  const { order } = names;
  return derived(names, args, (f) => {
    const all = new Map<string, RawValue>();
    for (const arg of args) {
      const v = arg.run(f);
      if (nullish(v)) return NULL;
      if (v.type !== T.array) throw locationError(17043, `All operands of ${name} must be arrays. One argument is of type: ${typeName(v)}`);
      for (const [key, item] of setOf(v, order)) if (!all.has(key)) all.set(key, item);
    }
    return sorted(all, order);
  });
};

const intersection: Operator = (value, names, name) => {
  const args = compileArguments(value, names);
  const { order } = names;
  return derived(names, args, (f) => {
    let common: Map<string, RawValue> | undefined;
    for (const arg of args) {
      const v = arg.run(f);
      if (nullish(v)) return NULL;
      if (v.type !== T.array) throw locationError(17047, `All operands of ${name} must be arrays. One argument is of type: ${typeName(v)}`);
      const set = setOf(v, order);
      common = common ? new Map([...common].filter(([key]) => set.has(key))) : set;
    }
    return sorted(common ?? new Map(), order);
  });
};

const difference: Operator = (value, names, name) => {
  const args = countedArguments(name, value, names, 2);
  const { order } = names;
  return derived(names, args, (f) => {
    const a = args[0]!.run(f);
    const b = args[1]!.run(f);
    if (nullish(a) || nullish(b)) return NULL;
    if (a.type !== T.array) throw locationError(17048, `both operands of ${name} must be arrays. First argument is of type: ${typeName(a)}`);
    if (b.type !== T.array) throw locationError(17049, `both operands of ${name} must be arrays. Second argument is of type: ${typeName(b)}`);
    const taken = setOf(b, order);
    return array([...setOf(a, order)].filter(([key]) => !taken.has(key)).map(([, item]) => item));
  });
};

const equals: Operator = (value, names, name) => {
  const args = compileArguments(value, names);
  if (args.length < 2) throw locationError(17045, `${name} needs at least two arguments had: ${args.length}`);
  const { order } = names;
  return derived(names, args, (f) => {
    const sets = args.map((arg) => {
      const v = arg.run(f);
      if (v?.type !== T.array) throw locationError(17044, `All operands of ${name} must be arrays. One argument is of type: ${typeName(v)}`);
      return setOf(v, order);
    });
    const first = sets[0]!;
    return bool(sets.every((set) => set.size === first.size && [...set.keys()].every((key) => first.has(key))));
  });
};

const isSubset: Operator = (value, names, name) => {
  const args = countedArguments(name, value, names, 2);
  const { order } = names;
  return derived(names, args, (f) => {
    const a = args[0]!.run(f);
    const b = args[1]!.run(f);
    if (a?.type !== T.array) throw locationError(17046, `both operands of ${name} must be arrays. First argument is of type: ${typeName(a)}`);
    if (b?.type !== T.array) throw locationError(17042, `both operands of ${name} must be arrays. Second argument is of type: ${typeName(b)}`);
    const whole = setOf(b, order);
    return bool([...setOf(a, order).keys()].every((key) => whole.has(key)));
  });
};

export const SETS: Readonly<Record<string, Operator>> = {
  $setUnion: union, $setIntersection: intersection, $setDifference: difference, $setEquals: equals, $setIsSubset: isSubset,
};
