import { ObjectId } from "bson";
import { PAUSE, Query } from "../planner/query.ts";
import type { Docs } from "../pipeline/docs.ts";
import { checkVariableName, coded, compileExpression } from "../pipeline/expressions/compile.ts";
import type { Expr, Names } from "../pipeline/expressions/frame.ts";
import { documentValue } from "../pipeline/expressions/make.ts";
import { Merge } from "../pipeline/expressions/ops-objects.ts";
import { compileTransform } from "../pipeline/expressions/provide.ts";
import type { Transform } from "../pipeline/expressions/projection.ts";
import { stagesOf } from "../pipeline/pipeline.ts";
import { typeName } from "../pipeline/expressions/numbers.ts";
import { valueAt } from "../pipeline/nested.ts";
import type { Collection } from "../storage/catalog.ts";
import { buildIndex, dropCollection, ensureCollection, renameCollection, createCollection } from "../storage/ddl.ts";
import { checkDocument } from "../storage/options.ts";
import { NeedRoom } from "../storage/room.ts";
import { nsOf } from "../storage/store.ts";
import { nextTurn, sliceEnd } from "../storage/turns.ts";
import { locationError, storeError, StoreError } from "../values/errors.ts";
import { equalValues } from "../values/key.ts";
import type { FilterNode } from "../values/match.ts";
import { embedded, EMPTY_DOC, fieldsOf, idOf, itemsOf, prepareInsert, stringOf, T, type RawDoc, type RawValue } from "../values/raw.ts";
import { checkTime, type Context } from "./context.ts";
import { MANY_WRITES } from "./sliced.ts";

interface Target {
  readonly db: string;
  readonly name: string;
}

interface Origin {
  readonly names: Names;
  readonly source: string | undefined;
}

/** Carries out the `$out` or `$merge` that ends a pipeline. */
export async function carryOut(context: Context, { name, value }: { name: string; value: RawValue }, docs: Docs, origin: Origin): Promise<void> {
  if (name === "$out") return replaceCollection(context, targetOf("$out", value, context.db), docs);
  const merge = parseMerge(value, context, origin);
  const { db, name: into } = merge.target;
  await ensureCollection(context.store, db, into);
  checkUnique(context, merge);
  await inBatches(context, merge.target, docs, (collection, doc) => mergeOne(context, collection, merge, doc));
}

const BATCH_DOCS = 100;
const BATCH_BYTES = 3_500_000;

/** Reads documents in slices and writes them, many in one write batch. What was written before an error stays written, as in MongoDB. */
async function inBatches({ store, expires }: Context, target: Target, docs: Docs, write: (collection: Collection, doc: RawDoc) => void): Promise<void> {
  let batch: RawDoc[] = [];
  let bytes = 0;
  const flush = async () => {
    const [full, size] = [batch, bytes];
    [batch, bytes] = [[], 0];
    if (full.length === 0) return;
    let at = 0;
    const writeAll = (deadline: number): Error | undefined => {
      const first = at;
      try {
        const collection = store.catalog.get(nsOf(target.db, target.name));
        if (!collection) throw new StoreError(26, "NamespaceNotFound", `${nsOf(target.db, target.name)} was dropped during the aggregation`);
        for (; at < full.length && !(at > first && (store.writer.spent || performance.now() > deadline)); at++) write(collection, full[at]!);
        return undefined;
      } catch (error) {
        if (error instanceof StoreError || error instanceof NeedRoom) return error;
        throw error;
      }
    };
    for (let more = 0; at < full.length;) {
      const each = store.catalog.get(nsOf(target.db, target.name))?.widest ?? 1;
      const failure = await store.writer.submit(writeAll, Math.min(full.length * each, MANY_WRITES), size + more, true);
      if (failure instanceof NeedRoom) more = Math.max(more, failure.bytes);
      else if (failure) throw failure;
    }
  };
  let deadline = sliceEnd();
  for (let turns = 0; ;) {
    const doc = docs.next(deadline);
    if (doc === PAUSE) {
      checkTime(expires);
      await nextTurn(turns++);
      deadline = sliceEnd();
    } else if (doc) {
      batch.push(Uint8Array.prototype.slice.call(doc));
      bytes += doc.length;
      if (batch.length < BATCH_DOCS && bytes < BATCH_BYTES) continue;
      await flush();
      deadline = sliceEnd();
    } else return flush();
  }
}

