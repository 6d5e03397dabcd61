import { deserialize, Decimal128, Long, serialize } from "bson";
import { StoreError } from "../values/errors.ts";
import type { RawDoc } from "../values/raw.ts";

/** Stages and expression operators of the library that agree with MongoDB on the values let through below. Anything else is refused by name. */
const STAGES = new Set(["$project", "$addFields", "$set", "$group", "$unwind", "$replaceRoot", "$replaceWith", "$sortByCount", "$facet", "$match", "$sort", "$limit", "$skip", "$count", "$unset"]);
const OPERATORS = new Set([
  "$literal", "$cond", "$ifNull", "$switch", "$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$and", "$or", "$not", "$add", "$subtract", "$multiply", "$divide", "$abs", "$ceil", "$floor",
  "$concat", "$toLower", "$toUpper", "$size", "$arrayElemAt", "$first", "$last", "$filter", "$map", "$in", "$isArray", "$concatArrays", "$slice", "$sum", "$avg", "$min", "$max", "$push", "$count",
  "$year", "$month", "$dayOfMonth", "$dayOfWeek", "$hour", "$minute", "$mergeObjects", "$reduce", "$strLenCP", "$substrCP",
]);
const BATCH_LIMIT = 100_000;

/** The operators in a stage that the library would get wrong. */
function refuseOperators(value: unknown, inside: string): void {
  if (Array.isArray(value)) {
    for (const item of value) refuseOperators(item, inside);
    return;
  }
  if (value === null || typeof value !== "object" || "_bsontype" in value || value instanceof Date || value instanceof RegExp || value instanceof Uint8Array) return;
  for (const [name, inner] of Object.entries(value)) {
    if (name.startsWith("$") && !OPERATORS.has(name)) throw new StoreError(238, "NotImplemented", `${name} in ${inside} is not supported by the embedded store; use MONGODB_URI.`);
    refuseOperators(inner, inside);
  }
}

function refuseNumbers(value: unknown): void {
  if (value instanceof Long || value instanceof Decimal128) {
    throw new StoreError(238, "NotImplemented", "This pipeline would compute with Decimal128 or integers beyond 2^53, which the embedded store does not do; use MONGODB_URI.");
  }
  if (Array.isArray(value)) for (const item of value) refuseNumbers(item);
  else if (value !== null && typeof value === "object" && !("_bsontype" in value) && !(value instanceof Date)) for (const item of Object.values(value)) refuseNumbers(item);
}

/** Runs one stage by the expression library on fresh decodes. @throws StoreError 238 naming what it would do differently from MongoDB. */
export async function libraryStage(stage: RawDoc, docs: readonly RawDoc[]): Promise<RawDoc[]> {
  const decoded = deserialize(stage) as Record<string, unknown>;
  const [name = "", spec] = Object.entries(decoded)[0] ?? [];
  if (!STAGES.has(name)) throw new StoreError(238, "NotImplemented", `The stage ${name} is not supported by the embedded store; use MONGODB_URI.`);
  refuseOperators(spec, name);
  if (docs.length > BATCH_LIMIT) throw new StoreError(292, "QueryExceededMemoryLimitNoDiskUseAllowed", `${name} over more than ${BATCH_LIMIT} documents is refused; bound it by a $match.`);
  const input = docs.map((doc) => deserialize(doc));
  refuseNumbers(input);
  const { Aggregator } = await import("mingo");
  const result = new Aggregator([decoded]).run(input) as Record<string, unknown>[];
  return result.map((doc) => serialize(doc));
}
