/** Conversations that look like a helpdesk's history: all delivered, posted and answered. */
import { draftMessage } from "../../src/core/model/draft.ts";
import { newId } from "../../src/core/model/ids.ts";
import type { Contact, ContactIdentity, Conversation, DeskThreadId, Inbox, Message } from "../../src/core/model/types.ts";

const LINES = 20;
/** Messages that are written at once. */
const BATCH = 10_000;
const WORDS = "order invoice parcel lamp chair refund delivery address password account monday evening broken missing blue second email phone thanks please waiting answer number street".split(" ");

const textOf = (n: number): string => Array.from({ length: 12 }, (_, i) => WORDS[(n * 7 + i * (1 + (n % 11))) % WORDS.length]).join(" ");

/** Documents by the name of their collection. */
interface Batch { contacts: Contact[]; contactIdentities: ContactIdentity[]; conversations: Conversation[]; messages: Message[] }

/** So many messages or some more. */
export function* history(inbox: Inbox, messages: number): Generator<Batch> {
  let number = 1_000;
  for (let made = 0; made < messages;) {
    const batch: Batch = { contacts: [], contactIdentities: [], conversations: [], messages: [] };
    while (batch.messages.length < BATCH && made + batch.messages.length < messages) addConversation(batch, inbox, ++number);
    made += batch.messages.length;
    yield batch;
  }
}

function addConversation(batch: Batch, inbox: Inbox, number: number): void {
  const at = new Date(Date.now() - 3_600_000 - (number % 90) * 86_400_000);
  const name = `Person ${number}`;
  const contact: Contact = { _id: newId(at), name, anonymous: false, createdAt: at };
  const identity: ContactIdentity = { _id: newId(at), inboxId: inbox._id, address: `seed-${number}`, contactId: contact._id, createdAt: at };
  const _id = newId(at);
  const thread = `fake:seed-${number}` as DeskThreadId;
  batch.contacts.push(contact);
  batch.contactIdentities.push(identity);
  for (let seq = 1; seq <= LINES; seq++) batch.messages.push(messageOf({ conversationId: _id, inbox, identity, name, number, seq, thread, at }));
  const last = batch.messages.at(-1)!;
  batch.conversations.push({
    _id, number, inboxId: inbox._id, contactId: contact._id, identityId: identity._id, deskTargetId: inbox.deskTargetId, openKey: identity._id,
    status: number % 10 === 0 ? "open" : "resolved", statusAt: at, subject: textOf(number).slice(0, 60), contactName: name, channel: inbox.channel,
    assigneeId: null, assigneeName: null, labels: number % 3 === 0 ? ["billing"] : [], priority: null, waitingSince: null, firstReplyAt: at, snoozedUntil: null, snoozeEpisode: null,
    resolvedAt: number % 10 === 0 ? null : at, appliedSeq: LINES, lastIncomingSeq: LINES - 1, lastMessageAt: last.createdAt,
    lastLine: { kind: last.kind, author: last.author.name, text: last.body.slice(0, 120) }, counts: { incoming: LINES / 2, outgoing: LINES / 2, note: 0 }, outbox: [],
    thread: { id: thread }, cardRev: LINES, cardShown: LINES, lanes: { mirror: { holder: "seed", token: 1, until: at }, delivery: { holder: "seed", token: 1, until: at } }, createdAt: at, schema: 1,
  });
}

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
