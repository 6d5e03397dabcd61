import { locationError, notImplemented } from "../../values/errors.ts";
import { fieldsOf, itemsOf, T, TYPE_NAMES, truthy, type RawValue } from "../../values/raw.ts";
import { checkVariableName, compileArguments, compileExpression, constant, countedArguments, derived, namedArguments } from "./compile.ts";
import type { Expr, Names } from "./frame.ts";
import { bool, double, FALSE, int, NULL, text, TRUE } from "./make.ts";
import { nullish, typeName } from "./numbers.ts";
import type { Operator } from "./operators.ts";

/** Whether a value counts as true: all but false, null, undefined, missing and zero. Source: mongodb.com/docs/manual/reference/operator/aggregation/#boolean-expression-operators */
export const isTrue = (v: RawValue | undefined): boolean => v !== undefined && v.type !== T.missing && truthy(v);

/** Comparison by MongoDB's order across types. Source: mongodb.com/docs/manual/reference/bson-type-comparison-order/ */
const comparison = (answer: (order: number) => RawValue): Operator => (value, names, name) => {
  const args = countedArguments(name, value, names, 2);
  const [left, right] = [args[0]!, args[1]!];
  const { order } = names;
  return derived(names, args, (f) => answer(order.compare(left.run(f), right.run(f))));
};

const and: Operator = (value, names) => {
  const args = compileArguments(value, names);
  return derived(names, args, (f) => {
    for (const arg of args) if (!isTrue(arg.run(f))) return FALSE;
    return TRUE;
  });
};

const or: Operator = (value, names) => {
  const args = compileArguments(value, names);
  return derived(names, args, (f) => {
    for (const arg of args) if (isTrue(arg.run(f))) return TRUE;
    return FALSE;
  });
};

const not: Operator = (value, names, name) => {
  const [arg] = countedArguments(name, value, names, 1);
  return derived(names, [arg!], (f) => bool(!isTrue(arg!.run(f))));
};

const cond: Operator = (value, names, name) => {
  const parts = value.type === T.object ? condParts(value, names) : countedArguments(name, value, names, 3);
  const [test, yes, no] = [parts[0]!, parts[1]!, parts[2]!];
  return derived(names, parts, (f) => (isTrue(test.run(f)) ? yes.run(f) : no.run(f)));
};

function condParts(value: RawValue, names: Names): Expr[] {
  const found = new Map<string, Expr>();
  for (const { name, value: inner } of fieldsOf(value.bytes, value.start)) {
    if (name !== "if" && name !== "then" && name !== "else") throw locationError(17083, `Unrecognized parameter to $cond: ${name}`);
    found.set(name, compileExpression(inner, names));
  }
  return (["if", "then", "else"] as const).map((name, i) => {
    const expr = found.get(name);
    if (!expr) throw locationError(17080 + i, `Missing '${name}' parameter to $cond`);
    return expr;
  });
}

const ifNull: Operator = (value, names, name) => {
  const args = compileArguments(value, names);
  if (args.length < 2) throw locationError(1257300, `${name} needs at least two arguments, had: ${args.length}`);
  return derived(names, args, (f) => {
    let v: RawValue | undefined;
    for (const arg of args) {
      v = arg.run(f);
      if (!nullish(v)) return v;
    }
    return v;
  });
};

const switchOperator: Operator = (value, names) => {
  if (value.type !== T.object) throw locationError(40060, `$switch requires an object as an argument, found: ${typeName(value)}`);
  const branches: Branch[] = [];
  let otherwise: Expr | undefined;
  for (const { name, value: inner } of fieldsOf(value.bytes, value.start)) {
    if (name === "default") otherwise = compileExpression(inner, names);
    else if (name !== "branches") throw locationError(40067, `$switch found an unknown argument: ${name}`);
    else {
      if (inner.type !== T.array) throw locationError(40061, `$switch expected an array for 'branches', found: ${typeName(inner)}`);
      for (const branch of itemsOf(inner)) branches.push(compileBranch(branch, names));
    }
  }
  if (branches.length === 0) throw locationError(40068, "$switch requires at least one branch.");
  const parts = [...branches.flatMap((b) => [b.test, b.result]), ...(otherwise ? [otherwise] : [])];
  return derived(names, parts, (f) => {
    for (const { test, result } of branches) if (isTrue(test.run(f))) return result.run(f);
    if (!otherwise) throw locationError(40066, "$switch could not find a matching branch for an input, and no default was specified.");
    return otherwise.run(f);
  });
};

interface Branch {
  readonly test: Expr;
  readonly result: Expr;
}

function compileBranch(branch: RawValue, names: Names): Branch {
  if (branch.type !== T.object) throw locationError(40062, `$switch expected each branch to be an object, found: ${typeName(branch)}`);
  let test: Expr | undefined;
  let result: Expr | undefined;
  for (const { name, value } of fieldsOf(branch.bytes, branch.start)) {
    if (name === "case") test = compileExpression(value, names);
    else if (name === "then") result = compileExpression(value, names);
    else throw locationError(40063, `$switch found an unknown argument to a branch: ${name}`);
  }
  if (!test) throw locationError(40064, "$switch requires each branch have a 'case' expression");
  if (!result) throw locationError(40065, "$switch requires each branch have a 'then' expression.");
  return { test, result };
}

