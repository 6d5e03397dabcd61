import { StoreError } from "../values/errors.ts";
import { filterAst, type FilterNode } from "../values/match.ts";
import { embedded, fieldsOf, itemsOf, stringOf, T, type RawDoc, type RawValue } from "../values/raw.ts";
import { documentsOf, limitOf, matchFilter } from "./basic.ts";
import { List, type Docs } from "./docs.ts";
import { coded, compileExpression } from "./expressions/compile.ts";
import type { Names } from "./expressions/frame.ts";
import { typeName } from "./expressions/numbers.ts";
import { correlatedEqualities, type Correlated } from "./correlated.ts";
import { sortSpec } from "./sort.ts";
import type { Place, Stage, World } from "./stage.ts";
import { stageOf } from "./stages.ts";

interface Named {
  readonly name: string;
  readonly value: RawValue;
}

/** What of a pipeline's beginning the query on its collection does. */
interface Lead {
  readonly filters: FilterNode[];
  /** Equalities of `$expr` with values that are known only when the pipeline is opened: they let an index be used. */
  readonly correlated: Correlated[];
  sort: RawDoc | undefined;
  skip: number;
  limit: number;
}

/** A pipeline that can be opened again and again; one at a time, since its variables are shared. */
export interface Pipeline {
  /** The last stage, when it is `$out` or `$merge`: for the command to carry out. */
  readonly writes: Named | undefined;
  /** Runs it on its collection. `more`: a further condition on what is read. */
  open(world: World, o?: { more?: FilterNode; hint?: unknown }): Docs;
  /** Runs it on documents at hand. */
  over(input: Docs, world: World): Docs;
}

const FIRST_ONLY = new Set(["$collStats", "$indexStats", "$documents", "$geoNear", "$changeStream", "$currentOp", "$listLocalSessions", "$listSessions", "$planCacheStats", "$search", "$searchMeta", "$vectorSearch"]);
const WRITING = new Set(["$out", "$merge"]);
const NOT_IN_FACET = new Set([...FIRST_ONLY, ...WRITING, "$facet"]);

function named(raw: RawDoc): Named {
  const fields = fieldsOf(raw);
  if (fields.length !== 1) throw new StoreError(40323, "Location40323", "A pipeline stage specification object must contain exactly one field.");
  return fields[0]!;
}

/** The stages of a `pipeline` argument. @throws StoreError 14. */
export function stagesOf(value: RawValue, what: string): RawDoc[] {
  if (value.type !== T.array) throw coded(14, `${what} must be an array of stages, found ${typeName(value)}`);
  return itemsOf(value).map((item) => {
    if (item.type !== T.object) throw coded(14, `Each element of the 'pipeline' array must be an object, found ${typeName(item)}`);
    return embedded(item);
  });
}

function checkPlaces(stages: readonly Named[], { inside }: Pick<Place, "inside">): void {
  stages.forEach(({ name }, i) => {
    if (inside === "$facet" && NOT_IN_FACET.has(name)) throw new StoreError(40600, "Location40600", `${name} is not allowed to be used within a $facet stage`);
    if (inside && WRITING.has(name)) throw new StoreError(inside === "$lookup" ? 51047 : 31441, `Location${inside === "$lookup" ? 51047 : 31441}`, `${name} is not allowed within a ${inside}'s sub-pipeline`);
    if (FIRST_ONLY.has(name) && i > 0) throw new StoreError(40602, "Location40602", `${name} is only valid as the first stage in a pipeline.`);
    if (WRITING.has(name) && i < stages.length - 1) throw new StoreError(40601, "Location40601", `${name} can only be the final stage in the pipeline`);
  });
}

/** Compiles a pipeline. @throws StoreError 40323, 40324, 40600, 40601, 40602 and what its stages throw.
 *  Source: mongodb.com/docs/manual/reference/operator/aggregation-pipeline/ */
