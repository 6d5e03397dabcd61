import type { FilterNode } from "../values/match.ts";
import { fieldsOf, getField, itemsOf, T, type RawDoc, type RawValue } from "../values/raw.ts";
import { compileExpression } from "./expressions/compile.ts";
import type { Expr, Frame, Names } from "./expressions/frame.ts";

/** An equality inside `$expr` between a field and something known before the document is. */
export interface Correlated {
  /** A condition that every match satisfies, for the planner; the `$expr` still decides. */
  filter(frame: Frame): FilterNode[];
}

/** The equalities that all matches of a filter's `$expr` must satisfy: `{$eq: ["$field", "$$variable"]}`, by itself or in `$and`. */
export function correlatedEqualities(filter: RawDoc, names: Names): Correlated[] {
  const expr = getField(filter, "$expr");
  return expr ? conjuncts(expr, names) : [];
}

function conjuncts(expr: RawValue, names: Names): Correlated[] {
  if (expr.type !== T.object) return [];
  const [only, ...more] = fieldsOf(expr.bytes, expr.start);
  if (!only || more.length > 0 || only.value.type !== T.array) return [];
  const items = itemsOf(only.value);
  if (only.name === "$and") return items.flatMap((item) => conjuncts(item, names));
  if (only.name !== "$eq" || items.length !== 2) return [];
  const sides = items.map((item) => compileExpression(item, names));
  const [a, b] = [sides[0]!, sides[1]!];
  return [...equality(a, b), ...equality(b, a)].slice(0, 1);
}

function equality(field: Expr, other: Expr): Correlated[] {
  const { path } = field;
  if (path === undefined || !other.local) return [];
  return [{
    filter(frame) {
      const value = other.run(frame);
      // A path through an array gives an array to $expr and its items to a filter, so arrays say nothing here; nor does what is missing.
      if (!value || value.type === T.array || value.type === T.undefined) return [];
      return [{ kind: "leaf", path, op: "eq", value }];
    },
  }];
}
