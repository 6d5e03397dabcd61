import { locationError } from "../../values/errors.ts";
import { countItems, fieldsOf, itemsOf, stringOf, T, type RawValue } from "../../values/raw.ts";
import { checkVariableName, compileArguments, compileExpression, countedArguments, derived, namedArguments } from "./compile.ts";
import type { Expr, Frame } from "./frame.ts";
import { array, bool, int, NULL, whole } from "./make.ts";
import { asDouble, nullish, numeric, typeName } from "./numbers.ts";
import type { Operator } from "./operators.ts";
import { isTrue } from "./ops-logic.ts";
import { itemOrder } from "./order.ts";

/** A 32-bit whole number of any numeric type. */
export function intOf(v: RawValue | undefined, notNumeric: () => Error, notInt: () => Error): number {
  if (!v || !numeric(v)) throw notNumeric();
  const n = asDouble(v);
  if (n !== (n | 0)) throw notInt();
  return n;
}

const elementAt: Operator = (value, names, name) => {
  const args = countedArguments(name, value, names, 2);
  return derived(names, args, (f) => {
    const list = args[0]!.run(f);
    const at = args[1]!.run(f);
    if (nullish(list) || nullish(at)) return NULL;
    if (list.type !== T.array) throw locationError(28689, `${name}'s first argument must be an array, but is ${typeName(list)}`);
    const index = intOf(at, () => locationError(28690, `${name}'s second argument must be a numeric value, but is ${typeName(at)}`), () => locationError(28691, `${name}'s second argument must be representable as a 32-bit integer: ${asDouble(at)}`));
    return itemsOf(list).at(index);
  });
};

const endOf = (index: 0 | -1): Operator => (value, names, name) => {
  const [arg] = countedArguments(name, value, names, 1);
  return derived(names, [arg!], (f) => {
    const list = arg!.run(f);
    if (nullish(list)) return NULL;
    if (list.type !== T.array) throw locationError(28689, `${name}'s argument must be an array, but is ${typeName(list)}`);
    return itemsOf(list).at(index);
  });
};

const concatArrays: Operator = (value, names, name) => {
  const args = compileArguments(value, names);
  return derived(names, args, (f) => {
    const out: RawValue[] = [];
    for (const arg of args) {
      const v = arg.run(f);
      if (nullish(v)) return NULL;
      if (v.type !== T.array) throw locationError(28664, `${name} only supports arrays, not ${typeName(v)}`);
      for (const item of itemsOf(v)) out.push(item);
    }
    return array(out);
  });
};

/** `$map` and `$filter`: `body` runs for each item under its name. */
const filter: Operator = (value, names, name) => {
  const args = namedArguments(name, value, ["input", "as", "cond", "limit"], ["input", "cond"], [28646, 28647, { input: 28648, cond: 28650 }]);
  const input = compileExpression(args.get("input")!, names);
  const limit = args.has("limit") ? compileExpression(args.get("limit")!, names) : undefined;
  const variable = args.has("as") ? variableOf(args.get("as")!) : "this";
  const { names: inside, places } = names.bind(variable);
  const test = compileExpression(args.get("cond")!, inside);
  return derived(names, [input, test, ...(limit ? [limit] : [])], (f) => {
    const list = input.run(f);
    if (nullish(list)) return NULL;
    if (list.type !== T.array) throw locationError(28651, `input to ${name} must be an array not ${typeName(list)}`);
    const most = limit ? limitOf(limit.run(f)) : Infinity;
    const out: RawValue[] = [];
    for (const item of itemsOf(list)) {
      f.slots[places[0]!] = item;
      if (isTrue(test.run(f))) out.push(item);
      if (out.length >= most) break;
    }
    return array(out);
  });
};

function limitOf(v: RawValue | undefined): number {
  if (nullish(v)) return Infinity;
  const wrong = () => locationError(327391, "$filter: limit must be represented as a 32-bit integral value");
  const n = intOf(v, wrong, wrong);
  if (n < 1) throw locationError(327392, `$filter: limit must be greater than 0: ${n}`);
  return n;
}

