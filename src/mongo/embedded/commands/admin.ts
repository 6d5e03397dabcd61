import { Binary, serialize, UUID } from "bson";
import { createCollection, dropCollection, renameCollection } from "../storage/ddl.ts";
import { IndexSizes } from "../storage/index-sizes.ts";
import { nsOf } from "../storage/store.ts";
import { nextTurn, sliceEnd } from "../storage/turns.ts";
import { usedBytes } from "../storage/env.ts";
import type { Collection } from "../storage/catalog.ts";
import { StoreError } from "../values/errors.ts";
import { compileMatcher } from "../values/match.ts";
import { EMPTY_DOC, toJs } from "../values/raw.ts";
import { collectionStats } from "./aggregate-describe.ts";
import { checkTime, collectionName, refuse, type Args, type Command, type Context } from "./context.ts";
import { listReply } from "./list-reply.ts";
import { optionsOf, sameOptions } from "./options.ts";

/** `create`: mongodb.com/docs/manual/reference/command/create/ . The same again with the same options is no error. */
export const create: Command = async (context) => {
  const { args, store, db } = context;
  const name = collectionName(context);
  refuse(args, "capped", "timeseries", "viewOn", "clusteredIndex", "changeStreamPreAndPostImages", "encryptedFields", "expireAfterSeconds", "storageEngine", "indexOptionDefaults", "temp");
  const options = optionsOf(args);
  const { created, collection } = await createCollection(store, db, name, options);
  if (!created && !sameOptions(collection.options, options)) throw new StoreError(48, "NamespaceExists", `namespace ${nsOf(db, name)} already exists, but with different options`);
  return { ok: 1 };
};

/** `drop`: mongodb.com/docs/manual/reference/command/drop/ . A collection that is not there is no error since 7.0. */
export const drop: Command = async (context) => {
  const ns = nsOf(context.db, collectionName(context));
  const dropped = await dropCollection(context.store, ns);
  return dropped ? { nIndexesWas: dropped.indexes, ns, ok: 1 } : { ok: 1 };
};

export const dropDatabase: Command = async ({ store, db }) => {
  const names = [...store.catalog.collections.values()].filter((c) => c.db === db).map((c) => c.ns);
  for (const ns of names) await dropCollection(store, ns);
  return { ...(names.length > 0 ? { dropped: db } : {}), ok: 1 };
};

/** `renameCollection`: mongodb.com/docs/manual/reference/command/renameCollection/ */
export const rename: Command = async ({ args, store, db }) => {
  if (db !== "admin") throw new StoreError(13, "Unauthorized", "renameCollection may only be run against the admin database.");
  const from = args.required("renameCollection", args.string("renameCollection"));
  const to = args.required("to", args.string("to"));
  const dot = to.indexOf(".");
  if (dot < 1 || dot === to.length - 1) throw new StoreError(73, "InvalidNamespace", `Invalid target namespace: ${to}`);
  if (from.indexOf(".") < 1) throw new StoreError(73, "InvalidNamespace", `Invalid source namespace: ${from}`);
  if (from === to) throw new StoreError(20, "IllegalOperation", "Can't rename a collection to itself");
  await renameCollection(store, from, to.slice(0, dot), to.slice(dot + 1), args.bool("dropTarget"));
  return { ok: 1 };
};

/** `listCollections`: mongodb.com/docs/manual/reference/command/listCollections/ */
export const listCollections: Command = (context) => {
  const { args, store, db } = context;
  const nameOnly = args.bool("nameOnly");
  const matches = compileMatcher(args.doc("filter") ?? EMPTY_DOC);
  const docs = [...store.catalog.collections.values()].filter((c) => c.db === db).map((c) => serialize(described(c)));
  const found = docs.filter(matches);
  return listReply(context, `${db}.$cmd.listCollections`, nameOnly ? found.map((doc) => serialize(nameAndType(toJs(doc)))) : found);
};

const described = (c: Collection) => ({
  name: c.name, type: "collection", options: toJs(c.options.doc, { exact: true }), info: { readOnly: false, uuid: new Binary(new UUID(c.uuid).buffer, 4) },
  idIndex: toJs(c.idIndex.spec, { exact: true }),
});

const nameAndType = ({ name, type }: Record<string, unknown>) => ({ name, type });

/** `listDatabases`: mongodb.com/docs/manual/reference/command/listDatabases/ */
export const listDatabases: Command = ({ args, store, db }) => {
  if (db !== "admin") throw new StoreError(13, "Unauthorized", "listDatabases may only be run against the admin database.");
  const matches = compileMatcher(args.doc("filter") ?? EMPTY_DOC);
  const sizes = new Map<string, number>();
  for (const c of store.catalog.collections.values()) sizes.set(c.db, (sizes.get(c.db) ?? 0) + c.bytes);
  const databases = [...sizes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, sizeOnDisk]) => ({ name, sizeOnDisk, empty: false })).filter((d) => matches(serialize(d)));
  if (args.bool("nameOnly")) return { databases: databases.map(({ name }) => ({ name })), ok: 1 };
  const totalSize = usedBytes(store.env);
  return { databases, totalSize, totalSizeMb: Math.floor(totalSize / 2 ** 20), ok: 1 };
};

function scaleOf(args: Args): number {
  const scale = args.number("scale") ?? 1;
  if (!(scale >= 1)) throw new StoreError(51024, "Location51024", `BSON field 'scale' value must be >= 1, actual value '${scale}'`);
  return Math.trunc(scale);
}

/** Counts the index entries of collections, letting others work between slices. */
async function indexSizes({ store, expires }: Context, collections: readonly (Collection | undefined)[]): Promise<IndexSizes[]> {
  const counting = collections.map((c) => new IndexSizes(store, c));
  let turns = 0;
  for (const sizes of counting) {
    while (!sizes.step(sliceEnd())) {
      checkTime(expires);
      await nextTurn(turns++);
    }
  }
  return counting;
}

/** `collStats`: mongodb.com/docs/manual/reference/command/collStats/ . Sizes are bytes of documents and of index entries, without the files' own overhead. */
export const collStats: Command = async (context) => {
  const ns = nsOf(context.db, collectionName(context));
  const scale = scaleOf(context.args);
  const [sizes] = await indexSizes(context, [context.store.catalog.get(ns)]);
  return { ns, ...collectionStats(context.store.catalog.get(ns), sizes!, scale), ok: 1 };
};

/** `dbStats`: mongodb.com/docs/manual/reference/command/dbStats/ */
export const dbStats: Command = async (context) => {
  const { args, store, db } = context;
  const scale = scaleOf(args);
  const own = [...store.catalog.collections.values()].filter((c) => c.db === db);
  const sum = (of: (c: Collection) => number) => own.reduce((total, c) => total + of(c), 0);
  const indexSize = (await indexSizes(context, own)).reduce((total, sizes) => total + sizes.total, 0) / scale;
  const [objects, bytes] = [sum((c) => c.count), sum((c) => c.bytes)];
  const dataSize = bytes / scale;
  return {
    db, collections: own.length, views: 0, objects, avgObjSize: objects > 0 ? bytes / objects : 0, dataSize, storageSize: dataSize, indexes: sum((c) => c.indexes.length), indexSize,
    totalSize: dataSize + indexSize, scaleFactor: scale, fsUsedSize: usedBytes(store.env) / scale, ok: 1,
  };
};
