import { locationError } from "../../values/errors.ts";
import { DocWriter, Elements, EMPTY_DOC, fieldsOf, itemsOf, stringOf, T, truthy, type RawDoc, type RawValue } from "../../values/raw.ts";
import { checkPath, compileExpression } from "./compile.ts";
import type { Expr, Frame, Names } from "./frame.ts";
import { indexName } from "./make.ts";
import { numeric, typeName } from "./numbers.ts";

type Mode = "include" | "exclude" | "add";
type Part = { readonly kind: "keep" | "drop" } | { readonly kind: "computed"; readonly expr: Expr } | Tree;

interface Tree {
  readonly kind: "tree";
  readonly parts: Map<string, Part>;
  /** Whether something below is computed. */
  computes: boolean;
}

const tree = (): Tree => ({ kind: "tree", parts: new Map(), computes: false });

/** Changes one document into another; `names.frame.root` is set to each. */
export type Transform = (doc: RawDoc) => RawDoc;

interface Entry {
  readonly path: string;
  readonly part: Exclude<Part, Tree>;
}

/** `$project`. @throws StoreError 51272, 51270, 31253, 31254, 31252, 31249, 31250 for a malformed specification.
 *  Source: mongodb.com/docs/manual/reference/operator/aggregation/project/ */
export function compileProject(spec: RawDoc, names: Names): Transform {
  const entries = collect(spec, 0, "", names, false);
  if (entries.length === 0) throw locationError(51272, "projection specification must have at least one field");
  const { mode, keepId } = modeOf(entries);
  const root = tree();
  for (const entry of entries) if (entry.path !== "_id" || entry.part.kind === "computed") place(root, entry);
  if (mode === "include" && keepId && !root.parts.has("_id")) root.parts.set("_id", { kind: "keep" });
  if (mode === "exclude" && !keepId) root.parts.set("_id", { kind: "drop" });
  return transform(root, mode, names);
}

/** `$addFields` and `$set`. @throws StoreError 40180, 40177 … Source: mongodb.com/docs/manual/reference/operator/aggregation/addFields/ */
export function compileAddFields(spec: RawDoc, names: Names): Transform {
  const root = tree();
  for (const entry of collect(spec, 0, "", names, true)) place(root, entry);
  return transform(root, "add", names);
}

/** `$unset`: a path or a list of paths. @throws StoreError 31002, 31119, 31120. Source: mongodb.com/docs/manual/reference/operator/aggregation/unset/ */
export function compileUnset(value: RawValue, names: Names): Transform {
  if (value.type !== T.string && value.type !== T.array) throw locationError(31002, "$unset specification must be a string or an array");
  const paths = value.type === T.array ? itemsOf(value) : [value];
  if (paths.length === 0) throw locationError(31119, "$unset specification must be a string or an array with at least one field");
  const root = tree();
  for (const path of paths) {
    if (path.type !== T.string) throw locationError(31120, "$unset specification must be a string or an array containing only string values");
    checkPath(stringOf(path));
    place(root, { path: stringOf(path), part: { kind: "drop" } });
  }
  return transform(root, "exclude", names);
}

function transform(root: Tree, mode: Mode, names: Names): Transform {
  const { frame } = names;
  return (doc) => {
    frame.root = doc;
    const w = new DocWriter(doc.length + 64);
    writeFields(w, root, mode, doc, 0, frame);
    return w.done();
  };
}

function collect(bytes: Uint8Array, start: number, prefix: string, names: Names, adding: boolean): Entry[] {
  const out: Entry[] = [];
  for (const { name, value } of fieldsOf(bytes, start)) {
    const path = prefix + name;
    checkPath(path);
    const isFlag = value.type === T.bool || numeric(value);
    if (!adding && isFlag) out.push({ path, part: { kind: truthy(value) ? "keep" : "drop" } });
    else if (value.type === T.object && !startsWithOperator(value)) {
      if (value.end - value.start === 5) throw locationError(adding ? 40180 : 51270, `An empty object is not a valid value. Found empty object at path '${path}'`);
      out.push(...collect(value.bytes, value.start, `${path}.`, names, adding));
    } else out.push({ path, part: { kind: "computed", expr: compileExpression(value, names) } });
  }
  return out;
}

/** Whether a document is an operator. @throws StoreError 40181 for one that mixes operators and fields. */
function startsWithOperator(value: RawValue): boolean {
  const fields = fieldsOf(value.bytes, value.start);
  return fields[0]?.name.startsWith("$") === true;
}

