/** What core asks of the rooms around it. Adapters implement these; `main.ts` hands them over. */
import type { Readable } from "node:stream";
import type { DeliveryCode, ErrorCode } from "./errors.ts";
import type { BulkMail } from "./model/campaigns.ts";
import type { Ability, Capabilities } from "./model/capabilities.ts";
import type { Recipients } from "./model/recipients.ts";
import type { Span } from "./model/rich-text.ts";
import type {
  ChannelId, Choice, ChosenTemplate, DeliveryStatus, DeskEventData, DeskFile, DeskKind, DeskPostId, DeskTarget, DeskThreadId, FileRef, Inbox, MarkName, Priority, Status, ThreadPlace,
} from "./model/types.ts";

export interface Clock { now(): Date }

export interface Logger {
  info(data: object, text: string): void;
  warn(data: object, text: string): void;
  error(data: object, text: string): void;
  debug(data: object, text: string): void;
}

// ───────────────────────────── channels: the customers' side

/** Where a customer is on one inbox. */
export interface ChannelAddress { inboxId: string; address: string }

export interface OutboundMessage {
  id: string; body: string; files: FileRef[]; author: { name: string; avatar?: string };
  /** For a `ThreadingChannel`. */
  place?: ReplyPlace;
  /** No person wrote it. */
  automatic?: true;
  /** It goes to many; of a mail. */
  bulk?: BulkMail;
  /** Of a `TemplateChannel`; `body` is how it reads. */
  template?: ChosenTemplate;
  /** Where `capabilities.quotes`: the vendor's id of the customer's line that it answers. */
  answers?: string;
  /** Where `capabilities.choices`. A press comes back by `id` and the choice's. */
  choices?: Choice[];
}
/** Where a reply goes: the line that it answers is the last that the customer wrote before it; null when there is none. */
export interface ReplyPlace { conversationId: string; subject: string; answers: ThreadPlace | null; recipients: Recipients; /** Name of the conversation's team. */ team?: string }

/** One vendor call. `data` is the channel's own and must survive JSON. */
export interface Part { index: number; kind: string; data: unknown }
export type IdempotencyKey = string;
export interface PartReceipt { vendorId: string; /** Furthest state that the vendor's answer proves. */ state: "sent" | "delivered" }

/** The fewest methods a channel needs. One instance serves one inbox. */
export interface ChannelAdapter {
  readonly id: ChannelId;
  readonly capabilities: Capabilities;
  /** Messages of campaigns, so that replies always find room in what the vendor takes. */
  readonly bulkPerMinute?: number;
  /** Pure: one part is one vendor call; long text and files split here. */
  plan(message: OutboundMessage): Part[];
  /** @throws {DeliveryError} certain: nothing was sent; uncertain: the effect may be there. Aborts within 10 s by `signal`. */
  sendPart(to: ChannelAddress, part: Part, key: IdempotencyKey, signal: AbortSignal): Promise<PartReceipt>;
}

