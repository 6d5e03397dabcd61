/** Whether a plain line in this thread goes to the customer. */
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Author, Conversation, Inbox, ThreadMode } from "../model/types.ts";
import { changeConversation } from "./change-conversation.ts";
import { reread } from "./set-status.ts";

/** The thread's own mode, else its inbox's. */
export const modeOf = (conversation: Pick<Conversation, "mode">, inbox: Pick<Inbox, "settings">): ThreadMode => conversation.mode ?? (inbox.settings.noteFirst ? "note-first" : "reply");

/** @throws {UserError} ALREADY_SO */
export async function setMode(core: Core, act: { conversation: Conversation; actor: Author; mode: ThreadMode }): Promise<Conversation> {
  const { mode } = act;
  const after = await changeConversation(core, act.conversation._id, act.actor, { expect: { mode: { $ne: mode } }, set: { mode }, activity: [{ type: "mode", to: mode }] });
  if (after !== null) return after;
  await reread(core, act.conversation._id);
  throw new UserError("ALREADY_SO", `This thread is in ${mode} mode already.`);
}
