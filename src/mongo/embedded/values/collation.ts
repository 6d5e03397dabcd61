import { compareValues, encodeKey, KeyBuffer, typeRank } from "./encode-key.ts";
import { badValue, locationError, notImplemented, storeError } from "./errors.ts";
import { Elements, fieldsOf, numberOf, stringOf, T, textAt, TYPE_NAMES, truthy, type RawDoc, type RawValue } from "./scan.ts";

/** A collation as it is listed: every option written out. Source: mongodb.com/docs/manual/reference/collation/ */
export interface CollationSpec {
  readonly locale: string;
  readonly caseLevel: boolean;
  readonly caseFirst: string;
  readonly strength: number;
  readonly numericOrdering: boolean;
  readonly alternate: string;
  readonly maxVariable: string;
  readonly normalization: boolean;
  readonly backwards: boolean;
  readonly version: string;
}

const SENSITIVITY = ["", "base", "accent", "variant"] as const;
const FIELDS: Readonly<Record<string, "string" | "bool" | "number">> = {
  locale: "string", caseLevel: "bool", caseFirst: "string", strength: "number", numericOrdering: "bool", alternate: "string", maxVariable: "string", normalization: "bool",
  backwards: "bool", version: "string",
};
/** The version that MongoDB writes into a collation. */
const VERSION = "57.1";

/** Order and equality of text by the rules of a language. Objects, arrays and everything else compare as always, with their strings by these rules. */
export class Collation {
  private readonly collator: Intl.Collator;
  /** One string of each class of equal ones, in order, with the number of its class. */
  private readonly classes: { text: string; id: number }[] = [];
  private readonly known = new Map<string, number>();

  constructor(readonly spec: CollationSpec) {
    this.collator = new Intl.Collator(spec.locale.replaceAll("_", "-"), { usage: "sort", sensitivity: SENSITIVITY[spec.strength] as "base", numeric: spec.numericOrdering, caseFirst: "false" });
  }

  compareText(a: string, b: string): number {
    return this.collator.compare(a, b);
  }

  /** Negative, zero or positive. */
  compare(a: RawValue, b: RawValue): number {
    const rank = typeRank(a.type) - typeRank(b.type);
    if (rank !== 0) return rank;
    if (isText(a.type) && isText(b.type)) return this.compareText(stringOf(a), stringOf(b));
    if ((a.type === T.object || a.type === T.array) && a.type === b.type) return this.compareElements(a, b);
    return compareValues(a, b);
  }

  private compareElements(a: RawValue, b: RawValue): number {
    const x = new Elements(a.bytes, a.start);
    const y = new Elements(b.bytes, b.start);
    for (;;) {
      const [more, others] = [x.next(), y.next()];
      if (!more || !others) return Number(more) - Number(others);
      const rank = typeRank(x.type) - typeRank(y.type);
      if (rank !== 0) return rank;
      if (a.type === T.object && x.name !== y.name) return Buffer.compare(Buffer.from(x.name), Buffer.from(y.name));
      const order = this.compare(x.value(), y.value());
      if (order !== 0) return order;
    }
  }

  /** A text that is the same for equal values and for no others, for Map and Set; it says nothing about order and holds within this object only. */
  keyText(value: RawValue): string {
    const out = new KeyBuffer((bytes, start, end) => this.classOf(textAt(bytes, start, end)));
    encodeKey(out, value.type, value.bytes, value.start, value.end);
    return Buffer.from(out.take()).toString("latin1");
  }

  private classOf(text: string): number {
    let id = this.known.get(text);
    if (id !== undefined) return id;
    let lo = 0;
    let hi = this.classes.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      const order = this.compareText(this.classes[mid]!.text, text);
      if (order === 0) return this.keep(text, this.classes[mid]!.id);
      if (order < 0) lo = mid + 1;
      else hi = mid;
    }
    id = this.known.size + 1;
    this.classes.splice(lo, 0, { text, id });
    return this.keep(text, id);
  }

  private keep(text: string, id: number): number {
    this.known.set(text, id);
    return id;
  }
}

