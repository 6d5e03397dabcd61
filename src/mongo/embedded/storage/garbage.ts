import type { Catalog, Collection, Index } from "./catalog.ts";
import type { Env, Table } from "./env.ts";
import { afterPrefix, u32Key } from "./keys.ts";
import type { Writer } from "./writer.ts";

const MARKS = Buffer.from("g");
const CHUNK = 400;
type Kind = "docs" | "idx";
const KINDS: readonly Kind[] = ["docs", "idx"];

/** What a drop leaves behind is marked on the disk in the drop's own transaction and removed later in small steps, also after a restart. */
export class Garbage {
  private stopped = false;

  constructor(private readonly env: Env, private readonly catalog: Catalog, private readonly writer: Writer) {}

  /** Marks a collection's documents and all its index entries. Inside a write transaction. */
  markCollection(collection: Collection): void {
    this.mark("docs", collection.id);
    for (const index of collection.indexes) this.mark("idx", index.id);
  }

  /** Marks the entries of one index. Inside a write transaction. */
  markIndex(index: Index): void {
    this.mark("idx", index.id);
  }

  /** Indexes whose build was cut off by the end of the process are dropped: nobody was told that they exist. Inside a write transaction. */
  collectUnfinished(): void {
    for (const collection of this.catalog.collections.values()) {
      const unfinished = collection.indexes.filter((index) => !index.built);
      for (const index of unfinished) {
        this.markIndex(index);
        collection.indexes.splice(collection.indexes.indexOf(index), 1);
      }
      if (unfinished.length > 0) this.catalog.save(collection);
    }
  }

  /** Removes what is marked, in the background. */
  resume(): void {
    void this.sweep().catch(() => {});
  }

  private mark(kind: Kind, id: number): void {
    void this.env.meta.put(Buffer.concat([MARKS, Buffer.from([KINDS.indexOf(kind)]), u32Key(id)]), u32Key(id));
  }

  private async sweep(): Promise<void> {
    const marks = [...(this.env.meta.getKeys({ start: MARKS, end: afterPrefix(MARKS) }) as Iterable<Uint8Array>)];
    for (const mark of marks) {
      const table = this.env[KINDS[mark[1]!]!];
      while (!this.stopped && !(await this.step(mark, table)));
    }
  }

  /** Removes one chunk; true when the mark is done with. */
  private step(mark: Uint8Array, table: Table): Promise<boolean> {
    return this.writer.submit((deadline) => {
      const prefix = mark.subarray(2);
      const keys = [...(table.getKeys({ start: prefix, end: afterPrefix(prefix), limit: CHUNK }) as Iterable<Uint8Array>)];
      for (const [n, key] of keys.entries()) {
        if (n > 0 && performance.now() > deadline) return false;
        void table.remove(key);
      }
      if (keys.length < CHUNK) void this.env.meta.remove(mark);
      return keys.length < CHUNK;
    }, CHUNK);
  }

  stop(): void {
    this.stopped = true;
  }
}
