import { PAUSE } from "../planner/query.ts";
import { Memory, Sorter } from "../planner/sorter.ts";
import { Clock } from "../storage/turns.ts";
import { StoreError } from "../values/errors.ts";
import { DocWriter, embedded, fieldsOf, numberOf, T, type RawDoc, type RawValue } from "../values/raw.ts";
import type { DocumentOrder } from "../values/sort.ts";
import { Reader, type Docs } from "./docs.ts";
import { checkPath, coded, compileExpression, compileFieldPath } from "./expressions/compile.ts";
import type { Names } from "./expressions/frame.ts";
import { detached, NULL, text } from "./expressions/make.ts";
import { typeName } from "./expressions/numbers.ts";
import { compileAddFields, type Transform } from "./expressions/projection.ts";
import { compileDocumentOrder } from "./expressions/order.ts";
import type { CompileStage } from "./stage.ts";
import { boundsOf } from "./window-bounds.ts";
import { compileWindowFunction, type Partition, type SortBy, type Values, type WindowFunction } from "./window-functions.ts";

export interface WindowSpec {
  readonly partitionBy: RawValue | undefined;
  readonly sortBy: RawDoc | undefined;
  readonly outputs: readonly { readonly path: string; readonly make: (sortBy: SortBy, names: Names) => WindowFunction }[];
}

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/setWindowFields/ */
export const windowStage: CompileStage = (value, names) => {
  if (value.type !== T.object) throw coded(9, `the $setWindowFields stage specification must be an object, found ${typeName(value)}`);
  const args = new Map(fieldsOf(value.bytes, value.start).map((f) => [f.name, f.value]));
  for (const name of args.keys()) if (!["partitionBy", "sortBy", "output"].includes(name)) throw new StoreError(40415, "Location40415", `BSON field '$setWindowFields.${name}' is an unknown field.`);
  const output = args.get("output");
  if (!output) throw new StoreError(40414, "Location40414", "BSON field '$setWindowFields.output' is missing but a required field");
  if (output.type !== T.object) throw coded(14, "BSON field '$setWindowFields.output' must be an object");
  const sortBy = args.get("sortBy");
  if (sortBy && sortBy.type !== T.object) throw coded(14, "BSON field '$setWindowFields.sortBy' must be an object");
  const outputs = fieldsOf(output.bytes, output.start).map(({ name: path, value: v }) => {
    checkPath(path);
    return { path, make: functionOf(path, v) };
  });
  return windowsOver({ partitionBy: args.get("partitionBy"), sortBy: sortBy && embedded(sortBy), outputs }, names);
};

function functionOf(path: string, spec: RawValue): (sortBy: SortBy, names: Names) => WindowFunction {
  if (spec.type !== T.object) throw coded(9, `The field '${path}' must be an object`);
  let call: { name: string; value: RawValue } | undefined;
  let window: RawValue | undefined;
  for (const field of fieldsOf(spec.bytes, spec.start)) {
    if (field.name === "window") window = field.value;
    else if (!field.name.startsWith("$")) throw coded(9, `Window function found an unknown argument: ${field.name}`);
    else if (call) throw coded(9, `Cannot specify two functions in window function spec: ${call.name} and ${field.name}`);
    else call = field;
  }
  if (!call) throw coded(9, `Expected a $-prefixed window function for '${path}'`);
  const { name, value } = call;
  const bounds = window ? boundsOf(window) : undefined;
  return (sortBy, names) => compileWindowFunction(name, value, bounds, sortBy, names);
}

function sortByOf(spec: RawDoc | undefined): SortBy {
  const fields = spec ? fieldsOf(spec) : [];
  const only = fields.length === 1 ? fields[0] : undefined;
  return { path: only?.name, ascending: only !== undefined && (numberOf(only.value) ?? 0) > 0, any: fields.length > 0 };
}