const letOperator: Operator = (value, names, name) => {
  const args = namedArguments(name, value, ["vars", "in"], ["vars", "in"], [16874, 16875, { vars: 16876, in: 16877 }]);
  const vars = args.get("vars")!;
  if (vars.type !== T.object) throw locationError(10065, `invalid parameter: expected an object (vars), found ${typeName(vars)}`);
  const defined = fieldsOf(vars.bytes, vars.start).map(({ name: variable, value: inner }) => {
    checkVariableName(variable);
    return { variable, expr: compileExpression(inner, names) };
  });
  const { names: inside, places } = names.bind(...defined.map((d) => d.variable));
  const body = compileExpression(args.get("in")!, inside);
  return derived(names, [...defined.map((d) => d.expr), body], (f) => {
    const values = defined.map((d) => d.expr.run(f));
    values.forEach((v, i) => { f.slots[places[i]!] = v; });
    return body.run(f);
  });
};

const literal: Operator = (value) => constant(value);

const type: Operator = (value, names, name) => {
  const [arg] = countedArguments(name, value, names, 1);
  return derived(names, [arg!], (f) => typeText(arg!.run(f)));
};

const typeTexts = new Map(Object.entries(TYPE_NAMES).map(([code, alias]) => [Number(code), text(alias)]));
const typeText = (v: RawValue | undefined): RawValue => typeTexts.get(v?.type ?? T.missing)!;

const rand: Operator = (value, names, name) => {
  if (!(value.type === T.object || value.type === T.array) || fieldsOf(value.bytes, value.start).length > 0) throw locationError(3040501, `${name} does not currently accept arguments`);
  return derived(names, [], () => double(Math.random()), { fixed: false });
};

const anyOrAll = (all: boolean): Operator => (value, names, name) => {
  const [arg] = countedArguments(name, value, names, 1);
  return derived(names, [arg!], (f) => {
    const v = arg!.run(f);
    if (v?.type !== T.array) throw locationError(all ? 17040 : 17041, `${name}'s argument must be an array, but is ${typeName(v)}`);
    const items = itemsOf(v);
    return bool(all ? items.every(isTrue) : items.some(isTrue));
  });
};

const isOfType = (test: (v: RawValue | undefined) => boolean): Operator => (value, names, name) => {
  const [arg] = countedArguments(name, value, names, 1);
  return derived(names, [arg!], (f) => bool(test(arg!.run(f))));
};

/** `$tsSecond` and `$tsIncrement`. */
const ofTimestamp = (at: number, code: number): Operator => (value, names, name) => {
  const [arg] = countedArguments(name, value, names, 1);
  return derived(names, [arg!], (f) => {
    const v = arg!.run(f);
    if (nullish(v)) return NULL;
    if (v.type !== T.timestamp) throw locationError(code, `Argument to ${name} must be a timestamp, but is ${typeName(v)}`);
    const view = Buffer.from(v.bytes.buffer, v.bytes.byteOffset + v.start, 8);
    return { type: T.long, bytes: Uint8Array.of(...view.subarray(at, at + 4), 0, 0, 0, 0), start: 0, end: 8 };
  });
};

export const LOGIC: Readonly<Record<string, Operator>> = {
  $eq: comparison((o) => bool(o === 0)), $ne: comparison((o) => bool(o !== 0)), $gt: comparison((o) => bool(o > 0)),
  $gte: comparison((o) => bool(o >= 0)), $lt: comparison((o) => bool(o < 0)), $lte: comparison((o) => bool(o <= 0)),
  $cmp: comparison((o) => int(Math.sign(o))),
  $and: and, $or: or, $not: not, $cond: cond, $ifNull: ifNull, $switch: switchOperator, $let: letOperator,
  $literal: literal, $const: literal, $expr: (value, names) => compileExpression(value, names),
  $type: type, $rand: rand, $allElementsTrue: anyOrAll(true), $anyElementTrue: anyOrAll(false),
  $isNumber: isOfType((v) => v !== undefined && (v.type === T.int || v.type === T.long || v.type === T.double || v.type === T.decimal)),
  $isArray: isOfType((v) => v?.type === T.array),
  $tsSecond: ofTimestamp(4, 5687301), $tsIncrement: ofTimestamp(0, 5687302),
  $meta: (_value, _names, name) => { throw notImplemented(`${name} is not supported by the embedded store: it has no text, geo or search metadata.`); },
};

/** Every value that arguments give, one array standing for its items: how `$sum`, `$max` and such take theirs. */
export function spreadArguments(value: RawValue, names: Names): { args: Expr[]; values: (f: Parameters<Expr["run"]>[0]) => (RawValue | undefined)[] } {
  const args = compileArguments(value, names);
  if (args.length !== 1) return { args, values: (f) => args.map((a) => a.run(f)) };
  const only = args[0]!;
  return {
    args,
    values: (f) => {
      const v = only.run(f);
      return v?.type === T.array ? itemsOf(v) : [v];
    },
  };
}
