import { PAUSE } from "../planner/query.ts";
import { Sorter, type Keyed } from "../planner/sorter.ts";
import { Clock } from "../storage/turns.ts";
import { locationError } from "../values/errors.ts";
import { EMPTY_DOC, type RawDoc, type RawValue } from "../values/raw.ts";
import type { DocumentOrder } from "../values/sort.ts";
import type { Docs } from "./docs.ts";
import { documentOf } from "./expressions/compile.ts";
import type { Names } from "./expressions/frame.ts";
import { typeName } from "./expressions/numbers.ts";
import { compileDocumentOrder } from "./expressions/order.ts";

/** Sorted input. */
export function sortedDocs(input: Docs, order: DocumentOrder): Docs {
  const sorter = new Sorter(order);
  const clock = new Clock();
  let output: Iterator<Keyed> | undefined;
  return {
    next(deadline) {
      while (!output) {
        const doc = input.next(deadline);
        if (doc === PAUSE) return PAUSE;
        if (doc) sorter.add(doc);
        else output = sorter.sorted();
      }
      if (clock.over(deadline)) return PAUSE;
      const found = output.next();
      return found.done ? undefined : found.value.doc;
    },
  };
}

/** The specification of a `$sort`. @throws StoreError 15973, 15976. Source: mongodb.com/docs/manual/reference/operator/aggregation/sort/ */
export function sortSpec(value: RawValue): RawDoc {
  const spec = documentOf(value);
  if (!spec) throw locationError(15973, `the $sort key specification must be an object, found ${typeName(value)}`);
  if (spec.length === EMPTY_DOC.length) throw locationError(15976, "$sort stage must have at least one sort key");
  return spec;
}

export const orderOf = (spec: RawDoc, names: Names): DocumentOrder => compileDocumentOrder(spec, names.order);
