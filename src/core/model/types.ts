/** The nouns of the desk as plain data. All ids are opaque strings, all times are UTC `Date`s. */
import type { CampaignLine, ConversationCampaign } from "./campaigns.ts";
import type { ConversationCare, MessageCare } from "./care.ts";
import type { DispositionFacts } from "./disposition.ts";
import type { HeldReason } from "./guard-reasons.ts";
import type { LaterFact } from "./later.ts";
import type { RoutedFacts, RoutingFact } from "./routing.ts";
import type { SlaFact, SlaFacts } from "./sla.ts";
import type { Span } from "./rich-text.ts";
import type { Telling } from "./tellings.ts";
import type { RuleCause, RuledFacts } from "./rules.ts";

export type { DeskEventData, DeskFile, StoredDeskEvent } from "./desk-events.ts";
export type { HeldReason } from "./guard-reasons.ts";
export type { AttributeValue, Contact, ContactIdentity, Erasure, Merge } from "./people.ts";
export type { Agent, CannedResponse, DeskTarget, Inbox, InboxSettings, Label, Macro, MacroStep, Role, Team } from "./settings.ts";

/** Names a channel's kind in the registry ("widget"); core never branches on it. */
export type ChannelId = string;
/** Names a desk's kind in the registry ("playground"); core never branches on it. */
export type DeskKind = string;
/** A desk thread; unique among all desks, opaque outside `bridge/<desk>/ids.ts`. Stored, so old formats must stay readable. */
export type DeskThreadId = string & { readonly brand: "DeskThreadId" };
/** A post inside one thread, opaque outside `bridge/<desk>/`. */
export type DeskPostId = string;
/** A post anywhere: `<thread>|<post>`, as messages keep it in `deskPosts`. */
export type DeskPostKey = string;

export type Status = "open" | "pending" | "snoozed" | "resolved";
export type Priority = "low" | "medium" | "high" | "urgent";
export type ThreadMode = "reply" | "note-first" | "team-only";
export type MessageKind = "incoming" | "outgoing" | "note" | "activity";

export interface Lease { holder: string; token: number; until: Date; /** The message whose vendor call may be under way. */ head?: string }
/** The lanes that carry messages, through one conversation in order. */
export type LaneName = "mirror" | "delivery";
/** What is leased on a conversation: its lanes, and the handling of what its threads' desk reports. */
export type LeaseName = LaneName | "intake";

/** A fact for the timeline that waits to become an activity message; its id becomes the message's `_id`. */
export interface OutboxEntry { id: string; at: Date; actor: Author; what: ActivityFact; /** Who is to hear of it besides. */ tell?: Telling[] }
export type ActivityFact = RoutingFact | SlaFact | LaterFact
  | { type: "status"; from: Status; to: Status; reason?: string; until?: Date }
  | { type: "assigned"; to: string | null; toName: string | null }
  | { type: "team"; to: string | null; toName: string | null }
  | { type: "contact"; changed: { name?: string; email?: string | null; phone?: string | null } }
  | { type: "blocked"; blocked: boolean }
  | { type: "reachable"; reachable: boolean; code?: string }
  | { type: "attribute"; name: string; value: string | null }
  | { type: "merged"; name: string; into: string; undone?: true }
  | { type: "labelled"; label: string }
  | { type: "unlabelled"; label: string }
  | { type: "priority"; to: Priority | null }
  | { type: "mode"; to: ThreadMode }
  | { type: "recipient"; address: string; /** Null: taken off. */ as: RecipientRole | null }
  | { type: "transferred"; from: string; fromName: string; to: string; toName: string; note?: string }
  | { type: "csat"; score: number; of: number; shown: string; low: boolean; agent: string | null; agentName: string | null; comment?: string; changed?: true }
  | { type: "reaction"; messageId: string; emojis: string[] }
  | { type: "delivery"; messageId: string; act: "retry" | "send" | "retract" | "correct" | "cancel" | "edit"; /** What it says since the edit. */ text?: string };

/** A thread that was left behind by a move, whose card has to point to the new one. */
export interface LeftThread { thread: DeskThreadId; desk: DeskKind; tries: number; /** Its card says where the conversation goes, though not yet by a link. */ announced?: true }
/** A move between desk targets that is under way: the thread is opened in the new one and told what was said, then the old cards point to it. */
export interface Move {
  id: string;
  at: Date;
  by: Author;
  fromName: string;
  note?: string;
  left: LeftThread[];
  /** A call that opens the new thread was begun. */
  opening?: true;
  /** The new thread holds the summary. */
  told?: true;
}

export type RecipientRole = "to" | "cc" | "bcc";
/** Lower-case addresses. `afterSeq`: only replies behind it go there. `rev` rises with each change. */
export interface RecipientChanges { rev: number; added: { address: string; as: RecipientRole; afterSeq: number }[]; out: string[] }

