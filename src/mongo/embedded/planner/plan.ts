import type { Collection, Index } from "../storage/catalog.ts";
import { StoreError } from "../values/errors.ts";
import type { KeyField } from "../values/key.ts";
import type { FilterNode } from "../values/match.ts";
import { boundsOf, type Bounds, type RangeList } from "./bounds.ts";
import { implies } from "./implies.ts";
import { byteRange, conjuncts, intervalsOf, underIndex } from "./intervals.ts";

/** How the documents that may match are found. Every plan's documents are rechecked by the filter. */
export type Plan =
  | { readonly kind: "collection"; readonly reverse: boolean; readonly sorted: boolean }
  | { readonly kind: "index"; readonly index: Index; readonly ranges: RangeList; readonly reverse: boolean; readonly sorted: boolean; readonly merge: boolean; readonly one: boolean }
  | { readonly kind: "or"; readonly parts: readonly Plan[]; readonly sorted: boolean };

export interface Wanted {
  readonly filter: FilterNode;
  readonly sort: readonly KeyField[];
  readonly hint?: { readonly name: string } | { readonly natural: 1 | -1 } | undefined;
}

/** Counts index keys in ranges, up to a limit; used to choose between candidates. */
export type CountKeys = (index: Index, ranges: RangeList, limit: number) => number;

const SAMPLE = 100;

interface Candidate {
  readonly index: Index;
  readonly bounds: Bounds;
  readonly order: Order | undefined;
}

interface Order {
  readonly reverse: boolean;
  /** The ranges must be merged to come out in order. */
  readonly merge: boolean;
}

/** Chooses a plan. Rank: a full match of a unique index, else the fewest keys (counted up to 100), where a sort that is served weighs as much as the sample. */
export function choosePlan(collection: Collection, wanted: Wanted, count: CountKeys): Plan {
  const { filter, sort, hint } = wanted;
  if (hint && "natural" in hint) return { kind: "collection", reverse: hint.natural < 0, sorted: sort.length === 0 };
  if (sort.length === 1 && sort[0]!.path === "$natural") return { kind: "collection", reverse: sort[0]!.dir < 0, sorted: true };
  if (hint) return hinted(collection.indexes.filter(open), filter, sort, hint.name);
  const one = byId(collection, filter);
  if (one) return one;
  const again = remembered(collection, wanted);
  if (again) return toPlan(again);
  const near = nearness(filter, sort);
  const candidates: Candidate[] = [];
  // An index whose first field is neither asked for nor sorted by can only help as a small partial one: looked at when nothing else does.
  for (const wantedNear of [true, false]) {
    for (const index of collection.indexes) {
      if (!open(index) || near(index) !== wantedNear || !fits(index, filter)) continue;
      const bounds = boundsOf(index, filter);
      if (isOneRecord(index, bounds)) return { ...toPlan({ index, bounds, order: { reverse: false, merge: false } }), one: !index.inexact };
      const order = servedOrder(index, bounds, sort);
      if (bounds.points.length > 0 || bounds.ranged || (order && sort.length > 0) || index.partial) candidates.push({ index, bounds, order });
    }
    if (candidates.length > 0) break;
  }
  const best = remember(collection, wanted, cheapest(candidates, sort.length > 0, count), candidates.length);
  const bounded = best && (best.bounds.points.length > 0 || best.bounds.ranged);
  if (!bounded) {
    const union = unionPlan(collection, wanted, count);
    if (union) return union;
  }
  return best ? toPlan(best) : { kind: "collection", reverse: false, sorted: sort.length === 0 };
}

/** The plan of a filter that holds `_id` to one value: nothing is better, and no other index needs to be looked at. */
function byId(collection: Collection, filter: FilterNode): Plan | undefined {
  const fact = conjuncts(filter).find((one) => one.kind === "leaf" && one.path === "_id");
  if (fact?.kind !== "leaf" || fact.op !== "eq") return undefined;
  const [interval, ...others] = intervalsOf(fact) ?? [];
  if (!interval?.point || others.length > 0) return undefined;
  const index = collection.idIndex;
  const range = underIndex(index.prefix, byteRange(interval, 1));
  return { kind: "index", index, ranges: [{ ...range, head: range.start.length }], reverse: false, sorted: true, merge: false, one: !index.inexact };
}

