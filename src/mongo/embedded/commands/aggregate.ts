import { PAUSE, Query, type QuerySpec, type Source } from "../planner/query.ts";
import { provide } from "../pipeline/expressions/provide.ts";
import { Names } from "../pipeline/expressions/frame.ts";
import { NO_DOCS, type Docs } from "../pipeline/docs.ts";
import { compilePipeline } from "../pipeline/pipeline.ts";
import type { ReadSpec, World } from "../pipeline/stage.ts";
import { nsOf, type Store } from "../storage/store.ts";
import { storeError, StoreError } from "../values/errors.ts";
import { DocWriter, embedded, EMPTY_DOC, fieldsOf, getField, MAX_DOC_BYTES, numberOf, stringOf, T, type RawDoc, type RawValue } from "../values/raw.ts";
import type { Scope } from "../values/scope.ts";
import { describe, describeServer } from "./aggregate-describe.ts";
import { carryOut } from "./aggregate-writes.ts";
import { Args, scopeOf, type Command, type Context } from "./context.ts";
import { Cursor } from "./cursors.ts";
import { explain } from "./explain.ts";
import { countMatches, hintOf, NOTHING } from "./find.ts";

provide();

/** `aggregate`: mongodb.com/docs/manual/reference/command/aggregate/ */
export const aggregate: Command = async (context) => {
  const { args, store, cursors, db } = context;
  if (args.bool("explain")) return explain({ ...context, args: new Args("explain", new DocWriter(args.body.length + 64).doc("explain", args.body).done()) });
  const target = args.required("aggregate", args.value("aggregate"));
  const raws = args.required("pipeline", args.docs("pipeline"));
  const options = args.doc("cursor");
  if (!options) throw new StoreError(9, "FailedToParse", "The 'cursor' option is required, except for aggregate with the explain argument");
  const name = collectionOf(target);
  const batchSize = new Args("aggregate.cursor", options).number("batchSize");
  const collection = name === undefined ? undefined : store.catalog.get(nsOf(db, name));
  const scope = scopeOf(args, collection);
  const ns = nsOf(db, name ?? "$cmd.aggregate");
  const counted = name === undefined ? undefined : await count(context, name, raws, scope);
  if (counted) return cursors.first(new Cursor(ns, sourceOf(counted), { skip: 0, limit: 0, project: undefined }), batchSize, false, context);
  const names = Names.of({ nowMs: Date.now(), ...scope });
  const pipeline = compilePipeline(raws, names, { collection: name, inside: undefined });
  const docs = pipeline.open(worldOf(context), { hint: hintOf(args, collection) });
  if (pipeline.writes) {
    await carryOut(context, pipeline.writes, docs, { names, source: name });
    return cursors.first(new Cursor(ns, NOTHING, { skip: 0, limit: 0, project: undefined }), batchSize, false, context);
  }
  return cursors.first(new Cursor(ns, sourceOf(docs), { skip: 0, limit: 0, project: undefined, collection }), batchSize, false, context);
};

function collectionOf(target: RawValue): string | undefined {
  if (target.type === T.string && stringOf(target) !== "") return stringOf(target);
  if (numberOf(target) === 1) return undefined;
  throw target.type === T.string ? new StoreError(73, "InvalidNamespace", "Invalid namespace specified: empty collection name") : storeError("FailedToParse", "Invalid command format: the 'aggregate' field must specify a collection name or 1");
}

/** Documents as a cursor takes them. @throws StoreError 10334 for one that is larger than a document may be. */
const sourceOf = (docs: Docs): Source => ({
  next(deadline) {
    const doc = docs.next(deadline);
    if (doc === undefined || doc === PAUSE) return doc;
    if (doc.length > MAX_DOC_BYTES) throw storeError("BSONObjectTooLarge", `BSONObj size: ${doc.length} is invalid. Size must be between 0 and ${MAX_DOC_BYTES}`);
    return { recordId: 0, doc };
  },
});

/** What pipelines see of one database. */
const worldOf = (context: Context): World => ({
  read: (spec) => read(context.store, context.db, spec),
  describe: (stage, collection, spec) => describe(context.store, nsOf(context.db, collection), stage, spec),
  server: (stage) => describeServer(context, stage),
});

/** Reads a collection by its best plan. */
function read(store: Store, db: string, { collection: name, filter: ast, names, sort, skip, limit, hint, passing }: ReadSpec): Docs {
  const collection = store.catalog.get(nsOf(db, name));
  if (!collection) return NO_DOCS;
  const enough = limit > 0 ? limit + skip : 0;
  const query = new Query(store.env, collection, { filter: EMPTY_DOC, ast, scope: names, hint: hint as QuerySpec["hint"], sort, enough });
  const found: Docs = {
    next(deadline) {
      const next = query.next(deadline);
      if (next === undefined || next === PAUSE) return next;
      return passing || query.held ? next.doc : next.doc.slice();
    },
  };
  return bounded(found, skip, limit);
}

function bounded(docs: Docs, skip: number, limit: number): Docs {
  if (skip === 0 && limit === 0) return docs;
  let toSkip = skip;
  let left = limit > 0 ? limit : Infinity;
  return {
    next(deadline) {
      while (left > 0) {
        const doc = docs.next(deadline);
        if (doc === undefined || doc === PAUSE) return doc;
        if (toSkip-- > 0) continue;
        left--;
        return doc;
      }
      return undefined;
    },
  };
}

/** The answer of a pipeline that only counts (what the driver's countDocuments sends), by statistics where there is no condition. */
async function count(context: Context, name: string, raws: readonly RawDoc[], scope: Scope): Promise<Docs | undefined> {
  const { store, db, args, expires } = context;
  const stages = raws.map((raw) => fieldsOf(raw)[0]);
  const match = stages[0]?.name === "$match" && stages[0].value.type === T.object ? embedded(stages[0].value) : undefined;
  const group = stages[match ? 1 : 0];
  if (stages.length !== (match ? 2 : 1) || raws.some((raw) => fieldsOf(raw).length !== 1) || group?.name !== "$group" || group.value.type !== T.object) return undefined;
  const [id, n, ...more] = fieldsOf(group.value.bytes, group.value.start);
  if (more.length > 0 || id?.name !== "_id" || n?.value.type !== T.object || n.name.startsWith("$") || n.name.includes(".")) return undefined;
  if (id.value.type !== T.null && id.value.type !== T.int) return undefined;
  const one = getField(n.value.bytes, "$sum", n.value.start);
  if (one?.type !== T.int || numberOf(one) !== 1 || fieldsOf(n.value.bytes, n.value.start).length !== 1) return undefined;
  const collection = store.catalog.get(nsOf(db, name));
  const found = await countMatches(store, collection, { filter: match ?? EMPTY_DOC, hint: hintOf(args, collection), scope: Names.of(scope) }, expires);
  let doc: RawDoc | undefined = found.n === 0 ? undefined : new DocWriter().value("_id", id.value).int32(n.name, found.n).done();
  return {
    next() {
      const next = doc;
      doc = undefined;
      return next;
    },
  };
}
