/** Times for free replies that are over: the card says so, with nobody having to look. The look itself is often enough. */
import { shutDueWindows } from "../../core/services/reply-window.ts";
import type { DueJob } from "./job.ts";

export const windows: DueJob = { kind: "window", every: "30 seconds", run: async (core) => ({ due: await shutDueWindows(core), next: null }) };
