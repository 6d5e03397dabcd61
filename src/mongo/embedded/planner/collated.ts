import { holdsText } from "../values/collation.ts";
import type { FilterNode } from "../values/match.ts";

const ALL: FilterNode = { kind: "and", children: [] };

/** What of a filter holds whatever the collation: conditions on text are left out. Every match of the filter matches this. */
export function withoutText(node: FilterNode): FilterNode {
  if (node.kind === "and") return { kind: "and", children: node.children.map(withoutText) };
  return onText(node) ? ALL : node;
}

/** Whether a collation can change what a condition matches. */
function onText(node: FilterNode): boolean {
  if (node.kind === "leaf") {
    if (node.op === "in") return node.values.some(holdsText);
    if (node.op === "elemMatch") return onText(node.child);
    return "value" in node && holdsText(node.value);
  }
  if (node.kind === "never" || node.kind === "test") return false;
  return (node.kind === "not" ? [node.child] : node.children).some(onText);
}
