const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago, in few letters: "now", "4 min", "3 h", "2 d", then the date. `at` and `now` in milliseconds. */
export function timeAgo(at: number, now: number, locale?: string): string {
  const past = now - at;
  if (past < MINUTE) return "now";
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min`;
  if (past < DAY) return `${Math.floor(past / HOUR)} h`;
  if (past < 7 * DAY) return `${Math.floor(past / DAY)} d`;
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) }).format(at);
}

/** The hour and minute in the viewer's zone, as a chat shows it. */
export const clockTime = (at: number, locale?: string): string => new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" }).format(at);

/** The whole of a time in the viewer's zone, for a tooltip. */
export const exactTime = (at: number, locale?: string): string => new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "medium" }).format(at);
