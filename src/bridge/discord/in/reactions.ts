/** Reactions bear no number and no time: what is told is compared with what stands, so that a repeat is nothing. */
import type { Core } from "../../../core/core.ts";
import type { DeskPostId, DeskThreadId, StoredDeskEvent } from "../../../core/model/types.ts";
import type { IncomingDeskEvent } from "../../../core/ports.ts";

/** The last that is stored of each person's reaction to a post, by `key`. Served by the index on `_id`. */
export async function standingReactions(core: Core, thread: DeskThreadId, postId: DeskPostId): Promise<Map<string, StoredDeskEvent>> {
  const prefix = `discord:${thread}:${postId}:`;
  const standing = new Map<string, StoredDeskEvent>();
  for (const stored of await core.store.deskEvents.find({ _id: { $gte: prefix, $lt: `${prefix}\uffff` } }).sort({ at: 1 }).toArray()) {
    if (stored.event.type === "reaction") standing.set(keyOf(stored.event), stored);
  }
  return standing;
}
export const keyOf = ({ userId, emoji }: { userId: string; emoji: string }): string => `${userId} ${emoji}`;
export const stands = (stored: StoredDeskEvent | undefined): boolean => stored?.event.type === "reaction" && !stored.event.removed;

/** Those that change something. Others than reactions pass. */
export async function onlyChanges(core: Core, events: IncomingDeskEvent[]): Promise<IncomingDeskEvent[]> {
  const kept: IncomingDeskEvent[] = [];
  for (const event of events) {
    const { data } = event;
    if (data.type === "reaction" && stands((await standingReactions(core, event.thread, data.postId)).get(keyOf(data))) !== data.removed) continue;
    kept.push(event);
  }
  return kept;
}

/** A moderator took all reactions off a post, or all of one emoji. */
export async function allTakenOff(core: Core, thread: DeskThreadId, postId: DeskPostId, emoji: string | null): Promise<IncomingDeskEvent[]> {
  const at = core.clock.now();
  return [...(await standingReactions(core, thread, postId)).values()].flatMap(({ event }) => (
    event.type !== "reaction" || event.removed || (emoji !== null && event.emoji !== emoji) ? []
      : [{ id: `${postId}:unreact:${event.userId}:${event.emoji}:${at.toISOString()}`, thread, at, data: { ...event, removed: true } }]
  ));
}
