/** What is done to contacts: merged and taken apart again, blocked, erased. */
import { UserError } from "../../core/errors.ts";
import { hiddenOfContacts, newestConversation, requireContact } from "../../core/services/contact-list.ts";
import { setBlocked } from "../../core/services/block-contact.ts";
import { beginErasure } from "../../core/services/erase-contact.ts";
import { mergeContacts, planMerge, sideOf, undoNewestMerge, UNDO_DAYS, type MergeSide } from "../../core/services/merge-contacts.ts";
import type { Contact, Conversation } from "../../core/model/types.ts";
import { blockAnswer, eraseBody, erasure, mergeAnswer, mergeBody, unmerged } from "../wire-contacts.ts";
import { adminCall, iso, type AdminCall } from "./call.ts";
import { auditContact, lookAtContact } from "./contact-shown.ts";

const side = ({ _id, name }: Contact, conversation: Conversation | null): MergeSide => (conversation === null ? { contactId: _id, name, called: name === "" ? "who has no name" : name } : sideOf(conversation));

export const contactActCalls: AdminCall[] = [
  adminCall({
    method: "POST", path: "/contacts/:id/merge", summary: `Make one customer of this contact and another; can be taken back for ${UNDO_DAYS} days`, about: "Contacts", needs: "contacts.merge", body: mergeBody,
    answers: { 200: mergeAnswer }, codes: ["NOT_FOUND", "NOT_POSSIBLE", "ALREADY_SO", "TOO_LATE"],
    async run(incoming) {
      const { parts: { core }, caller, body: { contactId, dryRun } } = incoming;
      const { contact, agent, conversation } = await lookAtContact(incoming);
      const other = await requireContact(core, agent, contactId);
      const hides = caller.role !== "administrator" && (await hiddenOfContacts(core, [contact._id, contactId])).size > 0;
      const two = { agent, here: side(contact, conversation), other: side(other.contact, await newestConversation(core, agent, contactId)) };
      const plan = await (dryRun ? planMerge(core, two) : mergeContacts(core, two));
      const conflicts = plan.conflicts.map((one) => (hides ? { field: one.field, kept: "", left: "" } : one));
      return { done: !dryRun, identities: plan.identities.length, conversations: plan.conversations, filled: Object.keys(plan.filled), conflicts, undoDays: UNDO_DAYS };
    },
  }),
  adminCall({
    method: "POST", path: "/contacts/:id/merge/undo", summary: "Take the newest merge into this contact back", about: "Contacts", needs: "contacts.merge", answers: { 200: unmerged }, codes: ["NOT_FOUND", "TOO_LATE"],
    async run(incoming) {
      const { contact, agent, conversation } = await lookAtContact(incoming);
      const { goneId } = await undoNewestMerge(incoming.parts.core, { agent, here: side(contact, conversation) });
      return { contactId: goneId };
    },
  }),
  ...([true, false] as const).map((blocked) => adminCall({
    method: "POST", path: `/contacts/:id/${blocked ? "block" : "unblock"}`, summary: blocked ? "Take nothing more from this contact, on any inbox" : "Take this contact's lines again, from now on", about: "Contacts", needs: "contacts.write",
    answers: { 200: blockAnswer }, codes: ["NOT_FOUND", "ALREADY_SO"],
    async run(incoming) {
      const { contact, agent, conversation } = await lookAtContact(incoming);
      const { swallowed } = await setBlocked(incoming.parts.core, { contactId: contact._id, conversation, agent, blocked });
      await auditContact(incoming, blocked ? "contact.blocked" : "contact.unblocked", contact._id);
      return { blocked, swallowed };
    },
  })),
  adminCall({
    method: "POST", path: "/contacts/:id/erase", summary: "Erase this person's data for good", about: "Contacts", needs: "contacts.erase", body: eraseBody, answers: { 202: erasure }, codes: ["NOT_FOUND", "ALREADY_SO", "BAD_TEXT"],
    async run(incoming) {
      const { parts: { core }, body: { number } } = incoming;
      const { contact, agent, conversation } = await lookAtContact(incoming);
      if (number !== (conversation?.number ?? null)) {
        throw new UserError("BAD_TEXT", conversation === null ? "This contact has no conversation, so null stands for its number. Nothing was erased." : "This is not the number of the contact's newest conversation, so nothing was erased.");
      }
      await beginErasure(core, { contactId: contact._id, agent, ...(conversation === null ? {} : { conversationId: conversation._id }) });
      return { state: "doing", at: iso(core.clock.now()), counts: { conversations: 0, messages: 0, files: 0, posts: 0 }, left: [] };
    },
  }),
  adminCall({
    method: "GET", path: "/contacts/:id/erasure", summary: "Say how far the erasing of a contact is, and what a desk kept", about: "Contacts", needs: "contacts.erase", answers: { 200: erasure }, codes: ["NOT_FOUND"],
    async run({ parts: { core }, params }) {
      const found = await core.store.erasures.findOne({ contactId: params["id"]! });
      if (found === null) throw new UserError("NOT_FOUND", "Nobody has asked that this contact be erased.");
      const { state, at, counts, left } = found;
      return { state, at: iso(at), counts, left };
    },
  }),
];
