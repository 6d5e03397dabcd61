/** A button in Slack ↔ the verb behind it and what it is about. */
import { z } from "zod";
import type { CardButton } from "../../../core/ports.ts";
import { cut } from "../../shared/text.ts";

/** What a button's act is about, where the place that it stands in does not say it. */
const Subject = z.object({
  /** A verb, with its arguments behind a colon: "snooze:tomorrow 9:00". */
  v: z.string(),
  /** The thread. */
  t: z.string().optional(),
  /** The message. */
  m: z.string().optional(),
  /** The conversation's number. */
  n: z.number().int().optional(),
  /** Highest seq that its reader could see. */
  s: z.number().int().optional(),
});
export interface About { thread?: string | undefined; messageId?: string | undefined; number?: number | undefined; seen?: number | undefined }
export interface Pressed extends About { verb: string; args: string }

const PREFIX = "act:";
/** Names a button that only leads to an address. */
export const OPEN = "open";
/** Longest text of a button; Source: docs.slack.dev/reference/block-kit/block-elements/button-element */
const LABEL = 75;

/** A `button` element. Its place in the row keeps ids apart that would be equal. */
export function buttonElement(button: CardButton, place: number, about: About = {}): object {
  const value = { v: button.id, t: about.thread, m: about.messageId, n: about.number, s: about.seen };
  return {
    type: "button", action_id: cut(`${PREFIX}${place}:${button.id}`, 255), text: { type: "plain_text", text: cut(button.label.trim() || "–", LABEL), emoji: false }, value: JSON.stringify(value),
    ...(button.style === "main" ? { style: "primary" } : {}),
  };
}

/** What was pressed; null for a button that only leads somewhere. An action without our value means the verb that it is named after. */
export function readButton(action: { action_id: string; value?: string | undefined }): Pressed | null {
  const id = action.action_id;
  if (id === OPEN) return null;
  const subject = Subject.safeParse(asJson(action.value));
  if (!subject.success) return splitVerb(id.replace(/^act:(\d+:)?/, ""));
  const { v, t, m, n, s } = subject.data;
  const read = splitVerb(v);
  return { ...read, thread: t, messageId: m, number: read.number ?? n, seen: s };
}

/** Arguments that begin with a number say which conversation it is about. */
function splitVerb(id: string): Pressed {
  const [, verb = "", number, args = ""] = /^([^:]*)(?::(?:#(\d{1,12})(?:\s+|$))?([\s\S]*))?$/.exec(id) ?? [];
  return { verb, args, ...(number === undefined ? {} : { number: Number(number) }) };
}

function asJson(text: string | undefined): unknown {
  try { return JSON.parse(text ?? "null"); } catch { return null; }
}
