import { PAUSE } from "../planner/query.ts";
import { Clock } from "../storage/turns.ts";
import { add, decimalOfInteger, decimalValue, divide, multiply, subtract, type Decimal } from "../values/decimal.ts";
import { StoreError } from "../values/errors.ts";
import { fieldsOf, itemsOf, T, type RawValue } from "../values/raw.ts";
import { coded, compileExpression, compileFieldPath } from "./expressions/compile.ts";
import { double, NULL } from "./expressions/make.ts";
import { asDecimal, asDouble, differenceOf, nullish, numeric, productOf, sumOf, typeName } from "./expressions/numbers.ts";
import { DAY, HOUR, MINUTE, SECOND } from "./expressions/dates.ts";
import type { Unit } from "./expressions/ops-date-math.ts";
import { placesOf, pointOf, unitOf, WHOLE } from "./window-bounds.ts";
import { valuesOf, type Call, type WindowFunction } from "./window-functions.ts";

const fail = (code: number, message: string) => new StoreError(code, `Location${code}`, message);
const MILLIS: Partial<Record<Unit, number>> = { week: 7 * DAY, day: DAY, hour: HOUR, minute: MINUTE, second: SECOND, millisecond: 1 };

const isDecimal = (v: RawValue) => v.type === T.decimal;
const one = decimalOfInteger(1n);

/** `$expMovingAvg`. Source: mongodb.com/docs/manual/reference/operator/aggregation/expMovingAvg/ */
export function averaging({ name, value, window, sortBy, names }: Call): WindowFunction {
  if (!sortBy.any || window) throw coded(9, `${name} requires an explicit 'sortBy' and takes no window`);
  const args = new Map(value.type === T.object ? fieldsOf(value.bytes, value.start).map((f) => [f.name, f.value]) : []);
  const [input, n, alpha] = [args.get("input"), args.get("N"), args.get("alpha")];
  if (!input || args.size !== 2 || (!n && !alpha)) throw coded(9, `${name} sub object must have exactly two fields: An 'input' field, and either an 'N' field or an 'alpha' field`);
  const given = n ?? alpha!;
  const number = numeric(given) ? asDouble(given) : NaN;
  if (n && (!Number.isInteger(number) || number <= 0)) throw coded(9, `'N' field must be an integer greater than zero, but found ${typeName(n)}`);
  if (alpha && !(number > 0 && number < 1)) throw coded(9, "'alpha' must be between 0 and 1 (exclusive)");
  const share: Decimal = n ? divide(decimalOfInteger(2n), decimalOfInteger(BigInt(number) + 1n)) : asDecimal(given);
  const weight = n ? 2 / (number + 1) : number;
  const expr = compileExpression(input, names);
  return (partition) => {
    const at = valuesOf(expr, partition, names);
    let mean: RawValue | undefined;
    return (i) => {
      const v = at(i);
      if (!v || !numeric(v)) return NULL;
      if (!mean) mean = v;
      else if (isDecimal(mean) || isDecimal(v)) mean = decimalValue(add(multiply(asDecimal(v), share), multiply(asDecimal(mean), subtract(one, share))));
      else mean = double(asDouble(v) * weight + asDouble(mean) * (1 - weight));
      return mean;
    };
  };
}

/** Argument and sort field of `$derivative` and `$integral`. */
function slope({ name, value, sortBy, names }: Call): { input: ReturnType<typeof compileExpression>; unit: Unit | undefined; scale: number } {
  if (!sortBy.path) throw coded(9, `${name} requires a sortBy with exactly one element`);
  const args = new Map(value.type === T.object ? fieldsOf(value.bytes, value.start).map((f) => [f.name, f.value]) : []);
  for (const arg of args.keys()) if (arg !== "input" && arg !== "unit") throw coded(9, `${name} got unexpected argument: ${arg}`);
  const input = args.get("input");
  if (!input) throw coded(9, `${name} requires an 'input' expression`);
  const unit = args.has("unit") ? unitOf(args.get("unit")!) : undefined;
  const scale = unit ? MILLIS[unit] : 1;
  if (scale === undefined) throw fail(5490704, "unit must be 'week' or smaller");
  return { input: compileExpression(input, names), unit, scale };
}

/** `$derivative`. Source: mongodb.com/docs/manual/reference/operator/aggregation/derivative/ */
export function derivative(call: Call): WindowFunction {
  const { input, unit, scale } = slope(call);
  if (!call.window) throw coded(9, `${call.name} requires explicit window bounds`);
  const { window, names } = call;
  return (partition) => {
    const at = valuesOf(input, partition, names);
    return (i) => {
      const [from, to] = placesOf(window, partition, i);
      if (to <= from) return NULL;
      const [a, b] = [at(from), at(to)];
      if (nullish(a) || nullish(b)) return NULL;
      for (const v of [a, b]) if (!numeric(v)) throw fail(5624900, `${call.name} where the input is ${typeName(v)}: it must be a number`);
      const run = (pointOf(partition.value(to), unit) - pointOf(partition.value(from), unit)) / scale;
      if (run === 0) return NULL;
      const rise = differenceOf(b, a);
      return isDecimal(rise) ? decimalValue(divide(asDecimal(rise), asDecimal(double(run)))) : double(asDouble(rise) / run);
    };
  };
}

