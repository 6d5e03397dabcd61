/** Which conversation gets a customer's next line: the identity's `openKey` holder, else a new one. */
import type { Core } from "../core.ts";
import { newId } from "../model/ids.ts";
import { takesNextLine } from "../model/status.ts";
import type { Contact, ContactIdentity, Conversation, Inbox } from "../model/types.ts";
import { identityOf } from "../store/look-together.ts";
import { isDuplicateKey } from "../store/store.ts";
import { perOwner } from "../store/together.ts";
import { factsForNew } from "./attributes.ts";
import { nameShown } from "./hide-contact.ts";
import { moveIdentity } from "./move-identity.ts";

export interface Profile { name?: string; email?: string; emailVerified?: true; phone?: string; avatar?: string }

/** Answers the identity at this address; makes it, and its contact, at the first line (`made`). Who is known at `knownAs` alone goes on at `address`. */
export async function identityAt(core: Core, inboxId: string, address: string, profile: Profile, knownAs?: string): Promise<{ identity: ContactIdentity; made: boolean }> {
  const { identities, contacts } = core.store;
  const known = (await identityOf(core, inboxId, address)) ?? (knownAs === undefined ? null : await moveIdentity(core, inboxId, knownAs, address));
  if (known !== null) return { identity: await withPicture(core, known, profile.avatar), made: false };
  const now = core.clock.now();
  const contact: Contact = {
    _id: newId(now), name: profile.name ?? "", anonymous: profile.name === undefined, createdAt: now,
    ...(profile.email === undefined ? {} : { email: profile.email, ...(profile.emailVerified === true ? { verifiedEmail: profile.email } : {}) }), ...(profile.phone === undefined ? {} : { phone: profile.phone }), ...(profile.avatar === undefined ? {} : { avatar: profile.avatar }),
  };
  const identity: ContactIdentity = { _id: newId(now), inboxId, address, contactId: contact._id, ...(profile.avatar === undefined ? {} : { avatar: profile.avatar }), createdAt: now };
  await contacts.insertOne(contact);
  try {
    await identities.insertOne(identity);
    return { identity, made: true };
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    await contacts.deleteOne({ _id: contact._id });
    return { identity: (await identities.findOne({ inboxId, address }))!, made: false };
  }
}

/** Pictures change, and nobody here corrects them: the one told last counts. */
async function withPicture({ store }: Core, identity: ContactIdentity, avatar?: string): Promise<ContactIdentity> {
  if (avatar === undefined || avatar === identity.avatar) return identity;
  await store.contacts.updateOne({ _id: identity.contactId }, { $set: { avatar } });
  await store.identities.updateOne({ _id: identity._id }, { $set: { avatar } });
  return { ...identity, avatar };
}

/** "resolved": we wrote first and nobody has anything to do with it; the customer's first line opens it, whenever it comes. */
type Begins = "open" | "resolved";

/** `known`: the holder as read a moment ago. `chosen`: a conversation of this identity, or "new", where the customer said so. `subject`: of a new one, where the channel has such. */
export async function conversationForNextLine(core: Core, inbox: Inbox, identity: ContactIdentity, profile: Profile, known: Conversation | null, chosen?: string, subject = "", begins: Begins = "open"): Promise<Conversation> {
  const { conversations } = core.store;
  for (let holder = known; ; holder = await conversations.findOne({ openKey: identity._id })) {
    if (holder !== null && holder._id === chosen) return holder;
    if (chosen !== undefined && chosen !== "new") {
      const wanted = await conversations.findOne({ _id: chosen, identityId: identity._id });
      if (wanted !== null) {
        if (holder !== null) await conversations.updateOne({ _id: holder._id, openKey: identity._id }, { $unset: { openKey: "" } });
        try { await conversations.updateOne({ _id: wanted._id }, { $set: { openKey: identity._id } }); } catch (error) { if (!isDuplicateKey(error, "openKey")) throw error; continue; }
        return wanted;
      }
    }
    // One that nobody has written in yet is new: it was made for a call that did not get further.
    const untouched = chosen === "new" && holder !== null && holder.appliedSeq === 0 && (await core.store.messages.findOne({ conversationId: holder._id, seq: 1 }, { projection: { _id: 1 } })) === null;
    if (holder !== null && (chosen !== "new" || untouched) && takesNextLine(holder, core.clock.now(), inbox.settings.reopenHours)) return holder;
    if (holder !== null) {
      const cleared = await conversations.updateOne(
        { _id: holder._id, openKey: identity._id, ...(chosen === "new" ? {} : { status: "resolved" as const, resolvedAt: holder.resolvedAt }) },
        { $unset: { openKey: "" } },
      );
      if (cleared.modifiedCount === 0) continue;
    }
    const created = await createConversation(core, inbox, identity, await shownOf(core, identity, profile, holder), subject, begins);
    if (created !== null) return created;
  }
}

/** Null when somebody else created the identity's conversation meanwhile. Numbers rise by one; gaps may stay. */
async function createConversation(core: Core, inbox: Inbox, identity: ContactIdentity, { name, ...shown }: Shown, subject: string, begins: Begins): Promise<Conversation | null> {
  const now = core.clock.now();
  for (let number = await nextNumber(core); ; number = await nextNumber(core, number)) {
    const conversation: Conversation = {
      _id: newId(now), number, inboxId: inbox._id, contactId: identity.contactId, identityId: identity._id, deskTargetId: inbox.deskTargetId,
      openKey: identity._id, status: begins, statusAt: now, subject, ...shown, ...nameShown(inbox, number, name), channel: inbox.channel,
      assigneeId: null, assigneeName: null, labels: [], priority: null, waitingSince: null, firstReplyAt: null, snoozedUntil: null, snoozeEpisode: null, resolvedAt: null,
      appliedSeq: 0, lastIncomingSeq: 0, lastMessageAt: now, lastLine: null, counts: { incoming: 0, outgoing: 0, note: 0 }, outbox: [],
      cardRev: 0, cardShown: 0, lanes: {}, createdAt: now, schema: 1,
    };
    try {
      await core.store.conversations.insertOne(conversation);
      return conversation;
    } catch (error) {
      if (isDuplicateKey(error, "openKey")) return null;
      if (!isDuplicateKey(error, "number")) throw error;
    }
  }
}

/** What a new conversation shows of its contact. */
interface Shown extends Pick<Conversation, "contactFacts"> { name: string }

/** Whoever is known is called as they are known here: an agent or a table may have corrected what the channel says. */
async function shownOf(core: Core, identity: ContactIdentity, profile: Profile, before: Conversation | null): Promise<Shown> {
  const known = await core.store.contacts.findOne({ _id: identity.contactId }, { projection: { name: 1, attributes: 1 } });
  const facts = await factsForNew(core, known);
  if (before === null && profile.name !== undefined && known?.name === identity.address) return { ...facts, name: profile.name };
  return { ...facts, name: known?.name || profile.name || (before?.hiddenName ?? before?.contactName) || "Visitor" };
}

const FIRST_NUMBER = 1001;
/** The highest number that this process gave away: those who ask at the same time each get their own. */
const given = perOwner<Core, { last: number }>(() => ({ last: 0 }));

/** `taken`: a number that another process was faster with. */
async function nextNumber(core: Core, taken?: number): Promise<number> {
  const mine = given(core);
  if (mine.last === 0 || taken !== undefined) {
    const highest = (await core.store.conversations.find({}, { projection: { number: 1 } }).sort({ number: -1 }).limit(1).next())?.number ?? FIRST_NUMBER - 1;
    mine.last = Math.max(mine.last, highest);
  }
  return ++mine.last;
}
