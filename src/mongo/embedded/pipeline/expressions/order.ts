import { locationError, StoreError } from "../../values/errors.ts";
import { fieldsOf, T, type RawDoc, type RawValue } from "../../values/raw.ts";
import { documentOrder, type DocumentOrder } from "../../values/sort.ts";
import { PLAIN_ORDER, type Order } from "./frame.ts";
import { NULL } from "./make.ts";
import { asDouble, numeric } from "./numbers.ts";
import { followValue, splitPath } from "./paths.ts";

export interface SortField {
  readonly path: string;
  readonly dir: 1 | -1;
}

/** The order of documents by a sort specification. @throws StoreError as `documentOrder`. */
export const compileDocumentOrder = (spec: RawDoc, order: Order): DocumentOrder => documentOrder(spec, order === PLAIN_ORDER ? undefined : order.compare);

/** `{a: 1, "b.c": -1}`. @throws StoreError 15974, 15975, 15976. */
export function sortFieldsOf(value: RawValue): SortField[] {
  const fields = fieldsOf(value.bytes, value.start).map(({ name, value: v }): SortField => {
    if (!numeric(v)) throw locationError(15974, `Illegal key in $sort specification: ${name}`);
    return { path: name, dir: directionOf(v) };
  });
  if (fields.length === 0) throw locationError(15976, "$sort stage must have at least one sort key");
  return fields;
}

function directionOf(v: RawValue): 1 | -1 {
  const dir = numeric(v) ? asDouble(v) : 0;
  if (dir !== 1 && dir !== -1) throw locationError(15975, "$sort key ordering must be 1 (for ascending) or -1 (for descending)");
  return dir;
}

/** The order of an array's items by `sortBy`: 1, -1, or fields of theirs. Source: mongodb.com/docs/manual/reference/operator/aggregation/sortArray/ */
export function itemOrder(sortBy: RawValue, order: Order): (a: RawValue, b: RawValue) => number {
  if (sortBy.type !== T.object) {
    if (!numeric(sortBy)) throw new StoreError(2, "BadValue", "$sortArray: 'sortBy' must be 1, -1, or an object of them");
    const dir = directionOf(sortBy);
    return (a, b) => dir * order.compare(a, b);
  }
  const fields = sortFieldsOf(sortBy).map(({ path, dir }) => ({ parts: splitPath(path), dir }));
  return (a, b) => {
    for (const { parts, dir } of fields) {
      const d = order.compare(followValue(a, parts) ?? NULL, followValue(b, parts) ?? NULL);
      if (d !== 0) return dir * d;
    }
    return 0;
  };
}
