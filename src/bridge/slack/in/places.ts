/** In which thread a message is: reactions name only the message. */
import { z } from "zod";
import type { SlackApi } from "../api.ts";
import { slackCode } from "../errors.ts";
import { Recent } from "../../shared/recent.ts";

const Replies = z.object({ messages: z.array(z.object({ ts: z.string(), thread_ts: z.string().optional() })) });
const KEPT = 20_000;

export interface Places {
  /** Remembers it; `threadTs` null: in no thread. */
  saw(channel: string, ts: string, threadTs: string | null): void;
  /** The ts of the thread's first message; null when the message is in none or gone. @throws {DeskError} */
  threadOf(channel: string, ts: string): Promise<string | null>;
}

export function createPlaces(api: SlackApi): Places {
  const known = new Recent<string | null>(KEPT);
  const saw = (channel: string, ts: string, threadTs: string | null) => known.set(`${channel} ${ts}`, threadTs);
  return {
    saw,
    async threadOf(channel, ts) {
      const before = known.get(`${channel} ${ts}`);
      if (before !== undefined) return before;
      try {
        // asked for a reply, Slack answers with that reply, which names its thread. Source: docs.slack.dev/reference/methods/conversations.replies
        const { messages } = Replies.parse(await api.call("conversations.replies", { channel, ts, limit: 1 }, { channel }));
        const thread = messages[0]?.thread_ts ?? null;
        saw(channel, ts, thread);
        return thread;
      } catch (error) {
        if (slackCode(error) === "thread_not_found" || slackCode(error) === "message_not_found") return null;
        throw error;
      }
    },
  };
}
