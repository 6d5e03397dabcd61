import { locationError } from "./errors.ts";
import { parseElemMatch } from "./filter-ast.ts";
import { compileElemMatchItem } from "./match.ts";
import { positionalIndex } from "./positional.ts";
import { computes, parseProjection, type ProjectionNode, type Slice } from "./project-spec.ts";
import { Elements, itemsOf, T, type RawDoc, type RawValue } from "./scan.ts";
import { expressions, NO_SCOPE, type Scope } from "./scope.ts";
import { DocWriter } from "./write.ts";

/** Takes an item of an array and says whether `$elemMatch` picks it. */
type Picks = (item: RawValue) => boolean;

interface Run {
  readonly w: DocWriter;
  readonly inclusive: boolean;
  /** Index that a positional projection keeps. */
  readonly index: number | undefined;
}

/** Compiles a `find` projection: inclusion, exclusion, nested, `$slice`, `$elemMatch`, positional `$` (which needs the query's filter).
 *  Fields keep the document's order; those of `$elemMatch` come last, in the order of the specification, as MongoDB has it.
 *  One that computes fields is what `$project` is. @throws StoreError as parseProjection; 51246 (when run) when `$` has no match. */
export function compileProjection(spec: RawDoc, filter?: RawDoc, scope: Scope = NO_SCOPE): (doc: RawDoc) => RawDoc {
  if (computes(spec)) return expressions("A projection that computes a field").stage(new DocWriter(spec.length + 32).doc("$project", spec).done(), scope);
  const { inclusive, keepId, root, hasPositional } = parseProjection(spec);
  if (root.size === 0 && !inclusive && keepId) return (doc) => doc;
  const picks = [...root].flatMap(([name, node]) => (node.kind === "elemMatch" ? [{ name, picks: compilePick(node.condition, scope) }] : []));
  return (doc) => {
    const w = new DocWriter(Math.min(doc.length, 4096) + 32);
    const index = hasPositional && filter ? positionalIndex(filter, doc, scope) : undefined;
    const run: Run = { w, inclusive, index };
    const chosen = new Map<string, RawValue>();
    for (const it = new Elements(doc); it.next();) {
      const { name } = it;
      if (name === "_id" && !root.has("_id")) {
        if (keepId) w.elements(doc, it.nameStart - 1, it.end);
        continue;
      }
      const node = root.get(name);
      if (node?.kind === "elemMatch") chosen.set(name, it.value());
      else projectField(run, node, name, it);
    }
    for (const pick of picks) {
      const value = chosen.get(pick.name);
      const item = value?.type === T.array ? itemsOf(value).find(pick.picks) : undefined;
      if (item) w.open(pick.name, T.array).value("0", item).close();
    }
    return w.done();
  };
}

function compilePick(condition: RawValue, scope: Scope): Picks {
  const test = compileElemMatchItem(parseElemMatch("", condition), scope.collation);
  return (item) => test(item.type, item.bytes, item.start, item.end);
}

function projectField(run: Run, node: ProjectionNode | undefined, name: string, it: Elements): void {
  const { w, inclusive } = run;
  if (!node ? !inclusive : node.kind === "keep") w.elements(it.bytes, it.nameStart - 1, it.end);
  else if (node && node.kind !== "drop") projectValue(run, node, name, it.value());
}

/** Writes the part of a value that an inner node or an array operator leaves. */
function projectValue(run: Run, node: ProjectionNode, name: string, value: RawValue): void {
  const { w } = run;
  if (node.kind === "inner") return projectInner(run, node.fields, name, value);
  if (value.type !== T.array) {
    w.value(name, value);
    return;
  }
  const items = itemsOf(value);
  const kept = node.kind === "slice" ? sliced(items, node.slice) : node.kind === "positional" ? [itemAt(items, run.index)] : items;
  writeItems(w, name, kept);
}

function itemAt(items: readonly RawValue[], index: number | undefined): RawValue {
  const item = index === undefined ? undefined : items[index];
  if (!item) throw locationError(51246, "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array");
  return item;
}

function writeItems(w: DocWriter, name: string, items: readonly RawValue[]): void {
  w.open(name, T.array);
  items.forEach((item, i) => w.value(String(i), item));
  w.close();
}

function sliced(items: readonly RawValue[], { skip, count }: Slice): readonly RawValue[] {
  if (skip === undefined) return count >= 0 ? items.slice(0, count) : items.slice(count);
  const from = skip < 0 ? Math.max(0, items.length + skip) : skip;
  return items.slice(from, from + count);
}

/** Goes into a document, and into each item of an array. Other values below an inclusion vanish, below an exclusion they stay. */
function projectInner(run: Run, fields: Map<string, ProjectionNode>, name: string, value: RawValue): void {
  const { w, inclusive } = run;
  if (value.type === T.object) {
    w.open(name, T.object);
    for (const it = new Elements(value.bytes, value.start); it.next();) projectField(run, fields.get(it.name), it.name, it);
    w.close();
  } else if (value.type === T.array) {
    w.open(name, T.array);
    let n = 0;
    for (const item of itemsOf(value)) {
      if (item.type !== T.object && item.type !== T.array && inclusive) continue;
      projectInner(run, fields, String(n++), item);
    }
    w.close();
  } else if (!inclusive) w.value(name, value);
}
