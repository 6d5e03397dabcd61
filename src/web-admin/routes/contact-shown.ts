/** A contact as the API shows it, what is hidden left out, and the tag by which a change says what it was decided on. */
import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import { newId } from "../../core/model/ids.ts";
import type { Agent, Contact, Conversation } from "../../core/model/types.ts";
import { recordAudit } from "../../core/services/audit.ts";
import { hiddenOfContacts, newestConversation, requireContact } from "../../core/services/contact-list.ts";
import type { Hidden } from "../../core/services/hide-contact.ts";
import { allInboxes } from "../../core/services/inbox-settings.ts";
import { actorOf, type Caller } from "../auth/caller.ts";
import type { ContactShown } from "../wire-contacts.ts";
import { iso, type Incoming } from "./call.ts";

type Shown = Omit<ContactShown, "places">;

/** Administrators see what an inbox hides: they may export it anyway. */
const seesAll = ({ role }: Caller): boolean => role === "administrator";

export function showContact(contact: Contact, hidden: ReadonlySet<Hidden> = new Set()): Shown {
  const { _id, name, email, phone, externalId, avatar, anonymous, blocked, attributes, createdAt } = contact;
  return {
    id: _id, name: hidden.has("name") ? "" : name, email: hidden.has("email") ? null : (email ?? null), phone: hidden.has("phone") ? null : (phone ?? null), externalId: externalId ?? null, avatar: hidden.has("name") ? null : (avatar ?? null), anonymous,
    blocked: blocked === undefined ? null : { at: iso(blocked.at), by: blocked.by }, attributes: attributes ?? {}, hidden: [...hidden], createdAt: iso(createdAt),
  };
}

/** Those of a list; `searched`: who hides what they were searched by is left out, or the list would tell it. */
export async function showContacts(core: Core, caller: Caller, found: readonly Contact[], searched?: Hidden): Promise<Shown[]> {
  const hidden = seesAll(caller) ? new Map<string, Set<Hidden>>() : await hiddenOfContacts(core, found.map(({ _id }) => _id));
  return found.filter(({ _id }) => searched === undefined || hidden.get(_id)?.has(searched) !== true).map((contact) => showContact(contact, hidden.get(contact._id)));
}

export interface Looked { contact: Contact; shown: ContactShown; tag: string; agent: Agent; /** Where the timeline tells what is done to them. */ conversation: Conversation | null }

/** The contact of the path. @throws {UserError} NOT_FOUND */
export async function lookAtContact({ parts: { core }, caller, params, concerns }: Pick<Incoming<unknown, unknown>, "parts" | "caller" | "params" | "concerns">): Promise<Looked> {
  const agent = actorOf(caller, core.clock.now());
  const { contact, identities } = await requireContact(core, agent, params["id"]!);
  concerns(contact._id);
  const [hidden, inboxes, conversation] = await Promise.all([seesAll(caller) ? undefined : hiddenOfContacts(core, [contact._id]), allInboxes(core), newestConversation(core, agent, contact._id)]);
  const theirs = hidden?.get(contact._id);
  const places = identities.map(({ inboxId, address, unreachable }) => ({
    inboxId, inbox: inboxes.find(({ _id }) => _id === inboxId)?.name ?? "an inbox that is gone", address: theirs === undefined ? address : null, reachable: unreachable === undefined,
  }));
  const { externalId, email, phone, name, attributes, blocked } = contact;
  const tag = `"${createHash("sha256").update(JSON.stringify([name, email, phone, externalId, attributes, blocked])).digest("base64url").slice(0, 22)}"`;
  return { contact, shown: { ...showContact(contact, theirs), places }, tag, agent, conversation };
}

/** What a call did to who a customer is, for administrators; `facts` without anything that the data says. */
export const auditContact = ({ parts: { core }, caller }: Pick<Incoming<unknown, unknown>, "parts" | "caller">, act: string, contactId: string, facts: Record<string, string[]> = {}): Promise<void> => {
  const at = core.clock.now();
  return recordAudit(core, { _id: newId(at), at, by: { name: caller.name, ...(caller.agent === null ? {} : { id: caller.agent._id }) }, act, contactId, facts });
};

/** @throws {UserError} CHANGED_MEANWHILE when `If-Match` came and names something else */
export function requireMatch({ headers }: FastifyRequest, tag: string): void {
  const wanted = headers["if-match"];
  if (wanted === undefined || wanted.trim() === "*" || wanted.split(",").some((one) => one.trim() === tag)) return;
  throw new UserError("CHANGED_MEANWHILE", "It is not as your If-Match says any more: somebody changed it. Read it again, and decide anew; nothing was done.");
}
