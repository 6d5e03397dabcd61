/** Two contacts who are one person: what would move, the merge, and its undo. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import { newId } from "../model/ids.ts";
import type { Agent, Contact, ContactIdentity, Conversation, Merge } from "../model/types.ts";
import { isDuplicateKey } from "../store/store.ts";
import { COUNTED } from "./contact.ts";
import { carryOutMerge } from "./merge-steps.ts";
import { agentAuthor } from "./send-reply.ts";

/** A merge can be undone for so long. */
export const UNDO_DAYS = 30;
/** Addresses that one merge moves at most. */
const MOST_IDENTITIES = 500;
/** Whoever began has this long before the sweep takes it up. Milliseconds. */
const BEGUN_MS = 10_000;

export interface MergePlan {
  keep: Contact; gone: Contact; identities: ContactIdentity[];
  /** Conversations that move, `COUNTED` + 1 at most. */
  conversations: number;
  filled: Merge["filled"];
  /** What both have, and differently: the one who stays keeps theirs. */
  conflicts: { field: string; kept: string; left: string }[];
}
/** One of the two, as messages call it; `conversationId`: where the timeline tells it. */
export interface MergeSide { contactId: string; name: string; called: string; conversationId?: string }
interface Two { agent: Agent; here: MergeSide; other: MergeSide }

export const sideOf = ({ contactId, contactName, number, _id }: Conversation): MergeSide => ({ contactId, name: contactName, called: `#${number}`, conversationId: _id });

const named = ({ name, anonymous }: Contact): boolean => name !== "" && !anonymous;
const FIELDS = ["email", "phone", "externalId", "avatar"] as const;

/** Writes nothing. @throws {UserError} ALREADY_SO, NOT_ALLOWED, NOT_POSSIBLE, NOT_FOUND */
export async function planMerge(core: Core, { agent, here, other }: Two): Promise<MergePlan> {
  if (here.contactId === other.contactId) throw new UserError("ALREADY_SO", `${here.called} and ${other.called} are the same customer's already; nothing changed.`);
  const { contacts, conversations } = core.store;
  const [keep, gone, identities, theirs, count] = await Promise.all([
    contacts.findOne({ _id: here.contactId }), contacts.findOne({ _id: other.contactId }), identitiesOf(core, other.contactId), identitiesOf(core, here.contactId),
    conversations.countDocuments({ contactId: other.contactId }, { limit: COUNTED + 1 }),
  ]);
  if (keep === null || gone === null) throw new UserError("NOT_FOUND", "One of the two customers is not known (any more).");
  if (agent.inboxIds !== "all" && [...identities, ...theirs].some(({ inboxId }) => !agent.inboxIds.includes(inboxId))) {
    throw new UserError("NOT_ALLOWED", "One of the two customers also writes in an inbox that you may not see. Ask a colleague who sees all of them.");
  }
  if (identities.length > MOST_IDENTITIES) throw new UserError("NOT_POSSIBLE", `${other.name} has more than ${MOST_IDENTITIES} addresses, which is more than one merge moves. Merge the other way round, from ${other.called}.`);
  if ((keep.blocked === undefined) !== (gone.blocked === undefined)) throw new UserError("NOT_POSSIBLE", `One of the two is blocked and the other is not. Block or unblock one of them first.`);
  if (keep.externalId !== undefined && gone.externalId !== undefined) throw new UserError("NOT_POSSIBLE", "Your own system knows the two under different ids, so they are two people there. Join them there first, then import or identify anew.");

  const filled: Merge["filled"] = {};
  const conflicts: MergePlan["conflicts"] = [];
  if (!named(keep) && named(gone)) filled["name"] = gone.name;
  for (const field of FIELDS) {
    const [mine, your] = [keep[field], gone[field]];
    if (your === undefined) continue;
    if (mine === undefined) filled[field] = your;
    else if (mine !== your && field !== "avatar") conflicts.push({ field, kept: mine, left: your });
  }
  for (const [key, value] of Object.entries(gone.attributes ?? {})) {
    const mine = keep.attributes?.[key];
    if (mine === undefined) filled[`attributes.${key}`] = value;
    else if (mine !== value) conflicts.push({ field: key, kept: String(mine), left: String(value) });
  }
  return { keep, gone, identities, conversations: count, filled, conflicts };
}

