/** The first reply takes an unassigned conversation, before the reply is stored: a crash between the two leaves no reply without an owner. */
import type { Core } from "../core.ts";
import type { Agent, Conversation, Inbox } from "../model/types.ts";
import { owning } from "./assign.ts";
import { changeConversation } from "./change-conversation.ts";
import { agentAuthor } from "./send-reply.ts";
import { maySelfAssign } from "./transfer-request.ts";

/**
 * One conditional update where the inbox says so: of two who reply at once, one wins. Answers the conversation as it stands then;
 * when somebody else owns it (`ownedByOther`), the reply has to meet the owner guard again.
 */
export async function takeOnReply(core: Core, conversation: Conversation, inbox: Inbox, agent: Agent): Promise<Conversation> {
  if (!inbox.settings.takeOnReply || conversation.assigneeId !== null) return conversation;
  if (!(await maySelfAssign(core, agent, conversation))) return conversation;
  for (let now = conversation; ;) {
    const change = await owning(core, now, agent);
    const taken = await changeConversation(core, now._id, agentAuthor(agent), { ...change, expect: { ...change.expect, assigneeId: null } });
    if (taken !== null) return taken;
    const current = await core.store.conversations.findOne({ _id: now._id });
    // still nobody's: its team was changed meanwhile
    if (current === null || current.assigneeId !== null) return current ?? now;
    now = current;
  }
}

export const ownedByOther = (conversation: Pick<Conversation, "assigneeId">, agent: Agent): boolean => conversation.assigneeId !== null && conversation.assigneeId !== agent._id;
