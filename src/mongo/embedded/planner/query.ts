import type { Collection } from "../storage/catalog.ts";
import type { Env } from "../storage/env.ts";
import { storeError, StoreError } from "../values/errors.ts";
import { compareBytes, type KeyField } from "../values/key.ts";
import { compileAst, filterAst, type FilterNode } from "../values/match.ts";
import { EMPTY_DOC, fieldsOf, getField, numberOf, type RawDoc } from "../values/raw.ts";
import { compileSort, parseSort } from "../values/sort.ts";
import { choosePlan, type Plan, type Wanted } from "./plan.ts";
import { countKeys, peekDoc, streamOf, type Examined, type RecordStream } from "./streams.ts";

/** Answered by `next` when its time is over before a document was found; ask again in a later turn. */
export const PAUSE = Symbol("pause");

export interface Found {
  readonly recordId: number;
  /** Valid until the next read of the store; copy what must last. */
  readonly doc: RawDoc;
}

export interface Source {
  next(deadline: number): Found | typeof PAUSE | undefined;
}

/** A filter parsed and compiled: made once where several queries ask it. */
export interface ParsedFilter {
  readonly ast: FilterNode;
  readonly matches: (doc: RawDoc) => boolean;
}

/** @throws StoreError as values/filter-ast.ts. */
export function parseFilter(filter: RawDoc): ParsedFilter {
  const ast = filterAst(filter);
  return { ast, matches: compileAst(ast) };
}

export interface QuerySpec {
  readonly filter: RawDoc;
  readonly sort?: RawDoc | undefined;
  readonly hint?: Wanted["hint"];
  /** Documents that suffice (limit and skip together), 0 for all. */
  readonly enough?: number;
  /** The filter's parsed form, when it is at hand. */
  readonly ast?: FilterNode;
  /** The parsed form's matcher, when it is at hand. */
  readonly matches?: ParsedFilter["matches"];
}

const SORT_BYTES = 100 * 1024 * 1024;
const LOOKS_PER_CLOCK = 16;

/** One running query: plan, counters and documents in the wanted order. */
export class Query implements Source {
  readonly examined: Examined = { keys: 0, docs: 0 };
  readonly plan: Plan;
  private readonly source: Source;

  constructor(env: Env, readonly collection: Collection, spec: QuerySpec) {
    const ast = spec.ast ?? filterAst(spec.filter);
    const sort = spec.sort && spec.sort.length > EMPTY_DOC.length ? sortFields(spec.sort) : [];
    this.plan = choosePlan(collection, { filter: ast, sort, hint: spec.hint }, (index, ranges, limit) => countKeys(env, index, ranges, limit));
    const matching = new Matching(env, collection, streamOf(env, collection, this.plan, this.examined), spec.matches ?? compileAst(ast), this.examined);
    this.source = this.plan.sorted ? matching : new Sorted(matching, compileSort(spec.sort ?? EMPTY_DOC), spec.enough ?? 0);
  }

  next(deadline: number): Found | typeof PAUSE | undefined {
    return this.source.next(deadline);
  }
}

class Matching implements Source {
  private looks = 0;
  constructor(
    private readonly env: Env, private readonly collection: Collection, private readonly stream: RecordStream,
    private readonly matches: (doc: RawDoc) => boolean, private readonly examined: Examined,
  ) {}

  next(deadline: number): Found | typeof PAUSE | undefined {
    for (;;) {
      if (++this.looks % LOOKS_PER_CLOCK === 0 && performance.now() > deadline) return PAUSE;
      const recordId = this.stream.next();
      if (recordId < 0) return undefined;
      const doc = peekDoc(this.env, this.collection, recordId);
      if (!doc) continue;
      this.examined.docs++;
      if (this.matches(doc)) return { recordId, doc };
    }
  }
}

interface Kept {
  readonly key: Uint8Array;
  readonly recordId: number;
  readonly doc: RawDoc;
}

/** Reads everything, then answers in order. With `enough`, only so many are kept at a time. */
class Sorted implements Source {
  private kept: Kept[] = [];
  private bytes = 0;
  private at = -1;

  constructor(private readonly inner: Source, private readonly keyOf: (doc: RawDoc) => Uint8Array, private readonly enough: number) {}

  next(deadline: number): Found | typeof PAUSE | undefined {
    while (this.at < 0) {
      const found = this.inner.next(deadline);
      if (found === PAUSE) return PAUSE;
      if (found) this.keep(found);
      else this.finish();
    }
    return this.kept[this.at++];
  }

  private keep({ recordId, doc }: Found): void {
    this.kept.push({ key: this.keyOf(doc), recordId, doc: doc.slice() });
    this.bytes += doc.length;
    if (this.enough > 0 && this.kept.length >= this.enough * 2 + 64) this.order();
    if (this.bytes > SORT_BYTES) {
      throw new StoreError(292, "QueryExceededMemoryLimitNoDiskUseAllowed", "Executor error during find command :: caused by :: Sort exceeded memory limit of 104857600 bytes; add an index that serves the order, or a limit.");
    }
  }

  private order(): void {
    this.kept.sort((a, b) => compareBytes(a.key, b.key));
    if (this.enough > 0 && this.kept.length > this.enough) this.kept.length = this.enough;
    this.bytes = this.kept.reduce((sum, kept) => sum + kept.doc.length, 0);
  }

  private finish(): void {
    this.order();
    this.at = 0;
  }
}

const NATURAL = "$natural";

/** The fields of a sort; `$natural` alone is the order of insertion. @throws StoreError as values/sort.ts. */
function sortFields(spec: RawDoc): KeyField[] {
  const first = getField(spec, NATURAL);
  if (!first) return parseSort(spec);
  if (fieldsOf(spec).length > 1) throw storeError("BadValue", "$natural sort cannot be set to a value other than -1 or 1, nor be combined.");
  return [{ path: NATURAL, dir: (numberOf(first) ?? 1) < 0 ? -1 : 1 }];
}
