/** The card of a conversation: the same facts in the same order on every desk. Pure. */
import { lastLineOf } from "../core/verbs/describe.ts";
import { leftOutWords, nextRecipients } from "../core/model/recipients.ts";
import { LANGUAGES, type LanguageCode } from "../core/model/language.ts";
import { isAlarmed, SLA_CLOCKS } from "../core/model/sla.ts";
import type { Conversation } from "../core/model/types.ts";
import type { Card, CardButton, CardFact } from "../core/ports.ts";
import { channelName } from "./channel-name.ts";

const STATUS_WORDS = { open: "Open", pending: "Pending", snoozed: "Snoozed", resolved: "Resolved" } as const;
const BUTTONS: CardButton[] = [
  { id: "take", label: "Take" }, { id: "assign", label: "Assign" }, { id: "snooze", label: "Snooze" },
  { id: "resolve", label: "Resolve", style: "main" }, { id: "more", label: "More" },
];
const RESOLVED_BUTTONS: CardButton[] = [{ id: "reopen", label: "Reopen", style: "main" }, { id: "more", label: "More" }];

const MOST_IN_COPY = 5;
const some = (all: string[]): string => [...all.slice(0, MOST_IN_COPY), ...(all.length > MOST_IN_COPY ? [`and ${all.length - MOST_IN_COPY} more`] : [])].join(", ");

/** Who gets the next reply beside the customer at their own address. */
function recipientFacts(conversation: Conversation, most: number): CardFact[] {
  const all = nextRecipients(conversation, most);
  const { to, alsoTo, cc, bcc, left } = all;
  return [
    ...(to === null && alsoTo.length === 0 ? [] : [{ label: "Replies to", value: some([to ?? "the customer", ...alsoTo]) }]),
    ...(cc.length === 0 && left.length === 0 ? [] : [{ label: "In copy", value: `${some(cc)}${left.length === 0 ? "" : `. ${leftOutWords(all, most)}`}` }]),
    ...(bcc.length === 0 ? [] : [{ label: "Blind copy", value: some(bcc) }]),
  ];
}
const DUE = { first: "First reply", next: "Reply", resolution: "Resolution" } as const;
/** What is due by the service level; one that is paused has no time. */
const slaFacts = ({ sla }: Conversation): CardFact[] => SLA_CLOCKS.flatMap((name): CardFact[] => {
  const clock = sla?.clocks[name];
  if (clock === undefined) return [];
  if (clock.since === null) return [{ label: `${DUE[name]} due`, value: "Paused" }];
  return clock.dueAt === null ? [] : [{ label: `${DUE[name]} ${clock.missed === true ? "was due" : "due"}`, value: clock.dueAt.toISOString(), at: clock.dueAt }];
});
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

const heldWords = (held: number): string => (held === 1 ? "1 line waits for its author" : `${held >= 100 ? "100 or more" : held} lines wait for their authors`);

/**
 * `inboxName` as configured. Times go as `at`, so that each viewer reads them in their own zone. `replyUntil`: of a channel that takes free
 * replies only for a time. `mostRecipients`: of one whose messages go to several people. `held`: lines that wait for their authors' word.
 */
export function cardOf(conversation: Conversation, inboxName: string, replyUntil: Date | null = null, mostRecipients = Number.POSITIVE_INFINITY, held = 0): Card {
  const facts: CardFact[] = [
    { label: "Contact", value: `${conversation.contactName} · ${channelName(conversation.channel)}` },
    { label: "Inbox", value: inboxName },
    { label: "Status", value: STATUS_WORDS[conversation.status] },
    { label: "Owner", value: conversation.assigneeName ?? "Nobody yet" },
  ];
  if (conversation.request !== undefined) facts.push({ label: "Asked for", value: conversation.request.forId === conversation.request.byId ? `by ${conversation.request.byName}` : `by ${conversation.request.byName}, for ${conversation.request.forName}` });
  if (conversation.contactBlocked === true) facts.push({ label: "Blocked", value: "What they write is not taken" });
  if (conversation.unreachable !== undefined) facts.push({ label: "Can't be reached", value: conversation.unreachable === "CONTACT_GONE" ? "The account is gone" : "They blocked us here" });
  if (conversation.referral !== undefined) facts.push({ label: "Came by", value: conversation.referral });
  facts.push(...recipientFacts(conversation, mostRecipients));
  if (conversation.caution !== undefined) facts.push({ label: "Caution", value: conversation.untaken === true ? "The sender may not be who it says; take it to see why" : conversation.caution });
  if (conversation.teamName !== undefined) facts.push({ label: "Team", value: conversation.teamName });
  if (conversation.priority !== null) facts.push({ label: "Priority", value: capital(conversation.priority) });
  if (conversation.labels.length > 0) facts.push({ label: "Labels", value: conversation.labels.join(", ") });
  if (conversation.language !== undefined) facts.push({ label: "Language", value: LANGUAGES[conversation.language as LanguageCode] ?? conversation.language });
  facts.push(...(conversation.contactFacts ?? []), ...Object.entries(conversation.disposition ?? {}).map(([key, value]) => ({ label: capital(key.replaceAll("_", " ")), value })));
  if (conversation.mode !== undefined && conversation.mode !== "reply") facts.push({ label: "Mode", value: conversation.mode === "team-only" ? "Team-only" : "Note-first" });
  if (conversation.status === "snoozed") {
    facts.push(conversation.snoozedUntil === null ? { label: "Snoozed until", value: "the next reply" } : { label: "Snoozed until", value: conversation.snoozedUntil.toISOString(), at: conversation.snoozedUntil });
  } else if (conversation.waitingSince !== null) facts.push({ label: "Waiting since", value: conversation.waitingSince.toISOString(), at: conversation.waitingSince });
  facts.push(...slaFacts(conversation));
  if (held > 0) facts.push({ label: "Held", value: heldWords(held) });
  if (conversation.windowShut === true) facts.push({ label: "Free replies", value: "Over: until they write, only a template reaches them" });
  else if (replyUntil !== null) facts.push({ label: "Free replies until", value: replyUntil.toISOString(), at: replyUntil });
  return {
    conversationId: conversation._id, number: conversation.number, title: conversation.subject === "" ? "New conversation" : conversation.subject, facts,
    lastLine: lastLineOf(conversation),
    buttons: conversation.status === "resolved" ? RESOLVED_BUTTONS : [...(isAlarmed(conversation) ? [{ id: "ack", label: "Ack" }] : []), ...(conversation.request === undefined ? [] : [{ id: "approve", label: "Approve" }, { id: "decline", label: "Decline" }]), ...BUTTONS],
    status: conversation.status, priority: conversation.priority, collapsed: conversation.status === "resolved",
  };
}

/** What becomes of a card when its conversation goes on in another desk: who comes across it finds the way. */
export function pointerOf(conversation: Conversation, inboxName: string, moved: NonNullable<Card["moved"]>): Card {
  const card = cardOf(conversation, inboxName);
  return {
    ...card, collapsed: true, lastLine: null, moved, buttons: [{ id: "transfer", label: "Move it again" }],
    facts: [...card.facts.slice(0, 1), { label: moved.arrived ? "Moved to" : "On its way to", value: moved.to }, { label: "By", value: moved.by }, ...(moved.link === undefined ? [] : [{ label: "Link", value: moved.link }])],
  };
}