const isText = (type: number) => type === T.string || type === T.symbol;

/** Whether comparing with this value depends on a collation. */
export const holdsText = (value: RawValue): boolean => isText(value.type) || value.type === T.object || value.type === T.array;

/** The order of values under a collation, or the plain one. */
export const orderOf = (collation: Collation | undefined): ((a: RawValue, b: RawValue) => number) => (collation ? (a, b) => collation.compare(a, b) : compareValues);

/** Reads a collation document; undefined for `{locale: "simple"}` and for `{}`.
 *  @throws StoreError 2, 14, 40414, 40415, 51024 for a malformed one, 238 naming an option that is not supported. */
export function parseCollation(doc: RawDoc): Collation | undefined {
  const fields = new Map<string, string | number | boolean>();
  for (const { name, value } of fieldsOf(doc)) {
    const wanted = FIELDS[name];
    if (!wanted || !Object.hasOwn(FIELDS, name)) throw locationError(40415, `BSON field 'collation.${name}' is an unknown field.`);
    fields.set(name, read(name, value, wanted));
  }
  if (fields.size === 0) return undefined;
  const locale = fields.get("locale") as string | undefined;
  if (locale === undefined) throw locationError(40414, "BSON field 'collation.locale' is missing but a required field");
  if (locale === "simple") {
    if (fields.size > 1) throw badValue("If 'locale' is 'simple', no other options may be set");
    return undefined;
  }
  return new Collation(complete(locale, fields));
}

function read(name: string, value: RawValue, wanted: "string" | "bool" | "number"): string | number | boolean {
  const wrong = () => storeError("TypeMismatch", `BSON field 'collation.${name}' is the wrong type '${TYPE_NAMES[value.type]}', expected type '${wanted === "number" ? "int" : wanted}'`);
  if (wanted === "string") {
    if (value.type !== T.string) throw wrong();
    return stringOf(value);
  }
  const n = numberOf(value);
  if (wanted === "bool") {
    if (value.type !== T.bool && n === undefined) throw wrong();
    return truthy(value);
  }
  if (n === undefined) throw wrong();
  return n;
}

function complete(locale: string, fields: ReadonlyMap<string, string | number | boolean>): CollationSpec {
  const strength = (fields.get("strength") as number | undefined) ?? 3;
  if (!Number.isInteger(strength) || strength < 1 || strength > 5) throw locationError(51024, `BSON field 'strength' value must be >= 1 and <= 5, actual value '${strength}'`);
  if (locale.includes("@")) throw notImplemented(`The collation locale '${locale}' is not supported by the embedded store; leave the part after @ out.`);
  if (!knownLocale(locale)) throw badValue(`Field 'locale' is invalid in: { locale: "${locale}" }`);
  const spec: CollationSpec = {
    locale, caseLevel: false, caseFirst: "off", strength, numericOrdering: false, alternate: "non-ignorable", maxVariable: "punct", normalization: false,
    backwards: locale === "fr_CA", version: VERSION, ...Object.fromEntries(fields),
  };
  const refused = (["caseLevel", "normalization"] as const).find((name) => spec[name])
    ?? (spec.caseFirst !== "off" ? "caseFirst" : spec.alternate !== "non-ignorable" ? "alternate" : spec.maxVariable !== "punct" ? "maxVariable" : spec.backwards !== (locale === "fr_CA") ? "backwards" : undefined);
  if (refused) throw notImplemented(`The collation option '${refused}' is not supported by the embedded store; use MONGODB_URI.`);
  if (strength > 3) throw notImplemented("Collations of strength 4 and 5 are not supported by the embedded store; use 1, 2 or 3, or MONGODB_URI.");
  return spec;
}

function knownLocale(locale: string): boolean {
  if (!/^[A-Za-z]{2,3}(?:_[A-Za-z0-9]{2,8})*$/.test(locale)) return false;
  try {
    return Intl.Collator.supportedLocalesOf(locale.replaceAll("_", "-")).length > 0;
  } catch {
    return false;
  }
}
