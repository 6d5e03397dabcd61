import { StoreError } from "../values/errors.ts";
import { usedBytes } from "./env.ts";
import type { Env } from "./env.ts";
import { GUARD } from "./guard.ts";
import { Reserve } from "./reserve.ts";
import { NeedRoom } from "./room.ts";
import { LEAST_MS, SLICE_MS } from "./turns.ts";

/** One unit of writing. `weight` is a guess of the table writes it makes, `bytes` of the document bytes; what it makes beyond both is asked for as it is made. `checked`: whatever can fail
 *  fails before its first table write, so that it needs no child transaction of its own (a child copies every page that the batch has touched before). */
interface Job {
  readonly run: (deadline: number) => unknown;
  readonly checked: boolean;
  readonly weight: number;
  readonly bytes: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_WEIGHT = 2_000;
const MAX_BYTES = 4 * 1024 * 1024;
/** How long the jobs of one batch may work together, in milliseconds: readers wait for them. What they have not done by then is left for the next. */
const BATCH_MS = 4;
const BYTES_PER_WRITE = 12 * 1024;
const SPARE = 1024 * 1024;

/** Bytes of the data file that so many table writes and document bytes may touch at worst. */
const costOf = ({ weight, bytes }: Pick<Job, "weight" | "bytes">) => weight * BYTES_PER_WRITE + bytes * 2;

/** One turn of the event loop: requests that are waiting in sockets are read first, and share the batch. */
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

export interface WriterHooks {
  /** A job begins. */
  begin(): void;
  /** Whether the job has written to a table. */
  wrote(): boolean;
  /** The job threw: its table writes are undone, memory follows. */
  undo(): void;
  /** The last act of a batch's transaction. */
  flush(): void;
  /** The batch could not be committed: memory is read again from the disk. */
  rolledBack(): void;
}

/** Group commit: jobs run in arrival order in one LMDB transaction, those that are not `checked` each in a child of it; what arrives meanwhile
 *  is the next batch. A job's promise settles after its batch is on disk. */
export class Writer {
  private queue: Job[] = [];
  private working = false;
  private stopped = false;
  private idle: (() => void)[] = [];
  private readonly reserve: Reserve;
  /** Bytes of the data file that the running job may still touch, and what its last document has touched. */
  private left = 0;
  private last = 0;

  constructor(private readonly env: Env, private readonly guard: Int32Array, private readonly hooks: WriterHooks) {
    this.reserve = new Reserve(env, () => this.guarded(() => usedBytes(env)));
  }

  /** Runs `run` (synchronous, may throw to undo only itself) in the next batch; from `deadline` (by performance.now()) on it should leave what it can to a later one.
   *  Resolves once its effects are durable. */
  submit<R>(run: (deadline: number) => R, weight = 8, bytes = 1_024, checked = false): Promise<R> {
    if (this.stopped) return Promise.reject(new StoreError(91, "ShutdownInProgress", "The store is stopping."));
    return new Promise<R>((resolve, reject) => {
      this.queue.push({ run, weight, bytes, checked, resolve: resolve as (value: unknown) => void, reject });
      if (!this.working) {
        this.working = true;
        void this.work();
      }
    });
  }

  /** The running job is about to make so many table writes for one document of `bytes`. @throws NeedRoom when it has declared less and no more is prepared. */
  room(bytes: number, writes: number): void {
    const cost = this.last = costOf({ weight: writes, bytes });
    if (cost > this.left && !this.reserve.take(cost - this.left)) throw new NeedRoom(Math.ceil(cost / 2));
    this.left = Math.max(this.left - cost, 0);
  }

  /** Whether the running job has hardly declared room for another document like its last: one that can stop should. */
  get spent(): boolean {
    return this.left < this.last;
  }

