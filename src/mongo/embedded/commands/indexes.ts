import { serialize } from "bson";
import { buildIndex, dropIndexes as drop, ensureCollection } from "../storage/ddl.ts";
import type { Collection, Index } from "../storage/catalog.ts";
import { nsOf } from "../storage/store.ts";
import { parseCollation, type Collation } from "../values/collation.ts";
import { StoreError } from "../values/errors.ts";
import { filterAst, type FilterNode } from "../values/match.ts";
import { shownDocument } from "../values/show.ts";
import { DocWriter, embedded, fieldsOf, getField, itemsOf, numberOf, stringOf, T, toJs, truthy, type RawDoc, type RawValue } from "../values/raw.ts";
import { collectionName, type Command, type Context } from "./context.ts";
import { listReply } from "./list-reply.ts";

const OPTIONS = new Set(["key", "name", "unique", "sparse", "partialFilterExpression", "expireAfterSeconds", "v", "background", "hidden", "ns"]);
const KINDS = new Set(["text", "2d", "2dsphere", "hashed", "geoHaystack"]);
const OTHER_KINDS = new Set(["default_language", "language_override", "textIndexVersion", "2dsphereIndexVersion", "min", "max", "bucketSize", "clustered", "prepareUnique", "dropDups"]);
const notImplemented = (what: string) => new StoreError(238, "NotImplemented", `${what} is not supported by the embedded store; use MONGODB_URI.`);
const cannot = (message: string) => new StoreError(67, "CannotCreateIndex", message);

/** Checks an index specification and brings it into the form that is stored and listed. Source: mongodb.com/docs/manual/reference/command/createIndexes/ */
export function normalSpec(spec: RawDoc, inherited?: Collation): RawDoc {
  const key = getField(spec, "key");
  if (key?.type !== T.object) throw new StoreError(9, "FailedToParse", "The 'key' field is a required property of an index specification");
  const fields = fieldsOf(key.bytes, key.start);
  if (fields.length === 0) throw cannot("Index keys cannot be empty.");
  if (fields.length > 31) throw cannot("An index may have 31 fields at most here (32 in MongoDB).");
  for (const { name, value } of fields) checkKeyField(name, value);
  const given = getField(spec, "name");
  if (given?.type !== T.string) throw new StoreError(9, "FailedToParse", "The 'name' field is a required property of an index specification");
  const w = new DocWriter().int32("v", 2).value("key", key).value("name", given);
  for (const { name, value } of fieldsOf(spec)) addOption(w, name, value);
  if (inherited && !getField(spec, "collation")) w.doc("collation", serialize(inherited.spec));
  const normal = w.done();
  checkCombination(normal, fields.length);
  return normal;
}

/** Options that do not go together. */
function checkCombination(spec: RawDoc, fields: number): void {
  const has = (name: string) => getField(spec, name) !== undefined;
  if (has("sparse") && has("partialFilterExpression")) throw cannot("cannot mix \"partialFilterExpression\" and \"sparse\" options");
  if (has("expireAfterSeconds") && fields > 1) throw cannot("TTL indexes are single-field indexes, compound indexes do not support TTL.");
  if (has("collation") && (has("unique") || has("partialFilterExpression"))) throw notImplemented("A unique or partial index with a collation");
}

function checkKeyField(name: string, value: RawValue): void {
  if (name === "$**" || name.endsWith(".$**")) throw notImplemented("A wildcard index");
  if (value.type === T.string) {
    const kind = stringOf(value);
    throw KINDS.has(kind) ? notImplemented(`An index of kind '${kind}'`) : cannot(`Unknown index plugin '${kind}'`);
  }
  const n = numberOf(value);
  if (n === undefined || n === 0 || Number.isNaN(n)) throw cannot(`Values in v:2 index key pattern must be numbers > 0 or < 0 or strings; '${name}' is not.`);
  if (name === "" || name.startsWith("$") || name.split(".").some((part) => part === "" || part.startsWith("$"))) throw cannot(`Index keys cannot contain an empty or '$' field name: '${name}'.`);
}

