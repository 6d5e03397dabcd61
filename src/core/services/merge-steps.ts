/** Carries a merge out, or takes it back: every step may be repeated, so whoever finds one half-way does the rest. */
import type { Core } from "../core.ts";
import type { ActivityFact, Merge } from "../model/types.ts";
import { recordAudit } from "./audit.ts";
import { changeConversation, NOT_ERASED } from "./change-conversation.ts";
import { alignNames, rename } from "./contact.ts";

/** A line that came in at this moment may still know the old contact: looked at once more after this. */
const LOOK_AGAIN_MS = 60_000;
const BATCH = 50;
/** What who gave no name is called, as when their first line came. */
const NAMELESS = "Visitor";

/** Answers the merge as it stands then; null when it was given up, since the contact went elsewhere meanwhile. */
export async function carryOutMerge(core: Core, merge: Merge): Promise<Merge | null> {
  if (merge.state === "doing" || merge.state === "done") return doMerge(core, merge);
  return undoMerge(core, merge);
}

async function doMerge(core: Core, merge: Merge): Promise<Merge | null> {
  const { contacts, merges } = core.store;
  const { _id, keepId, goneId, filled } = merge;
  const claimed = await contacts.updateOne(
    { _id: goneId, mergedInto: { $in: [null, keepId] as unknown as string[] } },
    { $set: { mergedInto: keepId }, ...("externalId" in filled ? { $unset: { externalId: "" as const } } : {}) },
  );
  if (claimed.matchedCount === 0) { await merges.deleteOne({ _id, state: "doing" }); return null; }
  await moveIdentities(core, merge, goneId, keepId);
  if (merge.state === "doing") {
    for (const [path, value] of Object.entries(filled)) {
      await contacts.updateOne({ _id: keepId, ...(path === "name" ? { anonymous: true } : { [path]: { $exists: false } }) }, { $set: { [path]: value, ...(path === "name" ? { anonymous: false } : {}) } });
    }
  }
  await alignNames(core, keepId);
  if (merge.state === "done") return settle(core, merge, "done");
  await tell(core, merge, { type: "merged", name: merge.shown.gone, into: merge.shown.keep });
  await recordAudit(core, { _id: `merge:${_id}`, at: merge.at, by: actorOf(merge.by), act: "contact.merged", contactId: keepId, facts: { merged: goneId, identities: merge.identityIds.length } });
  return settle(core, merge, "done");
}

async function undoMerge(core: Core, merge: Merge): Promise<Merge | null> {
  const { contacts } = core.store;
  const { _id, keepId, goneId, filled } = merge;
  await moveIdentities(core, merge, keepId, goneId);
  if (merge.state === "undoing") {
    // what an agent changed since is theirs
    for (const [path, value] of Object.entries(filled)) {
      await contacts.updateOne({ _id: keepId, [path]: value }, path === "name" ? { $set: { name: merge.keepName, anonymous: true } } : { $unset: { [path]: "" } });
    }
    const keep = await contacts.findOne({ _id: keepId });
    await contacts.updateOne({ _id: goneId }, {
      $set: { ...(typeof filled["externalId"] === "string" ? { externalId: filled["externalId"] } : {}), ...(keep?.blocked === undefined ? {} : { blocked: keep.blocked }) },
      $unset: { mergedInto: "", ...(keep?.blocked === undefined ? { blocked: "" } : {}) },
    });
  }
  await rename(core, goneId, merge.goneName || NAMELESS);
  if (merge.keepName === "" && "name" in filled) await rename(core, keepId, NAMELESS);
  await alignNames(core, keepId);
  if (merge.state === "undone") return settle(core, merge, "undone");
  const by = merge.undoneBy ?? merge.by;
  await tell(core, { ...merge, by }, { type: "merged", name: merge.shown.gone, into: merge.shown.keep, undone: true });
  await recordAudit(core, { _id: `unmerge:${_id}`, at: core.clock.now(), by: actorOf(by), act: "contact.merge undone", contactId: keepId, facts: { merged: goneId, identities: merge.identityIds.length } });
  return settle(core, merge, "undone");
}

const actorOf = ({ id, name }: Merge["by"]) => ({ name, ...(id === undefined ? {} : { id }) });

/** Conversations belong to their identity's contact. */
async function moveIdentities(core: Core, { identityIds }: Merge, from: string, to: string): Promise<void> {
  const { conversations, identities } = core.store;
  await identities.updateMany({ _id: { $in: identityIds }, contactId: from }, { $set: { contactId: to } });
  await conversations.updateMany({ identityId: { $in: identityIds }, contactId: from }, { $set: { contactId: to } });
}

async function tell(core: Core, merge: Merge, fact: ActivityFact): Promise<void> {
  for (const [n, conversationId] of merge.conversationIds.entries()) {
    await changeConversation(core, conversationId, merge.by, { expect: NOT_ERASED, activity: [fact], activityId: `${merge._id}-${merge.state.startsWith("un") ? "u" : "m"}${n}` });
  }
}

/** `state` is reached once; the look after it ends the work. */
async function settle(core: Core, merge: Merge, state: "done" | "undone"): Promise<Merge> {
  const reached = merge.state === state;
  const after = await core.store.merges.findOneAndUpdate(
    { _id: merge._id, state: merge.state },
    reached ? { $unset: { dueAt: "" } } : { $set: { state, dueAt: new Date(core.clock.now().getTime() + LOOK_AGAIN_MS) }, $unset: { open: "" } },
    { returnDocument: "after" },
  );
  return after ?? merge;
}

/** For the sweep: what a stop left half-way, and the look after. */
export async function sweepMerges(core: Core): Promise<void> {
  const due = await core.store.merges.find({ dueAt: { $lte: core.clock.now() } }).sort({ dueAt: 1 }).limit(BATCH).toArray();
  for (const merge of due) await carryOutMerge(core, merge);
}
