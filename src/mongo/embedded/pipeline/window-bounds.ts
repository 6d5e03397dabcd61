import { StoreError } from "../values/errors.ts";
import { fieldsOf, itemsOf, stringOf, T, type RawValue } from "../values/raw.ts";
import { coded } from "./expressions/compile.ts";
import { asDouble, numeric, typeName } from "./expressions/numbers.ts";
import { addToDate, isUnit, type Unit } from "./expressions/ops-date-math.ts";
import { UTC } from "./expressions/zones.ts";

type Bound = "unbounded" | "current" | number;

/** Which documents around one belong to its window. */
export interface Bounds {
  readonly kind: "documents" | "range";
  readonly lower: Bound;
  readonly upper: Bound;
  readonly unit: Unit | undefined;
}

/** What a partition shows of its sort field: a number or a date for each document. */
export interface Positions {
  readonly length: number;
  value(i: number): RawValue | undefined;
}

export const WHOLE: Bounds = { kind: "documents", lower: "unbounded", upper: "unbounded", unit: undefined };

function boundOf(value: RawValue, whole: boolean): Bound {
  if (value.type === T.string) {
    const text = stringOf(value);
    if (text === "unbounded" || text === "current") return text;
  }
  if (numeric(value)) {
    const n = asDouble(value);
    if (!whole || Number.isInteger(n)) return n;
  }
  throw coded(9, `Window bounds must be 'unbounded', 'current', or a number${whole ? " that is whole" : ""}, found ${typeName(value)}`);
}

const rank = (b: Bound, lower: boolean): number => (b === "unbounded" ? (lower ? -Infinity : Infinity) : b === "current" ? 0 : b);

/** The `window` of an output. @throws StoreError 9, 5339900 for a malformed one. Source: mongodb.com/docs/manual/reference/operator/aggregation/setWindowFields/ */
export function boundsOf(value: RawValue): Bounds {
  if (value.type !== T.object) throw coded(9, `'window' field must be an object, found ${typeName(value)}`);
  const args = new Map(fieldsOf(value.bytes, value.start).map((f) => [f.name, f.value]));
  for (const name of args.keys()) if (!["documents", "range", "unit"].includes(name)) throw coded(9, `'window' field contains an unknown argument: ${name}`);
  const [documents, range, unit] = [args.get("documents"), args.get("range"), args.get("unit")];
  if (documents && range) throw coded(9, "Window bounds can specify either 'documents' or 'unit', not both.");
  if (documents && unit) throw coded(9, "Window bounds can only specify 'unit' with range-based bounds.");
  const list = documents ?? range;
  if (!list) {
    if (unit) throw coded(9, "Window bounds can only specify 'unit' with range-based bounds.");
    return WHOLE;
  }
  const items = list.type === T.array ? itemsOf(list) : [];
  if (items.length !== 2) throw coded(9, "Window bounds must be a 2-element array");
  const whole = documents !== undefined || unit !== undefined;
  const [lower, upper] = items.map((item) => boundOf(item, whole)) as [Bound, Bound];
  if (rank(lower, true) > rank(upper, false)) throw new StoreError(5339900, "Location5339900", "Lower bound must not exceed upper bound");
  return { kind: documents ? "documents" : "range", lower, upper, unit: unit ? unitOf(unit) : undefined };
}

export function unitOf(value: RawValue): Unit {
  const text = value.type === T.string ? stringOf(value) : "";
  if (!isUnit(text)) throw coded(9, `unknown time unit value: ${text}`);
  return text;
}

/** First and last place of the window around place `i`; the last is below the first for an empty one.
 *  @throws StoreError 5429413, 5429414, 5429513 for a sort field that a range can not be laid over. */
export function placesOf(bounds: Bounds, at: Positions, i: number): [number, number] {
  const last = at.length - 1;
  if (bounds.kind === "documents") {
    const lower = bounds.lower === "unbounded" ? 0 : i + rank(bounds.lower, true);
    const upper = bounds.upper === "unbounded" ? last : i + rank(bounds.upper, false);
    return [Math.max(0, lower), Math.min(last, upper)];
  }
  const point = (n: number) => pointOf(at.value(n), bounds.unit);
  const here = point(i);
  const edge = (b: Bound): number => {
    if (b === "current" || b === "unbounded") return here;
    return bounds.unit ? addToDate(here, bounds.unit, b, UTC) : here + b;
  };
  const firstAtLeast = (wanted: number, orAfter: boolean): number => {
    let [low, high] = [0, at.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const p = point(middle);
      if (orAfter ? p <= wanted : p < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const lower = bounds.lower === "unbounded" ? 0 : firstAtLeast(edge(bounds.lower), false);
  const upper = bounds.upper === "unbounded" ? last : firstAtLeast(edge(bounds.upper), true) - 1;
  return [lower, upper];
}

/** A sort value as a number: itself, or a date's milliseconds when there is a unit. */
export function pointOf(v: RawValue | undefined, unit: Unit | undefined): number {
  if (unit) {
    if (v?.type === T.date) return Number(new BigInt64Array(Uint8Array.prototype.slice.call(v.bytes, v.start, v.end).buffer)[0]!);
    throw new StoreError(5429513, "Location5429513", `Invalid range: Expected the sortBy field to be a Date, but it was ${typeName(v)}`);
  }
  if (!v || !numeric(v)) throw new StoreError(5429414, "Location5429414", `Invalid range: Expected the sortBy field to be a number, but it was ${typeName(v)}`);
  return asDouble(v);
}
