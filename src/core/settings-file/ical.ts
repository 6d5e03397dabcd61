/** Holidays out of an iCal file (RFC 5545): its events that last whole days. */
import ICAL from "ical.js";
import type { Holiday } from "../model/calendar.ts";

/** Characters of a file, and events and days out of it, at most. */
export const ICAL_CHARS = 1_000_000;
const MOST = 2_000;
/** Repeating events are written out for so many years from now. */
const YEARS = 5;
const MOST_STEPS = 20_000;

/** Cancelled events, and those with a time of day, are left out. What comes every year on the same date stays so for ever. @throws {Error} not iCal, or too many */
export function holidaysOf(text: string, now: Date): Holiday[] {
  if (text.length > ICAL_CHARS) throw new Error("it is too large");
  const events = new ICAL.Component(ICAL.parse(text) as unknown[]).getAllSubcomponents("vevent");
  const holidays: Holiday[] = [];
  for (const component of events) {
    const event = new ICAL.Event(component);
    if (!event.startDate.isDate || String(component.getFirstPropertyValue("status") ?? "").toUpperCase() === "CANCELLED") continue;
    const days = Math.max(1, Math.round(event.duration.toSeconds() / 86_400));
    const name = typeof event.summary === "string" && event.summary.trim() !== "" ? { name: event.summary.trim().slice(0, 80) } : {};
    for (const from of beginningsOf(event, now)) {
      holidays.push({ from, to: laterBy(from, days - 1), ...name, open: [] });
      if (holidays.length > MOST) throw new Error(`it holds more than ${MOST.toLocaleString("en")} days off`);
    }
  }
  return holidays;
}

function beginningsOf(event: ICAL.Event, now: Date): string[] {
  const first = dayText(event.startDate);
  if (!event.isRecurring()) return [first];
  const rule = event.component.getFirstPropertyValue("rrule");
  const plain = rule instanceof ICAL.Recur && rule.freq === "YEARLY" && rule.interval === 1 && rule.count === null && rule.until === null && Object.keys(rule.parts).length === 0 && event.component.getFirstProperty("exdate") === null;
  if (plain) return [first.slice(5)];
  const [since, until] = [new Date(now.getTime() - 366 * 86_400_000), new Date(now.getTime() + YEARS * 366 * 86_400_000)].map((day) => day.toISOString().slice(0, 10)) as [string, string];
  const found: string[] = [];
  const each = event.iterator();
  for (let n = 0; n < MOST_STEPS; n++) {
    const next = each.next() as ICAL.Time | null | undefined;
    if (next == null || dayText(next) > until) break;
    if (dayText(next) >= since) found.push(dayText(next));
  }
  return found;
}

const dayText = ({ year, month, day }: ICAL.Time): string => `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
/** A day of every year stays one; reckoned in a leap year. */
function laterBy(day: string, days: number): string {
  const yearly = day.length === 5;
  const then = new Date(Date.parse(yearly ? `2028-${day}` : day) + days * 86_400_000).toISOString().slice(0, 10);
  return yearly ? then.slice(5) : then;
}
