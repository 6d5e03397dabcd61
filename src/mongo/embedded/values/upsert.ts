import { storeError, StoreError } from "./errors.ts";
import { filterAst, hasExpr, type FilterNode, type Leaf } from "./filter-ast.ts";
import type { Scope } from "./scope.ts";
import { T, TYPE_NAMES, type RawDoc, type RawValue } from "./scan.ts";
import { Node } from "./tree.ts";
import type { CompiledUpdate } from "./update.ts";
import { overlaps } from "./update-steps.ts";
import { prepareInsert } from "./validate.ts";
import { EMPTY_DOC } from "./write.ts";

/** The document that an upsert inserts when nothing matched: the filter's equalities, then the update. `_id` comes from the filter,
 *  the update, or is made. @throws StoreError 54 when the filter names a path twice, and all that the update throws. */
export function upsertDocument(filter: RawDoc, update: CompiledUpdate, nowMs = Date.now(), scope?: Scope): RawDoc {
  const ast = filterAst(filter, scope);
  const equalities = equalitiesOf(ast);
  const root = Node.root(EMPTY_DOC);
  const used: string[][] = [];
  for (const { path, value } of equalities) {
    const parts = path.split(".");
    if (update.isReplacement && parts[0] !== "_id") continue;
    const twice = used.find((u) => overlaps(u, parts));
    if (twice) throw storeError("NotSingleValueField", `cannot infer query fields to set, path '${path}' is matched twice`);
    used.push(parts);
    place(root, parts, value);
  }
  return prepareInsert(update.apply(root.toDoc(), { insert: true, nowMs, filter }).doc);
}

const EXPR = Buffer.from("$expr");

/** An upsert's filter may have no `$expr`, whether or not something matches. @throws StoreError 224. */
export function refuseExpr(filter: RawDoc, scope: Scope): void {
  if (Buffer.from(filter.buffer, filter.byteOffset, filter.length).includes(EXPR) && hasExpr(filterAst(filter, scope))) {
    throw new StoreError(224, "QueryFeatureNotAllowed", "$expr is not allowed in the query predicate for an upsert");
  }
}

/** Paths that a filter holds to one value: equalities, `$in` and `$all` of one, below `$and` and an `$or` of one. */
export function equalitiesOf(node: FilterNode): { path: string; value: RawValue }[] {
  if (node.kind === "and" || (node.kind === "or" && node.children.length === 1)) return node.children.flatMap(equalitiesOf);
  if (node.kind !== "leaf") return [];
  const value = singleValue(node);
  return value ? [{ path: node.path, value }] : [];
}

function singleValue(leaf: Leaf): RawValue | undefined {
  if (leaf.op === "eq") return leaf.value;
  return leaf.op === "in" && leaf.values.length === 1 && leaf.regexes.length === 0 ? leaf.values[0] : undefined;
}

function place(root: Node, parts: readonly string[], value: RawValue): void {
  let node = root;
  for (const [depth, part] of parts.slice(0, -1).entries()) {
    let next = node.child(part);
    if (!next) node.set(part, (next = Node.document()));
    node = next;
    if (node.type !== T.object) throw storeError("PathNotViable", `Cannot create field '${parts[depth + 1]}' in element {${part}: <${TYPE_NAMES[node.type]}>}`);
  }
  node.set(parts.at(-1)!, Node.of(value));
}
