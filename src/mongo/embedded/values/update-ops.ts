import { bitwise, calculate, zeroLike } from "./arithmetic.ts";
import { orderOf, type Collation } from "./collation.ts";
import { badValue, typeMismatch } from "./errors.ts";
import { fieldsOf, getField, isNumeric, stringOf, T, TYPE_NAMES, type RawValue } from "./scan.ts";
import { timestampBytes } from "./timestamp.ts";
import { Node } from "./tree.ts";
import { dateValue, makeValue } from "./write.ts";

/** What an operator knows besides its target. `document()` names the document in messages, by its `_id` only. */
export interface OpContext {
  readonly path: string;
  readonly document: () => string;
  readonly nowMs: number;
}

/** One operator with its argument. `apply` gets what lies at the path (undefined: nothing) and answers the new value, "remove" or "keep".
 *  `creates`: makes the path when it is missing, and fails where that can not be done; else such a document is left alone. */
export interface Operator {
  readonly creates: boolean;
  readonly onlyOnInsert?: boolean;
  apply(current: Node | undefined, context: OpContext): Node | "remove" | "keep";
}

const always = (apply: Operator["apply"]): Operator => ({ creates: true, apply });
const typeName = (type: number) => TYPE_NAMES[type] ?? "unknown";

export const setOperator = (arg: RawValue): Operator => always(() => Node.of(arg));

export const setOnInsertOperator = (arg: RawValue): Operator => ({ ...setOperator(arg), onlyOnInsert: true });

export const unsetOperator = (): Operator => ({ creates: false, apply: () => "remove" });

export function numericOperator(name: "$inc" | "$mul", path: string, arg: RawValue): Operator {
  if (!isNumeric(arg.type)) throw typeMismatch(`Cannot ${name === "$inc" ? "increment" : "multiply"} with non-numeric argument: {${path}: <${typeName(arg.type)}>}`);
  return always((current, context) => {
    if (!current) return Node.of(name === "$inc" ? arg : zeroLike(arg));
    if (!isNumeric(current.type)) {
      throw typeMismatch(`Cannot apply ${name} to a value of non-numeric type. {${context.document()}} has the field '${context.path}' of non-numeric type ${typeName(current.type)}`);
    }
    const result = calculate(name === "$inc" ? "add" : "multiply", current.value(), arg);
    if (!result) throw badValue(`Failed to apply ${name} operations to current value of '${context.path}' for document {${context.document()}}: the result does not fit 64 bits`);
    return Node.of(result);
  });
}

export const boundOperator = (name: "$min" | "$max", arg: RawValue, collation?: Collation): Operator =>
  always((current) => {
    if (!current) return Node.of(arg);
    const order = orderOf(collation)(arg, current.value());
    return (name === "$min" ? order < 0 : order > 0) ? Node.of(arg) : "keep";
  });

export function currentDateOperator(arg: RawValue): Operator {
  const kind = arg.type === T.bool ? "date" : dateKind(arg);
  return always((_current, { nowMs }) => Node.of(kind === "date" ? dateValue(nowMs) : timestampValue(nowMs)));
}

function dateKind(arg: RawValue): "date" | "timestamp" {
  if (arg.type !== T.object) {
    throw badValue(`${typeName(arg.type)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}).`);
  }
  const type = getField(arg.bytes, "$type", arg.start);
  const text = type?.type === T.string ? stringOf(type) : "";
  if (fieldsOf(arg.bytes, arg.start).length !== 1 || (text !== "date" && text !== "timestamp")) {
    throw badValue("The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}");
  }
  return text;
}

function timestampValue(nowMs: number): RawValue {
  const bytes = timestampBytes(nowMs);
  return makeValue((w) => w.value("", { type: T.timestamp, bytes, start: 0, end: 8 }));
}

const isInteger = (type: number) => type === T.int || type === T.long;

export function bitOperator(path: string, arg: RawValue): Operator {
  if (arg.type !== T.object) throw badValue(`The $bit modifier is not compatible with a ${typeName(arg.type)}. You must pass in an embedded document: {$bit: {field: {and/or/xor: #}}`);
  const steps = fieldsOf(arg.bytes, arg.start).map(({ name, value }) => {
    if (name !== "and" && name !== "or" && name !== "xor") throw badValue(`The $bit modifier only supports 'and', 'or', and 'xor', not '${name}' which is an unknown operator: {${path}}`);
    if (!isInteger(value.type)) throw badValue(`The $bit modifier field must be an Integer(32/64 bit); a '${typeName(value.type)}' is not supported here: {${path}}`);
    return { name, value } as const;
  });
  const first = steps[0];
  if (!first) throw badValue(`You must pass in at least one bitwise operation. The format is: {$bit: {field: {and/or/xor: #}}`);
  return always((current, context) => {
    if (current && !isInteger(current.type)) {
      throw badValue(`Cannot apply $bit to a value of non-integral type. {${context.document()}} has the field '${context.path}' of non-integer type ${typeName(current.type)}`);
    }
    const from = current ? current.value() : zeroLike(first.value);
    return Node.of(steps.reduce((value, step) => bitwise(step.name, value, step.value), from));
  });
}