/** `$integral`: trapezoids. Source: mongodb.com/docs/manual/reference/operator/aggregation/integral/ */
export function integral(call: Call): WindowFunction {
  const { input, unit, scale } = slope(call);
  const { names } = call;
  const bounds = call.window ?? WHOLE;
  return (partition) => {
    const at = valuesOf(input, partition, names);
    const clock = new Clock();
    let run: { readonly from: number; n: number; area: RawValue } | undefined;
    return (i, deadline) => {
      const [from, to] = placesOf(bounds, partition, i);
      if (to < from) return NULL;
      if (run?.from !== from || run.n > to + 1) run = { from, n: from, area: double(0) };
      for (; run.n <= to; run.n++) {
        if (clock.over(deadline)) return PAUSE;
        const { n } = run;
        const v = at(n);
        if (!v || !numeric(v)) throw fail(5423900, `The input value of ${call.name} window function must be numeric, but found ${typeName(v)}`);
        const x = pointOf(partition.value(n), unit);
        if (n === from) continue;
        const width = (x - pointOf(partition.value(n - 1), unit)) / scale;
        run.area = sumOf(run.area, productOf(sumOf(at(n - 1)!, v), double(width / 2)));
      }
      return run.area;
    };
  };
}

/** Covariance by running means. Source: mongodb.com/docs/manual/reference/operator/aggregation/covariancePop/ */
export function covariance({ name, value, window, names }: Call): WindowFunction {
  const parts = value.type === T.array ? itemsOf(value).map((v) => compileExpression(v, names)) : [];
  if (parts.length !== 2) throw coded(9, `${name} takes an array of two expressions`);
  const bounds = window ?? WHOLE;
  return (partition) => {
    const [xs, ys] = parts.map((p) => valuesOf(p, partition, names)) as [ReturnType<typeof valuesOf>, ReturnType<typeof valuesOf>];
    const clock = new Clock();
    let run: { readonly from: number; at: number; n: number; meanX: number; meanY: number; total: number } | undefined;
    return (i, deadline) => {
      const [from, to] = placesOf(bounds, partition, i);
      if (run?.from !== from || run.at > to + 1) run = { from, at: from, n: 0, meanX: 0, meanY: 0, total: 0 };
      for (; run.at <= to; run.at++) {
        if (clock.over(deadline)) return PAUSE;
        const [x, y] = [xs(run.at), ys(run.at)];
        if (!x || !y || !numeric(x) || !numeric(y)) continue;
        run.n++;
        const off = asDouble(x) - run.meanX;
        run.meanX += off / run.n;
        run.meanY += (asDouble(y) - run.meanY) / run.n;
        run.total += off * (asDouble(y) - run.meanY);
      }
      const count = name === "$covarianceSamp" ? run.n - 1 : run.n;
      return count <= 0 ? NULL : double(run.total / count);
    };
  };
}

/** `$locf`: the last value that was there. Source: mongodb.com/docs/manual/reference/operator/aggregation/locf/ */
export function filling({ name, value, window, names }: Call): WindowFunction {
  if (window) throw coded(9, `${name} takes no window`);
  const expr = compileExpression(value, names);
  return (partition) => {
    const at = valuesOf(expr, partition, names);
    let last: RawValue | undefined;
    return (i) => {
      const v = at(i);
      if (!nullish(v)) last = v;
      return last ?? NULL;
    };
  };
}

/** `$linearFill`: along the line between the values around. Source: mongodb.com/docs/manual/reference/operator/aggregation/linearFill/ */
export function linearFilling({ name, value, window, sortBy, names }: Call): WindowFunction {
  if (window) throw coded(9, `${name} takes no window`);
  if (!sortBy.path) throw fail(605001, `${name} must be specified with a top level sortBy expression with exactly one element`);
  const expr = compileExpression(value, names);
  const position = compileFieldPath(sortBy.path, names);
  return (partition) => {
    const at = valuesOf(expr, partition, names);
    const where = valuesOf(position, partition, names);
    const point = (i: number): number => {
      const v = where(i);
      return pointOf(v, v?.type === T.date ? "millisecond" : undefined);
    };
    const clock = new Clock();
    let before = -1;
    let after = -1;
    return (i, deadline) => {
      if (i > 0 && partition.same(i - 1, i)) throw fail(6050106, "There can be no repeated values in the sort field");
      const v = at(i);
      if (!nullish(v)) {
        if (!numeric(v)) throw fail(6050201, `Value to be filled must be numeric or nullish, but found ${typeName(v)}`);
        before = i;
        return v;
      }
      if (before < 0) return NULL;
      after = Math.max(after, i + 1);
      for (; after < partition.length && nullish(at(after)); after++) if (clock.over(deadline)) return PAUSE;
      const [low, high] = [at(before), after < partition.length ? at(after) : undefined];
      if (!low || !high) return NULL;
      const share = (point(i) - point(before)) / (point(after) - point(before));
      const step = productOf(differenceOf(high, low), double(share));
      return sumOf(low, step);
    };
  };
}
