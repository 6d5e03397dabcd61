/** What a person could see of a conversation at a time: decides whether an act meets a line that its author did not know. */
import type { Core } from "../../core/core.ts";
import type { DeskThreadId } from "../../core/model/types.ts";

/** Highest seq of the customer's lines that stood in the thread at that time; undefined when there is no such conversation. */
export async function seenAt(core: Core, about: { thread: DeskThreadId } | { number: number }, at: Date): Promise<number | undefined> {
  const thread = "thread" in about ? await core.store.threads.findOne({ _id: about.thread }, { projection: { conversationId: 1 } }) : null;
  if ("thread" in about && thread === null) return undefined;
  const conversation = await core.store.conversations.findOne("number" in about ? { number: about.number } : { _id: thread!.conversationId }, { projection: { lastIncomingSeq: 1 } });
  if (conversation === null) return undefined;
  const newest = await core.store.messages.findOne({ conversationId: conversation._id, seq: conversation.lastIncomingSeq }, { projection: { "mirror.postedAt": 1 } });
  const wasThere = newest === null || (newest.mirror.postedAt !== undefined && newest.mirror.postedAt <= at);
  return wasThere ? conversation.lastIncomingSeq : conversation.lastIncomingSeq - 1;
}
