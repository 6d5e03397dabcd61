import { locationError, StoreError } from "./errors.ts";
import { fieldsOf, type RawDoc } from "./scan.ts";
import { expressions, NO_SCOPE, type Scope } from "./scope.ts";
import { idOf } from "./validate.ts";
import { DocWriter } from "./write.ts";

const STAGES = new Set(["$addFields", "$set", "$project", "$unset", "$replaceRoot", "$replaceWith"]);
const OTHERS = /^\$(?:match|group|sort|limit|skip|count|unwind|lookup|graphLookup|bucket|bucketAuto|facet|unionWith|merge|out|setWindowFields|densify|fill|sample|redact|documents|sortByCount|collStats|indexStats|geoNear|changeStream|search|currentOp|listSessions|listLocalSessions|planCacheStats)$/;

/** Compiles an update given as a pipeline. A result without `_id` keeps the document's own.
 *  @throws StoreError 40323, 40324 or 72 for a stage that may not stand here, and as the stage.
 *  Source: mongodb.com/docs/manual/tutorial/update-documents-with-aggregation-pipeline/ */
export function compilePipeline(stages: readonly RawDoc[], scope: Scope = NO_SCOPE): (doc: RawDoc) => RawDoc {
  if (stages.length === 0) return (doc) => doc;
  const compiled = stages.map((stage) => {
    checkStage(stage);
    return expressions("An update by a pipeline").stage(stage, scope);
  });
  return (doc) => withOwnId(doc, compiled.reduce((current, stage) => stage(current), doc));
}

function checkStage(stage: RawDoc): void {
  const [only, ...more] = fieldsOf(stage);
  if (!only || more.length > 0) throw locationError(40323, "A pipeline stage specification object must contain exactly one field.");
  if (STAGES.has(only.name)) return;
  if (OTHERS.test(only.name)) throw new StoreError(72, "InvalidOptions", `${only.name} is not allowed to be used within an update`);
  throw locationError(40324, `Unrecognized pipeline stage name: '${only.name}'`);
}

function withOwnId(before: RawDoc, after: RawDoc): RawDoc {
  const id = idOf(before);
  if (!id || idOf(after)) return after;
  return new DocWriter(after.length + 64).value("_id", id).elements(after, 4, after.length - 1).done();
}
