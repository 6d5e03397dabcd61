import type { Collection } from "../storage/catalog.ts";
import type { Store } from "../storage/store.ts";
import { nextTurn, sliceEnd } from "../storage/turns.ts";
import { locationError, StoreError } from "../values/errors.ts";
import type { RawDoc } from "../values/raw.ts";
import { PAUSE, type Source } from "../planner/query.ts";
import { BATCH_BYTES, CursorReply } from "../wire/cursor-reply.ts";
import { checkTime, sessionOf, type Context } from "./context.ts";

/** Source: mongodb.com/docs/manual/reference/parameters/ (cursorTimeoutMillis). */
const IDLE_MS = 10 * 60_000;
/** Source: mongodb.com/docs/manual/reference/parameters/ (localLogicalSessionTimeoutMinutes). */
const SESSION_MS = 30 * 60_000;
const SWEEP_MS = 60_000;
const FIRST_BATCH = 101;

/** A query whose documents are asked for batch by batch. */
export class Cursor {
  id = 0n;
  usedAt = 0;
  /** The session that it was opened in. */
  session: string | undefined;
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

/** What of a command its cursor needs. */
export type Asker = Pick<Context, "args" | "requestId" | "expires">;

/** The open cursors of the store. Those unused for ten minutes are closed, those made with `noCursorTimeout` with their session: when it ends, or after
 *  thirty minutes in which it was not used. Source: mongodb.com/docs/manual/reference/method/cursor.noCursorTimeout/ */
export class Cursors {
  private readonly open = new Map<bigint, Cursor>();
  /** When each session that holds a cursor was last used. */
  private readonly sessions = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;
  private readonly now: () => number;
  private lastId = BigInt(Date.now()) << 16n;

  constructor(readonly store: Store, o: { now?: () => number; sweepMs?: number } = {}) {
    this.now = o.now ?? Date.now;
    this.timer = setInterval(() => this.sweep(), o.sweepMs ?? SWEEP_MS);
    this.timer.unref();
  }

  get size(): number {
    return this.open.size;
  }

  /** Answers a cursor's first batch and keeps the cursor when there is more. `single`: never keep it. */
  first(cursor: Cursor, batchSize: number | undefined, single: boolean, asker: Asker): Buffer | Promise<Buffer> {
    return this.batch(cursor, new CursorReply(cursor.ns, "firstBatch"), batchSize ?? FIRST_BATCH, single, asker);
  }

  /** @throws StoreError 43 for an unknown cursor, 13 and 50736 to 50738 for one of another collection or session. */
  more(id: bigint, ns: string, batchSize: number | undefined, asker: Asker): Buffer | Promise<Buffer> {
    const cursor = this.open.get(id);
    if (!cursor) throw new StoreError(43, "CursorNotFound", `cursor id ${id} not found`);
    if (cursor.ns !== ns) throw new StoreError(13, "Unauthorized", `Requested getMore on namespace '${ns}', but cursor belongs to a different namespace`);
    checkSession(cursor, sessionOf(asker.args));
    this.open.delete(id);
    return this.batch(cursor, new CursorReply(ns, "nextBatch"), batchSize && batchSize > 0 ? batchSize : Infinity, false, asker);
  }

  kill(id: bigint): boolean {
    return this.open.delete(id);
  }

  /** A command of its session came: its cursors live on. */
  touch(args: Context["args"]): void {
    if (this.sessions.size === 0) return;
    this.refresh(sessionOf(args));
  }

  refresh(session: string | undefined): void {
    if (session !== undefined && this.sessions.has(session)) this.sessions.set(session, this.now());
  }

  /** The sessions that hold cursors, and when each was last used. */
  usedSessions(): Iterable<[session: string, usedAt: number]> {
    return this.sessions.entries();
  }

  /** Closes the cursors of sessions that have ended; without a list, of all. */
  endSessions(ended?: ReadonlySet<string>): void {
    for (const [id, { session }] of this.open) if (session !== undefined && (!ended || ended.has(session))) this.open.delete(id);
    for (const session of ended ?? this.sessions.keys()) this.sessions.delete(session);
  }

  close(): void {
    clearInterval(this.timer);
    this.open.clear();
  }

  private batch(cursor: Cursor, reply: CursorReply, batchSize: number, single: boolean, asker: Asker): Buffer | Promise<Buffer> {
    const finish = (state: "more" | "end") => reply.finish(state === "more" && !single ? this.keep(cursor, asker) : 0n, asker.requestId);
    const state = cursor.fill(reply, batchSize, sliceEnd());
    return state === "pause" ? cursor.rest(reply, batchSize, asker.expires).then(finish) : finish(state);
  }

  private keep(cursor: Cursor, { args }: Asker): bigint {
    if (cursor.id === 0n) {
      cursor.id = ++this.lastId;
      cursor.session = sessionOf(args);
    }
    cursor.usedAt = this.now();
    if (cursor.session !== undefined) this.sessions.set(cursor.session, cursor.usedAt);
    this.open.set(cursor.id, cursor);
    return cursor.id;
  }

  private sweep(): void {
    const now = this.now();
    this.endSessions(new Set([...this.sessions].filter(([, usedAt]) => usedAt < now - SESSION_MS).map(([session]) => session)));
    for (const [id, cursor] of this.open) if (cursor.usedAt < now - IDLE_MS && !cursor.noTimeout) this.open.delete(id);
    const held = new Set([...this.open.values()].map((cursor) => cursor.session));
    for (const session of this.sessions.keys()) if (!held.has(session)) this.sessions.delete(session);
  }
}

/** A cursor is read on in the session that opened it. @throws StoreError */
function checkSession({ id, session: own }: Cursor, session: string | undefined): void {
  if (own === session) return;
  if (own === undefined) throw locationError(50736, `Cannot run getMore on cursor ${id}, which was not created in a session, in session ${session}`);
  if (session === undefined) throw locationError(50737, `Cannot run getMore on cursor ${id}, which was created in session ${own}, without an lsid`);
  throw locationError(50738, `Cannot run getMore on cursor ${id}, which was created in session ${own}, in session ${session}`);
}
