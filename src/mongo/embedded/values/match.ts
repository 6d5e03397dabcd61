import type { Collation } from "./collation.ts";
import { filterAst, nestedFilter, parseField, testsItem, type FilterNode, type Leaf } from "./filter-ast.ts";
import { leafArrays, leafTest, type Test } from "./match-leaf.ts";
import type { Scope } from "./scope.ts";
import { T, valueEnd, type RawDoc, type RawValue } from "./scan.ts";
import { compilePath, walkValue, type Path } from "./walk.ts";

export { filterAst, type FilterNode, type Leaf } from "./filter-ast.ts";

/** Whether the document at `start` in `bytes` matches. */
export type DocTest = (bytes: Uint8Array, start: number) => boolean;

/** Compiles a filter once for many documents. No decode, no allocation for the common operators.
 *  @throws StoreError as `filterAst`; 51156 (when run) for a regular expression past its time limit. */
export const compileMatcher = (filter: RawDoc, scope?: Scope): ((doc: RawDoc) => boolean) => compileAst(filterAst(filter, scope), scope?.collation);

/** The same from a parsed filter. */
export function compileAst(node: FilterNode, collation?: Collation): (doc: RawDoc) => boolean {
  const test = compileDoc(node, collation);
  return (doc) => test(doc, 0);
}

export function compileDoc(node: FilterNode, collation?: Collation): DocTest {
  if (node.kind === "and") return compileAnd(node.children, collation);
  if (node.kind === "leaf" || (node.kind === "not" && node.child.kind === "leaf")) return compileAnd([node], collation);
  if (node.kind === "never") return () => false;
  if (node.kind === "test") return node.test;
  if (node.kind === "not") {
    const child = compileDoc(node.child, collation);
    return (b, start) => !child(b, start);
  }
  const children = node.children.map((child) => compileDoc(child, collation));
  if (node.kind === "or") return (b, start) => children.some((c) => c(b, start));
  return (b, start) => !children.some((c) => c(b, start));
}

/** All leaves whose path begins with one field: they are decided when the scan of a document meets that field. */
interface Head {
  readonly name: Uint8Array;
  readonly bit: number;
  readonly tests: Test[];
  missing: boolean;
}

const MAX_HEADS = 30;

function compileAnd(children: readonly FilterNode[], collation: Collation | undefined): DocTest {
  const heads = new Map<string, Head>();
  const others: DocTest[] = [];
  for (const child of children) {
    const negated = child.kind === "not";
    const leaf = negated ? child.child : child;
    if (leaf.kind !== "leaf" || (heads.size === MAX_HEADS && !heads.has(compilePath(leaf.path).head))) {
      others.push(leaf.kind === "leaf" ? compileAnd([child], collation) : compileDoc(child, collation));
      continue;
    }
    const path = compilePath(leaf.path);
    const name = path.head;
    let head = heads.get(name);
    if (!head) heads.set(name, (head = { name: path.parts[0]!, bit: 1 << heads.size, tests: [], missing: true }));
    const test = onPath(leaf, path, 1, negated, collation);
    head.tests.push(test);
    head.missing &&= test(T.missing, EMPTY, 0, 0);
  }
  return andTest([...heads.values()], others);
}

const EMPTY = new Uint8Array(0);

/** Test of a leaf (or its negation) on the value that `from` parts of its path have led to. */
function onPath(leaf: Leaf, path: Path, from: number, negated: boolean, collation: Collation | undefined): Test {
  const test = leafTest(leaf, compileElement, compileDoc, collation);
  const arrays = leafArrays(leaf);
  const last = path.parts.length === from;
  return (type, b, start, end) => {
    const found = type === T.missing || (last && type !== T.array) ? test(type, b, start, end) : walkValue(type, b, start, end, path, from, arrays, test);
    return found !== negated;
  };
}