/** A collection's name, or `{db, coll}`. */
function targetOf(stage: string, value: RawValue, db: string): Target {
  if (value.type === T.string) return { db, name: stringOf(value) };
  if (value.type !== T.object) throw locationError(stage === "$out" ? 16990 : 51178, `${stage} only supports a string or object argument, but found ${typeName(value)}`);
  const parts = new Map<string, string>();
  for (const { name, value: v } of fieldsOf(value.bytes, value.start)) {
    if (name !== "db" && name !== "coll") throw locationError(stage === "$out" ? 16994 : 40415, `'${name}' is no part of the target of ${stage}`);
    if (v.type !== T.string) throw coded(14, `'${name}' in the target of ${stage} must be a string`);
    parts.set(name, stringOf(v));
  }
  const name = parts.get("coll");
  if (name === undefined || (stage === "$out" && !parts.has("db"))) throw locationError(stage === "$out" ? 16994 : 40414, `${stage} needs 'db' and 'coll' in an object that names its target`);
  return { db: parts.get("db") ?? db, name };
}

/** `$out`: a new collection takes the place of the old one, indexes and options kept. Source: mongodb.com/docs/manual/reference/operator/aggregation/out/ */
async function replaceCollection(context: Context, { db, name }: Target, docs: Docs): Promise<void> {
  const { store } = context;
  const old = store.catalog.get(nsOf(db, name));
  const made = `tmp.agg_out.${new ObjectId().toHexString()}`;
  const { collection } = await createCollection(store, db, made, old?.options);
  const bypass = context.args.bool("bypassDocumentValidation");
  try {
    for (const index of old?.indexes.slice(1) ?? []) await buildIndex(store, collection.ns, index.spec);
    await inBatches(context, { db, name: made }, docs, (into, doc) => {
      const stored = prepareInsert(doc);
      checkDocument(into, stored, undefined, bypass);
      store.records.insert(into, stored);
    });
    await renameCollection(store, collection.ns, db, name, true);
  } catch (error) {
    await dropCollection(store, collection.ns);
    throw error;
  }
}

type Matched = "replace" | "keepExisting" | "merge" | "fail" | readonly Transform[];

interface MergeSpec {
  readonly target: Target;
  readonly on: readonly string[];
  readonly matched: Matched;
  readonly unmatched: "insert" | "discard" | "fail";
  readonly variables: readonly { place: number; expr: Expr }[];
  readonly names: Names;
  readonly bypass: boolean;
}

const MATCHED = new Set(["replace", "keepExisting", "merge", "fail"]);
const UNMATCHED = new Set(["insert", "discard", "fail"]);

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/merge/ */
function parseMerge(value: RawValue, context: Context, { names }: Origin): MergeSpec {
  const args = new Map(value.type === T.object ? fieldsOf(value.bytes, value.start).map((f) => [f.name, f.value]) : []);
  if (value.type !== T.string && value.type !== T.object) throw locationError(51182, `$merge only supports a string or object argument, but found ${typeName(value)}`);
  for (const name of args.keys()) if (!["into", "on", "let", "whenMatched", "whenNotMatched"].includes(name)) throw locationError(40415, `BSON field '$merge.${name}' is an unknown field.`);
  const into = value.type === T.string ? value : args.get("into");
  if (!into) throw locationError(40414, "BSON field '$merge.into' is missing but a required field");
  const onArg = args.get("on");
  const on = onArg ? (onArg.type === T.array ? itemsOf(onArg) : [onArg]).map((v) => {
    if (v.type !== T.string) throw locationError(51134, `$merge 'on' field must be a string or an array of strings, but found ${typeName(v)}`);
    return stringOf(v);
  }) : ["_id"];
  if (on.length === 0) throw locationError(51187, "If explicitly specifying $merge 'on', must include at least one field");
  if (new Set(on).size < on.length) throw locationError(31465, "Found a duplicate field in $merge 'on'");
  const when = args.get("whenMatched");
  const unmatched = args.has("whenNotMatched") ? choice(args.get("whenNotMatched")!, UNMATCHED) : "insert";
  const variables = letOf(args.get("let"), when, names);
  const { names: inside, places } = names.bind(...variables.map((v) => v.name));
  const matched = when?.type === T.array ? transformsOf(when, inside) : when ? choice(when, MATCHED) : "merge";
  if (matched === "keepExisting" && unmatched !== "insert") throw locationError(51181, "This combination of 'whenMatched' and 'whenNotMatched' modes of $merge is not supported");
  return {
    target: targetOf("$merge", into, context.db), on, matched: matched as Matched, unmatched: unmatched as MergeSpec["unmatched"],
    variables: variables.map((v, i) => ({ place: places[i]!, expr: v.expr })), names, bypass: context.args.bool("bypassDocumentValidation"),
  };
}

function choice(value: RawValue, known: ReadonlySet<string>): string {
  const text = value.type === T.string ? stringOf(value) : "";
  if (!known.has(text)) throw coded(2, `Enumeration value '${text}' of $merge is not valid; it must be one of ${[...known].join(", ")}`);
  return text;
}

