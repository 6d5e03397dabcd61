import { PAUSE, Query } from "../planner/query.ts";
import { RecordIds } from "../planner/streams.ts";
import type { Collection } from "../storage/catalog.ts";
import { NeedRoom } from "../storage/room.ts";
import { nsOf, type Store } from "../storage/store.ts";
import { inSlices } from "../storage/turns.ts";
import { StoreError } from "../values/errors.ts";
import { getField, idOf, numberOf, prepareInsert, toJs, DocWriter, T, itemsOf, embedded, type RawDoc } from "../values/raw.ts";
import type { Scope } from "../values/scope.ts";
import { compileUpdate, refuseExpr, upsertDocument, type CompiledUpdate } from "../values/update.ts";
import { Args, collectionName, refuse, scopeOf, type Command, type Context } from "./context.ts";
import { ensureCollection } from "../storage/ddl.ts";
import { checkDocument } from "../storage/options.ts";
import { hintOf } from "./find.ts";
import { checkBatch, checkStatements, eachStatement, failures, writeError, type Turn, type WriteError } from "./batch.ts";
import { CHUNK_DOCS, MANY_WRITES, sliced } from "./sliced.ts";

const CHUNK_BYTES = 3_500_000;

/** `insert`: mongodb.com/docs/manual/reference/command/insert/ */
export const insert: Command = async (context) => {
  const { args, store, db } = context;
  const name = collectionName(context);
  const docs = args.required("documents", args.docs("documents"));
  checkBatch(docs.length);
  const ordered = args.value("ordered") === undefined || args.bool("ordered");
  const bypass = args.bool("bypassDocumentValidation");
  const errors: WriteError[] = [];
  let n = 0;
  let more = 0;
  for (let from = 0; from < docs.length;) {
    const { widest } = await ensureCollection(store, db, name);
    const [to, bytes] = chunkEnd(docs, from);
    const start = from;
    from = await store.writer.submit((deadline) => {
      const collection = store.catalog.get(nsOf(db, name));
      if (!collection) throw new StoreError(26, "NamespaceNotFound", `${nsOf(db, name)} was dropped during the insert`);
      for (let i = start; i < to; i++) {
        if (i > start && (store.writer.spent || performance.now() > deadline)) return i;
        try {
          const doc = prepareInsert(docs[i]!);
          checkDocument(collection, doc, undefined, bypass);
          store.records.insert(collection, doc);
          n++;
        } catch (error) {
          if (error instanceof NeedRoom) {
            more = Math.max(more, error.bytes);
            return i;
          }
          errors.push(writeError(i, error));
          if (ordered) return docs.length;
        }
      }
      return to;
    }, Math.min((to - from) * widest, MANY_WRITES), bytes + more, true);
  }
  return { n, ...(await inSlices(failures(errors))), ok: 1 };
};

function chunkEnd(docs: readonly RawDoc[], from: number): [end: number, bytes: number] {
  let bytes = 0;
  let end = from;
  while (end < docs.length && end - from < CHUNK_DOCS && (end === from || bytes + docs[end]!.length <= CHUNK_BYTES)) bytes += docs[end++]!.length;
  return [end, bytes];
}

/** What a statement calls its filter, its update and the update's constants. */
export interface UpdateNames { filter: string; update: string; constants: string }
const STATEMENT: UpdateNames = { filter: "q", update: "u", constants: "c" };

/** One update statement, carried out in as many slices as it needs. */
export class UpdateRun {
  matched = 0;
  modified = 0;
  upserted: RawDoc | undefined;
  private query: Query | undefined;
  private readonly seen = new RecordIds();
  private readonly update: CompiledUpdate;
  private readonly filter: RawDoc;
  private readonly scope: Scope;
  private readonly multi: boolean;
  private readonly bypass: boolean;
  private readonly now = Date.now();

  constructor(private readonly context: Context, private readonly ns: string, private readonly args: Args, names = STATEMENT) {
    refuse(args, names.constants);
    this.filter = args.required(names.filter, args.doc(names.filter));
    this.scope = scopeOf(args, context.store.catalog.get(ns), context.args.doc("let"));
    this.update = compileUpdateOf(args, names.update, this.scope);
    if (args.bool("upsert")) refuseExpr(this.filter, this.scope);
    this.multi = args.bool("multi");
    this.bypass = context.args.bool("bypassDocumentValidation");
    if (this.multi && this.update.isReplacement) throw new StoreError(9, "FailedToParse", "multi update is not supported for replacement-style update");
  }

