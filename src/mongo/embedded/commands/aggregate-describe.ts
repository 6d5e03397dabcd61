import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { Binary, Long, UUID } from "bson";
import { List, type Docs } from "../pipeline/docs.ts";
import { PAUSE } from "../planner/query.ts";
import type { Collection } from "../storage/catalog.ts";
import { IndexSizes } from "../storage/index-sizes.ts";
import type { Store } from "../storage/store.ts";
import { StoreError } from "../values/errors.ts";
import { embedded, fieldsOf, fromJs, getField, numberOf, T, toJs, type RawDoc } from "../values/raw.ts";
import { sessionOf, type Context } from "./context.ts";

const started = new Date();
/** The user of a server without users: the digest of nothing. */
const NOBODY = new Binary(createHash("sha256").digest());

/** The documents of `$currentOp` (the operation that asks, the only one that is told of) and `$listLocalSessions` (its session and those that hold cursors).
 *  Sources: mongodb.com/docs/manual/reference/operator/aggregation/currentOp/ and …/listLocalSessions/ */
export function describeServer({ args, cursors, connectionId, db }: Context, stage: "$currentOp" | "$listLocalSessions"): Docs {
  if (stage === "$currentOp") {
    if (db !== "admin") throw new StoreError(73, "InvalidNamespace", "$currentOp must be run against the 'admin' database with {aggregate: 1}");
    return new List([fromJs({ type: "op", host: hostname(), desc: `conn${connectionId}`, connectionId, active: true, currentOpTime: new Date().toISOString(), op: "command", ns: `${db}.$cmd.aggregate`, secs_running: Long.ZERO, waitingForLock: false })]);
  }
  const own = sessionOf(args);
  const used = new Map([...cursors.usedSessions(), ...(own === undefined ? [] : [[own, Date.now()] as const])]);
  return new List([...used].map(([id, at]) => fromJs({ _id: { id: new UUID(id), uid: NOBODY }, lastUse: new Date(at) })));
}

/** What `collStats` and `$collStats` say of a collection, in units of `scale` bytes. */
export function collectionStats(c: Collection | undefined, counted: IndexSizes, scale: number): Record<string, unknown> {
  const size = Math.floor((c?.bytes ?? 0) / scale);
  const { indexSizes, totalIndexSize } = counted.scaled(scale);
  return {
    size, count: c?.count ?? 0, ...(c && c.count > 0 ? { avgObjSize: Math.floor(c.bytes / c.count) } : {}), numOrphanDocs: 0, storageSize: size, freeStorageSize: 0, capped: false,
    nindexes: c?.indexes.length ?? 0, indexBuilds: c?.indexes.filter((i) => !i.usable).map((i) => i.name) ?? [], totalIndexSize, totalSize: size + totalIndexSize, indexSizes, scaleFactor: scale,
  };
}

/** The documents of `$collStats` and `$indexStats`. @throws StoreError 26 when there is no such collection, 238 for statistics that are not kept.
 *  Sources: mongodb.com/docs/manual/reference/operator/aggregation/collStats/ and …/indexStats/ */
export function describe(store: Store, ns: string, stage: "$collStats" | "$indexStats", spec: RawDoc): Docs {
  const collection = store.catalog.get(ns);
  if (stage === "$indexStats") {
    return new List((collection?.indexes ?? []).map((index) => fromJs({
      name: index.name, key: toJs(index.spec)["key"], host: hostname(), accesses: { ops: Long.ZERO, since: started }, spec: toJs(index.spec, { exact: true }),
    })));
  }
  if (!collection) throw new StoreError(26, "NamespaceNotFound", `Unable to retrieve count in $collStats stage :: caused by :: Collection [${ns}] not found.`);
  const wanted = fieldsOf(spec);
  for (const { name, value } of wanted) {
    if (name !== "count" && name !== "storageStats") throw new StoreError(238, "NotImplemented", `$collStats with '${name}' is not supported by the embedded store; use MONGODB_URI.`);
    if (value.type !== T.object) throw new StoreError(14, "TypeMismatch", `BSON field '$collStats.${name}' must be an object`);
  }
  const storage = wanted.find(({ name }) => name === "storageStats")?.value;
  const scaled = storage && getField(embedded(storage), "scale");
  const scale = (scaled && numberOf(scaled)) ?? 1;
  const counted = new IndexSizes(store, storage && collection);
  let told = false;
  return {
    next(deadline) {
      if (told) return undefined;
      if (!counted.step(deadline)) return PAUSE;
      told = true;
      const parts: Record<string, () => unknown> = { count: () => collection.count, storageStats: () => collectionStats(collection, counted, scale) };
      return fromJs({ ns, host: hostname(), localTime: new Date(), ...Object.fromEntries(wanted.map(({ name }) => [name, parts[name]!()])) });
    },
  };
}
