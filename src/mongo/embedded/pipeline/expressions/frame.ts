import type { Collation } from "../../values/collation.ts";
import { compareValues, valueKeyText } from "../../values/key.ts";
import { EMPTY_DOC, T, type RawDoc, type RawValue } from "../../values/raw.ts";
import { NO_SCOPE, type Scope } from "../../values/scope.ts";
import { date } from "./make.ts";

/** What changes while an expression runs: the document, and the values of the variables in scope. */
export class Frame {
  root: RawDoc = EMPTY_DOC;
  readonly slots: (RawValue | undefined)[] = [];
}

export type Run = (frame: Frame) => RawValue | undefined;

/** A compiled expression; an undefined result means "missing". */
export interface Expr {
  readonly run: Run;
  /** The result is always the same. */
  readonly constant: boolean;
  /** The result does not depend on the document, only on variables. */
  readonly local: boolean;
  /** A path from the top of the document, where the expression is no more than that. */
  readonly path?: string;
}

/** The one order and the one equality of a pipeline: MongoDB's, or that of a collation. Missing is below null. */
export interface Order {
  compare(a: RawValue | undefined, b: RawValue | undefined): number;
  /** Equal texts are equal values. */
  keyText(value: RawValue | undefined): string;
}

export const MISSING: RawValue = { type: T.missing, bytes: EMPTY_DOC, start: 0, end: 0 };

export const PLAIN_ORDER: Order = {
  compare: (a, b) => compareValues(a ?? MISSING, b ?? MISSING),
  keyText: (value) => (value ? valueKeyText(value) : "\u0001missing"),
};

function orderUnder(collation: Collation | undefined): Order {
  if (!collation) return PLAIN_ORDER;
  return {
    compare: (a, b) => collation.compare(a ?? MISSING, b ?? MISSING),
    keyText: (value) => (value ? collation.keyText(value) : "\u0001missing"),
  };
}

/** The names that expressions may use, with the place of each variable in the frame. It is also the scope of the filters of a pipeline,
 *  so that `$expr` in a `$match` sees the same variables. One frame serves a whole command: stages set its document before they evaluate. */
export class Names implements Scope {
  private constructor(
    readonly frame: Frame, readonly collation: Collation | undefined, readonly nowMs: number, readonly order: Order,
    private readonly slots: ReadonlyMap<string, number>,
  ) {}

  /** The names of a command: `$$NOW` and its `let`. */
  static of(scope: Scope = NO_SCOPE): Names {
    if (scope instanceof Names) return scope;
    const frame = new Frame();
    const nowMs = scope.nowMs ?? Date.now();
    const slots = new Map([["NOW", 0]]);
    frame.slots.push(date(nowMs));
    for (const [name, value] of scope.variables ?? []) {
      slots.set(name, frame.slots.length);
      frame.slots.push(value);
    }
    return new Names(frame, scope.collation, nowMs, orderUnder(scope.collation), slots);
  }

  /** These names and some more; answers their places too. */
  bind(...added: readonly string[]): { names: Names; places: number[] } {
    const slots = new Map(this.slots);
    const places = added.map((name) => {
      const place = this.frame.slots.length;
      this.frame.slots.push(undefined);
      slots.set(name, place);
      return place;
    });
    return { names: new Names(this.frame, this.collation, this.nowMs, this.order, slots), places };
  }

  placeOf(name: string): number | undefined {
    return this.slots.get(name);
  }
}
