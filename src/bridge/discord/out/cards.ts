/** Threads opened with their cards, and kept true: card, tags, title, and archived and locked while the conversation is resolved. */
import { z } from "zod";
import { DeskError } from "../../../core/errors.ts";
import type { DeskThreadId } from "../../../core/model/types.ts";
import type { Card, Clock } from "../../../core/ports.ts";
import { Recent } from "../../shared/recent.ts";
import type { DiscordApi } from "../api.ts";
import { CODE, discordCode, threadGone } from "../errors.ts";
import { makeThreadId, nonceOf, readThreadId, refOf } from "../ids.ts";
import type { Me } from "../me.ts";
import { renderCard, titleOf } from "./card.ts";
import type { Channels, Home } from "./channels.ts";
import { cardMark, findThread, isOurs, placeOfCard, readCard } from "./find.ts";
import type { Tags } from "./tags.ts";
import { AUTO_ARCHIVE_MINUTES, type Threads } from "./threads.ts";

export interface CardsDeps { api: DiscordApi; guild: string; me(): Promise<Me>; channels: Channels; threads: Threads; tags: Tags; clock: Clock; /** A thread became active. */ opened(): void }

const Made = z.object({ id: z.string() });
/** A thread takes two new names in ten minutes, which no header tells. Source: github.com/discordjs/discord.js/issues/6651 */
const RENAMES = 2, RENAME_MS = 10 * 60_000;

