import { serialize } from "bson";
import { collectionOptions, NO_OPTIONS, type CollectionOptions } from "../storage/options.ts";
import { parseCollation, type Collation } from "../values/collation.ts";
import { StoreError } from "../values/errors.ts";
import { filterAst } from "../values/match.ts";
import { DocWriter, embedded, EMPTY_DOC, getField, stringOf, type RawDoc } from "../values/raw.ts";
import type { Args } from "./context.ts";

const CHOICES = { validationLevel: ["off", "strict", "moderate"], validationAction: ["error", "warn"] } as const;

/** The options of `create` that are kept: validator, its level and action, collation.
 *  @throws StoreError 2, 9, 238. Source: mongodb.com/docs/manual/reference/command/create/ */
export function optionsOf(args: Args): CollectionOptions {
  const given = args.doc("collation");
  return build(args, EMPTY_DOC, given && given.length > EMPTY_DOC.length ? parseCollation(given) : undefined);
}

/** The options after a `collMod`: what it does not name stays. Source: mongodb.com/docs/manual/reference/command/collMod/ */
export const modifiedOptions = (before: CollectionOptions, args: Args): CollectionOptions => build(args, before.doc, before.collation);

function build(args: Args, before: RawDoc, collation: Collation | undefined): CollectionOptions {
  const w = new DocWriter();
  const kept = getField(before, "validator");
  const validator = args.doc("validator") ?? (kept && embedded(kept));
  if (validator && validator.length > EMPTY_DOC.length) {
    filterAst(validator, { collation });
    w.doc("validator", validator);
  }
  for (const [name, choices] of Object.entries(CHOICES)) {
    const stored = getField(before, name);
    const value = args.string(name) ?? (stored && stringOf(stored));
    if (value === undefined) continue;
    if (!(choices as readonly string[]).includes(value)) throw new StoreError(2, "BadValue", `Enumeration value '${value}' for field '${args.command}.${name}' is not a valid value.`);
    w.string(name, value);
  }
  if (collation) w.doc("collation", serialize(collation.spec));
  const doc = w.done();
  return doc.length === EMPTY_DOC.length ? NO_OPTIONS : collectionOptions(doc);
}

export const sameOptions = (a: CollectionOptions, b: CollectionOptions): boolean => Buffer.compare(a.doc, b.doc) === 0;