  /** @throws StoreError; documents changed before stay changed, as in MongoDB. */
  step(deadline: number): boolean {
    const { store } = this.context;
    const collection = store.catalog.get(this.ns);
    if (!collection) throw new StoreError(26, "NamespaceNotFound", `${this.ns} was dropped during the update`);
    this.query ??= new Query(store.env, collection, { filter: this.filter, scope: this.scope, hint: hintOf(this.args, collection), enough: this.multi ? 0 : 1 });
    for (let n = 0; n < CHUNK_DOCS && !(n > 0 && store.writer.spent); n++) {
      const found = this.query.next(deadline);
      if (found === PAUSE) return false;
      if (!found) return this.finish();
      if (this.multi && !this.seen.add(found.recordId)) continue;
      const before = found.doc.slice();
      this.matched++;
      const { doc, changed } = this.update.apply(before, { filter: this.filter, insert: false, nowMs: this.now });
      if (changed) {
        checkDocument(collection, doc, before, this.bypass);
        this.replace(collection, found.recordId, before, doc);
        this.modified++;
      }
      if (!this.multi) return true;
    }
    return false;
  }

  /** @throws NeedRoom: the search begins anew then. */
  private replace(collection: Collection, recordId: number, before: RawDoc, after: RawDoc): void {
    try {
      this.context.store.records.replace(collection, recordId, before, after);
    } catch (error) {
      if (error instanceof NeedRoom) {
        this.matched--;
        this.seen.remove(recordId);
        this.query = undefined;
      }
      throw error;
    }
  }

  private finish(): boolean {
    if (this.matched > 0 || !this.args.bool("upsert")) return true;
    const { store } = this.context;
    const doc = prepareInsert(upsertDocument(this.filter, this.update, this.now, this.scope));
    const collection = store.catalog.get(this.ns)!;
    checkDocument(collection, doc, undefined, this.bypass);
    this.query = undefined;
    store.records.insert(collection, doc);
    this.upserted = doc;
    return true;
  }
}

/** The update of a statement: a document, or a pipeline. */
export function compileUpdateOf(args: Args, field: string, scope: Scope): CompiledUpdate {
  const value = args.required(field, args.value(field));
  const arrayFilters = args.docs("arrayFilters");
  const o = arrayFilters ? { arrayFilters, scope } : { scope };
  if (value.type === T.array) return compileUpdate(itemsOf(value).map(embedded), o);
  if (value.type !== T.object) throw new StoreError(9, "FailedToParse", "Update argument must be either an object or an array");
  return compileUpdate(embedded(value), o);
}

/** `update`: mongodb.com/docs/manual/reference/command/update/ */
export const update: Command = async (context) => {
  const { args } = context;
  const name = collectionName(context);
  const statements = args.required("updates", args.docs("updates"));
  checkBatch(statements.length);
  await inSlices(checkStatements("update.updates", statements, "q", "u"));
  const ordered = args.value("ordered") === undefined || args.bool("ordered");
  const errors: WriteError[] = [];
  const upserted: { index: number; _id: unknown }[] = [];
  let n = 0;
  let nModified = 0;
  const there = () => context.store.catalog.get(nsOf(context.db, name)) !== undefined;
  await eachStatement(statements, ordered, (statement) => changesOne(new Args("update.updates", statement), there()), async (statement, index, turn) => {
    try {
      const run = await runUpdate(context, name, new Args("update.updates", statement), STATEMENT, turn);
      n += run.matched + (run.upserted ? 1 : 0);
      nModified += run.modified;
      if (run.upserted) upserted.push({ index, _id: idAsJs(run.upserted) });
      return true;
    } catch (error) {
      errors.push(writeError(index, error));
      return false;
    }
  });
  upserted.sort((a, b) => a.index - b.index);
  return { n, nModified, ...(upserted.length > 0 ? { upserted } : {}), ...(await inSlices(failures(errors))), ok: 1 };
};

