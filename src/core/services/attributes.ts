/** Customers' attributes: defined in the settings file, set by agents, by programs of the administrator's and by import. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { attributeText, readAttribute, type AttributeDefinition, MOST_ON_CARD } from "../model/attributes.ts";
import { didYouMean } from "../model/close-names.ts";
import type { AttributeValue, Author, Contact, Conversation } from "../model/types.ts";
import { changeConversation, NOT_ERASED } from "./change-conversation.ts";

export const ATTRIBUTES_ID = "attributes";

export const attributeDefinitions = async (core: Core): Promise<AttributeDefinition[]> => ((await core.store.settings.findOne({ _id: ATTRIBUTES_ID }))?.value ?? []) as AttributeDefinition[];

/** By key or name. @throws {UserError} ATTRIBUTE_UNKNOWN */
export function definitionOf(definitions: readonly AttributeDefinition[], word: string): AttributeDefinition {
  const found = definitions.find(({ key, name }) => key === word.toLowerCase() || name.toLowerCase() === word.toLowerCase());
  if (found !== undefined) return found;
  const keys = definitions.map(({ key }) => key);
  throw new UserError("ATTRIBUTE_UNKNOWN", `There is no attribute "${word.slice(0, 40)}".${didYouMean(word, keys) || (keys.length === 0 ? " There are none yet." : ` There are: ${keys.slice(0, 20).join(", ")}.`)} An administrator adds attributes in the settings file (threadline.yaml).`);
}

/** What a contact's attributes add to the cards of their conversations. */
export function factsOf(definitions: readonly AttributeDefinition[], contact: Pick<Contact, "attributes"> | null): NonNullable<Conversation["contactFacts"]> {
  return definitions.filter(({ onCard, key }) => onCard === true && contact?.attributes?.[key] !== undefined)
    .slice(0, MOST_ON_CARD).map(({ key, name }) => ({ label: name, value: attributeText(contact!.attributes![key]!) }));
}

/** For a conversation that begins. */
export async function factsForNew(core: Core, contact: Pick<Contact, "attributes"> | null): Promise<Pick<Conversation, "contactFacts">> {
  if (contact?.attributes === undefined) return {};
  const contactFacts = factsOf(await attributeDefinitions(core), contact);
  return contactFacts.length === 0 ? {} : { contactFacts };
}

/** The contact's cards show what is known now; those of resolved conversations when they change again. */
export async function showAttributes(core: Core, contactId: string, definitions: readonly AttributeDefinition[]): Promise<void> {
  const { contacts, conversations } = core.store;
  const contactFacts = factsOf(definitions, await contacts.findOne({ _id: contactId }, { projection: { attributes: 1 } }));
  const differs = { contactId, contactFacts: contactFacts.length === 0 ? { $exists: true, $ne: [] } : { $ne: contactFacts }, ...NOT_ERASED };
  await conversations.updateMany({ ...differs, status: { $ne: "resolved" } }, { $set: { contactFacts, cardDueAt: core.clock.now() }, $inc: { cardRev: 1 } });
  await conversations.updateMany(differs, { $set: { contactFacts } });
}

/** An agent's act, told in the timeline; null takes it away. @throws {UserError} ATTRIBUTE_UNKNOWN, BAD_TEXT, ALREADY_SO, NOT_FOUND */
export async function setAttribute(core: Core, act: { conversation: Conversation; actor: Author; word: string; text: string | null }): Promise<{ name: string; value: AttributeValue | null }> {
  const { conversation, actor, text } = act;
  const definitions = await attributeDefinitions(core);
  const definition = definitionOf(definitions, act.word);
  const read = text === null ? { value: null } : readAttribute(definition, text);
  if ("fault" in read) throw new UserError("BAD_TEXT", `${definition.name} ${read.fault}. Nothing was changed.`);
  const { key, name } = definition;
  const known = await core.store.contacts.findOne({ _id: conversation.contactId }, { projection: { attributes: 1 } });
  if (known === null) throw new UserError("NOT_FOUND", "This customer is not known (any more).");
  if ((known.attributes?.[key] ?? null) === read.value) throw new UserError("ALREADY_SO", `${name} is ${read.value === null ? "not set" : `${attributeText(read.value)} already`}; nothing changed.`);
  await core.store.contacts.updateOne({ _id: conversation.contactId }, read.value === null ? { $unset: { [`attributes.${key}`]: "" } } : { $set: { [`attributes.${key}`]: read.value } });
  await showAttributes(core, conversation.contactId, definitions);
  await changeConversation(core, conversation._id, actor, { expect: NOT_ERASED, activity: [{ type: "attribute", name, value: read.value === null ? null : attributeText(read.value) }] });
  return { name, value: read.value };
}

/** All or none are read; null takes one away. @throws {UserError} BAD_BODY with the path of each fault */
export function readAttributes(definitions: readonly AttributeDefinition[], given: Record<string, AttributeValue | null>): Record<string, AttributeValue | null> {
  const faults: { path: string; message: string }[] = [];
  const values: Record<string, AttributeValue | null> = {};
  for (const [key, value] of Object.entries(given)) {
    const definition = definitions.find((one) => one.key === key);
    const read = definition === undefined ? { fault: "is no attribute of the settings file" } : value === null ? { value } : readAttribute(definition, value);
    if ("fault" in read) faults.push({ path: `attributes.${key}`, message: read.fault });
    else values[key] = read.value;
  }
  if (faults.length > 0) throw new UserError("BAD_BODY", `The attribute ${faults[0]!.path.slice(11)} ${faults[0]!.message}. Nothing was stored.`, faults);
  return values;
}

/** What a program of the administrator's says counts, whatever was known before. */
export async function tellAttributes(core: Core, contactId: string, definitions: readonly AttributeDefinition[], values: Record<string, AttributeValue | null>): Promise<void> {
  const entries = Object.entries(values);
  if (entries.length === 0) return;
  const set = Object.fromEntries(entries.filter(([, value]) => value !== null).map(([key, value]) => [`attributes.${key}`, value]));
  const gone = Object.fromEntries(entries.filter(([, value]) => value === null).map(([key]) => [`attributes.${key}`, "" as const]));
  const { modifiedCount } = await core.store.contacts.updateOne({ _id: contactId }, { ...(Object.keys(set).length === 0 ? {} : { $set: set }), ...(Object.keys(gone).length === 0 ? {} : { $unset: gone }) });
  if (modifiedCount > 0) await showAttributes(core, contactId, definitions);
}
