/** How conversations and times read in a notice. */
import { DateTime } from "luxon";
import type { Agent, Conversation } from "../model/types.ts";
import type { Found } from "../services/find.ts";

/** A time as its reader's clock shows it: "Mon 23 Nov, 09:00". */
export const timeFor = (agent: Pick<Agent, "timeZone">, at: Date): string => DateTime.fromJSDate(at, { zone: agent.timeZone }).setLocale("en-GB").toFormat("ccc d LLL, HH:mm");

/** "4 min", "2 h", "3 d". */
export function since(from: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - from.getTime()) / 60_000));
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}

/** As `since`, for "… ago": "just now" under a minute. */
export const timeAgo = (from: Date, now: Date): string => (now.getTime() - from.getTime() < 60_000 ? "just now" : `${since(from, now)} ago`);

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** "#1042 · Ana · Telegram · open · Front Desk · waiting 2 h · refund please" */
export function lineOf(conversation: Conversation, now: Date): string {
  const { waitingSince, priority } = conversation;
  return [
    `#${conversation.number}`, conversation.contactName, capital(conversation.channel), conversation.status,
    conversation.assigneeName ?? "nobody", ...(conversation.teamName === undefined ? [] : [`${conversation.teamName} team`]), ...(priority === null ? [] : [priority]), ...conversation.labels,
    ...(waitingSince === null ? [] : [now.getTime() - waitingSince.getTime() < 60_000 ? "waiting" : `waiting ${since(waitingSince, now)}`]), ...(conversation.subject === "" ? [] : [conversation.subject]),
  ].join(" · ");
}

/** One of a customer's other conversations: "#1042 · Telegram · resolved · 3 d ago · refund please" */
export const lineAbout = ({ number, channel, status, lastMessageAt, subject }: Conversation, now: Date): string =>
  [`#${number}`, capital(channel), status, timeAgo(lastMessageAt, now), ...(subject === "" ? [] : [subject])].join(" · ");

/** "Ana · Telegram: refund please", "🔒 Mara: ask the courier"; null when nothing was said. A customer can't be called so as to pass for a note. */
export function lastLineOf({ lastLine, channel }: Pick<Conversation, "lastLine" | "channel">): string | null {
  if (lastLine === null) return null;
  const { kind, author, text } = lastLine;
  return `${kind === "note" ? "🔒 " : ""}${author}${kind === "incoming" ? ` · ${capital(channel)}` : ""}: ${text}`;
}

/** A list with its heading, or what to say when it is empty. */
export function listOf(found: Found, now: Date, words: { one: string; many: string; none: string }): string {
  const { conversations, more, cut } = found;
  const note = cut ? "\nOnly the newest 10,000 conversations were searched; narrow it to reach older ones." : "";
  if (conversations.length === 0) return words.none + note;
  const heading = conversations.length === 1 && !more ? words.one : words.many.replace("%", more ? `More than ${conversations.length}` : String(conversations.length));
  return [heading, ...conversations.map((conversation) => lineOf(conversation, now))].join("\n") + note;
}
