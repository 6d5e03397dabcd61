/** What is said to one person alone, and the mark on their message that outlives it: an ephemeral message is gone with the next reload. */
import type { Core } from "../../core/core.ts";
import { DeskError } from "../../core/errors.ts";
import type { DeskThreadId, Message } from "../../core/model/types.ts";
import type { Notice } from "../../core/ports.ts";
import type { SlackApi } from "./api.ts";
import { readThreadId } from "./ids.ts";
import { sayingBody } from "./words.ts";

/** ✋ waits for its author's word; 🔒 stayed inside although its author may have meant it for the customer. */
const MARKS = { held: "raised_hand", inside: "lock" } as const;
/** Conversations whose marks are looked after; an older one stays until its message is acted on. */
const KEPT = 2_000;

export interface Notices {
  /** In the thread, to this person alone; where that can't be, in their direct messages with the app. `number`: of the conversation, outside its thread. @throws {DeskError} */
  notify(userId: string, thread: DeskThreadId | null, notice: Notice, number?: number): Promise<void>;
  /** Takes the mark off a message that was settled. Never rejects. */
  settle(messageId: string): Promise<void>;
  stop(): void;
}

export function createNotices({ core, api }: { core: Core; api: SlackApi }): Notices {
  /** Names of marks, by conversation and message. */
  const marked = new Map<string, Map<string, string>>();

  async function say(userId: string, thread: DeskThreadId | null, notice: Notice, number: number | undefined): Promise<void> {
    const body = sayingBody(notice.text, notice.buttons, { thread: thread ?? undefined, messageId: notice.messageId, number });
    const place = thread === null ? null : readThreadId(thread);
    if (place !== null) {
      try {
        await api.call("chat.postEphemeral", { ...body, channel: place.channel, thread_ts: place.ts, user: userId }, { channel: place.channel, priority: "interactive" });
        return;
      } catch (error) {
        // They are not in that channel, or it takes nothing: their own messages still reach them.
        if (!(error instanceof DeskError) || !error.o.certain || error.code === "RATE_LIMITED") throw error;
      }
    }
    const { channel } = await api.call<{ channel: { id: string } }>("conversations.open", { users: userId }, { priority: "interactive" });
    await api.call("chat.postMessage", { ...body, channel: channel.id, unfurl_links: false, unfurl_media: false }, { channel: channel.id, priority: "interactive" });
  }

  const find = (messageId: string): Promise<Pick<Message, "_id" | "conversationId" | "kind" | "held" | "origin" | "deletedAt"> | null> =>
    core.store.messages.findOne({ _id: messageId }, { projection: { conversationId: 1, kind: 1, held: 1, origin: 1, deletedAt: 1 } });
  const isHeld = (message: Pick<Message, "held" | "kind">): boolean => message.kind === "note" && message.held !== undefined && message.held.settled === undefined;

  async function react(method: "reactions.add" | "reactions.remove", origin: NonNullable<Message["origin"]>, name: string): Promise<void> {
    const { channel } = readThreadId(origin.thread);
    try {
      await api.call(method, { channel, timestamp: origin.postId, name }, { channel, priority: "post" });
    } catch (error) {
      core.log.debug({ err: error, method }, "A mark on an agent's message could not be changed.");
    }
  }

  async function mark(messageId: string): Promise<void> {
    const message = await find(messageId);
    if (message === null || message.kind !== "note" || message.origin?.desk !== "slack" || message.deletedAt !== undefined) return;
    const name = isHeld(message) ? MARKS.held : MARKS.inside;
    const mine = marked.get(message.conversationId) ?? new Map<string, string>();
    if (mine.get(messageId) === name) return;
    marked.set(message.conversationId, mine.set(messageId, name));
    if (marked.size > KEPT) marked.delete(marked.keys().next().value!);
    await react("reactions.add", message.origin, name);
  }

  async function settle(messageId: string): Promise<void> {
    try {
      const message = await find(messageId);
      if (message === null || message.origin?.desk !== "slack" || isHeld(message)) return;
      const mine = marked.get(message.conversationId);
      const known = mine?.get(messageId);
      // After a restart only the message tells that there was one.
      const name = known ?? (message.held === undefined ? undefined : MARKS.held);
      if (name === undefined || (name === MARKS.inside && message.kind === "note")) return;
      mine?.delete(messageId);
      if (mine?.size === 0) marked.delete(message.conversationId);
      if (message.deletedAt === undefined) await react("reactions.remove", message.origin, name);
    } catch (error) {
      core.log.warn({ err: error, messageId }, "A mark on an agent's message could not be looked after.");
    }
  }

  const off = core.bus.on("lane.due", ({ conversationId }) => {
    for (const messageId of marked.get(conversationId)?.keys() ?? []) void settle(messageId);
  });

  return {
    settle,
    stop: off,
    async notify(userId, thread, notice, number) {
      await say(userId, thread, notice, number);
      if (notice.messageId === undefined) return;
      try { await mark(notice.messageId); } catch (error) { core.log.warn({ err: error, messageId: notice.messageId }, "A mark on an agent's message could not be set."); }
    },
  };
}
