import type { Collection } from "../storage/catalog.ts";
import type { Env } from "../storage/env.ts";
import { storeError, StoreError } from "../values/errors.ts";
import type { Collation } from "../values/collation.ts";
import { compareBytes, type KeyField } from "../values/key.ts";
import { compileAst, filterAst, type FilterNode } from "../values/match.ts";
import { EMPTY_DOC, fieldsOf, getField, numberOf, type RawDoc } from "../values/raw.ts";
import type { Scope } from "../values/scope.ts";
import { collatedKeys, compileSort, parseSort } from "../values/sort.ts";
import { withoutText } from "./collated.ts";
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
export function parseFilter(filter: RawDoc, scope?: Scope): ParsedFilter {
  const ast = filterAst(filter, scope);
  return { ast, matches: compileAst(ast, scope?.collation) };
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
  /** Collation and variables of the filter and the sort. */
  readonly scope?: Scope | undefined;
}

const SORT_BYTES = 100 * 1024 * 1024;
const LOOKS_PER_CLOCK = 16;

/** One running query: plan, counters and documents in the wanted order. */
export class Query implements Source {
  readonly examined: Examined = { keys: 0, docs: 0 };
  readonly plan: Plan;
  /** The documents come from memory, in their order: they may have changed since they were read. */
  readonly held: boolean;
  private readonly source: Source;

  constructor(env: Env, readonly collection: Collection, spec: QuerySpec) {
    const collation = spec.scope?.collation;
    const ast = spec.ast ?? filterAst(spec.filter, spec.scope);
    const sort = spec.sort && spec.sort.length > EMPTY_DOC.length ? sortFields(spec.sort) : [];
    // Index keys hold bytes, so under a collation neither texts nor an order come from them.
    const collated = collation && sort.length > 0 && sort[0]!.path !== NATURAL;
    const wanted = collation ? { filter: withoutText(ast), sort: collated ? [] : sort } : { filter: ast, sort };
    this.plan = choosePlan(collection, { ...wanted, hint: spec.hint }, (index, ranges, limit) => countKeys(env, index, ranges, limit));
    const matching = new Matching(env, collection, streamOf(env, collection, this.plan, this.examined), spec.matches ?? compileAst(ast, collation), this.examined);
    this.held = collated || !this.plan.sorted;
    this.source = this.held ? new Sorted(matching, sortKeys(spec.sort ?? EMPTY_DOC, collation), spec.enough ?? 0) : matching;
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

/** The keys by which documents are sorted: each by itself, or all at once where they depend on each other. */
type SortKeys = { readonly of: (doc: RawDoc) => Uint8Array; readonly ofAll?: never } | { readonly of?: never; readonly ofAll: (docs: readonly RawDoc[]) => Uint8Array[] };

const sortKeys = (spec: RawDoc, collation: Collation | undefined): SortKeys => (collation ? { ofAll: (docs) => collatedKeys(spec, docs, collation) } : { of: compileSort(spec) });

const NO_KEY = new Uint8Array(0);

/** Reads everything, then answers in order. With `enough`, only so many are kept at a time. */
class Sorted implements Source {
  private kept: Kept[] = [];
  private bytes = 0;
  private at = -1;

  constructor(private readonly inner: Source, private readonly keys: SortKeys, private readonly enough: number) {}

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
    this.kept.push({ key: this.keys.of?.(doc) ?? NO_KEY, recordId, doc: doc.slice() });
    this.bytes += doc.length;
    if (this.enough > 0 && this.kept.length >= this.enough * 2 + 64) this.order();
    if (this.bytes > SORT_BYTES) {
      throw new StoreError(292, "QueryExceededMemoryLimitNoDiskUseAllowed", "Executor error during find command :: caused by :: Sort exceeded memory limit of 104857600 bytes; add an index that serves the order, or a limit.");
    }
  }

  private order(): void {
    const keys = this.keys.ofAll?.(this.kept.map((kept) => kept.doc));
    if (keys) this.kept = this.kept.map((kept, i) => ({ ...kept, key: keys[i]! }));
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
