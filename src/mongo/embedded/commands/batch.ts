import { locationError, StoreError } from "../values/errors.ts";
import { getField, type RawDoc } from "../values/raw.ts";
import { checkFields } from "./fields.ts";
import { CHUNK_DOCS } from "./sliced.ts";

/** What the batches of insert, update, delete and bulkWrite have in common: their size, their order and how their errors are told. */

export interface WriteError {
  index: number;
  code: number;
  errmsg: string;
  [extra: string]: unknown;
}

/** An error of one operation of a batch; anything but a StoreError fails the whole command. */
export function writeError(index: number, error: unknown): WriteError {
  if (!(error instanceof StoreError)) throw error;
  return { index, code: error.code, errmsg: error.message, ...error.extra };
}

const ERROR_BYTES = 1024 * 1024;
const FULL_ERRORS = 2;

const CHECKED = 64;

/** The errors of a batch by the order of its operations, a few at a time. Past one megabyte of messages they have none, as MongoDB tells them. */
export function* failures(errors: WriteError[]): Generator<void, { writeErrors?: WriteError[] }> {
  if (errors.length === 0) return {};
  errors.sort((a, b) => a.index - b.index);
  let bytes = 0;
  for (const [n, error] of errors.entries()) {
    if (bytes >= ERROR_BYTES && n >= FULL_ERRORS) errors[n] = { ...error, errmsg: "" };
    else bytes += error.errmsg.length;
    if (n % CHECKED === CHECKED - 1) yield;
  }
  return { writeErrors: errors };
}

/** Checks the form of all statements of a batch before the first is carried out, a few at a time. @throws StoreError 40414, 40415, which fail the whole command. */
export function* checkStatements(command: string, statements: readonly RawDoc[], ...required: readonly string[]): Generator<void, void> {
  for (const [i, statement] of statements.entries()) {
    checkFields(command, statement);
    for (const name of required) if (!getField(statement, name)) throw locationError(40414, `BSON field '${command}.${name}' is missing but a required field`);
    if (i % CHECKED === CHECKED - 1) yield;
  }
}

export function checkBatch(n: number): void {
  if (n === 0 || n > 100_000) throw new StoreError(16, "InvalidLength", `Write batch sizes must be between 1 and 100000. Got ${n} operations.`);
}

/** The order of a few statements that share write batches: each waits until all before it are done, and after one that fails none begins. */
class Order {
  private readonly done = new Set<number>();
  private next = 0;
  failedAt = Infinity;

  isTurnOf(i: number): boolean {
    while (this.done.has(this.next)) this.next++;
    return this.next === i;
  }

  finish(i: number): void {
    this.done.add(i);
  }
}

/** One statement's place among its neighbours. */
export class Turn {
  constructor(private readonly i: number, private readonly order: Order | undefined) {}

  /** Whether a statement before it has failed, so that this one is not carried out. */
  get skipped(): boolean {
    return this.order !== undefined && this.order.failedAt < this.i;
  }

  /** Takes one step of the statement (true: it was the last), unless it has to wait or must not begin. */
  step(act: () => boolean): boolean {
    if (this.skipped) return true;
    if (this.order && !this.order.isTurnOf(this.i)) return false;
    const last = act();
    if (last) this.order?.finish(this.i);
    return last;
  }

  fail(): void {
    if (this.order) this.order.failedAt = Math.min(this.order.failedAt, this.i);
  }

  /** Nothing is left to do for it. */
  end(): void {
    this.order?.finish(this.i);
  }
}

/**
 * Runs the statements of a batch; `run` answers whether it went well. Neighbours that each change `one` document share write batches. With
 * `ordered` each begins when those before it are done, and the first that fails is the last.
 */
export async function eachStatement<S>(statements: readonly S[], ordered: boolean, one: (statement: S) => boolean, run: (statement: S, index: number, turn: Turn) => Promise<boolean>): Promise<void> {
  for (let index = 0; index < statements.length;) {
    let end = index + 1;
    if (one(statements[index]!)) while (end < statements.length && end - index < CHUNK_DOCS && one(statements[end]!)) end++;
    const order = ordered ? new Order() : undefined;
    const done = await Promise.all(statements.slice(index, end).map(async (statement, i) => {
      const turn = new Turn(i, order);
      const well = await run(statement, index + i, turn);
      if (!well) turn.fail();
      turn.end();
      return well;
    }));
    if (ordered && done.includes(false)) return;
    index = end;
  }
}
