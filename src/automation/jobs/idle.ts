/** Conversations in which the customer has gone silent. The look itself is often enough. */
import { closeIdle } from "../../core/services/auto-resolve.ts";
import type { DueJob } from "./job.ts";

export const idle: DueJob = { kind: "idle", every: "60 seconds", run: async (core) => ({ due: await closeIdle(core), next: null }) };
