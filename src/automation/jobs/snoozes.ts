/** Snoozes that are over. */
import { wakeDueSnoozes } from "../../core/services/snooze.ts";
import type { DueJob } from "./job.ts";

export const snoozes: DueJob = { kind: "snooze", every: "30 seconds", run: wakeDueSnoozes };
