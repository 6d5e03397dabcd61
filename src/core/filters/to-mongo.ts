/** Plan → MongoDB query over conversations. */
import type { Filter as Query } from "mongodb";
import type { Conversation } from "../model/types.ts";
import type { Plan } from "./plan.ts";

type Part = Record<string, unknown>;

/** Tests on different paths stand side by side, so that a planner sees every bound; groups are nested only where they must be. */
export const toMongo = (plan: Plan): Query<Conversation> => build(plan) as Query<Conversation>;

/** One query for all that must hold. */
export const allOf = (...queries: Query<Conversation>[]): Query<Conversation> => both(queries as Part[]) as Query<Conversation>;

function build(plan: Plan): Part {
  if ("all" in plan) return both(plan.all.map(build));
  if ("some" in plan) return plan.some.length === 1 ? build(plan.some[0]!) : { $or: plan.some.map(build) };
  if ("event" in plan) throw new Error("what an event is asked can't be asked of the store");
  if ("none" in plan) return { $nor: [build(plan.none)] };
  if ("in" in plan) return { [plan.path]: plan.in.length === 1 ? plan.in[0] : { $in: plan.in } };
  if ("empty" in plan) return { labels: plan.empty ? { $size: 0 } : { $not: { $size: 0 } } };
  if ("like" in plan) return { [plan.path]: { $regex: plan.like, $options: "is" } };
  if (plan.path === "number") return { number: { ...(plan.over === undefined ? {} : { $gt: plan.over }), ...(plan.under === undefined ? {} : { $lt: plan.under }) } };
  if (plan.known !== undefined) return { [plan.path]: plan.known ? { $ne: null } : null };
  return { [plan.path]: { ...(plan.from === undefined ? {} : { $gte: plan.from }), ...(plan.before === undefined ? {} : { $lt: plan.before }) } };
}

function both(parts: Part[]): Part {
  const merged: Part = {};
  const clashing: Part[] = [];
  for (const part of parts) {
    if (Object.keys(part).some((key) => Object.hasOwn(merged, key))) clashing.push(part);
    else Object.assign(merged, part);
  }
  return clashing.length === 0 ? merged : { $and: [merged, ...clashing] };
}
