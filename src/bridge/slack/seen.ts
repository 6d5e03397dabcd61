/** What a person could see in a thread at a time: decides whether an act meets a line that its author did not know. */
import type { Core } from "../../core/core.ts";
import type { DeskThreadId } from "../../core/model/types.ts";

/** Highest seq of the customer's lines that stood in the thread at that time; undefined for a thread that is none of ours. */
export async function seenAt(core: Core, threadId: DeskThreadId, at: Date): Promise<number | undefined> {
  const thread = await core.store.threads.findOne({ _id: threadId }, { projection: { conversationId: 1 } });
  const conversation = thread === null ? null : await core.store.conversations.findOne({ _id: thread.conversationId }, { projection: { lastIncomingSeq: 1 } });
  if (conversation === null) return undefined;
  const newest = await core.store.messages.findOne({ conversationId: conversation._id, seq: conversation.lastIncomingSeq }, { projection: { "mirror.postedAt": 1 } });
  const wasThere = newest === null || (newest.mirror.postedAt !== undefined && newest.mirror.postedAt <= at);
  return wasThere ? conversation.lastIncomingSeq : conversation.lastIncomingSeq - 1;
}