function modeOf(entries: readonly Entry[]): { mode: Mode; keepId: boolean } {
  let mode: Mode | undefined;
  let keepId: boolean | undefined;
  for (const { path, part } of entries) {
    if (path === "_id" && part.kind !== "computed") {
      keepId = part.kind === "keep";
      continue;
    }
    const next: Mode = part.kind === "drop" ? "exclude" : "include";
    if (mode !== undefined && mode !== next) {
      if (next === "exclude") throw locationError(31254, `Cannot do exclusion on field ${path} in inclusion projection`);
      throw locationError(part.kind === "keep" ? 31253 : 31252, `Cannot do inclusion on field ${path} in exclusion projection`);
    }
    mode = next;
  }
  return { mode: mode ?? (keepId ? "include" : "exclude"), keepId: keepId ?? true };
}

function place(root: Tree, { path, part }: Entry): void {
  const names = path.split(".");
  let at = root;
  names.forEach((name, depth) => {
    const existing = at.parts.get(name);
    if (part.kind === "computed") at.computes = true;
    if (depth === names.length - 1) {
      if (existing) throw locationError(31250, `Path collision at ${path}`);
      at.parts.set(name, part);
    } else if (existing && existing.kind !== "tree") throw locationError(31249, `Path collision at ${path} remaining portion ${names.slice(depth + 1).join(".")}`);
    else if (existing) at = existing;
    else {
      const inner = tree();
      at.parts.set(name, inner);
      at = inner;
    }
  });
}

function writeFields(w: DocWriter, { parts, computes }: Tree, mode: Mode, bytes: Uint8Array, start: number, frame: Frame): void {
  const done = computes ? new Set<string>() : undefined;
  for (const it = new Elements(bytes, start); it.next();) {
    const { name } = it;
    const part = parts.get(name);
    if (!part) {
      if (mode !== "include") w.elements(bytes, it.nameStart - 1, it.end);
    } else if (part.kind === "keep") w.elements(bytes, it.nameStart - 1, it.end);
    else if (part.kind === "tree") {
      if (writeValue(w, name, part, mode, it.value(), frame)) done?.add(name);
    } else if (part.kind === "computed" && mode === "add" && !done!.has(name)) {
      done!.add(name);
      const value = part.expr.run(frame);
      if (value) w.value(name, value);
    }
  }
  if (!done) return;
  for (const [name, part] of parts) {
    if (done.has(name)) continue;
    if (part.kind === "computed") {
      const value = part.expr.run(frame);
      if (value) w.value(name, value);
    } else if (part.kind === "tree" && part.computes) {
      w.open(name, T.object);
      writeFields(w, part, mode, EMPTY_DOC, 0, frame);
      w.close();
    }
  }
}

/** Writes what a subtree leaves of a value; false when nothing was written. */
function writeValue(w: DocWriter, name: string, part: Tree, mode: Mode, value: RawValue, frame: Frame): boolean {
  if (value.type === T.object) {
    w.open(name, T.object);
    writeFields(w, part, mode, value.bytes, value.start, frame);
    w.close();
    return true;
  }
  if (value.type === T.array) {
    w.open(name, T.array);
    let n = 0;
    for (const item of itemsOf(value)) if (writeValue(w, indexName(n), part, mode, item, frame)) n++;
    w.close();
    return true;
  }
  if (mode === "include") return false;
  if (mode === "exclude" || !part.computes) {
    w.value(name, value);
    return true;
  }
  w.open(name, T.object);
  writeFields(w, part, mode, EMPTY_DOC, 0, frame);
  w.close();
  return true;
}

/** `$replaceRoot` and `$replaceWith`. @throws StoreError 40228 (when run) when it is no document. */
export function compileReplace(value: RawValue, names: Names, stage: string): Transform {
  const expr = compileExpression(value, names);
  const { frame } = names;
  return (doc) => {
    frame.root = doc;
    const found = expr.run(frame);
    if (found?.type !== T.object) {
      throw locationError(40228, `'${stage === "$replaceRoot" ? "newRoot" : "replacement document"}' expression must evaluate to an object, but resulting value was of type '${typeName(found)}'`);
    }
    return found.bytes.subarray(found.start, found.end);
  };
}

/** `newRoot` of a `$replaceRoot`. @throws StoreError 40229, 40230, 40231. */
export function newRootOf(value: RawValue): RawValue {
  if (value.type !== T.object) throw locationError(40229, `expected an object as specification for $replaceRoot stage, got ${typeName(value)}`);
  let root: RawValue | undefined;
  for (const { name, value: inner } of fieldsOf(value.bytes, value.start)) {
    if (name !== "newRoot") throw locationError(40230, `unrecognized option to $replaceRoot stage: ${name}, only valid option is 'newRoot'.`);
    root = inner;
  }
  if (!root) throw locationError(40231, "no newRoot specified for the $replaceRoot stage");
  return root;
}
