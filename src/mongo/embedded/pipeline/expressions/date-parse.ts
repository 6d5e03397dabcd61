import { locationError, notImplemented, StoreError } from "../../values/errors.ts";
import { MONTHS } from "./date-format.ts";
import { daysInMonth, HOUR, millisOf, millisOfIsoWeek, MINUTE } from "./dates.ts";
import { fromLocal, UTC, type Zone } from "./zones.ts";

const failed = (text: string, why: string) => new StoreError(241, "ConversionFailure", `Error parsing date string '${text}'; ${why}`);

interface Parsed {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly ms: number;
  /** Undefined: the text names no zone. Milliseconds to add to UTC. */
  readonly offset: number | undefined;
}

/** Hours of the abbreviations that stand in dates; military letters are A to Z without J. */
const ABBREVIATIONS: Readonly<Record<string, number>> = {
  UTC: 0, GMT: 0, Z: 0, WET: 0, WEST: 1, BST: 1, CET: 1, CEST: 2, EET: 2, EEST: 3, MSK: 3,
  EST: -5, EDT: -4, CST: -6, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7, AKST: -9, AKDT: -8, HST: -10,
};
const MILITARY = "ABCDEFGHIKLM";
const MILITARY_WEST = "NOPQRSTUVWXY";

/** Offset that a zone's text stands for; undefined when it is none of those known here. */
function offsetOf(zone: string): number | undefined {
  const text = zone.trim().toUpperCase();
  const match = /^(?:GMT|UTC)?([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(text);
  if (match) return (match[1] === "-" ? -1 : 1) * (Number(match[2]) * HOUR + Number(match[3] ?? 0) * MINUTE);
  if (Object.hasOwn(ABBREVIATIONS, text)) return ABBREVIATIONS[text]! * HOUR;
  if (text.length === 1 && MILITARY.includes(text)) return (MILITARY.indexOf(text) + 1) * HOUR;
  return text.length === 1 && MILITARY_WEST.includes(text) ? -(MILITARY_WEST.indexOf(text) + 1) * HOUR : undefined;
}

const TIME = String.raw`(?:[T\s]\s*(\d{1,2})(?:[:.](\d{2})(?:[:.](\d{2})(?:[.,:](\d{1,9}))?)?)?\s*([ap]\.?m\.?)?)?`;
const ZONE = String.raw`\s*([A-Za-z]{1,5}|(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?)?`;
const NAMES = MONTHS.map((m) => `${m}|${m.slice(0, 3)}`).join("|");
const SEPARATED_TIME = TIME.replace(String.raw`[T\s]\s*`, String.raw`(?:,?\s+|T)`);
const pattern = (date: string) => new RegExp(`^${date}${SEPARATED_TIME}${ZONE}$`, "i");

/** Each kind of date with the places of year, month and day in it. */
const KINDS: readonly { regex: RegExp; year: number; month: number; day: number }[] = [
  { regex: pattern(String.raw`(\d{4})-(\d{1,2})-(\d{1,2})`), year: 1, month: 2, day: 3 },
  { regex: pattern(String.raw`(\d{4})/(\d{1,2})/(\d{1,2})`), year: 1, month: 2, day: 3 },
  { regex: pattern(String.raw`(\d{4})(\d{2})(\d{2})`), year: 1, month: 2, day: 3 },
  { regex: pattern(String.raw`(\d{4})-(${NAMES})-(\d{1,2})`), year: 1, month: 2, day: 3 },
  { regex: pattern(String.raw`(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})`), year: 3, month: 1, day: 2 },
  { regex: pattern(String.raw`(\d{1,2})-(\d{1,2})-(\d{4})`), year: 3, month: 2, day: 1 },
  { regex: pattern(String.raw`(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s+)?(\d{1,2})(?:st|nd|rd|th)?[ -](${NAMES})[ -](\d{4})`), year: 3, month: 2, day: 1 },
  { regex: pattern(String.raw`(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s+)?(${NAMES})\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})`), year: 3, month: 1, day: 2 },
];

const monthOf = (text: string): number => (/^\d/.test(text) ? Number(text) : MONTHS.findIndex((m) => m.toLowerCase().startsWith(text.toLowerCase().slice(0, 3))) + 1);
const yearOf = (text: string): number => (text.length > 2 ? Number(text) : Number(text) + (Number(text) < 70 ? 2000 : 1900));

function hourOf(text: string | undefined, half: string | undefined): number {
  const hour = Number(text ?? 0);
  if (!half) return hour;
  return hour < 1 || hour > 12 ? 99 : (hour % 12) + (/^p/i.test(half) ? 12 : 0);
}

function parseFree(given: string): Parsed {
  const text = given.trim();
  for (const { regex, year, month, day } of KINDS) {
    const m = regex.exec(text);
    if (!m) continue;
    const zone = m[9];
    const offset = zone === undefined ? undefined : offsetOf(zone);
    if ((zone !== undefined && offset === undefined) || (m[4] !== undefined && m[5] === undefined && m[8] === undefined)) throw unknown(given);
    return {
      year: yearOf(m[year]!), month: monthOf(m[month]!), day: Number(m[day]), hour: hourOf(m[4], m[8]), minute: Number(m[5] ?? 0), second: Number(m[6] ?? 0),
      ms: m[7] === undefined ? 0 : Math.trunc(Number(`0.${m[7]}`) * 1000 + 1e-9), offset,
    };
  }
  if (text === "" || !/\d/.test(text)) throw failed(given, "it holds no date");
  if (/^\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/.test(text) || new RegExp(`^(?:${NAMES})\\s+\\d{1,2}(?:st|nd|rd|th)?$`, "i").test(text)) throw failed(given, "an incomplete date/time string has been found, with elements missing");
  throw unknown(given);
}

/** What MongoDB's lenient reader might take or not. */
const unknown = (text: string) => notImplemented(`The date text '${text.slice(0, 60)}' is in a form that the embedded store does not read; write it as 2017-07-04T11:56:02.813Z, or say how to read it by $dateFromString's 'format'.`);

/** Milliseconds since 1970 of a date's text, in the zone it names, else in `zone`.
 *  @throws StoreError 241 for text that is no date, 18536 for a malformed format, 238 for a form that is not read here.
 *  Source: mongodb.com/docs/manual/reference/operator/aggregation/dateFromString/ */
export function parseDate(text: string, format: string | undefined, zone: Zone): number {
  if (format !== undefined) return parseFormatted(text, format, zone);
  const p = parseFree(text);
  return resolve(text, p, zone);
}

function resolve(text: string, p: Parsed, zone: Zone): number {
  if (p.month < 1 || p.month > 12 || p.day < 1 || p.day > daysInMonth(p.year, p.month) || p.hour > 24 || p.minute > 59 || p.second > 59 || (p.hour === 24 && (p.minute > 0 || p.second > 0))) {
    throw failed(text, "the parsed date was invalid");
  }
  return zoned(text, millisOf(p.year, p.month, p.day, p.hour, p.minute, p.second, p.ms), p.offset, zone);
}

function zoned(text: string, local: number, offset: number | undefined, zone: Zone): number {
  if (offset === undefined) return fromLocal(local, zone);
  if (zone !== UTC && !zone.utc) throw failed(text, "you cannot pass in a date/time string with a time zone together with a timezone argument");
  return local - offset;
}

/** Digits that each specifier takes, at most. */
const NUMBERS: Readonly<Record<string, number>> = { Y: 4, m: 2, d: 2, H: 2, M: 2, S: 2, j: 3, G: 4, V: 2, u: 1 };

function parseFormatted(text: string, format: string, zone: Zone): number {
  const found: Record<string, number> = {};
  let offset: number | undefined;
  let at = 0;
  const take = (regex: RegExp, what: string): RegExpExecArray => {
    const match = regex.exec(text.slice(at));
    if (!match) throw failed(text, at >= text.length ? "Data missing" : `${what} was expected at place ${at}`);
    at += match[0].length;
    return match;
  };
  for (let i = 0; i < format.length; i++) {
    const c = format[i]!;
    if (c !== "%") {
      if (text[at] !== c) throw failed(text, at >= text.length ? "Data missing" : `Format literal not found at place ${at}`);
      at++;
      continue;
    }
    const kind = format[++i];
    if (kind === undefined) throw locationError(18535, "Unmatched '%' at end of format string");
    if (kind === "%") take(/^%/, "a percent sign");
    else if (kind === "L") found["L"] = Math.trunc(Number(`0.${take(/^\d{1,3}/, "milliseconds")[0]}`) * 1000 + 1e-9);
    else if (kind === "b" || kind === "B") found["m"] = monthOf(take(new RegExp(`^(?:${NAMES})`, "i"), "a month's name")[0]);
    else if (kind === "z") {
      const zoneText = take(/^\s*(?:(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?|[A-Za-z]{1,5})/i, "a time zone")[0];
      offset = offsetOf(zoneText);
      if (offset === undefined) throw failed(text, `the time zone '${zoneText.trim()}' is unknown`);
    } else if (kind === "Z") offset = Number(take(/^[+-]?\d{1,4}/, "minutes of offset")[0]) * MINUTE;
    else if (Object.hasOwn(NUMBERS, kind)) found[kind] = Number(take(new RegExp(`^\\d{1,${NUMBERS[kind]!}}`), "digits")[0]);
    else throw locationError(18536, `Invalid format character '%${kind}' in format string`);
  }
  if (at < text.length) throw failed(text, "Trailing data");
  return zoned(text, assemble(text, found), offset, zone);
}

function assemble(text: string, found: Readonly<Record<string, number>>): number {
  const iso = "G" in found || "V" in found || "u" in found;
  const natural = "Y" in found || "m" in found || "d" in found || "j" in found;
  if (iso && natural) throw failed(text, "Mixing of ISO dates with natural dates is not allowed");
  const { Y, G, m = 1, d = 1, V = 1, u = 1, H = 0, M = 0, S = 0, L = 0, j } = found;
  if ((iso && G === undefined) || (!iso && Y === undefined)) throw failed(text, natural || iso ? "The parsed date was invalid" : "an incomplete date/time string has been found, with elements missing");
  if (iso) {
    if (V < 1 || V > 53 || u < 1 || u > 7 || H > 24 || M > 59 || S > 59) throw failed(text, "The parsed date was invalid");
    return millisOfIsoWeek(G!, V, u) + millisOf(1970, 1, 1, H, M, S, L);
  }
  if (j !== undefined) return millisOf(Y!, 1, j, H, M, S, L);
  return resolve(text, { year: Y!, month: m, day: d, hour: H, minute: M, second: S, ms: L, offset: undefined }, UTC);
}
