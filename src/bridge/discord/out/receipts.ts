/** Receipts as reactions of the bot's on an agent's own message: that it arrived, ⚠️ and ❔ always, the others while the limits leave room. Source: discord.com/developers/docs/resources/message#create-reaction */
import { DeskError } from "../../../core/errors.ts";
import type { DeliveryStatus } from "../../../core/model/types.ts";
import { Recent } from "../../shared/recent.ts";
import type { DiscordApi } from "../api.ts";
import { CODE, discordCode, postGone } from "../errors.ts";
import { isSnowflake } from "../ids.ts";
import type { Threads } from "./threads.ts";

/** `spare`: only while the limits leave room, and never in a thread that is archived; then what was shown before stays. The first that says that it arrived is shown all the same. */
export const SHOWN: Record<DeliveryStatus, { emoji: string; spare?: true } | null> = {
  none: null, queued: { emoji: "⏳", spare: true }, sending: { emoji: "⏳", spare: true }, sent: { emoji: "✅" }, delivered: { emoji: "📬", spare: true },
  read: { emoji: "👁️", spare: true }, failed: { emoji: "⚠️" }, cancelled: null, unknown: { emoji: "❔" },
};

/** Any of them says that the customer has it: the first is no luxury, whichever it is. */
const ARRIVED = new Set(["sent", "delivered", "read"].map((state) => SHOWN[state as DeliveryStatus]!.emoji));

export interface Receipts {
  /** @throws {DeskError} POST_GONE; RATE_LIMITED while an outdated receipt could not be taken off yet (a repeat goes on from there) */
  show(thread: string, postId: string, now: DeliveryStatus, was: DeliveryStatus | undefined, signal: AbortSignal): Promise<void>;
}

/** Remembers what it showed; after a restart `was` tells. */
export function createReceipts({ api, threads }: { api: DiscordApi; threads: Threads }): Receipts {
  const shown = new Recent<ReadonlySet<string>>(5_000);

  const react = (method: "PUT" | "DELETE", thread: string, postId: string, emoji: string, spare: boolean, signal: AbortSignal) =>
    api.call(method, `/channels/${thread}/messages/${postId}/reactions/${encodeURIComponent(emoji)}/@me`, { signal, priority: spare ? "background" : "post" });

  return {
    async show(thread, postId, now, was, signal) {
      if (!isSnowflake(postId)) throw postGone();
      const key = `${thread}|${postId}`;
      const before = shown.get(key) ?? new Set(was === undefined || SHOWN[was] === null ? [] : [SHOWN[was].emoji]);
      const next = SHOWN[now];
      const spare = next?.spare === true && (!ARRIVED.has(next.emoji) || [...before].some((emoji) => ARRIVED.has(emoji)));
      const there = new Set(before);
      if (next !== null && !there.has(next.emoji)) {
        const add = () => react("PUT", thread, postId, next.emoji, spare, signal);
        try {
          await (spare ? add() : threads.within(thread, add, signal));
        } catch (error) {
          const noRoom = error instanceof DeskError && (error.code === "RATE_LIMITED" || discordCode(error) === CODE.archived || discordCode(error) === CODE.locked);
          if (!spare || !noRoom) throw error;
          shown.set(key, before);
          return;
        }
        there.add(next.emoji);
        shown.set(key, new Set(there));
      }
      for (const emoji of before) {
        if (emoji === next?.emoji) continue;
        await threads.within(thread, () => react("DELETE", thread, postId, emoji, false, signal), signal);
        there.delete(emoji);
        shown.set(key, new Set(there));
      }
    },
  };
}
