import { serialize } from "bson";
import { createCollection, dropCollection, renameCollection } from "../storage/ddl.ts";
import { nsOf } from "../storage/store.ts";
import { usedBytes } from "../storage/env.ts";
import { StoreError } from "../values/errors.ts";
import { compileMatcher } from "../values/match.ts";
import { EMPTY_DOC, toJs } from "../values/raw.ts";
import { collectionName, refuse, refuseCollation, type Command } from "./context.ts";
import { listReply } from "./list-reply.ts";

export const create: Command = async (context) => {
  const { args, store, db } = context;
  const name = collectionName(context);
  refuse(args, "capped", "timeseries", "viewOn", "clusteredIndex", "changeStreamPreAndPostImages", "encryptedFields", "validator");
  refuseCollation(args);
  const { created } = await createCollection(store, db, name);
  if (!created) throw new StoreError(48, "NamespaceExists", `Collection ${nsOf(db, name)} already exists.`);
  return { ok: 1 };
};

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

export const rename: Command = async ({ args, store }) => {
  const from = args.required("renameCollection", args.string("renameCollection"));
  const to = args.required("to", args.string("to"));
  const dot = to.indexOf(".");
  if (dot < 1) throw new StoreError(73, "InvalidNamespace", `Invalid target namespace: ${to}`);
  await renameCollection(store, from, to.slice(0, dot), to.slice(dot + 1), args.bool("dropTarget"));
  return { ok: 1 };
};

export const listCollections: Command = ({ args, store, db, requestId }) => {
  const nameOnly = args.bool("nameOnly");
  const matches = compileMatcher(args.doc("filter") ?? EMPTY_DOC);
  const docs = [...store.catalog.collections.values()].filter((c) => c.db === db).map((c) => serialize({
    name: c.name, type: "collection",
    ...(nameOnly ? {} : { options: {}, info: { readOnly: false }, idIndex: toJs(c.idIndex.spec) }),
  }));
  return listReply(`${db}.$cmd.listCollections`, docs.filter(matches), requestId);
};

export const listDatabases: Command = ({ args, store }) => {
  const matches = compileMatcher(args.doc("filter") ?? EMPTY_DOC);
  const sizes = new Map<string, number>();
  for (const c of store.catalog.collections.values()) sizes.set(c.db, (sizes.get(c.db) ?? 0) + c.bytes);
  const databases = [...sizes].map(([name, sizeOnDisk]) => ({ name, sizeOnDisk, empty: false })).filter((d) => matches(serialize(d)));
  return { databases: args.bool("nameOnly") ? databases.map(({ name }) => ({ name })) : databases, totalSize: usedBytes(store.env), ok: 1 };
};

export const collStats: Command = (context) => {
  const ns = nsOf(context.db, collectionName(context));
  const c = context.store.catalog.get(ns);
  return { ns, count: c?.count ?? 0, size: c?.bytes ?? 0, avgObjSize: c && c.count > 0 ? Math.floor(c.bytes / c.count) : 0, nindexes: c?.indexes.length ?? 0, capped: false, ok: 1 };
};

export const dbStats: Command = ({ store, db }) => {
  const own = [...store.catalog.collections.values()].filter((c) => c.db === db);
  const sum = (of: (c: (typeof own)[number]) => number) => own.reduce((total, c) => total + of(c), 0);
  return { db, collections: own.length, views: 0, objects: sum((c) => c.count), dataSize: sum((c) => c.bytes), indexes: sum((c) => c.indexes.length), storageSize: usedBytes(store.env), ok: 1 };
};