  /** Lets the queue drain and refuses what comes later. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.working) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private async work(): Promise<void> {
    while (this.queue.length > 0) {
      await nextTurn();
      const batch: Job[] = [];
      try {
        await this.commit(batch);
      } catch (error) {
        this.hooks.rolledBack();
        const failure = error instanceof StoreError ? error : new StoreError(8, "UnknownError", `The write could not be committed: ${String((error as Error).message)}`);
        for (const job of batch.length > 0 ? batch : this.queue.splice(0, 1)) job.reject(failure);
      }
    }
    this.working = false;
    for (const resolve of this.idle.splice(0)) resolve();
  }

  /** How many jobs of the queue one batch takes by the limits, at least one, and what they may touch. */
  private next(): { n: number; cost: number } {
    let [n, weight, bytes] = [0, 0, 0];
    for (const job of this.queue) {
      if (n > 0 && (weight + job.weight > MAX_WEIGHT || bytes + job.bytes > MAX_BYTES)) break;
      weight += job.weight;
      bytes += job.bytes;
      n++;
    }
    return { n, cost: costOf({ weight, bytes }) };
  }

  /** Moves the jobs of one batch off the queue: at least one, and as many as the prepared file and the limits allow. */
  private take(batch: Job[]): void {
    const most = this.next().n;
    let n = 0;
    while (n < most && (this.reserve.take(costOf(this.queue[n]!)) || n === 0)) n++;
    batch.push(...this.queue.splice(0, n));
  }

  /** Runs one batch. What arrives before LMDB's write lock is ours still joins it. */
  private async commit(batch: Job[]): Promise<void> {
    const need = SPARE + costOf(this.queue[0]!);
    const wanted = SPARE + this.next().cost;
    if (!this.reserve.holds(wanted)) await this.reserve.prepare(need, wanted);
    this.reserve.take(SPARE);
    const settle: (() => void)[] = [];
    const leave = this.enter();
    try {
      await this.env.root.childTransaction(() => {
        this.take(batch);
        const deadline = performance.now() + BATCH_MS;
        for (const job of batch) {
          const now = performance.now();
          if (settle.length > 0 && now > deadline) break;
          settle.push(this.attempt(job, Math.max(Math.min(now + SLICE_MS, deadline), now + LEAST_MS)));
        }
        this.queue.unshift(...batch.splice(settle.length));
        this.hooks.flush();
      });
    } catch (error) {
      void (error as { commitError?: Promise<unknown> }).commitError?.catch(() => {});
      throw error;
    } finally {
      leave();
    }
    this.env.root.resetReadTxn();
    for (const done of settle) done();
  }

  /** From here until what it answers is called the ending process waits: LMDB aborts it when its thread is stopped inside a call that makes objects. @throws StoreError 91 */
  private enter(): () => void {
    Atomics.store(this.guard, GUARD.busy, 1);
    const leave = (): void => {
      Atomics.store(this.guard, GUARD.busy, 0);
      Atomics.notify(this.guard, GUARD.busy);
    };
    if (Atomics.load(this.guard, GUARD.stop) === 0) return leave;
    leave();
    throw new StoreError(91, "ShutdownInProgress", "The process is ending.");
  }

  private guarded<T>(work: () => T): T {
    const leave = this.enter();
    try {
      return work();
    } finally {
      leave();
    }
  }

  /** @throws what a checked job threw although it had written: the whole batch is undone then. */
  private attempt(job: Job, deadline: number): () => void {
    try {
      let result: unknown;
      this.hooks.begin();
      this.left = costOf(job);
      this.last = 0;
      if (job.checked) result = job.run(deadline);
      else {
        void this.env.root.childTransaction(() => {
          result = job.run(deadline);
        });
      }
      return () => job.resolve(result);
    } catch (error) {
      if (job.checked && this.hooks.wrote()) throw new Error(`a write failed halfway: ${String((error as Error).message)}`, { cause: error });
      this.hooks.undo();
      return () => job.reject(error);
    }
  }
}
