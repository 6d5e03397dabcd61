import { locationError } from "../values/errors.ts";
import { compileAst, filterAst } from "../values/match.ts";
import { embedded, fieldsOf, itemsOf, stringOf, T, truthy, type RawDoc, type RawValue, DocWriter } from "../values/raw.ts";
import { PAUSE } from "../planner/query.ts";
import { blocking, expanded, List, mapped, produced } from "./docs.ts";
import { checkPath } from "./expressions/compile.ts";
import { long, NULL, whole } from "./expressions/make.ts";
import { asDouble, nullish, numeric, typeName } from "./expressions/numbers.ts";
import { compileTransform } from "./expressions/provide.ts";
import { replaceAt, valueAt } from "./nested.ts";
import { sortedDocs, orderOf, sortSpec } from "./sort.ts";
import type { CompileStage } from "./stage.ts";

export const transformStage: CompileStage = (value, names, _place, name) => {
  const change = compileTransform(name, value, names)!;
  // What replaces the root may be a part of the document's own bytes.
  return { open: (input) => mapped(input, change), passing: !name.startsWith("$replace") };
};

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/match/ */
export const matchStage: CompileStage = (value, names) => {
  const matches = compileAst(filterAst(matchFilter(value), names), names.collation);
  return { open: (input) => mapped(input, (doc) => (matches(doc) ? doc : undefined)) };
};

/** @throws StoreError 15959. */
export function matchFilter(value: RawValue): RawDoc {
  if (value.type !== T.object) throw locationError(15959, "the match filter must be an expression in an object");
  return embedded(value);
}

export const sortStage: CompileStage = (value, names) => {
  const order = orderOf(sortSpec(value), names);
  return { open: (input) => sortedDocs(input, order) };
};

/** @throws StoreError 5107201, 15958, 5107200. */
export function limitOf(value: RawValue, name: string): number {
  const n = numeric(value) ? asDouble(value) : NaN;
  if (!Number.isInteger(n) || n < 0) throw locationError(name === "$limit" ? 5107201 : 5107200, `invalid argument to ${name} stage: Expected a non-negative whole number`);
  if (n === 0 && name === "$limit") throw locationError(15958, "the limit must be positive");
  return n;
}

export const limitStage: CompileStage = (value, _names, _place, name) => {
  const most = limitOf(value, name);
  return {
    open: (input) => {
      let left = most;
      return {
        next(deadline) {
          if (left === 0) return undefined;
          const doc = input.next(deadline);
          if (doc !== undefined && doc !== PAUSE) left--;
          return doc;
        },
      };
    },
  };
};

export const skipStage: CompileStage = (value, _names, _place, name) => {
  const n = limitOf(value, name);
  return {
    open: (input) => {
      let left = n;
      return mapped(input, (doc) => {
        if (left === 0) return doc;
        left--;
        return undefined;
      });
    },
  };
};

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/count/ */
export const countStage: CompileStage = (value) => {
  if (value.type !== T.string) throw locationError(40156, `the count field must be a non-empty string, found: ${typeName(value)}`);
  const field = stringOf(value);
  if (field === "") throw locationError(40157, "the count field must be a non-empty string");
  if (field.startsWith("$")) throw locationError(40158, "the count field cannot be a $-prefixed path");
  if (field.includes("\0")) throw locationError(40159, "the count field cannot contain a null byte");
  if (field.includes(".")) throw locationError(40160, "the count field cannot contain '.'");
  return {
    passing: true,
    open: (input) => {
      let n = 0;
      return blocking(input, () => n++, () => new List(n === 0 ? [] : [new DocWriter(32).value(field, whole(n)).done()]));
    },
  };
};

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/unwind/ */
export const unwindStage: CompileStage = (value) => {
  const { path, index, keep } = unwindSpec(value);
  const parts = path.split(".");
  const indexParts = index?.split(".");
  const withIndex = (doc: RawDoc, at: RawValue): RawDoc => (indexParts ? replaceAt(doc, indexParts, at) : doc);
  return {
    open: (input) => expanded(input, function* unwind(doc) {
      const found = valueAt(doc, parts);
      if (nullish(found)) {
        if (keep) yield withIndex(doc, NULL);
        return;
      }
      if (found.type !== T.array) {
        yield withIndex(doc, NULL);
        return;
      }
      let n = 0;
      for (const item of itemsOf(found)) yield withIndex(replaceAt(doc, parts, item), long(BigInt(n++)));
      if (n === 0 && keep) yield withIndex(replaceAt(doc, parts, undefined), NULL);
    }),
  };
};

