import { hostname } from "node:os";
import type { Store } from "../storage/store.ts";
import { StoreError } from "../values/errors.ts";
import { embedded, fieldsOf, fromJs, getField, numberOf, T, toJs, type RawDoc } from "../values/raw.ts";
import { Long } from "bson";

const started = new Date();

/** The documents of `$collStats` and `$indexStats`. @throws StoreError 26 when there is no such collection, 238 for statistics that are not kept.
 *  Sources: mongodb.com/docs/manual/reference/operator/aggregation/collStats/ and …/indexStats/ */
export function describe(store: Store, ns: string, stage: "$collStats" | "$indexStats", spec: RawDoc): RawDoc[] {
  const collection = store.catalog.get(ns);
  if (stage === "$indexStats") {
    return (collection?.indexes ?? []).map((index) => fromJs({
      name: index.name, key: toJs(index.spec)["key"], host: hostname(), accesses: { ops: Long.ZERO, since: started }, spec: toJs(index.spec, { exact: true }),
    }));
  }
  if (!collection) throw new StoreError(26, "NamespaceNotFound", `Unable to retrieve count in $collStats stage :: caused by :: Collection [${ns}] not found.`);
  const out: Record<string, unknown> = { ns, host: hostname(), localTime: new Date() };
  for (const { name, value } of fieldsOf(spec)) {
    if (name !== "count" && name !== "storageStats") throw new StoreError(238, "NotImplemented", `$collStats with '${name}' is not supported by the embedded store; use MONGODB_URI.`);
    if (value.type !== T.object) throw new StoreError(14, "TypeMismatch", `BSON field '$collStats.${name}' must be an object`);
    if (name === "count") out["count"] = collection.count;
    else {
      const scale = numberOf(getField(embedded(value), "scale") ?? { type: T.null, bytes: spec, start: 0, end: 0 }) ?? 1;
      const size = Math.floor(collection.bytes / scale);
      out["storageStats"] = {
        size, count: collection.count, ...(collection.count > 0 ? { avgObjSize: Math.floor(collection.bytes / collection.count) } : {}), storageSize: size, capped: false,
        nindexes: collection.indexes.length, totalIndexSize: 0, totalSize: size, indexSizes: Object.fromEntries(collection.indexes.map((i) => [i.name, 0])), scaleFactor: scale,
      };
    }
  }
  return [fromJs(out)];
}