export interface Conversation extends DispositionFacts, RoutedFacts, SlaFacts, RuledFacts, ConversationCare, ConversationCampaign {
  _id: string;
  number: number;
  inboxId: string;
  contactId: string;
  identityId: string;
  deskTargetId: string;
  /** The identity's id while this conversation gets its next line (unique, partial); absent else. */
  openKey?: string;
  status: Status;
  statusAt: Date;
  subject: string;
  /** Some line's text is shown in part; the whole is kept. */
  folded?: true;
  /** Some line has waited for its author's word, and may do so still. */
  holds?: true;
  /** By which link the customer came, where their channel tells. */
  referral?: string;
  /** The vendor's word that the customer can't be reached here. */
  unreachable?: string;
  /** Who else gets the answer to the last line. */
  inCopy?: string[];
  /** Where the customer's last line wants its answer, when that is another address than theirs. */
  answerTo?: string | null;
  /** Whom agents added to the replies or took off them. */
  recipients?: RecipientChanges;
  /** Why the last line's sender may not be who it says. */
  caution?: string;
  contactName: string;
  /** The contact's lines are not taken. */
  contactBlocked?: true;
  /** What the card says of the contact besides: their attributes that belong there. */
  contactFacts?: { label: string; value: string }[];
  /** Nobody has owned it yet, and its inbox hides who the customer is until somebody does. */
  untaken?: true;
  /** The customer's name, while `contactName` stands in for it. */
  hiddenName?: string;
  /** Of the customer's first lines (`model/language.ts`); absent while it can't be told. */
  language?: string;
  channel: ChannelId;
  assigneeId: string | null;
  assigneeName: string | null;
  /** The team in whose queue it is; absent when it is in none's. Its owner, if it has one, is a member. */
  teamId?: string;
  teamName?: string;
  labels: string[];
  priority: Priority | null;
  mode?: ThreadMode;
  /** When the customer began to wait for us; null when nobody waits. */
  waitingSince: Date | null;
  firstReplyAt: Date | null;
  snoozedUntil: Date | null;
  /** New with each snooze, so that a late timer of an earlier one does nothing. */
  snoozeEpisode: string | null;
  resolvedAt: Date | null;
  /** Last message whose effect on this document is done. */
  appliedSeq: number;
  lastIncomingSeq: number;
  /** When the customer last wrote, where their channel takes free replies only for a time after it. */
  windowFrom?: Date;
  /** When that time is over; taken away once the card says so. Indexed. */
  windowEndsAt?: Date;
  windowShut?: boolean;
  lastMessageAt: Date;
  lastLine: { kind: MessageKind; author: string; text: string } | null;
  counts: { incoming: number; outgoing: number; note: number };
  outbox: OutboxEntry[];
  /** The thread in use; retired ones live in `threads` only. */
  thread?: { id: DeskThreadId };
  /** The customer's data was erased from it. */
  erased?: true;
  /** Somebody put it where it is: routing rules are not asked any more. */
  deskChosen?: true;
  move?: Move;
  /** Set while a move is not finished; indexed. */
  moveDueAt?: Date;
  /** Raised by whatever changes a fact on the card; the mirror lane shows the highest. */
  cardRev: number;
  cardShown: number;
  /** Set while the mirror lane has a card to show; indexed. */
  cardDueAt?: Date;
  lanes: Partial<Record<LeaseName, Lease>>;
  /** Posts of whose edit, deletion or reaction intake heard before the post itself. */
  early?: DeskPostKey[];
  createdAt: Date;
  schema: 1;
}

export interface Author { type: "contact" | "agent" | "guest" | "bot" | "system"; id?: string; name: string; avatar?: string; /** A rule did it. */ rule?: RuleCause }

export interface FileRef {
  fileId: string;
  name: string;
  type: string;
  bytes: number;
  /** "pending": still at the vendor under `remote`; "missing": could not be had (`why` in words). */
  state: "ready" | "pending" | "missing";
  remote?: string;
  why?: string;
}

/**
 * Where a message stands among others, on channels whose messages name each other (mail): its own id, those before it (nearest last),
 * and the addresses that got it besides the inbox. All lower case but the ids and the subject.
 */
export interface ThreadPlace {
  id: string;
  references: string[];
  subject: string;
  /** Where its author wants the answer. */
  replyTo?: string;
  to: string[];
  cc: string[];
  /** A machine wrote it: nothing answers it by itself. */ automatic?: true;
  /** Why its sender may not be who it says. */
  caution?: string;
}

export type MirrorStatus = "none" | "queued" | "posting" | "posted" | "fallback";
export interface MirrorState {
  state: MirrorStatus;
  /** Place in the lane: the message's `seq`, or that of the activity that sent it there again. */
  turn: number;
  /** Set while the mirror lane has something to do for this message; indexed. */
  dueAt?: Date;
  tries: number;
  token: number;
  /** Revision that the desk shows. */
  rev: number;
  /** The desk's own time of the post. */
  postedAt?: Date;
  /** Receipt that the desk shows on the agent's own message. */
  receipt?: DeliveryStatus;
  mayAppearTwice?: boolean;
  /** The channel refused a later change of this reply, and its author does not know yet. */
  untold?: boolean;
  error?: { code: string; text: string };
}