export function variableOf(value: RawValue): string {
  const name = value.type === T.string ? stringOf(value) : "";
  checkVariableName(name);
  return name;
}

const map: Operator = (value, names, name) => {
  const args = namedArguments(name, value, ["input", "as", "in"], ["input", "in"], [16878, 16879, { input: 16880, in: 16882 }]);
  const input = compileExpression(args.get("input")!, names);
  const { names: inside, places } = names.bind(args.has("as") ? variableOf(args.get("as")!) : "this");
  const body = compileExpression(args.get("in")!, inside);
  return derived(names, [input, body], (f) => {
    const list = input.run(f);
    if (nullish(list)) return NULL;
    if (list.type !== T.array) throw locationError(16883, `input to ${name} must be an array not ${typeName(list)}`);
    return array(itemsOf(list).map((item) => {
      f.slots[places[0]!] = item;
      return body.run(f);
    }));
  });
};

const reduce: Operator = (value, names, name) => {
  const args = namedArguments(name, value, ["input", "initialValue", "in"], ["input", "initialValue", "in"], [40075, 40076, { input: 40077, initialValue: 40078, in: 40079 }]);
  const input = compileExpression(args.get("input")!, names);
  const initial = compileExpression(args.get("initialValue")!, names);
  const { names: inside, places } = names.bind("this", "value");
  const body = compileExpression(args.get("in")!, inside);
  return derived(names, [input, initial, body], (f) => {
    const list = input.run(f);
    if (nullish(list)) return NULL;
    if (list.type !== T.array) throw locationError(40080, `${name} requires that 'input' be an array, found: ${typeName(list)}`);
    let result = initial.run(f);
    for (const item of itemsOf(list)) {
      f.slots[places[0]!] = item;
      f.slots[places[1]!] = result;
      result = body.run(f);
    }
    return result;
  });
};

const isIn: Operator = (value, names, name) => {
  const args = countedArguments(name, value, names, 2);
  const { order } = names;
  return derived(names, args, (f) => {
    const wanted = args[0]!.run(f);
    const list = args[1]!.run(f);
    if (list?.type !== T.array) throw locationError(40081, `${name} requires an array as a second argument, found: ${typeName(list)}`);
    return bool(itemsOf(list).some((item) => order.compare(item, wanted) === 0));
  });
};

const indexOfArray: Operator = (value, names, name) => {
  const args = countedArguments(name, value, names, 2, 4);
  const { order } = names;
  return derived(names, args, (f) => {
    const list = args[0]!.run(f);
    if (nullish(list)) return NULL;
    if (list.type !== T.array) throw locationError(40090, `${name} requires an array as a first argument, found: ${typeName(list)}`);
    const wanted = args[1]!.run(f);
    const items = itemsOf(list);
    const from = args[2] ? boundOf(args[2].run(f), name, "starting") : 0;
    const to = args[3] ? Math.min(boundOf(args[3].run(f), name, "ending"), items.length) : items.length;
    for (let i = from; i < to; i++) if (order.compare(items[i], wanted) === 0) return int(i);
    return int(-1);
  });
};

/** A start or end index of the `$indexOf…` operators. */
export function boundOf(v: RawValue | undefined, name: string, which: "starting" | "ending"): number {
  const wrong = () => locationError(40096, `${name} requires an integral ${which} index, found a value of type: ${typeName(v)}`);
  const n = intOf(v, wrong, wrong);
  if (n < 0) throw locationError(40097, `${name} requires a nonnegative ${which} index, found: ${n}`);
  return n;
}

