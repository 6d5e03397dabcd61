import { PAUSE } from "../planner/query.ts";
import { Memory } from "../planner/sorter.ts";
import { coded, compileExpression, checkPath, checkVariableName } from "./expressions/compile.ts";
import type { FilterNode } from "../values/match.ts";
import { DocWriter, EMPTY_DOC, fieldsOf, itemsOf, compilePath, stringOf, T, walk, type RawDoc, type RawValue } from "../values/raw.ts";
import { ArrayReader, List, Reader, type Docs } from "./docs.ts";
import { StoreError } from "../values/errors.ts";
import type { Expr, Names } from "./expressions/frame.ts";
import { NULL } from "./expressions/make.ts";
import { typeName } from "./expressions/numbers.ts";
import { replaceAt } from "./nested.ts";
import { collectionOf, stagesOf, type Pipeline } from "./pipeline.ts";
import type { CompileStage, Place, World } from "./stage.ts";

const KNOWN = new Set(["from", "as", "localField", "foreignField", "let", "pipeline"]);

export const textOf = (value: RawValue, what: string): string => {
  if (value.type !== T.string) throw coded(9, `${what} must be a string, but found ${typeName(value)}`);
  return stringOf(value);
};

/** All values of a path, items of arrays by themselves. */
export function valuesAt(doc: RawDoc, path: string): RawValue[] {
  const out: RawValue[] = [];
  walk(doc, 0, compilePath(path), 0, "whole", (type, bytes, start, end) => {
    const value: RawValue = { type, bytes, start, end };
    if (type === T.array) out.push(...itemsOf(value));
    else if (type !== T.missing) out.push(value);
    return false;
  });
  return out;
}

const joinValues = (doc: RawDoc, path: string): RawValue[] => {
  const values = valuesAt(doc, path);
  return values.length > 0 ? values : [NULL];
};

/** "Equal to one of these"; undefined values equal nothing here. */
export function equalToSome(path: string, values: readonly RawValue[]): FilterNode {
  const wanted = values.filter((v) => v.type !== T.undefined);
  return wanted.length === 0 ? { kind: "never" } : { kind: "leaf", path, op: "in", values: wanted, regexes: [] };
}

interface Joined {
  readonly local: string | undefined;
  readonly foreign: string | undefined;
  readonly as: readonly string[];
  readonly variables: readonly { place: number; expr: Expr }[];
  readonly pipeline: Pipeline;
  /** Finds the same for every document: no variables, no fields, nothing by chance. */
  readonly constant: boolean;
}

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/lookup/ */
export const lookupStage: CompileStage = (value, names, place) => {
  const joined = parse(value, names, place);
  return { open: (input, world) => join(input, world, joined, names) };
};

function parse(value: RawValue, names: Names, place: Place): Joined {
  if (value.type !== T.object) throw coded(9, `the $lookup stage specification must be an object, but found ${typeName(value)}`);
  const args = new Map(fieldsOf(value.bytes, value.start).map((f) => [f.name, f.value]));
  for (const name of args.keys()) if (!KNOWN.has(name)) throw coded(9, `unknown argument to $lookup: ${name}`);
  const text = (name: string): string | undefined => (args.has(name) ? textOf(args.get(name)!, `$lookup argument '${name}'`) : undefined);
  const [as, local, foreign] = [text("as"), text("localField"), text("foreignField")];
  if (as === undefined) throw coded(9, "must specify 'as' field for a $lookup");
  for (const path of [as, local, foreign]) if (path !== undefined) checkPath(path);
  if ((local === undefined) !== (foreign === undefined)) throw coded(9, "$lookup requires both or neither of 'localField' and 'foreignField' to be specified");
  const inner = args.get("pipeline");
  if (!inner && local === undefined) throw coded(9, "$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified");
  if (args.has("let") && !inner) throw coded(9, "$lookup with a 'let' argument must also specify 'pipeline'");
  const stages = inner ? stagesOf(inner, "the 'pipeline' of a $lookup") : [];
  const from = args.has("from") ? collectionOf(args.get("from")!, "$lookup argument 'from'") : undefined;
  if (from === undefined && fieldsOf(stages[0] ?? EMPTY_DOC)[0]?.name !== "$documents") throw coded(9, "must specify 'pipeline' when 'from' is empty; must specify 'from' field for a $lookup");
  const defined = letOf(args.get("let"), names);
  const { names: inside, places } = names.bind(...defined.map((d) => d.name));
  const pipeline = place.compile(stages, inside, { collection: from, inside: "$lookup" });
  const chance = inner !== undefined && /\$(?:rand|sample|sampleRate)\b/.test(Buffer.from(inner.bytes.buffer, inner.bytes.byteOffset + inner.start, inner.end - inner.start).toString("latin1"));
  return { local, foreign, as: as.split("."), variables: defined.map((d, i) => ({ place: places[i]!, expr: d.expr })), pipeline, constant: local === undefined && defined.length === 0 && !chance };
}

