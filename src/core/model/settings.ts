/** What an administrator sets up, as plain data: where customers write, where agents work, who they are, and their texts. */
import type { AutoResolve, CsatSettings } from "./care.ts";
import type { DispositionRule } from "./disposition.ts";
import type { AgentWork, RoutingPolicy } from "./routing.ts";
import type { ChannelId, DeskKind } from "./types.ts";

export type Role = "administrator" | "supervisor" | "agent";

/** What of a customer an inbox may hide until somebody takes the conversation. */
export const HIDEABLE = ["name", "email", "phone"] as const;

export interface InboxSettings {
  /** Seconds a reply waits before it leaves; 0 sends at once. */
  undoSeconds: number;
  /** A reply posted this soon after a newer customer line is held; 0 switches the guard off. */
  doubleReplySeconds: number;
  noteFirst: boolean;
  /** Hours after resolving in which a customer's line reopens the same conversation. */
  reopenHours: number;
  /** First reply takes an unassigned conversation. */
  takeOnReply: boolean;
  hideUntilTaken?: (typeof HIDEABLE)[number][];
  /** Customers are asked how it went; absent or null: they aren't. */
  csat?: CsatSettings | null;
  /** What the customer has left is nudged and resolved; absent or null: never. */
  autoResolve?: AutoResolve | null;
  /** False: a short line that only says thanks opens nothing that is resolved. */
  thanksReopens?: boolean;
  /** Replies that were not read after so many minutes go by mail, from this inbox; absent or null: they don't. */
  continuity?: { inboxId: string; minutes: number } | null;
  /** Its working hours (`model/calendar.ts`); absent or null: around the clock. */
  hoursId?: string | null;
  /** What has to be known before an agent resolves; absent or null: nothing. */
  atResolve?: DispositionRule | null;
  /** Absent: manual. */
  routing?: RoutingPolicy;
  /** Working minutes in which customers of a chat may expect an answer; absent or null: it says nothing of it. */
  replyMinutes?: number | null;
  /** Said once at the beginning of a conversation; a text with variables. */
  greeting?: string | null;
  /** Said once in each closed time of the working hours. */
  awayMessage?: string | null;
}

export interface Inbox {
  _id: string;
  name: string;
  channel: ChannelId;
  /** The vendor's own identity of this connection, unique: a bot id, a widget key. */
  identity: string;
  enabled: boolean;
  /** Channel's own settings, never secret; shape is the channel's. */
  config: Record<string, unknown>;
  /** Encrypted values by name; only the secrets service reads them. */
  secrets: Record<string, string>;
  settings: InboxSettings;
  deskTargetId: string;
  createdAt: Date;
}

/** One desk channel or forum that conversations are mirrored into. */
export interface DeskTarget {
  _id: string;
  name: string;
  kind: DeskKind;
  /** The vendor's identity of the connection: an app, a guild. Targets of one identity share it. */
  identity: string;
  channel: string;
  /** The connection's own settings, never secret; shape is the desk's. */
  config?: Record<string, unknown>;
  /** Encrypted values by name; only the secrets service reads them. */
  secrets?: Record<string, string>;
  createdAt: Date;
}

export interface Agent extends AgentWork {
  _id: string;
  name: string;
  email: string;
  role: Role;
  active: boolean;
  avatar?: string;
  /** The person's accounts on desks; `{desk, userId}` is unique among agents. */
  links: { desk: DeskKind; userId: string }[];
  /** Inboxes this person may see and answer; "all" for everyone until teams exist. */
  inboxIds: "all" | string[];
  timeZone: string;
  createdAt: Date;
}

/** Agents who share a queue. */
export interface Team { _id: string; name: string; memberIds: string[]; /** Its own working hours; absent or null: its inbox's count. */ hoursId?: string | null; /** Wins over its conversations' inboxes. */ routing?: RoutingPolicy }

/** `hash`: SHA-256 of what the settings file named, in hex; the same content is stored once. */
export interface CannedFile { fileId: string; name: string; type: string; bytes: number; hash: string }

/** A text to send again and again; `body` may hold variables (`services/template.ts`). */
export interface CannedResponse {
  _id: string;
  /** Short and unique, lower case. */
  code: string;
  title: string;
  body: string;
  folder?: string;
  /** Of `body`. */
  language?: string;
  /** In other languages, by their letters in lower case ("de", "pt-br"); a customer of such a language gets that one. */
  texts?: Record<string, string>;
  /** They go with it, as copies (`services/canned-files.ts`). */
  files?: CannedFile[];
  /** Who may use it: everybody, a team's members, who answers an inbox, or one agent. `scopeId` names which, but for "all". */
  scope: "all" | "team" | "inbox" | "mine";
  scopeId?: string;
  /** What it is found by: its code, and the words of code and title. */
  words: string[];
  uses: number;
  createdAt: Date;
}

/** `do` is a verb's name, `with` what a person would write behind it; for reply and note a text with variables. */
export interface MacroStep { do: string; with: string }
export interface Macro { _id: string; name: string; steps: MacroStep[] }

export interface Label { _id: string; name: string; color: string }
