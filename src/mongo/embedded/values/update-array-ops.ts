import { orderOf, type Collation } from "./collation.ts";
import { badValue, failedToParse, typeMismatch } from "./errors.ts";
import { wholeNumber } from "./filter-args.ts";
import { compileElementMatcher } from "./match.ts";
import { embedded, fieldsOf, getField, getPlainPath, itemsOf, numberOf, T, TYPE_NAMES, type RawValue } from "./scan.ts";
import { Node } from "./tree.ts";
import type { OpContext, Operator } from "./update-ops.ts";
import { NULL_VALUE } from "./write.ts";

const typeName = (type: number) => TYPE_NAMES[type] ?? "unknown";

function itemsForGrowth(current: Node | undefined, { path, document }: OpContext): readonly Node[] {
  if (!current) return [];
  if (current.type !== T.array) throw badValue(`The field '${path}' must be an array but is of type ${typeName(current.type)} in document {${document()}}`);
  return current.items;
}

function eachOf(name: string, value: RawValue): RawValue[] {
  if (value.type !== T.array) throw badValue(`The argument to $each in ${name} must be an array but it was of type: ${typeName(value.type)}`);
  return itemsOf(value);
}

type ItemOrder = (a: RawValue, b: RawValue) => number;

/** `$push`, with `$each`, `$position`, `$slice` and `$sort`. Source: mongodb.com/docs/manual/reference/operator/update/push/ */
export function pushOperator(arg: RawValue, collation?: Collation): Operator {
  const each = arg.type === T.object ? getField(arg.bytes, "$each", arg.start) : undefined;
  if (!each) return { creates: true, apply: (current, context) => Node.array([...itemsForGrowth(current, context), Node.of(arg)]) };
  const added = eachOf("$push", each).map(Node.of);
  let position: number | undefined;
  let slice: number | undefined;
  let order: ItemOrder | undefined;
  for (const { name, value } of fieldsOf(arg.bytes, arg.start)) {
    if (name === "$position") position = clause(name, value);
    else if (name === "$slice") slice = clause(name, value);
    else if (name === "$sort") order = itemOrder(value, orderOf(collation));
    else if (name !== "$each") throw badValue(`Unrecognized clause in $push: ${name}`);
  }
  return {
    creates: true,
    apply(current, context) {
      const items = [...itemsForGrowth(current, context)];
      if (added.length === 0 && slice === undefined && !order && current) return "keep";
      const at = position === undefined ? items.length : position < 0 ? Math.max(0, items.length + position) : position;
      items.splice(at, 0, ...added);
      const sorted = order ? items.map((node) => ({ node, value: node.value() })).toSorted((a, b) => order(a.value, b.value)).map((i) => i.node) : items;
      return Node.array(slice === undefined ? sorted : slice >= 0 ? sorted.slice(0, slice) : sorted.slice(slice));
    },
  };
}

function clause(name: string, value: RawValue): number {
  const n = wholeNumber(value);
  if (n === undefined) throw badValue(`The value for ${name} must be an integer value but was given type: ${typeName(value.type)}`);
  return Number(n);
}

function itemOrder(value: RawValue, compare: ItemOrder): ItemOrder {
  if (value.type !== T.object) {
    const dir = direction(value);
    return (a, b) => dir * compare(a, b);
  }
  const fields = fieldsOf(value.bytes, value.start).map(({ name, value: dir }) => ({ name, dir: direction(dir) }));
  if (fields.length === 0) throw badValue("The $sort pattern is empty when it should be a set of fields.");
  return (a, b) => {
    for (const { name, dir } of fields) {
      const d = compare(at(a, name), at(b, name));
      if (d !== 0) return dir * d;
    }
    return 0;
  };
}

const at = (item: RawValue, path: string): RawValue => (item.type === T.object ? getPlainPath(embedded(item), path) : undefined) ?? NULL_VALUE;

function direction(value: RawValue): 1 | -1 {
  const n = numberOf(value);
  if (n !== 1 && n !== -1) throw badValue("The $sort element value must be either 1 or -1");
  return n;
}

export function addToSetOperator(arg: RawValue, collation?: Collation): Operator {
  const compare = orderOf(collation);
  const fields = arg.type === T.object ? fieldsOf(arg.bytes, arg.start) : [];
  const each = fields[0]?.name === "$each" ? fields[0].value : undefined;
  if (each && fields.length > 1) throw badValue(`Found unexpected fields after $each in $addToSet: ${fields.slice(1).map((f) => f.name).join(", ")}`);
  const candidates = each ? eachOf("$addToSet", each) : [arg];
  return {
    creates: true,
    apply(current, context) {
      const items = itemsForGrowth(current, context);
      const known = items.map((node) => node.value());
      const fresh: RawValue[] = [];
      for (const value of candidates) {
        if (!known.some((k) => compare(k, value) === 0) && !fresh.some((f) => compare(f, value) === 0)) fresh.push(value);
      }
      return fresh.length === 0 && current ? "keep" : Node.array([...items, ...fresh.map(Node.of)]);
    },
  };
}

export function popOperator(arg: RawValue): Operator {
  const n = numberOf(arg);
  if (n !== 1 && n !== -1) throw failedToParse(`$pop expects 1 or -1, found: ${n ?? typeName(arg.type)}`);
  return {
    creates: false,
    apply(current, { path }) {
      if (!current) return "keep";
      if (current.type !== T.array) throw typeMismatch(`Path '${path}' contains an element of non-array type '${typeName(current.type)}'`);
      return Node.array(n === 1 ? current.items.slice(0, -1) : current.items.slice(1));
    },
  };
}

function removing(name: string, gone: (item: RawValue) => boolean): Operator {
  return {
    creates: false,
    apply(current) {
      if (!current) return "keep";
      if (current.type !== T.array) throw badValue(`Cannot apply ${name} to a non-array value`);
      const kept = current.items.filter((node) => !gone(node.value()));
      return kept.length === current.items.length ? "keep" : Node.array(kept);
    },
  };
}

export const pullOperator = (arg: RawValue, collation?: Collation): Operator => removing("$pull", compileElementMatcher(arg, collation));

export function pullAllOperator(arg: RawValue, collation?: Collation): Operator {
  if (arg.type !== T.array) throw badValue(`$pullAll requires an array argument but was given a ${typeName(arg.type)}`);
  const values = itemsOf(arg);
  const compare = orderOf(collation);
  return removing("$pullAll", (item) => values.some((v) => compare(v, item) === 0));
}
