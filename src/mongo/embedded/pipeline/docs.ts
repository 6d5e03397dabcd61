import { PAUSE } from "../planner/query.ts";
import type { Memory } from "../planner/sorter.ts";
import { Clock } from "../storage/turns.ts";
import type { RawDoc, RawValue } from "../values/raw.ts";
import { ArrayBuilder, documentValue } from "./expressions/make.ts";

/** Documents that are asked for one by one. `PAUSE`: this turn's time is over, ask again in a later one. */
export interface Docs {
  next(deadline: number): RawDoc | typeof PAUSE | undefined;
}

export const NO_DOCS: Docs = { next: () => undefined };

/** Documents at hand. */
export class List implements Docs {
  private at = 0;
  private readonly clock = new Clock();
  constructor(private readonly docs: readonly RawDoc[]) {}
  next(deadline: number): RawDoc | typeof PAUSE | undefined {
    return this.clock.over(deadline) ? PAUSE : this.docs[this.at++];
  }
}

/** Each document changed into another, or left out (undefined). */
export const mapped = (input: Docs, change: (doc: RawDoc) => RawDoc | undefined): Docs => ({
  next(deadline) {
    for (;;) {
      const doc = input.next(deadline);
      if (doc === undefined || doc === PAUSE) return doc;
      const out = change(doc);
      if (out) return out;
    }
  },
});

/** Each document replaced by any number of others. */
export function expanded(input: Docs, expand: (doc: RawDoc) => Iterator<RawDoc>): Docs {
  const clock = new Clock();
  let current: Iterator<RawDoc> | undefined;
  return {
    next(deadline) {
      for (;;) {
        if (clock.over(deadline)) return PAUSE;
        if (current) {
          const found = current.next();
          if (!found.done) return found.value;
          current = undefined;
        }
        const doc = input.next(deadline);
        if (doc === undefined || doc === PAUSE) return doc;
        current = expand(doc);
      }
    },
  };
}

/** A stage that reads all of its input before it answers: `take` gets each document, `finish` says what follows. */
export function blocking(input: Docs, take: (doc: RawDoc) => void, finish: () => Docs): Docs {
  let output: Docs | undefined;
  return {
    next(deadline) {
      while (!output) {
        const doc = input.next(deadline);
        if (doc === PAUSE) return PAUSE;
        if (doc) take(doc);
        else output = finish();
      }
      return output.next(deadline);
    },
  };
}

/** What a function gives, one after the other, until it gives undefined. */
export function produced(next: () => RawDoc | undefined): Docs {
  const clock = new Clock();
  return { next: (deadline) => (clock.over(deadline) ? PAUSE : next()) };
}

/** Reads documents to the end into one array value; undefined while it must pause. */
export class ArrayReader {
  private readonly items = new ArrayBuilder();
  constructor(private readonly input: Docs, private readonly memory: Memory) {}
  read(deadline: number): RawValue | undefined {
    for (;;) {
      const doc = this.input.next(deadline);
      if (doc === PAUSE) return undefined;
      if (!doc) return this.items.value();
      this.memory.take(doc.length + 8);
      this.items.push(documentValue(doc));
    }
  }
}

/** Reads documents to the end into a list; undefined while it must pause. */
export class Reader {
  readonly docs: RawDoc[] = [];
  constructor(private readonly input: Docs, private readonly memory: Memory) {}
  /** True when all are read. */
  read(deadline: number): boolean {
    for (;;) {
      const doc = this.input.next(deadline);
      if (doc === PAUSE) return false;
      if (!doc) return true;
      this.memory.take(doc.length + 40);
      this.docs.push(doc);
    }
  }
}
