import type { FilterNode } from "../values/match.ts";
import { nameAt, valueEnd } from "../values/scan.ts";
import type { RawDoc } from "../values/raw.ts";
import type { Index } from "./catalog.ts";

interface Span { readonly type: number; readonly start: number; readonly end: number }

function sameBytes(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): boolean {
  if (aEnd - aStart !== bEnd - bStart) return false;
  for (let i = aStart, j = bStart; i < aEnd; i++, j++) if (a[i] !== b[j]) return false;
  return true;
}

function nameEnd(doc: Uint8Array, at: number): number {
  let end = at;
  while (doc[end] !== 0) end++;
  return end;
}

/** The fields from `at` to the document's end, by name. */
function restOf(doc: RawDoc, at: number): Map<string, Span> {
  const rest = new Map<string, Span>();
  for (let p = at; doc[p] !== 0 && p < doc.length;) {
    const type = doc[p]!;
    const end = nameEnd(doc, p + 1);
    const name = nameAt(doc, p + 1, end);
    p = valueEnd(type, doc, end + 1);
    rest.set(name, { type, start: end + 1, end: p });
  }
  return rest;
}

/** Names of the top-level fields in which two documents differ. Most updates keep the fields' order, so both are read side by side. */
export function changedFields(before: RawDoc, after: RawDoc): Set<string> {
  const changed = new Set<string>();
  let p = 4;
  let q = 4;
  while (before[p] !== 0 && after[q] !== 0 && p < before.length && q < after.length) {
    const pEnd = nameEnd(before, p + 1);
    const qEnd = nameEnd(after, q + 1);
    if (!sameBytes(before, p + 1, pEnd, after, q + 1, qEnd)) break;
    const pNext = valueEnd(before[p]!, before, pEnd + 1);
    const qNext = valueEnd(after[q]!, after, qEnd + 1);
    if (before[p] !== after[q] || !sameBytes(before, pEnd + 1, pNext, after, qEnd + 1, qNext)) changed.add(nameAt(before, p + 1, pEnd));
    p = pNext;
    q = qNext;
  }
  const old = restOf(before, p);
  for (const [name, now] of restOf(after, q)) {
    const was = old.get(name);
    old.delete(name);
    if (was === undefined || was.type !== now.type || !sameBytes(before, was.start, was.end, after, now.start, now.end)) changed.add(name);
  }
  for (const name of old.keys()) changed.add(name);
  return changed;
}

const roots = new WeakMap<Index, ReadonlySet<string>>();
const rootOf = (path: string): string => path.split(".", 1)[0]!;

function rootsIn(node: FilterNode): string[] {
  if (node.kind === "leaf") return [rootOf(node.path)];
  if (node.kind === "never" || node.kind === "test") return [];
  return (node.kind === "not" ? [node.child] : node.children).flatMap(rootsIn);
}

/** Whether an index has anything to do with the changed top-level fields: its keys, or whether the document belongs to it. */
export function concerns(index: Index, changed: ReadonlySet<string>): boolean {
  let own = roots.get(index);
  if (own === undefined) {
    own = new Set([...index.fields.map((field) => rootOf(field.path)), ...(index.partial === undefined ? [] : rootsIn(index.partial.ast))]);
    roots.set(index, own);
  }
  for (const name of own) if (changed.has(name)) return true;
  return false;
}
