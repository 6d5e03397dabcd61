import { badValue } from "../../values/errors.ts";
import { compareBytes } from "../../values/key.ts";
import { compilePath, itemsOf, T, UNDEFINED_VALUE, walk, type RawDoc, type RawValue } from "../../values/raw.ts";
import { compileSort, parseSort } from "../../values/sort.ts";
import { PLAIN_ORDER, type Order } from "./frame.ts";
import { detached, NULL } from "./make.ts";

export interface DocumentOrder {
  keyOf(doc: RawDoc): unknown;
  compare(a: unknown, b: unknown): number;
  /** Bytes that a key holds. */
  sizeOf(key: unknown): number;
}

/** The order of a sort specification over documents: byte keys in MongoDB's order, values compared one by one under a collation.
 *  @throws StoreError as `compileSort`. */
export function compileDocumentOrder(spec: RawDoc, order: Order): DocumentOrder {
  if (order === PLAIN_ORDER) {
    return { keyOf: compileSort(spec), compare: compareBytes as (a: unknown, b: unknown) => number, sizeOf: (key) => (key as Uint8Array).length };
  }
  const fields = parseSort(spec).map(({ path, dir }) => ({ path: compilePath(path), dir }));
  return {
    keyOf: (doc) => fields.map(({ path, dir }) => {
      let best: RawValue | undefined;
      let arrays = 0;
      walk(doc, 0, path, 0, "whole", (type, bytes, start, end) => {
        const value: RawValue = type === T.missing ? NULL : { type, bytes, start, end };
        if (type === T.array) arrays++;
        for (const candidate of type !== T.array ? [value] : end - start > 5 ? itemsOf(value) : [UNDEFINED_VALUE]) if (!best || dir * order.compare(candidate, best) < 0) best = candidate;
        return false;
      });
      if (arrays > 1 && fields.length > 1) throw badValue("cannot sort with keys that are parallel arrays");
      return detached(best ?? NULL);
    }),
    compare(a, b) {
      const [x, y] = [a as RawValue[], b as RawValue[]];
      for (let i = 0; i < fields.length; i++) {
        const d = order.compare(x[i], y[i]);
        if (d !== 0) return d * fields[i]!.dir;
      }
      return 0;
    },
    sizeOf: (key) => (key as RawValue[]).reduce((sum, v) => sum + v.end - v.start + 40, 0),
  };
}
