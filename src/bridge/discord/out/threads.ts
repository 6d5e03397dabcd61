/** Threads as Discord holds them: open or archived, locked or not, with their tags and name. A resolved conversation's is archived and locked. */
import { z } from "zod";
import { DeskError } from "../../../core/errors.ts";
import { Recent } from "../../shared/recent.ts";
import type { DiscordApi, Priority } from "../api.ts";
import { CODE, discordCode, threadGone } from "../errors.ts";

const Thread = z.object({
  id: z.string(), parent_id: z.string(), name: z.string(), applied_tags: z.array(z.string()).default([]),
  thread_metadata: z.object({ archived: z.boolean(), locked: z.boolean().default(false) }),
});
export interface ThreadState { id: string; /** The forum or channel that it is in. */ home: string; name: string; tags: string[]; archived: boolean; locked: boolean }
export interface ThreadChange { name?: string; tags?: string[]; archived?: boolean; locked?: boolean }

/** Threads whose state is remembered. */
const KEPT = 20_000;
/** Nobody may have to look for a conversation of this week. Source: discord.com/developers/docs/resources/channel#thread-metadata-object */
export const AUTO_ARCHIVE_MINUTES = 10_080;

export interface Threads {
  /** What is known, else what Discord says. @throws {DeskError} THREAD_GONE */
  look(thread: string, signal: AbortSignal): Promise<ThreadState>;
  /** A thread as Discord tells it, by an answer or an event. Null: it is none. */
  saw(channel: unknown): ThreadState | null;
  /** The same, by an event. Answers whether somebody else changed its tags. */
  told(channel: unknown): { state: ThreadState; retagged: boolean } | null;
  gone(thread: string): void;
  /** Whether this process hears of every change. While it does not, what others did is asked for where it matters. */
  hears(all: boolean): void;
  /** As it is now. @throws {DeskError} */
  fresh(thread: string, signal: AbortSignal): Promise<ThreadState>;
  /** Only what differs is asked of Discord. @throws {DeskError} */
  change(thread: string, change: ThreadChange, signal: AbortSignal, priority?: Priority): Promise<void>;
  /** Not archived any more, and, with `unlock`, open to everybody. @throws {DeskError} */
  open(thread: string, unlock: boolean, signal: AbortSignal): Promise<void>;
  /** Does `work` in a thread that may be archived, and leaves it as it was; with `stays`, open. @throws {DeskError} */
  within<T>(thread: string, work: () => Promise<T>, signal: AbortSignal, o?: { stays?: boolean; unlock?: boolean }): Promise<T>;
}

/** @param opened hears of every thread that became active */
export function createThreads(api: DiscordApi, opened: () => void): Threads {
  let known = new Recent<ThreadState>(KEPT);
  let heard = false;
  /** Changes of ours under way: an event may overtake the answer that says the same. */
  const changing = new Map<string, number>();

  function saw(channel: unknown): ThreadState | null {
    const read = Thread.safeParse(channel);
    if (!read.success) return null;
    const { id, parent_id: home, name, applied_tags: tags, thread_metadata: { archived, locked } } = read.data;
    const state = { id, home, name, tags, archived, locked };
    known.set(id, state);
    return state;
  }
  async function look(thread: string, signal: AbortSignal): Promise<ThreadState> {
    const state = known.get(thread) ?? saw(await api.call("GET", `/channels/${thread}`, { signal }));
    if (state === null) throw threadGone();
    return state;
  }
  function fresh(thread: string, signal: AbortSignal): Promise<ThreadState> {
    if (!heard) known.delete(thread);
    return look(thread, signal);
  }
  async function change(thread: string, wanted: ThreadChange, signal: AbortSignal, priority: Priority = "post"): Promise<void> {
    const before = await look(thread, signal);
    const body = {
      ...(wanted.name === undefined || wanted.name === before.name ? {} : { name: wanted.name }),
      ...(wanted.tags === undefined || same(wanted.tags, before.tags) ? {} : { applied_tags: wanted.tags }),
      ...(wanted.archived === undefined || wanted.archived === before.archived ? {} : { archived: wanted.archived }),
      ...(wanted.locked === undefined || wanted.locked === before.locked ? {} : { locked: wanted.locked }),
    };
    if (Object.keys(body).length === 0) return;
    changing.set(thread, (changing.get(thread) ?? 0) + 1);
    const after = saw(await api.call("PATCH", `/channels/${thread}`, { body, signal, priority }).finally(() => {
      const left = changing.get(thread)! - 1;
      if (left === 0) changing.delete(thread); else changing.set(thread, left);
    }));
    if (after === null) known.delete(thread);
    if (before.archived && after?.archived === false) opened();
  }
  async function open(thread: string, unlock: boolean, signal: AbortSignal): Promise<void> {
    await fresh(thread, signal);
    await change(thread, unlock ? { archived: false, locked: false } : { archived: false }, signal);
  }

  return {
    look, saw, fresh, change, open,
    told(channel) {
      const before = known.get((channel as { id?: string } | null)?.id ?? "");
      const state = saw(channel);
      return state === null ? null : { state, retagged: before !== undefined && !changing.has(state.id) && !same(before.tags, state.tags) };
    },
    gone: (thread) => known.delete(thread),
    hears(all) {
      heard = all;
      // what happened before it heard is not known
      known = new Recent(KEPT);
    },
    async within(thread, work, signal, { stays = false, unlock = false } = {}) {
      const isShut = (error: unknown) => discordCode(error) === CODE.archived || discordCode(error) === CODE.locked;
      if (known.get(thread)?.archived !== true) {
        try { return await work(); } catch (error) { if (!(error instanceof DeskError) || !isShut(error)) throw error; }
        known.delete(thread);
      }
      const { archived } = await look(thread, signal);
      await open(thread, unlock, signal);
      try { return await work(); } finally { if (archived && !stays) await change(thread, { archived: true }, signal); }
    },
  };
}

const same = (a: string[], b: string[]): boolean => a.length === b.length && a.every((one) => b.includes(one));
