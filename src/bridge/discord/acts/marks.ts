/** The marks on people's messages as the bot's reactions. */
import type { MarkName } from "../../../core/model/types.ts";
import type { MarkingDesk } from "../../../core/ports.ts";
import type { DiscordApi, Path } from "../api.ts";
import { CODE, discordCode } from "../errors.ts";
import { readThreadId } from "../ids.ts";

const EMOJI: Record<MarkName, string> = { held: "✋", inside: "🔒" };

export const showMark = (api: DiscordApi): MarkingDesk["showMark"] => async (thread, post, mark, on, signal) => {
  const path: Path = `/channels/${readThreadId(thread).thread}/messages/${post}/reactions/${encodeURIComponent(EMOJI[mark])}/@me`;
  try {
    await api.call(on ? "PUT" : "DELETE", path, { signal, priority: mark === "held" ? "post" : "background" });
  } catch (error) {
    // Nobody looks for a mark there, and it can't be changed.
    if (discordCode(error) !== CODE.archived) throw error;
  }
};
