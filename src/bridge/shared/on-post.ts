/** Acts on one message, chosen by pointing at its post: what the menu of a message means. */
import type { Core } from "../../core/core.ts";
import type { DeskThreadId, Message } from "../../core/model/types.ts";
import { deskPostKey } from "../../core/services/send-reply.ts";

/** The message of a post; of a post that shows several, the last. Null when there is none (yet). */
export const messageOfPost = async (core: Core, thread: DeskThreadId, postId: string): Promise<Message | null> =>
  core.store.messages.find({ deskPosts: deskPostKey(thread, postId) }).sort({ seq: -1 }).limit(1).next();

/** What a menu's verb means for this message: *keep* on a reply that still waits stops it. */
export const actOf = ({ verb }: { verb: string }, message: Message | null): { verb: string; args: string } => ({ verb: verb === "keep" && message?.kind === "outgoing" ? "cancel" : verb, args: "" });

export const NO_MESSAGE = "Threadline has no message for this post. It may still be taking it in: try again in a moment. On the card, or on what Threadline says itself, this does nothing.";
