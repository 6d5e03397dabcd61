import type { Collection, Index } from "../storage/catalog.ts";
import { peek, type Env } from "../storage/env.ts";
import { afterPrefix, docKey, readRecordId, u32Key } from "../storage/keys.ts";
import type { KeyRange, RangeList } from "./bounds.ts";
import type { Plan } from "./plan.ts";

/** What a plan has looked at so far. */
export interface Examined {
  keys: number;
  docs: number;
}

/** Record ids in plan order, each once. No LMDB cursor is held between calls: a stream remembers its last key and seeks again, so it may rest for any time. */
export interface RecordStream {
  /** The next record id, -1 at the end, or NOT_YET when it looked in vain: ask again. */
  next(): number;
}

export const NOT_YET = -2;

const FIRST_CHUNK = 12;
const MAX_CHUNK = 256;

/** Entries of one range of an index, in index order or reversed. */
class RangeStream implements RecordStream {
  private keys: Uint8Array[] = [];
  private ids: number[] = [];
  private at = 0;
  private chunk = FIRST_CHUNK;
  private last: Uint8Array | undefined;
  private ended = false;

  constructor(private readonly env: Env, private readonly index: Index, readonly range: KeyRange, private readonly reverse: boolean, private readonly examined: Examined) {}

  next(): number {
    if (this.at === this.keys.length && !this.fill()) return -1;
    this.examined.keys++;
    return this.ids[this.at++]!;
  }

  /** Key bytes of the entry that `next` will give, after the range's head; undefined at the end. */
  head(): Uint8Array | undefined {
    if (this.at === this.keys.length && !this.fill()) return undefined;
    return this.keys[this.at]!.subarray(this.range.head);
  }

  private fill(): boolean {
    if (this.ended) return false;
    const { reverse, range } = this;
    const from = this.last ?? (reverse ? range.end : range.start);
    const options = {
      start: from, end: reverse ? range.start : range.end, reverse, inclusiveEnd: reverse,
      exclusiveStart: reverse || this.last !== undefined, limit: this.chunk,
    };
    this.keys = [];
    this.ids = [];
    this.at = 0;
    if (this.index.unique) {
      for (const { key, value } of this.env.idx.getRange(options)) {
        this.keys.push(key as Uint8Array);
        this.ids.push(readRecordId(value, 0));
      }
    } else {
      for (const key of this.env.idx.getKeys(options) as Iterable<Uint8Array>) {
        this.keys.push(key);
        this.ids.push(readRecordId(key, key.length - 8));
      }
    }
    this.last = this.keys.at(-1);
    this.ended = this.keys.length < this.chunk;
    this.chunk = Math.min(this.chunk * 4, MAX_CHUNK);
    return this.keys.length > 0;
  }
}

/** One stream after the other. */
class Sequence implements RecordStream {
  private at = 0;
  private current: RecordStream | undefined;
  constructor(private readonly length: number, private readonly make: (i: number) => RecordStream) {}
  next(): number {
    if (this.at < this.length) {
      this.current ??= this.make(this.at);
      const id = this.current.next();
      if (id !== -1) return id;
      this.current = undefined;
      this.at++;
      return NOT_YET;
    }
    return -1;
  }
}

/** Several ranges of one index, merged by what follows their heads. */
class Merge implements RecordStream {
  private readonly open: { stream: RangeStream; head: Uint8Array }[] = [];
  private started = false;
  constructor(private readonly streams: readonly RangeStream[], private readonly reverse: boolean) {}

  next(): number {
    if (!this.started) {
      this.started = true;
      for (const stream of this.streams) this.insert(stream);
    }
    const first = this.open.shift();
    if (!first) return -1;
    const id = first.stream.next();
    this.insert(first.stream);
    return id;
  }

  private insert(stream: RangeStream): void {
    const head = stream.head();
    if (!head) return;
    let lo = 0;
    let hi = this.open.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      const order = Buffer.compare(this.open[mid]!.head, head);
      if (this.reverse ? order > 0 : order < 0) lo = mid + 1;
      else hi = mid;
    }
    this.open.splice(lo, 0, { stream, head });
  }
}

const IDS_PER_PAGE = 1 << 15;

/** Record ids that were met: one bit each, in pages of ids that lie together. */
export class RecordIds {
  private readonly pages = new Map<number, Uint32Array>();

