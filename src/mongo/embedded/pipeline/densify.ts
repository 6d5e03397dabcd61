import { PAUSE } from "../planner/query.ts";
import { Sorter, type Keyed } from "../planner/sorter.ts";
import { Clock } from "../storage/turns.ts";
import { locationError, StoreError } from "../values/errors.ts";
import { DocWriter, fieldsOf, int64At, itemsOf, stringOf, T, truthy, type RawDoc, type RawValue } from "../values/raw.ts";
import { checkPath, coded } from "./expressions/compile.ts";
import type { Names } from "./expressions/frame.ts";
import { array, date, detached, NULL } from "./expressions/make.ts";
import { asDouble, nullish, numeric, sumOf, typeName } from "./expressions/numbers.ts";
import { addToDate, type Unit } from "./expressions/ops-date-math.ts";
import { UTC } from "./expressions/zones.ts";
import { fieldNames } from "./fill.ts";
import { replaceAt, valueAt } from "./nested.ts";
import type { CompileStage } from "./stage.ts";
import { unitOf } from "./window-bounds.ts";

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/densify/ */
const MOST = 500_000;

interface Spec {
  readonly field: readonly string[];
  readonly partition: readonly (readonly string[])[];
  readonly step: RawValue;
  readonly unit: Unit | undefined;
  /** From the first to below the second; else the range of all values, or of those of the partition. */
  readonly bounds: "full" | "partition" | readonly [RawValue, RawValue];
}

export const densifyStage: CompileStage = (value, names) => {
  const spec = parse(value);
  return {
    open(input) {
      const { order } = names;
      const sorter = new Sorter({
        keyOf: (doc) => keyOf(doc, spec),
        compare: (a, b) => {
          const [x, y] = [a as Key, b as Key];
          return order.compare(x.partition, y.partition) || order.compare(x.at, y.at);
        },
        sizeOf: (key) => (key as Key).partition.end + 80,
      }, 0, "$densify");
      const clock = new Clock();
      let least: RawValue | undefined;
      let most: RawValue | undefined;
      let output: Iterator<RawDoc> | undefined;
      return {
        next(deadline) {
          while (!output) {
            const doc = input.next(deadline);
            if (doc === PAUSE) return PAUSE;
            if (doc) {
              const { at } = keyOf(doc, spec);
              if (at && (!least || order.compare(at, least) < 0)) least = at;
              if (at && (!most || order.compare(at, most) > 0)) most = at;
              sorter.add(doc);
            } else output = densified(sorter.sorted(), spec, names, least, most);
          }
          if (clock.over(deadline)) return PAUSE;
          const found = output.next();
          return found.done ? undefined : found.value;
        },
      };
    },
  };
};

interface Key {
  readonly partition: RawValue;
  readonly at: RawValue | undefined;
}

function keyOf(doc: RawDoc, { field, partition, unit }: Spec): Key {
  const at = valueAt(doc, field);
  if (nullish(at)) return { partition: partitionOf(doc, partition), at: undefined };
  if (unit ? at.type !== T.date : !numeric(at)) {
    throw locationError(unit ? 6053600 : 5733201, `Densify field type must be ${unit ? "a date, since a unit is given" : "numeric"}, but it is ${typeName(at)}`);
  }
  return { partition: partitionOf(doc, partition), at: detached(at) };
}

const partitionOf = (doc: RawDoc, paths: Spec["partition"]): RawValue => array(paths.map((path) => valueAt(doc, path) ?? NULL));

function next(v: RawValue, { step, unit }: Spec): RawValue {
  return unit ? date(addToDate(Number(int64At(v.bytes, v.start)), unit, asDouble(step), UTC)) : sumOf(v, step);
}

