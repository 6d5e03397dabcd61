/**
 * Receipts as reactions of the app's on an agent's own message, within Slack's limits for the workspace (reactions.add 50 a minute,
 * reactions.remove 20): ✅, ⚠️ and ❔ always, ⏳ and 👁 while they leave room, 📬 on the card alone. Source: docs.slack.dev/reference/methods/reactions.add
 */
import { DeskError } from "../../../core/errors.ts";
import type { DeliveryStatus } from "../../../core/model/types.ts";
import type { SlackApi } from "../api.ts";
import { postGone, slackCode } from "../errors.ts";
import { isTs, type SlackThread } from "../ids.ts";
import { Recent } from "../../shared/recent.ts";

/** Slack's names. `spare`: only while the limits leave room; then what was shown before stays. */
const SHOWN: Record<DeliveryStatus, { name: string; spare?: true } | null> = {
  none: null, queued: { name: "hourglass_flowing_sand", spare: true }, sending: { name: "hourglass_flowing_sand", spare: true }, sent: { name: "white_check_mark" }, delivered: { name: "white_check_mark" },
  read: { name: "eye", spare: true }, failed: { name: "warning" }, cancelled: null, unknown: { name: "grey_question" },
};
/** Replies that may show ⏳ at once: each needs a reaction to be taken off within seconds. */
const WAITING_SHOWN = 6;
const ON_CARD = "mailbox_with_mail";

export interface Receipts {
  /** @throws {DeskError} POST_GONE; RATE_LIMITED while an outdated receipt could not be taken off yet (a repeat goes on from there) */
  show(place: SlackThread, postId: string, now: DeliveryStatus, was: DeliveryStatus | undefined, signal: AbortSignal): Promise<void>;
}

/** Remembers what it showed; after a restart `was` tells. */
export function createReceipts(api: SlackApi): Receipts {
  const shown = new Recent<ReadonlySet<string>>(5_000);
  const onCard = new Recent<boolean>(2_000);
  const waiting = new Set<string>();

  async function change(method: "reactions.add" | "reactions.remove", place: SlackThread, timestamp: string, name: string, spare: boolean, signal: AbortSignal): Promise<void> {
    try {
      await api.call(method, { channel: place.channel, timestamp, name }, { signal, priority: spare ? "background" : "post" });
    } catch (error) {
      const code = slackCode(error);
      // without the scope no receipt can be shown; what failed is told in words all the same
      if (code !== "already_reacted" && code !== "no_reaction" && code !== "missing_scope") throw error;
    }
  }

  /** 📬 on the card says that the newest reply was delivered; a wish, never worth a wait. */
  async function markCard(place: SlackThread, now: DeliveryStatus, signal: AbortSignal): Promise<void> {
    const key = `${place.channel}:${place.ts}`;
    const wanted = now === "delivered";
    if (onCard.get(key) === wanted || (!wanted && onCard.get(key) === undefined)) return;
    const method = wanted ? "reactions.add" as const : "reactions.remove" as const;
    if (!api.spare(method)) return;
    try {
      await change(method, place, place.ts, ON_CARD, true, signal);
      onCard.set(key, wanted);
    } catch (error) {
      if (!(error instanceof DeskError)) throw error;
    }
  }

  return {
    async show(place, postId, now, was, signal) {
      if (!isTs(postId)) throw postGone();
      const key = `${place.channel}:${postId}`;
      const before = shown.get(key) ?? new Set(was === undefined || SHOWN[was] === null ? [] : [SHOWN[was].name]);
      const next = SHOWN[now];
      // ⏳ is only worth showing when it can be taken off again
      const room = api.spare("reactions.add") && api.spare("reactions.remove") && (now === "read" || waiting.size < WAITING_SHOWN);
      const skip = next?.spare === true && !before.has(next.name) && !room;
      if (now === "queued" && !skip) waiting.add(key);
      else if (now !== "sending") waiting.delete(key);
      if (skip) {
        if (!shown.get(key)) shown.set(key, before);
        return;
      }
      const there = new Set(before);
      if (next !== null && !there.has(next.name)) {
        await change("reactions.add", place, postId, next.name, next.spare === true, signal).catch((error: unknown) => {
          if (next.spare !== true || !(error instanceof DeskError) || error.code !== "RATE_LIMITED") throw error;
        });
        there.add(next.name);
        shown.set(key, there);
      }
      for (const name of before) {
        if (name === next?.name) continue;
        await change("reactions.remove", place, postId, name, false, signal);
        there.delete(name);
        shown.set(key, new Set(there));
      }
      await markCard(place, now, signal);
    },
  };
}
