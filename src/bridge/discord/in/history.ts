/** What people did in threads while they could not be heard: read back from Discord as live events would have told it. */
import { z } from "zod";
import type { Core } from "../../../core/core.ts";
import type { DeskPostId, DeskThreadId, StoredDeskEvent } from "../../../core/model/types.ts";
import type { IncomingDeskEvent } from "../../../core/ports.ts";
import type { DiscordApi } from "../api.ts";
import { CODE, discordCode } from "../errors.ts";
import { readThreadId, snowflakeOf, timeOf } from "../ids.ts";
import { CHANNEL_GONE } from "./gone.ts";
import type { Parse } from "./parse.ts";
import { keyOf, stands } from "./reactions.ts";

export interface HistoryDeps { core: Core; api: DiscordApi; parse: Parse }

/** Source: discord.com/developers/docs/resources/message#get-channel-messages, #get-reactions (limit, at most 100) */
const PAGE = 100;
/** Pages of a channel's archived threads, newest first, that are looked through at most. */
const ARCHIVE_PAGES = 20;

const Thread = z.object({ id: z.string(), parent_id: z.string().nullish(), last_message_id: z.string().nullish(), thread_metadata: z.object({ archive_timestamp: z.string() }).optional() });
const Active = z.object({ threads: z.array(Thread) });
const Archived = z.object({ threads: z.array(Thread), has_more: z.boolean().default(false) });
const Reaction = z.object({ emoji: z.object({ id: z.string().nullish(), name: z.string().nullish() }), count: z.number().default(0), me: z.boolean().default(false) });
const Message = z.looseObject({ id: z.string(), edited_timestamp: z.string().nullish(), reactions: z.array(Reaction).optional().catch(undefined) });
type Message = z.infer<typeof Message>;
const Users = z.array(z.object({ id: z.string() }));

/** Ids are compared as text in the store: all have 18 digits or, since 2022, 19. */
const storedSince = (thread: DeskThreadId, id: string) => ({ $gte: `discord:${thread}:${id}`, $lt: `discord:${thread}:\uffff` });
const lesser = (a: string, b: string): string => (BigInt(a) < BigInt(b) ? a : b);

