/** The table of fields: what each is called, which operators it takes and what it says in `help`. */

import { LANGUAGES } from "../model/language.ts";

export const OPERATORS = ["is", "is not", "any of", "contains", "does not contain", "starts with", "present", "absent", "greater", "less", "before", "after", "within last"] as const;
export type Operator = (typeof OPERATORS)[number];

/** How values of a field read: `choice` a fixed list, `name` looked up among ours, `span` a length of time, `time` a moment. */
export type FieldType = "choice" | "name" | "text" | "number" | "span" | "time" | "words";

export interface Field {
  type: FieldType;
  operators: readonly Operator[];
  /** Fixed values, lowest first where they have an order. */
  choices?: readonly string[];
  /** One line for `help` and `docs/commands.md`. */
  example: string;
  help: string;
}

const CHOICE = ["is", "is not", "any of"] as const;
const MAYBE = [...CHOICE, "present", "absent"] as const;
const TEXT = ["contains", "does not contain", "is", "is not", "starts with"] as const;
const TIME = ["is", "before", "after", "within last"] as const;

export const PRIORITIES = ["low", "medium", "high", "urgent"] as const;
export const STATUSES = ["open", "pending", "snoozed", "resolved"] as const;

/** Names and codes alike. */
const LANGUAGE_WORDS = [...Object.values(LANGUAGES).map((name) => name.toLowerCase()), ...Object.keys(LANGUAGES)];

export const FIELDS = {
  status: { type: "choice", operators: CHOICE, choices: STATUSES, example: "status:open,pending", help: "open, pending, snoozed or resolved" },
  label: { type: "name", operators: MAYBE, example: "label:billing", help: "carries this label; label:none carries none" },
  assignee: { type: "name", operators: MAYBE, example: "assignee:me", help: "an agent's name, me, none or any" },
  team: { type: "name", operators: MAYBE, example: "team:billing", help: "in this team's queue; team:mine in one of yours, team:none in none" },
  inbox: { type: "name", operators: CHOICE, example: 'inbox:"Support Email"', help: "the inbox's name" },
  desk: { type: "name", operators: CHOICE, example: "desk:billing", help: "the desk target that its thread is in" },
  channel: { type: "text", operators: CHOICE, example: "channel:telegram", help: "the kind of channel" },
  priority: { type: "choice", operators: [...MAYBE, "greater", "less"], choices: PRIORITIES, example: "priority>medium", help: "low, medium, high, urgent or none" },
  contact: { type: "text", operators: TEXT, example: "contact:ana", help: "part of the customer's name; contact:ana* begins with it" },
  language: { type: "choice", operators: MAYBE, choices: LANGUAGE_WORDS, example: "language:german", help: "of the customer's first lines, by its name or two letters; language:none could not be told" },
  subject: { type: "text", operators: TEXT, example: "subject:invoice", help: "part of the first line" },
  number: { type: "number", operators: [...CHOICE, "greater", "less"], example: "#1042", help: "the short number" },
  waiting: { type: "span", operators: ["greater", "less", "present", "absent"], example: "waiting>2h", help: "how long the customer has waited; waiting:none nobody waits" },
  created: { type: "time", operators: TIME, example: "created:7d", help: "within the last 7 days; also a date, today, >date, <date, >7d (longer ago)" },
  updated: { type: "time", operators: TIME, example: "updated>2d", help: "the last message: longer than 2 days ago" },
  resolved: { type: "time", operators: [...TIME, "present", "absent"], example: "resolved:today", help: "when it was resolved" },
  text: { type: "words", operators: ["contains", "does not contain"], example: '"refund"', help: "words in one of its messages, or in the customer's name" },
} as const satisfies Record<string, Field>;

/** What only a rule may ask: of the event that it hears of, and of the moment. There, `text` is the line that the event is about. */
export const EVENT_FIELDS = {
  hours: { type: "choice", operators: ["is", "is not"], choices: ["open", "closed"], example: "hours:closed", help: "the working hours that hold here, at this moment" },
  kind: { type: "choice", operators: CHOICE, choices: ["incoming", "outgoing", "note"], example: "kind:incoming", help: "of the message: the customer's, a reply, a note" },
  by: { type: "choice", operators: CHOICE, choices: ["customer", "agent", "rule", "threadline"], example: "by:customer", help: "who did it" },
  changed: { type: "choice", operators: CHOICE, choices: ["status", "assignee", "team", "label", "priority", "mode", "contact", "attribute", "desk", "csat"], example: "changed:priority", help: "what was changed" },
  from: { type: "text", operators: CHOICE, example: "from:snoozed", help: "what it was before: a status, a desk, a label that was taken off" },
  to: { type: "text", operators: CHOICE, example: "to:urgent", help: "what it is now: a status, a priority, an agent, a team, a label that was added; none where nothing is" },
  attribute: { type: "text", operators: CHOICE, example: "attribute:plan=gold", help: "an attribute of the customer with its value; attribute:plan=none where it is not set" },
} as const satisfies Record<string, Field>;
export type EventField = keyof typeof EVENT_FIELDS;

/** What only a segment may ask: of the contacts themselves. There, `contact` is their name and `created` when they were first known. */
export const CONTACT_FIELDS = {
  email: { type: "text", operators: [...TEXT, "present", "absent"], example: "email:@example.com", help: "part of their address; email:none where none is known" },
  phone: { type: "text", operators: [...TEXT, "present", "absent"], example: "phone:+49*", help: "part of their number; phone:+49* begins with it" },
} as const satisfies Record<string, Field>;
export type ContactField = keyof typeof CONTACT_FIELDS;

type ConversationField = keyof typeof FIELDS;
export type FieldName = ConversationField | EventField | ContactField;
/** Those that everybody may ask. */
export const FIELD_NAMES = Object.keys(FIELDS) as [ConversationField, ...ConversationField[]];
export const ALL_FIELD_NAMES = [...FIELD_NAMES, ...Object.keys(EVENT_FIELDS), ...Object.keys(CONTACT_FIELDS)] as [FieldName, ...FieldName[]];
export const isEventField = (word: string): word is EventField => Object.hasOwn(EVENT_FIELDS, word);
export const isContactField = (word: string): word is ContactField => Object.hasOwn(CONTACT_FIELDS, word);
export const isFieldName = (word: string): word is FieldName => Object.hasOwn(FIELDS, word) || isEventField(word) || isContactField(word);
const ALL_FIELDS: Readonly<Record<FieldName, Field>> = { ...FIELDS, ...EVENT_FIELDS, ...CONTACT_FIELDS };
export const fieldOf = (name: FieldName): Field => ALL_FIELDS[name];
