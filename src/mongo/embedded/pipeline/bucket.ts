import { PAUSE } from "../planner/query.ts";
import { Sorter, type Keyed } from "../planner/sorter.ts";
import { Clock } from "../storage/turns.ts";
import { locationError, notImplemented } from "../values/errors.ts";
import { DocWriter, EMPTY_DOC, fieldsOf, itemsOf, stringOf, T, type RawDoc, type RawValue } from "../values/raw.ts";
import { blocking, List, type Docs } from "./docs.ts";
import { compileAccumulator, compileAccumulatorField, keepAll, type Accumulator } from "./expressions/accumulators.ts";
import { compileExpression } from "./expressions/compile.ts";
import type { Expr, Names } from "./expressions/frame.ts";
import { detached, documentValue, NULL, object } from "./expressions/make.ts";
import { asDouble, nullish, numeric, typeName } from "./expressions/numbers.ts";
import { Groups, type Output } from "./group.ts";
import type { CompileStage } from "./stage.ts";

const COUNT: RawValue = documentValue(EMPTY_DOC);

/** What a bucket shows: its accumulators, or a count. */
function outputsOf(value: RawValue | undefined, names: Names, code: number): Output[] {
  if (!value) return [{ name: "count", ...compileAccumulator("$count", COUNT, names) }];
  if (value.type !== T.object) throw locationError(code, `The 'output' field must be an object, but found type: ${typeName(value)}`);
  return fieldsOf(value.bytes, value.start).map(({ name, value: v }) => compileAccumulatorField(name, v, names));
}

/** `groupBy` must be an expression: a `$path` or an operator. */
function groupByOf(value: RawValue, names: Names, code: number): Expr {
  const isPath = value.type === T.string && stringOf(value).startsWith("$");
  const isOperator = value.type === T.object && fieldsOf(value.bytes, value.start)[0]?.name.startsWith("$") === true;
  if (!isPath && !isOperator) throw locationError(code, "The 'groupBy' field must be defined as a $-prefixed path or an expression object");
  return compileExpression(value, names);
}

function constantOf(value: RawValue, names: Names, code: number, what: string): RawValue {
  const expr = compileExpression(value, names);
  const found = expr.local ? expr.run(names.frame) : undefined;
  if (!found) throw locationError(code, `${what} must be a constant expression`);
  return found;
}

