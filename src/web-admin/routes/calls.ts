/** Every call of `/api/v1`, in the order of the documentation. */
import { agentCalls } from "./agents.ts";
import type { AdminCall } from "./call.ts";
import { campaignActCalls } from "./campaign-acts.ts";
import { campaignCalls } from "./campaigns.ts";
import { contactActCalls } from "./contact-acts.ts";
import { contactTableCalls } from "./contact-tables.ts";
import { contactCalls } from "./contacts.ts";
import { conversationCalls } from "./conversations.ts";
import { deskCalls } from "./desks.ts";
import { healthCalls } from "./health.ts";
import { inboxCalls } from "./inboxes.ts";
import { liveCalls } from "./live.ts";
import { overviewCalls } from "./overview.ts";
import { sessionCalls } from "./sessions.ts";
import { settingsCalls } from "./settings.ts";

export const adminCalls: readonly AdminCall[] = [...contactCalls, ...contactActCalls, ...contactTableCalls, ...conversationCalls, ...campaignCalls, ...campaignActCalls, ...settingsCalls, ...overviewCalls, ...deskCalls, ...inboxCalls, ...agentCalls, ...healthCalls, ...sessionCalls, ...liveCalls];
/** Where they are served. */
export const ADMIN_API = "/api/v1";