const range: Operator = (value, names, name) => {
  const args = countedArguments(name, value, names, 2, 3);
  const part = (arg: Expr | undefined, f: Frame, what: string, code: number): number => {
    if (!arg) return 1;
    const v = arg.run(f);
    return intOf(v, () => locationError(code, `${name} requires a numeric ${what} value, found value of type: ${typeName(v)}`), () => locationError(code + 1, `${name} requires a ${what} value that can be represented as a 32-bit integer`));
  };
  return derived(names, args, (f) => {
    const start = part(args[0], f, "starting", 34443);
    const end = part(args[1], f, "ending", 34445);
    const step = part(args[2], f, "step", 34447);
    if (step === 0) throw locationError(34449, `${name} requires a non-zero step value`);
    const out: RawValue[] = [];
    for (let n = start; step > 0 ? n < end : n > end; n += step) out.push(whole(n));
    return array(out);
  });
};

const reverse: Operator = (value, names, name) => {
  const [arg] = countedArguments(name, value, names, 1);
  return derived(names, [arg!], (f) => {
    const list = arg!.run(f);
    if (nullish(list)) return NULL;
    if (list.type !== T.array) throw locationError(34435, `The argument to ${name} must be an array, but was of type: ${typeName(list)}`);
    return array(itemsOf(list).reverse());
  });
};

const size: Operator = (value, names, name) => {
  const [arg] = countedArguments(name, value, names, 1);
  return derived(names, [arg!], (f) => {
    const list = arg!.run(f);
    if (list?.type !== T.array) throw locationError(17124, `The argument to ${name} must be an array, but was of type: ${typeName(list)}`);
    return int(countItems(list));
  });
};

const slice: Operator = (value, names, name) => {
  const args = countedArguments(name, value, names, 2, 3);
  const part = (v: RawValue, which: string, code: number) =>
    intOf(v, () => locationError(code, `${which} argument to ${name} must be numeric, but is of type: ${typeName(v)}`), () => locationError(code + 1, `${which} argument to ${name} can't be represented as a 32-bit integer`));
  return derived(names, args, (f) => {
    const list = args[0]!.run(f);
    const second = args[1]!.run(f);
    if (nullish(list) || nullish(second)) return NULL;
    if (list.type !== T.array) throw locationError(28724, `First argument to ${name} must be an array, but is of type: ${typeName(list)}`);
    const items = itemsOf(list);
    const n = part(second, "Second", 28725);
    if (!args[2]) return array(n < 0 ? items.slice(n) : items.slice(0, n));
    const third = args[2].run(f);
    if (nullish(third)) return NULL;
    const count = part(third, "Third", 28727);
    if (count <= 0) throw locationError(28729, `Third argument to ${name} must be positive: ${count}`);
    const from = n < 0 ? Math.max(0, items.length + n) : n;
    return array(items.slice(from, from + count));
  });
};

const zip: Operator = (value, names, name) => {
  const args = namedArguments(name, value, ["inputs", "defaults", "useLongestLength"], ["inputs"], [34460, 34464, 34465]);
  const inputs = args.get("inputs")!;
  if (inputs.type !== T.array) throw locationError(34461, "inputs must be an array of expressions");
  if (itemsOf(inputs).length === 0) throw locationError(34465, `${name} requires at least one input array`);
  const given = args.get("defaults");
  if (given && given.type !== T.array) throw locationError(34462, "defaults must be an array of expressions");
  const flag = args.get("useLongestLength");
  if (flag && flag.type !== T.bool) throw locationError(34463, "useLongestLength must be a bool");
  const longest = flag !== undefined && flag.bytes[flag.start] === 1;
  const lists = itemsOf(inputs).map((item) => compileExpression(item, names));
  const defaults = given ? itemsOf(given).map((item) => compileExpression(item, names)) : [];
  if (defaults.length > 0 && !longest) throw locationError(34466, "cannot specify defaults unless useLongestLength is true");
  if (defaults.length > 0 && defaults.length !== lists.length) throw locationError(34467, "defaults and inputs must have the same length");
  return derived(names, [...lists, ...defaults], (f) => {
    const columns: RawValue[][] = [];
    for (const list of lists) {
      const v = list.run(f);
      if (nullish(v)) return NULL;
      if (v.type !== T.array) throw locationError(34468, `${name} found a non-array expression in input: ${typeName(v)}`);
      columns.push(itemsOf(v));
    }
    const fill = defaults.map((d) => d.run(f));
    const sizes = columns.map((c) => c.length);
    const rows = longest ? Math.max(...sizes) : Math.min(...sizes);
    return array(Array.from({ length: rows }, (_, i) => array(columns.map((c, at) => c[i] ?? fill[at] ?? NULL))));
  });
};

