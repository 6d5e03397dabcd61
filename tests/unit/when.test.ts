import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseWhen } from "../../src/core/model/when.ts";

/** Friday 27 March 2026, 11:00 in Berlin (UTC+1); its clocks go forward on Sunday 29. */
const FRIDAY = "2026-03-27T10:00:00Z";
const read = (text: string, now = FRIDAY, zone = "Europe/Berlin"): string => {
  const when = parseWhen(text, new Date(now), zone);
  return "at" in when ? when.at.toISOString().replace(":00.000Z", "Z") : "untilReply" in when ? "reply" : when.error;
};

describe("durations", () => {
  test.each([
    ["2h", "2026-03-27T12:00Z"],
    ["30m", "2026-03-27T10:30Z"],
    ["30 Min", "2026-03-27T10:30Z"],
    ["1h30m", "2026-03-27T11:30Z"],
    ["1h 30m", "2026-03-27T11:30Z"],
    ["1.5h", "2026-03-27T11:30Z"],
    ["2 hours and 15 minutes", "2026-03-27T12:15Z"],
    ["in two hours", "2026-03-27T12:00Z"],
    ["an hour", "2026-03-27T11:00Z"],
    ["1.5 days", "2026-03-28T22:00Z"],
    ["half an hour", "2026-03-27T10:30Z"],
    ["for 45 minutes", "2026-03-27T10:45Z"],
    ["1d", "2026-03-28T10:00Z"],
    ["in 3 days", "2026-03-30T09:00Z"],
    ["in 3 days at 8:00", "2026-03-30T06:00Z"],
    ["2 weeks", "2026-04-10T09:00Z"],
    ["a week from now", "2026-04-03T09:00Z"],
    ["1d2h", "2026-03-28T12:00Z"],
    ["1 month", "2026-04-27T09:00Z"],
    ["２ｈ", "2026-03-27T12:00Z"],
    ["\u200B2h\u200B", "2026-03-27T12:00Z"],
  ])("%s", (text, expected) => expect(read(text)).toBe(expected));
});

describe("days", () => {
  test.each([
    ["tomorrow", "2026-03-28T08:00Z"],
    ["Tomorrow 9:00", "2026-03-28T08:00Z"],
    ["tomorrow at 14:30.", "2026-03-28T13:30Z"],
    ["tomorrow 9", "2026-03-28T08:00Z"],
    ["tomorrow 9pm", "2026-03-28T20:00Z"],
    ["tomorrow, 9:15 p.m.", "2026-03-28T20:15Z"],
    ["9am tomorrow", "2026-03-28T08:00Z"],
    ["tomorrow afternoon", "2026-03-28T13:00Z"],
    ["tomorrow in the morning", "2026-03-28T08:00Z"],
    ["until tomorrow 9:00", "2026-03-28T08:00Z"],
    ["monday", "2026-03-30T07:00Z"],
    ["Mon", "2026-03-30T07:00Z"],
    ["on monday", "2026-03-30T07:00Z"],
    ["next monday", "2026-03-30T07:00Z"],
    ["sunday", "2026-03-29T07:00Z"],
    ["friday 14:30", "2026-04-03T12:30Z"],
    ["friday", "2026-04-03T07:00Z"],
    ["next thursday", "2026-04-02T07:00Z"],
    ["thursday noon", "2026-04-02T10:00Z"],
    ["saturday", "2026-03-28T08:00Z"],
    ["next saturday", "2026-04-04T07:00Z"],
    ["14:30 on monday", "2026-03-30T12:30Z"],
    ["next week", "2026-03-30T07:00Z"],
    ["next week wed 10:00", "2026-04-01T08:00Z"],
    ["wednesday next week", "2026-04-01T07:00Z"],
    ["next month", "2026-04-01T07:00Z"],
    ["tonight", "2026-03-27T19:00Z"],
    ["tonight 9", "2026-03-27T20:00Z"],
    ["tonight at 21:30", "2026-03-27T20:30Z"],
    ["today 17:00", "2026-03-27T16:00Z"],
    ["this evening", "2026-03-27T17:00Z"],
    ["end of day", "2026-03-27T16:00Z"],
    ["eow", "2026-03-27T16:00Z"],
    ["14:30", "2026-03-27T13:30Z"],
    ["at 9", "2026-03-28T08:00Z"],
    ["9am", "2026-03-28T08:00Z"],
    ["12am", "2026-03-27T23:00Z"],
    ["12pm", "2026-03-27T11:00Z"],
    ["noon", "2026-03-27T11:00Z"],
    ["the day after tomorrow 8pm", "2026-03-29T18:00Z"],
    ["december 24", "2026-12-24T08:00Z"],
    ["24 december at 10:00", "2026-12-24T09:00Z"],
    ["june 3rd at 3pm", "2026-06-03T13:00Z"],
    ["january 5", "2027-01-05T08:00Z"],
  ])("%s", (text, expected) => expect(read(text)).toBe(expected));
});

describe("written dates", () => {
  test.each([
    ["2026-12-24", "2026-12-24T08:00Z"],
    ["2026-12-24 14:30", "2026-12-24T13:30Z"],
    ["2026-12-24T14:30", "2026-12-24T13:30Z"],
    ["2026-12-24T14:30Z", "2026-12-24T14:30Z"],
    ["2026-12-24T14:30:00.000Z", "2026-12-24T14:30Z"],
    ["2026-12-24 14:30 +05:30", "2026-12-24T09:00Z"],
    ["2026-12-24 at 2pm", "2026-12-24T13:00Z"],
    ["24.12.", "2026-12-24T08:00Z"],
    ["24.12.2026 14:30", "2026-12-24T13:30Z"],
    ["1.2.", "2027-02-01T08:00Z"],
  ])("%s", (text, expected) => expect(read(text)).toBe(expected));
});

