/** Without the intent for it the text of lines does not come: who wrote one learns what became of it, and how it is taken in. */
import type { Core } from "../../../core/core.ts";
import { agentByLink } from "../../../core/services/inbox-settings.ts";
import { linkToThread } from "../../../core/services/thread-link.ts";
import { messageOfPost } from "../../shared/on-post.ts";
import { Recent } from "../../shared/recent.ts";
import { showMark } from "../acts/marks.ts";
import type { Notices } from "../acts/notices.ts";
import type { DiscordApi } from "../api.ts";
import type { UnreadLine } from "./parse.ts";

export interface Unread {
  /** @throws {DeskError} when its author can't be told */
  line(line: UnreadLine): Promise<void>;
  /** It was handed over by its author after all. Never rejects. */
  taken(line: Pick<UnreadLine, "thread" | "postId">): Promise<void>;
}

/** Somebody is told in words at most this often, in milliseconds; the mark on the line says it each time. */
const HINT_MS = 60 * 60_000;
const MARK_MS = 10_000;
const UNREAD = "Threadline can't read plain messages here, so this one stays as it is";

export function createUnread({ core, api, notices }: { core: Core; api: DiscordApi; notices: Notices }): Unread {
  const show = showMark(api);
  const hinted = new Recent<number>(1_000);

  /** Where an old thread's conversation goes on; null: here. */
  async function elsewhere(thread: UnreadLine["thread"]): Promise<string | null> {
    const known = await core.store.threads.findOne({ _id: thread }, { projection: { conversationId: 1 } });
    const conversation = known === null ? null : await core.store.conversations.findOne({ _id: known.conversationId });
    if (conversation === null || conversation.thread?.id === thread) return null;
    const link = await linkToThread(core, conversation);
    return `This thread has been replaced: #${conversation.number} goes on ${link === undefined ? "in another one" : `here: ${link}`}. ${UNREAD}.`;
  }

  const mark = (thread: UnreadLine["thread"], postId: UnreadLine["postId"], on: boolean): Promise<void> =>
    show(thread, postId, "inside", on, AbortSignal.timeout(MARK_MS)).catch((error: unknown) => core.log.debug({ err: error }, "A mark on a line in Discord could not be changed."));

  return {
    async line({ thread, postId, userId, edited }) {
      const tell = (text: string) => notices.notify(userId, thread, { text, buttons: [] });
      if (edited) {
        // only what was taken in can differ from what the customer has
        if ((await messageOfPost(core, thread, postId)) !== null) await tell("Threadline can't read edits here, so what it took in of this message stays as it was. Change it by the message's menu: Apps, Edit sent reply.");
        return;
      }
      if ((await agentByLink(core, "discord", userId)) !== undefined) await mark(thread, postId, true);
      const now = core.clock.now().getTime();
      const moved = await elsewhere(thread);
      if (moved === null && now - (hinted.get(userId) ?? -Infinity) < HINT_MS) return;
      if (moved === null) hinted.set(userId, now);
      await tell(moved ?? `${UNREAD}. Answer with /reply, write a note with /note, or use the message's menu: Apps, Send to customer.`);
    },
    taken: ({ thread, postId }) => mark(thread, postId, false),
  };
}
