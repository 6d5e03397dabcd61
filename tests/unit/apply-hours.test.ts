/** Working hours in the settings file, and what holds where. */
import { expect, onTestFinished, test } from "vitest";
import type { Core } from "../../src/core/core.ts";
import { settingsKinds } from "../../src/boot/settings-kinds.ts";
import { forgetSettings } from "../../src/core/services/inbox-settings.ts";
import { hoursOf } from "../../src/core/services/hours.ts";
import { createSecrets } from "../../src/core/services/secrets.ts";
import { applySettings } from "../../src/core/settings-file/apply.ts";
import { holidaysOf } from "../../src/core/settings-file/ical.ts";
import { lendStore } from "../support/lent-store.ts";

const clock = { now: () => new Date("2026-11-20T12:00:00Z") };
const ICS = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN",
  "BEGIN:VEVENT", "UID:1", "DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261227", "SUMMARY:Christmas", "END:VEVENT",
  "BEGIN:VEVENT", "UID:2", "DTSTART;VALUE=DATE:20200501", "RRULE:FREQ=YEARLY", "SUMMARY:Labour Day", "END:VEVENT",
  "BEGIN:VEVENT", "UID:3", "DTSTART;VALUE=DATE:20251127", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=3", "END:VEVENT",
  "BEGIN:VEVENT", "UID:4", "DTSTART:20261201T100000Z", "DTEND:20261201T110000Z", "SUMMARY:A meeting", "END:VEVENT",
  "BEGIN:VEVENT", "UID:5", "DTSTART;VALUE=DATE:20261202", "STATUS:CANCELLED", "END:VEVENT",
  "END:VCALENDAR", ""].join("\r\n");

test("whole days of an iCal file are holidays; meetings and what was cancelled are not", () => {
  expect(holidaysOf(ICS, clock.now())).toEqual([
    { from: "2026-12-25", to: "2026-12-26", name: "Christmas", open: [] }, { from: "05-01", to: "05-01", name: "Labour Day", open: [] },
    ...["2025-11-27", "2026-11-26", "2027-11-25"].map((day) => ({ from: day, to: day, open: [] })),
  ]);
  expect(() => holidaysOf("no calendar", clock.now())).toThrow();
});

const FILE = (hours: string) => `
hours:
  - name: Office
    timeZone: Europe/Berlin
    week: { mon-thu: ["9:00-12:30", "13:30-18:00"], friday: 9:00-15:00 }
    holidays: [2026-12-24, { date: 12-31, name: New Year's Eve, open: 9:00-12:00 }]
    holidaysFile: days.ics
  - { name: Nights, timeZone: Europe/Berlin, week: { daily: 22:00-6:00 } }
agents: [{ name: Mara, email: mara@example.com }]
teams: [{ name: Night Watch, members: [mara@example.com], hours: Nights }]
desks: [{ name: Playground, kind: playground, channel: support }]
inboxes: [{ name: Website, channel: widget, key: demo, allowedOrigins: ["*"], hours: ${hours} }]
`;

test("calendars are made, named by inboxes and teams, and changed in place; a team's own come first", async () => {
  const { store, giveBack } = await lendStore();
  onTestFinished(giveBack);
  const core = { store } as Core;
  const deps = { store, clock, secrets: createSecrets("a test's secret key, long enough"), ...settingsKinds, readText: async (name: string) => (name === "days.ics" ? ICS : Promise.reject(new Error("there is no such file"))) };
  const { changes, faults } = await applySettings(deps, FILE("Office"), {});
  expect(faults).toEqual([]);
  expect(changes).toEqual(expect.arrayContaining(["Working hours Office: made", "Working hours Nights: made"]));
  expect((await applySettings(deps, FILE("Office"), {})).changes).toEqual([]);
  const inbox = (await store.inboxes.findOne({ name: "Website" }))!;
  const team = (await store.teams.findOne({ name: "Night Watch" }))!;
  const openAt = async (text: string, teamId?: string) => { forgetSettings(core); return (await hoursOf(core, { inboxId: inbox._id, teamId }))?.isOpen(new Date(text)); };
  expect([await openAt("2026-11-23T08:30Z"), await openAt("2026-12-25T08:30Z"), await openAt("2026-12-31T08:30Z"), await openAt("2026-12-31T12:30Z"), await openAt("2026-11-23T23:30Z", team._id)]).toEqual([true, false, true, false, true]);
  expect((await applySettings(deps, FILE("Office").replace("9:00-15:00", "9:00-16:00"), {})).changes).toEqual(["Working hours Office: week changed"]);
  expect(await openAt("2026-11-27T14:30Z")).toBe(true);
  expect((await applySettings(deps, FILE("off"), {})).changes).toContain("Inbox Website: hours changed");
  expect(await openAt("2026-11-27T23:30Z")).toBeUndefined();
});

test("what can't be meant is refused with its place", async () => {
  const { store, giveBack } = await lendStore();
  onTestFinished(giveBack);
  const deps = { store, clock, secrets: createSecrets("a test's secret key, long enough"), ...settingsKinds, readText: () => Promise.reject(new Error("there is no such file")) };
  const calendar = (facts: string) => `hours: [{ name: A, timeZone: UTC, ${facts} }]`;
  const cases: [text: string, reason: string][] = [
    ["hours: [{ name: A, timeZone: Mars, week: {} }]", "must be a time zone"],
    [calendar("week: { someday: 9:00-10:00 }"), "is no day"],
    [calendar("week: { monday: 9:00-10:00, mon-fri: 9:00-10:00 }"), "monday twice"],
    [calendar("week: { monday: 9-10 }"), "must read like 9:00-17:30"],
    [calendar("week: { monday: 9 }"), "must be hours such as"],
    [calendar("week: { monday: [9:00-12:00, 11:00-13:00] }"), "overlap"],
    [calendar("week: {}, holidays: [2026-02-30]"), "no day of the calendar"],
    [calendar("week: {}, holidays: [{ from: 2026-02-03, to: 2026-02-01 }]"), "in order"],
    [calendar("week: {}, holidaysFile: gone.ics"), "can't be read"],
    ["teams: [{ name: T, members: [], hours: Ofice }]", "no working hours named Ofice"],
  ];
  for (const [text, reason] of cases) {
    const { faults, changes } = await applySettings(deps, text, {});
    expect(changes).toEqual([]);
    expect(faults.map((fault) => fault.reason).join(" "), text).toContain(reason);
  }
});
