/** What is said to one person alone. */
import { DeskError } from "../../../core/errors.ts";
import type { DeskThreadId } from "../../../core/model/types.ts";
import type { Notice } from "../../../core/ports.ts";
import type { SlackApi } from "../api.ts";
import { readThreadId } from "../ids.ts";
import { sayingBody } from "./words.ts";

export interface Notices {
  /** In the thread, to this person alone; where that can't be, in their direct messages with the app. `number`: of the conversation, outside its thread. @throws {DeskError} */
  notify(userId: string, thread: DeskThreadId | null, notice: Notice, number?: number): Promise<void>;
}

export function createNotices(api: SlackApi): Notices {
  async function notify(userId: string, thread: DeskThreadId | null, notice: Notice, number?: number): Promise<void> {
    const body = sayingBody(notice.text, notice.buttons, { thread: thread ?? undefined, messageId: notice.messageId, number });
    const place = thread === null ? null : readThreadId(thread);
    if (place !== null) {
      try {
        await api.call("chat.postEphemeral", { ...body, channel: place.channel, thread_ts: place.ts, user: userId }, { channel: place.channel, priority: "interactive" });
        return;
      } catch (error) {
        // They are not in that channel, or it takes nothing: their own messages still reach them.
        if (!(error instanceof DeskError) || !error.o.certain || error.code === "RATE_LIMITED") throw error;
      }
    }
    const { channel } = await api.call<{ channel: { id: string } }>("conversations.open", { users: userId }, { priority: "interactive" });
    await api.call("chat.postMessage", { ...body, channel: channel.id, unfurl_links: false, unfurl_media: false }, { channel: channel.id, priority: "interactive" });
  }

  return { notify };
}
