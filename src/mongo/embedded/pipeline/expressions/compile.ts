import { locationError, StoreError } from "../../values/errors.ts";
import { DocWriter, embedded, fieldsOf, itemsOf, stringOf, T, TYPE_NAMES, type RawDoc, type RawValue } from "../../values/raw.ts";
import type { Expr, Names, Run } from "./frame.ts";
import { array, documentValue } from "./make.ts";
import { operatorOf } from "./operators.ts";
import { follow, followValue, splitPath } from "./paths.ts";

export const constant = (value: RawValue | undefined): Expr => ({ run: () => value, constant: true, local: true });

/** An expression computed from others. One that depends on nothing is computed once, unless that fails: then it fails where it is needed. */
export function derived(names: Names, parts: readonly Expr[], run: Run, o: { fixed?: boolean } = {}): Expr {
  const isConstant = (o.fixed ?? true) && parts.every((p) => p.constant);
  if (isConstant) {
    try {
      return constant(run(names.frame));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }
  return { run, constant: false, local: parts.every((p) => p.local) };
}

/** Compiles an aggregation expression. @throws StoreError 168 for an unknown operator, 15983, 16020, 17276 … for a malformed expression.
 *  Source: mongodb.com/docs/manual/reference/operator/aggregation/ */
export function compileExpression(value: RawValue, names: Names): Expr {
  if (value.type === T.string) {
    const text = stringOf(value);
    return text.startsWith("$") ? compilePath(text, names) : constant(value);
  }
  if (value.type === T.array) return compileArray(itemsOf(value), names);
  return value.type === T.object ? compileObject(value, names) : constant(value);
}

function compileArray(items: readonly RawValue[], names: Names): Expr {
  const parts = items.map((item) => compileExpression(item, names));
  return derived(names, parts, (f) => array(parts.map((p) => p.run(f))));
}

function compileObject(value: RawValue, names: Names): Expr {
  const fields = fieldsOf(value.bytes, value.start);
  const first = fields[0];
  if (first?.name.startsWith("$")) {
    if (fields.length > 1) throw locationError(15983, `An object representing an expression must have exactly one field, but has ${fields.length}: ${fields.map((f) => f.name).join(", ")}`);
    const operator = operatorOf(first.name);
    return operator(first.value, names, first.name);
  }
  const seen = new Set<string>();
  const parts = fields.map(({ name, value: inner }) => {
    checkFieldName(name);
    if (seen.has(name)) throw locationError(16406, `duplicate field name specified in object literal: ${name}`);
    seen.add(name);
    return { name, expr: compileExpression(inner, names) };
  });
  return derived(names, parts.map((p) => p.expr), (f) => {
    const w = new DocWriter(64);
    for (const { name, expr } of parts) {
      const found = expr.run(f);
      if (found) w.value(name, found);
    }
    return documentValue(w.done());
  });
}

/** One part of a path. @throws StoreError 15998, 16410, 16412. */
export function checkFieldName(name: string): void {
  if (name === "") throw locationError(15998, "FieldPath field names may not be empty strings.");
  if (name.startsWith("$")) throw locationError(16410, `FieldPath field names may not start with '$'. Consider using $getField or $setField. Got '${name}'`);
  if (name.includes(".")) throw locationError(16412, `FieldPath field names may not contain '.'. Consider using $getField or $setField. Got '${name}'`);
  if (name.includes("\0")) throw locationError(16411, "FieldPath field names may not contain '\\0'.");
}

/** A dotted path. @throws StoreError 40352, 40353 and as `checkFieldName`. */
export function checkPath(path: string): void {
  if (path === "") throw locationError(40352, "FieldPath cannot be constructed with empty string");
  if (path.endsWith(".")) throw locationError(40353, "FieldPath must not end with a '.'.");
  path.split(".").forEach(checkFieldName);
}

/** `$a.b` or `$$name.a.b`. */
function compilePath(text: string, names: Names): Expr {
  if (text === "$") throw locationError(16872, "'$' by itself is not a valid FieldPath");
  if (!text.startsWith("$$")) {
    checkPath(text.slice(1));
    return compileFieldPath(text.slice(1), names);
  }
  const [name = "", ...rest] = text.slice(2).split(".");
  if (rest.length > 0) checkPath(rest.join("."));
  if (name === "ROOT" && names.placeOf("ROOT") === undefined) return rest.length > 0 ? pathFromRoot(rest.join(".")) : WHOLE;
  if (name === "CURRENT" && names.placeOf("CURRENT") === undefined) return rest.length > 0 ? pathFromRoot(rest.join(".")) : WHOLE;
  if (name === "REMOVE" && names.placeOf(name) === undefined) return constant(undefined);
  const place = names.placeOf(name);
  if (place === undefined) throw unknownVariable(name);
  if (rest.length === 0) return { run: (f) => f.slots[place], constant: false, local: true };
  const parts = splitPath(rest.join("."));
  return { run: (f) => followValue(f.slots[place], parts), constant: false, local: true };
}

function unknownVariable(name: string): StoreError {
  if (name === "CLUSTER_TIME") return locationError(51144, "Builtin variable '$$CLUSTER_TIME' is not available: it exists on replica sets only");
  checkVariableName(name, true);
  return locationError(17276, `Use of undefined variable: ${name}`);
}

/** A variable's name: user variables begin with a lower-case letter or a non-ASCII character, and hold letters, digits and `_`.
 *  @throws StoreError 9. Source: mongodb.com/docs/manual/reference/aggregation-variables/ */
export function checkVariableName(name: string, system = false): void {
  const allowed = system ? /^[A-Za-z\u0080-\u{10ffff}][A-Za-z0-9_\u0080-\u{10ffff}]*$/u : /^[a-z\u0080-\u{10ffff}][A-Za-z0-9_\u0080-\u{10ffff}]*$/u;
  if (name === "CURRENT" || allowed.test(name)) return;
  throw new StoreError(9, "FailedToParse", name === "" ? "empty variable names are not allowed" : `'${name}' is not a valid name for a ${system ? "variable" : "user variable: it must begin with a lower-case letter and hold letters, digits and _"}`);
}

const WHOLE: Expr = { run: (f) => documentValue(f.root), constant: false, local: false };

/** The expression `$path`. */
export function compileFieldPath(path: string, names: Names): Expr {
  const place = names.placeOf("CURRENT");
  if (place === undefined) return pathFromRoot(path);
  const parts = splitPath(path);
  return { run: (f) => followValue(f.slots[place], parts), constant: false, local: false };
}

function pathFromRoot(path: string): Expr {
  const parts = splitPath(path);
  return { run: (f) => follow(f.root, 0, parts), constant: false, local: false, path };
}

/** A list of arguments: an array's items, or the one value that stands for itself. */
export function compileArguments(value: RawValue, names: Names): Expr[] {
  return (value.type === T.array ? itemsOf(value) : [value]).map((item) => compileExpression(item, names));
}

/** Fixed or bounded numbers of arguments. @throws StoreError 16020, 28667. */
export function countedArguments(name: string, value: RawValue, names: Names, least: number, most = least): Expr[] {
  const args = compileArguments(value, names);
  if (args.length >= least && args.length <= most) return args;
  if (least === most) throw locationError(16020, `Expression ${name} takes exactly ${least} arguments. ${args.length} were passed in.`);
  throw locationError(28667, `Expression ${name} takes at least ${least} arguments, and at most ${most}, but ${args.length} were passed in.`);
}

/** Named arguments of an operator that takes an object. Codes: `[not an object, unknown argument, missing argument]`. */
export function namedArguments(name: string, value: RawValue, known: readonly string[], required: readonly string[], codes: readonly [number, number, number | Readonly<Record<string, number>>]): Map<string, RawValue> {
  if (value.type !== T.object) throw coded(codes[0], `${name} only supports an object as its argument, but found: ${TYPE_NAMES[value.type]}`);
  const out = new Map<string, RawValue>();
  for (const { name: field, value: inner } of fieldsOf(value.bytes, value.start)) {
    if (!known.includes(field)) throw coded(codes[1], `Unrecognized argument to ${name}: '${field}'`);
    out.set(field, inner);
  }
  for (const field of required) {
    if (!out.has(field)) throw coded(typeof codes[2] === "number" ? codes[2] : (codes[2][field] ?? 9), `Missing '${field}' parameter to ${name}`);
  }
  return out;
}

const NAMED_CODES: Readonly<Record<number, string>> = { 2: "BadValue", 9: "FailedToParse", 14: "TypeMismatch", 15: "Overflow" };
export const coded = (code: number, message: string): StoreError => new StoreError(code, NAMED_CODES[code] ?? `Location${code}`, message);

/** An embedded document as one of its own; undefined for other values. */
export const documentOf = (value: RawValue | undefined): RawDoc | undefined => (value?.type === T.object ? embedded(value) : undefined);
