import { compileArrayFilters } from "./array-filters.ts";
import { equalValues } from "./encode-key.ts";
import { failedToParse, locationError, storeError } from "./errors.ts";
import { positionalIndex } from "./positional.ts";
import { Elements, type RawDoc } from "./scan.ts";
import type { Scope } from "./scope.ts";
import { stampEmpty } from "./timestamp.ts";
import { Node } from "./tree.ts";
import { applySteps } from "./update-apply.ts";
import { compilePipeline } from "./update-pipeline.ts";
import { parseSteps } from "./update-steps.ts";
import { checkId, idOf, MAX_DOC_BYTES, validateDoc, withIdFirst } from "./validate.ts";
import { valueToJs } from "./raw.ts";
import { DocWriter } from "./write.ts";

export { positionalIndex } from "./positional.ts";
export { refuseExpr, upsertDocument } from "./upsert.ts";

/** `filter` or `positional` tells what `$` stands for (the filter is asked only when a `$` is met); `insert` lets `$setOnInsert` act.
 *  `nowMs`: the clock for `$currentDate` and `$$NOW`, milliseconds since 1970. */
export interface UpdateContext {
  readonly filter?: RawDoc;
  readonly positional?: number;
  readonly insert: boolean;
  readonly nowMs?: number;
}

export interface CompiledUpdate {
  readonly isReplacement: boolean;
  /** The updated document; `changed` is false when not one byte differs. The input is never modified.
   *  @throws StoreError 2, 14, 28, 40, 66 … as MongoDB does; the document is then as it was. */
  apply(doc: RawDoc, context: UpdateContext): { doc: RawDoc; changed: boolean };
}

/** Compiles an update once for many documents: a replacement, operators, or a pipeline of simple stages.
 *  @throws StoreError 9, 2, 40, 52, 56 for a malformed update, 238 for what is not supported.
 *  Operators: mongodb.com/docs/manual/reference/operator/update/ */
export function compileUpdate(update: RawDoc | readonly RawDoc[], o: { arrayFilters?: readonly RawDoc[]; scope?: Scope } = {}): CompiledUpdate {
  const filters = o.arrayFilters ?? [];
  if (!(update instanceof Uint8Array)) {
    if (filters.length > 0) throw failedToParse("arrayFilters may not be specified for pipeline-style updates");
    const run = compilePipeline(update, o.scope);
    return { isReplacement: false, apply: (doc) => finish(doc, run(doc)) };
  }
  if (isReplacement(update)) {
    if (filters.length > 0) throw failedToParse("arrayFilters may not be specified for replacement-style updates");
    checkReplacement(update);
    return { isReplacement: true, apply: (doc) => finish(doc, stampEmpty(replace(doc, update))) };
  }
  const steps = parseSteps(update, o.scope?.collation);
  const passes = compileArrayFilters(filters, steps, o.scope);
  return {
    isReplacement: false,
    apply(doc, { filter, positional, insert, nowMs = Date.now() }) {
      const root = Node.root(doc);
      let index = positional;
      applySteps(root, steps, {
        insert, nowMs, passes,
        document: () => describeId(doc),
        positional: () => (index ??= filter && positionalIndex(filter, doc, o.scope)),
      });
      return finish(doc, root.toDoc(doc.length + 128));
    },
  };
}

const isReplacement = (update: RawDoc) => update[4] === 0 || update[5] !== 36;

function checkReplacement(update: RawDoc): void {
  for (const it = new Elements(update); it.next();) {
    if (update[it.nameStart] !== 36) continue;
    throw storeError("DollarPrefixedFieldName", `The dollar ($) prefixed field '${it.name}' in '${it.name}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`);
  }
}

function replace(doc: RawDoc, update: RawDoc): RawDoc {
  const id = idOf(doc);
  if (!id || idOf(update)) return idOf(update) ? withIdFirst(update) : update;
  return new DocWriter(update.length + 64).value("_id", id).elements(update, 4, update.length - 1).done();
}

/** Checks what every update must leave true: the `_id` as it was, the size and depth of a document. */
function finish(before: RawDoc, after: RawDoc): { doc: RawDoc; changed: boolean } {
  if (Buffer.compare(before, after) === 0) return { doc: before, changed: false };
  const [old, id] = [idOf(before), idOf(after)];
  if (old && !(id && equalValues(old, id))) {
    throw storeError("ImmutableField", "Performing an update on the path '_id' would modify the immutable field '_id'");
  }
  if (id && !old) checkId(id);
  if (after.length > MAX_DOC_BYTES) throw locationError(17419, `Resulting document after update is larger than ${MAX_DOC_BYTES}`);
  validateDoc(after);
  return { doc: after, changed: true };
}

/** `_id: …` for messages: never more of the document than that. */
function describeId(doc: RawDoc): string {
  const id = idOf(doc);
  return id ? `_id: ${JSON.stringify(valueToJs(id))}` : "no _id";
}
