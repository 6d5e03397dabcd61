/**
 * Contacts from a table. Who a row is about is said by `external_id`, or by `inbox` and `address`, for which the administrator vouches; an
 * e-mail or phone number finds nobody. Empty cells leave what is known. The same rows again change nothing.
 */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { readAttribute, type AttributeDefinition } from "../model/attributes.ts";
import { didYouMean } from "../model/close-names.ts";
import { unguarded, type CsvRow } from "../model/csv.ts";
import { newId } from "../model/ids.ts";
import type { AttributeValue, Contact, ContactIdentity, Inbox } from "../model/types.ts";
import { isDuplicateKey } from "../store/store.ts";
import { attributeDefinitions, tellAttributes } from "./attributes.ts";
import { alignNames, readChange, type ContactChange } from "./contact.ts";
import { allInboxes } from "./inbox-settings.ts";

/** What an import reads, and what an export writes besides. */
export const IMPORTED = ["external_id", "name", "email", "phone", "inbox", "address"] as const;
export const EXPORTED_ONLY = ["contact_id", "blocked", "created_at"] as const;
const ID_CHARS = 200;

export type RowOutcome = { outcome: "made" | "changed" | "same" } | { outcome: "refused"; reason: string };
type Column = (typeof IMPORTED)[number] | AttributeDefinition | null;
export interface ImportPlan { columns: Column[]; definitions: AttributeDefinition[]; inboxes: Inbox[] }

/** What each column of the first row is. @throws {UserError} BAD_TEXT naming what is unknown, twice or missing */
export async function planImport(core: Core, header: readonly string[]): Promise<ImportPlan> {
  const definitions = await attributeDefinitions(core);
  const known = [...IMPORTED, ...EXPORTED_ONLY, ...definitions.map(({ key }) => key)] as string[];
  const names = header.map((cell) => cell.trim().toLowerCase().replace(/[\s-]+/g, "_").replace(/^e_mail$/, "email"));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UserError("BAD_TEXT", `There is no column "${unknown.slice(0, 40)}".${didYouMean(unknown, known)} The first line names the columns: ${IMPORTED.join(", ")}${definitions.length === 0 ? "" : `, ${definitions.map(({ key }) => key).join(", ")}`}. Nothing was changed.`);
  const twice = names.find((name, n) => names.indexOf(name) < n);
  if (twice !== undefined) throw new UserError("BAD_TEXT", `The column ${twice} stands there twice. Nothing was changed.`);
  if (!names.includes("external_id") && !(names.includes("inbox") && names.includes("address"))) {
    throw new UserError("BAD_TEXT", "The table needs a column external_id, or inbox and address: an e-mail address alone does not prove who somebody is. Nothing was changed.");
  }
  const columns = names.map((name): Column => definitions.find(({ key }) => key === name) ?? IMPORTED.find((one) => one === name) ?? null);
  return { columns, definitions, inboxes: await allInboxes(core) };
}

export interface Wanted { externalId?: string; at?: { inbox: Inbox; address: string }; change: ContactChange; attributes: Record<string, AttributeValue> }
class Refusal extends Error {}

/** `dryRun`: says what would come of it. */
export async function importRow(core: Core, plan: ImportPlan, row: CsvRow, dryRun: boolean): Promise<RowOutcome> {
  try {
    const wanted = readRow(plan, row);
    const found = await findFor(core, wanted);
    const outcome = whatChanges(found, wanted);
    if (!dryRun && outcome !== "same") await write(core, plan.definitions, found, wanted);
    return { outcome };
  } catch (error) {
    if (error instanceof Refusal) return { outcome: "refused", reason: error.message };
    if (error instanceof UserError) return { outcome: "refused", reason: error.message.replace(" Nothing was changed.", "") };
    if (isDuplicateKey(error)) return { outcome: "refused", reason: "somebody else brought this customer in at this moment; import the row again" };
    throw error;
  }
}

/** One contact, new; answers its id. `wanted` names an external id, or where they write, for which the caller vouches. @throws {UserError} ALREADY_SO, BAD_TEXT */
export async function makeContact(core: Core, definitions: AttributeDefinition[], wanted: Wanted): Promise<string> {
  const known = () => new UserError("ALREADY_SO", "This contact is known already, by that externalId or at that address. Find and change it; nothing was made.");
  try {
    if ((await findFor(core, wanted)).contact !== null) throw known();
    return await write(core, definitions, { contact: null, identity: null }, { ...wanted, change: readChange(wanted.change) });
  } catch (error) {
    throw error instanceof Refusal || isDuplicateKey(error) ? known() : error;
  }
}