function letOf(value: RawValue | undefined, names: Names): { name: string; expr: Expr }[] {
  if (!value) return [];
  if (value.type !== T.object) throw coded(9, `$lookup argument 'let' must be an object, but found ${typeName(value)}`);
  return fieldsOf(value.bytes, value.start).map(({ name, value: inner }) => {
    checkVariableName(name);
    return { name, expr: compileExpression(inner, names) };
  });
}

/** Asks the other collection for each document, and goes on with that question after a pause. */
function join(input: Docs, world: World, { local, foreign, as, variables, pipeline, constant }: Joined, names: Names): Docs {
  const { frame } = names;
  let current: RawDoc | undefined;
  let reader: ArrayReader | undefined;
  let kept: RawValue | undefined;
  const ask = (doc: RawDoc): ArrayReader => {
    frame.root = doc;
    const values = variables.map(({ expr }) => expr.run(frame));
    variables.forEach(({ place }, i) => { frame.slots[place] = values[i]; });
    const more = local !== undefined && foreign !== undefined ? equalToSome(foreign, joinValues(doc, local)) : undefined;
    return new ArrayReader(pipeline.open(world, more ? { more } : {}), new Memory("$lookup"));
  };
  return {
    next(deadline) {
      if (!current) {
        const doc = input.next(deadline);
        if (doc === undefined || doc === PAUSE) return doc;
        if (kept) return replaceAt(doc, as, kept);
        current = doc;
        reader = ask(doc);
      }
      const found = reader!.read(deadline);
      if (!found) return PAUSE;
      if (constant) kept = found;
      const out = replaceAt(current, as, found);
      current = undefined;
      return out;
    },
  };
}

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/unionWith/ */
export const unionStage: CompileStage = (value, names, place) => {
  let coll: string | undefined;
  let stages: RawDoc[] = [];
  if (value.type === T.string) coll = collectionOf(value, "the $unionWith stage specification");
  else {
    if (value.type !== T.object) throw coded(9, `the $unionWith stage specification must be an object or string, but found ${typeName(value)}`);
    for (const { name, value: v } of fieldsOf(value.bytes, value.start)) {
      if (name === "coll") coll = collectionOf(v, "$unionWith argument 'coll'");
      else if (name === "pipeline") stages = stagesOf(v, "the 'pipeline' of a $unionWith");
      else throw new StoreError(40415, "Location40415", `BSON field '$unionWith.${name}' is an unknown field.`);
    }
  }
  if (coll === undefined && fieldsOf(stages[0] ?? EMPTY_DOC)[0]?.name !== "$documents") throw coded(9, "$unionWith stage without explicit collection must have a pipeline with $documents as first stage");
  const pipeline = place.compile(stages, names, { collection: coll, inside: "$unionWith" });
  return {
    open(input, world) {
      let second: Docs | undefined;
      return {
        next(deadline) {
          if (!second) {
            const doc = input.next(deadline);
            if (doc !== undefined) return doc;
            second = pipeline.open(world);
          }
          return second.next(deadline);
        },
      };
    },
  };
};

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/facet/ */
export const facetStage: CompileStage = (value, names, place) => {
  const fields = value.type === T.object ? fieldsOf(value.bytes, value.start) : [];
  if (fields.length === 0) throw new StoreError(40169, "Location40169", "the $facet specification must be a non-empty object");
  const facets = fields.map(({ name, value: v }) => {
    if (name.startsWith("$") || name.includes(".") || name === "") throw new StoreError(15998, "Location15998", `'${name}' is not a valid name for a facet`);
    if (v.type !== T.array) throw new StoreError(40170, "Location40170", `arguments to $facet must be arrays, ${name} is type ${typeName(v)}`);
    return { name, pipeline: place.compile(stagesOf(v, name), names, { collection: place.collection, inside: "$facet" }) };
  });
  return {
    open(input, world) {
      const reader = new Reader(input, new Memory("$facet"));
      let read = false;
      let done = false;
      const w = new DocWriter();
      let at = 0;
      let inner: ArrayReader | undefined;
      return {
        next(deadline) {
          if (done) return undefined;
          read ||= reader.read(deadline);
          if (!read) return PAUSE;
          for (; at < facets.length; at++) {
            const { name, pipeline } = facets[at]!;
            inner ??= new ArrayReader(pipeline.over(new List(reader.docs), world), new Memory("$facet"));
            const found = inner.read(deadline);
            if (!found) return PAUSE;
            w.value(name, found);
            inner = undefined;
          }
          done = true;
          return w.done();
        },
      };
    },
  };
};