function letOf(value: RawValue | undefined, when: RawValue | undefined, names: Names): { name: string; expr: Expr }[] {
  if (value && when?.type !== T.array) throw locationError(51199, "Cannot use 'let' variables with 'whenMatched' modes other than a pipeline");
  if (value && value.type !== T.object) throw coded(14, "BSON field '$merge.let' must be an object");
  const own = value ? fieldsOf(value.bytes, value.start).map(({ name, value: v }) => {
    checkVariableName(name);
    return { name, expr: compileExpression(v, names) };
  }) : [];
  if (own.some((v) => v.name === "new") && value) throw locationError(51273, "'let' may not define a value for the reserved 'new' variable other than '$$ROOT'");
  return [...own, { name: "new", expr: { run: (f) => documentValue(f.root), constant: false, local: false } }];
}

function transformsOf(value: RawValue, names: Names): Transform[] {
  return stagesOf(value, "'whenMatched' of $merge").map((stage) => {
    const [only] = fieldsOf(stage);
    const transform = only && compileTransform(only.name, only.value, names);
    if (!transform) throw storeError("FailedToParse", `${only?.name ?? "An empty stage"} is not allowed to be used within an update`);
    return transform;
  });
}

/** `on` must be what a unique index is on. */
function checkUnique({ store }: Context, { target, on }: MergeSpec): void {
  const collection = store.catalog.get(nsOf(target.db, target.name));
  const fits = collection?.indexes.some((index) => (index === collection.idIndex || index.unique) && !index.partial && !index.sparse && index.fields.length === on.length && index.fields.every((f) => on.includes(f.path)));
  if (!fits) throw locationError(51183, `Cannot find index to verify that join fields will be unique: ${on.join(", ")}`);
}

function mergeOne({ store }: Context, collection: Collection, merge: MergeSpec, given: RawDoc): void {
  const { names, matched, on } = merge;
  const doc = on.includes("_id") && !idOf(given) ? prepareInsert(given) : given;
  const children = on.map((path): FilterNode => {
    const value = valueAt(doc, path.split("."));
    if (!value || value.type === T.null || value.type === T.undefined) throw locationError(51132, "$merge write error: 'on' field cannot be missing, null, undefined or an array");
    if (value.type === T.array) throw locationError(51185, "$merge write error: 'on' field cannot be missing, null, undefined or an array");
    return { kind: "leaf", path, op: "eq", value };
  });
  const found = new Query(store.env, collection, { filter: EMPTY_DOC, ast: { kind: "and", children } }).next(Infinity);
  if (!found || found === PAUSE) {
    if (merge.unmatched === "fail") throw new StoreError(13113, "MergeStageNoMatchingDocument", "$merge could not find a matching document in the target collection for at least one document in the source collection");
    if (merge.unmatched === "discard") return;
    insert(store, collection, doc, merge);
    return;
  }
  if (matched === "keepExisting") return;
  // The unique index that `on` stands on refuses it, and says why.
  if (matched === "fail") return insert(store, collection, doc, merge);
  const before = found.doc.slice();
  const after = changed(before, doc, matched, merge);
  const [id, next] = [idOf(before)!, idOf(after)];
  if (next && !equalValues(id, next)) throw storeError("ImmutableField", "$merge failed to update the matching document, did you attempt to modify the _id or the shard key? :: caused by :: Performing an update on the path '_id' would modify the immutable field '_id'");
  const whole = prepareInsert(next ? after : withId(after, id));
  if (Buffer.compare(before, whole) === 0) return;
  checkDocument(collection, whole, before, merge.bypass);
  store.records.replace(collection, found.recordId, before, whole);
  names.frame.root = EMPTY_DOC;
}

function insert(store: Context["store"], collection: Collection, doc: RawDoc, { bypass }: MergeSpec): void {
  const stored = prepareInsert(doc);
  checkDocument(collection, stored, undefined, bypass);
  store.records.insert(collection, stored);
}

function withId(doc: RawDoc, id: RawValue): RawDoc {
  const merge = new Merge();
  merge.add(documentValue(doc));
  return embedded(merge.withFirst("_id", id));
}

function changed(before: RawDoc, doc: RawDoc, matched: Exclude<Matched, "keepExisting" | "fail">, { names, variables }: MergeSpec): RawDoc {
  if (matched === "replace") return doc;
  if (matched === "merge") {
    const merge = new Merge();
    merge.add(documentValue(before));
    merge.add(documentValue(doc));
    return embedded(merge.result());
  }
  const { frame } = names;
  frame.root = doc;
  const values = variables.map(({ expr }) => expr.run(frame));
  variables.forEach(({ place }, i) => { frame.slots[place] = values[i]; });
  return matched.reduce((current, transform) => transform(current), before);
}
