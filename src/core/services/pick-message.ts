/** Which message a verb means when nobody pointed at one: the newest that fits, among the conversation's last 200. */
import type { Filter } from "mongodb";
import type { Core } from "../core.ts";
import { UserError } from "../errors.ts";
import type { Conversation, Message } from "../model/types.ts";

const LAST = 200;

/** @throws {UserError} MESSAGE_UNKNOWN with `none` when nothing fits, or when `pointed` belongs to another conversation */
export async function pickMessage(core: Core, conversation: Conversation, pointed: Message | undefined, fits: Filter<Message>, none: string): Promise<Message> {
  if (pointed !== undefined) {
    if (pointed.conversationId === conversation._id) return pointed;
    throw new UserError("MESSAGE_UNKNOWN", "That message belongs to another conversation.");
  }
  const [message] = await core.store.messages
    .find({ ...fits, conversationId: conversation._id, seq: { $gt: conversation.appliedSeq - LAST } })
    .sort({ seq: -1 }).limit(1).toArray();
  if (message === undefined) throw new UserError("MESSAGE_UNKNOWN", none);
  return message;
}
