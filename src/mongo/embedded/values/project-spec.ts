import { badValue, locationError, notImplemented } from "./errors.ts";
import { wholeNumber } from "./filter-args.ts";
import { fieldsOf, isNumeric, itemsOf, T, truthy, type RawDoc, type RawValue } from "./scan.ts";

export interface Slice {
  readonly skip: number | undefined;
  readonly count: number;
}

/** A projection as a tree of names. A leaf says what to do with the field; an inner node goes on below it. */
export type ProjectionNode =
  | { readonly kind: "keep" | "drop" }
  | { readonly kind: "slice"; readonly slice: Slice }
  | { readonly kind: "elemMatch"; readonly condition: RawValue }
  | { readonly kind: "positional" }
  | { readonly kind: "inner"; readonly fields: Map<string, ProjectionNode> };

export interface ProjectionSpec {
  /** Whether fields that are not named are left out. */
  readonly inclusive: boolean;
  readonly keepId: boolean;
  readonly root: Map<string, ProjectionNode>;
  readonly hasPositional: boolean;
}

interface Entry {
  readonly path: string;
  readonly node: ProjectionNode;
}

/** Parses a `find` projection. @throws StoreError 31253, 31254 for inclusion mixed with exclusion, 31249 for paths in each other's way,
 *  Projections that compute are not for it (`computes`). Source: mongodb.com/docs/manual/reference/operator/projection/ */
export function parseProjection(spec: RawDoc): ProjectionSpec {
  const entries: Entry[] = [];
  collect(spec, 0, "", entries);
  let inclusive: boolean | undefined;
  let id: boolean | undefined;
  for (const { path, node } of entries) {
    if (node.kind === "slice") continue;
    const keeps = node.kind !== "drop";
    if (path === "_id" && (node.kind === "keep" || node.kind === "drop")) {
      id = keeps;
      continue;
    }
    if (inclusive !== undefined && inclusive !== keeps) {
      throw keeps ? locationError(31253, `Cannot do inclusion on field ${path} in exclusion projection`) : locationError(31254, `Cannot do exclusion on field ${path} in inclusion projection`);
    }
    inclusive = keeps;
  }
  const root = new Map<string, ProjectionNode>();
  for (const entry of entries) if (entry.path !== "_id" || (entry.node.kind !== "keep" && entry.node.kind !== "drop")) place(root, entry);
  const positional = entries.filter((e) => e.node.kind === "positional");
  if (positional.length > 1) throw locationError(31276, "Cannot specify more than one positional projection per query.");
  return { inclusive: inclusive ?? id === true, keepId: id ?? true, root, hasPositional: positional.length > 0 };
}

const FIND_ONLY = new Set(["$slice", "$elemMatch"]);

/** Whether a projection computes fields by expressions. @throws StoreError 238 when it also has `$slice`, `$elemMatch` or a positional `$`. */
export function computes(spec: RawDoc): boolean {
  const found = { computed: false, findOnly: false };
  look(spec, 0, found);
  if (found.computed && found.findOnly) throw notImplemented("A projection that computes fields and has $slice, $elemMatch or a positional $ is not supported by the embedded store; use one or the other.");
  return found.computed;
}

function look(bytes: Uint8Array, start: number, found: { computed: boolean; findOnly: boolean }): void {
  for (const { name, value } of fieldsOf(bytes, start)) {
    if (name.endsWith(".$")) found.findOnly = true;
    if (value.type === T.bool || isNumeric(value.type)) continue;
    const inner = value.type === T.object ? fieldsOf(value.bytes, value.start) : [];
    const operator = inner[0]?.name ?? "";
    if (value.type === T.object && !operator.startsWith("$")) look(value.bytes, value.start, found);
    else if (FIND_ONLY.has(operator) && !isSliceExpression(inner[0]!.value)) found.findOnly = true;
    else found.computed = true;
  }
}

/** `{$slice: ["$a", 2]}` is the expression, `{$slice: [1, 2]}` the projection. */
const isSliceExpression = (value: RawValue): boolean => value.type === T.array && itemsOf(value).some((item) => !isNumeric(item.type));

function collect(bytes: Uint8Array, start: number, prefix: string, out: Entry[]): void {
  for (const { name, value } of fieldsOf(bytes, start)) {
    const path = prefix + name;
    if (name === "" || path.split(".").includes("")) throw locationError(40352, "FieldPath cannot be constructed with empty string");
    if (value.type === T.object) collectObject(path, value, out);
    else if (path.endsWith(".$")) {
      if (!truthy(value)) throw locationError(31395, "positional projection cannot be used with exclusion");
      out.push({ path: path.slice(0, -2), node: { kind: "positional" } });
    } else if (name.startsWith("$")) throw locationError(16410, `FieldPath field names may not start with '$': ${name}`);
    else out.push({ path, node: { kind: truthy(value) ? "keep" : "drop" } });
  }
}

function collectObject(path: string, value: RawValue, out: Entry[]): void {
  const fields = fieldsOf(value.bytes, value.start);
  const first = fields[0];
  if (!first) throw locationError(51270, `An empty sub-projection is not a valid value. Found empty object at path '${path}'`);
  if (!first.name.startsWith("$")) return collect(value.bytes, value.start, `${path}.`, out);
  if (first.name === "$slice" && fields.length === 1) out.push({ path, node: { kind: "slice", slice: parseSlice(first.value) } });
  else if (first.name === "$elemMatch" && fields.length === 1) {
    if (first.value.type !== T.object) throw locationError(31274, `elemMatch: Invalid argument, object required, but got ${first.value.type}`);
    if (path.includes(".")) throw locationError(31275, "Cannot use $elemMatch projection on a nested field");
    out.push({ path, node: { kind: "elemMatch", condition: first.value } });
  } else throw notImplemented(`The projection operator ${first.name} is not supported by the embedded store; project fields by 1 or 0.`);
}

function parseSlice(value: RawValue): Slice {
  const [first, second, ...more] = (value.type === T.array ? itemsOf(value) : [value]).map(wholeNumber);
  if (first === undefined || more.length > 0 || (value.type === T.array && second === undefined)) throw badValue("$slice only supports numbers and [skip, limit] arrays");
  if (second === undefined) return { skip: undefined, count: Number(first) };
  if (second <= 0n) throw badValue("$slice limit must be positive");
  return { skip: Number(first), count: Number(second) };
}

function place(root: Map<string, ProjectionNode>, { path, node }: Entry): void {
  const parts = path.split(".");
  let fields = root;
  for (const [depth, part] of parts.entries()) {
    const existing = fields.get(part);
    const rest = parts.slice(depth + 1).join(".");
    if (rest === "") {
      if (existing) throw locationError(31250, `Path collision at ${path}`);
      fields.set(part, node);
    } else if (!existing) {
      const inner = new Map<string, ProjectionNode>();
      fields.set(part, { kind: "inner", fields: inner });
      fields = inner;
    } else if (existing.kind === "inner") fields = existing.fields;
    else throw locationError(31249, `Path collision at ${path} remaining portion ${rest}`);
  }
}