const identitiesOf = (core: Core, contactId: string): Promise<ContactIdentity[]> => core.store.identities.find({ contactId }).limit(MOST_IDENTITIES + 1).toArray();

/** The customer of `other` becomes the one of `here`. @throws {UserError} as `planMerge` */
export async function mergeContacts(core: Core, two: Two): Promise<MergePlan> {
  const plan = await planMerge(core, two);
  const { keep, gone } = plan;
  const now = core.clock.now();
  const merge: Merge = {
    _id: newId(now), keepId: keep._id, goneId: gone._id, by: agentAuthor(two.agent), at: now, state: "doing", open: [keep._id, gone._id], dueAt: new Date(now.getTime() + BEGUN_MS),
    identityIds: plan.identities.map(({ _id }) => _id), filled: plan.filled, keepName: keep.name, goneName: gone.name, shown: { keep: two.here.name, gone: two.other.name }, conversationIds: [two.here, two.other].flatMap(({ conversationId }) => (conversationId === undefined ? [] : [conversationId])),
  };
  await begin(core, merge);
  if ((await carryOutMerge(core, merge)) === null) throw changing();
  return plan;
}

const changing = () => new UserError("TOO_LATE", "Somebody merged one of the two at this moment. Look at both, then try again; nothing was changed.");

/** Of two merges of one contact at once, one is refused. */
async function begin(core: Core, merge: Merge): Promise<void> {
  const { merges, contacts } = core.store;
  try { await merges.insertOne(merge); } catch (error) { if (!isDuplicateKey(error)) throw error; throw changing(); }
  const moved = await contacts.findOne({ _id: { $in: [merge.keepId, merge.goneId] }, mergedInto: { $exists: true } }, { projection: { _id: 1 } });
  if (moved === null) return;
  await merges.deleteOne({ _id: merge._id });
  throw changing();
}

/** The newest merge into this conversation's customer. @throws {UserError} NOT_FOUND, TOO_LATE, NOT_ALLOWED */
export async function undoNewestMerge(core: Core, { agent, here }: Omit<Two, "other">): Promise<Merge> {
  const { merges, identities } = core.store;
  const merge = await merges.findOne({ keepId: here.contactId, state: { $in: ["done", "undoing"] } }, { sort: { at: -1 } });
  if (merge === null) throw new UserError("NOT_FOUND", `${here.name} was not merged with anybody, or that was taken back already.`);
  if (core.clock.now().getTime() - merge.at.getTime() > UNDO_DAYS * 86_400_000) throw new UserError("TOO_LATE", `${here.name} was merged with ${merge.shown.gone} more than ${UNDO_DAYS} days ago; that can't be taken back any more.`);
  const unseen = agent.inboxIds === "all" ? null : await identities.findOne({ _id: { $in: merge.identityIds }, inboxId: { $nin: agent.inboxIds } });
  if (unseen !== null) throw new UserError("NOT_ALLOWED", "What would be moved back lies in an inbox that you may not see. Ask a colleague who sees all of them.");
  let undoing: Merge | null;
  try {
    undoing = await merges.findOneAndUpdate(
      { _id: merge._id, state: { $in: ["done", "undoing"] } },
      { $set: { state: "undoing", undoneBy: agentAuthor(agent), open: [merge.keepId, merge.goneId], dueAt: new Date(core.clock.now().getTime() + BEGUN_MS) } }, { returnDocument: "after" },
    );
  } catch (error) { if (!isDuplicateKey(error)) throw error; throw changing(); }
  if (undoing === null) throw changing();
  await carryOutMerge(core, undoing);
  return undoing;
}