  /** True when it is new. */
  add(id: number): boolean {
    const number = Math.floor(id / IDS_PER_PAGE);
    let page = this.pages.get(number);
    if (!page) this.pages.set(number, (page = new Uint32Array(IDS_PER_PAGE / 32)));
    const at = id % IDS_PER_PAGE;
    const bit = 1 << (at & 31);
    const isNew = (page[at >> 5]! & bit) === 0;
    page[at >> 5]! |= bit;
    return isNew;
  }

  remove(id: number): void {
    const page = this.pages.get(Math.floor(id / IDS_PER_PAGE));
    const at = id % IDS_PER_PAGE;
    if (page) page[at >> 5]! &= ~(1 << (at & 31));
  }
}

/** Drops record ids that came before. */
class Distinct implements RecordStream {
  private readonly seen = new RecordIds();
  constructor(private readonly inner: RecordStream) {}
  next(): number {
    const id = this.inner.next();
    if (id < 0) return id;
    return this.seen.add(id) ? id : NOT_YET;
  }
}

/** All records of a collection, in insertion order or reversed. */
class CollectionStream implements RecordStream {
  private ids: number[] = [];
  private at = 0;
  private chunk = FIRST_CHUNK;
  private last: Uint8Array | undefined;
  private ended = false;
  constructor(private readonly env: Env, private readonly collection: Collection, private readonly reverse: boolean) {}

  next(): number {
    if (this.at === this.ids.length && !this.fill()) return -1;
    return this.ids[this.at++]!;
  }

  private fill(): boolean {
    if (this.ended) return false;
    const { reverse } = this;
    const low = u32Key(this.collection.id);
    const high = afterPrefix(low);
    const options = {
      start: this.last ?? (reverse ? high : low), end: reverse ? low : high, reverse, inclusiveEnd: reverse,
      exclusiveStart: reverse || this.last !== undefined, limit: this.chunk,
    };
    const keys = [...(this.env.docs.getKeys(options) as Iterable<Uint8Array>)];
    this.ids = keys.map((key) => readRecordId(key, 4));
    this.at = 0;
    this.last = keys.at(-1);
    this.ended = keys.length < this.chunk;
    this.chunk = Math.min(this.chunk * 4, MAX_CHUNK);
    return keys.length > 0;
  }
}

/** The record that a full key of a unique index names: one get instead of a range. */
class OneRecord implements RecordStream {
  private done = false;
  constructor(private readonly env: Env, private readonly key: Uint8Array, private readonly examined: Examined) {}
  next(): number {
    if (this.done) return -1;
    this.done = true;
    const value = peek(this.env.idx, this.key);
    if (!value) return -1;
    this.examined.keys++;
    return readRecordId(value, 0);
  }
}

export function streamOf(env: Env, collection: Collection, plan: Plan, examined: Examined): RecordStream {
  if (plan.kind === "collection") return new CollectionStream(env, collection, plan.reverse);
  if (plan.kind === "or") return new Distinct(new Sequence(plan.parts.length, (i) => streamOf(env, collection, plan.parts[i]!, examined)));
  const { index, ranges, reverse } = plan;
  if (plan.one) return new OneRecord(env, ranges.at(0)!.start, examined);
  const n = ranges.length;
  const make = (i: number) => new RangeStream(env, index, ranges.at(i)!, reverse, examined);
  const stream = n > 1 && plan.merge ? new Merge(Array.from({ length: n }, (_, i) => make(i)), reverse)
    : n === 1 ? make(0) : new Sequence(n, (i) => make(reverse ? n - 1 - i : i));
  return index.multikey ? new Distinct(stream) : stream;
}

/** The document of a record, valid until the next read. */
export const peekDoc = (env: Env, collection: Collection, recordId: number) => peek(env.docs, docKey(collection.id, recordId));

const COUNTED_RANGES = 100;

/** Index keys in the ranges, counted up to `limit`; of many ranges the first are counted. */
export function countKeys(env: Env, index: Index, ranges: RangeList, limit: number): number {
  const examined = { keys: 0, docs: 0 };
  let n = 0;
  for (let i = 0; i < Math.min(ranges.length, COUNTED_RANGES); i++) {
    const stream = new RangeStream(env, index, ranges.at(i)!, false, examined);
    while (n < limit && stream.next() >= 0) n++;
    if (n >= limit) break;
  }
  return Math.min(limit, n * Math.max(1, ranges.length / COUNTED_RANGES));
}
