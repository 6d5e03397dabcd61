/** Working hours of the settings file: named calendars, matched by name. */
import { z } from "zod";
import type { Holiday, HoursCalendar, Opening } from "../model/calendar.ts";
import { newId } from "../model/ids.ts";
import type { Clock } from "../ports.ts";
import { holidaysOf } from "./ical.ts";
import { matchEntries } from "./match.ts";
import type { Wish } from "./plan.ts";
import type { SettingsFile } from "./shape.ts";
import type { Fault, Path, ReadFile } from "./yaml.ts";

const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
const short = (day: string): number => DAYS.findIndex((name) => name === day || name.slice(0, 3) === day);
/** "monday", "mon-fri", "daily": places in the week; empty for anything else. */
function daysOf(key: string): number[] {
  const [first = "", last = first, ...more] = key.toLowerCase().split("-").map((word) => word.trim());
  if (first === "daily" && last === first) return [0, 1, 2, 3, 4, 5, 6];
  const [from, to] = [short(first), short(last)];
  if (from < 0 || to < 0 || more.length > 0) return [];
  return from <= to ? DAYS.map((_day, n) => n).slice(from, to + 1) : DAYS.map((_day, n) => n).filter((n) => n >= from || n <= to);
}

const OPENING = /^(\d{1,2}):(\d{2})\s*(?:-|–|to)\s*(\d{1,2}):(\d{2})$/;
const openingText = z.string().trim().transform((text, context): Opening => {
  const [, ...parts] = OPENING.exec(text) ?? [];
  const [fromHour = 99, fromMinute = 99, toHour = 99, toMinute = 99] = parts.map(Number);
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
  if (fromMinute < 60 && toMinute < 60 && from < 1_440 && to <= 1_440 && from !== to) return { from, to };
  context.addIssue({ code: "custom", message: "must read like 9:00-17:30; 22:00-6:00 goes on into the next day, 0:00-24:00 is all day" });
  return z.NEVER;
});
/** One opening, a list of them, or "closed". */
const openings = z.preprocess((value) => (value === "closed" ? [] : typeof value === "string" ? [value] : value), z.array(openingText, "must be hours such as 9:00-17:30, a list of them, or closed").max(12));

