import type { Collection } from "../storage/catalog.ts";
import type { Store } from "../storage/store.ts";
import { nextTurn, sliceEnd } from "../storage/turns.ts";
import { StoreError } from "../values/errors.ts";
import type { RawDoc } from "../values/raw.ts";
import { PAUSE, type Source } from "../planner/query.ts";
import { BATCH_BYTES, CursorReply } from "../wire/cursor-reply.ts";
import { checkTime } from "./context.ts";

const IDLE_MS = 10 * 60_000;
const SWEEP_MS = 60_000;
const FIRST_BATCH = 101;

/** A query whose documents are asked for batch by batch. */
export class Cursor {
  id = 0n;
  usedAt = Date.now();
  private readonly version: number;
  private held: RawDoc | undefined;
  private left: number;
  private toSkip: number;

  constructor(
    readonly ns: string, private readonly source: Source,
    private readonly o: { skip: number; limit: number; project: ((doc: RawDoc) => RawDoc) | undefined; collection?: Collection | undefined; noTimeout?: boolean },
  ) {
    this.left = o.limit > 0 ? o.limit : Infinity;
    this.toSkip = o.skip;
    this.version = o.collection?.version ?? 0;
  }

  get noTimeout(): boolean {
    return this.o.noTimeout ?? false;
  }

  /** Adds documents until the batch is full (`more`), the time of this turn is over (`pause`) or none is left (`end`). */
  fill(reply: CursorReply, batchSize: number, deadline: number): "more" | "pause" | "end" {
    if ((this.o.collection?.version ?? 0) !== this.version) {
      throw new StoreError(175, "QueryPlanKilled", `An index or the collection ${this.ns} was dropped while the cursor was open.`);
    }
    while (reply.count < batchSize) {
      if (this.left === 0) return "end";
      let doc = this.held;
      if (doc) this.held = undefined;
      else {
        const found = this.source.next(deadline);
        if (found === PAUSE) return "pause";
        if (!found) return "end";
        if (this.toSkip > 0) {
          this.toSkip--;
          continue;
        }
        doc = this.o.project ? this.o.project(found.doc) : found.doc;
      }
      if (reply.count > 0 && reply.bytes + doc.length > BATCH_BYTES) {
        this.held = doc.slice();
        return "more";
      }
      reply.add(doc);
      this.left--;
    }
    return this.left === 0 ? "end" : "more";
  }

  /** Fills one batch, letting others work between slices. */
  async rest(reply: CursorReply, batchSize: number, expires: number): Promise<"more" | "end"> {
    for (let turns = 0; ; turns++) {
      checkTime(expires);
      await nextTurn(turns);
      const state = this.fill(reply, batchSize, sliceEnd());
      if (state !== "pause") return state;
    }
  }
}

/** The open cursors of the store; those unused for ten minutes are closed. */
export class Cursors {
  private readonly open = new Map<bigint, Cursor>();
  private readonly timer: NodeJS.Timeout;
  private lastId = BigInt(Date.now()) << 16n;

  constructor(readonly store: Store) {
    this.timer = setInterval(() => this.sweep(), SWEEP_MS);
    this.timer.unref();
  }

  get size(): number {
    return this.open.size;
  }

  /** Answers a cursor's first batch and keeps the cursor when there is more. `single`: never keep it. */
  first(cursor: Cursor, batchSize: number | undefined, single: boolean, replyTo: number, expires = Infinity): Buffer | Promise<Buffer> {
    return this.batch(cursor, new CursorReply(cursor.ns, "firstBatch"), batchSize ?? FIRST_BATCH, single, replyTo, expires);
  }

  /** @throws StoreError 43 for an unknown cursor. */
  more(id: bigint, ns: string, batchSize: number | undefined, replyTo: number, expires = Infinity): Buffer | Promise<Buffer> {
    const cursor = this.open.get(id);
    if (!cursor) throw new StoreError(43, "CursorNotFound", `cursor id ${id} not found`);
    if (cursor.ns !== ns) throw new StoreError(13, "Unauthorized", `Requested getMore on namespace '${ns}', but cursor belongs to a different namespace`);
    this.open.delete(id);
    return this.batch(cursor, new CursorReply(ns, "nextBatch"), batchSize && batchSize > 0 ? batchSize : Infinity, false, replyTo, expires);
  }

  kill(id: bigint): boolean {
    return this.open.delete(id);
  }

  close(): void {
    clearInterval(this.timer);
    this.open.clear();
  }

  private batch(cursor: Cursor, reply: CursorReply, batchSize: number, single: boolean, replyTo: number, expires: number): Buffer | Promise<Buffer> {
    const finish = (state: "more" | "end") => reply.finish(state === "more" && !single ? this.keep(cursor) : 0n, replyTo);
    const state = cursor.fill(reply, batchSize, sliceEnd());
    return state === "pause" ? cursor.rest(reply, batchSize, expires).then(finish) : finish(state);
  }

  private keep(cursor: Cursor): bigint {
    if (cursor.id === 0n) cursor.id = ++this.lastId;
    cursor.usedAt = Date.now();
    this.open.set(cursor.id, cursor);
    return cursor.id;
  }

  private sweep(): void {
    const before = Date.now() - IDLE_MS;
    for (const [id, cursor] of this.open) if (cursor.usedAt < before && !cursor.noTimeout) this.open.delete(id);
  }
}