function andTest(heads: readonly Head[], others: readonly DocTest[]): DocTest {
  const all = heads.reduce((bits, h) => bits | h.bit, 0);
  const rest = others.length > 0;
  return (b, docStart) => {
    let open = all;
    let p = docStart + 4;
    while (open !== 0) {
      const type = b[p];
      if (type === 0 || type === undefined) break;
      const nameStart = p + 1;
      p = nameStart;
      while (b[p] !== 0) p++;
      const length = p - nameStart;
      const start = p + 1;
      p = valueEnd(type, b, start);
      for (const head of heads) {
        const { name } = head;
        if (name.length !== length || (open & head.bit) === 0) continue;
        let i = 0;
        while (i < length && b[nameStart + i] === name[i]) i++;
        if (i < length) continue;
        open &= ~head.bit;
        for (const test of head.tests) if (!test(type, b, start, p)) return false;
        break;
      }
    }
    if (open !== 0) for (const head of heads) if ((open & head.bit) !== 0 && !head.missing) return false;
    if (rest) for (const other of others) if (!other(b, docStart)) return false;
    return true;
  };
}

/** Compiles a node whose leaves have no path: it tests one value by itself, arrays not opened. */
export function compileElement(node: FilterNode, collation?: Collation): Test {
  if (node.kind === "leaf") return leafTest(node, compileElement, compileDoc, collation);
  if (node.kind === "never") return () => false;
  if (node.kind === "test") return (type, b, start) => type === T.object && node.test(b, start);
  if (node.kind === "not") {
    const child = compileElement(node.child, collation);
    return (type, b, start, end) => !child(type, b, start, end);
  }
  const children = node.children.map((child) => compileElement(child, collation));
  if (node.kind === "and") return (type, b, start, end) => children.every((c) => c(type, b, start, end));
  const wanted = node.kind === "or";
  return (type, b, start, end) => children.some((c) => c(type, b, start, end)) === wanted;
}

/** Test of one item by an `$elemMatch`. */
export function compileElemMatchItem(leaf: Extract<Leaf, { op: "elemMatch" }>, collation?: Collation): Test {
  if (leaf.of === "value") return compileElement(leaf.child, collation);
  const test = compileDoc(leaf.child, collation);
  return (type, b, start) => (type === T.object || type === T.array) && test(b, start);
}

const NO_PATH: Path = { text: "", head: "", parts: [], indexes: [] };

/** A matcher for the items of an array, as `$pull` takes it: a document of operators or a regular expression tests the item, another
 *  document is a filter over items that are documents, anything else is equality. */
export function compileElementMatcher(condition: RawValue, collation?: Collation): (item: RawValue) => boolean {
  if (condition.type === T.object && !testsItem(condition)) {
    const test = compileDoc(nestedFilter(condition), collation);
    return (item) => item.type === T.object && test(item.bytes, item.start);
  }
  const nodes = parseField("", condition);
  const opened = condition.type === T.object || condition.type === T.regex;
  const tests = nodes.map((node) => (opened ? compileOpened(node, collation) : compileElement(node, collation)));
  return (item) => tests.every((test) => test(item.type, item.bytes, item.start, item.end));
}

/** As compileElement, but a leaf also looks at the items of the value when that is an array. */
function compileOpened(node: FilterNode, collation: Collation | undefined): Test {
  if (node.kind === "leaf") return onPath(node, NO_PATH, 0, false, collation);
  if (node.kind === "not") {
    const child = compileOpened(node.child, collation);
    return (type, b, start, end) => !child(type, b, start, end);
  }
  if (node.kind === "never" || node.kind === "test") return compileElement(node, collation);
  const children = node.children.map((child) => compileOpened(child, collation));
  if (node.kind === "and") return (type, b, start, end) => children.every((c) => c(type, b, start, end));
  const wanted = node.kind === "or";
  return (type, b, start, end) => children.some((c) => c(type, b, start, end)) === wanted;
}
