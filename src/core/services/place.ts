/** Where a line belongs on channels whose messages name each other (mail): by a signed address, else by names AND people, never by names alone. */
import type { Core } from "../core.ts";
import { recipientsOf } from "../model/recipients.ts";
import type { Conversation, Message, ThreadPlace } from "../model/types.ts";
import type { InboundPlace, ReplyPlace } from "../ports.ts";
import { addressOf } from "../store/identities.ts";

/** Names that are looked up of one message, nearest first, and messages of a conversation whose people are known to it. */
const LOOKED_UP = 50;
/** Conversations that are tried. */
const TRIED = 5;

/** What is kept of it. */
export const placeOf = ({ id, references, subject, replyTo, to, cc, caution, automatic }: InboundPlace): ThreadPlace =>
  ({ id, references, subject, to, cc, ...(replyTo === undefined ? {} : { replyTo }), ...(caution === undefined ? {} : { caution }), ...(automatic === undefined ? {} : { automatic: true }) });

/**
 * The conversation of a line, and whether its author is the customer there, somebody who had its lines too ("inCopy"), or one who holds an
 * address that we signed and so was handed it ("handed"). Null: it belongs to none. A stranger who names our messages gets a conversation
 * of their own. `customer` is the address of the conversation's.
 */
export async function conversationOfPlace(core: Core, inboxId: string, address: string, place: InboundPlace): Promise<{ as: "customer" | "inCopy" | "handed"; conversation: Conversation; customer: string } | null> {
  for (const id of await candidates(core, inboxId, place)) {
    const conversation = await core.store.conversations.findOne({ _id: id, inboxId });
    if (conversation === null) continue;
    const customer = await addressOf(core.store, conversation.identityId);
    if (customer === null) continue;
    if (customer.address === address) return { as: "customer", conversation, customer: address };
    if ((await peopleOf(core, conversation)).has(address)) return { as: "inCopy", conversation, customer: customer.address };
    if (id === place.conversationId) return { as: "handed", conversation, customer: customer.address };
  }
  return null;
}

async function candidates(core: Core, inboxId: string, place: InboundPlace): Promise<string[]> {
  const { messages } = core.store;
  const projection = { conversationId: 1, "place.id": 1 };
  const named = [...place.references].reverse().slice(0, LOOKED_UP);
  const ours = place.ours.slice(0, LOOKED_UP);
  const [sent, received] = await Promise.all([
    ours.length === 0 ? [] : messages.find({ _id: { $in: ours }, inboxId }, { projection }).limit(LOOKED_UP).toArray(),
    named.length === 0 ? [] : messages.find({ inboxId, "place.id": { $in: named } }, { projection }).limit(LOOKED_UP).toArray(),
  ]);
  const byId = new Map(sent.map((message) => [message._id, message.conversationId]));
  const byPlace = (id: string) => received.filter((message) => message.place?.id === id).map((message) => message.conversationId);
  const all = [...(place.conversationId === undefined ? [] : [place.conversationId]), ...ours.flatMap((id) => byId.get(id) ?? []), ...named.flatMap(byPlace)];
  return [...new Set(all)].slice(0, TRIED);
}

/** Everybody who got the conversation's lines. */
async function peopleOf(core: Core, { _id: conversationId, recipients }: Conversation): Promise<Set<string>> {
  const lines = await core.store.messages.find({ conversationId, "place.id": { $exists: true } }, { projection: { place: 1 } }).limit(LOOKED_UP).toArray();
  const named = lines.flatMap(({ place }) => (place === undefined ? [] : [...place.to, ...place.cc, ...(place.replyTo === undefined ? [] : [place.replyTo])]));
  return new Set([...named, ...(recipients?.added ?? []).map((one) => one.address), ...(recipients?.out ?? [])]);
}

/** The place of a reply: after the customer's last line before it, to those whom that names and agents added. */
export async function placeForReply(core: Core, message: Message, most: number): Promise<ReplyPlace> {
  const [conversation, answered] = await Promise.all([
    core.store.conversations.findOne({ _id: message.conversationId }, { projection: { subject: 1, recipients: 1, teamName: 1 } }),
    core.store.messages.find({ conversationId: message.conversationId, seq: { $lt: message.seq }, kind: "incoming", "place.id": { $exists: true } }, { projection: { place: 1 } }).sort({ seq: -1 }).limit(1).next(),
  ]);
  const answers = answered?.place ?? null;
  return { conversationId: message.conversationId, subject: conversation?.subject ?? "", answers, recipients: recipientsOf(answers, conversation?.recipients, message.seq, most), ...(conversation?.teamName == null ? {} : { team: conversation.teamName }) };
}
