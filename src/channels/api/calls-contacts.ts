/** Who the customers are and what was said with them. */
import { UserError } from "../../core/errors.ts";
import type { Contact, Conversation } from "../../core/model/types.ts";
import { attributeDefinitions, readAttributes, tellAttributes } from "../../core/services/attributes.ts";
import { fillContact } from "../../core/services/contact.ts";
import { feedAfter, feedBefore, recordSeen } from "../../core/services/feed.ts";
import { identityAt } from "../../core/services/find-conversation.ts";
import { receiveEvent } from "../../core/services/receive-inbound.ts";
import { apiCall } from "./call.ts";
import { knownContact, requireContact, type ApiHost } from "./host.ts";
import { messageOfPart } from "./ids.ts";
import {
  contactAnswer, contactBody, conversationAnswer, conversationsAnswer, conversationsQuery, feedAnswer, feedQuery, hashQuery, readBody, typingBody, type ContactBody,
} from "./wire.ts";

const PAGE = 50;

/** Makes the contact at the first word of it; later what is not known yet is filled in, and what an agent corrected stays. A picture is the newest. */
export async function identify({ core }: ApiHost, inboxId: string, address: string, { name, email, phone, avatar, attributes }: ContactBody): Promise<{ identity: { _id: string; contactId: string }; made: boolean }> {
  const definitions = attributes === undefined ? [] : await attributeDefinitions(core);
  const told = attributes === undefined ? {} : readAttributes(definitions, attributes);
  const found = await identityAt(core, inboxId, address, { name: name ?? address, ...(email === undefined ? {} : { email }), ...(avatar === undefined ? {} : { avatar }) });
  const news = { ...(name === undefined ? {} : { name }), ...(email === undefined ? {} : { email }), ...(phone === undefined ? {} : { phone }) };
  if (Object.keys(news).length > 0) await fillContact(core, found.identity.contactId, news, address);
  await tellAttributes(core, found.identity.contactId, definitions, told);
  return found;
}

const asContact = (id: string, contact: Contact) => ({
  id, contactId: contact._id, name: contact.name, ...(contact.email === undefined ? {} : { email: contact.email }), ...(contact.phone === undefined ? {} : { phone: contact.phone }), ...(contact.avatar === undefined ? {} : { avatar: contact.avatar }), ...(contact.attributes === undefined ? {} : { attributes: contact.attributes }), createdAt: contact.createdAt.toISOString(),
});
const asConversation = (contact: string, { _id, number, status, createdAt, lastMessageAt }: Conversation) =>
  ({ id: _id, number, contact, status, createdAt: createdAt.toISOString(), lastMessageAt: lastMessageAt.toISOString() });

async function contactOf({ core }: ApiHost, contactId: string): Promise<Contact> {
  const contact = await core.store.contacts.findOne({ _id: contactId });
  if (contact === null) throw new UserError("NOT_FOUND", "This contact is not known (any more).");
  return contact;
}

export const contactCalls = [
  apiCall({
    method: "POST", path: "/contacts", summary: "Tell who a contact is; makes it, or fills in what is not known yet", body: contactBody,
    answers: { 200: contactAnswer, 201: contactAnswer }, codes: ["BAD_SIGNATURE"],
    async run({ host, inbox, reply, body }) {
      const address = requireContact(host, inbox, reply, body);
      const { identity, made } = await identify(host, inbox._id, address, body);
      reply.code(made ? 201 : 200);
      return asContact(address, await contactOf(host, identity.contactId));
    },
  }),
  apiCall({
    method: "GET", path: "/contacts/:id", summary: "Show a contact", query: hashQuery, answers: { 200: contactAnswer }, codes: ["BAD_SIGNATURE", "NOT_FOUND"],
    async run({ host, inbox, reply, params, query }) {
      const address = requireContact(host, inbox, reply, { id: params["id"]!, ...query });
      return asContact(address, await contactOf(host, (await knownContact(host, inbox, address)).contactId));
    },
  }),
  apiCall({
    method: "GET", path: "/contacts/:id/conversations", summary: "List a contact's conversations in this inbox, newest first", query: conversationsQuery,
    answers: { 200: conversationsAnswer }, codes: ["BAD_SIGNATURE", "NOT_FOUND"],
    async run({ host, inbox, reply, params, query: { hash, limit = PAGE } }) {
      const address = requireContact(host, inbox, reply, { id: params["id"]!, hash });
      const identity = await knownContact(host, inbox, address);
      const found = await host.core.store.conversations.find({ identityId: identity._id }).sort({ createdAt: -1 }).limit(limit).toArray();
      return { conversations: found.map((one) => asConversation(address, one)) };
    },
  }),
  apiCall({
    method: "GET", path: "/contacts/:id/conversations/:conversation", summary: "Show one conversation of a contact", query: hashQuery,
    answers: { 200: conversationAnswer }, codes: ["BAD_SIGNATURE", "NOT_FOUND", "CONVERSATION_UNKNOWN"],
    async run({ host, inbox, reply, params, query: { hash } }) {
      const address = requireContact(host, inbox, reply, { id: params["id"]!, hash });
      const identity = await knownContact(host, inbox, address);
      const found = await host.core.store.conversations.findOne({ _id: params["conversation"]!, identityId: identity._id });
      if (found === null) throw new UserError("CONVERSATION_UNKNOWN", "This contact has no such conversation.");
      return asConversation(address, found);
    },
  }),
  apiCall({
    method: "GET", path: "/contacts/:id/messages", summary: "Read what a contact and the team said, in the order of visible changes (after) or of the screen (before)", query: feedQuery,
    answers: { 200: feedAnswer }, codes: ["BAD_SIGNATURE", "NOT_FOUND"],
    async run({ host, inbox, reply, params, query: { hash, after, before, limit = PAGE } }) {
      const address = requireContact(host, inbox, reply, { id: params["id"]!, hash });
      const identity = await knownContact(host, inbox, address);
      return before === undefined ? feedAfter(host.core, identity._id, after ?? 0, limit) : feedBefore(host.core, identity._id, before, limit);
    },
  }),
  apiCall({
    method: "POST", path: "/typing", summary: "Tell that a contact types, or has stopped", body: typingBody, answers: { 204: "nothing" }, codes: ["BAD_SIGNATURE"],
    async run({ host, inbox, reply, body: { contact, typing } }) {
      await receiveEvent(host.core, { inboxId: inbox._id, address: requireContact(host, inbox, reply, contact), type: "typing", typing });
    },
  }),
  apiCall({
    method: "POST", path: "/read", summary: "Tell that a contact has read the replies, up to one of them", body: readBody, answers: { 204: "nothing" }, codes: ["BAD_SIGNATURE", "NOT_FOUND", "MESSAGE_UNKNOWN"],
    async run({ host, inbox, reply, body: { contact, messageId } }) {
      const { core } = host;
      const identity = await knownContact(host, inbox, requireContact(host, inbox, reply, contact));
      const upTo = messageId === undefined ? undefined : await core.store.messages.findOne({ _id: messageOfPart(messageId) ?? "", identityId: identity._id, kind: "outgoing" }, { projection: { feedFirst: 1 } });
      if (upTo === null) throw new UserError("MESSAGE_UNKNOWN", "This contact got no such reply. `messageId` is the message.id of a callback.");
      await recordSeen(core, { identityId: identity._id, seq: upTo === undefined ? Number.MAX_SAFE_INTEGER : upTo.feedFirst ?? 0, state: "read" });
    },
  }),
];
