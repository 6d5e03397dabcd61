/** What a channel tells us is stored here, under the vendor's own key, before the vendor is answered. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { wishOf } from "../model/campaigns.ts";
import { draftMessage } from "../model/draft.ts";
import { newId } from "../model/ids.ts";
import type { Author, ContactIdentity, Conversation, Message } from "../model/types.ts";
import { isThanks } from "../model/thanks.ts";
import type { InboundEvent, InboundPlace } from "../ports.ts";
import { addressOf } from "../store/identities.ts";
import { holderOf, identityOf } from "../store/look-together.ts";
import { addNote } from "./add-note.ts";
import { appendAndApply } from "./apply.ts";
import { countSwallowed, isBlockedAt } from "./block-contact.ts";
import { NOT_ERASED } from "./change-conversation.ts";
import { chosenOf } from "./choices.ts";
import { SURVEY_ANSWER, surveyLineOf } from "./csat-answer.ts";
import { conversationForNextLine, identityAt } from "./find-conversation.ts";
import { continuedBy, provenAddress } from "./continued.ts";
import { continuityFailed } from "./continuity.ts";
import { CAMPAIGN_ANSWER } from "./opt-out.ts";
import { inboxOf } from "./inbox-settings.ts";
import { deleteByContact, editByContact, reactByContact } from "./inbound-changes.ts";
import { afterMessage } from "./early-changes.ts";
import { servesFeed } from "./feed.ts";
import { conversationOfPlace, placeOf } from "./place.ts";
import { HOLD_LATER } from "./later-due.ts";
import { moveIdentity } from "./move-identity.ts";
import { quoteOf } from "./quote.ts";
import { setReachable } from "./reachable.ts";
import { climb, recordDeliveryStatus } from "./record-delivery.ts";

type Inbound<T extends InboundEvent["type"]> = Extract<InboundEvent, { type: T }>;
export interface InboundResult { /** "kept": a change whose message has not come yet. */ /** "blocked": the customer is, and nothing was taken. */ outcome: "stored" | "duplicate" | "conflict" | "applied" | "kept" | "ignored" | "blocked"; message?: Message }

/** Resolves once stored. A repeat of the same event changes nothing. @throws {UserError} INBOX_UNKNOWN, NOT_POSSIBLE (inbox is off) */
export async function receiveEvent(core: Core, event: InboundEvent): Promise<InboundResult> {
  if ((event.type === "edit" || event.type === "reaction" || event.type === "typing") && (await isBlockedAt(core, event.inboxId, event.address))) return { outcome: "blocked" };
  switch (event.type) {
    case "message": return receiveMessage(core, event);
    case "edit": return editByContact(core, event);
    case "delete": return deleteByContact(core, event);
    case "reaction": return reactByContact(core, event);
    case "status": return { outcome: (await recordDeliveryStatus(core, event)) || (await continuityStatus(core, event)) ? "applied" : "ignored" };
    case "reachable": return recordReachable(core, event);
    case "moved": return recordMove(core, event);
    case "typing": return showTyping(core, event);
    case "ignored": return { outcome: "ignored" };
  }
}

const continuityStatus = async (core: Core, { state, inboxId, messageId, error }: Inbound<"status">): Promise<boolean> =>
  state === "failed" && messageId !== undefined && continuityFailed(core, inboxId, messageId, error?.text ?? "");

/** Unique among all messages: what one customer sent on one inbox under one vendor id. */
export const inboundSource = (inboxId: string, address: string, channelMessageId: string): string => `in:${inboxId}:${address}:${channelMessageId}`;

