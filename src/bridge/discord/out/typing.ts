/** The customer's typing at a thread's foot, under the bot's name. Source: discord.com/developers/docs/resources/channel#trigger-typing-indicator (ends by itself after ten seconds) */
import { DeskError } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports.ts";
import { Recent } from "../../shared/recent.ts";
import type { DiscordApi } from "../api.ts";

/** Milliseconds for which it is not shown again. */
const STANDS_MS = 8_000;

/** A wish, never worth a wait: silent when Discord takes it not. */
export function createTyping(api: DiscordApi, clock: Clock): (thread: string, typing: boolean) => Promise<void> {
  const shown = new Recent<number>(1_000);
  return async (thread, typing) => {
    const now = clock.now().getTime();
    if (!typing || now - (shown.get(thread) ?? -Infinity) < STANDS_MS) return;
    shown.set(thread, now);
    await api.call("POST", `/channels/${thread}/typing`, { priority: "background" }).catch((error: unknown) => { if (!(error instanceof DeskError)) throw error; });
  };
}