function addOption(w: DocWriter, name: string, value: RawValue): void {
  if (!OPTIONS.has(name)) {
    if (name === "collation") return addCollation(w, value);
    if (name === "wildcardProjection" || name === "weights" || name === "bits" || name === "storageEngine" || OTHER_KINDS.has(name)) throw notImplemented(`The index option '${name}'`);
    throw new StoreError(197, "InvalidIndexSpecificationOption", `The field '${name}' is not valid for an index specification.`);
  }
  if ((name === "unique" || name === "sparse") && truthy(value)) w.bool(name, true);
  else if (name === "hidden") {
    if (truthy(value)) w.bool(name, true);
  }
  else if (name === "expireAfterSeconds") {
    const n = numberOf(value);
    if (n === undefined || n < 0 || n > 2147483647) throw cannot(`TTL index 'expireAfterSeconds' option must be within 0 and 2147483647, is ${n}`);
    w.value(name, value);
  } else if (name === "partialFilterExpression") {
    if (value.type !== T.object) throw cannot("'partialFilterExpression' must be a document");
    checkPartial(filterAst(embedded(value)));
    w.value(name, value);
  }
}

/** The collation is kept and listed; the keys are plain bytes, so queries with a collation recheck or scan, and uniqueness by it can not be had. */
function addCollation(w: DocWriter, value: RawValue): void {
  if (value.type !== T.object) throw new StoreError(14, "TypeMismatch", "The field 'collation' must be an object");
  const collation = parseCollation(embedded(value));
  if (collation) w.doc("collation", serialize(collation.spec));
}

const PARTIAL_OPS = new Set(["eq", "gt", "gte", "lt", "lte", "in", "exists", "type"]);

/** Source: mongodb.com/docs/manual/core/index-partial/ */
function checkPartial(node: FilterNode): void {
  if (node.kind === "and" || node.kind === "or") node.children.forEach(checkPartial);
  else if (node.kind !== "leaf" || !PARTIAL_OPS.has(node.op)) throw cannot("Expression not supported in partial index: use equality, $exists: true, $gt, $gte, $lt, $lte, $type, $in, $and, $or.");
}

const IDENTITY = ["key", "collation", "partialFilterExpression", "unique", "sparse"];
const part = (spec: RawDoc, names: readonly string[]) => {
  const js = toJs(spec);
  return Buffer.from(serialize(Object.fromEntries(names.map((name) => [name, js[name] ?? null])))).toString("latin1");
};
/** What makes an index another one than those with the same keys. */
const identity = (spec: RawDoc) => part(spec, IDENTITY);
/** The options in which two requests for one index may not differ. */
const settings = (spec: RawDoc) => part(spec, ["expireAfterSeconds"]);

/** Whether an index has this key pattern. */
export const samePattern = (spec: RawDoc, keys: RawDoc): boolean => pattern(spec) === JSON.stringify(toJs(keys));
const pattern = (spec: RawDoc) => JSON.stringify(toJs(spec)["key"]);

/** Whether the index is there already. @throws StoreError 85, 86 when a different one has its name, or it has another name.
 *  Source: mongodb.com/docs/manual/core/indexes/index-types/ (names), mongodb.com/docs/manual/core/index-sparse/ (same keys, other options) */
