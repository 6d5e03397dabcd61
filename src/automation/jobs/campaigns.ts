/** Campaigns that have something to do: a list to make, or somebody to write to. */
import { workCampaigns } from "../campaigns/work.ts";
import type { DueJob } from "./job.ts";

export const campaigns: DueJob = { kind: "campaign", every: "30 seconds", run: workCampaigns };
