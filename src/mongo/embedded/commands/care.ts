import { rm, readdir } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { checkCollection } from "../storage/check.ts";
import { usedBytes } from "../storage/env.ts";
import { nsOf } from "../storage/store.ts";
import { freeBytes } from "../storage/reserve.ts";
import { StoreError } from "../values/errors.ts";
import { collectionName, type Command } from "./context.ts";

/** `validate`: mongodb.com/docs/manual/reference/command/validate/ . Always looks at everything; others go on meanwhile. */
export const validate: Command = async (context) => {
  const { args, store, db } = context;
  const ns = nsOf(db, collectionName(context));
  if (args.bool("repair")) throw new StoreError(72, "InvalidOptions", "'repair' of 'validate' is not supported by the embedded store: restore a backup.");
  const collection = store.catalog.get(ns);
  if (!collection) throw new StoreError(26, "NamespaceNotFound", `Collection '${ns}' does not exist to validate.`);
  const found = await checkCollection(store, collection);
  const bad = new Set([...found.missing, ...found.extra].map(({ index }) => index));
  return {
    ns, nInvalidDocuments: found.corrupt, nNonCompliantDocuments: 0, nrecords: found.records, nIndexes: found.keys.size,
    keysPerIndex: Object.fromEntries(found.keys),
    indexDetails: Object.fromEntries([...found.keys.keys()].map((name) => [name, { valid: !bad.has(name) }])),
    valid: found.errors.length === 0, repaired: false, warnings: [], errors: found.errors,
    extraIndexEntries: found.extra.map(({ index, entries }) => ({ indexName: index, entries })),
    missingIndexEntries: found.missing.map(({ index }) => ({ indexName: index })), corruptRecords: [], ok: 1,
  };
};

const COPY = /^copy-[0-9a-f]{16}\.mdb$/;

/** Removes the copies that a store folder holds: after use, and at the start those that a kill left. */
export async function removeCopies(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (COPY.test(name)) await rm(join(folder, name), { force: true });
}

/** `threadlineCopy` (ours, for `threadline backup`): a consistent, compact copy of the data file into the store's own folder while others go on.
 *  Answers its name; `{threadlineCopy: 0}` removes the copies. Only over the private socket. */
export const copy: Command = async ({ args, store, local }) => {
  if (!local) throw new StoreError(13, "Unauthorized", "Copies are made over the store's own socket only.");
  const folder = dirname(store.env.file);
  if (args.number("threadlineCopy") === 0) {
    await removeCopies(folder);
    return { ok: 1 };
  }
  const need = usedBytes(store.env);
  if ((await freeBytes(folder)) < need) throw new StoreError(14031, "OutOfDiskSpace", `The copy needs up to ${Math.ceil(need / 1e6)} MB beside the store, and the disk has less.`);
  const file = join(folder, `copy-${randomBytes(8).toString("hex")}.mdb`);
  try {
    await store.env.root.backup(file, true);
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return { file: basename(file), ok: 1 };
};
