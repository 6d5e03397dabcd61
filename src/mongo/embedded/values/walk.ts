import { findElement, nameBytes, T, valueEnd, type RawDoc, type RawValue } from "./scan.ts";

/** A dotted path, split once: UTF-8 parts, and for each part the array index it may mean (-1 when it is no index). */
export interface Path {
  readonly text: string;
  /** The first part as text. */
  readonly head: string;
  readonly parts: readonly Uint8Array[];
  readonly indexes: readonly number[];
}

/** One candidate of a path; `type` is `T.missing` where the path ends in nothing. Returning true stops the walk. */
export type Visit = (type: number, bytes: Uint8Array, start: number, end: number) => boolean;

/** How a walk treats an array at the end of the path: `items` visits each item, then the array; `whole` the array only. */
export type LeafArrays = "items" | "whole";

const INDEX = /^(?:0|[1-9]\d{0,8})$/;

/** The array index that a path part means, or -1. */
export const arrayIndex = (part: string): number => (INDEX.test(part) ? Number(part) : -1);

const KEPT_PATHS = 4_096;
const compiled = new Map<string, Path>();

/** Splits a path; the 4,096 used first are kept. */
export function compilePath(text: string): Path {
  let path = compiled.get(text);
  if (!path) {
    const parts = text.split(".");
    path = { text, head: parts[0]!, parts: parts.map(nameBytes), indexes: parts.map(arrayIndex) };
    if (compiled.size < KEPT_PATHS) compiled.set(text, path);
  }
  return path;
}

/** Visits every candidate of `path` in the document at `docStart`, as MongoDB's matcher does. True when a visit returned true.
 *  Rules: mongodb.com/docs/manual/tutorial/query-array-of-documents/ */
export function walk(b: Uint8Array, docStart: number, path: Path, from: number, leaf: LeafArrays, visit: Visit): boolean {
  const part = path.parts[from]!;
  const at = findElement(b, docStart, part);
  if (at < 0) return visit(T.missing, b, 0, 0);
  const start = at + part.length + 2;
  const type = b[at]!;
  return walkValue(type, b, start, valueEnd(type, b, start), path, from + 1, leaf, visit);
}

/** The same from a value on, `from` being the first path part not yet used. */
export function walkValue(type: number, b: Uint8Array, start: number, end: number, path: Path, from: number, leaf: LeafArrays, visit: Visit): boolean {
  const atEnd = from === path.parts.length;
  if (type === T.array) {
    if (atEnd && leaf === "whole") return visit(type, b, start, end);
    return walkArray(b, start, end, path, from, leaf, visit);
  }
  if (atEnd) return visit(type, b, start, end);
  if (type === T.object) return walk(b, start, path, from, leaf, visit);
  return visit(T.missing, b, 0, 0);
}

function walkArray(b: Uint8Array, start: number, end: number, path: Path, from: number, leaf: LeafArrays, visit: Visit): boolean {
  const atEnd = from === path.parts.length;
  let p = start + 4;
  let index = 0;
  for (;;) {
    const type = b[p];
    if (type === 0 || type === undefined) break;
    let q = p + 1;
    while (b[q] !== 0) q++;
    const itemStart = q + 1;
    const itemEnd = valueEnd(type, b, itemStart);
    if (atEnd ? visit(type, b, itemStart, itemEnd) : walkItem(type, b, itemStart, itemEnd, index, path, from, leaf, visit)) return true;
    p = itemEnd;
    index++;
  }
  return atEnd && visit(T.array, b, start, end);
}

/** Candidates that one array item gives for the rest of a path: its own field of that name, and itself when the part is its index. */
export function walkItem(type: number, b: Uint8Array, start: number, end: number, index: number, path: Path, from: number, leaf: LeafArrays, visit: Visit): boolean {
  if (type === T.object && walk(b, start, path, from, leaf, visit)) return true;
  if (path.indexes[from] !== index) return false;
  if (from + 1 === path.parts.length) return visit(type, b, start, end);
  if (type === T.object) return walk(b, start, path, from + 1, leaf, visit);
  return type === T.array && walkArray(b, start, end, path, from + 1, leaf, visit);
}

/** All candidates of a dotted path with MongoDB's array traversal: the items of a final array, then the array itself. Missing ones are left out. */
export function getPath(doc: RawDoc, path: string): RawValue[] {
  const out: RawValue[] = [];
  walk(doc, 0, compilePath(path), 0, "items", (type, bytes, start, end) => {
    if (type !== T.missing) out.push({ type, bytes, start, end });
    return false;
  });
  return out;
}

/** The values that `distinct` sees at a path: the items of a final array instead of the array. */
export function getDistinct(doc: RawDoc, path: string): RawValue[] {
  const out: RawValue[] = [];
  walk(doc, 0, compilePath(path), 0, "whole", (type, bytes, start, end) => {
    if (type === T.missing) return false;
    if (type !== T.array) out.push({ type, bytes, start, end });
    else walkArray(bytes, start, end, END, 0, "items", (t, b, s, e) => {
      if (s !== start) out.push({ type: t, bytes: b, start: s, end: e });
      return false;
    });
    return false;
  });
  return out;
}

const END: Path = { text: "", head: "", parts: [], indexes: [] };