/** Tells whether an index begins with a path that the filter or the sort names. */
function nearness(filter: FilterNode, sort: readonly KeyField[]): (index: Index) => boolean {
  const paths = new Set(sort.map((field) => field.path));
  const above: string[] = [];
  for (const fact of conjuncts(filter)) {
    const leaf = fact.kind === "not" ? fact.child : fact;
    if (fact.kind === "never") return () => true;
    if (leaf.kind !== "leaf") continue;
    paths.add(leaf.path);
    if (leaf.op === "elemMatch") above.push(`${leaf.path}.`);
  }
  return ({ fields }) => {
    const first = fields[0]!.path;
    return paths.has(first) || above.some((prefix) => first.startsWith(prefix));
  };
}

const open = (index: Index) => index.usable && !index.hidden;

/** A sparse or partial index may serve a filter only when no match can be missing from it. */
function fits(index: Index, filter: FilterNode): boolean {
  if (index.partial && !implies(filter, index.partial.ast)) return false;
  if (!index.sparse) return true;
  return index.fields.some(({ path }) => implies(filter, { kind: "leaf", path, op: "exists" }));
}

const isOneRecord = (index: Index, bounds: Bounds) => index.unique && bounds.points.length === index.fields.length && bounds.points.every((n) => n === 1);

/** The plan by the index that a hint names. A sparse one is taken even when matches are missing from it, as MongoDB does. */
function hinted(usable: readonly Index[], filter: FilterNode, sort: readonly KeyField[], name: string): Plan {
  const index = usable.find((i) => i.name === name);
  if (index?.partial && !implies(filter, index.partial.ast)) throw new StoreError(291, "NoQueryExecutionPlans", "error processing query: planner returned error :: caused by :: No query solutions: the hinted index is partial and does not hold all matches");
  if (!index) throw new StoreError(2, "BadValue", "error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index");
  const bounds = boundsOf(index, filter);
  return toPlan({ index, bounds, order: servedOrder(index, bounds, sort) });
}

function toPlan({ index, bounds, order }: Candidate): Plan & { kind: "index" } {
  return { kind: "index", index, ranges: bounds.ranges, reverse: order?.reverse ?? false, sorted: order !== undefined, merge: order?.merge ?? false, one: false };
}

/** Whether scanning the bounds gives the wanted order. Fields bound to one value may be passed over; those bound to several make a merge. */
export function servedOrder(index: Index, bounds: Bounds, sort: readonly KeyField[]): Order | undefined {
  if (sort.length === 0) return { reverse: false, merge: false };
  if (index.inexact) return undefined;
  const constant = (i: number) => bounds.points[i] === 1 && (index.multikey & (1 << i)) === 0;
  const fixed = new Set(index.fields.filter((_, i) => constant(i)).map((f) => f.path));
  const wanted = sort.filter((s) => !fixed.has(s.path));
  if (wanted.length === 0) return { reverse: false, merge: false };
  for (let from = 0; from <= bounds.points.length; from++) {
    const reverse = matchOrder(index, from, wanted, constant);
    if (reverse === undefined) continue;
    const merge = bounds.points.slice(0, from).some((n) => n > 1);
    if (merge && from !== bounds.points.length) continue;
    return { reverse, merge };
  }
  return undefined;
}