/** Ways in and further abilities; each has its guard below. `capabilities` says the same of those that agents meet. */
export interface WebhookChannel extends ChannelAdapter {
  receive(request: WebhookRequest): Promise<InboundEvent[]>;
  /** A name that calls may come to besides the inbox id, unique within the kind. */
  readonly hookName?: string;
  /** Bytes that a call may have, where it is more than usual. */
  readonly maxCallBytes?: number;
}
export interface WebhookRequest { headers: Record<string, string | string[] | undefined>; body: Buffer }
/** Answers the vendor's question whether this address is ours, with the text that it wants. @throws {UserError} */
export interface HandshakeChannel extends WebhookChannel { handshake(query: Record<string, unknown>): string }
/** Polling, IMAP, SMTP. The host holds the inbox's lease while this runs; `sink` resolves once stored. Ends when `signal` aborts. */
export interface ListeningChannel extends ChannelAdapter { listen(sink: (events: InboundEvent[]) => Promise<void>, signal: AbortSignal): Promise<void> }
export interface TypingChannel extends ChannelAdapter { showTyping(to: ChannelAddress, typing: boolean, author: string): Promise<void> }
export interface EditingChannel extends ChannelAdapter { editPart(to: ChannelAddress, vendorId: string, part: Part, signal: AbortSignal): Promise<void> }
export interface DeletingChannel extends ChannelAdapter { deletePart(to: ChannelAddress, vendorId: string, signal: AbortSignal): Promise<void> }
export interface ReactingChannel extends ChannelAdapter { react(to: ChannelAddress, vendorId: string, emojis: string[], signal: AbortSignal): Promise<void> }
/** Shows the customer that the team has read their lines up to `vendorId`. */
export interface ReadMarkingChannel extends ChannelAdapter { markRead(to: ChannelAddress, vendorId: string, signal: AbortSignal): Promise<void> }
/** Fetches a customer's file that an inbound event named by `remote`. */
export interface FetchingChannel extends ChannelAdapter { fetchFile(remote: string, signal: AbortSignal): Promise<{ stream: Readable; name: string; type: string; bytes?: number }> }
/** Its messages name each other and go to several people (mail): a reply is planned with its place. */
export interface ThreadingChannel extends ChannelAdapter {
  readonly threads: true;
  readonly capabilities: Capabilities & { readonly recipients: Ability<number> };
  isOwnAddress(address: string): boolean;
}
/** Somebody who never wrote here can be written to: at which address, by what is known of them; null when that is not enough. */
export interface AddressingChannel extends ChannelAdapter { addressFor(known: { email?: string | undefined; phone?: string | undefined }): string | null }
/** Texts that the vendor has approved, which go at any time. @throws {DeliveryError} */
export interface TemplateChannel extends ChannelAdapter { templates(signal: AbortSignal): Promise<MessageTemplate[]> }
/** How the connection stands with its vendor (quality, limits), in one line. @throws {DeliveryError} */
export interface ConditionedChannel extends ChannelAdapter { condition(signal: AbortSignal): Promise<string> }
/** A customer's address may change while the conversation goes on. */
export interface MovingChannel extends ChannelAdapter { readonly addressesMove: true }
/** Its database is ours: what is written once under the part's key is never uncertain. */
export interface OwnStoreChannel extends ChannelAdapter { readonly ownStore: true }
/** Its customers look at a page of a site while they can be written to. */
export interface VisitedChannel extends ChannelAdapter { readonly visits: true }
/** The far side takes a second call under the same key for the first: what is uncertain is sent again instead of asking an agent. */
export interface RepeatableChannel extends ChannelAdapter { readonly repeatable: true }

export const isWebhook = (a: ChannelAdapter): a is WebhookChannel => "receive" in a;
export const canHandshake = (a: ChannelAdapter): a is HandshakeChannel => "handshake" in a;
export const isListening = (a: ChannelAdapter): a is ListeningChannel => "listen" in a;
export const canType = (a: ChannelAdapter): a is TypingChannel => "showTyping" in a;
export const canEdit = (a: ChannelAdapter): a is EditingChannel => "editPart" in a;
export const canDelete = (a: ChannelAdapter): a is DeletingChannel => "deletePart" in a;
export const canReact = (a: ChannelAdapter): a is ReactingChannel => "react" in a;
export const canMarkRead = (a: ChannelAdapter): a is ReadMarkingChannel => "markRead" in a;
export const canFetch = (a: ChannelAdapter): a is FetchingChannel => "fetchFile" in a;
export const isThreading = (a: ChannelAdapter): a is ThreadingChannel => "threads" in a;
export const isOwnStore = (a: ChannelAdapter): a is OwnStoreChannel => "ownStore" in a;
export const isVisited = (a: ChannelAdapter): a is VisitedChannel => "visits" in a;
export const isRepeatable = (a: ChannelAdapter): a is RepeatableChannel => "repeatable" in a;
export const canAddress = (a: ChannelAdapter): a is AddressingChannel => "addressFor" in a;
export const hasTemplates = (a: ChannelAdapter): a is TemplateChannel => "templates" in a;
export const hasCondition = (a: ChannelAdapter): a is ConditionedChannel => "condition" in a;
export const canMove = (a: ChannelAdapter): a is MovingChannel => "addressesMove" in a;

/** What its author fills in. `key` is the channel's own. */
export interface TemplateField { key: string; label: string }
/** One approved text in one language; places to fill in read `{{name}}`. */
export interface MessageTemplate { name: string; language: string; category: string; header?: string; body: string; footer?: string; buttons: string[]; fields: TemplateField[] }

