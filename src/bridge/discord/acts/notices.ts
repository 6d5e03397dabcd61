/**
 * What is said to one person who pressed nothing: Discord shows words to one person alone only as the answer to an interaction. So a mark on
 * their message stays, and a short reply that calls them alone goes away by itself; where that can't be, their direct messages get it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Core } from "../../../core/core.ts";
import { DeskError } from "../../../core/errors.ts";
import type { DeskThreadId, Message } from "../../../core/model/types.ts";
import type { Notice } from "../../../core/ports.ts";
import { Recent } from "../../shared/recent.ts";
import type { DiscordApi } from "../api.ts";
import { readThreadId } from "../ids.ts";
import { buttonRows } from "./buttons.ts";
import { sayingBody, type MessageBody } from "./words.ts";

/** How long a reply stands; one that asks something stands longer, and until it is settled. */
const [TOLD_MS, ASKED_MS] = [60_000, 15 * 60_000];
const KEPT = 2_000;
const STOP_MS = 2_000;
const Made = z.object({ id: z.string() });

export interface Notices {
  /** In the thread, calling this person alone; where that can't be, in their direct messages. @throws {DeskError} */
  notify(userId: string, thread: DeskThreadId | null, notice: Notice): Promise<void>;
  /** Takes away what was said about a message that was settled. Never rejects. */
  settle(messageId: string): Promise<void>;
  /** Takes a notice away that was acted on, also one of a process that has ended. Never rejects. */
  dismiss(thread: DeskThreadId, postId: string): Promise<void>;
  /** Takes away what still stands. */
  stop(): Promise<void>;
}
export interface NoticesOptions { core: Core; api: DiscordApi; toldMs?: number; askedMs?: number }

export function createNotices({ core, api, toldMs = TOLD_MS, askedMs = ASKED_MS }: NoticesOptions): Notices {
  const ended = new AbortController();
  /** What stands in threads, by what takes it away. */
  const standing = new Set<{ id: string; about: string | undefined; take: () => Promise<void> }>();
  const directs = new Recent<string>(KEPT);

  const isHeld = ({ kind, held }: Pick<Message, "kind" | "held">): boolean => kind === "note" && held !== undefined && held.settled === undefined;
  async function takeAway(fits: (about: string | undefined) => boolean): Promise<void> {
    await Promise.all([...standing].filter(({ about }) => fits(about)).map(({ take }) => take()));
  }
  /** Whatever moves in a conversation may have settled what was asked there. */
  const off = core.bus.on("lane.due", ({ conversationId }) => {
    const asked = [...standing].flatMap(({ about }) => about ?? []);
    if (asked.length > 0) void settled(asked, conversationId).catch((error: unknown) => core.log.warn({ err: error }, "It could not be seen whether a notice in Discord is settled."));
  });
  async function settled(messageIds: string[], conversationId?: string): Promise<void> {
    const found = await core.store.messages.find({ _id: { $in: messageIds }, ...(conversationId === undefined ? {} : { conversationId, "held.settled": { $exists: true } }) }, { projection: { kind: 1, held: 1 } }).toArray();
    for (const message of found) if (!isHeld(message)) await takeAway((about) => about === message._id);
  }

  async function remove(thread: DeskThreadId, id: string): Promise<void> {
    for (let tries = 1; tries <= 5; tries++) {
      try {
        return void (await api.call("DELETE", `/channels/${readThreadId(thread).thread}/messages/${id}`));
      } catch (error) {
        if (!(error instanceof DeskError) || error.o.refused === true || ended.signal.aborted) return core.log.debug({ err: error }, "A notice in Discord was not taken away.");
        await sleep(error.o.retryAfterMs ?? 1_000 * tries, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
      }
    }
  }
  function stands(thread: DeskThreadId, id: string, about: string | undefined, ms: number): void {
    let taken: Promise<void> | null = null;
    const timer = setTimeout(() => void one.take(), ms);
    timer.unref();
    const one = {
      id, about,
      take: () => (taken ??= (() => {
        clearTimeout(timer);
        standing.delete(one);
        return remove(thread, id);
      })()),
    };
    standing.add(one);
  }

  async function inThread(userId: string, thread: DeskThreadId, notice: Notice): Promise<void> {
    const origin = notice.messageId === undefined ? undefined : (await core.store.messages.findOne({ _id: notice.messageId }, { projection: { origin: 1 } }))?.origin;
    const repliesTo = origin?.desk === "discord" && origin.thread === thread ? { message_reference: { message_id: origin.postId, fail_if_not_exists: false } } : {};
    const body: MessageBody = { ...sayingBody(notice.text, buttonRows(notice.buttons, { messageId: notice.messageId }), userId), allowed_mentions: { parse: [], users: [userId], replied_user: false } };
    const made = Made.parse(await api.call("POST", `/channels/${readThreadId(thread).thread}/messages`, { priority: "interactive", body: { ...body, ...repliesTo } }));
    if (notice.messageId !== undefined) void takeAway((about) => about === notice.messageId);
    stands(thread, made.id, notice.messageId, notice.buttons.length === 0 ? toldMs : askedMs);
  }

  async function direct(userId: string, thread: DeskThreadId | null, notice: Notice): Promise<void> {
    const conversation = thread === null ? undefined : (await core.store.threads.findOne({ _id: thread }, { projection: { conversationId: 1 } }))?.conversationId;
    const channel = directs.get(userId) ?? Made.parse(await api.call("POST", "/users/@me/channels", { priority: "interactive", body: { recipient_id: userId } })).id;
    directs.set(userId, channel);
    await api.call("POST", `/channels/${channel}/messages`, { priority: "interactive", body: sayingBody(notice.text, buttonRows(notice.buttons, { conversation, messageId: notice.messageId })) });
  }

  return {
    async settle(messageId) {
      await settled([messageId]).catch((error: unknown) => core.log.warn({ err: error, messageId }, "A notice in Discord could not be looked after."));
    },
    dismiss: (thread, postId) => [...standing].find(({ id }) => id === postId)?.take() ?? remove(thread, postId),
    async stop() {
      off();
      await Promise.race([takeAway(() => true), sleep(STOP_MS, undefined, { ref: false })]);
      ended.abort();
    },
    async notify(userId, thread, notice) {
      if (thread === null) return direct(userId, null, notice);
      try {
        await inThread(userId, thread, notice);
      } catch (error) {
        // The thread takes nothing: their own messages still reach them.
        if (!(error instanceof DeskError) || !error.o.certain || error.code === "RATE_LIMITED") throw error;
        await direct(userId, thread, notice);
      }
    },
  };
}
