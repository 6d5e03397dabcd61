/** Replies that nobody read in the chat, by mail. */
import { mailUnread } from "../../core/services/continuity.ts";
import type { DueJob } from "./job.ts";

export const continuity: DueJob = { kind: "continuity", every: "30 seconds", run: mailUnread };
