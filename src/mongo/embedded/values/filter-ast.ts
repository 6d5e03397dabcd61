import { badValue, failedToParse, locationError, notImplemented } from "./errors.ts";
import { parseBits, parseMod, parseSize, parseTypes } from "./filter-args.ts";
import type { RegexSpec } from "./regex.ts";
import { compileJsonSchema } from "./json-schema.ts";
import { compileSampleRate } from "./sample.ts";
import { pointListAt, type PointList } from "./point-list.ts";
import { expressions, NO_SCOPE, type Scope } from "./scope.ts";
import { embedded, fieldsOf, itemsOf, nameAt, numberOf, stringOf, T, textAt, truthy, valueEnd, type RawDoc, type RawValue } from "./scan.ts";

/** One condition on one path. `$ne`, `$nin`, `$exists: false` are a `not` around the positive leaf; `$all` is an `and` of leaves. */
export type Leaf = { readonly kind: "leaf"; readonly path: string } & (
  | { readonly op: "eq" | "gt" | "gte" | "lt" | "lte"; readonly value: RawValue }
  | { readonly op: "in"; readonly values: readonly RawValue[]; readonly regexes: readonly RegexSpec[]; readonly list?: PointList }
  | { readonly op: "regex"; readonly regex: RegexSpec }
  | { readonly op: "exists" }
  | { readonly op: "type"; readonly types: ReadonlySet<number> }
  | { readonly op: "mod"; readonly divisor: bigint; readonly remainder: bigint }
  | { readonly op: "size"; readonly size: number }
  | { readonly op: "bits"; readonly set: boolean; readonly all: boolean; readonly mask: bigint }
  /** `object`: the child's paths are relative to an item. `value`: the child's leaves have the path "" and test the item itself. */
  | { readonly op: "elemMatch"; readonly of: "object" | "value"; readonly child: FilterNode }
);

/** A parsed filter. `and` of nothing is always true. Values share the filter's bytes. */
export type FilterNode =
  | { readonly kind: "and" | "or" | "nor"; readonly children: readonly FilterNode[] }
  | { readonly kind: "not"; readonly child: FilterNode }
  | { readonly kind: "never" }
  /** What only a look at the whole document decides: `$expr`, `$jsonSchema`, `$sampleRate`. */
  | { readonly kind: "test"; readonly name: string; readonly test: (bytes: Uint8Array, start: number) => boolean }
  | Leaf;

const REFUSED = new Set(["$where", "$text", "$near", "$nearSphere", "$geoWithin", "$geoIntersects", "$geoNear", "$within", "$_internalExprEq"]);

const refuse = (name: string) => notImplemented(`${name} is not supported by the embedded store; use other operators or MONGODB_URI.`);

/** Parses a filter into leaves under and, or, nor, not, for the planner and the matcher.
 *  @throws StoreError 2, 9 for a malformed filter, 238 for an operator that is not supported.
 *  Operators: mongodb.com/docs/manual/reference/mql/query-predicates/ */
export function filterAst(filter: RawDoc, scope: Scope = NO_SCOPE): FilterNode {
  return conjunction(parseDocument(filter, 0, scope));
}

/** An `and` without `and`s in it; a single child stands for itself. */
function conjunction(nodes: FilterNode[]): FilterNode {
  if (nodes.length === 1) return nodes[0]!;
  if (!nodes.some((node) => node.kind === "and")) return { kind: "and", children: nodes };
  const children = nodes.flatMap((node) => (node.kind === "and" ? node.children : [node]));
  return children.length === 1 ? children[0]! : { kind: "and", children };
}

const not = (child: FilterNode): FilterNode => (child.kind === "not" ? child.child : { kind: "not", child });

/** `scope` is undefined inside `$elemMatch`, where no expression may stand. */
function parseDocument(bytes: Uint8Array, start: number, scope: Scope | undefined): FilterNode[] {
  const out: FilterNode[] = [];
  for (const { name, value } of fieldsOf(bytes, start)) {
    if (!name.startsWith("$")) out.push(...parseField(name, value));
    else if (name === "$and") out.push(...parseList(name, value, scope));
    else if (name === "$or" || name === "$nor") out.push({ kind: name === "$or" ? "or" : "nor", children: parseList(name, value, scope) });
    else if (name === "$expr") out.push(parseExpr(value, scope));
    else if (name === "$jsonSchema") out.push({ kind: "test", name, test: compileJsonSchema(value) });
    else if (name === "$sampleRate") out.push({ kind: "test", name, test: compileSampleRate(value) });
    else if (name === "$alwaysTrue" || name === "$alwaysFalse") {
      if (numberOf(value) !== 1) throw failedToParse(`${name} must be an integer value of 1`);
      if (name === "$alwaysFalse") out.push({ kind: "never" });
    }
    else if (REFUSED.has(name)) throw refuse(name);
    else if (name !== "$comment") {
      throw badValue(`unknown top level operator: ${name}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`);
    }
  }
  return out;
}

