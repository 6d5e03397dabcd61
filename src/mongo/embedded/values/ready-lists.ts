import { valueKeyText } from "./encode-key.ts";
import { isOperators } from "./filter-ast.ts";
import { keepPointList } from "./point-list.ts";
import { Elements, T, type RawDoc, type RawValue } from "./scan.ts";

/** Lists of no more values are read where they are met. */
const FEW = 1_000;
const FEW_BYTES = 4_096;
const STEP = 256;
const RUN = 512;

/** Makes the long lists of filters ready, wherever in the documents they are, a little at a time. */
export function* readyLists(docs: Iterable<RawDoc>): Generator<void, void> {
  for (const doc of docs) if (doc.length >= FEW_BYTES) yield* within(doc, 0);
}

function* within(bytes: Uint8Array, start: number): Generator<void, void> {
  let n = 0;
  for (const it = new Elements(bytes, start); it.next();) {
    if (++n % STEP === 0) yield;
    if ((it.type !== T.object && it.type !== T.array) || it.end - it.start < FEW_BYTES) continue;
    if (it.type === T.array && (it.name === "$in" || it.name === "$nin")) yield* readyList(it.value());
    else yield* within(bytes, it.start);
  }
}

/** A list with a value that is no single point (null, an array, a pattern), or that may not be there, is left to those who parse it. */
function* readyList(list: RawValue): Generator<void, void> {
  const items: RawValue[] = [];
  const texts: string[] = [];
  for (const it = new Elements(list.bytes, list.start); it.next();) {
    const item = it.value();
    if (item.type === T.null || item.type === T.undefined || item.type === T.array || item.type === T.regex || isOperators(item)) return;
    items.push(item);
    texts.push(valueKeyText(item));
    if (items.length % STEP === 0) yield;
  }
  if (items.length <= FEW) return;
  keepPointList(list, { items, texts: yield* sorted(texts) });
}

/** In order, each once: short runs, merged two by two. */
function* sorted(texts: readonly string[]): Generator<void, string[]> {
  let runs: string[][] = [];
  for (let at = 0; at < texts.length; at += RUN) {
    runs.push(texts.slice(at, at + RUN).sort());
    yield;
  }
  runs.push([]);
  while (runs.length > 1) {
    const merged: string[][] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(yield* merge(runs[i]!, runs[i + 1] ?? []));
    runs = merged;
  }
  return runs[0]!;
}

function* merge(a: readonly string[], b: readonly string[]): Generator<void, string[]> {
  const out: string[] = [];
  let [i, j] = [0, 0];
  for (let n = 1; i < a.length || j < b.length; n++) {
    const next = j === b.length || (i < a.length && a[i]! <= b[j]!) ? a[i++]! : b[j++]!;
    if (out.length === 0 || out.at(-1) !== next) out.push(next);
    if (n % RUN === 0) yield;
  }
  return out;
}
