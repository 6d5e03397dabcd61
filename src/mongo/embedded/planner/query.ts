import type { Collection } from "../storage/catalog.ts";
import type { Env } from "../storage/env.ts";
import { Clock } from "../storage/turns.ts";
import { Arena } from "../values/arena.ts";
import { storeError } from "../values/errors.ts";
import type { KeyField } from "../values/key.ts";
import { compileAst, filterAst, type FilterNode } from "../values/match.ts";
import { EMPTY_DOC, fieldsOf, getField, numberOf, type RawDoc } from "../values/raw.ts";
import type { Scope } from "../values/scope.ts";
import { documentOrder, parseSort, type DocumentOrder } from "../values/sort.ts";
import { withoutText } from "./collated.ts";
import { isCovered } from "./covered.ts";
import { choosePlan, type Plan, type Wanted } from "./plan.ts";
import { Sorter } from "./sorter.ts";
import { countKeys, NOT_YET, peekDoc, streamOf, type Examined, type RecordStream } from "./streams.ts";

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
  /** The documents are counted and not looked at. */
  readonly counting?: boolean;
  /** Collation and variables of the filter and the sort. */
  readonly scope?: Scope | undefined;
}

/** One running query: plan, counters and documents in the wanted order. */
export class Query implements Source {
  readonly examined: Examined = { keys: 0, docs: 0 };
  readonly plan: Plan;
  /** The documents come from memory, in their order: they may have changed since they were read. */
  readonly held: boolean;
  /** The entries of the plan's index are the matches: "documents" are empty. */
  readonly covered: boolean;
  private readonly source: Source;

  constructor(env: Env, readonly collection: Collection, spec: QuerySpec) {
    const collation = spec.scope?.collation;
    const ast = spec.ast ?? filterAst(spec.filter, spec.scope);
    const sort = spec.sort && spec.sort.length > EMPTY_DOC.length ? sortFields(spec.sort) : [];
    // Index keys hold bytes, so under a collation neither texts nor an order come from them.
    const collated = collation && sort.length > 0 && sort[0]!.path !== NATURAL;
    const wanted = collation ? { filter: withoutText(ast), sort: collated ? [] : sort } : { filter: ast, sort };
    this.plan = choosePlan(collection, { ...wanted, hint: spec.hint }, (index, ranges, limit) => countKeys(env, index, ranges, limit));
    const stream = streamOf(env, collection, this.plan, this.examined);
    this.held = collated || !this.plan.sorted;
    this.covered = (spec.counting ?? false) && !collation && isCovered(this.plan, ast);
    if (this.covered) {
      this.source = new Entries(stream);
      return;
    }
    const matching = new Matching(env, collection, stream, spec.matches ?? compileAst(ast, collation), this.examined);
    this.source = this.held ? new Sorted(matching, documentOrder(spec.sort ?? EMPTY_DOC, collation && ((a, b) => collation.compare(a, b))), spec.enough ?? 0) : matching;
  }

  next(deadline: number): Found | typeof PAUSE | undefined {
    return this.source.next(deadline);
  }
}

/** Records as their index entries tell of them. */
class Entries implements Source {
  private readonly clock = new Clock();
  constructor(private readonly stream: RecordStream) {}

  next(deadline: number): Found | typeof PAUSE | undefined {
    for (;;) {
      if (this.clock.over(deadline)) return PAUSE;
      const recordId = this.stream.next();
      if (recordId >= 0) return { recordId, doc: EMPTY_DOC };
      if (recordId !== NOT_YET) return undefined;
    }
  }
}

class Matching implements Source {
  private readonly clock = new Clock();
  constructor(
    private readonly env: Env, private readonly collection: Collection, private readonly stream: RecordStream,
    private readonly matches: (doc: RawDoc) => boolean, private readonly examined: Examined,
  ) {}

  next(deadline: number): Found | typeof PAUSE | undefined {
    for (;;) {
      if (this.clock.over(deadline)) return PAUSE;
      const recordId = this.stream.next();
      if (recordId === NOT_YET) continue;
      if (recordId < 0) return undefined;
      const doc = peekDoc(this.env, this.collection, recordId);
      if (!doc) continue;
      this.examined.docs++;
      if (this.matches(doc)) return { recordId, doc };
    }
  }
}

/** Reads everything, then answers in order. With `enough`, only so many are kept. */
class Sorted implements Source {
  private readonly sorter: Sorter;
  private readonly copy: (doc: RawDoc) => RawDoc;
  private readonly clock = new Clock();
  private output: Iterator<Found> | undefined;

  constructor(private readonly inner: Source, order: DocumentOrder, enough: number) {
    this.sorter = new Sorter(order, enough, "a sort");
    // Where most are let go again, each must be free to go by itself.
    const arena = enough > 0 ? undefined : new Arena();
    this.copy = (doc) => arena?.bytes(doc) ?? doc.slice();
  }

  next(deadline: number): Found | typeof PAUSE | undefined {
    while (!this.output) {
      const found = this.inner.next(deadline);
      if (found === PAUSE) return PAUSE;
      if (found) this.sorter.add(found.doc, found.recordId, this.copy);
      else this.output = this.sorter.sorted();
    }
    if (this.clock.over(deadline)) return PAUSE;
    const next = this.output.next();
    return next.done ? undefined : next.value;
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
