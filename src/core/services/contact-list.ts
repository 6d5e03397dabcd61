/** Contacts by what is known of them, and what of them an inbox hides until somebody takes the conversation. */
import type { Filter } from "mongodb";
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { HIDEABLE } from "../model/settings.ts";
import type { Agent, Contact, ContactIdentity, Conversation } from "../model/types.ts";
import { scopeOf } from "./find.ts";
import type { Hidden } from "./hide-contact.ts";
import { allInboxes } from "./inbox-settings.ts";

const LOOKED = 500;
const PLACES = 500;

/** Exact, as they are kept; none: all. */
export interface ContactQuery { email?: string | undefined; phone?: string | undefined; externalId?: string | undefined }

/** Newest first; `after` is the last `_id` of the page before. */
export const listContacts = (core: Core, { email, phone, externalId }: ContactQuery, { after, limit }: { after: string | undefined; limit: number }): Promise<Contact[]> => {
  const query: Filter<Contact> = {
    ...(email === undefined ? {} : { email: email.toLowerCase() }), ...(phone === undefined ? {} : { phone: phone.replace(/[\s()./-]/g, "") }), ...(externalId === undefined ? {} : { externalId }),
    ...(after === undefined ? {} : { _id: { $lt: after } }), mergedInto: { $exists: false },
  };
  return core.store.contacts.find(query).sort({ _id: -1 }).limit(limit).toArray();
};

/** In the order of `ids`; who is not there (any more) is left out. */
export async function contactsById(core: Core, ids: readonly string[]): Promise<Contact[]> {
  const found = new Map((await core.store.contacts.find({ _id: { $in: [...ids] }, mergedInto: { $exists: false } }).toArray()).map((contact) => [contact._id, contact]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** A contact whom `agent` may see, with the places where they write that `agent` may see. @throws {UserError} NOT_FOUND, also for one who is out of sight */
export async function requireContact(core: Core, agent: Agent, id: string): Promise<{ contact: Contact; identities: ContactIdentity[] }> {
  const [contact, identities] = await Promise.all([core.store.contacts.findOne({ _id: id }), core.store.identities.find({ contactId: id, ...scopeOf(agent) }).limit(PLACES).toArray()]);
  if (contact === null || (contact.mergedInto === undefined && agent.inboxIds !== "all" && identities.length === 0)) throw new UserError("NOT_FOUND", "There is no such contact, or not for you.");
  if (contact.mergedInto !== undefined) throw new UserError("NOT_FOUND", `This contact turned out to be another one: ${contact.mergedInto}.`);
  return { contact, identities };
}

/** The newest conversation that `agent` may see, where the timeline tells what is done to the contact. */
export const newestConversation = (core: Core, agent: Agent, contactId: string): Promise<Conversation | null> =>
  core.store.conversations.find({ contactId, erased: { $exists: false }, ...scopeOf(agent) }).sort({ createdAt: -1 }).limit(1).next();

/** By contact, while one of their conversations waits to be taken in an inbox that hides it. */
export async function hiddenOfContacts(core: Core, contactIds: readonly string[]): Promise<Map<string, Set<Hidden>>> {
  const hiding = new Map((await allInboxes(core)).flatMap(({ _id, settings }) => (settings.hideUntilTaken === undefined || settings.hideUntilTaken.length === 0 ? [] : [[_id, settings.hideUntilTaken] as const])));
  const hidden = new Map<string, Set<Hidden>>();
  if (hiding.size === 0) return hidden;
  const untaken = await core.store.conversations.find({ contactId: { $in: [...contactIds] }, untaken: true, inboxId: { $in: [...hiding.keys()] } }, { projection: { contactId: 1, inboxId: 1 } }).limit(LOOKED).toArray();
  for (const { contactId, inboxId } of untaken) for (const field of hiding.get(inboxId)!) hidden.set(contactId, (hidden.get(contactId) ?? new Set()).add(field));
  // past what was looked at nobody is sure
  if (untaken.length === LOOKED) for (const id of contactIds) hidden.set(id, new Set(HIDEABLE));
  return hidden;
}
