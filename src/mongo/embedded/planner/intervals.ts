import { afterPrefix } from "../storage/keys.ts";
import { boundKey, compareBytes, typeRank, valueKey } from "../values/key.ts";
import type { FilterNode } from "../values/match.ts";
import { itemsOf, NULL_VALUE, T, UNDEFINED_VALUE, type RawValue } from "../values/raw.ts";
import type { RegexSpec } from "../values/regex.ts";

/** A stretch of one field's values in ascending key bytes. An inclusive bound takes in every key that begins with its bytes. */
export interface Interval {
  readonly lo: Uint8Array;
  readonly loIn: boolean;
  readonly hi: Uint8Array;
  readonly hiIn: boolean;
  /** One value only. */
  readonly point: boolean;
}

/** Keys from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
}

export const pointAt = (key: Uint8Array): Interval => ({ lo: key, loIn: true, hi: key, hiIn: true, point: true });
const valuePoint = (value: RawValue) => pointAt(valueKey(value));
const prefixed = (prefix: Uint8Array): Interval => ({ lo: prefix, loIn: true, hi: prefix, hiIn: true, point: false });
const typeInterval = (type: number) => prefixed(Uint8Array.of(typeRank(type)));

const NULLS = [valuePoint(UNDEFINED_VALUE), valuePoint(NULL_VALUE)];
const BY_TYPE: ReadonlySet<number> = new Set([
  T.double, T.int, T.long, T.decimal, T.string, T.symbol, T.object, T.binData, T.objectId, T.bool, T.date, T.timestamp,
]);

/** The stretches that hold every value which the condition can match, or undefined when it bounds nothing. Whatever they admit is rechecked. */
export function intervalsOf(node: FilterNode): Interval[] | undefined {
  if (node.kind === "never") return [];
  if (node.kind === "not") return node.child.kind === "leaf" && node.child.op === "exists" ? NULLS : undefined;
  if (node.kind !== "leaf") return undefined;
  switch (node.op) {
    case "eq":
      return equal(node.value);
    case "in":
      return union([...node.values.flatMap(equal), ...node.regexes.flatMap(pattern)]);
    case "gt": case "gte": case "lt": case "lte":
      return comparison(node.op, node.value);
    case "regex":
      return pattern(node.regex);
    case "elemMatch":
      return node.of === "value" ? ofItem(node.child) : undefined;
    default:
      return undefined;
  }
}

function equal(value: RawValue): Interval[] {
  if (value.type === T.null) return NULLS;
  if (value.type !== T.array) return [valuePoint(value)];
  return union([valuePoint(value), valuePoint(itemsOf(value)[0] ?? UNDEFINED_VALUE)]);
}

function comparison(op: "gt" | "gte" | "lt" | "lte", value: RawValue): Interval[] | undefined {
  if (value.type === T.null) return op === "gte" || op === "lte" ? NULLS : undefined;
  if (!BY_TYPE.has(value.type)) return undefined;
  const key = valueKey(value);
  const type = key.subarray(0, 1);
  if (op === "gt" || op === "gte") return [{ lo: key, loIn: op === "gte", hi: type, hiIn: true, point: false }];
  return [{ lo: type, loIn: true, hi: key, hiIn: op === "lte", point: false }];
}

const LITERAL_START = /^\^([\w \-@:;,#%&=/"'<>~!]+)/;

/** A pattern that begins with plain text bounds the strings; a stored regular expression may equal the pattern. */
function pattern({ pattern: text, options }: RegexSpec): Interval[] {
  const start = options === "" && !text.includes("|") ? LITERAL_START.exec(text) : null;
  const strings = typeInterval(T.string);
  if (!start) return [strings, typeInterval(T.regex)];
  const quantified = /^[*?{]/.test(text.slice(start[0].length));
  const literal = quantified ? start[1]!.slice(0, -1) : start[1]!;
  return [prefixed(Uint8Array.of(strings.lo[0]!, ...Buffer.from(literal))), typeInterval(T.regex)];
}

/** All conditions of a `$elemMatch` on values hold for one item, so their stretches intersect. */
function ofItem(child: FilterNode): Interval[] | undefined {
  const parts = child.kind === "and" ? child.children : [child];
  let out: Interval[] | undefined;
  for (const part of parts) {
    if (part.kind === "leaf" && part.op === "eq" && part.value.type === T.null) continue;
    if (part.kind !== "leaf") continue;
    const found = intervalsOf(part);
    if (found) out = out ? intersect(out, found) : found;
  }
  return out;
}

const startOf = (i: Interval) => (i.loIn ? i.lo : afterPrefix(i.lo));
const endOf = (i: Interval) => (i.hiIn ? afterPrefix(i.hi) : i.hi);

/** Sorted, without overlaps. */
export function union(intervals: readonly Interval[]): Interval[] {
  const sorted = [...intervals].sort((a, b) => compareBytes(startOf(a), startOf(b)));
  const out: Interval[] = [];
  for (const next of sorted) {
    const last = out.at(-1);
    if (!last || compareBytes(startOf(next), endOf(last)) >= 0) out.push(next);
    else if (compareBytes(endOf(next), endOf(last)) > 0) out[out.length - 1] = { lo: last.lo, loIn: last.loIn, hi: next.hi, hiIn: next.hiIn, point: false };
  }
  return out;
}

/** What lies in both. */
export function intersect(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const out: Interval[] = [];
  for (const x of a) {
    for (const y of b) {
      const lo = compareBytes(startOf(x), startOf(y)) >= 0 ? x : y;
      const hi = compareBytes(endOf(x), endOf(y)) <= 0 ? x : y;
      if (compareBytes(startOf(lo), endOf(hi)) < 0) out.push({ lo: lo.lo, loIn: lo.loIn, hi: hi.hi, hiIn: hi.hiIn, point: lo === hi ? lo.point : x.point || y.point });
    }
  }
  return out;
}

const inverted = (bytes: Uint8Array) => bytes.map((b) => ~b);

/** The interval as key bytes of a field with direction `dir`. */
export function byteRange(interval: Interval, dir: 1 | -1): ByteRange {
  if (dir > 0) return { start: startOf(interval), end: endOf(interval) };
  const lo = inverted(interval.lo);
  const hi = inverted(interval.hi);
  return { start: interval.hiIn ? hi : afterPrefix(hi), end: interval.loIn ? afterPrefix(lo) : lo };
}

export function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** A range of whole index keys under an index's id, widened where keys were shortened. */
export const underIndex = (prefix: Uint8Array, range: ByteRange): ByteRange => ({
  start: join(prefix, boundKey(range.start, false)),
  end: join(prefix, boundKey(range.end, true)),
});

/** A filter's top conditions: all of them hold for a match. */
export function conjuncts(node: FilterNode): readonly FilterNode[] {
  if (node.kind !== "and") return [node];
  let known = flattened.get(node);
  if (known === undefined) {
    const facts: FilterNode[] = [];
    for (const child of node.children) {
      if (child.kind === "and") facts.push(...conjuncts(child));
      else facts.push(child);
    }
    known = facts;
    flattened.set(node, known);
  }
  return known;
}

/** A filter is asked for its facts once per index. */
const flattened = new WeakMap<FilterNode, readonly FilterNode[]>();
