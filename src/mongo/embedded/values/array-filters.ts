import { badValue, failedToParse, StoreError } from "./errors.ts";
import { filterAst, hasExpr, leafPaths } from "./filter-ast.ts";
import { compileMatcher } from "./match.ts";
import type { RawDoc, RawValue } from "./scan.ts";
import type { Scope } from "./scope.ts";
import type { Step } from "./update-steps.ts";
import { DocWriter } from "./write.ts";

/** Compiles `arrayFilters` and checks that the update's `$[id]` and the filters name each other.
 *  Source: mongodb.com/docs/manual/reference/operator/update/positional-filtered/ */
export function compileArrayFilters(filters: readonly RawDoc[], steps: readonly Step[], scope?: Scope): (identifier: string, item: RawValue) => boolean {
  const matchers = new Map<string, (doc: RawDoc) => boolean>();
  for (const filter of filters) {
    const ast = filterAst(filter, scope);
    if (hasExpr(ast)) throw new StoreError(224, "QueryFeatureNotAllowed", "$expr is not allowed in the context of arrayFilters");
    const [identifier, ...others] = new Set(leafPaths(ast).map((p) => p.split(".", 1)[0]!));
    if (identifier === undefined) throw failedToParse("Cannot use an expression without a top-level field name in arrayFilters");
    if (others.length > 0) throw failedToParse(`Error parsing array filter :: caused by :: Expected a single top-level field name, found '${identifier}' and '${others[0]}'`);
    if (!/^[a-z][a-zA-Z0-9]*$/.test(identifier)) throw badValue(`The top-level field name in an array filter must be an alphanumeric string beginning with a lowercase letter, found '${identifier}'`);
    if (matchers.has(identifier)) throw failedToParse(`Found multiple array filters with the same top-level field name ${identifier}`);
    matchers.set(identifier, compileMatcher(filter, scope));
  }
  const used = new Set<string>();
  for (const { path, parts } of steps) {
    for (const part of parts) {
      if (!part.startsWith("$[") || part === "$[]") continue;
      const identifier = part.slice(2, -1);
      if (!part.endsWith("]") || !matchers.has(identifier)) throw badValue(`No array filter found for identifier '${identifier}' in path '${path}'`);
      used.add(identifier);
    }
  }
  const unused = [...matchers.keys()].find((identifier) => !used.has(identifier));
  if (unused) throw failedToParse(`The array filter for identifier '${unused}' was not used in the update`);
  return (identifier, item) => matchers.get(identifier)!(new DocWriter(item.end - item.start + 64).value(identifier, item).done());
}