async function receiveMessage(core: Core, event: Inbound<"message">): Promise<InboundResult> {
  const { place } = event;
  if (place === undefined) return storeLine(core, event);
  if (await isBlockedAt(core, event.inboxId, event.address)) return storeLine(core, event);
  const found = await provenPlace(core, event, place);
  if (found?.as === "inCopy" && place.othersTakePart === true && place.automatic === undefined && place.caution === undefined) return storeParticipant(core, event, place, found.conversation, found.customer);
  if (found !== null && (found.as !== "customer" || place.automatic === "reply")) return storeAside(core, event, place, found.conversation);
  if (found === null && place.automatic !== undefined) {
    core.log.info({ inboxId: event.inboxId, automatic: place.automatic }, "Left out a message that a machine wrote and that belongs to no conversation.");
    return { outcome: "ignored" };
  }
  const continued = found === null ? await continuedBy(core, event.inboxId, event.address, place) : null;
  if (continued !== null) return storeContinued(core, event, place, continued);
  const result = await storeLine(core, { ...event, conversation: found?.conversation._id ?? "new" });
  if (found !== null) await provenByAnswer(core, event.inboxId, place);
  return result;
}

/**
 * A customer's name that is disproved opens none of their conversations by naming its messages. Who was handed its signed address may write
 * to the team there, as somebody else, while that is seen: what comes for a resolved one begins anew.
 */
async function provenPlace(core: Core, { inboxId, address }: Inbound<"message">, place: InboundPlace): Promise<Awaited<ReturnType<typeof conversationOfPlace>>> {
  const found = await conversationOfPlace(core, inboxId, address, place);
  if (found?.as !== "customer" || place.disproved !== true) return found;
  return found.conversation._id === place.conversationId && found.conversation.status !== "resolved" ? { ...found, as: "handed" } : null;
}

/** Who answers a message of ours has it: what was unknown is known now. */
async function provenByAnswer(core: Core, inboxId: string, { ours }: InboundPlace): Promise<void> {
  const answered = ours[0] === undefined ? null : await core.store.messages.findOne({ _id: ours[0], inboxId, kind: "outgoing" });
  if (answered !== null) await climb(core, answered, "delivered");
}

const named = ({ address, profile }: Inbound<"message">): string => (profile.name === undefined ? address : `${profile.name} (${address})`);

/** Somebody in copy goes on in the conversation under their own name; the answer goes to the customer and, in copy, to them. */
async function storeParticipant(core: Core, event: Inbound<"message">, place: InboundPlace, conversation: Conversation, customer: string): Promise<InboundResult> {
  const { replyTo = event.address, ...rest } = place;
  const others = (addresses: string[]) => addresses.filter((address) => address !== customer && address !== replyTo);
  const line = { ...event, address: customer, conversation: conversation._id, place: { ...rest, to: others(place.to), cc: [...others(place.cc), replyTo] } };
  const result = await storeLine(core, line, { address: event.address, author: { type: "contact", name: named(event) } });
  await provenByAnswer(core, event.inboxId, place);
  return result;
}

/** The customer of a chat answers what went to them by mail: a line of theirs where they wrote first. */
async function storeContinued(core: Core, event: Inbound<"message">, place: InboundPlace, { mail, conversation }: NonNullable<Awaited<ReturnType<typeof continuedBy>>>): Promise<InboundResult> {
  const customer = await addressOf(core.store, conversation.identityId, true);
  if (customer === null) return storeLine(core, { ...event, conversation: "new" });
  const { replyTo: _elsewhere, ...rest } = place;
  const line = { ...event, ...customer, conversation: conversation._id, place: { ...rest, to: [], cc: [] } };
  const result = await storeLine(core, line, { address: event.address, author: { type: "contact", id: conversation.contactId, name: conversation.contactName } });
  await provenAddress(core, mail, conversation);
  return result;
}

/** What somebody else than the customer wrote into a conversation, or a machine of theirs, is for the team alone. */
async function storeAside(core: Core, event: Inbound<"message">, place: InboundPlace, conversation: Conversation): Promise<InboundResult> {
  const source = inboundSource(event.inboxId, event.address, event.channelMessageId);
  const theirs = conversation.untaken === true && (await identityOf(core, event.inboxId, event.address))?._id === conversation.identityId;
  const name = theirs ? conversation.contactName : `${named(event)}${place.caution === undefined ? "" : ", who may be somebody else"}`;
  const author: Author = place.automatic === "reply" ? { type: "system", name: `Automatic reply of ${name}` } : { type: "guest", name };
  return { outcome: "stored", message: await addNote(core, { conversation, author, body: event.text, files: event.files, source, place: placeOf(place) }) };
}

