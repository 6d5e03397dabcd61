import { StoreError } from "../values/errors.ts";
import { EMPTY_DOC, fromJs } from "../values/raw.ts";
import { countStage, limitStage, matchStage, sampleStage, skipStage, sortStage, transformStage, unwindStage } from "./basic.ts";
import { bucketAutoStage, bucketStage, sortByCountExpression } from "./bucket.ts";
import { densifyStage } from "./densify.ts";
import { compileAccumulator } from "./expressions/accumulators.ts";
import { documentValue } from "./expressions/make.ts";
import { fillStage } from "./fill.ts";
import { graphLookupStage } from "./graph-lookup.ts";
import { groupStage, groupStageOf } from "./group.ts";
import { facetStage, lookupStage, unionStage } from "./lookup.ts";
import { redactStage } from "./redact.ts";
import { orderOf, sortedDocs } from "./sort.ts";
import type { CompileStage } from "./stage.ts";
import { windowStage } from "./window.ts";

const BY_COUNT = fromJs({ count: -1 });

const sortByCount: CompileStage = (value, names) => {
  const key = sortByCountExpression(value, names);
  const group = groupStageOf(key, [{ name: "count", ...compileAccumulator("$count", documentValue(EMPTY_DOC), names) }], names);
  const order = orderOf(BY_COUNT, names);
  return { passing: true, open: (input, world) => sortedDocs(group.open(input, world), order) };
};

/** Looked at when the first pipeline is compiled: pipelines within stages make this room's files need each other. */
const table = (): Readonly<Record<string, CompileStage>> => ({
  $match: matchStage, $sort: sortStage, $limit: limitStage, $skip: skipStage, $count: countStage, $unwind: unwindStage, $sample: sampleStage,
  $project: transformStage, $addFields: transformStage, $set: transformStage, $unset: transformStage, $replaceRoot: transformStage, $replaceWith: transformStage,
  $group: groupStage, $sortByCount: sortByCount, $bucket: bucketStage, $bucketAuto: bucketAutoStage, $redact: redactStage,
  $lookup: lookupStage, $unionWith: unionStage, $facet: facetStage, $graphLookup: graphLookupStage,
  $setWindowFields: windowStage, $densify: densifyStage, $fill: fillStage,
});
let stages: ReturnType<typeof table> | undefined;

const elsewhere = "is not supported by the embedded store; use MONGODB_URI.";

/** MongoDB's stages that are not here, with the code that a standalone server without that ability answers, where it has one. */
const REFUSED: Readonly<Record<string, StoreError>> = {
  $changeStream: new StoreError(40573, "Location40573", "The $changeStream stage is only supported on replica sets"),
  $changeStreamSplitLargeEvent: new StoreError(40573, "Location40573", "The $changeStream stage is only supported on replica sets"),
  $geoNear: new StoreError(27, "IndexNotFound", `$geoNear requires a 2d or 2dsphere index, but none were found: it ${elsewhere}`),
  ...Object.fromEntries(["$search", "$searchMeta", "$vectorSearch", "$listSearchIndexes"].map((name) => [name, new StoreError(31082, "SearchNotEnabled", `${name} needs Atlas Search: it ${elsewhere}`)])),
};
const UNSUPPORTED = new Set(["$listSessions", "$planCacheStats", "$shardedDataDistribution", "$listSampledQueries", "$querySettings", "$queryStats", "$operationMetrics"]);

/** The compiler of a stage. @throws StoreError 40324 for a name that is no stage, and for those that this store does not have. */
export function stageOf(name: string): CompileStage {
  stages ??= table();
  if (Object.hasOwn(stages, name)) return stages[name]!;
  if (Object.hasOwn(REFUSED, name)) throw REFUSED[name]!;
  if (UNSUPPORTED.has(name)) throw new StoreError(238, "NotImplemented", `The stage ${name} ${elsewhere}`);
  throw new StoreError(40324, "Location40324", `Unrecognized pipeline stage name: '${name}'`);
}
