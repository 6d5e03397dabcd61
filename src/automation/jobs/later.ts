/** Replies that go at a time, and reminders. */
import { doDueLater } from "../../core/services/later-due.ts";
import type { DueJob } from "./job.ts";

export const later: DueJob = { kind: "later", every: "30 seconds", run: doDueLater };
