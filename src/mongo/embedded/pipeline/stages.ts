import { storeError, StoreError } from "../values/errors.ts";
import { compileMatcher } from "../values/match.ts";
import { compareBytes } from "../values/key.ts";
import { DocWriter, embedded, EMPTY_DOC, fieldsOf, getPlainPath, itemsOf, numberOf, stringOf, T, type RawDoc, type RawValue } from "../values/raw.ts";
import { compileProjection } from "../values/project.ts";
import { compileSort } from "../values/sort.ts";
import { compileGroup } from "./group.ts";
import { compileLookup, type Lookup } from "./lookup.ts";

/** One stage as a function over the documents before it. `lookup` reads other collections. */
export type Stage = (docs: RawDoc[], lookup: Lookup) => RawDoc[] | Promise<RawDoc[]>;

/** A stage that is done here, or undefined when it (or an operator in it) is left to the expression library. */
export function nativeStage(name: string, value: RawValue): Stage | undefined {
  switch (name) {
    case "$match": {
      const matches = compileMatcher(documentOf(name, value));
      return (docs) => docs.filter(matches);
    }
    case "$sort":
      return sortStage(documentOf(name, value));
    case "$skip": case "$limit": {
      const n = wholeOf(name, value);
      return (docs) => (name === "$skip" ? docs.slice(n) : docs.slice(0, n));
    }
    case "$count": {
      if (value.type !== T.string || stringOf(value) === "" || /[$.]/.test(stringOf(value))) throw new StoreError(40156, "Location40156", "the count field must be a non-empty string without $ or .");
      const field = stringOf(value);
      return (docs) => (docs.length === 0 ? [] : [new DocWriter(32).int32(field, docs.length).done()]);
    }
    case "$project":
      return projectStage(documentOf(name, value));
    case "$unset": {
      const paths = value.type === T.array ? itemsOf(value).map(stringOf) : [stringOf(value)];
      const spec = new DocWriter();
      for (const path of paths) spec.int32(path, 0);
      const project = compileProjection(spec.done());
      return (docs) => docs.map(project);
    }
    case "$group":
      return compileGroup(documentOf(name, value));
    case "$unwind":
      return unwindStage(value);
    case "$replaceRoot": case "$replaceWith":
      return replaceStage(name, value);
    case "$lookup":
      return compileLookup(documentOf(name, value));
    default:
      return undefined;
  }
}

export function documentOf(name: string, value: RawValue): RawDoc {
  if (value.type !== T.object) throw storeError("FailedToParse", `the ${name} specification must be an object`);
  return embedded(value);
}

function wholeOf(name: string, value: RawValue): number {
  const n = numberOf(value);
  if (n === undefined || !Number.isInteger(n) || n < (name === "$limit" ? 1 : 0)) throw new StoreError(5107201, "Location5107201", `invalid argument to ${name} stage: a ${name === "$limit" ? "positive" : "non-negative"} integer is needed`);
  return n;
}

function sortStage(spec: RawDoc): Stage {
  if (spec.length === EMPTY_DOC.length) throw new StoreError(15976, "Location15976", "$sort stage must have at least one sort key");
  const keyOf = compileSort(spec);
  return (docs) => docs.map((doc) => ({ doc, key: keyOf(doc) })).sort((a, b) => compareBytes(a.key, b.key)).map(({ doc }) => doc);
}

/** A projection that only keeps or leaves out fields; one that computes is left to the library. */
function projectStage(spec: RawDoc): Stage | undefined {
  const plain = (value: RawValue): boolean => {
    if (value.type === T.object) return fieldsOf(value.bytes, value.start).every((f) => !f.name.startsWith("$") && plain(f.value));
    return value.type === T.bool || numberOf(value) !== undefined;
  };
  if (spec.length === EMPTY_DOC.length) throw new StoreError(51272, "Location51272", "Invalid $project :: caused by :: projection specification must have at least one field");
  if (!fieldsOf(spec).every((f) => plain(f.value))) return undefined;
  const project = compileProjection(spec);
  return (docs) => docs.map(project);
}

function unwindStage(value: RawValue): Stage | undefined {
  const spec = value.type === T.object ? fieldsOf(value.bytes, value.start) : [{ name: "path", value }];
  const path = spec.find((f) => f.name === "path")?.value;
  if (path?.type !== T.string || !stringOf(path).startsWith("$")) throw new StoreError(28818, "Location28818", "path option to $unwind stage should be prefixed with a '$'");
  const field = stringOf(path).slice(1);
  if (field.includes(".") || spec.some((f) => f.name !== "path" && f.name !== "preserveNullAndEmptyArrays")) return undefined;
  const keep = spec.some((f) => f.name === "preserveNullAndEmptyArrays" && f.value.type === T.bool && f.value.bytes[f.value.start] === 1);
  return (docs) => docs.flatMap((doc) => unwindOne(doc, field, keep));
}

function unwindOne(doc: RawDoc, field: string, keep: boolean): RawDoc[] {
  const fields = fieldsOf(doc);
  const at = fields.find((f) => f.name === field)?.value;
  if (!at || at.type === T.null || at.type === T.undefined) return keep ? [doc] : [];
  if (at.type !== T.array) return [doc];
  const items = itemsOf(at);
  if (items.length === 0) return keep ? [without(fields, field)] : [];
  return items.map((item) => {
    const w = new DocWriter(doc.length);
    for (const f of fields) w.value(f.name, f.name === field ? item : f.value);
    return w.done();
  });
}

function without(fields: readonly { name: string; value: RawValue }[], field: string): RawDoc {
  const w = new DocWriter();
  for (const f of fields) if (f.name !== field) w.value(f.name, f.value);
  return w.done();
}

function replaceStage(name: string, value: RawValue): Stage | undefined {
  const root = name === "$replaceWith" ? value : fieldsOf(value.bytes, value.start).find((f) => f.name === "newRoot")?.value;
  if (root?.type !== T.string || !/^\$[^$]/.test(stringOf(root))) return undefined;
  const path = stringOf(root).slice(1);
  return (docs) => docs.map((doc) => {
    const found = getPlainPath(doc, path);
    if (found?.type !== T.object) throw new StoreError(40228, "Location40228", `'newRoot' expression must evaluate to an object, but resulting value was of another type, in ${name} of '$${path}'`);
    return embedded(found).slice();
  });
}
