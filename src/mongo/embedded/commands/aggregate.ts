import { PAUSE, Query, type Source } from "../planner/query.ts";
import { NeedsLibrary } from "../pipeline/group.ts";
import { libraryStage } from "../pipeline/library.ts";
import type { Lookup } from "../pipeline/lookup.ts";
import { nativeStage } from "../pipeline/stages.ts";
import { nsOf } from "../storage/store.ts";
import { StoreError } from "../values/errors.ts";
import { DocWriter, EMPTY_DOC, fieldsOf, numberOf, stringOf, T, embedded, getField, type RawDoc, type RawValue } from "../values/raw.ts";
import { Args, refuseCollation, type Command, type Context } from "./context.ts";
import { Cursor } from "./cursors.ts";
import { countMatches, forEachMatch, hintOf, wholeNumberOf } from "./find.ts";

interface Named {
  readonly name: string;
  readonly value: RawValue;
  readonly raw: RawDoc;
}

/** What of a pipeline's beginning the query itself does: match, sort, skip and limit. */
interface Lead {
  filter: RawDoc;
  sort: RawDoc | undefined;
  skip: number;
  limit: number;
}

/** `aggregate`: mongodb.com/docs/manual/reference/command/aggregate/ */
export const aggregate: Command = async (context) => {
  const { args, cursors, db, requestId } = context;
  refuseCollation(args);
  const target = args.required("aggregate", args.value("aggregate"));
  const stages = args.required("pipeline", args.docs("pipeline")).map(named);
  const cursorOptions = args.doc("cursor");
  if (!cursorOptions) throw new StoreError(9, "FailedToParse", "The 'cursor' option is required, except for aggregate with the explain argument");
  if (stages[0]?.name === "$changeStream") throw new StoreError(40573, "Location40573", "The $changeStream stage is only supported on replica sets");
  if (target.type !== T.string) throw new StoreError(73, "InvalidNamespace", "Aggregation without a collection is not supported by the embedded store.");
  const collection = stringOf(target);
  const batchSize = new Args("aggregate.cursor", cursorOptions).number("batchSize");
  const docs = await run(context, collection, stages, hintOf(args, context.store.catalog.get(nsOf(db, collection))));
  const cursor = new Cursor(nsOf(db, collection), listSource(docs), { skip: 0, limit: 0, project: undefined });
  return cursors.first(cursor, batchSize, false, requestId);
};

function named(raw: RawDoc): Named {
  const fields = fieldsOf(raw);
  if (fields.length !== 1) throw new StoreError(40323, "Location40323", "A pipeline stage specification object must contain exactly one field.");
  return { ...fields[0]!, raw };
}

/** Documents already at hand as a source. */
function listSource(docs: readonly RawDoc[]): Source {
  let at = 0;
  return { next: () => (at < docs.length ? { recordId: 0, doc: docs[at++]! } : undefined) };
}

async function run(context: Context, name: string, stages: readonly Named[], hint?: ReturnType<typeof hintOf>): Promise<RawDoc[]> {
  const { store, db } = context;
  const collection = store.catalog.get(nsOf(db, name));
  const { lead, rest } = leadOf(stages);
  const counted = lead.skip === 0 && lead.limit === 0 ? countedField(rest) : undefined;
  if (counted) {
    const { n } = await countMatches(store, collection, { filter: lead.filter, hint });
    return n === 0 ? [] : [new DocWriter().value("_id", counted.id).int32(counted.field, n).done()];
  }
  let docs: RawDoc[] = [];
  if (collection) {
    const query = new Query(store.env, collection, { filter: lead.filter, sort: lead.sort, hint, enough: lead.limit > 0 ? lead.limit + lead.skip : 0 });
    await collect(query, lead, docs);
  }
  const lookup: Lookup = (from, filter, pipeline) => {
    const match = named(new DocWriter().doc("$match", filter).done());
    return run(context, from, [match, ...pipeline.map(named)]);
  };
  for (const stage of rest) docs = await apply(stage, docs, lookup);
  return docs;
}

async function collect(query: Query, lead: Lead, docs: RawDoc[]): Promise<void> {
  let skip = lead.skip;
  const bounded: Source = {
    next(deadline) {
      if (lead.limit > 0 && docs.length >= lead.limit) return undefined;
      const found = query.next(deadline);
      return found === PAUSE ? PAUSE : found;
    },
  };
  await forEachMatch(bounded, (doc) => {
    if (skip > 0) skip--;
    else docs.push(doc.slice());
  });
}

/** Takes the longest beginning of `$match* $sort? $skip? $limit?` that one query can do. */
function leadOf(stages: readonly Named[]): { lead: Lead; rest: readonly Named[] } {
  const lead: Lead = { filter: EMPTY_DOC, sort: undefined, skip: 0, limit: 0 };
  let at = 0;
  const is = (name: string) => stages[at]?.name === name && (stages[at]!.value.type === T.object || numberOf(stages[at]!.value) !== undefined);
  if (is("$match")) lead.filter = embedded(stages[at++]!.value);
  if (is("$sort") && stages[at]!.value.type === T.object) lead.sort = embedded(stages[at++]!.value);
  if (is("$skip") && (wholeNumberOf(stages[at]!.value) ?? -1) >= 0) lead.skip = wholeNumberOf(stages[at++]!.value)!;
  if (is("$limit") && (wholeNumberOf(stages[at]!.value) ?? 0) > 0) lead.limit = wholeNumberOf(stages[at++]!.value)!;
  return { lead, rest: stages.slice(at) };
}

/** `$group` that only counts (what the driver's countDocuments sends). */
function countedField(rest: readonly Named[]): { id: RawValue; field: string } | undefined {
  if (rest.length !== 1 || rest[0]!.name !== "$group" || rest[0]!.value.type !== T.object) return undefined;
  const fields = fieldsOf(rest[0]!.value.bytes, rest[0]!.value.start);
  const [id, n] = fields;
  if (fields.length !== 2 || id?.name !== "_id" || n?.value.type !== T.object) return undefined;
  if (id.value.type !== T.null && id.value.type !== T.int) return undefined;
  const one = getField(n.value.bytes, "$sum", n.value.start);
  return one?.type === T.int && numberOf(one) === 1 && fieldsOf(n.value.bytes, n.value.start).length === 1 ? { id: id.value, field: n.name } : undefined;
}

async function apply(stage: Named, docs: RawDoc[], lookup: Lookup): Promise<RawDoc[]> {
  const native = nativeStage(stage.name, stage.value);
  if (!native) return libraryStage(stage.raw, docs);
  try {
    return await native(docs, lookup);
  } catch (error) {
    if (error instanceof NeedsLibrary) return libraryStage(stage.raw, docs);
    throw error;
  }
}
