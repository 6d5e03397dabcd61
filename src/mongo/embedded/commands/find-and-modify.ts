import { parseFilter, PAUSE, Query, type ParsedFilter } from "../planner/query.ts";
import { nsOf, type Store } from "../storage/store.ts";
import { nextTurn, sliceEnd } from "../storage/turns.ts";
import { ensureCollection } from "../storage/ddl.ts";
import { checkDocument } from "../storage/options.ts";
import { StoreError } from "../values/errors.ts";
import type { Scope } from "../values/scope.ts";
import { compileProjection } from "../values/project.ts";
import { DocWriter, EMPTY_DOC, idOf, prepareInsert, T, type RawDoc } from "../values/raw.ts";
import { refuseExpr, upsertDocument, type CompiledUpdate } from "../values/update.ts";
import { collectionName, RawReply, scopeOf, type Args, type Command } from "./context.ts";
import { hintOf } from "./find.ts";
import { sliced } from "./sliced.ts";
import { compileUpdateOf } from "./write.ts";

/** One findAndModify: looks for its document in slices, then changes it in the same write batch in which it was found. */
class Run {
  before: RawDoc | undefined;
  after: RawDoc | undefined;
  upserted = false;
  private query: Query | undefined;
  private parsed: ParsedFilter | undefined;
  private readonly filter: RawDoc;
  private readonly update: CompiledUpdate | undefined;
  private readonly upsert: boolean;
  private readonly scope: Scope;
  private readonly bypass: boolean;
  private readonly now = Date.now();

  constructor(private readonly store: Store, private readonly ns: string, private readonly args: Args) {
    this.filter = args.doc("query") ?? EMPTY_DOC;
    this.upsert = args.bool("upsert");
    this.bypass = args.bool("bypassDocumentValidation");
    const remove = args.bool("remove");
    if (remove && args.value("update")) throw failed("Cannot specify both an update and remove=true");
    if (remove && this.upsert) throw failed("Cannot specify both upsert=true and remove=true");
    if (remove && args.bool("new")) throw failed("Cannot specify both new=true and remove=true; 'remove' always returns the deleted document");
    if (!remove && !args.value("update")) throw failed("Either an update or remove=true must be specified");
    this.scope = scopeOf(args, store.catalog.get(ns));
    if (this.upsert) refuseExpr(this.filter, this.scope);
    this.update = remove ? undefined : compileUpdateOf(args, "update", this.scope);
  }

  /** Whether a read shows that nothing matches, so that no write batch is needed: polls mostly end here. */
  async nothingThere(): Promise<boolean> {
    const collection = this.store.catalog.get(this.ns);
    if (!collection) return true;
    this.parsed = parseFilter(this.filter, this.scope);
    const query = new Query(this.store.env, collection, { filter: this.filter, ...this.parsed, scope: this.scope, hint: hintOf(this.args, collection), enough: 1 });
    if (query.plan.kind === "index" && query.plan.one) return false;
    for (let turns = 0; ; turns++) {
      const found = query.next(sliceEnd());
      if (found !== PAUSE) return !found;
      await nextTurn(turns);
    }
  }

  step(deadline: number): boolean {
    const { store, update } = this;
    const collection = store.catalog.get(this.ns);
    if (!collection) return true;
    this.parsed ??= parseFilter(this.filter, this.scope);
    this.query ??= new Query(store.env, collection, { filter: this.filter, ...this.parsed, scope: this.scope, sort: this.args.doc("sort"), hint: hintOf(this.args, collection), enough: 1 });
    const found = this.query.next(deadline);
    if (found === PAUSE) return false;
    if (!found) {
      if (update && this.upsert) {
        this.query = undefined;
        this.after = prepareInsert(upsertDocument(this.filter, update, this.now, this.scope));
        checkDocument(collection, this.after, undefined, this.bypass);
        store.records.insert(collection, this.after);
        this.upserted = true;
      }
      return true;
    }
    const current = store.records.read(collection, found.recordId);
    const still = current !== undefined && this.stillMatches(current, found.doc);
    // Whoever is asked again, for want of room, searches again.
    this.query = undefined;
    if (!still) return false;
    if (!update) {
      store.records.remove(collection, found.recordId, current);
      this.before = current;
      return true;
    }
    this.before = current;
    const { doc, changed } = update.apply(current, { filter: this.filter, insert: false, nowMs: this.now });
    if (changed) {
      checkDocument(collection, doc, current, this.bypass);
      store.records.replace(collection, found.recordId, current, doc);
    }
    this.after = doc;
    return true;
  }

  /** A sorted search that took several slices may hold a document that has changed since. */
  private stillMatches(current: RawDoc, found: RawDoc): boolean {
    return !this.query!.held || Buffer.compare(current, found) === 0;
  }
}

const failed = (message: string) => new StoreError(9, "FailedToParse", message);

/** `findAndModify`: mongodb.com/docs/manual/reference/command/findAndModify/ */
export const findAndModify: Command = async (context) => {
  const { args, store, db } = context;
  const name = collectionName(context);
  const ns = nsOf(db, name);
  const run = new Run(store, ns, args);
  if (args.bool("upsert")) await ensureCollection(store, db, name);
  if (args.bool("upsert") || !(await run.nothingThere())) await sliced(store, ns, (deadline) => run.step(deadline), { many: false, bytes: args.body.length * 2, expires: context.expires });
  const remove = args.bool("remove");
  const w = new DocWriter(1024).open("lastErrorObject", T.object);
  w.int32("n", run.before || run.upserted ? 1 : 0);
  if (!remove) w.bool("updatedExisting", run.before !== undefined);
  if (run.upserted) w.value("upserted", idOf(run.after!)!);
  w.close();
  const value = args.bool("new") ? run.after : run.before;
  const fields = args.doc("fields");
  if (value) w.doc("value", fields && fields.length > EMPTY_DOC.length ? compileProjection(fields, args.doc("query") ?? EMPTY_DOC, scopeOf(args, store.catalog.get(ns)))(value) : value);
  else w.null("value");
  return new RawReply(w.double("ok", 1).done());
};
