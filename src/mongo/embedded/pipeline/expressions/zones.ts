import { locationError } from "../../values/errors.ts";
import { HOUR, millisOf, MINUTE } from "./dates.ts";

/** A time zone: by Olson name, or a fixed offset. */
export interface Zone {
  readonly utc: boolean;
  /** Milliseconds to add to UTC at that moment. */
  offset(utcMs: number): number;
}

const fixed = (ms: number): Zone => ({ utc: ms === 0, offset: () => ms });
export const UTC: Zone = fixed(0);

/** Offsets are asked of Intl for the ends of six-day spans, and kept: no zone has changed twice within one. A change inside is sought by halving. */
const SPAN = 6 * 24 * HOUR;
const KEPT_SPANS = 20_000;
const FARTHEST = 8.64e15;

interface Change {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

class NamedZone implements Zone {
  readonly utc = false;
  private readonly spans = new Map<number, number | Change>();

  constructor(private readonly format: Intl.DateTimeFormat) {}

  offset(utcMs: number): number {
    const place = Math.floor(utcMs / SPAN);
    let span = this.spans.get(place);
    if (span === undefined) {
      if (this.spans.size > KEPT_SPANS) this.spans.clear();
      this.spans.set(place, (span = this.look(place * SPAN, (place + 1) * SPAN)));
    }
    if (typeof span === "number") return span;
    return utcMs < span.at ? span.before : span.after;
  }

  private look(from: number, to: number): number | Change {
    const before = this.ask(from);
    const after = this.ask(to);
    if (before === after) return before;
    let [low, high] = [from, to];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.ask(middle) === before) low = middle;
      else high = middle;
    }
    return { at: high, before, after };
  }

  private ask(ms: number): number {
    const at = Math.min(Math.max(ms, -FARTHEST), FARTHEST);
    const parts: Record<string, string> = {};
    for (const { type, value } of this.format.formatToParts(at)) parts[type] = value;
    const year = parts["era"] === "BC" ? 1 - Number(parts["year"]) : Number(parts["year"]);
    const local = millisOf(year, Number(parts["month"]), Number(parts["day"]), Number(parts["hour"]), Number(parts["minute"]), Number(parts["second"]));
    return local - Math.floor(at / 1000) * 1000;
  }
}

const KEPT_ZONES = 1_000;
const zones = new Map<string, Zone>([["UTC", UTC], ["GMT", UTC]]);
const OFFSET = /^([+-])(\d{2})(?::?(\d{2}))?$/;

/** A zone by its Olson name or as `+hh`, `+hhmm`, `+hh:mm`. @throws StoreError 40485. Source: mongodb.com/docs/manual/reference/operator/aggregation/dateToParts/ */
export function zoneOf(name: string): Zone {
  const kept = zones.get(name);
  if (kept) return kept;
  const zone = makeZone(name);
  if (!zone) throw locationError(40485, `unrecognized time zone identifier: "${name}"`);
  if (zones.size > KEPT_ZONES) zones.clear();
  zones.set(name, zone);
  return zone;
}

function makeZone(name: string): Zone | undefined {
  const offset = OFFSET.exec(name);
  if (offset) return fixed((offset[1] === "-" ? -1 : 1) * (Number(offset[2]) * HOUR + Number(offset[3] ?? 0) * MINUTE));
  if (!/^[A-Za-z][\w+/-]*$/.test(name)) return undefined;
  try {
    const format = new Intl.DateTimeFormat("en-US", { timeZone: name, calendar: "gregory", numberingSystem: "latn", hourCycle: "h23", era: "short", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
    const known = format.resolvedOptions().timeZone;
    // Intl takes names in any case, MongoDB only as they are written.
    return known !== name && known.toLowerCase() === name.toLowerCase() ? undefined : new NamedZone(format);
  } catch {
    return undefined;
  }
}

/** Milliseconds shifted so that UTC's calendar reads the zone's time. */
export const toLocal = (utcMs: number, zone: Zone): number => utcMs + zone.offset(utcMs);

/** Back: a time that the zone skips counts from the offset before, one that it has twice is read as MongoDB's library reads it. */
export function fromLocal(localMs: number, zone: Zone): number {
  const near = zone.offset(localMs);
  const there = zone.offset(localMs - near);
  if (near === there) return localMs - near;
  const candidate = localMs - there;
  return zone.offset(candidate) === there ? candidate : localMs - Math.min(near, there);
}
