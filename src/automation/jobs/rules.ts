/** Rules whose waiting is over. */
import { fireDueWaits } from "../rules/waits.ts";
import type { DueJob } from "./job.ts";

export const ruleWaits: DueJob = { kind: "rule", every: "30 seconds", run: fireDueWaits };
