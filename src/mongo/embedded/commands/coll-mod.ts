import type { Collection, Index } from "../storage/catalog.ts";
import { modifyCollection } from "../storage/ddl.ts";
import { nsOf } from "../storage/store.ts";
import { StoreError } from "../values/errors.ts";
import { DocWriter, embedded, fieldsOf, stringOf, T, type RawDoc } from "../values/raw.ts";
import { Args, collectionName, refuse, type Command } from "./context.ts";
import { checkFields } from "./fields.ts";
import { normalSpec, samePattern } from "./indexes.ts";
import { modifiedOptions } from "./options.ts";

/** `collMod`: validator, its level and action, an index's `hidden` and `expireAfterSeconds`.
 *  Source: mongodb.com/docs/manual/reference/command/collMod/ */
export const collMod: Command = async (context) => {
  const { args, store, db } = context;
  const ns = nsOf(db, collectionName(context));
  refuse(args, "viewOn", "pipeline", "recordPreImages", "changeStreamPreAndPostImages", "cappedSize", "cappedMax", "expireAfterSeconds", "timeseries", "dryRun");
  const collection = store.catalog.get(ns);
  if (!collection) throw new StoreError(26, "NamespaceNotFound", `ns does not exist: ${ns}`);
  const wanted = args.doc("index");
  const change = wanted && indexChange(collection, new Args("collMod.index", wanted));
  const validating = ["validator", "validationLevel", "validationAction"].some((name) => args.value(name));
  if (change || validating) {
    await modifyCollection(store, collection, { ...(validating ? { options: modifiedOptions(collection.options, args) } : {}), ...(change ? { index: change } : {}) });
  }
  return { ...change?.reply, ok: 1 };
};

function indexChange(collection: Collection, args: Args): { index: Index; spec: RawDoc; reply: Record<string, unknown> } {
  checkFields(args.command, args.body);
  refuse(args, "unique", "prepareUnique", "forceNonUnique");
  const index = find(collection, args);
  const seconds = args.number("expireAfterSeconds");
  const hidden = args.value("hidden") ? args.bool("hidden") : undefined;
  if (seconds === undefined && hidden === undefined) throw new StoreError(72, "InvalidOptions", "no expireAfterSeconds, hidden, unique, or prepareUnique field");
  if (index === collection.idIndex) throw hidden === undefined ? new StoreError(72, "InvalidOptions", "the _id field does not support TTL indexes") : new StoreError(2, "BadValue", "can't hide _id index");
  if (seconds !== undefined && index.fields.length > 1) throw new StoreError(72, "InvalidOptions", "TTL indexes are single-field indexes, compound indexes do not support TTL.");
  const w = new DocWriter();
  for (const { name, value } of fieldsOf(index.spec)) {
    if (!(name === "expireAfterSeconds" && seconds !== undefined) && !(name === "hidden" && hidden !== undefined)) w.value(name, value);
  }
  if (seconds !== undefined) w.value("expireAfterSeconds", args.value("expireAfterSeconds")!);
  if (hidden) w.bool("hidden", true);
  const changed = (name: string, before: unknown, after: unknown) => (after === undefined || before === after ? {} : { ...(before === undefined ? {} : { [`${name}_old`]: before }), [`${name}_new`]: after });
  return { index, spec: normalSpec(w.done()), reply: { ...changed("expireAfterSeconds", index.expireAfterSeconds, seconds), ...changed("hidden", index.hidden, hidden) } };
}

function find(collection: Collection, args: Args): Index {
  const name = args.value("name");
  const pattern = args.value("keyPattern");
  if (Boolean(name) === Boolean(pattern)) throw new StoreError(72, "InvalidOptions", name ? "Cannot specify both key pattern and name." : "Must specify either index name or key pattern.");
  const index = collection.indexes.find((one) => (name ? name.type === T.string && one.name === stringOf(name) : pattern?.type === T.object && samePattern(one.spec, embedded(pattern))));
  if (!index) throw new StoreError(27, "IndexNotFound", `cannot find index for ns ${collection.ns}`);
  return index;
}
