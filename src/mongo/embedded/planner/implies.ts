import { compareValues, equalValues } from "../values/key.ts";
import type { FilterNode, Leaf } from "../values/match.ts";
import { isNumeric, T, type RawValue } from "../values/raw.ts";
import { conjuncts } from "./intervals.ts";

const COMPARISONS: ReadonlySet<string> = new Set(["eq", "gt", "gte", "lt", "lte"]);

/** Whether every document that matches `filter` surely matches `needed` (a partial index's expression). False when in doubt. */
export function implies(filter: FilterNode, needed: FilterNode): boolean {
  if (needed.kind === "and") return needed.children.every((child) => implies(filter, child));
  if (needed.kind === "or" && needed.children.some((child) => implies(filter, child))) return true;
  const known = conjuncts(filter);
  if (known.some((fact) => fact.kind === "or" && fact.children.every((branch) => implies(branch, needed)))) return true;
  return known.some((fact) => factImplies(fact, needed));
}

function factImplies(fact: FilterNode, needed: FilterNode): boolean {
  if (fact.kind === "never") return true;
  if (fact.kind === "not" && fact.child.kind === "leaf") return notImplies(fact.child, needed);
  if (fact.kind !== "leaf" || needed.kind !== "leaf" || fact.path !== needed.path) return false;
  if (fact.op === "in") return fact.regexes.length === 0 && fact.values.every((value) => valueImplies({ kind: "leaf", path: fact.path, op: "eq", value }, needed));
  return valueImplies(fact, needed);
}

/** `{$ne: null}` is as good as `{$exists: true}`; any other negation only implies itself, which is not looked for. */
function notImplies(denied: Leaf, needed: FilterNode): boolean {
  return needed.kind === "leaf" && needed.op === "exists" && needed.path === denied.path && denied.op === "eq" && denied.value.type === T.null;
}

function valueImplies(fact: Leaf, needed: Leaf): boolean {
  switch (needed.op) {
    case "exists":
      return impliesPresence(fact);
    case "in":
      return "value" in fact && fact.op === "eq" && needed.values.some((value) => equalValues(value, fact.value));
    case "type":
      return "value" in fact && fact.op === "eq" && isScalar(fact.value) && needed.types.has(fact.value.type) && !isNumeric(fact.value.type);
    case "eq":
      return "value" in fact && fact.op === "eq" && equalValues(fact.value, needed.value);
    case "gt": case "gte": case "lt": case "lte":
      return "value" in fact && comparisonImplies(fact.op, fact.value, needed.op, needed.value);
    default:
      return false;
  }
}

function impliesPresence(fact: Leaf): boolean {
  if (fact.op === "exists" || fact.op === "type" || fact.op === "regex" || fact.op === "mod" || fact.op === "size" || fact.op === "elemMatch" || fact.op === "bits") return true;
  return "value" in fact && fact.value.type !== T.null;
}

const isScalar = (value: RawValue) => value.type !== T.array && value.type !== T.object && value.type !== T.null;

function comparable(a: RawValue, b: RawValue): boolean {
  return isScalar(a) && isScalar(b) && (a.type === b.type || (isNumeric(a.type) && isNumeric(b.type)));
}

function comparisonImplies(factOp: Leaf["op"], fact: RawValue, neededOp: "gt" | "gte" | "lt" | "lte", needed: RawValue): boolean {
  if (!COMPARISONS.has(factOp) || !comparable(fact, needed)) return false;
  const order = compareValues(fact, needed);
  const up = neededOp === "gt" || neededOp === "gte";
  if (factOp !== "eq" && (factOp === "gt" || factOp === "gte") !== up) return false;
  if (order === 0) return neededOp === "gte" || neededOp === "lte" ? true : factOp === neededOp;
  return up ? order > 0 : order < 0;
}
