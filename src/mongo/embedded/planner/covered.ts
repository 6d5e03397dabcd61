import type { FilterNode, Leaf } from "../values/match.ts";
import { isNumeric, numberOf, T, type RawValue } from "../values/raw.ts";
import { boundsOf } from "./bounds.ts";
import { implies } from "./implies.ts";
import { conjuncts } from "./intervals.ts";
import type { Plan } from "./plan.ts";

/** Types whose values are exactly the points and stretches of their keys. */
const EXACT: ReadonlySet<number> = new Set([T.double, T.int, T.long, T.decimal, T.string, T.objectId, T.bool, T.date, T.timestamp]);
/** Keys of longer values may be shortened. */
const LONGEST = 1_000;

const exact = (value: RawValue) => EXACT.has(value.type) && value.end - value.start <= LONGEST;

/** Whether a plan's index entries are the matches of the filter, one each, so that they can be counted without a look at the documents. */
export function isCovered(plan: Plan, filter: FilterNode): boolean {
  if (plan.kind !== "index" || plan.index.multikey !== 0 || plan.index.inexact) return false;
  const { index } = plan;
  const { points, ranged, widened } = boundsOf(index, filter);
  if (widened) return false;
  const bound = new Set(index.fields.slice(0, points.length + (ranged ? 1 : 0)).map((field) => field.path));
  const open = conjuncts(filter).filter((fact) => !(index.partial && implies(index.partial.ast, fact)));
  // One record is looked up by one condition.
  if (plan.one && open.length > 1) return false;
  return open.every((fact) => fact.kind === "leaf" && bound.has(fact.path) && isExact(fact, open)) && !mixesList(open);
}

function isExact(fact: Leaf, facts: readonly FilterNode[]): boolean {
  if (fact.op === "in") return fact.regexes.length === 0 && (fact.list !== undefined || fact.values.every(exact));
  if (fact.op === "eq") return exact(fact.value);
  if (fact.op === "gt" || fact.op === "gte") return exact(fact.value) && !isUnordered(fact.value);
  // Not-a-number comes before all numbers, and is less than none of them.
  if (fact.op === "lt" || fact.op === "lte") return exact(fact.value) && !isUnordered(fact.value) && (!isNumeric(fact.value.type) || facts.some((other) => hasFloor(other, fact.path)));
  return false;
}

/** Not-a-number, or a decimal that may be. */
const isUnordered = (value: RawValue) => isNumeric(value.type) && Number.isNaN(numberOf(value) ?? NaN);

const hasFloor = (fact: FilterNode, path: string) => fact.kind === "leaf" && fact.path === path && (fact.op === "gt" || fact.op === "gte") && isNumeric(fact.value.type);

/** A long list bounds its field alone, whatever else is said of it. */
const mixesList = (facts: readonly FilterNode[]) => facts.some((fact) => fact.kind === "leaf" && fact.op === "in" && fact.list && facts.some((other) => other !== fact && other.kind === "leaf" && other.path === fact.path));
