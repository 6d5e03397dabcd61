/** Contacts: found, read, changed. */
import type { Filter } from "mongodb";
import { UserError } from "../../core/errors.ts";
import type { Contact } from "../../core/model/types.ts";
import { attributeDefinitions, readAttributes, tellAttributes } from "../../core/services/attributes.ts";
import { changeContact, readChange, type ContactChange } from "../../core/services/contact.ts";
import { contactsById, listContacts } from "../../core/services/contact-list.ts";
import { makeContact } from "../../core/services/import-contacts.ts";
import { allInboxes } from "../../core/services/inbox-settings.ts";
import { pageConversations } from "../../core/services/page-conversations.ts";
import { actorOf } from "../auth/caller.ts";
import { contact as contactAnswer, contactChange, contacts, contactsQuery, newContact } from "../wire-contacts.ts";
import { adminCall, type AdminCall } from "./call.ts";
import { auditContact, lookAtContact, requireMatch, showContacts } from "./contact-shown.ts";
import { placeCursor, readPlace } from "./cursor.ts";

const PAGE = 50;

/** That it is still what the change was decided on. */
const unchanged = ({ name, email, phone }: Contact): Filter<Contact> => ({ name, email: email ?? { $exists: false }, phone: phone ?? { $exists: false } });

export const contactCalls: AdminCall[] = [
  adminCall({
    method: "GET", path: "/contacts", summary: "List or find contacts, newest first", about: "Contacts", needs: "contacts.list", query: contactsQuery, answers: { 200: contacts }, codes: ["BAD_FILTER", "TOO_BROAD"],
    async run({ parts: { core }, caller, query }) {
      const { q, limit = PAGE, cursor, email, phone, externalId } = query;
      const agent = actorOf(caller, core.clock.now());
      if (agent.inboxIds !== "all") throw new UserError("NOT_ALLOWED", "Listing customers takes sight of all inboxes. Find the conversation, and read its contact.");
      if (q !== undefined) {
        const page = await pageConversations(core, agent, q, { limit, from: readPlace(cursor) });
        const found = await contactsById(core, [...new Set(page.conversations.map(({ contactId }) => contactId))]);
        return { contacts: await showContacts(core, caller, found), next: placeCursor(page.next) };
      }
      const found = await listContacts(core, { email, phone, externalId }, { after: cursor, limit: limit + 1 });
      const page = found.slice(0, limit);
      return { contacts: await showContacts(core, caller, page, email !== undefined ? "email" : phone !== undefined ? "phone" : undefined), next: found.length > limit ? page.at(-1)!._id : null };
    },
  }),
  adminCall({
    method: "GET", path: "/contacts/:id", summary: "Show one contact and where they write", about: "Contacts", needs: "contacts.read", answers: { 200: contactAnswer }, codes: ["NOT_FOUND"],
    async run(incoming) {
      const { shown, tag } = await lookAtContact(incoming);
      incoming.reply.header("etag", tag);
      return shown;
    },
  }),
  adminCall({
    method: "POST", path: "/contacts", summary: "Make a contact, known by an id of your own system or by where they write", about: "Contacts", needs: "contacts.write", body: newContact, answers: { 201: contactAnswer },
    codes: ["ALREADY_SO", "BAD_TEXT", "NOT_FOUND"],
    async run(incoming) {
      const { parts: { core }, caller, body: { externalId, inboxId, address, attributes = {}, name, email, phone }, reply } = incoming;
      if (actorOf(caller, core.clock.now()).inboxIds !== "all") throw new UserError("NOT_ALLOWED", "Making customers takes sight of all inboxes: they may be known in one that you don't see.");
      const inbox = inboxId === undefined ? undefined : (await allInboxes(core)).find(({ _id }) => _id === inboxId);
      if (inboxId !== undefined && inbox === undefined) throw new UserError("NOT_FOUND", "There is no inbox with this inboxId. Nothing was made.");
      const definitions = await attributeDefinitions(core);
      const values = Object.fromEntries(Object.entries(readAttributes(definitions, attributes)).flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
      const id = await makeContact(core, definitions, {
        ...(externalId === undefined ? {} : { externalId }), ...(inbox === undefined || address === undefined ? {} : { at: { inbox, address: inbox.channel === "email" ? address.toLowerCase() : address } }),
        change: { ...(name === undefined ? {} : { name }), ...(email === undefined ? {} : { email }), ...(phone === undefined ? {} : { phone }) }, attributes: values,
      });
      const made = await lookAtContact({ ...incoming, params: { id } });
      await auditContact(incoming, "contact.made", id, { fields: Object.keys(incoming.body) });
      reply.code(201).header("etag", made.tag);
      return made.shown;
    },
  }),
  adminCall({
    method: "PATCH", path: "/contacts/:id", summary: "Change name, e-mail, phone or attributes", about: "Contacts", needs: "contacts.write", body: contactChange, answers: { 200: contactAnswer },
    codes: ["NOT_FOUND", "NOT_POSSIBLE", "BAD_TEXT", "CHANGED_MEANWHILE"],
    async run(incoming) {
      const { parts: { core }, body: { attributes = {}, ...given }, request, reply } = incoming;
      const { contact, agent, conversation, tag } = await lookAtContact(incoming);
      requireMatch(request, tag);
      const definitions = await attributeDefinitions(core);
      const values = readAttributes(definitions, attributes);
      const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as ContactChange;
      const differs = Object.entries(readChange(change)).some(([field, value]) => value !== (contact[field as keyof ContactChange] ?? null));
      const told = Object.entries(values).filter(([key, value]) => value !== (contact.attributes?.[key] ?? null)).map(([key]) => key);
      const changed = !differs ? {} : (await changeContact(core, { contactId: contact._id, conversation, agent, change, ...(request.headers["if-match"] === undefined ? {} : { expect: unchanged(contact) }) })).changed;
      await tellAttributes(core, contact._id, definitions, values);
      if (differs || told.length > 0) await auditContact(incoming, "contact.changed", contact._id, { fields: [...Object.keys(changed), ...told] });
      const after = await lookAtContact(incoming);
      reply.header("etag", after.tag);
      return after.shown;
    },
  }),
];