export function compilePipeline(raws: readonly RawDoc[], names: Names, where: Omit<Place, "compile">): Pipeline {
  const place: Place = { ...where, compile: compilePipeline };
  const all = raws.map(named);
  checkPlaces(all, place);
  const writes = WRITING.has(all.at(-1)?.name ?? "") ? all.pop() : undefined;
  const source = sourceOf(all[0], names, place);
  const rest = source ? all.slice(1) : all;
  const { lead, count } = source || place.inside === "$facet" ? { lead: emptyLead(), count: 0 } : leadOf(rest, names);
  const compile = ({ name, value }: Named): Stage => stageOf(name)(value, names, place, name);
  // Compiled even where the query does the work, so that each is checked.
  const absorbed = rest.slice(0, count).map(compile);
  const stages = rest.slice(count).map(compile);
  const run = (input: Docs, world: World, through: readonly Stage[]) => through.reduce((docs, stage) => stage.open(docs, world), input);
  return {
    writes,
    over: (input, world) => run(input, world, [...absorbed, ...stages]),
    open(world, o = {}) {
      if (source) return run(source(world), world, stages);
      if (place.collection === undefined) throw new StoreError(73, "InvalidNamespace", "{aggregate: 1} is not valid for an empty pipeline or one whose first stage reads a collection.");
      const children = [...lead.filters, ...(o.more ? [o.more] : []), ...lead.correlated.flatMap((c) => c.filter(names.frame))];
      const filter: FilterNode = children.length === 1 ? children[0]! : { kind: "and", children };
      return run(world.read({ collection: place.collection, filter, names, sort: lead.sort, skip: lead.skip, limit: lead.limit, hint: o.hint, passing: stages[0]?.passing ?? false }), world, stages);
    },
  };
}

const emptyLead = (): Lead => ({ filters: [], correlated: [], sort: undefined, skip: 0, limit: 0 });

/** Takes the longest beginning of `$match`, one `$sort`, `$skip`, `$limit` that one query can do. A `$match` behind a `$sort` goes before it. */
function leadOf(stages: readonly Named[], names: Names): { lead: Lead; count: number } {
  const lead = emptyLead();
  let count = 0;
  for (const { name, value } of stages) {
    const bounded = lead.skip > 0 || lead.limit > 0;
    if (name === "$match" && !bounded) {
      const filter = matchFilter(value);
      const ast = filterAst(filter, names);
      if (ast.kind === "and") lead.filters.push(...ast.children);
      else lead.filters.push(ast);
      lead.correlated.push(...correlatedEqualities(filter, names));
    } else if (name === "$sort" && !lead.sort && !bounded) lead.sort = sortSpec(value);
    else if (name === "$skip" && !bounded) lead.skip = limitOf(value, name);
    else if (name === "$limit" && lead.limit === 0) lead.limit = limitOf(value, name);
    else break;
    count++;
  }
  return { lead, count };
}

/** The documents of a first stage that makes its own. */
function sourceOf(first: Named | undefined, names: Names, place: Place): ((world: World) => Docs) | undefined {
  if (first?.name === "$documents") {
    if (place.collection !== undefined && !place.inside) throw new StoreError(73, "InvalidNamespace", "$documents can only be run with {aggregate: 1}, or first in the pipeline of a $lookup or $unionWith without a collection");
    const list = compileExpression(first.value, names);
    return () => new List(documentsOf(list.run(names.frame)));
  }
  if (first?.name === "$collStats" || first?.name === "$indexStats") {
    const { name, value } = first;
    if (value.type !== T.object) throw coded(name === "$collStats" ? 40166 : 28803, `${name} must take a nested object but found: ${typeName(value)}`);
    const spec = embedded(value);
    if (place.collection === undefined) throw new StoreError(73, "InvalidNamespace", `${name} must be run on a collection`);
    const { collection } = place;
    return (world) => world.describe(name, collection, spec);
  }
  if (first?.name === "$currentOp" || first?.name === "$listLocalSessions") {
    const { name, value } = first;
    if (value.type !== T.object) throw coded(9, `${name} options must be specified in an object, but found: ${typeName(value)}`);
    if (place.collection !== undefined) throw new StoreError(73, "InvalidNamespace", `${name} must be run against a database with {aggregate: 1}, not a collection`);
    return (world) => world.server(name);
  }
  return undefined;
}

/** A collection's name in a stage. @throws StoreError 9 or 14. */
export function collectionOf(value: RawValue, what: string): string {
  if (value.type !== T.string) throw coded(9, `${what} must be a string, but found ${typeName(value)}`);
  const name = stringOf(value);
  if (name === "") throw new StoreError(73, "InvalidNamespace", `${what} must not be empty`);
  return name;
}