/** Windows over partitions: shared by `$setWindowFields` and `$fill`. */
export function windowsOver({ partitionBy, sortBy: spec, outputs }: WindowSpec, names: Names): ReturnType<CompileStage> {
  const sortBy = sortByOf(spec);
  const partitionOf = partitionBy ? compileExpression(partitionBy, names) : undefined;
  const inner = spec && sortBy.any ? compileDocumentOrder(spec, names.order) : undefined;
  const position = sortBy.path === undefined ? undefined : compileFieldPath(sortBy.path, names);
  const functions = outputs.map(({ make }) => make(sortBy, names));
  const { names: inside, places } = names.bind(...outputs.map((_, i) => `window${i}`));
  const setting = new DocWriter();
  outputs.forEach(({ path }, i) => setting.value(path, text(`$$window${i}`)));
  const write = compileAddFields(setting.done(), inside);
  const { frame } = names;
  const keyOf = (doc: RawDoc): RawValue => {
    if (!partitionOf) return NULL;
    frame.root = doc;
    const v = partitionOf.run(frame) ?? NULL;
    if (v.type === T.array) throw coded(14, "An expression used to partition cannot evaluate to value of type array");
    return detached(v);
  };
  const order: DocumentOrder = {
    keyOf: (doc) => [keyOf(doc), inner?.keyOf(doc)],
    compare: (a, b) => {
      const [x, y] = [a as [RawValue, unknown], b as [RawValue, unknown]];
      return names.order.compare(x[0], y[0]) || (inner ? inner.compare(x[1], y[1]) : 0);
    },
    sizeOf: (key) => 60 + (inner ? inner.sizeOf((key as [RawValue, unknown])[1]) : 0),
  };
  const partition = (docs: readonly RawDoc[], keys: readonly unknown[]): Partition => ({
    docs, length: docs.length,
    value: (i) => {
      frame.root = docs[i]!;
      return position?.run(frame);
    },
    same: (i, j) => order.compare(keys[i], keys[j]) === 0,
  });
  /** Sets what the functions give for one document; those that were asked before a pause are not asked again. */
  const setter = (): Set_ => {
    const found: RawValue[] = [];
    return (doc, values, i, deadline) => {
      while (found.length < values.length) {
        const v = values[found.length]!(i, deadline);
        if (v === PAUSE) return PAUSE;
        found.push(v ?? NULL);
      }
      found.splice(0).forEach((v, n) => { frame.slots[places[n]!] = v; });
      return write(doc);
    };
  };
  return { open: (input) => (partitionOf || inner ? sortedPartitions(input, order, names, functions, partition, setter()) : onePartition(input, functions, partition, setter())) };
}

type Set_ = (doc: RawDoc, values: readonly Values[], i: number, deadline: number) => ReturnType<Transform> | typeof PAUSE;
type MakePartition = (docs: readonly RawDoc[], keys: readonly unknown[]) => Partition;

/** All documents are one partition, in the order they come. */
function onePartition(input: Docs, functions: readonly WindowFunction[], partition: MakePartition, set: Set_): Docs {
  const reader = new Reader(input, new Memory("$setWindowFields"));
  const clock = new Clock();
  let values: readonly Values[] | undefined;
  let at = 0;
  return {
    next(deadline) {
      if (!values) {
        if (!reader.read(deadline)) return PAUSE;
        const only = partition(reader.docs, reader.docs);
        values = functions.map((f) => f(only));
      }
      if (clock.over(deadline)) return PAUSE;
      const doc = reader.docs[at];
      const out = doc && set(doc, values, at, deadline);
      if (out !== PAUSE) at++;
      return out;
    },
  };
}

/** Sorts by partition and order, and answers one partition after the other. */
function sortedPartitions(input: Docs, order: DocumentOrder, names: Names, functions: readonly WindowFunction[], partition: MakePartition, set: Set_): Docs {
  const sorter = new Sorter(order, 0, "$setWindowFields");
  const clock = new Clock();
  let sorted: Iterator<{ key: unknown; doc: RawDoc }> | undefined;
  let head: IteratorResult<{ key: unknown; doc: RawDoc }> | undefined;
  let docs: RawDoc[] = [];
  let keys: unknown[] = [];
  let values: readonly Values[] | undefined;
  let at = 0;
  const samePartition = (a: unknown, b: unknown) => names.order.compare((a as [RawValue])[0], (b as [RawValue])[0]) === 0;
  return {
    next(deadline) {
      while (!sorted) {
        const doc = input.next(deadline);
        if (doc === PAUSE) return PAUSE;
        if (doc) sorter.add(doc);
        else {
          sorted = sorter.sorted();
          head = sorted.next();
        }
      }
      if (clock.over(deadline)) return PAUSE;
      if (!values || at >= docs.length) {
        if (values || docs.length === 0) [docs, keys, values, at] = [[], [], undefined, 0];
        for (; !head!.done && (docs.length === 0 || samePartition(keys[0], head!.value.key)); head = sorted.next()) {
          docs.push(head!.value.doc);
          keys.push(head!.value.key);
          if (clock.over(deadline)) {
            head = sorted.next();
            return PAUSE;
          }
        }
        if (docs.length === 0) return undefined;
        const next = partition(docs, keys);
        values = functions.map((f) => f(next));
      }
      const out = set(docs[at]!, values, at, deadline);
      if (out !== PAUSE) at++;
      return out;
    },
  };
}
