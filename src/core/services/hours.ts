/** Which working hours hold where: a team's own before its inbox's; null is around the clock. Kept worked out, so asking costs nothing. */
import { isDeepStrictEqual } from "node:util";
import type { Core } from "../core.ts";
import { workingHours, type HoursCalendar, type WorkingHours } from "../model/calendar.ts";
import { perOwner } from "../store/together.ts";
import { allCalendars, allTeams, inboxOf } from "./inbox-settings.ts";

const made = perOwner<Core, Map<string, WorkingHours>>(() => new Map());

const of = (core: Core, calendar: HoursCalendar): WorkingHours => {
  const known = made(core).get(calendar._id);
  if (known !== undefined && (known.calendar === calendar || isDeepStrictEqual(known.calendar, calendar))) return known;
  const fresh = workingHours(calendar);
  made(core).set(calendar._id, fresh);
  return fresh;
};

/** By id; null when there is none (any more). */
export async function hoursById(core: Core, id: string | null | undefined): Promise<WorkingHours | null> {
  if (id == null) return null;
  const calendar = (await allCalendars(core)).find(({ _id }) => _id === id);
  return calendar === undefined ? null : of(core, calendar);
}

/** Of the team in whose queue it is, else of the inbox. @throws {UserError} INBOX_UNKNOWN */
export async function hoursOf(core: Core, at: { inboxId: string; teamId?: string | undefined }): Promise<WorkingHours | null> {
  const team = at.teamId === undefined ? undefined : (await allTeams(core)).find(({ _id }) => _id === at.teamId);
  return (await hoursById(core, team?.hoursId)) ?? hoursById(core, (await inboxOf(core, at.inboxId)).settings.hoursId);
}
