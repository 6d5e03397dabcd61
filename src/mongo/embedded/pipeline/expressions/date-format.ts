import { locationError } from "../../values/errors.ts";
import { civilOf, dayOfYear, isoWeekOf, MINUTE, pad, weekdayOf, weekOf, type Civil } from "./dates.ts";
import { toLocal, type Zone } from "./zones.ts";

export const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"] as const;

type Show = (c: Civil, localMs: number, offsetMs: number) => string;

const offsetText = (ms: number): string => {
  const minutes = Math.trunc(Math.abs(ms) / MINUTE);
  return `${ms < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60), 2)}${pad(minutes % 60, 2)}`;
};

/** Source: mongodb.com/docs/manual/reference/operator/aggregation/dateToString/ */
const SPECIFIERS: Readonly<Record<string, Show>> = {
  "%": () => "%", Y: (c) => year(c.year), m: (c) => pad(c.month, 2), d: (c) => pad(c.day, 2), H: (c) => pad(c.hour, 2), M: (c) => pad(c.minute, 2), S: (c) => pad(c.second, 2),
  L: (c) => pad(c.millisecond, 3), j: (_c, ms) => pad(dayOfYear(ms), 3), w: (_c, ms) => String(weekdayOf(ms) + 1), u: (_c, ms) => String(isoWeekOf(ms).weekday),
  U: (_c, ms) => pad(weekOf(ms), 2), V: (_c, ms) => pad(isoWeekOf(ms).week, 2), G: (_c, ms) => year(isoWeekOf(ms).year),
  b: (c) => MONTHS[c.month - 1]!.slice(0, 3), B: (c) => MONTHS[c.month - 1]!,
  z: (_c, _ms, offset) => offsetText(offset), Z: (_c, _ms, offset) => String(Math.trunc(offset / MINUTE)),
};

function year(n: number): string {
  if (n < 0 || n > 9999) throw locationError(18537, `$dateToString is only defined on year 0-9999, tried to use year ${n}`);
  return pad(n, 4);
}

const compiled = new Map<string, (string | Show)[]>();

function compile(format: string): (string | Show)[] {
  const parts: (string | Show)[] = [];
  for (let at = 0; at < format.length;) {
    const next = format.indexOf("%", at);
    if (next < 0) {
      parts.push(format.slice(at));
      break;
    }
    if (next > at) parts.push(format.slice(at, next));
    const c = format[next + 1];
    if (c === undefined) throw locationError(18535, "Unmatched '%' at end of format string");
    const show = Object.hasOwn(SPECIFIERS, c) ? SPECIFIERS[c] : undefined;
    if (!show) throw locationError(18536, `Invalid format character '%${c}' in format string`);
    parts.push(show);
    at = next + 2;
  }
  return parts;
}

/** A date as text. @throws StoreError 18535, 18536 for a malformed format, 18537 for a year that has no four digits. */
export function formatDate(format: string, utcMs: number, zone: Zone): string {
  let parts = compiled.get(format);
  if (!parts) {
    parts = compile(format);
    if (compiled.size < 1000) compiled.set(format, parts);
  }
  const local = toLocal(utcMs, zone);
  const c = civilOf(local);
  let out = "";
  for (const part of parts) out += typeof part === "string" ? part : part(c, local, local - utcMs);
  return out;
}
