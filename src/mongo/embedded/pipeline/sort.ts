import { PAUSE } from "../planner/query.ts";
import { locationError } from "../values/errors.ts";
import { EMPTY_DOC, type RawDoc, type RawValue } from "../values/raw.ts";
import { Clock, Memory, type Docs } from "./docs.ts";
import { documentOf } from "./expressions/compile.ts";
import type { Names } from "./expressions/frame.ts";
import { typeName } from "./expressions/numbers.ts";
import { compileDocumentOrder, type DocumentOrder } from "./expressions/sort-keys.ts";

export interface Keyed {
  readonly key: unknown;
  readonly doc: RawDoc;
}

/** Documents of one sorted piece. A piece is small enough to be sorted within a turn. */
const PIECE = 2048;

/** Sorts without ever holding up others: small sorted pieces, merged as they are asked for. Equal documents stay in the order they came.
 *  With `enough`, only so many are kept. */
export class Sorter {
  private pieces: Keyed[][] = [];
  private open: Keyed[] = [];
  private readonly memory: Memory;
  /** Key of the last document that is still wanted, once there are enough. */
  private worst: { readonly key: unknown } | undefined;

  constructor(private readonly order: DocumentOrder, private readonly enough = 0, stage = "$sort") {
    this.memory = new Memory(stage);
  }

  add(doc: RawDoc): void {
    const key = this.order.keyOf(doc);
    if (this.worst && this.order.compare(key, this.worst.key) >= 0) return;
    this.memory.take(this.sizeOf(key, doc));
    this.open.push({ key, doc });
    if (this.open.length >= PIECE) this.closePiece();
  }

  private sizeOf(key: unknown, doc: RawDoc): number {
    return doc.length + this.order.sizeOf(key) + 80;
  }

  private closePiece(): void {
    if (this.open.length === 0) return;
    const { compare } = this.order;
    this.open.sort((a, b) => compare(a.key, b.key));
    this.pieces.push(this.open);
    this.open = [];
    if (this.enough === 0 || this.enough > PIECE * 4 || this.pieces.length * PIECE < this.enough + PIECE) return;
    const merged = [...merge(this.pieces, this.order)];
    for (const { key, doc } of merged.slice(this.enough)) this.memory.give(this.sizeOf(key, doc));
    this.pieces = [merged.slice(0, this.enough)];
    this.worst = merged[this.enough - 1];
  }

  /** All in order, with their keys. */
  sorted(): Iterator<Keyed> {
    this.closePiece();
    return merge(this.pieces, this.order);
  }
}

/** Merges sorted pieces by a heap of their heads. */
function* merge(pieces: readonly Keyed[][], { compare }: DocumentOrder): Generator<Keyed, undefined> {
  const heap: { piece: number; at: number }[] = [];
  const before = (a: { piece: number; at: number }, b: { piece: number; at: number }): boolean => {
    const d = compare(pieces[a.piece]![a.at]!.key, pieces[b.piece]![b.at]!.key);
    return d === 0 ? a.piece < b.piece : d < 0;
  };
  const sink = (from: number): void => {
    let i = from;
    for (;;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) if (child < heap.length && before(heap[child]!, heap[least]!)) least = child;
      if (least === i) return;
      [heap[i], heap[least]] = [heap[least]!, heap[i]!];
      i = least;
    }
  };
  pieces.forEach((items, piece) => { if (items.length > 0) heap.push({ piece, at: 0 }); });
  for (let i = heap.length >> 1; i >= 0; i--) if (heap.length > 0) sink(i);
  while (heap.length > 0) {
    const head = heap[0]!;
    const items = pieces[head.piece]!;
    yield items[head.at]!;
    if (++head.at === items.length) {
      const last = heap.pop()!;
      if (heap.length > 0) heap[0] = last;
    }
    if (heap.length > 0) sink(0);
  }
  return undefined;
}

/** Sorted input. `enough`: how many will be asked for at most, 0 for all. */
export function sortedDocs(input: Docs, order: DocumentOrder, enough = 0): Docs {
  const sorter = new Sorter(order, enough);
  const clock = new Clock();
  let output: Iterator<Keyed> | undefined;
  return {
    next(deadline) {
      while (!output) {
        const doc = input.next(deadline);
        if (doc === PAUSE) return PAUSE;
        if (doc) sorter.add(doc);
        else output = sorter.sorted();
      }
      if (clock.over(deadline)) return PAUSE;
      const found = output.next();
      return found.done ? undefined : found.value.doc;
    },
  };
}

/** The specification of a `$sort`. @throws StoreError 15973, 15976. Source: mongodb.com/docs/manual/reference/operator/aggregation/sort/ */
export function sortSpec(value: RawValue): RawDoc {
  const spec = documentOf(value);
  if (!spec) throw locationError(15973, `the $sort key specification must be an object, found ${typeName(value)}`);
  if (spec.length === EMPTY_DOC.length) throw locationError(15976, "$sort stage must have at least one sort key");
  return spec;
}

export const orderOf = (spec: RawDoc, names: Names): DocumentOrder => compileDocumentOrder(spec, names.order);