export type DeliveryStatus = "none" | "queued" | "sending" | "sent" | "delivered" | "read" | "failed" | "cancelled" | "unknown";
export interface DeliveryPart { key: string; state: "queued" | "sending" | "sent" | "failed" | "unknown"; vendorId?: string }
/** What the vendor told of one part, by its id: only climbs, and a new try begins anew. */
export interface HeardOfPart { vendorId: string; state: "sent" | "delivered" | "read" | "failed" }
export interface DeliveryState {
  state: DeliveryStatus;
  turn: number;
  /** Set while the delivery lane has something to do for this message; indexed. */
  dueAt?: Date;
  tries: number;
  token: number;
  parts: DeliveryPart[];
  /** By the place in `parts`; kept apart, since it may come before the part is noted as sent. */
  heard?: Record<string, HeardOfPart>;
  /** Revision that the customer has. */
  rev: number;
  /** First try, for "unreachable for 24 h". */
  since?: Date;
  sentAt?: Date;
  late?: boolean;
  /** It left while the desk's events did not reach us: an edit or deletion of it may not have been seen. */
  blind?: boolean;
  error?: { code: string; text: string };
}

/** A text that the vendor approved, with the values for its fields by their key. */
export interface ChosenTemplate { name: string; language: string; values: Record<string, string> }

/** `id` is unique within its message. */
export interface Choice { id: string; label: string }

/** An edit, deletion or reaction that came after the message; `key` makes a repeat do nothing. */
export interface Revision { key: string; at: Date; by: "contact" | "agent"; /** Text before it. */ was: string; deleted?: true }

/** On the post of whoever wrote a message, for all to see: "held" (✋) it waits for its author's word; "inside" (🔒) it stayed there although its author may have meant it for the customer. */
export type MarkName = "held" | "inside";
export interface MarkState {
  want: MarkName | "none";
  /** Set while the post may show something else; indexed. */
  dueAt?: Date;
  /** Until then somebody's calls for it may be under way. */
  claim?: Date;
  tries: number;
  /** What the post may show of ours. */
  on?: MarkName[];
}

export interface TodoItem { for: string; tries: number; dueAt: Date; claim?: { holder: string; until: Date }; parked?: { error: string; at: Date } }

export interface Message extends MessageCare {
  _id: string;
  conversationId: string;
  inboxId: string;
  identityId: string;
  /** Gap-free place in the conversation, from 1. */
  seq: number;
  kind: MessageKind;
  /** What it was made from; unique, so a repeat makes no second one. */
  source: string;
  author: Author;
  body: string;
  /** Formatting of a customer's `body`. */
  spans?: Span[];
  files: FileRef[];
  place?: ThreadPlace;
  /** All of its text, where `body` leaves out what was only repeated (quotes, a signature). */
  original?: string;
  /** Parts of one album share it and are mirrored together. */
  groupId?: string;
  createdAt: Date;
  /** The vendor's own time, where it tells one. */
  sentAt?: Date;
  terms: string[];
  /** Stamps in the identity's feed: the first is the place on screen, the last is the newest visible change. */
  feedSeqs?: number[];
  feedFirst?: number;
  feedLast?: number;
  rev: number;
  revisions: Revision[];
  editedAt?: Date;
  deletedAt?: Date;
  reactions: { emoji: string; by: string; from: "contact" | "agent" }[];
  /** Receipt of the customer's own line, as the customer sees it; only climbs. */
  seen?: "sent" | "delivered" | "read";
  mirror: MirrorState;
  delivery: DeliveryState;
  todo: TodoItem[];
  /** A reply that waits for its author's word; stays a note until then. */
  held?: { why: HeldReason; also?: HeldReason[]; at: Date; settled?: "sent" | "kept" };
  /** Teammates, groups and roles that the desk itself marked as mentioned. */
  mentions?: number;
  /** It goes as this approved text; `body` is how it reads. */
  template?: ChosenTemplate;
  campaign?: CampaignLine;
  /** The line that it answers, where its author pointed at one; on a reply with the vendor's id of that line. */
  quote?: { text: string; vendorId?: string };
  /** What the customer may answer by a press. */
  choices?: Choice[];
  /** The line is a press: on which choice of which reply of ours. */
  chosen?: { messageId: string; id: string };
  deskPosts: DeskPostKey[];
  /** When it goes by mail, if it was not read by then. */
  mailDueAt?: Date;
  /** The agent's own post that this message was made from. */
  origin?: { thread: DeskThreadId; postId: DeskPostId; desk: DeskKind; userId: string };
  /** The mark on `origin`; absent where none was ever needed, or none is left. */
  mark?: MarkState;
  /** Explicit act that lifted mode or prefix conditions; an edit keeps it. */
  explicit?: "reply-verb" | "send-to-customer";
  /** Nothing of what it said is kept. */
  erasedAt?: Date;
  activity?: ActivityFact;
  schema: 1;
}

export interface Thread { _id: DeskThreadId; conversationId: string; desk: DeskKind; targetId: string; state: "active" | "retired"; createdAt: Date; /** Posts of ours besides messages and card: what was said before a move. */ posts?: DeskPostId[]; /** Set when the conversation moved on and left it standing. */ leftAt?: Date }