/** What stands in the way of a whole connection (a refused token, another program on the same bot). `text` says what mends it. */
export interface Trouble { code: ErrorCode | DeliveryCode; text: string }
/** Null: it works (again). Repeats cost nothing. Never throws. */
export type ReportTrouble = (trouble: Trouble | null) => void;

/** One try of a call to a program that an administrator named. `status`: what it answered, null without an answer; `fault`: null when it was taken. */
export interface CallTry { inboxId: string; conversationId?: string; id: string; event: string; body: string; at: Date; ms: number; status: number | null; fault: string | null }
/** Keeps such calls for a while, so that they can be looked at and sent again. */
export interface CallLog { note(tried: CallTry): Promise<void> }

/** How a line finds its conversation where messages name each other. */
export interface InboundPlace extends Omit<ThreadPlace, "automatic"> {
  /** Our own messages among those that it names, nearest first, by their `_id`. */
  ours: string[];
  /** Conversation that a signed address names. */
  conversationId?: string;
  /** Its author's domain says that it is not from there (DMARC): no line of that customer in a conversation of theirs. */
  disproved?: true;
  /** What those in copy write into a conversation goes on in it like the customer's lines; else it is a note. */
  othersTakePart?: true;
  /** Written by a machine: it never opens a conversation; a "reply" (an absence note) is a note where it belongs. */
  automatic?: "reply" | "list";
}

/** What a channel tells core. `eventId` is the vendor's own id of the event, for dedupe. */
export type InboundEvent = { inboxId: string; address: string } & (
  | {
      type: "message"; channelMessageId: string; text: string; files: FileRef[]; groupId?: string; sentAt?: Date;
      profile: { name?: string; email?: string; /** The channel knows that it is theirs. */ emailVerified?: true; phone?: string; avatar?: string };
      /** Another address by which the same customer may be known here already: they go on under `address`. */
      knownAs?: string;
      /** The vendor's id of the message that this one answers. */
      replyTo?: string;
      /** It is a press on a choice: of our message, by its `_id`. `text` is what was on it. */
      choice?: { messageId: string; id: string };
      /** By which link they came. */
      referral?: string;
      /** Who wrote it, where several people share an address (a group). */
      authorName?: string;
      /** Which conversation the customer chose, where the channel lets them. */
      conversation?: string | "new";
      place?: InboundPlace;
      /** All of the text, where `text` leaves out what is only repeated. */
      original?: string;
      /** Formatting of `text`, sane and without links (`core/text/spans.ts`). */
      spans?: Span[];
    }
  | { type: "edit"; eventId: string; channelMessageId: string; text: string; spans?: Span[]; at: Date }
  | { type: "delete"; eventId: string; channelMessageId: string; at: Date }
  | { type: "reaction"; eventId: string; vendorId: string; emojis: string[]; at: Date }
  | {
      type: "status"; vendorId: string; state: "sent" | "delivered" | "read" | "failed"; error?: { code: string; text: string };
      /** The key of the part, where the vendor repeats it: then it is known before we have noted `vendorId`. */
      key?: string;
      /** Ours, where the vendor's word names it: a part whose fate was unknown has no vendor id. */
      messageId?: string;
    }
  /** From now on this customer, here at `address` or else `knownAs`, is at `to`. */
  | { type: "moved"; to: string; knownAs?: string }
  | { type: "reachable"; reachable: boolean; code?: string }
  | { type: "typing"; typing: boolean }
  | { type: "ignored"; why: "own" | "unsupported" | "not-private"; kind?: string }
);

// ───────────────────────────── desks: the agents' side

export interface CardFact { label: string; value: string; /** A time that the desk may show in the viewer's zone. */ at?: Date }
export interface CardButton { id: string; label: string; style?: "main" | "plain" }
export interface Card {
  conversationId: string; number: number; title: string; facts: CardFact[]; lastLine: string | null; buttons: CardButton[];
  status: Status; priority: Priority | null; collapsed: boolean;
  /** The conversation goes on elsewhere: this card only points there. `arrived`: the new thread is there; `link` leads to it, where its desk gives one. */
  moved?: { to: string; by: string; arrived: boolean; link?: string };
}

/** One post in a thread, as core means it; the desk renders and escapes it. */
export interface DeskPost {
  kind: "customer" | "agent" | "note" | "activity" | "system";
  author: { name: string; avatar?: string };
  /** A customer's line and what the app itself says: plain text. A teammate's line: the desks' light markdown. */
  text: string;
  /** Formatting of a customer's text. */
  spans?: Span[];
  files: FileRef[];
  /** Marks after the text, in plain words: "edited", "may appear twice". */
  marks: string[];
  /** Set on the customer's lines: what they deleted or reacted. */
  deleted?: boolean;
  reactions?: string[];
}

