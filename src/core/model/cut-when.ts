/** A time and what follows it, in one line of an agent's. Pure. */
import { parseWhen, UNREADABLE } from "./when.ts";

/** Words that may belong to the time. */
const MOST_WORDS = 8;

/**
 * `tomorrow 9:00 Good morning`, `2h | Tomorrow it arrives`, or the text on the lines below: what is behind a line break or a `|` is the
 * text where the part before it is a time, else the longest beginning that is one counts.
 * @param timeZone IANA name. @returns in words why there is no time in it; never throws
 */
export function cutWhen(text: string, now: Date, timeZone: string): { at: Date; rest: string } | { error: string } {
  const [, before, behind] = /^([^|\n]{1,100})[|\n]([\s\S]*)$/.exec(text) ?? [];
  const marked = before === undefined ? undefined : parseWhen(trimmed(before), now, timeZone);
  if (marked !== undefined && "at" in marked) return { at: marked.at, rest: behind!.trim() };

  let found: { at: Date; rest: string } | undefined;
  let error: string | undefined;
  const ends = [...text.matchAll(/\S+/g)].slice(0, MOST_WORDS).map((word) => word.index + word[0].length);
  for (const end of ends) {
    const when = parseWhen(trimmed(text.slice(0, end)), now, timeZone);
    if ("at" in when) found = { at: when.at, rest: text.slice(end).trim() };
    else if ("untilReply" in when) return { error: "It needs a time: what waits for the customer's reply has nothing to go by." };
    else if (when.error !== UNREADABLE) error ??= when.error;
  }
  return found ?? { error: (error ?? UNREADABLE).replace(", 2026-12-24 14:30 or until reply", " or 2026-12-24 14:30") };
}

const trimmed = (text: string): string => text.trim().replace(/[\s:,–-]+$/, "");