function matchOrder(index: Index, from: number, wanted: readonly KeyField[], constant: (i: number) => boolean): boolean | undefined {
  let reverse: boolean | undefined;
  let i = from;
  for (const s of wanted) {
    while (i < index.fields.length && index.fields[i]!.path !== s.path && constant(i)) i++;
    const field = index.fields[i];
    if (!field || field.path !== s.path || (index.multikey & (1 << i)) !== 0) return undefined;
    const turned = field.dir !== s.dir;
    if (reverse !== undefined && reverse !== turned) return undefined;
    reverse = turned;
    i++;
  }
  return reverse;
}

const REUSES = 500;
const MAX_SHAPES = 1_000;

/** The filter's paths and operators without its values: queries of one shape share a choice of index for a while. */
function shapeOf(node: FilterNode): string {
  if (node.kind === "leaf") return `${node.path}:${node.op}${node.op === "elemMatch" ? `(${shapeOf(node.child)})` : ""}`;
  if (node.kind === "never" || node.kind === "test") return node.kind;
  return `${node.kind}(${(node.kind === "not" ? [node.child] : node.children).map(shapeOf).join()})`;
}

const shapeKey = ({ filter, sort }: Wanted) => `${shapeOf(filter)}|${sort.map((s) => `${s.path}:${s.dir}`).join()}`;

/** What was chosen for this shape a while ago, with the bounds of this filter's values; nothing when it no longer fits them. */
function remembered(collection: Collection, wanted: Wanted): Candidate | undefined {
  if (collection.choices.size === 0) return undefined;
  const choice = collection.choices.get(shapeKey(wanted));
  if (!choice || choice.left === 0) return undefined;
  const index = collection.indexes.find((one) => one.name === choice.index && open(one));
  if (!index || !fits(index, wanted.filter)) return undefined;
  choice.left--;
  const bounds = boundsOf(index, wanted.filter);
  if (bounds.points.length === 0 && !bounds.ranged && !index.partial) return undefined;
  return { index, bounds, order: servedOrder(index, bounds, wanted.sort) };
}

function remember(collection: Collection, wanted: Wanted, best: Candidate | undefined, candidates: number): Candidate | undefined {
  if (!best || candidates < 2 || collection.count < SAMPLE) return best;
  if (collection.choices.size >= MAX_SHAPES) collection.choices.clear();
  collection.choices.set(shapeKey(wanted), { index: best.index.name, left: REUSES });
  return best;
}

function cheapest(candidates: readonly Candidate[], sorting: boolean, count: CountKeys): Candidate | undefined {
  if (candidates.length < 2) return candidates[0];
  let best: Candidate | undefined;
  let bestCost = Infinity;
  for (const candidate of candidates) {
    const { points, ranged } = candidate.bounds;
    const bounded = points.length > 0 || ranged;
    const keys = bounded || candidate.index.partial ? count(candidate.index, candidate.bounds.ranges, SAMPLE + 1) : SAMPLE * 10;
    const cost = keys + (sorting && !candidate.order ? keys : 0) - points.length * 0.1 - (ranged ? 0.05 : 0) + (candidate.bounds.ranges.length - 1) * 0.01;
    if (cost < bestCost) {
      best = candidate;
      bestCost = cost;
    }
  }
  return best;
}

/** A disjunction whose every branch has a bounded plan: the union of their records. */
function unionPlan(collection: Collection, { filter, sort }: Wanted, count: CountKeys): Plan | undefined {
  for (const fact of conjuncts(filter)) {
    if (fact.kind !== "or") continue;
    const rest = conjuncts(filter).filter((other) => other !== fact);
    const parts = fact.children.map((branch) => choosePlan(collection, { filter: { kind: "and", children: [branch, ...rest] }, sort: [] }, count));
    if (parts.every(isBounded)) return { kind: "or", parts, sorted: sort.length === 0 };
  }
  return undefined;
}

function isBounded(plan: Plan): boolean {
  if (plan.kind === "collection") return false;
  if (plan.kind === "or") return true;
  return plan.index.partial !== undefined || plan.ranges.length !== 1 || plan.ranges.at(0)!.head > plan.index.prefix.length || plan.ranges.at(0)!.start.length > plan.index.prefix.length;
}
