/** What a program of the administrator's may ask to be told, and what waits to be told to it. */
import type { ActivityFact, Message } from "./types.ts";

export const WEBHOOK_EVENTS = [
  "conversation.created", "conversation.status_changed", "conversation.updated", "message.created", "note.created", "contact.updated", "csat.answered", "rule.fired",
] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** A subscription. `secrets.signing` is encrypted at rest. */
export interface Webhook {
  _id: string;
  name: string;
  url: string;
  events: WebhookEvent[];
  /** In the filter language, asked of the conversation when the event is taken up; empty: all. */
  when: string;
  enabled: boolean;
  allowPrivateAddress: boolean;
  secrets: Record<string, string>;
  createdAt: Date;
}

/** One event for one subscription. It stays for a week, so that nothing is told twice under two ids. */
export interface WebhookDelivery {
  /** `<webhook>/<id of the event>`. */
  _id: string;
  webhookId: string;
  conversationId: string;
  event: WebhookEvent;
  /** Taken away once it was taken, or the customer was erased. */
  body?: string;
  /** When it happened; given up a day later. */
  at: Date;
  seq: number;
  tries: number;
  /** Set until it is taken or given up; indexed. */
  dueAt?: Date;
  doneAt?: Date;
  taken?: boolean;
}

const OF_CONTACT = new Set<ActivityFact["type"]>(["contact", "attribute"]);

/** What a message of any kind tells the outside, with the event's id: the same for a repeat. */
export function webhookEventsOf({ _id, kind, seq, activity }: Pick<Message, "_id" | "kind" | "seq" | "activity">): { id: string; event: WebhookEvent }[] {
  const first = seq === 1 ? [{ id: `${_id}:created`, event: "conversation.created" as const }] : [];
  if (activity === undefined) return [...first, ...(kind === "activity" ? [] : [{ id: _id, event: kind === "note" ? "note.created" as const : "message.created" as const }])];
  const event = activity.type === "status" ? "conversation.status_changed" : activity.type === "csat" ? "csat.answered" : OF_CONTACT.has(activity.type) ? "contact.updated" : "conversation.updated";
  return [...first, { id: _id, event }];
}