export interface Notice { text: string; buttons: CardButton[]; /** What the buttons act on. */ messageId?: string }
export interface FormField { name: string; label: string; kind: "text" | "longtext" | "select"; required: boolean; value?: string; help?: string; options?: { value: string; label: string }[] }
export interface Form { id: string; title: string; fields: FormField[] }

/** `at` is the desk's own time of the last post: the guard compares it with the time of an agent's line. */
export interface Posted { ids: DeskPostId[]; at: Date }

export interface DeskAdapter {
  readonly kind: DeskKind;
  /** `burstChars`: waiting lines of one customer go as one post of at most so many characters; absent: each line is a post of its own. */
  readonly limits: { textChars: number; fileBytes: number; burstChars?: number };
  /**
   * Opens a thread whose first post is the card. `key` makes a repeat answer the same thread where the desk can; `mayExist` says that an
   * earlier call under it may have had its effect, so a desk that has to search for it searches then. @throws {DeskError}
   */
  openThread(target: DeskTarget, card: Card, key: string, signal: AbortSignal, mayExist?: boolean): Promise<DeskThreadId>;
  /** Posts under `key`; several ids when the text had to be split. @throws {DeskError} */
  post(thread: DeskThreadId, post: DeskPost, key: string, signal: AbortSignal): Promise<Posted>;
  update(thread: DeskThreadId, posts: DeskPostId[], post: DeskPost, signal: AbortSignal): Promise<void>;
  remove(thread: DeskThreadId, posts: DeskPostId[], signal: AbortSignal): Promise<void>;
  updateCard(thread: DeskThreadId, card: Card, signal: AbortSignal): Promise<void>;
  /** Shows what became of an agent's own message; replaces the receipt shown before (`was`). */
  showReceipt(thread: DeskThreadId, postId: DeskPostId, now: DeliveryStatus, was: DeliveryStatus | undefined, signal: AbortSignal): Promise<void>;
  /** Tells one person alone, in the thread or (null) wherever the desk can. */
  notify(userId: string, thread: DeskThreadId | null, notice: Notice): Promise<void>;
  /**
   * What people did in a thread since a time, oldest first, as live events would have told it. `known` are their posts of that time that
   * we have: one that is gone by now is told as deleted, by a desk that keeps no deletions itself.
   */
  history(thread: DeskThreadId, since: Date, signal: AbortSignal, known?: DeskPostId[]): Promise<IncomingDeskEvent[]>;
}
/**
 * Its events come over a connection that can break. It tells the host (`DeskHost.stream`); until the bridge has caught up, due replies of
 * its threads wait. `changedSince` narrows a catch-up: of these threads, those in which something may have happened since.
 */
export interface StreamingDesk extends DeskAdapter { changedSince(threads: DeskThreadId[], since: Date, signal: AbortSignal): Promise<DeskThreadId[]> }
/** Tells whose card a thread's first post is, if it is ours: a thread that was opened but not recorded is found again by it. */
export interface AdoptingDesk extends DeskAdapter { conversationOf(thread: DeskThreadId, signal: AbortSignal): Promise<string | null> }
export interface TypingDesk extends DeskAdapter { showTyping(thread: DeskThreadId, name: string, typing: boolean): Promise<void> }
/** Puts our mark on a person's own post, or takes it off; that it is so already is no error. @throws {DeskError} */
export interface MarkingDesk extends DeskAdapter { showMark(thread: DeskThreadId, postId: DeskPostId, mark: MarkName, on: boolean, signal: AbortSignal): Promise<void> }
/** Asks whether a post made under `key` is there: settles what a crash left uncertain. */
export interface SearchableDesk extends DeskAdapter { findPost(thread: DeskThreadId, key: string, signal: AbortSignal): Promise<Posted | null> }
/** Brings an agent's file over from the desk. */
export interface FetchingDesk extends DeskAdapter { fetchFile(file: DeskFile, signal: AbortSignal): Promise<FileRef> }
/** Tells where a person finds a thread. */
export interface LinkingDesk extends DeskAdapter { linkTo(thread: DeskThreadId): string }
/** A desk that can be shut: nothing may be moved to where nobody can work. */
export interface ClosingDesk extends DeskAdapter { isOpen(): boolean }
export const isShut = (d: DeskAdapter): boolean => "isOpen" in d && !(d as ClosingDesk).isOpen();
export const isStreaming = (d: DeskAdapter): d is StreamingDesk => "changedSince" in d;
export const canAdopt = (d: DeskAdapter): d is AdoptingDesk => "conversationOf" in d;
export const canLink = (d: DeskAdapter): d is LinkingDesk => "linkTo" in d;
export const canShowTyping = (d: DeskAdapter): d is TypingDesk => "showTyping" in d;
export const canMark = (d: DeskAdapter): d is MarkingDesk => "showMark" in d;
export const canFindPost = (d: DeskAdapter): d is SearchableDesk => "findPost" in d;
export const canFetchFile = (d: DeskAdapter): d is FetchingDesk => "fetchFile" in d;