const dayOf = z.string().regex(/^(\d{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, "must be a day such as 2026-12-24, or 12-24 for every year")
  .refine((day) => !Number.isNaN(Date.parse(`${day.length === 5 ? "2028-" : ""}${day}T00:00Z`)) && new Date(`${day.length === 5 ? "2028-" : ""}${day}T00:00Z`).toISOString().slice(5, 10) === day.slice(-5), "is no day of the calendar");
/** A day alone is one on which it is closed. */
const holiday = z.preprocess((value) => (typeof value === "string" ? { date: value } : value),
  z.strictObject({ date: dayOf.optional(), from: dayOf.optional(), to: dayOf.optional(), name: z.string().trim().min(1).max(80).optional(), open: openings.optional() }).transform((entry, context): Holiday => {
    const from = entry.date ?? entry.from;
    const to = entry.date ?? entry.to ?? from;
    if (from === undefined || to === undefined || (entry.date !== undefined && (entry.from ?? entry.to) !== undefined) || from.length !== to.length || (from.length > 5 && to < from)) {
      context.addIssue({ code: "custom", message: "needs date, or from and to, both with a year or both without, in order" });
      return z.NEVER;
    }
    return { from, to, ...(entry.name === undefined ? {} : { name: entry.name }), open: entry.open ?? [] };
  }));

export const hoursShape = z.strictObject({
  name: z.string().trim().min(1, "must not be empty").max(80),
  timeZone: z.string().refine((zone) => { try { return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== ""; } catch { return false; } }, "must be a time zone such as Europe/Berlin"),
  week: z.record(z.string(), openings).superRefine((week, context) => {
    const keys = Object.keys(week);
    for (const key of keys) if (daysOf(key).length === 0) context.addIssue({ code: "custom", path: [key], message: "is no day: write monday, monday-friday or daily" });
    const twice = DAYS.find((_day, n) => keys.filter((key) => daysOf(key).includes(n)).length > 1);
    if (twice !== undefined) context.addIssue({ code: "custom", message: `names ${twice} twice` });
  }),
  holidays: z.array(holiday).max(500).optional(),
  holidaysFile: z.string().min(1).max(500).optional(),
});

/** What stands in the files that calendars name, by their name; a fault where one can't be read. */
export async function readHolidayFiles(file: ReadFile, wanted: SettingsFile, readText: ((name: string) => Promise<string>) | undefined): Promise<{ texts: Map<string, string>; faults: Fault[] }> {
  const texts = new Map<string, string>();
  const faults: Fault[] = [];
  for (const [i, { holidaysFile }] of (wanted.hours ?? []).entries()) {
    if (holidaysFile === undefined || texts.has(holidaysFile)) continue;
    try {
      if (readText === undefined) throw new Error("files can't be read here; write the days under holidays");
      texts.set(holidaysFile, await readText(holidaysFile));
    } catch (error) {
      faults.push(file.fault(["hours", i, "holidaysFile"], `${holidaysFile} can't be read: ${error instanceof Error ? error.message : String(error)}.`));
    }
  }
  return { texts, faults };
}

export function planHours(clock: Clock, file: ReadFile, wanted: SettingsFile, stored: HoursCalendar[], texts: ReadonlyMap<string, string>, faults: Fault[]): Wish<HoursCalendar>[] {
  const entries = wanted.hours ?? [];
  const found = matchEntries(file, entries.map((entry, i) => ({ path: ["hours", i], name: entry.name, identity: entry.name })), stored,
    { noun: "calendar", identityPath: "name", identityOf: (calendar) => calendar.name, refusal: () => "is spelt the same but for case" }, faults);
  return entries.map((entry, i) => {
    const path = ["hours", i];
    const week = DAYS.map((_day, n) => Object.entries(entry.week).find(([key]) => daysOf(key).includes(n))?.[1] ?? []);
    for (const [key, list] of Object.entries(entry.week)) if (overlap(list)) faults.push(file.fault([...path, "week", key], "Two of these openings overlap. Write them apart, or as one."));
    const listed = entry.holidays ?? [];
    for (const [n, { open }] of listed.entries()) if (overlap(open)) faults.push(file.fault([...path, "holidays", n], "Two of these openings overlap. Write them apart, or as one."));
    const now: HoursCalendar = { _id: found[i]?._id ?? newId(clock.now()), name: entry.name, timeZone: entry.timeZone, week, holidays: [...listed, ...fromFile(file, path, entry.holidaysFile, texts, clock.now(), faults)] };
    return { was: found[i], now, secretsChanged: [] };
  });
}

const overlap = (list: Opening[]): boolean => {
  const sorted = list.toSorted((a, b) => a.from - b.from);
  return sorted.some(({ from, to }, n) => { const next = sorted[n + 1]; return next !== undefined && next.from < (to > from ? to : to + 1_440); });
};

function fromFile(file: ReadFile, path: Path, name: string | undefined, texts: ReadonlyMap<string, string>, now: Date, faults: Fault[]): Holiday[] {
  const text = name === undefined ? undefined : texts.get(name);
  if (text === undefined) return [];
  try {
    return holidaysOf(text, now);
  } catch (error) {
    faults.push(file.fault([...path, "holidaysFile"], `${name} is no calendar that can be used: ${error instanceof Error ? error.message.split("\n")[0]! : "it can't be read"}.`));
    return [];
  }
}

/** The id of the calendar that an inbox or team names; null for `off`, undefined where it names none. */
export function hoursNamed(file: ReadFile, path: Path, name: string | undefined, calendars: readonly HoursCalendar[], faults: Fault[]): string | null | undefined {
  if (name === undefined) return undefined;
  if (name === "off") return null;
  const found = calendars.find((one) => one.name === name);
  if (found === undefined) faults.push(file.fault([...path, "hours"], `There are no working hours named ${name}. Add them under hours.`));
  return found?._id;
}
