/** Contacts as a table that an import reads again: one row for each place where a customer writes, one for who writes nowhere. */
import type { Core } from "../core.ts";
import { attributeText } from "../model/attributes.ts";
import { attributeDefinitions } from "./attributes.ts";
import { EXPORTED_ONLY, IMPORTED } from "./import-contacts.ts";
import { allInboxes } from "./inbox-settings.ts";

const PLACES = 500;

/** The first row names the columns. Merged contacts stand under who they became. */
export async function* exportContacts(core: Core): AsyncGenerator<string[]> {
  const [definitions, inboxes] = await Promise.all([attributeDefinitions(core), allInboxes(core)]);
  yield [...IMPORTED, ...EXPORTED_ONLY, ...definitions.map(({ key }) => key)];
  for await (const contact of core.store.contacts.find({ mergedInto: { $exists: false } }).sort({ _id: 1 })) {
    const places = await core.store.identities.find({ contactId: contact._id }).limit(PLACES).toArray();
    const attributes = definitions.map(({ key }) => { const value = contact.attributes?.[key]; return value === undefined ? "" : attributeText(value); });
    const row = (inbox: string, address: string) =>
      [contact.externalId ?? "", contact.name, contact.email ?? "", contact.phone ?? "", inbox, address, contact._id, contact.blocked === undefined ? "no" : "yes", contact.createdAt.toISOString(), ...attributes];
    if (places.length === 0) yield row("", "");
    for (const { inboxId, address } of places) {
      const name = inboxes.find(({ _id }) => _id === inboxId)?.name;
      yield row(name ?? "", name === undefined ? "" : address);
    }
  }
}
