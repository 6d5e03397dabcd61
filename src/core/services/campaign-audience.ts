/** Who a campaign is for, page by page of contacts, and who of them is left out and why. A page costs the same however many there are. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { parseFilter } from "../filters/parse.ts";
import { planSegment, type Segment } from "../filters/segment.ts";
import type { Campaign, SkipReason } from "../model/campaigns.ts";
import type { Contact, ContactIdentity, Conversation, Inbox } from "../model/types.ts";
import { canAddress } from "../ports.ts";
import { allAgents, allInboxes, allTargets, allTeams } from "./inbox-settings.ts";
import { allLabels } from "./label.ts";
import { optedOut } from "./opt-out.ts";
import { renderTemplate, type Values } from "./template.ts";

/** Contacts that are looked at together. */
export const PAGE = 200;
/** Conversations of one contact that a filter is asked of. */
const CONVERSATIONS = 50;

/** @throws {UserError} BAD_FILTER */
export async function segmentOf(core: Core, filter: string): Promise<Segment> {
  const [agents, teams, inboxes, desks, labels] = await Promise.all([allAgents(core), allTeams(core), allInboxes(core), allTargets(core), allLabels(core)]);
  return planSegment(parseFilter(filter), { me: null, now: core.clock.now(), timeZone: "UTC", agents, teams, inboxes, desks, labels, words: new Map() });
}

/** The next contacts in the order of their ids, and those of them that the segment holds. `next`: null when that was all. */
export async function segmentPage(core: Core, { test, asksConversations }: Segment, after: string): Promise<{ contacts: Contact[]; next: string | null }> {
  const page = await core.store.contacts.find({ _id: { $gt: after }, mergedInto: { $exists: false } }).sort({ _id: 1 }).limit(PAGE).toArray();
  const theirs = asksConversations ? await conversationsOf(core, page) : new Map<string, Conversation[]>();
  return { contacts: page.filter((contact) => test(contact, theirs.get(contact._id) ?? [])), next: page.length < PAGE ? null : page.at(-1)!._id };
}

async function conversationsOf(core: Core, contacts: Contact[]): Promise<Map<string, Conversation[]>> {
  const { conversations } = core.store;
  const ids = contacts.map(({ _id }) => _id);
  const most = ids.length * 5;
  const all = await conversations.find({ contactId: { $in: ids } }).limit(most).toArray();
  const found = new Map<string, Conversation[]>();
  if (all.length < most) for (const one of all) found.set(one.contactId, [...(found.get(one.contactId) ?? []), one]);
  else for (const id of ids) found.set(id, await conversations.find({ contactId: id }).sort({ createdAt: -1 }).limit(CONVERSATIONS).toArray());
  return found;
}

/** Whether one contact is in a segment. */
export async function isInSegment(core: Core, filter: string, contact: Contact): Promise<boolean> {
  const { test, asksConversations } = await segmentOf(core, filter);
  return test(contact, asksConversations ? await core.store.conversations.find({ contactId: contact._id }).sort({ createdAt: -1 }).limit(CONVERSATIONS).toArray() : []);
}

/** `skip`: they are left out. `identity`: absent where they never wrote here and can be written to first. */
export interface Judged { contact: Contact; skip?: SkipReason; address?: string; identity?: ContactIdentity; text?: { body: string; subject: string; values: Record<string, string> } }
export type Judging = Pick<Campaign, "inboxId" | "text" | "subject" | "template" | "consent">;

/** In the order of `contacts`. What was right when the list was made may be wrong when the message goes, so it is asked both times. */
export async function judge(core: Core, campaign: Judging, inbox: Inbox, contacts: readonly Contact[]): Promise<Judged[]> {
  const adapter = core.channels.get(inbox._id);
  const places = await placesOf(core, inbox, contacts);
  const addressFor = (contact: Contact): string | undefined => (adapter !== undefined && canAddress(adapter) && (campaign.template !== undefined || adapter.capabilities.window.is === null) ? adapter.addressFor(contact) ?? undefined : undefined);
  const found = await Promise.all(contacts.map(async (contact): Promise<Judged> => {
    const identity = places.get(contact._id);
    const address = identity?.address ?? addressFor(contact);
    return { contact, ...(identity === undefined ? {} : { identity }), ...(address === undefined ? {} : { address }) };
  }));
  const [off, fresh] = await Promise.all([optedOut(core, inbox.channel, found.flatMap(({ address }) => address ?? [])), inWindow(core, campaign, inbox, found)]);
  return Promise.all(found.map(async (one): Promise<Judged> => {
    const skip = whyNot(one, campaign, off, fresh);
    if (skip !== undefined) return { ...one, skip };
    try {
      return { ...one, text: await textFor(campaign, inbox, one.contact) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return { ...one, skip: "text" };
    }
  }));
}

function whyNot({ contact, address, identity }: Judged, { consent }: Judging, off: Set<string>, fresh: Set<string> | null): SkipReason | undefined {
  if (contact.blocked !== undefined || identity?.blocked !== undefined) return "blocked";
  if (address === undefined) return "no-identity";
  if (off.has(address)) return "opted-out";
  if (identity?.unreachable !== undefined) return "unreachable";
  if (consent !== undefined && contact.attributes?.[consent] !== true) return "no-consent";
  return fresh !== null && !fresh.has(identity?._id ?? "") ? "no-template" : undefined;
}

/** Where each of them is on this inbox: the newest place that can be reached. */
async function placesOf(core: Core, inbox: Inbox, contacts: readonly Contact[]): Promise<Map<string, ContactIdentity>> {
  const all = await core.store.identities.find({ contactId: { $in: contacts.map(({ _id }) => _id) }, inboxId: inbox._id }).toArray();
  const places = new Map<string, ContactIdentity>();
  for (const one of all.toSorted((a, b) => Number(b.unreachable !== undefined) - Number(a.unreachable !== undefined) || (a._id < b._id ? -1 : 1))) places.set(one.contactId, one);
  return places;
}

/** Identities to which a free text may go now; null where it always may. */
async function inWindow(core: Core, { template }: Judging, inbox: Inbox, found: Judged[]): Promise<Set<string> | null> {
  const windowMs = core.channels.get(inbox._id)?.capabilities.window.is ?? null;
  if (windowMs === null || template !== undefined) return null;
  const ids = found.flatMap(({ identity }) => identity?._id ?? []);
  const open = await core.store.conversations.find({ identityId: { $in: ids }, windowFrom: { $gt: new Date(core.clock.now().getTime() - windowMs) } }, { projection: { identityId: 1 } }).toArray();
  return new Set(open.map(({ identityId }) => identityId));
}

/** @throws {UserError} VARIABLE_UNKNOWN names what is not known of them */
export async function textFor({ text, subject, template }: Judging, inbox: Inbox, contact: Contact): Promise<NonNullable<Judged["text"]>> {
  const words = contact.name.trim().split(/\s+/);
  const known: { [K in keyof Values]: string | undefined } = {
    "contact.name": contact.name, "contact.first_name": words[0], "contact.last_name": words.length > 1 ? words.at(-1) : undefined, "contact.email": contact.email, "contact.phone": contact.phone, "inbox.name": inbox.name,
  };
  const values = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined && value !== "")) as Values;
  const fill = (one: string) => renderTemplate(one, values, async () => null);
  const filled = await Promise.all(Object.entries(template?.values ?? {}).map(async ([key, value]) => [key, await fill(value)] as const));
  return { body: await fill(text), subject: subject === undefined ? "" : (await fill(subject)).replace(/\s+/g, " "), values: Object.fromEntries(filled) };
}
