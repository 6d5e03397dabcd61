/** When a visitor may expect an answer: from the inbox's working hours and the time that it says it needs. */
import type { Core } from "../../core/core.ts";
import type { Inbox } from "../../core/model/types.ts";
import { hoursById } from "../../core/services/hours.ts";
import type { TeamAnswer } from "./wire.ts";

export async function teamNow(core: Core, { settings: { hoursId, replyMinutes } }: Inbox): Promise<TeamAnswer> {
  const now = core.clock.now();
  const hours = await hoursById(core, hoursId);
  const open = hours === null || hours.isOpen(now);
  const due = replyMinutes == null ? null : hours === null ? new Date(now.getTime() + replyMinutes * 60_000) : hours.addWorkingMs(now, replyMinutes * 60_000);
  return { open, opensAt: open ? null : (hours?.nextOpening(now)?.toISOString() ?? null), replyMinutes: replyMinutes ?? null, replyBy: due?.toISOString() ?? null };
}
