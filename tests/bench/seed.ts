/** Conversations that look like a helpdesk's history: all delivered, posted and answered. */
import { draftMessage } from "../../src/core/model/draft.ts";
import { newId } from "../../src/core/model/ids.ts";
import type { Contact, ContactIdentity, Conversation, DeskThreadId, Inbox, Message } from "../../src/core/model/types.ts";

const LINES = 20;
const WORDS = "order invoice parcel lamp chair refund delivery address password account monday evening broken missing blue second email phone thanks please waiting answer number street".split(" ");

const textOf = (n: number): string => Array.from({ length: 12 }, (_, i) => WORDS[(n * 7 + i * (1 + (n % 11))) % WORDS.length]).join(" ");

/** One conversation's documents by the name of their collection. */
export interface History { contacts: [Contact]; contactIdentities: [ContactIdentity]; conversations: [Conversation]; messages: Message[] }

/** Conversations have as many lines each, numbers of as many digits, and after so many of them the lines say the same again. */
export const SEED = { lines: LINES, first: 1_000_001, period: 66 } as const;

/** The conversation of a number, its lines among them where they are wanted. */
export function historyOf(inbox: Inbox, number: number, withLines: boolean): History {
  const at = new Date(Date.now() - 3_600_000 - (number % 90) * 86_400_000);
  const name = `Person ${number}`;
  const contact: Contact = { _id: newId(at), name, anonymous: false, createdAt: at };
  const identity: ContactIdentity = { _id: newId(at), inboxId: inbox._id, address: `seed-${number}`, contactId: contact._id, createdAt: at };
  const _id = newId(at);
  const thread = `fake:seed-${number}` as DeskThreadId;
  const lines = Array.from({ length: withLines ? LINES : 1 }, (_, i) => messageOf({ conversationId: _id, inbox, identity, name, number, seq: LINES - i, thread, at })).toReversed();
  const last = lines.at(-1)!;
  const conversation: Conversation = {
    _id, number, inboxId: inbox._id, contactId: contact._id, identityId: identity._id, deskTargetId: inbox.deskTargetId, openKey: identity._id,
    status: number % 10 === 0 ? "open" : "resolved", statusAt: at, subject: textOf(number).slice(0, 60), contactName: name, channel: inbox.channel,
    assigneeId: null, assigneeName: null, labels: number % 3 === 0 ? ["billing"] : [], priority: null, waitingSince: null, firstReplyAt: at, snoozedUntil: null, snoozeEpisode: null,
    resolvedAt: number % 10 === 0 ? null : at, appliedSeq: LINES, lastIncomingSeq: LINES - 1, lastMessageAt: last.createdAt,
    lastLine: { kind: last.kind, author: last.author.name, text: last.body.slice(0, 120) }, counts: { incoming: LINES / 2, outgoing: LINES / 2, note: 0 }, outbox: [],
    thread: { id: thread }, cardRev: LINES, cardShown: LINES, lanes: { mirror: { holder: "seed", token: 1, until: at }, delivery: { holder: "seed", token: 1, until: at } }, createdAt: at, schema: 1,
  };
  return { contacts: [contact], contactIdentities: [identity], conversations: [conversation], messages: withLines ? lines : [] };
}

/** When a line of a conversation was written. */
export const lineAt = (conversation: Conversation, seq: number): Date => new Date(conversation.createdAt.getTime() + seq * 60_000);

interface Place { conversationId: string; inbox: Inbox; identity: ContactIdentity; name: string; number: number; seq: number; thread: DeskThreadId; at: Date }

function messageOf({ conversationId, inbox, identity, name, number, seq, thread, at }: Place): Message {
  const incoming = seq % 2 === 1;
  const createdAt = new Date(at.getTime() + seq * 60_000);
  const source = incoming ? `in:${inbox._id}:${identity.address}:${identity.address}:${seq}` : `desk:${thread}|p${seq}`;
  const draft = draftMessage({
    id: newId(createdAt), conversationId, inboxId: inbox._id, identityId: identity._id, kind: incoming ? "incoming" : "outgoing", source,
    author: incoming ? { type: "contact", id: identity.contactId, name } : { type: "agent", id: "seed-agent", name: "Seed Agent" }, body: textOf(number * LINES + seq), files: [], now: createdAt, seq,
  });
  return {
    ...draft, seq, feedSeqs: [seq], feedFirst: seq, feedLast: seq, deskPosts: [`${thread}|p${seq}`], mirror: { ...draft.mirror, state: "posted", postedAt: createdAt },
    ...(incoming ? {} : { delivery: { ...draft.delivery, state: "sent" as const, sentAt: createdAt, parts: [{ key: `${draft._id}:0`, state: "sent" as const, vendorId: `${number}:${seq}` }] } }),
  };
}