export function createCards({ api, guild, me, channels, threads, tags, clock, opened }: CardsDeps) {
  const open = new Recent<DeskThreadId>(2_000);
  /** Cards in a text channel that have no thread yet. */
  const bare = new Recent<string>(500);
  const refs = new Recent<string>(5_000);
  const renames = new Recent<number[]>(2_000);

  async function inForum(home: Home, card: Card, key: string, signal: AbortSignal): Promise<string> {
    const make = async (forum: Home) => {
      const applied = await tags.of(forum, card, [], signal);
      return api.call("POST", `/channels/${home.id}/threads`, {
        signal, home: true, body: { name: titleOf(card), auto_archive_duration: AUTO_ARCHIVE_MINUTES, ...(applied === null || applied.length === 0 ? {} : { applied_tags: applied }), message: renderCard(card, refOf(key)) },
      });
    };
    const made = await make(home).catch(async (error: unknown) => {
      if (discordCode(error) !== CODE.unknownTag) throw error;
      return make(await refreshed(home, signal));
    });
    threads.saw(made);
    return Made.parse(made).id;
  }

  /** The card stands in the channel, its thread hangs on it and bears its id. */
  async function inChannel(home: Home, card: Card, key: string, signal: AbortSignal): Promise<string> {
    const message = bare.get(key) ?? Made.parse(await api.call("POST", `/channels/${home.id}/messages`, { signal, home: true, body: { ...renderCard(card, refOf(key)), nonce: nonceOf(home.id, key, 0), enforce_nonce: true } })).id;
    bare.set(key, message);
    try {
      threads.saw(await api.call("POST", `/channels/${home.id}/messages/${message}/threads`, { signal, home: true, body: { name: titleOf(card), auto_archive_duration: AUTO_ARCHIVE_MINUTES } }));
    } catch (error) {
      if (discordCode(error) === CODE.threadExists) return message;
      if (discordCode(error) === CODE.unknownMessage) bare.delete(key);
      // the card stands there: the next try looks for it
      if (error instanceof DeskError && error.code !== "POST_GONE") throw new DeskError(error.code, error.message.replace(/^[A-Z_]+: /, ""), { ...error.o, certain: false });
      throw error instanceof DeskError ? new DeskError("UNREACHABLE", "The card was deleted before its thread was there; it is made anew.", { certain: true, cause: error.o.cause }) : error;
    }
    return message;
  }

  async function refreshed(home: Home, signal: AbortSignal): Promise<Home> {
    channels.forget(home.id);
    return channels.home(home.id, signal);
  }

  /** Its ref, remembered or read: the card is found again by it. */
  async function refIn(thread: string, home: Home, signal: AbortSignal): Promise<string> {
    const before = refs.get(thread);
    if (before !== undefined) return before;
    const message = await readCard(api, await threads.look(thread, signal), home, signal);
    if (message === null) throw threadGone();
    const ref = cardMark(message)?.ref ?? refOf("shown");
    refs.set(thread, ref);
    return ref;
  }

  /** A name is worth neither a wait nor a failure: the next change of the card tries again. */
  async function rename(thread: string, name: string, signal: AbortSignal): Promise<void> {
    const now = clock.now().getTime();
    const lately = (renames.get(thread) ?? []).filter((at) => at > now - RENAME_MS);
    const state = await threads.look(thread, signal);
    if (state.name === name || state.archived || lately.length >= RENAMES) return;
    renames.set(thread, [...lately, now]);
    try {
      await threads.change(thread, { name }, signal, "background");
    } catch (error) {
      if (!(error instanceof DeskError) || error.code === "THREAD_GONE") throw error;
      if (error.code === "RATE_LIMITED") renames.set(thread, [now, now]);
    }
  }

  async function settle(thread: string, home: Home, card: Card, signal: AbortSignal): Promise<void> {
    const apply = async (forum: Home) => {
      const state = await threads.look(thread, signal);
      const applied = await tags.of(forum, card, state.tags, signal);
      // what was left for another desk stays open to those who still have something to say there
      const shut = { archived: card.collapsed, locked: card.collapsed && card.moved === undefined };
      const tagged = applied === null ? {} : { tags: applied };
      const retagged = applied !== null && (applied.length !== state.tags.length || applied.some((id) => !state.tags.includes(id)));
      // what is archived takes no other change
      if (state.archived && card.collapsed && (retagged || state.locked !== shut.locked)) await threads.change(thread, { archived: false }, signal);
      await threads.change(thread, { ...tagged, ...shut }, signal);
    };
    await apply(home).catch(async (error: unknown) => {
      if (discordCode(error) !== CODE.unknownTag) throw error;
      return apply(await refreshed(home, signal));
    });
  }

  return {
    /** `mayExist`: an earlier call may have opened it, so it is looked for. @throws {DeskError} */
    async openThread(reference: string, card: Card, key: string, signal: AbortSignal, mayExist: boolean): Promise<DeskThreadId> {
      const here = open.get(key);
      if (here !== undefined) return here;
      const home = await channels.resolve(reference, signal);
      try {
        const found = mayExist ? await findThread({ api, threads, us: await me() }, guild, home, { number: card.number, key }, signal) : null;
        if (found !== null && found.thread === null) bare.set(key, found.card);
        const id = found?.thread ?? await (home.kind === "forum" ? inForum : inChannel)(home, card, key, signal);
        const thread = makeThreadId(guild, id);
        open.set(key, thread);
        refs.set(id, refOf(key));
        opened();
        return thread;
      } catch (error) {
        // it took nothing: it is looked at anew next time
        if (error instanceof DeskError && error.o.certain && error.code === "UNREACHABLE") channels.forget(home.id);
        throw error;
      }
    },

    async updateCard(id: DeskThreadId, card: Card, signal: AbortSignal): Promise<void> {
      const { thread } = readThreadId(id);
      const state = await threads.fresh(thread, signal);
      const home = await channels.home(state.home, signal);
      try {
        const body = renderCard(card, await refIn(thread, home, signal));
        // a forum's card is in the thread, which takes no change while it is archived
        if (home.kind === "forum" && !card.collapsed) await threads.open(thread, true, signal);
        await threads.within(thread, () => api.call("PATCH", `/channels/${placeOfCard(state, home)}/messages/${thread}`, { signal, body }), signal);
        if (!card.collapsed) await settle(thread, home, card, signal);
        await rename(thread, titleOf(card), signal);
        if (card.collapsed) await settle(thread, home, card, signal);
      } catch (error) {
        if (!(error instanceof DeskError)) throw error;
        if (error.code === "THREAD_GONE" || error.code === "POST_GONE") { threads.gone(thread); throw threadGone(error.o.cause); }
        throw error;
      }
    },

    /** Whose card a thread's first post is; null when it is none of ours. @throws {DeskError} */
    async conversationOf(id: DeskThreadId, signal: AbortSignal): Promise<string | null> {
      const { thread } = readThreadId(id);
      const state = await threads.look(thread, signal);
      const message = await readCard(api, state, await channels.home(state.home, signal), signal);
      return message === null || !isOurs(message, await me()) ? null : cardMark(message)?.conversation ?? null;
    },
  };
}
