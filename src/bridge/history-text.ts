/** What was said so far, in words, for a thread that begins in the middle of a conversation. Pure. */
import { customerName } from "./render-post.ts";
import type { Message, Move } from "../core/model/types.ts";

/** Characters of one line. */
const LINE = 400;
const NAME = 80;

const two = (n: number): string => String(n).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** One text for readers in all zones, so it says which. */
const timeOf = (at: Date): string => `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]!} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())} UTC`;

const oneLine = (text: string, most: number): string => {
  const flat = text.replace(/\s+/g, " ").trim();
  const signs = [...flat];
  return signs.length <= most ? flat : `${signs.slice(0, most - 1).join("")}…`;
};

const NOT_THERE: Partial<Record<Message["delivery"]["state"], string>> = {
  queued: "not sent yet", sending: "being sent", failed: "did not reach the customer", unknown: "not known whether it arrived", cancelled: "not sent",
};

/** "21 Nov 14:05 UTC · Ana · Telegram: Where is my order? [invoice.pdf]"; neither a note nor a customer's name can be taken for anything else. */
export function lineOf(message: Message, channel: string): string {
  const { kind, activity, author, body, files } = message;
  const when = timeOf(message.sentAt ?? message.createdAt);
  if (activity?.type === "transferred") return `${when} · 🔒 Note · ${author.name}, moving it from ${activity.fromName} to ${activity.toName}: ${oneLine(activity.note ?? "", LINE)}`;
  const became = kind === "outgoing" ? NOT_THERE[message.delivery.state] : message.held !== undefined && message.held.settled === undefined ? "held, not sent" : undefined;
  const name = kind === "incoming" ? customerName({ contactName: oneLine(author.name, NAME), channel }) : author.name;
  const who = `${kind === "note" ? "🔒 Note · " : ""}${name}${kind === "outgoing" ? " (reply)" : ""}`;
  const said = [oneLine(body, LINE), ...files.map((file) => `[${oneLine(file.name, 80)}]`)].filter((part) => part !== "").join(" ");
  return `${when} · ${who}: ${said}${became === undefined ? "" : ` (${became})`}`;
}

/** `lines` says this when there are so many or more. */
export const COUNTED = 1_000;

/** `said`: the newest, oldest first. `lines`: how many there are in all, `COUNTED` at most. `chars`: of the whole text. */
export function historyOf({ move, said, channel, lines, chars }: { move: Move; said: Message[]; channel: string; lines: number; chars: number }): string {
  const head = [`Moved here from ${move.fromName} by ${move.by.name}.`, ...(move.note === undefined ? [] : [`🔒 Note from ${move.by.name}: ${move.note}`])].join("\n");
  const kept: string[] = [];
  let room = chars - head.length - 100;
  for (const message of said.toReversed()) {
    const line = lineOf(message, channel);
    room -= line.length + 1;
    if (room < 0) break;
    kept.unshift(line);
  }
  const shown = said.slice(said.length - kept.length).filter((message) => message.kind !== "activity").length;
  const hidden = lines - shown;
  const title = hidden === 0 ? "What was said so far:" : `What was said last; ${hidden === 1 ? "1 earlier line is" : `${lines < COUNTED ? "" : "more than "}${hidden.toLocaleString("en")} earlier lines are`} not shown:`;
  return [head, ...(kept.length === 0 ? (hidden === 0 ? [] : [title.replace("What was said last; ", "")]) : [title, ...kept])].join("\n");
}
