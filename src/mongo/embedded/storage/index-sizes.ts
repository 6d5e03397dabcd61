import type { Collection } from "./catalog.ts";
import { afterPrefix } from "./keys.ts";
import type { Store } from "./store.ts";

const CHUNK = 500;
const RECORD_ID_BYTES = 8;

/** Counts the bytes of a collection's index entries, keys and values, in slices: they are not kept apart while writing. */
export class IndexSizes {
  readonly sizes: Record<string, number> = {};
  private at = 0;
  private from: Uint8Array | undefined;

  constructor(private readonly store: Store, private readonly collection: Collection | undefined) {
    for (const index of collection?.indexes ?? []) this.sizes[index.name] = 0;
  }

  get total(): number {
    return Object.values(this.sizes).reduce((sum, n) => sum + n, 0);
  }

  /** Each size and their sum, in units of `scale` bytes. */
  scaled(scale: number): { indexSizes: Record<string, number>; totalIndexSize: number } {
    return { indexSizes: Object.fromEntries(Object.entries(this.sizes).map(([name, n]) => [name, Math.floor(n / scale)])), totalIndexSize: Math.floor(this.total / scale) };
  }

  /** Counts on until `deadline`; true when all is counted. */
  step(deadline: number): boolean {
    for (let index = this.collection?.indexes[this.at]; index; index = this.collection?.indexes[this.at]) {
      let n = 0;
      let last: Uint8Array | undefined;
      for (const key of this.store.env.idx.getKeys({ start: this.from ?? index.prefix, exclusiveStart: this.from !== undefined, end: afterPrefix(index.prefix), limit: CHUNK }) as Iterable<Uint8Array>) {
        n++;
        last = key;
        this.sizes[index.name] = (this.sizes[index.name] ?? 0) + key.length + (index.unique ? RECORD_ID_BYTES : 0);
      }
      this.from = n === CHUNK ? last : undefined;
      if (!this.from) this.at++;
      if (performance.now() > deadline) return false;
    }
    return true;
  }
}