/** The documents with new ones where a step has none. */
function* densified(sorted: Iterator<Keyed>, spec: Spec, names: Names, least: RawValue | undefined, most: RawValue | undefined): Generator<RawDoc, undefined> {
  const { order } = names;
  const explicit = typeof spec.bounds === "string" ? undefined : spec.bounds;
  let made = 0;
  const fresh = (at: RawValue, partition: RawValue): RawDoc => {
    if (++made > MOST) throw new StoreError(5897900, "Location5897900", `Generated more than ${MOST} documents in $densify`);
    let doc: RawDoc = new DocWriter(32).done();
    itemsOf(partition).forEach((v, i) => { doc = replaceAt(doc, spec.partition[i]!, v); });
    return replaceAt(doc, spec.field, at);
  };
  let head = sorted.next();
  if (head.done && explicit && spec.partition.length === 0) {
    for (let at = explicit[0]; order.compare(at, explicit[1]) < 0; at = next(at, spec)) yield fresh(at, array([]));
  }
  while (!head.done) {
    const { partition } = head.value.key as Key;
    let at = explicit ? explicit[0] : spec.bounds === "full" ? least : undefined;
    for (; !head.done && order.compare((head.value.key as Key).partition, partition) === 0; head = sorted.next()) {
      const here = (head.value.key as Key).at;
      if (here) {
        at ??= here;
        const end = explicit && order.compare(explicit[1], here) < 0 ? explicit[1] : here;
        for (; order.compare(at, end) < 0; at = next(at, spec)) yield fresh(at, partition);
        if (order.compare(at, here) === 0) at = next(at, spec);
      }
      yield head.value.doc;
    }
    if (!at) continue;
    if (explicit) for (; order.compare(at, explicit[1]) < 0; at = next(at, spec)) yield fresh(at, partition);
    else if (spec.bounds === "full") for (; order.compare(at, most) <= 0; at = next(at, spec)) yield fresh(at, partition);
  }
  return undefined;
}

function parse(value: RawValue): Spec {
  if (value.type !== T.object) throw coded(9, `The $densify specification must be an object, found ${typeName(value)}`);
  const args = new Map(fieldsOf(value.bytes, value.start).map((f) => [f.name, f.value]));
  for (const name of args.keys()) if (!["field", "partitionByFields", "range"].includes(name)) throw new StoreError(40415, "Location40415", `BSON field '$densify.${name}' is an unknown field.`);
  const [field, range] = [args.get("field"), args.get("range")];
  if (!field || !range) throw new StoreError(40414, "Location40414", `BSON field '$densify.${field ? "range" : "field"}' is missing but a required field`);
  if (field.type !== T.string || range.type !== T.object) throw coded(14, "$densify takes a string as 'field' and an object as 'range'");
  if (stringOf(field).startsWith("$")) throw locationError(5733402, "Cannot densify field starting with '$'");
  checkPath(stringOf(field));
  const partition = args.has("partitionByFields") ? fieldNames(args.get("partitionByFields")!, "$densify") : [];
  if (partition.some((path) => path === stringOf(field) || path.startsWith(`${stringOf(field)}.`) || stringOf(field).startsWith(`${path}.`))) throw coded(9, "BSON field 'partitionByFields' contains a field that is a prefix of the field to densify, or the other way round.");
  const parts = new Map(fieldsOf(range.bytes, range.start).map((f) => [f.name, f.value]));
  const [step, bounds] = [parts.get("step"), parts.get("bounds")];
  if (!step || !bounds) throw new StoreError(40414, "Location40414", `BSON field '$densify.range.${step ? "bounds" : "step"}' is missing but a required field`);
  if (!numeric(step) || !truthy(step) || asDouble(step) <= 0) throw locationError(5733401, "The step parameter in a range statement must be a strictly positive numeric value");
  const unit = parts.has("unit") ? unitOf(parts.get("unit")!) : undefined;
  if (unit && !Number.isInteger(asDouble(step))) throw locationError(6586400, "The step parameter in a range statement must be a whole number when densifying a date range");
  return { field: stringOf(field).split("."), partition: partition.map((path) => path.split(".")), step, unit, bounds: boundsOf(bounds, unit, partition.length > 0) };
}

function boundsOf(v: RawValue, unit: Unit | undefined, partitioned: boolean): Spec["bounds"] {
  if (v.type === T.string) {
    const kind = stringOf(v);
    if (kind !== "full" && kind !== "partition") throw locationError(5946802, "Bounds string must either be 'full' or 'partition'");
    if (kind === "partition" && !partitioned) throw locationError(5733408, "One may not specify the bounds as 'partition' without specifying a non-empty array of partitionByFields. You may have meant to specify 'full' bounds.");
    return kind;
  }
  const [low, high, ...more] = v.type === T.array ? itemsOf(v) : [];
  if (!low || !high || more.length > 0) throw locationError(5733403, "A bounding array in a range statement must have exactly two elements");
  for (const bound of [low, high]) if (unit ? bound.type !== T.date : !numeric(bound)) throw locationError(unit ? 5733402 : 5733406, `A bounding array must hold ${unit ? "dates, since a unit is given" : "numbers, since no unit is given"}`);
  const at = (bound: RawValue) => (bound.type === T.date ? Number(int64At(bound.bytes, bound.start)) : asDouble(bound));
  if (at(low) > at(high)) throw locationError(5733403, "A bounding array must be ascending");
  return [low, high];
}
