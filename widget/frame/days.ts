/** Which day a line belongs to, in the viewer's zone. */
import { words } from "./words.ts";

export const dayKey = (at: number): string => new Date(at).toDateString();

/** "Today", "Yesterday", else "Tuesday, 3 March" with the year when it is another one. Times in milliseconds. */
export function dayInWords(at: number, now: number, locale?: string): string {
  if (dayKey(at) === dayKey(now)) return words.today;
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  if (dayKey(at) === yesterday.toDateString()) return words.yesterday;
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", ...(sameYear ? {} : { year: "numeric" }) }).format(at);
}
