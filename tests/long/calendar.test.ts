/** Working hours: over clock changes, nights, holidays; additive, and its own inverse. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { workingHours, type Holiday, type HoursCalendar, type Opening } from "../../src/core/model/calendar.ts";

const HOUR = 3_600_000;
const at = (text: string): Date => new Date(text);
const hm = (text: string): Opening[] => text.split(" ").filter(Boolean).map((one) => {
  const [from, to] = one.split("-").map((time) => { const [h, m] = time.split(":").map(Number); return h! * 60 + (m ?? 0); });
  return { from: from!, to: to! };
});
const calendar = (week: string[], more: Partial<HoursCalendar> = {}): HoursCalendar => ({ _id: "c", name: "Office", timeZone: "Europe/Berlin", week: week.map(hm), holidays: [], ...more });
const OFFICE = ["9-12:30 13:30-18", "9-12:30 13:30-18", "9-12:30 13:30-18", "9-12:30 13:30-18", "9-15", "", ""];

describe("one calendar by hand", () => {
  const office = workingHours(calendar(OFFICE, { holidays: [{ from: "2026-11-18", to: "2026-11-18", open: [] }, { from: "12-24", to: "01-01", open: [] }, { from: "2026-12-28", to: "2026-12-29", open: hm("10-12") }] }));

  test("open in its intervals, not at lunch, in the evening, at the weekend or on a holiday", () => {
    const open = ["2026-11-16T08:00Z", "2026-11-16T11:29:59.999Z", "2026-11-16T12:30Z", "2026-12-28T09:30Z"];
    const closed = ["2026-11-16T07:59:59.999Z", "2026-11-16T11:30Z", "2026-11-16T17:00Z", "2026-11-21T10:00Z", "2026-11-18T10:00Z", "2026-12-28T13:00Z", "2026-12-31T10:00Z", "2027-01-01T10:00Z"];
    expect(open.filter((text) => !office.isOpen(at(text)))).toEqual([]);
    expect(closed.filter((text) => office.isOpen(at(text)))).toEqual([]);
  });

  test("says when it opens, when it closes and since when it is closed", () => {
    expect(office.nextOpening(at("2026-11-17T17:30Z"))).toEqual(at("2026-11-19T08:00Z"));
    expect(office.nextOpening(at("2026-11-16T08:30Z"))).toEqual(at("2026-11-16T08:30Z"));
    expect(office.closesAt(at("2026-11-16T08:30Z"))).toEqual(at("2026-11-16T11:30Z"));
    expect(office.closesAt(at("2026-11-21T08:30Z"))).toBeNull();
    expect([at("2026-11-20T14:00Z"), at("2026-11-22T23:00Z"), at("2026-11-23T07:59Z")].map((moment) => office.closedSince(moment))).toEqual(Array(3).fill(at("2026-11-20T14:00Z")));
  });

  test("counts working time only", () => {
    expect(office.workingMsBetween(at("2026-11-16T11:00Z"), at("2026-11-17T08:15Z"))).toBe(5.25 * HOUR);
    expect(office.addWorkingMs(at("2026-11-20T13:00Z"), 2 * HOUR)).toEqual(at("2026-11-23T09:00Z"));
    expect(() => office.addWorkingMs(at("2026-11-20T13:00Z"), -1)).toThrow(RangeError);
  });

  test("one that never opens is closed for good, and nothing becomes due in it", () => {
    const never = workingHours(calendar(["", "", "", "", "", "", ""]));
    expect([never.nextOpening(at("2026-11-20T13:00Z")), never.addWorkingMs(at("2026-11-20T13:00Z"), 1), never.closedSince(at("2026-11-20T13:00Z"))]).toEqual([null, null, new Date(0)]);
  });
});

describe("clock changes in Berlin (29 March 2026, 25 October 2026)", () => {
  const hoursOf = (day: string, from: string, to: string, timeZone = "Europe/Berlin") => workingHours(calendar(Array<string>(7).fill(day), { timeZone })).workingMsBetween(at(from), at(to)) / HOUR;
  test.each([
    ["all day is 23 hours when clocks go forward", "0-24", "2026-03-28T23:00Z", "2026-03-29T22:00Z", 23],
    ["all day is 25 hours when they go back", "0-24", "2026-10-24T22:00Z", "2026-10-25T23:00Z", 25],
    ["what lies in the hour that is skipped is not there", "2-3", "2026-03-28T23:00Z", "2026-03-29T22:00Z", 0],
    ["what lies partly in it is so much shorter", "1:30-3:30", "2026-03-28T23:00Z", "2026-03-29T22:00Z", 1],
    ["the hour that comes twice counts twice", "2-3", "2026-10-24T22:00Z", "2026-10-25T23:00Z", 2],
    ["a night shift across the change lasts an hour less", "22-6", "2026-03-28T20:00Z", "2026-03-29T12:00Z", 7],
    ["and an hour more in autumn", "22-6", "2026-10-24T19:00Z", "2026-10-25T12:00Z", 9],
  ])("%s", (_what, day, from, to, hours) => expect(hoursOf(day, from, to)).toBe(hours));

  test("where clocks go forward at midnight the day begins an hour later", () => {
    // Beirut, 29 March 2026: 00:00 becomes 01:00
    const beirut = workingHours(calendar(Array<string>(7).fill("0-9"), { timeZone: "Asia/Beirut" }));
    expect(beirut.workingMsBetween(at("2026-03-28T21:00Z"), at("2026-03-29T20:00Z")) / HOUR).toBe(8);
  });

  test("around the clock never closes", () => {
    const always = workingHours(calendar(Array<string>(7).fill("0-24")));
    expect(always.workingMsBetween(at("2026-01-01T00:00Z"), at("2027-01-01T00:00Z"))).toBe(365 * 24 * HOUR);
    expect(always.closedSince(at("2026-03-29T01:00Z"))).toBeNull();
  });
});

describe("any calendar", () => {
  const opening = fc.record({ from: fc.integer({ min: 0, max: 1_439 }), to: fc.integer({ min: 0, max: 1_440 }) });
  const openings = fc.array(opening, { maxLength: 3 });
  const holiday = fc.record({ day: fc.integer({ min: 0, max: 400 }), days: fc.integer({ min: 0, max: 5 }), open: openings }).map(({ day, days, open }): Holiday => {
    const text = (n: number) => new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10);
    return { from: text(day), to: text(day + days), open };
  });
  const any = fc.record({
    timeZone: fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Beirut", "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca"),
    week: fc.array(openings, { minLength: 7, maxLength: 7 }), holidays: fc.array(holiday, { maxLength: 5 }),
  }).map((facts) => workingHours({ _id: "c", name: "c", ...facts }));
  const moment = fc.date({ min: at("2026-01-01T00:00Z"), max: at("2027-03-01T00:00Z"), noInvalidDate: true });

  test("time between is additive and never more than the clock's", () => fc.assert(fc.property(any, moment, moment, moment, (hours, a, b, c) => {
    const sum = hours.workingMsBetween(a, b) + hours.workingMsBetween(b, c);
    expect(hours.workingMsBetween(a, c)).toBe(sum);
    expect(Math.abs(hours.workingMsBetween(a, b))).toBeLessThanOrEqual(Math.abs(b.getTime() - a.getTime()));
  })));

  test("adding working time and measuring it again are inverse, and the answer is the earliest", () => fc.assert(fc.property(any, moment, fc.integer({ min: 0, max: 30 * 24 * HOUR }), (hours, from, ms) => {
    const end = hours.addWorkingMs(from, ms);
    if (end === null) return expect(hours.nextOpening(from) === null || hours.calendar.week.flat().length === 0).toBe(true);
    expect(hours.workingMsBetween(from, end)).toBe(ms);
    if (ms > 0) expect(hours.workingMsBetween(from, new Date(end.getTime() - 1))).toBe(ms - 1);
  })));

  test("open, next opening, closing and closed since agree", () => fc.assert(fc.property(any, moment, (hours, now) => {
    const [open, next, closes, since] = [hours.isOpen(now), hours.nextOpening(now), hours.closesAt(now), hours.closedSince(now)];
    if (!open) expect(closes).toBeNull();
    expect(since === null).toBe(open);
    if (open) expect(next).toEqual(now);
    if (closes !== null) expect([hours.isOpen(closes), hours.isOpen(new Date(closes.getTime() - 1))]).toEqual([false, true]);
    if (next !== null) expect([hours.isOpen(next), hours.workingMsBetween(now, next)]).toEqual([true, 0]);
    if (since !== null && since.getTime() > 0) expect([hours.isOpen(since), hours.isOpen(new Date(since.getTime() - 1)), hours.workingMsBetween(since, now)]).toEqual([false, true, 0]);
  })));
});
