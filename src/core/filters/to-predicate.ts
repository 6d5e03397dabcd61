/** Plan → the same question asked of a conversation in memory. */
import type { Conversation } from "../model/types.ts";
import type { Plan } from "./plan.ts";

export type Predicate = (conversation: Conversation) => boolean;

export function toPredicate(plan: Plan): Predicate {
  if ("all" in plan) { const parts = plan.all.map(toPredicate); return (it) => parts.every((part) => part(it)); }
  if ("some" in plan) { const parts = plan.some.map(toPredicate); return (it) => parts.some((part) => part(it)); }
  if ("none" in plan) { const part = toPredicate(plan.none); return (it) => !part(it); }
  if ("in" in plan) {
    const wanted = new Set(plan.in);
    const { path } = plan;
    if (path === "labels") return (it) => it.labels.some((label) => wanted.has(label));
    return (it) => wanted.has(it[path] ?? null);
  }
  if ("empty" in plan) return (it) => (it.labels.length === 0) === plan.empty;
  if ("like" in plan) { const pattern = new RegExp(plan.like, "is"); return (it) => pattern.test(it[plan.path]); }
  if (plan.path === "number") return (it) => (plan.over === undefined || it.number > plan.over) && (plan.under === undefined || it.number < plan.under);
  const { path, from, before, known } = plan;
  return (it) => {
    const at = it[path];
    if (known !== undefined) return (at !== null) === known;
    return at !== null && (from === undefined || at >= from) && (before === undefined || at < before);
  };
}
