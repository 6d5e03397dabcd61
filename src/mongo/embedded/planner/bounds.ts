import type { Index } from "../storage/catalog.ts";
import type { FilterNode } from "../values/match.ts";
import { byteRange, conjuncts, intersect, intervalsOf, join, pointAt, underIndex, type ByteRange, type Interval } from "./intervals.ts";

/** A range of one index. `head` is the length of the fixed leading bytes after which keys of several ranges compare with each other. */
export interface KeyRange extends ByteRange {
  readonly head: number;
}

/** Ranges in the order of their keys: an array, or one by one as they are asked for. */
export interface RangeList {
  readonly length: number;
  at(i: number): KeyRange | undefined;
}

/** What a filter bounds in one index. */
export interface Bounds {
  readonly ranges: RangeList;
  /** For each leading field: how many single values it is bound to; the first field without a number is a range or open. */
  readonly points: readonly number[];
  /** The field after the points is bound to a range. */
  readonly ranged: boolean;
  /** One range stands for several. */
  readonly widened?: boolean;
}

const MAX_RANGES = 1_000;
const NOTHING = new Uint8Array(0);
const OPEN: ByteRange = { start: NOTHING, end: Uint8Array.of(255) };

/** Ranges of `index` outside which nothing matches `filter`. With no condition on its first field it is one range, the whole index. */
export function boundsOf(index: Index, filter: FilterNode): Bounds {
  const facts = conjuncts(filter);
  let heads: Uint8Array[] = [NOTHING];
  const points: number[] = [];
  const arrayRoots = new Set<string>();
  for (const [i, field] of index.fields.entries()) {
    const isArray = (index.multikey & (1 << i)) !== 0;
    const root = field.path.split(".")[0]!;
    const texts = isArray && arrayRoots.has(root) ? undefined : pointsOn(facts, field.path);
    if (texts && heads.length === 1) return { ranges: new PointRanges(index, heads[0]!, texts, field.dir), points, ranged: true };
    if (texts) return finish(index, heads, [OPEN], points, false);
    const found = isArray && arrayRoots.has(root) ? undefined : fieldIntervals(facts, field.path, isArray);
    if (!found) return finish(index, heads, [OPEN], points, false);
    if (isArray) arrayRoots.add(root);
    const ranges = found.map((interval) => byteRange(interval, field.dir));
    if (field.dir < 0) ranges.reverse();
    if (heads.length > 1 && heads.length * found.length > MAX_RANGES) return { ...finish(index, heads, [{ start: ranges[0]!.start, end: ranges.at(-1)!.end }], points, true), widened: true };
    if (!found.every((interval) => interval.point) || found.length > MAX_RANGES) return finish(index, heads, ranges, points, true);
    heads = heads.flatMap((head) => ranges.map((range) => join(head, range.start)));
    points.push(found.length);
  }
  return finish(index, heads, undefined, points, false);
}

/** The points of a long list on one path. */
function pointsOn(facts: readonly FilterNode[], path: string): readonly string[] | undefined {
  for (const fact of facts) if (fact.kind === "leaf" && fact.op === "in" && fact.path === path && fact.list) return fact.list.texts;
  return undefined;
}

/** The ranges of many points, each made when it is asked for. */
class PointRanges implements RangeList {
  readonly length: number;

  constructor(private readonly index: Index, private readonly head: Uint8Array, private readonly texts: readonly string[], private readonly dir: 1 | -1) {
    this.length = texts.length;
  }

  at(i: number): KeyRange | undefined {
    const text = this.texts[this.dir > 0 ? i : this.length - 1 - i];
    if (text === undefined) return undefined;
    return rangeUnder(this.index, this.head, byteRange(pointAt(Buffer.from(text, "latin1")), this.dir));
  }
}

function finish(index: Index, heads: readonly Uint8Array[], last: readonly ByteRange[] | undefined, points: readonly number[], ranged: boolean): Bounds {
  const ranges = heads.flatMap((head) =>
    (last ?? [OPEN]).map((range) => rangeUnder(index, head, range)));
  return { ranges, points, ranged };
}

function rangeUnder(index: Index, head: Uint8Array, { start, end }: ByteRange): KeyRange {
  const range = underIndex(index.prefix, { start: join(head, start), end: join(head, end) });
  return { start: range.start, end: range.end, head: index.prefix.length + head.length };
}

/** What the facts say about one path. An array field may satisfy two conditions by two items, so there only one of them bounds the scan. */
function fieldIntervals(facts: readonly FilterNode[], path: string, isArray: boolean): Interval[] | undefined {
  let out: Interval[] | undefined;
  for (const fact of facts) {
    const found = onPath(fact, path);
    if (!found) continue;
    if (!out) out = found;
    else if (!isArray) out = intersect(out, found);
    else if (narrower(found, out)) out = found;
  }
  return out;
}

const narrower = (a: readonly Interval[], b: readonly Interval[]) => {
  const points = (list: readonly Interval[]) => list.every((interval) => interval.point);
  return points(a) === points(b) ? a.length < b.length : points(a);
};

function onPath(fact: FilterNode, path: string): Interval[] | undefined {
  const leaf = fact.kind === "not" ? fact.child : fact;
  if (fact.kind === "never") return [];
  if (leaf.kind !== "leaf") return undefined;
  if (leaf.path === path) return intervalsOf(fact);
  if (fact.kind === "leaf" && fact.op === "elemMatch" && fact.of === "object" && path.startsWith(`${fact.path}.`)) {
    const rest = path.slice(fact.path.length + 1);
    return fieldIntervals(conjuncts(fact.child), rest, true);
  }
  return undefined;
}
