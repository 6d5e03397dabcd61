/** Who owns a conversation. Of two who take it at once, one wins and the other is told by name. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Agent, Author, Conversation } from "../model/types.ts";
import { changeConversation } from "./change-conversation.ts";
import { mayAnswer } from "./inbox-settings.ts";
import { agentAuthor } from "./send-reply.ts";
import { reread } from "./set-status.ts";

/** The owner is me, if nobody owns it; with `anyway` also from somebody else. @throws {UserError} ALREADY_SO naming the owner */
export async function take(core: Core, act: { conversation: Conversation; agent: Agent; anyway?: boolean | undefined }): Promise<Conversation> {
  const { agent, anyway } = act;
  const after = await changeConversation(core, act.conversation._id, agentAuthor(agent), {
    expect: { assigneeId: anyway === true ? { $ne: agent._id } : null },
    set: { assigneeId: agent._id, assigneeName: agent.name },
    activity: [{ type: "assigned", to: agent._id, toName: agent.name }],
  });
  if (after !== null) return after;
  const current = await reread(core, act.conversation._id);
  if (current.assigneeId === agent._id) throw new UserError("ALREADY_SO", `#${current.number} is yours already.`);
  throw new UserError("ALREADY_SO", `${current.assigneeName} has #${current.number}. Take it only if you have agreed on it.`);
}

/** @throws {UserError} ALREADY_SO, NOT_POSSIBLE when that agent is not active or may not answer this inbox */
export async function assign(core: Core, act: { conversation: Conversation; to: Agent; actor: Author }): Promise<Conversation> {
  const { conversation, to } = act;
  const allowed: boolean = mayAnswer(to, conversation.inboxId);
  if (!allowed) {
    throw new UserError("NOT_POSSIBLE", `${to.name} ${to.active ? "may not answer this inbox" : "is no longer active"}. Choose somebody else, or ask an administrator.`);
  }
  const after = await changeConversation(core, conversation._id, act.actor, {
    expect: { assigneeId: { $ne: to._id } }, set: { assigneeId: to._id, assigneeName: to.name }, activity: [{ type: "assigned", to: to._id, toName: to.name }],
  });
  if (after !== null) return after;
  await reread(core, conversation._id);
  throw new UserError("ALREADY_SO", `#${conversation.number} is assigned to ${to.name} already.`);
}

/** @throws {UserError} ALREADY_SO */
export async function unassign(core: Core, act: { conversation: Conversation; actor: Author }): Promise<Conversation> {
  const after = await changeConversation(core, act.conversation._id, act.actor, {
    expect: { assigneeId: { $ne: null } }, set: { assigneeId: null, assigneeName: null }, activity: [{ type: "assigned", to: null, toName: null }],
  });
  if (after !== null) return after;
  await reread(core, act.conversation._id);
  throw new UserError("ALREADY_SO", `Nobody has #${act.conversation.number}; nothing changed.`);
}
