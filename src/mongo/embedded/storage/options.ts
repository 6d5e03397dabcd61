import { parseCollation, type Collation } from "../values/collation.ts";
import { StoreError } from "../values/errors.ts";
import { compileMatcher } from "../values/match.ts";
import { embedded, EMPTY_DOC, fieldsOf, getField, idOf, stringOf, T, toJs, valueToJs, type RawDoc } from "../values/raw.ts";

/** What a collection was created with, as listCollections shows it, and in working form. */
export interface CollectionOptions {
  readonly doc: RawDoc;
  readonly collation: Collation | undefined;
  readonly validation: Validation | undefined;
}

/** The rule that new and changed documents are held to. Source: mongodb.com/docs/manual/core/schema-validation/ */
export class Validation {
  private compiled: ((doc: RawDoc) => boolean) | undefined;

  constructor(private readonly validator: RawDoc, private readonly level: string, private readonly action: string, private readonly collation: Collation | undefined) {}

  /** Compiled when first asked, since a validator may hold expressions and a folder can be opened without their evaluator. */
  private matches(doc: RawDoc): boolean {
    this.compiled ??= compileMatcher(this.validator, { collation: this.collation });
    return this.compiled(doc);
  }

  /** @throws StoreError 121 when `after` breaks the rule; with level `moderate` not when `before` did already. */
  check(after: RawDoc, before: RawDoc | undefined): void {
    if (this.level === "off" || this.action === "warn" || this.matches(after)) return;
    if (before && this.level === "moderate" && !this.matches(before)) return;
    const id = idOf(after);
    const [first] = fieldsOf(this.validator);
    throw new StoreError(121, "DocumentValidationFailure", "Document failed validation", {
      errInfo: { ...(id ? { failingDocumentId: valueToJs(id) } : {}), details: { operatorName: first?.name.startsWith("$") ? first.name : "$and", specifiedAs: toJs(this.validator), reason: "the document does not match the validator" } },
    });
  }
}

/** The working form of stored options. */
export function collectionOptions(doc: RawDoc): CollectionOptions {
  if (doc.length === EMPTY_DOC.length) return NO_OPTIONS;
  const collationDoc = getField(doc, "collation");
  const collation = collationDoc && parseCollation(embedded(collationDoc));
  const validator = getField(doc, "validator");
  const text = (name: string, otherwise: string) => {
    const value = getField(doc, name);
    return value ? stringOf(value) : otherwise;
  };
  return {
    doc, collation,
    validation: validator && embedded(validator).length > EMPTY_DOC.length ? new Validation(embedded(validator), text("validationLevel", "strict"), text("validationAction", "error"), collation) : undefined,
  };
}

export const NO_OPTIONS: CollectionOptions = { doc: EMPTY_DOC, collation: undefined, validation: undefined };

/** Holds a new or changed document to the options of its collection. `bypass`: the command asked to leave the validator out.
 *  @throws StoreError 121; 238 for a text as `_id` under a collation, by which it would have to be unique and by which its index is not. */
export function checkDocument({ options }: { readonly options: CollectionOptions }, after: RawDoc, before: RawDoc | undefined, bypass: boolean): void {
  if (options === NO_OPTIONS) return;
  if (!bypass) options.validation?.check(after, before);
  const type = options.collation && !before ? idOf(after)?.type : undefined;
  if (type === T.string || type === T.object) throw new StoreError(238, "NotImplemented", "A text or document as _id in a collection with a collation is not supported by the embedded store; use another _id, or MONGODB_URI.");
}