function parseExpr(value: RawValue, scope: Scope | undefined): FilterNode {
  if (!scope) throw badValue("$expr can only be applied to the top-level document");
  const evaluate = expressions("$expr").compile(value, scope);
  return {
    kind: "test", name: "$expr",
    test: (b, start) => {
      const result = evaluate(start === 0 ? b : b.subarray(start, valueEnd(T.object, b, start)));
      return result !== undefined && truthy(result);
    },
  };
}

function parseList(name: string, value: RawValue, scope: Scope | undefined): FilterNode[] {
  if (value.type !== T.array) throw badValue(`${name} must be an array`);
  const items = itemsOf(value);
  if (items.length === 0) throw badValue(`${name} must be a nonempty array`);
  return items.map((item) => {
    if (item.type !== T.object) throw badValue(`${name} argument's entries must be objects`);
    return conjunction(parseDocument(item.bytes, item.start, scope));
  });
}

/** Name of the first field of an embedded document; undefined when it is empty or no document. */
function firstName(value: RawValue): string | undefined {
  if (value.type !== T.object || value.bytes[value.start + 4] === 0) return undefined;
  let end = value.start + 5;
  while (value.bytes[end] !== 0) end++;
  return nameAt(value.bytes, value.start + 5, end);
}

/** Whether a value is a document of operators (`{$gt: 1}`), not one to be equal to. DBRefs are values. */
export function isOperators(value: RawValue): boolean {
  const first = firstName(value);
  return first !== undefined && first.startsWith("$") && first !== "$ref" && first !== "$id" && first !== "$db";
}

const LOGICAL = new Set(["$and", "$or", "$nor", "$where"]);

/** Whether a condition on array items tests the item itself (`{$gt: 1}`), not its fields. */
export const testsItem = (condition: RawValue): boolean => isOperators(condition) && !LOGICAL.has(firstName(condition)!);

/** Conditions on one path: an equality, a regular expression, or a document of operators. */
export function parseField(path: string, value: RawValue): FilterNode[] {
  if (value.type === T.regex) return [{ kind: "leaf", path, op: "regex", regex: regexOf(value) }];
  if (isOperators(value)) return parseOperators(path, value);
  return [{ kind: "leaf", path, op: "eq", value: comparable(value) }];
}

function comparable(value: RawValue): RawValue {
  if (value.type === T.undefined) throw badValue("cannot compare to undefined");
  return value;
}

function parseOperators(path: string, operators: RawValue): FilterNode[] {
  const fields = fieldsOf(operators.bytes, operators.start);
  const out: FilterNode[] = [];
  for (const { name, value } of fields) {
    if (name === "$regex") out.push({ kind: "leaf", path, op: "regex", regex: regexWithOptions(value, fields.find((f) => f.name === "$options")?.value, fields[0]?.name === "$options") });
    else if (name === "$options") {
      if (!fields.some((f) => f.name === "$regex")) throw badValue("$options needs a $regex");
    } else out.push(...parseOperator(path, name, value));
  }
  return out;
}

function parseOperator(path: string, name: string, value: RawValue): FilterNode[] {
  switch (name) {
    case "$eq":
      return [{ kind: "leaf", path, op: "eq", value: comparable(value) }];
    case "$ne":
      if (value.type === T.regex) throw badValue("Can't have regex as arg to $ne.");
      return [not({ kind: "leaf", path, op: "eq", value: comparable(value) })];
    case "$gt": case "$gte": case "$lt": case "$lte":
      if (value.type === T.regex) throw badValue(`Can't have RegEx as arg to predicate over field '${path}'.`);
      return [{ kind: "leaf", path, op: name.slice(1) as "gt" | "gte" | "lt" | "lte", value: comparable(value) }];
    case "$in":
      return [membership(path, name, value)];
    case "$nin":
      return [not(membership(path, name, value))];
    case "$not":
      return [parseNot(path, value)];
    case "$exists":
      return [truthy(value) ? { kind: "leaf", path, op: "exists" } : not({ kind: "leaf", path, op: "exists" })];
    case "$type":
      return [{ kind: "leaf", path, op: "type", types: parseTypes(value) }];
    case "$mod":
      return [{ kind: "leaf", path, op: "mod", ...parseMod(value) }];
    case "$size":
      return [{ kind: "leaf", path, op: "size", size: parseSize(value) }];
    case "$all":
      return [parseAll(path, value)];
    case "$elemMatch":
      return [parseElemMatch(path, value)];
    case "$bitsAllSet": case "$bitsAnySet": case "$bitsAllClear": case "$bitsAnyClear":
      return [{ kind: "leaf", path, op: "bits", set: name.endsWith("Set"), all: name.startsWith("$bitsAll"), mask: parseBits(name, value) }];
    case "$comment":
      return [];
    default:
      if (REFUSED.has(name)) throw refuse(name);
      throw badValue(`unknown operator: ${name}`);
  }
}

