import type { Collation } from "./collation.ts";
import { compareBytes } from "./encode-key.ts";
import { badValue, failedToParse, storeError } from "./errors.ts";
import { fieldsOf, nameBytes, stringOf, T, TYPE_NAMES, type RawDoc, type RawValue } from "./scan.ts";
import { addToSetOperator, popOperator, pullAllOperator, pullOperator, pushOperator } from "./update-array-ops.ts";
import { bitOperator, boundOperator, currentDateOperator, numericOperator, setOnInsertOperator, setOperator, unsetOperator, type Operator } from "./update-ops.ts";
import { arrayIndex } from "./walk.ts";

/** One operator on one path of an update. `renameFrom`: the path whose value moves here. */
export interface Step {
  readonly path: string;
  readonly parts: readonly string[];
  /** Whether the path has `$`, `$[]` or `$[id]`. */
  readonly dynamic: boolean;
  readonly operator: Operator;
  readonly renameFrom?: readonly string[];
}

const OPERATORS: Readonly<Record<string, (path: string, arg: RawValue, collation: Collation | undefined) => Operator>> = {
  $set: (_p, arg) => setOperator(arg),
  $setOnInsert: (_p, arg) => setOnInsertOperator(arg),
  $unset: () => unsetOperator(),
  $inc: (path, arg) => numericOperator("$inc", path, arg),
  $mul: (path, arg) => numericOperator("$mul", path, arg),
  $min: (_p, arg, collation) => boundOperator("$min", arg, collation),
  $max: (_p, arg, collation) => boundOperator("$max", arg, collation),
  $currentDate: (_p, arg) => currentDateOperator(arg),
  $bit: bitOperator,
  $push: (_p, arg, collation) => pushOperator(arg, collation),
  $addToSet: (_p, arg, collation) => addToSetOperator(arg, collation),
  $pop: (_p, arg) => popOperator(arg),
  $pull: (_p, arg, collation) => pullOperator(arg, collation),
  $pullAll: (_p, arg, collation) => pullAllOperator(arg, collation),
};

/** Parses `{$set: …, $inc: …}` into steps in the order MongoDB applies them, and refuses paths that get in each other's way. */
export function parseSteps(update: RawDoc, collation?: Collation): Step[] {
  const steps: Step[] = [];
  const claimed: (readonly string[])[] = [];
  for (const { name, value } of fieldsOf(update)) {
    if (name !== "$rename" && !(name in OPERATORS)) {
      throw failedToParse(`Unknown modifier: ${name}. Expected a valid update modifier or pipeline-style update specified as an array`);
    }
    if (value.type !== T.object) {
      throw failedToParse(`Modifiers operate on fields but we found type ${TYPE_NAMES[value.type]} instead. For example: {$mod: {<field>: ...}} not {${name}: <${TYPE_NAMES[value.type]}>}`);
    }
    for (const field of fieldsOf(value.bytes, value.start)) {
      const step = name === "$rename" ? renameStep(field.name, field.value) : makeStep(field.name, OPERATORS[name]!(field.name, field.value, collation));
      for (const parts of step.renameFrom ? [step.renameFrom, step.parts] : [step.parts]) {
        const other = claimed.find((c) => overlaps(c, parts));
        if (other) throw conflict(`Updating the path '${parts.join(".")}' would create a conflict at '${(other.length < parts.length ? other : parts).join(".")}'`);
        claimed.push(parts);
      }
      steps.push(step);
    }
  }
  return steps.toSorted((a, b) => compareParts(a.parts, b.parts));
}

export const conflict = (message: string) => storeError("ConflictingUpdateOperators", message);

/** Whether one path is the other or leads to it. */
export function overlaps(a: readonly string[], b: readonly string[]): boolean {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Order in which paths are updated: names by bytes, array indexes by number. Source: mongodb.com/docs/manual/reference/operator/update/ (behavior) */
export function compareParts(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] === b[i]) continue;
    const x = arrayIndex(a[i]!);
    const y = arrayIndex(b[i]!);
    return x >= 0 && y >= 0 ? x - y : compareBytes(nameBytes(a[i]!), nameBytes(b[i]!));
  }
  return a.length - b.length;
}

interface CheckedPath { readonly parts: readonly string[]; readonly dynamic: boolean }

const KEPT_PATHS = 4_096;
const checked = new Map<string, CheckedPath>();

function makeStep(path: string, operator: Operator): Step {
  let known = checked.get(path);
  if (!known) {
    const parts = checkPath(path);
    known = { parts, dynamic: parts.some(isDynamic) };
    if (checked.size < KEPT_PATHS) checked.set(path, known);
  }
  return { path, parts: known.parts, dynamic: known.dynamic, operator };
}

const isDynamic = (part: string) => part === "$" || part.startsWith("$[");
const STORABLE = new Set(["$ref", "$id", "$db"]);

function checkPath(path: string): string[] {
  if (path === "") throw storeError("EmptyFieldName", "An empty update path is not valid.");
  const parts = path.split(".");
  if (parts.includes("")) throw storeError("EmptyFieldName", `The update path '${path}' contains an empty field name, which is not allowed.`);
  if (isDynamic(parts[0]!)) throw badValue(`Cannot have positional (i.e. '$') element in the first position in path '${path}'`);
  if (parts.filter((p) => p === "$").length > 1) throw badValue(`Too many positional (i.e. '$') elements found in path '${path}'`);
  const bad = parts.find((p) => p.startsWith("$") && !isDynamic(p) && !STORABLE.has(p));
  if (bad) throw storeError("DollarPrefixedFieldName", `The dollar ($) prefixed field '${bad}' in '${path}' is not valid for storage.`);
  return parts;
}

function renameStep(from: string, to: RawValue): Step {
  if (to.type !== T.string) throw badValue(`The 'to' field for $rename must be a string: ${from}: <${TYPE_NAMES[to.type]}>`);
  const target = stringOf(to);
  const renameFrom = checkPath(from);
  const parts = checkPath(target);
  if (renameFrom.some(isDynamic)) throw badValue(`The source field for $rename may not be dynamic: ${from}`);
  if (parts.some(isDynamic)) throw badValue(`The destination field for $rename may not be dynamic: ${target}`);
  if (from === target) throw badValue(`The source and target field for $rename must differ: ${from}: "${target}"`);
  if (overlaps(renameFrom, parts)) throw badValue(`The source and target field for $rename must not be on the same path: ${from}: "${target}"`);
  return { path: target, parts, dynamic: false, operator: { creates: true, apply: () => "keep" }, renameFrom };
}
