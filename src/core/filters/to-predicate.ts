/** Plan → the same question asked of a conversation in memory. */
import type { Conversation } from "../model/types.ts";
import { eventPredicate, NO_EVENT, type EventFacts } from "./event.ts";
import type { Plan } from "./plan.ts";

export type Predicate = (conversation: Conversation) => boolean;
export type EventPredicate = (conversation: Conversation, event: EventFacts) => boolean;

/** For plans that were made without an event. */
export function toPredicate(plan: Plan): Predicate {
  const predicate = toEventPredicate(plan);
  return (it) => predicate(it, NO_EVENT);
}

export function toEventPredicate(plan: Plan): EventPredicate {
  if ("all" in plan) { const parts = plan.all.map(toEventPredicate); return (it, event) => parts.every((part) => part(it, event)); }
  if ("some" in plan) { const parts = plan.some.map(toEventPredicate); return (it, event) => parts.some((part) => part(it, event)); }
  if ("none" in plan) { const part = toEventPredicate(plan.none); return (it, event) => !part(it, event); }
  if ("event" in plan) return eventPredicate(plan.event);
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
