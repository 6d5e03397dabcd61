/** Quiet hours where somebody is. */
import { DateTime, IANAZone } from "luxon";
import type { QuietHours } from "./campaigns.ts";
import type { Contact } from "./people.ts";

export const CLOCK_TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
export const isZone = (zone: string): boolean => IANAZone.isValidZone(zone);

/** Countries of one time zone, by the beginning of their numbers. Source: ITU-T E.164 list of country codes; IANA zone.tab. */
const BY_PHONE: Record<string, string> = {
  "20": "Africa/Cairo", "27": "Africa/Johannesburg", "30": "Europe/Athens", "31": "Europe/Amsterdam", "32": "Europe/Brussels", "33": "Europe/Paris", "36": "Europe/Budapest", "39": "Europe/Rome", "40": "Europe/Bucharest",
  "41": "Europe/Zurich", "43": "Europe/Vienna", "44": "Europe/London", "45": "Europe/Copenhagen", "46": "Europe/Stockholm", "47": "Europe/Oslo", "48": "Europe/Warsaw", "49": "Europe/Berlin", "51": "America/Lima",
  "57": "America/Bogota", "58": "America/Caracas", "60": "Asia/Kuala_Lumpur", "63": "Asia/Manila", "65": "Asia/Singapore", "66": "Asia/Bangkok", "81": "Asia/Tokyo", "82": "Asia/Seoul", "84": "Asia/Ho_Chi_Minh", "86": "Asia/Shanghai",
  "90": "Europe/Istanbul", "91": "Asia/Kolkata", "92": "Asia/Karachi", "94": "Asia/Colombo", "212": "Africa/Casablanca", "216": "Africa/Tunis", "234": "Africa/Lagos", "254": "Africa/Nairobi", "353": "Europe/Dublin", "354": "Atlantic/Reykjavik",
  "358": "Europe/Helsinki", "359": "Europe/Sofia", "370": "Europe/Vilnius", "371": "Europe/Riga", "372": "Europe/Tallinn", "380": "Europe/Kyiv", "385": "Europe/Zagreb", "386": "Europe/Ljubljana", "420": "Europe/Prague", "421": "Europe/Bratislava",
  "852": "Asia/Hong_Kong", "880": "Asia/Dhaka", "886": "Asia/Taipei", "966": "Asia/Riyadh", "971": "Asia/Dubai", "972": "Asia/Jerusalem", "977": "Asia/Kathmandu",
};

/** As an attribute `timezone` (or `time_zone`) says, else by their number's country, else `zone`. */
export function zoneOf({ attributes, phone }: Pick<Contact, "attributes" | "phone">, zone: string): string {
  const told = attributes?.["timezone"] ?? attributes?.["time_zone"];
  if (typeof told === "string" && isZone(told)) return told;
  const digits = /^(?:\+|00)(\d{4,})$/.exec((phone ?? "").replace(/[\s()./-]/g, ""))?.[1] ?? "";
  return BY_PHONE[digits.slice(0, 3)] ?? BY_PHONE[digits.slice(0, 2)] ?? zone;
}

/** When the quiet hours that hold at `now` are over; null while none do. */
export function quietUntil({ from, to }: QuietHours, zone: string, now: Date): Date | null {
  const here = DateTime.fromJSDate(now, { zone });
  const at = (time: string, day: DateTime) => day.set({ hour: Number(time.slice(0, 2)), minute: Number(time.slice(3)), second: 0, millisecond: 0 });
  // the night that began yesterday, and the one that begins today
  for (const day of [here.minus({ days: 1 }), here]) {
    const begins = at(from, day);
    const ends = at(to, to > from ? day : day.plus({ days: 1 }));
    if (here >= begins && here < ends) return ends.toJSDate();
  }
  return null;
}
