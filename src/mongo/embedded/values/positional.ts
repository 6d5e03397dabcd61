import type { Collation } from "./collation.ts";
import { filterAst, type FilterNode, type Leaf } from "./filter-ast.ts";
import { compileAst, compileDoc, compileElement, compileElemMatchItem } from "./match.ts";
import { leafArrays, leafTest } from "./match-leaf.ts";
import type { Scope } from "./scope.ts";
import { findElement, itemsOf, T, valueEnd, type RawDoc, type RawValue } from "./scan.ts";
import { compilePath, walkItem } from "./walk.ts";

/** Index of the array item by which a document matched a filter: what the positional `$` stands for. Undefined when no array took part.
 *  When several arrays did, the last condition counts. Source: mongodb.com/docs/manual/reference/operator/update/positional/ */
export const positionalIndex = (filter: RawDoc, doc: RawDoc, scope?: Scope): number | undefined => indexOf(filterAst(filter, scope), doc, scope?.collation);

function indexOf(node: FilterNode, doc: RawDoc, collation: Collation | undefined): number | undefined {
  if (node.kind === "leaf") return matchedItem(node, doc, collation);
  if (node.kind === "and") return node.children.reduce<number | undefined>((found, child) => indexOf(child, doc, collation) ?? found, undefined);
  if (node.kind !== "or") return undefined;
  const branch = node.children.find((child) => compileAst(child, collation)(doc));
  return branch && indexOf(branch, doc, collation);
}

/** Which item of the array on its path made a leaf match: the outermost array counts. Undefined when none did. */
function matchedItem(leaf: Leaf, doc: RawDoc, collation: Collation | undefined): number | undefined {
  const path = compilePath(leaf.path);
  const test = leafTest(leaf, compileElement, compileDoc, collation);
  const arrays = leafArrays(leaf);
  let value: RawValue = { type: T.object, bytes: doc, start: 0, end: doc.length };
  let from = 0;
  for (; value.type === T.object && from < path.parts.length; from++) {
    const next = fieldOf(value, path.parts[from]!);
    if (!next) return undefined;
    value = next;
  }
  if (value.type !== T.array) return undefined;
  const atEnd = from === path.parts.length;
  const item = leaf.op === "elemMatch" && atEnd ? compileElemMatchItem(leaf, collation) : test;
  if (leaf.op === "size" && atEnd) return undefined;
  let index = 0;
  for (const v of itemsOf(value)) {
    if (atEnd ? item(v.type, v.bytes, v.start, v.end) : walkItem(v.type, v.bytes, v.start, v.end, index, path, from, arrays, test)) return index;
    index++;
  }
  return undefined;
}

function fieldOf(doc: RawValue, name: Uint8Array): RawValue | undefined {
  const at = findElement(doc.bytes, doc.start, name);
  if (at < 0) return undefined;
  const type = doc.bytes[at]!;
  const start = at + name.length + 2;
  return { type, bytes: doc.bytes, start, end: valueEnd(type, doc.bytes, start) };
}
