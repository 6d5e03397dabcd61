import { PAUSE, Query, type QuerySpec, type Source } from "../planner/query.ts";
import { Sorter } from "../planner/sorter.ts";
import { nsOf, type Store } from "../storage/store.ts";
import { nextTurn, sliceEnd } from "../storage/turns.ts";
import type { Collection } from "../storage/catalog.ts";
import { StoreError } from "../values/errors.ts";
import type { Collation } from "../values/collation.ts";
import { valueKeyText } from "../values/key.ts";
import { filterAst } from "../values/match.ts";
import { compileProjection } from "../values/project.ts";
import { embedded, EMPTY_DOC, fieldsOf, getDistinct, int64At, itemsOf, MAX_DOC_BYTES, stringOf, T, toJs, type RawDoc, type RawValue, DocWriter } from "../values/raw.ts";
import type { DocumentOrder } from "../values/sort.ts";
import { Args, checkTime, collectionName, RawReply, refuse, scopeOf, type Command, type Context } from "./context.ts";
import { Cursor } from "./cursors.ts";

/** Answers nothing: the source of a collection that does not exist. */
export const NOTHING: Source = { next: () => undefined };

/** An index name, key pattern or `$natural` in `hint`. */
export function hintOf(args: Args, collection: Collection | undefined): QuerySpec["hint"] {
  const value = args.value("hint");
  if (!value) return undefined;
  if (value.type === T.string) return { name: stringOf(value) };
  if (value.type !== T.object) throw new StoreError(9, "FailedToParse", "Hint must be a string or an object");
  const pattern = toJs(embedded(value));
  if (Object.keys(pattern).length === 0) return undefined;
  if ("$natural" in pattern) return { natural: Number(pattern["$natural"]) < 0 ? -1 : 1 };
  const wanted = JSON.stringify(pattern);
  return { name: collection?.indexes.find((i) => JSON.stringify(toJs(i.spec)["key"]) === wanted)?.name ?? "" };
}

/** A field that must be a number from 0 on; fractions are cut off. @throws StoreError 51024. */
export function whole(args: Args, name: string): number {
  const n = args.number(name) ?? 0;
  if (n < 0 || !Number.isFinite(n)) throw new StoreError(51024, "Location51024", `BSON field '${name}' value must be >= 0, actual value '${n}'`);
  return Math.trunc(n);
}

/** `find`: mongodb.com/docs/manual/reference/command/find/ */
export const find: Command = (context) => {
  const { args, store, cursors, db } = context;
  const ns = nsOf(db, collectionName(context));
  const { cursor } = prepareFind(context, args, store.catalog.get(ns), ns);
  const batchSize = args.value("batchSize") ? whole(args, "batchSize") : undefined;
  return cursors.first(cursor, batchSize, args.bool("singleBatch"), context);
};

/** The query and the cursor of a find command. */
export function prepareFind({ store }: Context, args: Args, collection: Collection | undefined, ns: string): { cursor: Cursor; query: Query | undefined } {
  refuse(args, "returnKey", "showRecordId", "min", "max");
  refuseTailable(args, collection);
  const scope = scopeOf(args, collection);
  const filter = args.doc("filter") ?? EMPTY_DOC;
  const skip = whole(args, "skip");
  const limit = whole(args, "limit");
  const projection = args.doc("projection");
  const project = projection && projection.length > EMPTY_DOC.length ? compileProjection(projection, filter, scope) : undefined;
  const ast = filterAst(filter, scope);
  const query = collection && new Query(store.env, collection, { filter, ast, scope, sort: args.doc("sort"), hint: hintOf(args, collection), enough: limit > 0 ? limit + skip : 0 });
  const cursor = new Cursor(ns, query ?? NOTHING, { skip, limit, project, collection, noTimeout: args.bool("noCursorTimeout") });
  return { cursor, query };
}

/** Only capped collections have tailable cursors, and there are none here. */
function refuseTailable(args: Args, collection: Collection | undefined): void {
  const tailable = args.bool("tailable");
  if (args.bool("awaitData") && !tailable) throw new StoreError(9, "FailedToParse", "Cannot set 'awaitData' without also setting 'tailable'");
  if (tailable && collection) throw new StoreError(2, "BadValue", `error processing query: ns=${collection.ns}: tailable cursor requested on non capped collection`);
}

export const getMore: Command = (context) => {
  const { args, cursors, db } = context;
  const id = args.required("getMore", args.value("getMore"));
  const collection = args.required("collection", args.string("collection"));
  if (id.type !== T.long) throw new StoreError(14, "TypeMismatch", "BSON field 'getMore.getMore' is the wrong type, expected type 'long'");
  if (args.value("maxTimeMS")) throw new StoreError(2, "BadValue", "cannot set maxTimeMS on getMore command for a non-awaitData cursor");
  return cursors.more(int64At(id.bytes, id.start), nsOf(db, collection), args.number("batchSize"), context);
};

