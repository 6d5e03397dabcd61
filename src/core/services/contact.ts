/** The person behind a conversation: what is known of them, and what an agent changes about it. */
import { z } from "zod";
import type { Filter } from "mongodb";
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Agent, Contact, ContactIdentity, Conversation } from "../model/types.ts";
import { changeConversation, NOT_ERASED } from "./change-conversation.ts";
import { hiddenOf } from "./hide-contact.ts";
import { isBrokenText } from "./clean-text.ts";
import { agentAuthor } from "./send-reply.ts";

/** What an agent may change; null takes it away. A name stays. */
export interface ContactChange { name?: string; email?: string | null; phone?: string | null }

/** Most conversations that are counted; beyond it is "more than". */
export const COUNTED = 1_000;

export interface Profile { contact: Contact | null; /** On inboxes that the asker may see. */ identities: ContactIdentity[]; /** All conversations that the asker may see, `COUNTED` + 1 at most. */ conversations: number }

const scope = (agent: Agent) => (agent.inboxIds === "all" ? {} : { inboxId: { $in: agent.inboxIds } });

export async function profileFor(core: Core, agent: Agent, { contactId }: Pick<Conversation, "contactId">): Promise<Profile> {
  const [contact, identities, conversations] = await Promise.all([
    core.store.contacts.findOne({ _id: contactId }),
    core.store.identities.find({ contactId, ...scope(agent) }).limit(50).toArray(),
    core.store.conversations.countDocuments({ contactId, ...scope(agent) }, { limit: COUNTED + 1 }),
  ]);
  return { contact, identities, conversations };
}

/** The customer's other conversations that `agent` may see, newest first. */
export const otherConversations = (core: Core, agent: Agent, { contactId, _id }: Pick<Conversation, "contactId" | "_id">, limit: number): Promise<Conversation[]> =>
  core.store.conversations.find({ contactId, _id: { $ne: _id }, ...scope(agent) }).sort({ createdAt: -1 }).limit(limit).toArray();

const NAME = z.string().trim().min(1).max(80).refine((text) => !isBrokenText(text) && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text));
const EMAIL = z.email().max(200);
const PHONE = z.string().regex(/^\+?\d{5,15}$/);

/** As it is kept. @throws {UserError} BAD_TEXT */
export function readChange(change: ContactChange): ContactChange {
  const read: ContactChange = {};
  if (change.name !== undefined) {
    const name = NAME.safeParse(change.name);
    if (!name.success) throw new UserError("BAD_TEXT", "A name is one line of 1 to 80 characters. Nothing was changed.");
    read.name = name.data;
  }
  if (change.email !== undefined) {
    const email = change.email === null ? null : EMAIL.safeParse(change.email.trim().toLowerCase());
    if (email?.success === false) throw new UserError("BAD_TEXT", `"${change.email!.slice(0, 60)}" is not an e-mail address. Nothing was changed.`);
    read.email = email === null ? null : email.data;
  }
  if (change.phone !== undefined) {
    const phone = change.phone === null ? null : PHONE.safeParse(change.phone.replace(/[\s()./-]/g, ""));
    if (phone?.success === false) throw new UserError("BAD_TEXT", `"${change.phone!.slice(0, 60)}" is not a phone number. Write it with its country, such as +49 30 1234567. Nothing was changed.`);
    read.phone = phone === null ? null : phone.data;
  }
  return read;
}

/** `conversation`: where the timeline tells it; null where the customer has none. */
export interface ContactAct { contactId: string; conversation: Conversation | null; agent: Agent }

export const changedMeanwhile = () => new UserError("CHANGED_MEANWHILE", "Somebody changed this customer meanwhile, so nothing of this was kept. Read it again, and decide anew.");

/**
 * What differs is written, and told in the conversation's timeline. A new name stands on the customer's other cards too.
 * The contact comes last: who finds it changed finds everything changed, and what was stopped before is done when it is asked for again.
 * `expect`: only a contact that still is so. @throws {UserError} BAD_TEXT, ALREADY_SO, NOT_FOUND, NOT_POSSIBLE, CHANGED_MEANWHILE
 */
