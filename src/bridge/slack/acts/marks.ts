/** The marks on agents' messages as Slack's reactions. */
import type { Core } from "../../../core/core.ts";
import { createMarks as createAnyMarks, type MarkName, type Marks } from "../../shared/marks.ts";
import type { SlackApi } from "../api.ts";
import { slackCode } from "../errors.ts";
import { readThreadId } from "../ids.ts";

const EMOJI: Record<MarkName, string> = { held: "raised_hand", inside: "lock" };

export const createMarks = ({ core, api }: { core: Core; api: SlackApi }): Marks => createAnyMarks({
  core, desk: "slack",
  async react(thread, post, mark, on) {
    const { channel } = readThreadId(thread);
    try {
      await api.call(on ? "reactions.add" : "reactions.remove", { channel, timestamp: post, name: EMOJI[mark] }, { channel, priority: mark === "held" ? "post" : "background" });
    } catch (error) {
      const code = slackCode(error);
      if (code !== "already_reacted" && code !== "no_reaction" && code !== "missing_scope") throw error;
    }
  },
});
