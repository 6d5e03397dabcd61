/** Warnings of service levels that are due, and what was met or missed. */
import { workSla } from "../../core/services/sla-work.ts";
import type { DueJob } from "./job.ts";

export const serviceLevels: DueJob = { kind: "sla", every: "30 seconds", run: workSla };
