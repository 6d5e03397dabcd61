/** A blocked customer's lines go nowhere: not stored, not shown, only counted. Where their channel can tell them so, it does. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Conversation } from "../model/types.ts";
import { identityOf } from "../store/look-together.ts";
import { changeConversation } from "./change-conversation.ts";
import type { ContactAct } from "./contact.ts";
import { agentAuthor } from "./send-reply.ts";

/** Asked for edits, reactions and typing; a new line's identity is read anyway. */
export const isBlockedAt = async (core: Core, inboxId: string, address: string): Promise<boolean> => (await identityOf(core, inboxId, address))?.blocked !== undefined;

export async function countSwallowed(core: Core, identityId: string): Promise<void> {
  await core.store.identities.updateOne({ _id: identityId, blocked: { $exists: true } }, { $inc: { "blocked.swallowed": 1 }, $set: { "blocked.lastAt": core.clock.now() } });
}

/** Blocks the contact on every inbox, or takes them up again. Answers how many lines were left out meanwhile. */
export async function setBlocked(core: Core, act: ContactAct & { blocked: boolean }): Promise<{ conversation: Conversation | null; swallowed: number }> {
  const { agent, blocked, contactId, conversation } = act;
  const { contacts, conversations, identities } = core.store;
  const contact = await contacts.findOne({ _id: contactId });
  if (contact === null) throw new UserError("NOT_FOUND", "This customer is not known (any more).");
  if ((contact.blocked !== undefined) === blocked) throw new UserError("ALREADY_SO", `${conversation?.contactName ?? contact.name} is ${blocked ? "" : "not "}blocked${blocked ? " already" : ""}; nothing changed.`);

  const swallowed = (await identities.find({ contactId, blocked: { $exists: true } }, { projection: { blocked: 1 } }).limit(200).toArray()).reduce((sum, one) => sum + (one.blocked?.swallowed ?? 0), 0);
  await identities.updateMany({ contactId, blocked: { $exists: !blocked } }, blocked ? { $set: { blocked: { swallowed: 0 } } } : { $unset: { blocked: "" } });
  const others = { contactId, ...(conversation === null ? {} : { _id: { $ne: conversation._id } }), contactBlocked: { $exists: !blocked } };
  const flag = blocked ? { $set: { contactBlocked: true as const } } : { $unset: { contactBlocked: "" as const } };
  await conversations.updateMany({ ...others, status: { $ne: "resolved" } }, { ...flag, $set: { ...flag.$set, cardDueAt: core.clock.now() }, $inc: { cardRev: 1 } });
  await conversations.updateMany(others, flag);
  const after = conversation === null ? null : await changeConversation(core, conversation._id, agentAuthor(agent), { ...(blocked ? { set: { contactBlocked: true } } : { unset: ["contactBlocked"] }), activity: [{ type: "blocked", blocked }] });
  // The contact comes last: what was stopped before this is done when it is asked for again.
  await contacts.updateOne({ _id: contactId }, blocked ? { $set: { blocked: { at: core.clock.now(), by: agent.name } } } : { $unset: { blocked: "" } });
  return { conversation: after ?? conversation, swallowed };
}
