/** What people did in threads while they could not be heard: read back from Slack as live events would have told it. */
import type { Core } from "../../../core/core.ts";
import type { DeskPostId, DeskThreadId, StoredDeskEvent } from "../../../core/model/types.ts";
import type { IncomingDeskEvent } from "../../../core/ports.ts";
import type { SlackApi } from "../api.ts";
import { CHANNEL_CODES, slackCode } from "../errors.ts";
import { readPage, readThread, type SlackMessage } from "../out/find.ts";
import { readThreadId, tsOfTime } from "../ids.ts";

export interface HistoryDeps {
  core: Core; api: SlackApi;
  /** An event of Slack's → ours: the same for live and for what is read back. */
  parse(event: Record<string, unknown>, thread: DeskThreadId): Promise<IncomingDeskEvent[]>;
}

/** Parents of one channel that are compared at once. Source: docs.slack.dev/reference/methods/conversations.history (limit, at most 999) */
const PARENTS = 999;

/** Stored events of a thread's posts from a ts on; served by the index on `_id`. */
const storedSince = (thread: DeskThreadId, ts: string) => ({ $gte: `slack:${thread}:${ts}`, $lt: `slack:${thread}:\uffff` });

export function createHistory({ core, api, parse }: HistoryDeps) {
  const { deskEvents } = core.store;

  /** By one page of each channel; a thread that is not on it may have changed. A channel that the app can't read says nothing now: it is caught up with once it can. */
  async function changedSince(threads: DeskThreadId[], since: Date, signal: AbortSignal): Promise<DeskThreadId[]> {
    const byChannel = new Map<string, DeskThreadId[]>();
    for (const thread of threads) {
      const { channel } = readThreadId(thread);
      byChannel.set(channel, [...(byChannel.get(channel) ?? []), thread]);
    }
    const from = tsOfTime(since);
    const changed: DeskThreadId[] = [];
    for (const [channel, here] of byChannel) {
      const page = await readPage(api, channel, PARENTS, signal).catch((error: unknown) => {
        if (!CHANNEL_CODES.has(slackCode(error) ?? "")) throw error;
        return null;
      });
      if (page === null) continue;
      const parents = new Map(page.messages.map((message) => [message.ts, message]));
      const oldest = page.more ? page.messages.at(-1)!.ts : "0";
      for (const thread of here) {
        const { ts } = readThreadId(thread);
        const parent = parents.get(ts);
        if (parent === undefined ? Number(ts) < Number(oldest) : Number(parent.latest_reply ?? ts) >= Number(from)) changed.push(thread);
        // the newest line may be the one that was deleted
        else if ((await deskEvents.findOne({ _id: storedSince(thread, from) }, { projection: { _id: 1 } })) !== null) changed.push(thread);
      }
    }
    return changed;
  }

  async function reactionsOf(thread: DeskThreadId, message: SlackMessage, stored: StoredDeskEvent[]): Promise<IncomingDeskEvent[]> {
    const now = core.clock.now();
    const standing = new Map<string, StoredDeskEvent>();
    for (const event of stored) if (event.event.type === "reaction" && event.event.postId === message.ts) standing.set(`${event.event.userId} ${event.event.emoji}`, event);
    const { channel } = readThreadId(thread);
    const told: IncomingDeskEvent[] = [];
    const seen = new Set<string>();
    let all = true;
    for (const { name, users, count } of message.reactions ?? []) {
      all &&= (count ?? users.length) <= users.length;
      for (const user of users) {
        for (const event of await parse({ type: "reaction_added", user, reaction: name, item: { type: "message", channel, ts: message.ts }, event_ts: tsOfTime(now) }, thread)) {
          if (event.data.type !== "reaction") continue;
          const key = `${event.data.userId} ${event.data.emoji}`;
          seen.add(key);
          const last = standing.get(key)?.event;
          if (last?.type !== "reaction" || last.removed) told.push(event);
        }
      }
    }
    if (!all) return told;
    for (const [key, { event }] of standing) {
      if (event.type !== "reaction" || event.removed || seen.has(key)) continue;
      told.push({ id: `${message.ts}:unreact:${event.userId}:${event.emoji}:${now.toISOString()}`, thread, at: now, data: { ...event, removed: true } });
    }
    return told;
  }

  async function history(thread: DeskThreadId, since: Date, signal: AbortSignal, known: DeskPostId[] = []): Promise<IncomingDeskEvent[]> {
    const place = readThreadId(thread);
    const oldest = [tsOfTime(since), ...known].sort((a, b) => Number(a) - Number(b))[0]!;
    const messages = (await readThread(api, place, signal, oldest)).filter((message) => message.ts !== place.ts && Number(message.ts) >= Number(oldest));
    const stored = await deskEvents.find({ _id: storedSince(thread, oldest) }).sort({ at: 1 }).toArray();
    const events: IncomingDeskEvent[] = [];
    for (const message of messages) {
      const event = { ...message, type: "message", channel: place.channel, thread_ts: place.ts };
      events.push(...(await parse({ ...event, event_ts: message.ts }, thread)));
      if (message.edited !== undefined) {
        const at = message.edited.ts;
        events.push(...(await parse({ type: "message", subtype: "message_changed", channel: place.channel, ts: at, event_ts: at, message: event, previous_message: { ...event, text: "", blocks: undefined, edited: undefined } }, thread)));
      }
      events.push(...(await reactionsOf(thread, message, stored)));
    }
    const there = new Set(messages.filter((message) => message.subtype !== "tombstone").map((message) => message.ts));
    const now = core.clock.now();
    for (const postId of known) {
      if (there.has(postId)) continue;
      const written = stored.find((event) => event.event.type === "message" && event.event.postId === postId)?.event;
      events.push({ id: `${postId}:delete`, thread, at: now, data: { type: "delete", postId, ...(written?.userId === undefined ? {} : { userId: written.userId }) } });
    }
    return events.sort((a, b) => a.at.getTime() - b.at.getTime());
  }

  return { changedSince, history };
}