/** `by`: who wrote it, where that is not the customer, at whose address it is kept. */
async function storeLine(core: Core, event: Inbound<"message">, by?: { address: string; author: Author }): Promise<InboundResult> {
  const inbox = await inboxOf(core, event.inboxId);
  if (!inbox.enabled) throw new UserError("NOT_POSSIBLE", "This inbox is switched off.");
  const source = inboundSource(event.inboxId, by?.address ?? event.address, event.channelMessageId);
  const { identity, made } = await identityAt(core, event.inboxId, event.address, event.profile, event.knownAs);
  if (identity.blocked !== undefined) return swallow(core, identity, source, event);
  const holder = made ? null : await holderOf(core, identity._id);
  const simple = holder !== null && holder.status !== "resolved" && event.conversation === undefined;
  if (!simple && !made) {
    // A repeat must not open a conversation: looked for before one is made.
    const first = await core.store.messages.findOne({ source });
    if (first !== null) return asRepeat(first, event);
  }
  const mayAnswer = inbox.settings.csat != null || event.choice !== undefined || holder?.askedByHand === true;
  const answer = !mayAnswer || made || by !== undefined ? null : await surveyLineOf(core, identity._id, event);
  const thanks = answer === null && by === undefined && holder?.status === "resolved" && inbox.settings.thanksReopens === false && event.files.length === 0 && event.choice === undefined && isThanks(event.text);
  const wish = answer === null && by === undefined && event.choice === undefined ? wishOf(event.text) : null;
  const quiet = thanks ? "thanks" as const : wish === "stop" && holder?.status === "resolved" && event.place === undefined ? "wish" as const : answer?.quiet;
  const conversation = answer?.quiet !== undefined ? answer.conversation : simple || thanks || quiet === "wish" ? holder! : await conversationForNextLine(core, inbox, identity, made ? { name: "Visitor", ...event.profile } : event.profile, holder, event.conversation, event.place?.subject);

  const now = core.clock.now();
  const author: Author = by?.author ?? {
    type: "contact", id: identity.contactId, name: conversation.hiddenName === undefined ? event.authorName ?? event.profile.name ?? conversation.contactName : conversation.contactName,
    ...(identity.avatar === undefined || event.authorName !== undefined || conversation.hiddenName !== undefined ? {} : { avatar: identity.avatar }),
  };
  const quote = event.replyTo === undefined ? null : await quoteOf(core, event.inboxId, event.address, event.replyTo);
  const chosen = event.choice === undefined ? null : await chosenOf(core, identity._id, event.choice);
  // before the line, whose repeat comes no further than to be known as one
  if (event.referral !== undefined) await core.store.conversations.updateOne({ _id: conversation._id, referral: { $exists: false }, ...NOT_ERASED }, { $set: { referral: event.referral }, $inc: { cardRev: 1 } });
  const pending = event.files.some((file) => file.state === "pending");
  const { message, duplicate } = await appendAndApply(core, conversation, (seq) => {
    const draft = draftMessage({
      id: newId(now), conversationId: conversation._id, inboxId: inbox._id, identityId: identity._id, kind: "incoming", source, author,
      body: chosen?.label ?? event.text, files: event.files, now, seq,
    });
    const waitMs = Math.max(event.groupId === undefined ? 0 : core.limits.albumMs, pending ? core.limits.fileWaitMs : 0);
    const mirrorAt = new Date(now.getTime() + waitMs);
    return {
      ...draft, ...(servesFeed(core, inbox._id) ? { seen: "sent" as const } : {}),
      ...(event.groupId === undefined ? {} : { groupId: event.groupId }), ...(event.sentAt === undefined ? {} : { sentAt: event.sentAt }),
      ...(event.place === undefined ? {} : { place: placeOf(event.place) }), ...(event.original === undefined ? {} : { original: event.original }),
      ...(event.spans === undefined || chosen !== null ? {} : { spans: event.spans }),
      todo: [...(pending ? ["fetch-files"] : []), ...(answer === null ? [] : [SURVEY_ANSWER]), ...(conversation.sendsLater === undefined || quiet !== undefined ? [] : [HOLD_LATER]), ...(wish !== null || (by === undefined && conversation.campaign !== undefined) ? [CAMPAIGN_ANSWER] : [])].map((name) => ({ for: name, tries: 0, dueAt: now })),
      ...(quiet === undefined ? {} : { quiet }), ...(answer === null ? {} : { survey: answer.survey }),
      ...(quote === null ? {} : { quote }), ...(chosen === null ? {} : { chosen: { messageId: chosen.messageId, id: chosen.id } }),
      mirror: { ...draft.mirror, state: "queued", dueAt: mirrorAt },
    };
  }, true, { identityId: identity._id });
  if (duplicate) return asRepeat(message, event);

  core.bus.publish({ type: "feed.changed", identityId: identity._id });
  void followUp(core, message, identity, conversation);
  return { outcome: "stored", message };
}

