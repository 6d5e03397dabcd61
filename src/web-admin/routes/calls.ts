/** Every call of `/api/v1`. */
import { agentCalls } from "./agents.ts";
import type { AdminCall } from "./call.ts";
import { deskCalls } from "./desks.ts";
import { healthCalls } from "./health.ts";
import { inboxCalls } from "./inboxes.ts";
import { liveCalls } from "./live.ts";
import { overviewCalls } from "./overview.ts";
import { sessionCalls } from "./sessions.ts";

export const adminCalls: readonly AdminCall[] = [...overviewCalls, ...deskCalls, ...inboxCalls, ...agentCalls, ...healthCalls, ...sessionCalls, ...liveCalls];
