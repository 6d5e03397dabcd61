/** The marks on people's messages as Slack's reactions. */
import type { MarkName } from "../../../core/model/types.ts";
import type { MarkingDesk } from "../../../core/ports.ts";
import type { SlackApi } from "../api.ts";
import { slackCode } from "../errors.ts";
import { readThreadId } from "../ids.ts";

const EMOJI: Record<MarkName, string> = { held: "raised_hand", inside: "lock" };

export const showMark = (api: SlackApi): MarkingDesk["showMark"] => async (thread, post, mark, on, signal) => {
  const { channel } = readThreadId(thread);
  try {
    await api.call(on ? "reactions.add" : "reactions.remove", { channel, timestamp: post, name: EMOJI[mark] }, { channel, signal, priority: mark === "held" ? "post" : "background" });
  } catch (error) {
    const code = slackCode(error);
    if (code !== "already_reacted" && code !== "no_reaction" && code !== "missing_scope") throw error;
  }
};
