import { locationError } from "../../values/errors.ts";
import { fieldsOf, stringOf, T, type RawValue } from "../../values/raw.ts";
import { compileExpression, countedArguments, derived, namedArguments } from "./compile.ts";
import type { Expr, Names } from "./frame.ts";
import { array, int, NULL, object, text } from "./make.ts";
import { nullish, typeName } from "./numbers.ts";
import type { Operator } from "./operators.ts";
import { pairsOf } from "./ops-arrays.ts";
import { spreadArguments } from "./ops-logic.ts";

/** Fields of documents put together, later ones over earlier ones, each at the place it first had.
 *  Source: mongodb.com/docs/manual/reference/operator/aggregation/mergeObjects/ */
export class Merge {
  private readonly fields = new Map<string, RawValue>();

  add(v: RawValue | undefined): void {
    if (nullish(v)) return;
    if (v.type !== T.object) throw locationError(40400, `$mergeObjects requires object inputs, but input is of type ${typeName(v)}`);
    for (const { name, value } of fieldsOf(v.bytes, v.start)) this.fields.set(name, value);
  }

  result(): RawValue {
    return object(this.fields);
  }

  /** The result with one more field before all others. */
  withFirst(name: string, value: RawValue): RawValue {
    return object([[name, value], ...this.fields]);
  }
}

const mergeObjects: Operator = (value, names) => {
  const { args, values } = spreadArguments(value, names);
  return derived(names, args, (f) => {
    const merge = new Merge();
    for (const v of values(f)) merge.add(v);
    return merge.result();
  });
};

const objectToArray: Operator = (value, names, name) => {
  const [arg] = countedArguments(name, value, names, 1);
  return derived(names, [arg!], (f) => {
    const v = arg!.run(f);
    if (nullish(v)) return NULL;
    if (v.type !== T.object) throw locationError(40390, `${name} requires a document input, found: ${typeName(v)}`);
    return array(fieldsOf(v.bytes, v.start).map((field) => object([["k", text(field.name)], ["v", field.value]])));
  });
};

const arrayToObject: Operator = (value, names, name) => {
  const [only] = countedArguments(name, value, names, 1);
  return derived(names, [only!], (f) => {
    const v = only!.run(f);
    if (nullish(v)) return NULL;
    if (v.type !== T.array) throw locationError(40386, `${name} requires an array input, found: ${typeName(v)}`);
    return object(pairsOf(v));
  });
};

const getField: Operator = (value, names, name) => {
  const named = value.type === T.object && fieldsOf(value.bytes, value.start).some((f) => !f.name.startsWith("$"));
  const args = named ? namedArguments(name, value, ["field", "input"], ["field", "input"], [3041701, 3041701, { field: 3041702, input: 3041703 }]) : new Map([["field", value]]);
  const field = fieldName(args.get("field")!, names, name);
  const input: Expr = args.has("input") ? compileExpression(args.get("input")!, names) : compileExpression(text("$$CURRENT"), names);
  return derived(names, [input], (f) => {
    const v = input.run(f);
    if (nullish(v)) return v === undefined ? undefined : NULL;
    return v.type === T.object ? fieldsOf(v.bytes, v.start).find((x) => x.name === field)?.value : undefined;
  });
};

/** A field's name given as a constant string, dots and dollars allowed. */
function fieldName(value: RawValue, names: Names, name: string): string {
  const set = name === "$setField" || name === "$unsetField";
  if (value.type === T.string && stringOf(value).startsWith("$")) throw locationError(set ? 4161108 : 5654600, `A field path reference which is not allowed in this context. Did you mean {$literal: '${stringOf(value)}'}?`);
  const expr = compileExpression(value, names);
  if (!expr.constant) throw locationError(set ? 4161106 : 5654601, `${name} requires 'field' to evaluate to a constant`);
  const v = expr.run(names.frame);
  if (v?.type !== T.string) throw locationError(set ? 4161107 : 5654602, `${name} requires 'field' to evaluate to type String, but got ${typeName(v)}`);
  return stringOf(v);
}

const setField = (unset: boolean): Operator => (value, names, name) => {
  const known = unset ? ["field", "input"] : ["field", "input", "value"];
  const args = namedArguments(name, value, known, known, [4161100, 4161101, { field: 4161102, value: 4161103, input: 4161109 }]);
  const field = fieldName(args.get("field")!, names, name);
  const input = compileExpression(args.get("input")!, names);
  const content = unset ? undefined : compileExpression(args.get("value")!, names);
  return derived(names, [input, ...(content ? [content] : [])], (f) => {
    const v = input.run(f);
    if (nullish(v)) return NULL;
    if (v.type !== T.object) throw locationError(4161105, `${name} requires 'input' to evaluate to type Object`);
    const fields = new Map<string, RawValue | undefined>(fieldsOf(v.bytes, v.start).map((x) => [x.name, x.value]));
    const next = content?.run(f);
    if (next) fields.set(field, next);
    else fields.delete(field);
    return object(fields);
  });
};

const bsonSize: Operator = (value, names, name) => {
  const [arg] = countedArguments(name, value, names, 1);
  return derived(names, [arg!], (f) => {
    const v = arg!.run(f);
    if (nullish(v)) return NULL;
    if (v.type !== T.object) throw locationError(31393, `${name} requires a document input, found: ${typeName(v)}`);
    return int(v.end - v.start);
  });
};

const binarySize: Operator = (value, names, name) => {
  const [arg] = countedArguments(name, value, names, 1);
  return derived(names, [arg!], (f) => {
    const v = arg!.run(f);
    if (nullish(v)) return NULL;
    if (v.type !== T.string && v.type !== T.binData) throw locationError(51276, `${name} requires a string or BinData argument, found: ${typeName(v)}`);
    return int(v.end - v.start - 5);
  });
};

export const OBJECTS: Readonly<Record<string, Operator>> = {
  $mergeObjects: mergeObjects, $objectToArray: objectToArray, $arrayToObject: arrayToObject,
  $getField: getField, $setField: setField(false), $unsetField: setField(true), $bsonSize: bsonSize, $binarySize: binarySize,
};