export async function changeContact(core: Core, act: ContactAct & { change: ContactChange; expect?: Filter<Contact> }): Promise<{ contact: Contact; changed: ContactChange }> {
  const { contactId, conversation, agent, expect = {} } = act;
  const wanted = readChange(act.change);
  const hidden = conversation === null ? [] : await hiddenOf(core, conversation);
  if (hidden.some((field) => act.change[field] !== undefined)) throw new UserError("NOT_POSSIBLE", "Who this customer is stays hidden until somebody takes the conversation. /take it, then change it.");
  const before = await core.store.contacts.findOne({ _id: contactId });
  if (before === null) throw new UserError("NOT_FOUND", "This customer is not known (any more).");
  const differs = (field: string, value: unknown): boolean => value !== (before[field as keyof ContactChange] ?? null) || (field === "name" && conversation !== null && value !== conversation.contactName);
  const changed = Object.fromEntries(Object.entries(wanted).filter(([field, value]) => differs(field, value))) as ContactChange;
  if (Object.keys(changed).length === 0) throw new UserError("ALREADY_SO", "That is what is known already; nothing changed.");

  if (changed.name !== undefined) await rename(core, contactId, changed.name, conversation?._id);
  if (conversation !== null) await changeConversation(core, conversation._id, agentAuthor(agent), { expect: NOT_ERASED, ...(changed.name === undefined ? {} : { set: { contactName: changed.name } }), activity: [{ type: "contact", changed }] });
  const set = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== null));
  const gone = Object.keys(changed).filter((field) => changed[field as keyof ContactChange] === null);
  const contact = await core.store.contacts.findOneAndUpdate(
    { _id: before._id, ...expect },
    {
      ...(Object.keys(set).length === 0 ? {} : { $set: { ...set, ...(changed.name === undefined ? {} : { anonymous: false }) } }),
      ...(gone.length === 0 ? {} : { $unset: Object.fromEntries(gone.map((field) => [field, "" as const])) }),
    },
    { returnDocument: "after" },
  );
  if (contact === null) {
    if (changed.name !== undefined) await alignNames(core, contactId);
    throw changedMeanwhile();
  }
  if (changed.name !== undefined) await alignNames(core, contact._id);
  return { contact, changed };
}

/** What is resolved shows it when its card changes again. */
export async function rename(core: Core, contactId: string, contactName: string, except = ""): Promise<void> {
  await core.store.conversations.updateMany({ contactId, hiddenName: { $exists: true }, ...NOT_ERASED }, { $set: { hiddenName: contactName } });
  const others: Filter<Conversation> = { contactId, _id: { $ne: except }, contactName: { $ne: contactName }, hiddenName: { $exists: false }, ...NOT_ERASED };
  await core.store.conversations.updateMany({ ...others, status: { $ne: "resolved" } }, { $set: { contactName, cardDueAt: core.clock.now() }, $inc: { cardRev: 1 } });
  await core.store.conversations.updateMany(others, { $set: { contactName } });
}

/** Of two who rename a customer at once the later write of the contact counts, on every card. */
export async function alignNames(core: Core, contactId: string): Promise<void> {
  for (let told: string | undefined; ;) {
    const contact = await core.store.contacts.findOne({ _id: contactId }, { projection: { name: 1 } });
    if (contact === null || contact.name === "" || contact.name === told) return;
    told = contact.name;
    await rename(core, contactId, told);
  }
}

/**
 * What a channel tells of a customer: only what nobody knows yet is taken, since an agent may have corrected the rest.
 * `placeholder` is the name that stands there for want of one.
 */
export async function fillContact(core: Core, contactId: string, news: { name?: string; email?: string; phone?: string }, placeholder: string): Promise<void> {
  const { contacts } = core.store;
  const known = await contacts.findOne({ _id: contactId });
  if (known === null) return;
  for (const field of ["email", "phone"] as const) {
    const value = news[field];
    if (value !== undefined && known[field] === undefined) await contacts.updateOne({ _id: contactId, [field]: { $exists: false } }, { $set: { [field]: value } });
  }
  const nameless = ["", placeholder];
  if (news.name === undefined || !nameless.includes(known.name) || nameless.includes(news.name)) return;
  const { modifiedCount } = await contacts.updateOne({ _id: contactId, name: { $in: nameless } }, { $set: { name: news.name, anonymous: false } });
  if (modifiedCount > 0) await alignNames(core, contactId);
}
