import { badValue, storeError } from "./errors.ts";
import { T, TYPE_NAMES, type RawValue } from "./scan.ts";
import { Node } from "./tree.ts";
import type { OpContext } from "./update-ops.ts";
import { compareParts, conflict, overlaps, type Step } from "./update-steps.ts";
import { arrayIndex } from "./walk.ts";
import { NULL_VALUE } from "./write.ts";

/** What one application of an update needs besides the document. */
export interface ApplyContext {
  readonly insert: boolean;
  readonly nowMs: number;
  /** The document by its `_id`, for messages. */
  readonly document: () => string;
  /** Index that `$` stands for; asked only when the update has a `$`. */
  readonly positional: () => number | undefined;
  /** Whether an item passes the array filter of that identifier. */
  readonly passes: (identifier: string, item: RawValue) => boolean;
}

/** Most nulls that one update may put before a new array item. Source: MongoDB's "Can't backfill" limit. */
const MAX_BACKFILL = 1_500_000;

/** Applies all steps to the tree, in their order; placeholders are resolved on the document as it was. */
export function applySteps(root: Node, steps: readonly Step[], context: ApplyContext): void {
  const due = context.insert ? steps : steps.filter((s) => !s.operator.onlyOnInsert);
  for (const step of due.some((s) => s.dynamic) ? resolveAll(root, due, context) : due) {
    if (step.renameFrom) rename(root, step, step.renameFrom, context);
    else applyAt(root, step, context);
  }
}

function resolveAll(root: Node, steps: readonly Step[], context: ApplyContext): Step[] {
  const out: Step[] = [];
  for (const step of steps) {
    for (const parts of step.dynamic ? resolve(root, step, context) : [step.parts]) {
      const other = out.find((o) => overlaps(o.parts, parts));
      if (other) throw conflict(`Update created a conflict at '${(other.parts.length < parts.length ? other.parts : parts).join(".")}'`);
      out.push({ ...step, parts, path: parts.join("."), dynamic: false });
    }
  }
  return out.toSorted((a, b) => compareParts(a.parts, b.parts));
}

/** Concrete paths of a step with `$`, `$[]` or `$[id]`. */
function resolve(root: Node, step: Step, context: ApplyContext): string[][] {
  let open: { node: Node | undefined; parts: string[] }[] = [{ node: root, parts: [] }];
  for (const part of step.parts) {
    open = open.flatMap(({ node, parts }) => {
      const names = part === "$" ? [positionalName(context)] : part.startsWith("$[") ? itemNames(node, parts, part.slice(2, -1), context) : [part];
      return names.map((name) => ({ node: node?.child(name), parts: [...parts, name] }));
    });
  }
  return open.map((o) => o.parts);
}

function positionalName(context: ApplyContext): string {
  const index = context.positional();
  if (index === undefined) throw badValue("The positional operator did not find the match needed from the query.");
  return String(index);
}

function itemNames(node: Node | undefined, parts: readonly string[], identifier: string, context: ApplyContext): string[] {
  if (!node) throw badValue(`The path '${parts.join(".")}' must exist in the document in order to apply array updates.`);
  if (node.type !== T.array) throw badValue(`Cannot apply array updates to non-array element ${parts.at(-1)}: <${TYPE_NAMES[node.type]}>`);
  return node.items.flatMap((item, i) => (identifier === "" || context.passes(identifier, item.value()) ? [String(i)] : []));
}

const notViable = (step: Step, depth: number, node: Node) => {
  const holder = step.parts[depth - 1];
  return storeError("PathNotViable", `Cannot create field '${step.parts[depth]}' in element {${holder}: <${TYPE_NAMES[node.type]}>}`);
};

function applyAt(root: Node, step: Step, context: ApplyContext): void {
  const { parts, operator } = step;
  const last = parts.length - 1;
  let node = root;
  for (let depth = 0; depth < last; depth++) {
    const next = node.child(parts[depth]!);
    if (!next) {
      if (operator.creates) create(node, step, depth, context);
      return;
    }
    node = next;
    if (node.type === T.object || (node.type === T.array && arrayIndex(parts[depth + 1]!) >= 0)) continue;
    if (operator.creates) throw notViable(step, depth + 1, node);
    return;
  }
  const current = node.child(parts[last]!);
  if (!current && !operator.creates) return;
  if (!current) return create(node, step, last, context);
  const result = operator.apply(current, opContext(step, context));
  if (result === "keep") return;
  if (result !== "remove") put(node, step, last, result);
  else if (node.type === T.array) put(node, step, last, Node.of(NULL_VALUE));
  else node.remove(parts[last]!);
}

const opContext = (step: Step, context: ApplyContext): OpContext => ({ path: step.path, document: context.document, nowMs: context.nowMs });

/** Makes the part of the path that is missing from `node` on, and the new value at its end. */
function create(node: Node, step: Step, depth: number, context: ApplyContext): void {
  const result = step.operator.apply(undefined, opContext(step, context));
  if (result !== "keep" && result !== "remove") put(node, step, depth, wrap(result, step, depth));
}

function wrap(value: Node, step: Step, depth: number): Node {
  let node = value;
  for (let i = step.parts.length - 1; i > depth; i--) {
    const outer = Node.document();
    outer.set(step.parts[i]!, node);
    node = outer;
  }
  return node;
}

function put(node: Node, step: Step, depth: number, value: Node): void {
  const name = step.parts[depth]!;
  if (node.type === T.object) return node.set(name, value);
  const index = arrayIndex(name);
  if (node.type !== T.array || index < 0) throw notViable(step, depth, node);
  if (index - node.items.length > MAX_BACKFILL) throw badValue(`Can't backfill more than ${MAX_BACKFILL} elements`);
  node.setItem(index, value, NULL_VALUE);
}

function rename(root: Node, step: Step, from: readonly string[], context: ApplyContext): void {
  const holder = documentAt(root, from, "source", context);
  const moved = holder?.child(from.at(-1)!);
  if (!holder || !moved) return;
  documentAt(root, step.parts, "destination", context);
  applyAt(root, { ...step, operator: { creates: true, apply: () => moved } }, context);
  holder.remove(from.at(-1)!);
}

/** The document that holds the last part of a path; undefined when it is missing. Arrays on the way are refused. */
function documentAt(root: Node, parts: readonly string[], role: "source" | "destination", context: ApplyContext): Node | undefined {
  let node = root;
  for (let depth = 0; ; depth++) {
    if (node.type === T.array) throw badValue(`The ${role} field cannot be an array element, '${parts.join(".")}' in doc with ${context.document()}`);
    if (depth === parts.length - 1) return node.type === T.object ? node : undefined;
    const next = node.child(parts[depth]!);
    if (!next) return undefined;
    node = next;
  }
}
