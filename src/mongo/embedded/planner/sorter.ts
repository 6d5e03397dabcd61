import { StoreError } from "../values/errors.ts";
import type { RawDoc } from "../values/raw.ts";
import type { DocumentOrder } from "../values/sort.ts";

/** What one blocking step of a query may hold. Sources: mongodb.com/docs/manual/core/aggregation-pipeline-limits/ and mongodb.com/docs/manual/reference/limits/#sort-operations */
const LIMIT_BYTES = 100 * 1024 * 1024;

/** Memory of one blocking step. This store has no temporary files, so `allowDiskUse` makes no difference. */
export class Memory {
  private bytes = 0;

  constructor(private readonly step: string) {}

  /** @throws StoreError 292 past 100 MB. */
  take(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > LIMIT_BYTES) {
      throw new StoreError(292, "QueryExceededMemoryLimitNoDiskUseAllowed", `Exceeded memory limit for ${this.step}: it may hold 104857600 bytes, and the embedded store has no temporary files to go on in. Bound it by an index, a filter or a limit, or use MONGODB_URI.`);
    }
  }

  give(bytes: number): void {
    this.bytes -= bytes;
  }
}

/** A document in memory with its place in the order. */
export interface Keyed {
  readonly key: unknown;
  readonly doc: RawDoc;
  readonly recordId: number;
}

interface Piece {
  readonly items: readonly Keyed[];
  readonly bytes: number;
}

/** Documents of one sorted piece: few enough to be sorted in a part of a turn. */
const PIECE = 512;
/** Steps of leaving out what is not wanted, for each document that comes. */
const STEPS = 4;

/** Sorts without ever holding up others: small sorted pieces, merged as they are asked for. Equal documents stay in the order they came.
 *  With `enough`, only about so many are kept. */
export class Sorter {
  private pieces: Piece[] = [];
  private open: Keyed[] = [];
  private openBytes = 0;
  private readonly memory: Memory;
  /** The last document that is still wanted, once there are enough. */
  private worst: Keyed | undefined;
  private thinning: Thinning | undefined;

  constructor(private readonly order: DocumentOrder, private readonly enough = 0, step = "$sort") {
    this.memory = new Memory(step);
  }

  /** Adds a document that is the sorter's to keep, or that `copy` makes so. */
  add(doc: RawDoc, recordId = 0, copy?: (doc: RawDoc) => RawDoc): void {
    const key = this.order.keyOf(doc);
    if (this.worst && this.order.compare(key, this.worst.key) >= 0) return;
    const item: Keyed = { key, doc: copy ? copy(doc) : doc, recordId };
    const bytes = sizeOf(item, this.order);
    this.memory.take(bytes);
    this.openBytes += bytes;
    this.open.push(item);
    if (this.open.length >= PIECE) this.closePiece();
    if (this.thinning?.step()) this.thinned(this.thinning);
  }

  private closePiece(): void {
    if (this.open.length === 0) return;
    const { compare } = this.order;
    this.pieces.push({ items: this.open.sort((a, b) => compare(a.key, b.key)), bytes: this.openBytes });
    this.open = [];
    this.openBytes = 0;
    if (this.enough === 0 || this.thinning) return;
    const held = this.pieces.reduce((sum, { items }) => sum + items.length, 0);
    if (held >= this.enough * 2 + PIECE) this.thinning = new Thinning([...this.pieces], this.order, this.enough);
  }

  private thinned({ pieces, kept, bytes }: Thinning): void {
    this.memory.give(pieces.reduce((sum, piece) => sum + piece.bytes, 0) - bytes);
    this.pieces = [{ items: kept, bytes }, ...this.pieces.slice(pieces.length)];
    this.worst = kept.at(-1);
    this.thinning = undefined;
  }

  /** All in order; of those beyond `enough` only some. */
  sorted(): Iterator<Keyed> {
    this.closePiece();
    return merge(this.pieces, this.order);
  }
}

const sizeOf = ({ key, doc }: Keyed, order: DocumentOrder): number => doc.length + order.sizeOf(key) + 80;

/** Merges pieces as far as their documents are wanted, a little at a time. */
class Thinning {
  readonly kept: Keyed[] = [];
  bytes = 0;
  private readonly merged: Iterator<Keyed>;

  constructor(readonly pieces: readonly Piece[], private readonly order: DocumentOrder, private readonly enough: number) {
    this.merged = merge(pieces, order);
  }

  /** True when it is done. */
  step(): boolean {
    for (let i = 0; i < STEPS && this.kept.length < this.enough; i++) {
      const item = this.merged.next().value as Keyed;
      this.kept.push(item);
      this.bytes += sizeOf(item, this.order);
    }
    return this.kept.length >= this.enough;
  }
}

/** Merges sorted pieces by a heap of their heads. */
function* merge(pieces: readonly Piece[], { compare }: DocumentOrder): Generator<Keyed, undefined> {
  const heap: { piece: number; at: number; head: Keyed }[] = [];
  const before = (a: (typeof heap)[number], b: (typeof heap)[number]): boolean => {
    const d = compare(a.head.key, b.head.key);
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
  pieces.forEach(({ items }, piece) => heap.push({ piece, at: 0, head: items[0]! }));
  for (let i = (heap.length >> 1) - 1; i >= 0; i--) sink(i);
  for (let first = heap[0]; first; first = heap[0]) {
    yield first.head;
    const next = pieces[first.piece]!.items[++first.at];
    if (next) first.head = next;
    else {
      const last = heap.pop()!;
      if (heap.length > 0) heap[0] = last;
    }
    if (heap.length > 0) sink(0);
  }
  return undefined;
}