function exists(collection: Collection, spec: RawDoc): boolean {
  const name = stringOf(getField(spec, "name")!);
  if (pattern(spec) === '{"_id":1}') return true;
  const shown = (other: Index) => `Requested index: ${shownDocument(spec)}, existing index: ${shownDocument(other.spec)}`;
  const named = collection.indexes.find((index) => index.name === name);
  if (named) {
    if (identity(named.spec) !== identity(spec)) throw new StoreError(86, "IndexKeySpecsConflict", `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. ${shown(named)}`);
    if (settings(named.spec) !== settings(spec)) throw new StoreError(85, "IndexOptionsConflict", `An equivalent index already exists with the same name but different options. ${shown(named)}`);
    return true;
  }
  const same = collection.indexes.find((index) => identity(index.spec) === identity(spec));
  if (!same) return false;
  const why = settings(same.spec) === settings(spec) ? `Index already exists with a different name: ${same.name}` : `An equivalent index already exists with a different name and options. ${shown(same)}`;
  throw new StoreError(85, "IndexOptionsConflict", why);
}

export const createIndexes: Command = async (context) => {
  const { args, store, db } = context;
  const name = collectionName(context);
  const specs = args.required("indexes", args.docs("indexes")).map((spec) => normalSpec(spec, store.catalog.get(nsOf(db, name))?.options.collation));
  if (args.value("commitQuorum")) throw new StoreError(2, "BadValue", "Standalones can't specify commitQuorum");
  if (specs.length === 0) throw new StoreError(2, "BadValue", "Must specify at least one index to create");
  const createdCollection = !store.catalog.get(nsOf(db, name));
  const collection = await ensureCollection(store, db, name);
  const before = collection.indexes.length;
  for (const spec of specs) {
    if (!exists(collection, spec)) await buildOnce(context, collection, spec);
  }
  return { numIndexesBefore: before, numIndexesAfter: collection.indexes.length, createdCollectionAutomatically: createdCollection, ...(collection.indexes.length === before ? { note: "all indexes already exist" } : {}), ok: 1 };
};

const building = new Map<string, Promise<Index>>();

/** Two clients that ask for the same index at once share one build. */
async function buildOnce({ store }: Context, collection: Collection, spec: RawDoc): Promise<void> {
  const key = `${collection.uuid} ${Buffer.from(spec).toString("latin1")}`;
  let build = building.get(key);
  if (!build) {
    build = buildIndex(store, collection.ns, spec).finally(() => building.delete(key));
    building.set(key, build);
  }
  await build;
}

export const listIndexes: Command = (context) => {
  const { store, db } = context;
  const ns = nsOf(db, collectionName(context));
  const collection = store.catalog.get(ns);
  if (!collection) throw new StoreError(26, "NamespaceNotFound", `ns does not exist: ${ns}`);
  return listReply(context, ns, collection.indexes.filter((i) => i.usable).map((i) => i.spec));
};

export const dropIndexes: Command = async (context) => {
  const { args, store, db } = context;
  const ns = nsOf(db, collectionName(context));
  const collection = store.catalog.get(ns);
  if (!collection) throw new StoreError(26, "NamespaceNotFound", `ns not found ${ns}`);
  const before = collection.indexes.length;
  const wanted = args.required("index", args.value("index"));
  const chosen = wanted.type === T.array ? itemsOf(wanted).flatMap((v) => select(collection, v)) : select(collection, wanted);
  await drop(store, ns, chosen);
  return { nIndexesWas: before, ok: 1 };
};

function select(collection: Collection, wanted: RawValue): Index[] {
  if (wanted.type === T.string && stringOf(wanted) === "*") return collection.indexes.slice(1);
  const text = wanted.type === T.string ? stringOf(wanted) : JSON.stringify(toJs(embedded(wanted)));
  const [index, ...others] = collection.indexes.filter((i) => (wanted.type === T.string ? i.name === text : pattern(i.spec) === text));
  if (others.length > 0) throw new StoreError(181, "AmbiguousIndexKeyPattern", `${others.length + 1} indexes found for key: ${text}, identify by name instead.`);
  if (!index) throw new StoreError(27, "IndexNotFound", `index not found with name [${text}]`);
  if (index === collection.idIndex) throw new StoreError(72, "InvalidOptions", "cannot drop _id index");
  return [index];
}
