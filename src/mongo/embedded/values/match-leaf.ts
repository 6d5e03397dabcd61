import { holdsText, type Collation } from "./collation.ts";
import { compareBytes, compareValues, typeRank, valueKey, valueKeyText } from "./encode-key.ts";
import { binaryBits, truncated, wholeNumber } from "./filter-args.ts";
import { regexOf, type FilterNode, type Leaf } from "./filter-ast.ts";
import { exactNumber } from "./number-key.ts";
import { holdsKey, type PointList } from "./point-list.ts";
import { compileRegex, type RegexSpec } from "./regex.ts";
import { doubleAt, int32At, isNumeric, T, textAt, valueEnd, type RawValue } from "./scan.ts";
import type { LeafArrays } from "./walk.ts";

/** Tests one candidate of a path; `T.missing` where there is none. */
export type Test = (type: number, bytes: Uint8Array, start: number, end: number) => boolean;

/** Whether a leaf looks at the items of an array or only at the array. */
export const leafArrays = (leaf: Leaf): LeafArrays => (leaf.op === "size" || leaf.op === "elemMatch" ? "whole" : "items");

type DocumentCompiler = (node: FilterNode, collation: Collation | undefined) => (b: Uint8Array, start: number) => boolean;

/** Compiles one leaf to a test of single candidates. The two compilers serve the child of `$elemMatch`. */
export function leafTest(leaf: Leaf, element: (node: FilterNode, collation: Collation | undefined) => Test, document: DocumentCompiler, collation?: Collation): Test {
  switch (leaf.op) {
    case "eq":
      return equalTest(leaf.value, collation);
    case "gt": case "gte": case "lt": case "lte":
      return rangeTest(leaf.op, leaf.value, collation);
    case "in":
      return inTest(leaf, collation);
    case "regex":
      return regexTest(leaf.regex);
    case "exists":
      return (type) => type !== T.missing;
    case "type":
      return (type) => leaf.types.has(type);
    case "size":
      return (type, b, start) => type === T.array && countItems(b, start) === leaf.size;
    case "mod":
      return (type, b, start, end) => {
        if (!isNumeric(type)) return false;
        const n = truncated({ type, bytes: b, start, end });
        return n !== undefined && n % leaf.divisor === leaf.remainder;
      };
    case "bits":
      return bitsTest(leaf.set, leaf.all, leaf.mask);
    case "elemMatch": {
      const item = leaf.of === "value" ? element(leaf.child, collation) : objectItem(document(leaf.child, collation));
      return (type, b, start) => type === T.array && someItem(b, start, item);
    }
  }
}

const objectItem = (test: (b: Uint8Array, start: number) => boolean): Test => (type, b, start) => (type === T.object || type === T.array) && test(b, start);

function someItem(b: Uint8Array, start: number, test: Test): boolean {
  let p = start + 4;
  for (let type = b[p]!; type !== 0; type = b[p]!) {
    while (b[++p] !== 0);
    const end = valueEnd(type, b, p + 1);
    if (test(type, b, p + 1, end)) return true;
    p = end;
  }
  return false;
}

function countItems(b: Uint8Array, start: number): number {
  let n = 0;
  someItem(b, start, () => {
    n++;
    return false;
  });
  return n;
}

const isNullish = (type: number) => type === T.null || type === T.undefined || type === T.missing;

function sameBytes(x: Uint8Array, xs: number, xe: number, y: Uint8Array, ys: number, ye: number): boolean {
  if (xe - xs !== ye - ys) return false;
  for (let i = xs, j = ys; i < xe; i++, j++) if (x[i] !== y[j]) return false;
  return true;
}

function equalTest(value: RawValue, collation?: Collation): Test {
  const { type: wanted, bytes, start: vs, end: ve } = value;
  if (collation && holdsText(value)) return (type, b, start, end) => collation.compare({ type, bytes: b, start, end }, value) === 0;
  if (isNullish(wanted)) return isNullish;
  if (isNumeric(wanted)) return equalNumber(value);
  const rank = typeRank(wanted);
  if (wanted === T.string || wanted === T.objectId || wanted === T.bool || wanted === T.date || wanted === T.binData || wanted === T.timestamp) {
    return (type, b, start, end) => (type === wanted ? sameBytes(b, start, end, bytes, vs, ve) : type === T.symbol && rank === 15 && compareValues({ type, bytes: b, start, end }, value) === 0);
  }
  return (type, b, start, end) => typeRank(type) === rank && ((type === wanted && sameBytes(b, start, end, bytes, vs, ve)) || compareValues({ type, bytes: b, start, end }, value) === 0);
}