/** `id` names what happened, the same from live and catch-up: `<post>:new`, `<post>:edit:<edited at>`, `<post>:delete`. */
export interface IncomingDeskEvent { id: string; thread: DeskThreadId; at: Date; data: DeskEventData }

/** A person's act through a button, a verb or a form. */
export interface DeskAct {
  desk: DeskKind; userId: string; thread: DeskThreadId | null;
  verb: string; args: string;
  /** Teammates, groups and roles that the desk itself marked as mentioned in `args` or `values`. */
  mentions?: number;
  /** Highest message seq that its author could see; absent when the desk can't tell. */
  seen?: number;
  /** Message that the act is about (a notice's button). */
  messageId?: string;
  values?: Record<string, string>;
  /** Stored files that go with the text of a reply or note. */
  files?: FileRef[];
}
export interface ActResult { ok: boolean; notice?: string; form?: Form; code?: string; buttons?: CardButton[]; messageId?: string }
export interface Suggestion { text: string; hint: string }

/** What a desk adapter may call. */
export interface DeskHost {
  /** Resolves when the events are stored; the work follows. */
  accept(desk: DeskKind, events: IncomingDeskEvent[]): Promise<void>;
  /** A streaming desk's connection broke ("down") or stands ("up"): then what was missed is read, and replies go again. Resolves when that is stored. */
  stream(desk: DeskKind, state: "up" | "down"): Promise<void>;
  /** Something of a desk could not be heard since then and can be now: reads what people did there. Answers how much was new. @throws {DeskError} */
  missed(desk: DeskKind, since: Date): Promise<number>;
  act(act: DeskAct): Promise<ActResult>;
  /** `thread`: where it is typed, so that the conversation is known; null outside one. */
  complete(desk: DeskKind, userId: string, text: string, thread: DeskThreadId | null): Promise<Suggestion[]>;
  typing(desk: DeskKind, thread: DeskThreadId, userId: string, typing: boolean): Promise<void>;
}

// ───────────────────────────── files, time

export interface FileStore {
  /** Stores a stream. @throws {UserError} FILE_TOO_LARGE past `maxBytes`; nothing is kept then. */
  put(file: { name: string; type: string; owner: string }, content: Readable | Buffer, maxBytes: number): Promise<FileRef>;
  /** @throws {UserError} FILE_UNKNOWN */
  open(fileId: string): Promise<{ name: string; type: string; bytes: number; owner: string; stream: Readable }>;
  buffer(fileId: string, maxBytes: number): Promise<Buffer>;
  /** A small picture of a picture; null where there is none (yet). Who may see the file was looked at before. */
  thumbnail(fileId: string): Promise<{ type: string; bytes: number; stream: Readable } | null>;
  /** For good. One that is not there is removed already. */
  remove(fileId: string): Promise<void>;
}

/** Runs due work at a time; the due times themselves live on our own documents. */
export interface Scheduler {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Something is due at `at`: look then, at the latest. */
  wakeAt(kind: "snooze" | "sla" | "window" | "continuity" | "rule" | "survey" | "idle" | "later" | "campaign", at: Date): void;
  /** What is looked at again and again, and when; none while it does not run. */
  jobs(): Promise<RecurringJob[]>;
}
export interface RecurringJob { kind: string; /** In words: "30 seconds". */ every: string; lastAt: Date | null; nextAt: Date | null }

export type { Inbox };