const sortArray: Operator = (value, names, name) => {
  const args = namedArguments(name, value, ["input", "sortBy"], ["input", "sortBy"], [2942500, 2942501, { input: 2942502, sortBy: 2942503 }]);
  const input = compileExpression(args.get("input")!, names);
  const by = itemOrder(args.get("sortBy")!, names.order);
  return derived(names, [input], (f) => {
    const list = input.run(f);
    if (nullish(list)) return NULL;
    if (list.type !== T.array) throw locationError(2942504, `The input argument to ${name} must be an array, but was of type: ${typeName(list)}`);
    return array(itemsOf(list).sort(by));
  });
};

/** Key and value of one item of `$arrayToObject`. */
function pairOf(item: RawValue, asArrays: boolean): [string, RawValue] {
  if (asArrays) {
    if (item.type !== T.array) throw locationError(40397, `$arrayToObject requires a consistent input format. Elements must all be arrays or all be objects. Array was detected, now found: ${typeName(item)}`);
    const [key, value, ...more] = itemsOf(item);
    if (!key || !value || more.length > 0) throw locationError(40396, `$arrayToObject requires an array of size 2 arrays, found array of size: ${itemsOf(item).length}`);
    if (key.type !== T.string) throw locationError(40395, `$arrayToObject requires an array of key-value pairs, where the key must be of type string. Found key type: ${typeName(key)}`);
    return [stringOf(key), value];
  }
  if (item.type !== T.object) throw locationError(40391, `$arrayToObject requires a consistent input format. Elements must all be arrays or all be objects. Object was detected, now found: ${typeName(item)}`);
  const fields = fieldsOf(item.bytes, item.start);
  if (fields.length !== 2) throw locationError(40392, `$arrayToObject requires an object keys of 'k' and 'v'. Found incorrect number of keys: ${fields.length}`);
  const key = fields.find((x) => x.name === "k")?.value;
  const value = fields.find((x) => x.name === "v")?.value;
  if (!key || !value) throw locationError(40393, "$arrayToObject requires an object with keys 'k' and 'v'. Missing either or both keys");
  if (key.type !== T.string) throw locationError(40394, `$arrayToObject requires an object with keys 'k' and 'v', where the value of 'k' must be of type string. Found type: ${typeName(key)}`);
  return [stringOf(key), value];
}

/** The fields that pairs give; of equal keys the last value stands at the first's place. @throws StoreError as `$arrayToObject`. */
export function pairsOf(list: RawValue): Map<string, RawValue> {
  const items = itemsOf(list);
  const out = new Map<string, RawValue>();
  const first = items[0];
  if (!first) return out;
  if (first.type !== T.array && first.type !== T.object) throw locationError(40398, `Unrecognised input type format for $arrayToObject: ${typeName(first)}`);
  for (const item of items) {
    const [key, value] = pairOf(item, first.type === T.array);
    if (key.includes("\0")) throw locationError(4940400, "Key field cannot contain an embedded null byte");
    out.set(key, value);
  }
  return out;
}

export const ARRAYS: Readonly<Record<string, Operator>> = {
  $arrayElemAt: elementAt, $first: endOf(0), $last: endOf(-1), $concatArrays: concatArrays, $filter: filter, $map: map, $reduce: reduce,
  $in: isIn, $indexOfArray: indexOfArray, $range: range, $reverseArray: reverse, $size: size, $slice: slice, $zip: zip, $sortArray: sortArray,
};