function readRow({ columns, inboxes }: ImportPlan, { cells }: CsvRow): Wanted {
  if (cells.slice(columns.length).some((cell) => cell.trim() !== "")) throw new Refusal(`has ${cells.length} cells, and the first line names ${columns.length} columns`);
  const wanted: Wanted = { change: {}, attributes: {} };
  let inbox: string | undefined, address: string | undefined;
  for (const [n, column] of columns.entries()) {
    const text = unguarded((cells[n] ?? "").trim());
    if (text === "" || column === null) continue;
    if (typeof column !== "string") {
      const read = readAttribute(column, text);
      if ("fault" in read) throw new Refusal(`${column.key} ${read.fault}`);
      wanted.attributes[column.key] = read.value;
    } else if (column === "inbox") inbox = text;
    else if (column === "address" || column === "external_id") {
      if (text.length > ID_CHARS || /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) throw new Refusal(`${column} is one line of ${ID_CHARS} characters at most`);
      if (column === "address") address = text;
      else wanted.externalId = text;
    } else wanted.change[column] = text;
  }
  wanted.change = readChange(wanted.change) as ContactChange;
  if ((inbox === undefined) !== (address === undefined)) throw new Refusal("inbox and address go together");
  if (inbox !== undefined && address !== undefined) {
    const named = inboxes.find(({ name }) => name.toLowerCase() === inbox.toLowerCase());
    if (named === undefined) throw new Refusal(`there is no inbox ${inbox.slice(0, 60)}.${didYouMean(inbox, inboxes.map(({ name }) => name))}`);
    wanted.at = { inbox: named, address: named.channel === "email" ? address.toLowerCase() : address };
  }
  if (wanted.externalId === undefined && wanted.at === undefined) throw new Refusal("has neither an external_id nor inbox and address, so nobody can tell whom it is about; an e-mail address alone proves nothing");
  return wanted;
}

interface FoundFor { contact: Contact | null; identity: ContactIdentity | null }

async function findFor(core: Core, { externalId, at }: Wanted): Promise<FoundFor> {
  const { contacts, identities } = core.store;
  const [byId, identity] = await Promise.all([
    externalId === undefined ? null : contacts.findOne({ externalId }), at === undefined ? null : identities.findOne({ inboxId: at.inbox._id, address: at.address }),
  ]);
  const byAddress = identity === null ? null : await contacts.findOne({ _id: identity.contactId });
  if (byId !== null && byAddress !== null && byId._id !== byAddress._id) throw new Refusal("its external_id is one customer's and its address another's; merge the two in a thread first, if they are one person");
  if (externalId !== undefined && byAddress?.externalId !== undefined && byAddress.externalId !== externalId) throw new Refusal("who writes from its address is known under another external_id");
  return { contact: byId ?? byAddress, identity };
}

function whatChanges({ contact, identity }: FoundFor, { externalId, at, change, attributes }: Wanted): "made" | "changed" | "same" {
  if (contact === null) return "made";
  const differs = (externalId !== undefined && contact.externalId !== externalId) || (at !== undefined && identity === null) ||
    Object.entries(change).some(([field, value]) => contact[field as keyof ContactChange] !== value) || Object.entries(attributes).some(([key, value]) => contact.attributes?.[key] !== value);
  return differs ? "changed" : "same";
}

/** The identity comes after its contact, and what is known of it last: a stop in between leaves what the same row does again. */
async function write(core: Core, definitions: AttributeDefinition[], { contact, identity }: FoundFor, { externalId, at, change, attributes }: Wanted): Promise<string> {
  const { contacts, identities } = core.store;
  const now = core.clock.now();
  const facts = { ...(Object.fromEntries(Object.entries(change)) as Pick<Contact, "email" | "phone"> & { name?: string }), ...(externalId === undefined ? {} : { externalId }) };
  let _id = contact?._id;
  if (_id === undefined) {
    _id = newId(now);
    await contacts.insertOne({ _id, name: "", anonymous: change.name === undefined, createdAt: now, ...facts });
  } else if (Object.keys(facts).length > 0) await contacts.updateOne({ _id }, { $set: { ...facts, ...(change.name === undefined ? {} : { anonymous: false }) } });
  if (at !== undefined && identity === null) {
    try {
      await identities.insertOne({ _id: newId(now), inboxId: at.inbox._id, address: at.address, contactId: _id, createdAt: now, ...(contact?.blocked === undefined ? {} : { blocked: { swallowed: 0 } }) });
    } catch (error) {
      if (contact === null && isDuplicateKey(error)) await contacts.deleteOne({ _id });
      throw error;
    }
  }
  await tellAttributes(core, _id, definitions, attributes);
  if (change.name !== undefined && change.name !== contact?.name) await alignNames(core, _id);
  return _id;
}
