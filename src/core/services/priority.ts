/** How urgent a conversation is. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Author, Conversation, Priority } from "../model/types.ts";
import { changeConversation } from "./change-conversation.ts";
import { reread } from "./set-status.ts";

/** @throws {UserError} ALREADY_SO */
export async function setPriority(core: Core, act: { conversation: Conversation; actor: Author; priority: Priority | null }): Promise<Conversation> {
  const { priority } = act;
  const after = await changeConversation(core, act.conversation._id, act.actor, { expect: { priority: { $ne: priority } }, set: { priority }, activity: [{ type: "priority", to: priority }] });
  if (after !== null) return after;
  const { number } = await reread(core, act.conversation._id);
  throw new UserError("ALREADY_SO", priority === null ? `#${number} has no priority; nothing changed.` : `#${number} has the priority ${priority} already.`);
}