/** What came before the block is answered as ever; the rest is counted and not kept. */
async function swallow(core: Core, identity: ContactIdentity, source: string, event: Inbound<"message">): Promise<InboundResult> {
  const first = await core.store.messages.findOne({ source });
  if (first !== null) return asRepeat(first, event);
  await countSwallowed(core, identity._id);
  return { outcome: "blocked" };
}

/** After the vendor was answered: what the sweep would do 2 s later. */
async function followUp(core: Core, message: Message, identity: ContactIdentity, conversation: Conversation): Promise<void> {
  const { conversationId } = message;
  try {
    await afterMessage(core, message.source);
    if (identity.unreachable !== undefined || conversation.unreachable !== undefined) await setReachable(core, identity, null);
  } catch (error) {
    core.log.warn({ err: error, conversationId }, "Applying a stored message failed; the sweep repeats it.");
  }
  core.bus.publish({ type: "message.stored", conversationId, messageId: message._id });
  if (message.todo.length > 0) core.bus.publish({ type: "todo.due", messageId: message._id, conversationId, for: message.todo[0]!.for });
  core.bus.publish({ type: "lane.due", lane: "mirror", conversationId });
}

const asRepeat = (message: Message, event: Inbound<"message">): InboundResult =>
  ({ outcome: message.chosen !== undefined || (message.revisions[0]?.was ?? message.body) === event.text ? "duplicate" : "conflict", message });

async function recordReachable(core: Core, event: Inbound<"reachable">): Promise<InboundResult> {
  const identity = await identityOf(core, event.inboxId, event.address);
  if (identity === null) return { outcome: "ignored" };
  return { outcome: (await setReachable(core, identity, event.reachable ? null : (event.code ?? "BLOCKED_BY_CONTACT"))) ? "applied" : "ignored" };
}

async function showTyping(core: Core, event: Inbound<"typing">): Promise<InboundResult> {
  const identity = await core.store.identities.findOne({ inboxId: event.inboxId, address: event.address });
  const conversation = identity === null ? null : await core.store.conversations.findOne({ openKey: identity._id });
  if (identity === null || conversation === null) return { outcome: "ignored" };
  core.bus.publish({ type: "typing", conversationId: conversation._id, identityId: identity._id, from: "contact", name: conversation.contactName, typing: event.typing });
  return { outcome: "applied" };
}

async function recordMove(core: Core, { inboxId, address, knownAs, to }: Inbound<"moved">): Promise<InboundResult> {
  const moved = (await moveIdentity(core, inboxId, address, to)) ?? (knownAs === undefined ? null : await moveIdentity(core, inboxId, knownAs, to));
  return { outcome: moved === null ? "ignored" : "applied" };
}
