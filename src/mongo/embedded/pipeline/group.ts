import { StoreError } from "../values/errors.ts";
import { calculate } from "../values/arithmetic.ts";
import { compareValues, valueKeyText } from "../values/key.ts";
import { doubleValue, DocWriter, fieldsOf, getPlainPath, intValue, isNumeric, NULL_VALUE, numberOf, stringOf, T, type RawDoc, type RawValue } from "../values/raw.ts";
import type { Stage } from "./stages.ts";

/** Computes a value from a document; undefined when it is missing. */
type Expression = (doc: RawDoc) => RawValue | undefined;

/** Field paths through documents, literals, and documents of those. Undefined: the expression needs the library. */
export function simpleExpression(value: RawValue): Expression | undefined {
  if (value.type === T.string && stringOf(value).startsWith("$")) {
    const path = stringOf(value).slice(1);
    return path.startsWith("$") || path === "" ? undefined : (doc) => plainPath(doc, path);
  }
  if (value.type === T.array) return undefined;
  if (value.type !== T.object) return () => value;
  const fields = fieldsOf(value.bytes, value.start);
  if (fields.length === 1 && fields[0]!.name === "$literal") return () => fields[0]!.value;
  const parts = fields.map((f) => ({ name: f.name, of: f.name.startsWith("$") || f.name.includes(".") ? undefined : simpleExpression(f.value) }));
  if (parts.some((p) => !p.of)) return undefined;
  return (doc) => {
    const w = new DocWriter(64);
    for (const { name, of } of parts) {
      const found = of!(doc);
      if (found) w.value(name, found);
    }
    const bytes = w.done();
    return { type: T.object, bytes, start: 0, end: bytes.length };
  };
}

/** Thrown where a path meets an array inside a document: only the library follows it as MongoDB does. */
export class NeedsLibrary extends Error {}

function plainPath(doc: RawDoc, path: string): RawValue | undefined {
  const found = getPlainPath(doc, path);
  if (found || !path.includes(".")) return found;
  const parts = path.split(".");
  for (let n = 1; n < parts.length; n++) if (getPlainPath(doc, parts.slice(0, n).join("."))?.type === T.array) throw new NeedsLibrary();
  return undefined;
}

interface Accumulator {
  add(value: RawValue | undefined): void;
  result(): RawValue;
}

const ACCUMULATORS: Readonly<Record<string, () => Accumulator>> = {
  $sum: () => sum(),
  $avg: () => average(),
  $min: () => extreme(-1),
  $max: () => extreme(1),
  $first: () => {
    let first: RawValue | undefined;
    let seen = false;
    return { add: (v) => { if (!seen) first = v && keep(v); seen = true; }, result: () => first ?? NULL_VALUE };
  },
  $last: () => {
    let last: RawValue | undefined;
    return { add: (v) => { last = v && keep(v); }, result: () => last ?? NULL_VALUE };
  },
  $push: () => list(false),
  $addToSet: () => list(true),
};

function sum(): Accumulator {
  let total: RawValue = intValue(0);
  return {
    add: (v) => { if (v && isNumeric(v.type)) total = add(total, v); },
    result: () => total,
  };
}

/** MongoDB's sum widens instead of failing: past 64 bits it becomes a double. */
const add = (a: RawValue, b: RawValue): RawValue => calculate("add", a, b) ?? doubleValue(numberOf(a)! + numberOf(b)!);

function average(): Accumulator {
  let total = 0;
  let n = 0;
  return {
    add: (v) => {
      if (!v || !isNumeric(v.type)) return;
      if (v.type === T.decimal) throw new StoreError(238, "NotImplemented", "$avg of Decimal128 is not supported by the embedded store; use MONGODB_URI.");
      total += numberOf(v)!;
      n++;
    },
    result: () => (n === 0 ? NULL_VALUE : doubleValue(total / n)),
  };
}

function extreme(sign: 1 | -1): Accumulator {
  let best: RawValue | undefined;
  return {
    add: (v) => { if (v && v.type !== T.null && v.type !== T.undefined && (!best || compareValues(v, best) * sign > 0)) best = keep(v); },
    result: () => best ?? NULL_VALUE,
  };
}

function list(distinct: boolean): Accumulator {
  const values: RawValue[] = [];
  const seen = new Set<string>();
  return {
    add: (v) => {
      if (!v) return;
      const key = distinct ? valueKeyText(v) : "";
      if (distinct && seen.has(key)) return;
      seen.add(key);
      values.push(keep(v));
    },
    result: () => {
      const w = new DocWriter();
      values.forEach((v, i) => w.value(String(i), v));
      const bytes = w.done();
      return { type: T.array, bytes, start: 0, end: bytes.length };
    },
  };
}

const keep = (v: RawValue): RawValue => ({ type: v.type, bytes: v.bytes.slice(v.start, v.end), start: 0, end: v.end - v.start });

/** `$group` with simple expressions. Source: mongodb.com/docs/manual/reference/operator/aggregation/group/ */
export function compileGroup(spec: RawDoc): Stage | undefined {
  const fields = fieldsOf(spec);
  const id = fields.find((f) => f.name === "_id");
  if (!id) throw new StoreError(15955, "Location15955", "a group specification must include an _id");
  const key = simpleExpression(id.value);
  const outputs = fields.filter((f) => f !== id).map(({ name, value }) => ({ name, ...output(name, value) }));
  if (!key || outputs.some((o) => !o.of || !o.make)) return undefined;
  return (docs) => {
    const groups = new Map<string, { id: RawValue; accumulators: Accumulator[] }>();
    for (const doc of docs) {
      const found = key(doc) ?? NULL_VALUE;
      const text = valueKeyText(found);
      let group = groups.get(text);
      if (!group) groups.set(text, (group = { id: keep(found), accumulators: outputs.map((o) => o.make!()) }));
      outputs.forEach((o, i) => group.accumulators[i]!.add(o.of!(doc)));
    }
    return [...groups.values()].map(({ id, accumulators }) => {
      const w = new DocWriter().value("_id", id);
      accumulators.forEach((a, i) => w.value(outputs[i]!.name, a.result()));
      return w.done();
    });
  };
}

function output(name: string, value: RawValue): { of?: Expression | undefined; make?: (() => Accumulator) | undefined } {
  if (name.includes(".")) throw new StoreError(40235, "Location40235", `The field name '${name}' cannot contain '.'`);
  const [only, ...more] = value.type === T.object ? fieldsOf(value.bytes, value.start) : [];
  if (!only || more.length > 0) throw new StoreError(40234, "Location40234", `The field '${name}' must be an accumulator object`);
  if (only.name === "$count") return { of: () => intValue(1), make: ACCUMULATORS["$sum"] };
  return { of: simpleExpression(only.value), make: Object.hasOwn(ACCUMULATORS, only.name) ? ACCUMULATORS[only.name] : undefined };
}