export const killCursors: Command = ({ args, cursors }) => {
  const list = args.required("cursors", args.value("cursors"));
  const ids = (list.type === T.array ? itemsOf(list) : [list]).map((v) => {
    if (v.type !== T.long) throw new StoreError(14, "TypeMismatch", "BSON field 'killCursors.cursors' is the wrong type, expected an array of longs");
    return int64At(v.bytes, v.start);
  });
  const killed = new Set(ids.filter((id) => cursors.kill(id)));
  return { cursorsKilled: [...killed], cursorsNotFound: ids.filter((id) => !killed.has(id)), cursorsAlive: [], cursorsUnknown: [], ok: 1 };
};

/** Runs `visit` over every match, in slices. */
export async function forEachMatch(query: Source, visit: (doc: RawDoc) => void, expires = Infinity): Promise<void> {
  let deadline = sliceEnd();
  for (let turns = 0; ;) {
    const found = query.next(deadline);
    if (!found) return;
    if (found !== PAUSE) {
      visit(found.doc);
      continue;
    }
    checkTime(expires);
    await nextTurn(turns++);
    deadline = sliceEnd();
  }
}

/** How many documents match; the whole collection is counted from its statistics. */
export async function countMatches(store: Store, collection: Collection | undefined, spec: QuerySpec, expires = Infinity): Promise<{ n: number; query: Query | undefined }> {
  if (!collection) return { n: 0, query: undefined };
  const ast = spec.ast ?? filterAst(spec.filter, spec.scope);
  if (ast.kind === "and" && ast.children.length === 0 && !spec.hint) return { n: collection.count, query: undefined };
  const query = new Query(store.env, collection, { ...spec, ast, counting: true });
  let n = 0;
  await forEachMatch(query, () => n++, expires);
  return { n, query };
}

/** `count`: mongodb.com/docs/manual/reference/command/count/ */
export const count: Command = async (context) => {
  const { args, store, db } = context;
  const collection = store.catalog.get(nsOf(db, collectionName(context)));
  const scope = scopeOf(args, collection);
  const { n } = await countMatches(store, collection, { filter: args.doc("query") ?? EMPTY_DOC, hint: hintOf(args, collection), scope }, context.expires);
  const rest = Math.max(n - whole(args, "skip"), 0);
  const limit = Math.abs(args.number("limit") ?? 0);
  return { n: limit > 0 ? Math.min(rest, limit) : rest, ok: 1 };
};

/** `distinct`: mongodb.com/docs/manual/reference/command/distinct/ */
export const distinct: Command = async (context) => {
  const { args, store, db } = context;
  const key = args.required("key", args.string("key"));
  const collection = store.catalog.get(nsOf(db, collectionName(context)));
  const scope = scopeOf(args, collection);
  const order = valueOrder(scope.collation);
  const values = new Sorter(order, 0, "distinct");
  if (collection) {
    const seen = new Set<string>();
    await forEachMatch(new Query(store.env, collection, { filter: args.doc("query") ?? EMPTY_DOC, hint: hintOf(args, collection), scope }), (doc) => {
      for (const value of getDistinct(doc, key)) {
        const text = order.textOf(value);
        if (seen.has(text)) continue;
        seen.add(text);
        values.add(new DocWriter(value.end - value.start + 16).value("", value).done());
      }
    }, context.expires);
  }
  const reply = new DocWriter().open("values", T.array);
  const sorted = values.sorted();
  let [n, size] = [0, 0];
  const listed: Source = {
    next(deadline) {
      if (performance.now() > deadline) return PAUSE;
      const next = sorted.next();
      return next.done ? undefined : next.value;
    },
  };
  await forEachMatch(listed, (doc) => {
    size += doc.length;
    if (size > MAX_DOC_BYTES) throw new StoreError(17217, "Location17217", "distinct too big, 16mb cap");
    reply.value(String(n++), valueIn(doc));
  }, context.expires);
  return new RawReply(reply.close().double("ok", 1).done());
};

const valueIn = (doc: RawDoc): RawValue => fieldsOf(doc)[0]!.value;

/** The order of values that each lie in a document of their own. */
function valueOrder(collation: Collation | undefined): DocumentOrder & { textOf(value: RawValue): string } {
  const textOf = (value: RawValue) => (collation ? collation.keyText(value) : valueKeyText(value));
  if (collation) return { textOf, keyOf: valueIn, compare: (a, b) => collation.compare(a as RawValue, b as RawValue), sizeOf: () => 40 };
  return { textOf, keyOf: (doc) => textOf(valueIn(doc)), compare: (a, b) => ((a as string) < (b as string) ? -1 : 1), sizeOf: (text) => (text as string).length };
}