function equalNumber(value: RawValue): Test {
  const { floor, rest } = exactNumber(value.type, value.bytes, value.start);
  const slow: Test = (type, b, start, end) => isNumeric(type) && compareValues({ type, bytes: b, start, end }, value) === 0;
  if (rest || Number.isNaN(floor)) return slow;
  return (type, b, start, end) => (type === T.int ? int32At(b, start) === floor : type === T.double ? doubleAt(b, start) === floor : slow(type, b, start, end));
}

const isNaNValue = (v: RawValue) => isNumeric(v.type) && Number.isNaN(exactNumber(v.type, v.bytes, v.start).floor);

function rangeTest(op: "gt" | "gte" | "lt" | "lte", value: RawValue, collation?: Collation): Test {
  const orEqual = op.endsWith("e");
  const up = op.startsWith("g");
  const wanted = value.type;
  if (isNullish(wanted)) return orEqual ? isNullish : () => false;
  if (wanted === T.minKey || wanted === T.maxKey) return (type) => (type === wanted ? orEqual : up === (wanted === T.minKey));
  if (isNaNValue(value)) return orEqual ? equalNumber(value) : () => false;
  const rank = typeRank(wanted);
  if (collation && holdsText(value)) {
    return (type, b, start, end) => {
      if (typeRank(type) !== rank) return false;
      const order = collation.compare({ type, bytes: b, start, end }, value);
      return order === 0 ? orEqual : order > 0 === up;
    };
  }
  const key = valueKey(value);
  const number = isNumeric(wanted) ? exactNumber(wanted, value.bytes, value.start) : undefined;
  const plain = number && !number.rest ? number.floor : NaN;
  return (type, b, start, end) => {
    if (typeRank(type) !== rank) return false;
    let order: number;
    if (plain === plain && (type === T.int || type === T.double)) {
      const n = type === T.int ? int32At(b, start) : doubleAt(b, start);
      if (n !== n) return false;
      order = n < plain ? -1 : n > plain ? 1 : 0;
    } else {
      const candidate = { type, bytes: b, start, end };
      if (rank === 10 && isNaNValue(candidate)) return false;
      order = rank === 20 || rank === 25 ? compareBytes(valueKey(candidate), key) : compareValues(candidate, value);
    }
    return order === 0 ? orEqual : order > 0 === up;
  };
}

const FEW = 6;

const listTest = (list: PointList): Test => (type, bytes, start, end) => !isNullish(type) && holdsKey(list, valueKeyText({ type, bytes, start, end }));

function inTest({ values, regexes, list }: Extract<Leaf, { op: "in" }>, collation?: Collation): Test {
  if (list && !collation) return listTest(list);
  const patterns = regexes.map(regexTest);
  const some = (tests: readonly Test[]): Test => (type, b, start, end) => {
    for (const test of tests) if (test(type, b, start, end)) return true;
    return false;
  };
  if (values.length <= FEW || collation) return some([...values.map((value) => equalTest(value, collation)), ...patterns]);
  const keys = new Set(values.map(valueKeyText));
  const ranks = new Set(values.map((v) => typeRank(v.type)));
  const nullish = values.some((v) => isNullish(v.type));
  const pattern = some(patterns);
  return (type, b, start, end) => {
    if (isNullish(type)) return nullish;
    return (ranks.has(typeRank(type)) && keys.has(valueKeyText({ type, bytes: b, start, end }))) || pattern(type, b, start, end);
  };
}

function regexTest(regex: RegexSpec): Test {
  const test = compileRegex(regex);
  return (type, b, start, end) => {
    if (type === T.string || type === T.symbol) return test(textAt(b, start + 4, end - 1));
    if (type !== T.regex) return false;
    const stored = regexOf({ type, bytes: b, start, end });
    return stored.pattern === regex.pattern && stored.options === regex.options;
  };
}

function bitsTest(set: boolean, all: boolean, mask: bigint): Test {
  return (type, bytes, start, end) => {
    const value = { type, bytes, start, end };
    const n = type === T.binData ? binaryBits(value) : isNumeric(type) ? wholeNumber(value) : undefined;
    if (n === undefined || (type !== T.binData && BigInt.asIntN(64, n) !== n)) return false;
    const hit = (set ? n : ~n) & mask;
    return all ? hit === mask : hit !== 0n;
  };
}
