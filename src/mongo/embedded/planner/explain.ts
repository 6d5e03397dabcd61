import { deserialize } from "bson";
import { toJs } from "../values/raw.ts";
import type { Plan } from "./plan.ts";
import type { Examined } from "./streams.ts";

/** A plan as explain's `winningPlan` shows it. Source: mongodb.com/docs/manual/reference/explain-results/ */
export function winningPlan(plan: Plan, covered = false): Record<string, unknown> {
  const access = stage(plan);
  if (covered) return { ...(access["inputStage"] as Record<string, unknown>), stage: "COUNT_SCAN" };
  return plan.sorted ? access : { stage: "SORT", inputStage: access };
}

function stage(plan: Plan): Record<string, unknown> {
  if (plan.kind === "collection") return { stage: "COLLSCAN", direction: plan.reverse ? "backward" : "forward" };
  if (plan.kind === "or") return { stage: "FETCH", inputStage: { stage: "OR", inputStages: plan.parts.map(stage) } };
  const { index } = plan;
  return {
    stage: "FETCH",
    inputStage: {
      stage: "IXSCAN", indexName: index.name, keyPattern: toJs(index.spec)["key"], isMultiKey: index.multikey !== 0, isUnique: index.unique,
      isSparse: index.sparse, isPartial: index.partial !== undefined, direction: plan.reverse ? "backward" : "forward", ranges: plan.ranges.length, merged: plan.merge,
    },
  };
}

export interface Explained {
  readonly ns: string;
  readonly plan: Plan | undefined;
  readonly covered: boolean;
  readonly examined: Examined;
  readonly returned: number;
  readonly millis: number;
  readonly command: Uint8Array;
  /** The stage around the query, for commands that do more than find. */
  readonly around?: string | undefined;
}

/** The whole answer of explain, for `queryPlanner` and, when the command was run, `executionStats`. */
export function explained({ ns, plan, covered, examined, returned, millis, command, around }: Explained, ran: boolean): Record<string, unknown> {
  const found = plan ? winningPlan(plan, covered) : { stage: "EOF" };
  const winning = around ? { stage: around, inputStage: found } : found;
  const queryPlanner = { namespace: ns, indexFilterSet: false, winningPlan: winning, rejectedPlans: [] };
  const stats = { executionSuccess: true, nReturned: returned, executionTimeMillis: Math.round(millis), totalKeysExamined: examined.keys, totalDocsExamined: examined.docs, executionStages: winning };
  return { explainVersion: "1", queryPlanner, ...(ran ? { executionStats: stats } : {}), command: deserialize(command), serverInfo: { version: "7.0.14" }, ok: 1 };
}