function unwindSpec(value: RawValue): { path: string; index: string | undefined; keep: boolean } {
  let path: string | undefined;
  let index: string | undefined;
  let keep = false;
  if (value.type === T.string) path = stringOf(value);
  else if (value.type !== T.object) throw locationError(15981, `expected either a string or an object as specification for $unwind stage, got ${typeName(value)}`);
  else {
    for (const { name, value: v } of fieldsOf(value.bytes, value.start)) {
      if (name === "path") {
        if (v.type !== T.string) throw locationError(28808, `expected a string as the path for $unwind stage, got ${typeName(v)}`);
        path = stringOf(v);
      } else if (name === "preserveNullAndEmptyArrays") {
        if (v.type !== T.bool) throw locationError(28809, `expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage, got ${typeName(v)}`);
        keep = truthy(v);
      } else if (name === "includeArrayIndex") {
        if (v.type !== T.string || stringOf(v) === "") throw locationError(28810, `expected a non-empty string for the includeArrayIndex option to $unwind stage, got ${typeName(v)}`);
        index = stringOf(v);
        if (index.startsWith("$")) throw locationError(28822, `includeArrayIndex option to $unwind stage should not be prefixed with a '$': ${index}`);
      } else throw locationError(28811, `unrecognized option to $unwind stage: ${name}`);
    }
  }
  if (path === undefined) throw locationError(28812, "no path specified to $unwind stage");
  if (!path.startsWith("$")) throw locationError(28818, `path option to $unwind stage should be prefixed with a '$': ${path}`);
  checkPath(path.slice(1));
  return { path: path.slice(1), index, keep };
}

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/sample/ */
export const sampleStage: CompileStage = (value) => {
  if (value.type !== T.object) throw locationError(28745, "the $sample stage specification must be an object");
  let size: number | undefined;
  for (const { name, value: v } of fieldsOf(value.bytes, value.start)) {
    if (name !== "size") throw locationError(28748, `unrecognized option to $sample: ${name}`);
    if (!numeric(v)) throw locationError(28746, "size argument to $sample must be a number");
    size = Math.trunc(asDouble(v));
    if (!(size > 0)) throw locationError(28747, "size argument to $sample must be a positive integer");
  }
  if (size === undefined) throw locationError(28749, "$sample stage must specify a size");
  const most = size;
  return {
    open: (input) => {
      const kept: RawDoc[] = [];
      let seen = 0;
      return blocking(input, (doc) => {
        seen++;
        if (kept.length < most) {
          const at = Math.floor(Math.random() * seen);
          kept.push(doc);
          [kept[at], kept[kept.length - 1]] = [kept.at(-1)!, kept[at]!];
        } else {
          const at = Math.floor(Math.random() * seen);
          if (at < most) kept[at] = doc;
        }
      }, () => {
        let at = 0;
        return produced(() => kept[at++]);
      });
    },
  };
};

/** The documents of a `$documents` stage. @throws StoreError 5858203. Source: mongodb.com/docs/manual/reference/operator/aggregation/documents/ */
export function documentsOf(list: RawValue | undefined): RawDoc[] {
  if (list?.type !== T.array) throw locationError(5858203, `an array is expected by $documents, found ${typeName(list)}`);
  return itemsOf(list).map((item) => {
    if (item.type !== T.object) throw locationError(40228, `$documents expects documents, found ${typeName(item)}`);
    return embedded(item);
  });
}