export function createHistory({ core, api, parse }: HistoryDeps) {
  const { deskEvents } = core.store;

  /** Parent channels of these threads, by what our own targets and the threads themselves say. */
  async function archivedSince(parents: Iterable<string>, since: Date, signal: AbortSignal): Promise<Set<string>> {
    const found = new Set<string>();
    for (const parent of parents) {
      let before: string | undefined;
      for (let page = 0; page < ARCHIVE_PAGES; page++) {
        const { threads, has_more: more } = Archived.parse(await api.call("GET", `/channels/${parent}/threads/archived/public`, { signal, home: true, query: { limit: PAGE, ...(before === undefined ? {} : { before }) } }).catch(unlessGone({ threads: [] })));
        const late = threads.filter(({ thread_metadata: meta }) => meta !== undefined && new Date(meta.archive_timestamp) >= since);
        for (const { id } of late) found.add(id);
        before = threads.at(-1)?.thread_metadata?.archive_timestamp;
        if (!more || late.length < threads.length || before === undefined) break;
      }
    }
    return found;
  }

  /**
   * By the list of active threads, one call, and by those archived since. Writing un-archives, so in other archived ones nothing was written.
   * @param parents channels that conversations are mirrored into
   */
  async function changedSince(threads: DeskThreadId[], since: Date, signal: AbortSignal, parents: () => Promise<Iterable<string>>): Promise<DeskThreadId[]> {
    const guild = threads.length === 0 ? null : readThreadId(threads[0]!).guild;
    if (guild === null) return [];
    const active = new Map(Active.parse(await api.call("GET", `/guilds/${guild}/threads/active`, { signal })).threads.map((thread) => [thread.id, thread]));
    const gone = threads.some((thread) => !active.has(readThreadId(thread).thread)) ? await archivedSince(await parents(), since, signal) : new Set<string>();
    const changed: DeskThreadId[] = [];
    for (const thread of threads) {
      const { thread: id } = readThreadId(thread);
      const last = active.get(id)?.last_message_id;
      if (gone.has(id) || (last != null && timeOf(last) >= since)) changed.push(thread);
      // the newest line may be the one that was deleted
      else if (active.has(id) && (await deskEvents.findOne({ _id: storedSince(thread, snowflakeOf(since)) }, { projection: { _id: 1 } })) !== null) changed.push(thread);
    }
    return changed;
  }

  /** Messages of a thread from `after` on, oldest first; null when the thread is gone. @throws {DeskError} */
  async function readFrom(channel: string, after: string, signal: AbortSignal): Promise<Message[] | null> {
    const all: Message[] = [];
    for (let from = after; ;) {
      const answer = await api.call("GET", `/channels/${channel}/messages`, { signal, query: { after: from, limit: PAGE } }).catch(unlessGone(null));
      if (answer === null) return null;
      const page = z.array(Message).parse(answer).toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
      all.push(...page);
      if (page.length < PAGE) return all;
      from = page.at(-1)!.id;
    }
  }

  /** Who reacts now, against what is stored: only differences are told. */
  async function reactionsOf(thread: DeskThreadId, message: Message, stored: StoredDeskEvent[], signal: AbortSignal): Promise<IncomingDeskEvent[]> {
    const { thread: channel } = readThreadId(thread);
    const standing = new Map<string, StoredDeskEvent>();
    for (const event of stored) if (event.event.type === "reaction" && event.event.postId === message.id) standing.set(keyOf(event.event), event);
    const told: IncomingDeskEvent[] = [];
    const seen = new Set<string>();
    for (const { emoji, count, me } of message.reactions ?? []) {
      if (count <= (me ? 1 : 0) || emoji.name == null) continue;
      const name = encodeURIComponent(emoji.id == null ? emoji.name : `${emoji.name}:${emoji.id}`);
      for (let after = "0"; ;) {
        const users = Users.parse(await api.call("GET", `/channels/${channel}/messages/${message.id}/reactions/${name}`, { signal, query: { limit: PAGE, after } }));
        for (const { id } of users) {
          for (const event of await parse("MESSAGE_REACTION_ADD", { user_id: id, channel_id: channel, message_id: message.id, emoji }, thread)) {
            if (event.data.type !== "reaction") continue;
            const key = keyOf(event.data);
            seen.add(key);
            if (!stands(standing.get(key))) told.push(event);
          }
        }
        if (users.length < PAGE) break;
        after = users.at(-1)!.id;
      }
    }
    const now = core.clock.now();
    for (const [key, { event }] of standing) {
      if (event.type !== "reaction" || event.removed || seen.has(key)) continue;
      told.push({ id: `${message.id}:unreact:${event.userId}:${event.emoji}:${now.toISOString()}`, thread, at: now, data: { ...event, removed: true } });
    }
    return told;
  }

  /** Without Read Message History Discord answers with no messages at all: only what is asked for by its id is known to be gone. */
  const isGone = (channel: string, postId: DeskPostId, signal: AbortSignal): Promise<boolean> => api.call("GET", `/channels/${channel}/messages/${postId}`, { signal }).then(() => false, (error: unknown) => {
    if (discordCode(error) === undefined) throw error;
    return discordCode(error) === CODE.unknownMessage;
  });

  async function history(thread: DeskThreadId, since: Date, signal: AbortSignal, known: DeskPostId[] = []): Promise<IncomingDeskEvent[]> {
    const { thread: channel } = readThreadId(thread);
    const oldest = known.reduce(lesser, snowflakeOf(since));
    const messages = await readFrom(channel, (BigInt(oldest) - 1n).toString(), signal);
    if (messages === null) return [];
    const stored = await deskEvents.find({ _id: storedSince(thread, oldest) }).sort({ at: 1 }).toArray();
    const events: IncomingDeskEvent[] = [];
    for (const message of messages) {
      events.push(...(await parse("MESSAGE_CREATE", message, thread)), ...(await parse("MESSAGE_UPDATE", message, thread)));
      events.push(...(await reactionsOf(thread, message, stored, signal)));
    }
    const there = new Set(messages.map(({ id }) => id));
    const now = core.clock.now();
    for (const postId of known) {
      if (there.has(postId) || !(await isGone(channel, postId, signal))) continue;
      const written = stored.find((event) => event.event.type === "message" && event.event.postId === postId)?.event;
      events.push({ id: `${postId}:delete`, thread, at: now, data: { type: "delete", postId, ...(written?.userId === undefined ? {} : { userId: written.userId }) } });
    }
    return events.sort((a, b) => a.at.getTime() - b.at.getTime());
  }

  return { changedSince, history };
}

/** A place that the bot can't see says nothing now: it is caught up with once it can. */
const unlessGone = <T>(instead: T) => (error: unknown): T => {
  if (!CHANNEL_GONE.has(discordCode(error) ?? 0)) throw error;
  return instead;
};