/** Whether a statement changes one document and needs no new collection. */
const changesOne = (statement: Args, there: boolean): boolean => !statement.bool("multi") && (there || !statement.bool("upsert"));

/** Carries out one update statement on a collection of the context's database. @throws StoreError */
export async function runUpdate(context: Context, name: string, statement: Args, names: UpdateNames, turn: Turn, db = context.db): Promise<UpdateRun> {
  const ns = nsOf(db, name);
  const run = new UpdateRun(context, ns, statement, names);
  if (!context.store.catalog.get(ns)) {
    if (!statement.bool("upsert")) return run;
    await ensureCollection(context.store, db, name);
  }
  let failure: unknown;
  await sliced(context.store, ns, (deadline) => turn.step(() => {
    try {
      return run.step(deadline);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      failure = error;
      turn.fail();
      return true;
    }
  }), { many: statement.bool("multi"), bytes: statement.body.length * 2, expires: context.expires });
  if (failure) throw failure;
  return run;
}

export const idAsJs = (doc: RawDoc) => toJs(new DocWriter(32).value("_id", idOf(doc)!).done(), { exact: true })["_id"];

/** One delete statement. */
export class DeleteRun {
  n = 0;
  private query: Query | undefined;
  private readonly filter: RawDoc;
  private readonly scope: Scope;
  private readonly one: boolean;

  get many(): boolean {
    return !this.one;
  }

  constructor(private readonly store: Store, private readonly ns: string, private readonly args: Args, let_: RawDoc | undefined, statement: { filter: string; one: boolean }) {
    this.filter = args.required(statement.filter, args.doc(statement.filter));
    this.one = statement.one;
    this.scope = scopeOf(args, store.catalog.get(ns), let_);
  }

  step(deadline: number): boolean {
    const collection = this.store.catalog.get(this.ns);
    if (!collection) return true;
    this.query ??= new Query(this.store.env, collection, { filter: this.filter, scope: this.scope, hint: hintOf(this.args, collection), enough: this.one ? 1 : 0 });
    for (let i = 0; i < CHUNK_DOCS && !(i > 0 && this.store.writer.spent); i++) {
      const found = this.query.next(deadline);
      if (found === PAUSE) return false;
      if (!found) return true;
      this.remove(collection, found.recordId, found.doc.slice());
      this.n++;
      if (this.one) return true;
    }
    return false;
  }

  /** @throws NeedRoom: the search begins anew then. */
  private remove(collection: Collection, recordId: number, doc: RawDoc): void {
    try {
      this.store.records.remove(collection, recordId, doc);
    } catch (error) {
      if (error instanceof NeedRoom) this.query = undefined;
      throw error;
    }
  }
}

/** `delete`: mongodb.com/docs/manual/reference/command/delete/ */
export const remove: Command = async (context) => {
  const { args, store, db } = context;
  const ns = nsOf(db, collectionName(context));
  const statements = args.required("deletes", args.docs("deletes"));
  checkBatch(statements.length);
  await inSlices(checkStatements("delete.deletes", statements, "q", "limit"));
  const ordered = args.value("ordered") === undefined || args.bool("ordered");
  const errors: WriteError[] = [];
  let n = 0;
  const one = (statement: RawDoc) => getField(statement, "limit") !== undefined && numberOf(getField(statement, "limit")!) === 1;
  await eachStatement(statements, ordered, one, async (statement, index, turn) => {
    try {
      const one = new Args("delete.deletes", statement);
      const limit = one.required("limit", one.number("limit"));
      if (limit !== 0 && limit !== 1) throw new StoreError(9, "FailedToParse", `The limit field in delete objects must be 0 or 1. Got ${limit}`);
      const run = new DeleteRun(store, ns, one, args.doc("let"), { filter: "q", one: limit === 1 });
      await sliced(store, ns, (deadline) => turn.step(() => run.step(deadline)), { many: run.many, bytes: 0, expires: context.expires });
      n += run.n;
      return true;
    } catch (error) {
      errors.push(writeError(index, error));
      return false;
    }
  });
  return { n, ...(await inSlices(failures(errors))), ok: 1 };
};