/** Types that compare by value with each other are one type here. */
const family = (v: RawValue): number => (numeric(v) ? T.double : v.type);

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/bucket/ */
export const bucketStage: CompileStage = (value, names) => {
  if (value.type !== T.object) throw locationError(40201, `Argument to $bucket stage must be an object, but found type: ${typeName(value)}`);
  const args = new Map(fieldsOf(value.bytes, value.start).map((f) => [f.name, f.value]));
  for (const name of args.keys()) if (!["groupBy", "boundaries", "default", "output"].includes(name)) throw locationError(40197, `Unrecognized option to $bucket: ${name}.`);
  const [groupBy, list] = [args.get("groupBy"), args.get("boundaries")];
  if (!groupBy || !list) throw locationError(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified.");
  const key = groupByOf(groupBy, names, 40202);
  const bounds = boundariesOf(list, names);
  const { order } = names;
  const other = args.has("default") ? constantOf(args.get("default")!, names, 40195, "The $bucket 'default' field") : undefined;
  if (other && family(other) === family(bounds[0]!) && order.compare(other, bounds[0]) >= 0 && order.compare(other, bounds.at(-1)) < 0) {
    throw locationError(40199, "The $bucket 'default' field must be less than the lowest boundary or greater than or equal to the highest boundary.");
  }
  const outputs = outputsOf(args.get("output"), names, 40196);
  const bucketOf = (v: RawValue | undefined): RawValue => {
    let [low, high] = [0, bounds.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (order.compare(bounds[middle], v) <= 0) low = middle + 1;
      else high = middle;
    }
    const inside = low > 0 && low < bounds.length;
    if (!inside && !other) throw locationError(40066, "$switch could not find a matching branch for an input, and no default was specified: a value of $bucket's 'groupBy' lies outside of its boundaries.");
    return inside ? bounds[low - 1]! : other!;
  };
  return {
    passing: true,
    open(input) {
      const groups = new Groups(outputs, names, "$bucket");
      const { frame } = names;
      return blocking(input, (doc) => {
        frame.root = doc;
        groups.add(bucketOf(key.run(frame)));
      }, () => new List([...groups.all()].sort((a, b) => order.compare(a.id, b.id)).map((g) => groups.document(g))));
    },
  };
};

function boundariesOf(list: RawValue, names: Names): RawValue[] {
  if (list.type !== T.array) throw locationError(40200, `The $bucket 'boundaries' field must be an array, but found type: ${typeName(list)}.`);
  const bounds = itemsOf(list).map((item) => constantOf(item, names, 40191, "Each of the $bucket 'boundaries'"));
  if (bounds.length < 2) throw locationError(40192, `The $bucket 'boundaries' field must have at least 2 values, but found ${bounds.length} value(s).`);
  bounds.forEach((bound, i) => {
    const before = bounds[i - 1];
    if (!before) return;
    if (family(before) !== family(bound)) throw locationError(40193, `All values in the the 'boundaries' option to $bucket must have the same type. Found conflicting types ${typeName(before)} and ${typeName(bound)}.`);
    if (names.order.compare(before, bound) >= 0) throw locationError(40194, "The 'boundaries' option to $bucket must be sorted, but elements are not in ascending order.");
  });
  return bounds;
}

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/bucketAuto/ */
export const bucketAutoStage: CompileStage = (value, names) => {
  if (value.type !== T.object) throw locationError(40240, `The argument to $bucketAuto must be an object, but found type: ${typeName(value)}.`);
  const args = new Map(fieldsOf(value.bytes, value.start).map((f) => [f.name, f.value]));
  for (const name of args.keys()) if (!["groupBy", "buckets", "output", "granularity"].includes(name)) throw locationError(40245, `Unrecognized option to $bucketAuto: ${name}.`);
  if (args.has("granularity")) throw notImplemented("'granularity' of $bucketAuto is not supported by the embedded store; use $bucket with boundaries, or MONGODB_URI.");
  const [groupBy, wanted] = [args.get("groupBy"), args.get("buckets")];
  if (!groupBy || !wanted) throw locationError(40246, "$bucketAuto requires 'groupBy' and 'buckets' to be specified.");
  const key = groupByOf(groupBy, names, 40239);
  if (!numeric(wanted)) throw locationError(40241, `The $bucketAuto 'buckets' field must be a numeric value, but found type: ${typeName(wanted)}.`);
  const count = asDouble(wanted);
  if (count !== (count | 0)) throw locationError(40242, `The $bucketAuto 'buckets' field must be representable as a 32-bit integer, but found ${count}.`);
  if (count <= 0) throw locationError(40243, `The $bucketAuto 'buckets' field must be greater than 0, but found: ${count}.`);
  const outputs = outputsOf(args.get("output"), names, 40244);
  const { order, frame } = names;
  return {
    open(input) {
      const keyOf = (doc: RawDoc): RawValue => {
        frame.root = doc;
        const v = key.run(frame);
        return nullish(v) ? NULL : detached(v);
      };
      const sorter = new Sorter({ keyOf, compare: (a, b) => order.compare(a as RawValue, b as RawValue), sizeOf: (k) => (k as RawValue).end - (k as RawValue).start }, 0, "$bucketAuto");
      let n = 0;
      return blocking(input, (doc) => {
        n++;
        sorter.add(doc);
      }, () => buckets(sorter.sorted(), { size: Math.max(1, Math.round(n / count)), count }, outputs, names));
    },
  };
};

interface OpenBucket {
  readonly accumulators: readonly Accumulator[];
  readonly least: RawValue;
  last: RawValue;
  taken: number;
}

/** Cuts what is sorted into pieces of about one size; equal values stay together. */
function buckets(sorted: Iterator<Keyed>, { size, count }: { size: number; count: number }, outputs: readonly Output[], { frame, order }: Names): Docs {
  const clock = new Clock();
  let head = sorted.next();
  let made = 0;
  let open: OpenBucket | undefined;
  const key = () => (head.value as Keyed).key as RawValue;
  return {
    next(deadline) {
      if (head.done && !open) return undefined;
      open ??= { accumulators: outputs.map((o) => o.make(keepAll, frame)), least: key(), last: key(), taken: 0 };
      const room = made + 1 === count ? Infinity : size;
      for (; !head.done && (open.taken < room || order.compare(key(), open.last) === 0); head = sorted.next()) {
        if (clock.over(deadline)) return PAUSE;
        frame.root = head.value.doc;
        open.accumulators.forEach((a, i) => a.add(outputs[i]!.input.run(frame), frame));
        open.last = key();
        open.taken++;
      }
      const w = new DocWriter().value("_id", object([["min", open.least], ["max", head.done ? open.last : key()]]));
      open.accumulators.forEach((a, i) => w.value(outputs[i]!.name, a.result() ?? NULL));
      open = undefined;
      made++;
      return w.done();
    },
  };
}

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/sortByCount/ */
export const sortByCountExpression = (value: RawValue, names: Names): Expr => {
  const fields = value.type === T.object ? fieldsOf(value.bytes, value.start) : undefined;
  if (fields && !fields[0]?.name.startsWith("$")) throw locationError(40147, "the sortByCount field must be defined as a $-prefixed path or an expression inside an object");
  if (value.type === T.string && !stringOf(value).startsWith("$")) throw locationError(40148, "the sortByCount field must be defined as a $-prefixed path or an expression inside an object");
  if (!fields && value.type !== T.string) throw locationError(40149, "the sortByCount field must be specified as a string or as an object");
  return compileExpression(value, names);
};