function membership(path: string, name: string, value: RawValue): FilterNode {
  if (value.type !== T.array) throw badValue(`${name} needs an array`);
  const list = pointListAt(value);
  if (list) return { kind: "leaf", path, op: "in", values: list.items, regexes: [], list };
  const items = itemsOf(value);
  if (items.some(isOperators)) throw badValue(`cannot nest $ under ${name}`);
  return {
    kind: "leaf", path, op: "in",
    values: items.filter((v) => v.type !== T.regex).map(comparable),
    regexes: items.filter((v) => v.type === T.regex).map(regexOf),
  };
}

function parseNot(path: string, value: RawValue): FilterNode {
  if (value.type === T.regex) return not({ kind: "leaf", path, op: "regex", regex: regexOf(value) });
  if (value.type !== T.object) throw badValue("$not needs a regex or a document");
  if (firstName(value) === undefined) throw badValue("$not cannot be empty");
  return not(conjunction(parseOperators(path, value)));
}

function parseAll(path: string, value: RawValue): FilterNode {
  if (value.type !== T.array) throw badValue("$all needs an array");
  const items = itemsOf(value);
  if (items.length === 0) return { kind: "never" };
  const withElemMatch = firstName(items[0]!) === "$elemMatch";
  return conjunction(items.flatMap((item) => {
    if (withElemMatch !== (firstName(item) === "$elemMatch")) throw badValue("$all/$elemMatch has to be consistent");
    if (withElemMatch) return parseOperators(path, item);
    if (isOperators(item)) throw badValue("no $ expressions in $all");
    return parseField(path, item);
  }));
}

/** The leaf of an `$elemMatch`. */
export function parseElemMatch(path: string, value: RawValue): Extract<Leaf, { op: "elemMatch" }> {
  if (value.type !== T.object) throw badValue("$elemMatch needs an Object");
  const ofValue = testsItem(value);
  const children = ofValue ? parseOperators("", value) : parseDocument(value.bytes, value.start, undefined);
  return { kind: "leaf", path, op: "elemMatch", of: ofValue ? "value" : "object", child: conjunction(children) };
}

/** Pattern and options of a BSON regular expression. */
export function regexOf(value: RawValue): RegexSpec {
  let p = value.start;
  while (value.bytes[p] !== 0) p++;
  return { pattern: textAt(value.bytes, value.start, p), options: textAt(value.bytes, p + 1, value.end - 1) };
}

function regexWithOptions(value: RawValue, options: RawValue | undefined, optionsFirst: boolean): RegexSpec {
  if (options && options.type !== T.string) throw badValue("$options has to be a string");
  if (value.type === T.regex) {
    const own = regexOf(value);
    if (options && own.options !== "") throw locationError(optionsFirst ? 51074 : 51075, "options set in both $regex and $options");
    return options ? { pattern: own.pattern, options: stringOf(options) } : own;
  }
  if (value.type !== T.string) throw badValue("$regex has to be a string");
  const pattern = stringOf(value);
  if (pattern.includes("\0")) throw badValue("$regex: a regular expression cannot contain an embedded null byte");
  return { pattern, options: options ? stringOf(options) : "" };
}

/** Whether a filter has an `$expr`, which an upsert may not. */
export const hasExpr = (node: FilterNode): boolean => (node.kind === "test" ? node.name === "$expr" : "children" in node ? node.children.some(hasExpr) : node.kind === "not" && hasExpr(node.child));

/** Every path that a filter's leaves name, conditions inside `$elemMatch` left out. */
export function leafPaths(node: FilterNode): string[] {
  if (node.kind === "leaf") return [node.path];
  if (node.kind === "never" || node.kind === "test") return [];
  return node.kind === "not" ? leafPaths(node.child) : node.children.flatMap(leafPaths);
}

/** A value's filter as it stands in `$pull` or `$elemMatch`: an embedded document read as a whole filter. */
export const nestedFilter = (value: RawValue): FilterNode => filterAst(embedded(value));