test.each(["until reply", "Until Reply", "reply", "until they reply", "until the customer writes back", "until customer replies", "till next reply"])("%s waits for the customer", (text) => {
  expect(read(text)).toBe("reply");
});

describe("clock changes", () => {
  const saturday = "2026-03-28T11:00:00Z"; // 12:00 in Berlin
  const october = "2026-10-24T10:00:00Z"; // 12:00 in Berlin, the last day of summer time
  test.each([
    ["24h", saturday, "Europe/Berlin", "2026-03-29T11:00Z"],
    ["1d", saturday, "Europe/Berlin", "2026-03-29T10:00Z"],
    ["tomorrow", saturday, "Europe/Berlin", "2026-03-29T07:00Z"],
    ["tomorrow 2:30", saturday, "Europe/Berlin", "2026-03-29T01:30Z"],
    ["2h", "2026-03-29T00:30:00Z", "Europe/Berlin", "2026-03-29T02:30Z"],
    ["24h", october, "Europe/Berlin", "2026-10-25T10:00Z"],
    ["1d", october, "Europe/Berlin", "2026-10-25T11:00Z"],
    ["tomorrow", october, "Europe/Berlin", "2026-10-25T08:00Z"],
    ["tomorrow 2:30", october, "Europe/Berlin", "2026-10-25T00:30Z"],
    ["tomorrow 1:30", "2026-10-31T16:00:00Z", "America/New_York", "2026-11-01T05:30Z"],
    ["tomorrow 9:00", "2026-03-07T17:00:00Z", "America/New_York", "2026-03-08T13:00Z"],
  ])("%s from %s in %s", (text, now, zone, expected) => expect(read(text, now, zone)).toBe(expected));
});

describe("zones", () => {
  const lateThursday = "2026-07-09T23:30:00Z"; // already Friday east of Greenwich
  test.each([
    ["tomorrow 9:00", "UTC", "2026-07-10T09:00Z"],
    ["tomorrow 9:00", "Asia/Tokyo", "2026-07-11T00:00Z"],
    ["tomorrow 9:00", "Asia/Kolkata", "2026-07-11T03:30Z"],
    ["tomorrow 9:00", "America/Los_Angeles", "2026-07-10T16:00Z"],
    ["friday", "America/Los_Angeles", "2026-07-10T16:00Z"],
    ["friday", "Asia/Tokyo", "2026-07-17T00:00Z"],
    ["next week", "Pacific/Auckland", "2026-07-12T21:00Z"],
    ["july 20 at 8:00", "Asia/Kathmandu", "2026-07-20T02:15Z"],
    ["11 july", "Asia/Tokyo", "2026-07-11T00:00Z"],
    ["11 july 10am", "America/Los_Angeles", "2026-07-11T17:00Z"],
    ["1.5 days", "Asia/Tokyo", "2026-07-11T11:30Z"],
    ["july 20 at 3pm EST", "Asia/Tokyo", "2026-07-20T20:00Z"],
    ["the day after tomorrow", "Asia/Tokyo", "2026-07-12T00:00Z"],
  ])("%s in %s", (text, zone, expected) => expect(read(text, lateThursday, zone)).toBe(expected));
});

describe("refused in words", () => {
  test.each(["yesterday", "2 hours ago", "last friday", "2026-03-26", "today 9:00", "0m", "2026-03-27T10:00Z", "tonight 1:00"])("%s has passed", (text) => {
    expect(read(text)).toContain("already passed");
  });
  test.each(["13 months", "2028-01-01", "400 days", "99999w", "24.12.2027"])("%s is too far", (text) => {
    expect(read(text)).toContain("more than a year");
  });
  test.each(["2026-02-30", "2026-13-01", "31.4.", "tomorrow 25:00", "tomorrow 9:75", "tomorrow 13pm"])("%s does not exist", (text) => {
    expect(read(text)).toContain("no such date or time");
  });
  test.each(["soon", "whenever", "9", "am", "monday to friday", "hello on friday", "monday banana", "in a while", "constructor", "tomorrow constructor", "next year", "x".repeat(5_000)])(
    "%s is not a time",
    (text) => {
      expect(read(text)).toContain("not a time");
    },
  );
  test("an ambiguous date asks how it is meant", () => expect(read("12/24")).toContain("2026-12-24"));
  test("nothing asks until when", () => expect(read("  ")).toContain("Until when?"));
  test("an unknown zone names the setting", () => expect(read("2h", FRIDAY, "Mars/Base")).toContain("time zone"));
});

test("whatever the text, the answer is a moment within the year to come, a reply, or an error", () => {
  const part = fc.constantFrom("tomorrow", "next", "monday", "week", "9:00", "99", "2h", "in", "at", "pm", "2026-02-29", ".", "-", "december", "half an hour", "today", " ", "1e9");
  const texts = fc.oneof(fc.string({ unit: "binary" }), fc.array(part, { maxLength: 6 }).map((parts) => parts.join(" ")));
  fc.assert(
    fc.property(texts, fc.date({ min: new Date("2000-01-01"), max: new Date("2100-01-01"), noInvalidDate: true }), fc.constantFrom("UTC", "Europe/Berlin", "Australia/Lord_Howe"), (text, now, zone) => {
      const when = parseWhen(text, now, zone);
      if ("at" in when) {
        expect(when.at.getTime()).toBeGreaterThan(now.getTime());
        expect(when.at.getTime() - now.getTime()).toBeLessThanOrEqual(366 * 24 * 3_600_000 + 3_600_000);
      } else if ("error" in when) expect(when.error).toMatch(/^[A-Z].*[.]$/);
      else expect(when.untilReply).toBe(true);
    }),
    { numRuns: 500 },
  );
});
