/** The mark on an agent's message that outlives what was said about it: what is told to one person alone is gone with the next reload. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Core } from "../../core/core.ts";
import { DeskError } from "../../core/errors.ts";
import type { DeskKind, DeskPostId, DeskThreadId, Message } from "../../core/model/types.ts";
import { deskPostKey } from "../../core/services/send-reply.ts";

/** "held" (✋) waits for its author's word; "inside" (🔒) stayed there although its author may have meant it for the customer. */
export type MarkName = "held" | "inside";
/** Conversations whose marks are looked after; an older one stays until its message is acted on. */
const KEPT = 2_000;
/** Tries of one change, a minute apart at most: a held mark is all that tells of a reply that was not sent; the other is worth less than what others need. */
const TRIES: Record<MarkName, number> = { held: 30, inside: 3 };
const LONGEST_MS = 60_000;
/** How far back marks are looked through after a start, and how many: a process that died may have left them as they were. */
const REVIEW = { ms: 2 * 3_600_000, most: 50 };

type Marked = Pick<Message, "_id" | "conversationId" | "kind" | "held" | "explicit" | "origin" | "deletedAt">;
const PROJECTION = { conversationId: 1, kind: 1, held: 1, explicit: 1, origin: 1, deletedAt: 1 } as const;

export interface Marks {
  /** Marks the post that this message was made from, if it stayed inside. Never rejects. */
  set(messageId: string): Promise<void>;
  /** Takes the mark off a message that was settled. Never rejects. */
  settle(messageId: string): Promise<void>;
  /** After a start: brings the marks of what was held lately to what it is now. Never rejects. */
  review(): Promise<void>;
  stop(): void;
}

export interface MarkOptions {
  core: Core; desk: DeskKind;
  /** Puts our mark on a post, or takes it off; that it is so already is no error. @throws {DeskError} */
  react(thread: DeskThreadId, post: DeskPostId, mark: MarkName, on: boolean): Promise<void>;
}

export function createMarks({ core, desk, react }: MarkOptions): Marks {
  /** By conversation and message. */
  const standing = new Map<string, Map<string, MarkName>>();
  const looking = new Set<string>();
  const ended = new AbortController();

  const isHeld = ({ kind, held }: Marked): boolean => kind === "note" && held !== undefined && held.settled === undefined;
  const find = (ids: string[]): Promise<Marked[]> => core.store.messages.find({ _id: { $in: ids } }, { projection: PROJECTION }).toArray();

  /** Brings one mark to what its message says, which may change meanwhile; nobody waits for it, so it waits itself. */
  async function bring(messageId: string, name: MarkName): Promise<void> {
    for (let tries = 1, done: boolean | undefined; ; tries++) {
      const [message] = await find([messageId]);
      if (message?.origin?.desk !== desk || message.deletedAt !== undefined) return;
      const wanted = name === "held" ? isHeld(message) : message.kind === "note";
      if (wanted === done) return;
      try {
        await react(message.origin.thread, message.origin.postId, name, wanted);
        done = wanted;
      } catch (error) {
        if (!(error instanceof DeskError) || error.o.refused === true || tries >= TRIES[name]) return core.log.debug({ err: error, on: wanted }, "A mark on an agent's message was not changed.");
        await sleep(error.o.retryAfterMs ?? Math.min(1_000 * 2 ** (tries - 1), LONGEST_MS), undefined, { signal: ended.signal, ref: false });
      }
    }
  }

  async function quietly(messageId: string, work: () => Promise<void>): Promise<void> {
    try { await work(); } catch (error) { if (!ended.signal.aborted) core.log.warn({ err: error, messageId }, "A mark on an agent's message could not be looked after."); }
  }

  async function set(messageId: string): Promise<void> {
    const [message] = await find([messageId]);
    if (message === undefined || message.kind !== "note" || message.origin?.desk !== desk || message.deletedAt !== undefined) return;
    const name = isHeld(message) ? "held" : "inside";
    const mine = standing.get(message.conversationId) ?? new Map<string, MarkName>();
    if (mine.get(messageId) === name) return;
    standing.set(message.conversationId, mine.set(messageId, name));
    if (standing.size > KEPT) standing.delete(standing.keys().next().value!);
    await bring(messageId, name);
  }

  async function settle(message: Marked): Promise<void> {
    if (message.origin?.desk !== desk || isHeld(message)) return;
    const mine = standing.get(message.conversationId);
    // After a restart only the message tells that there was one.
    const name = mine?.get(message._id) ?? (message.held !== undefined ? "held" : message.explicit === "send-to-customer" ? "inside" : undefined);
    if (name === undefined || (name === "inside" && message.kind === "note")) return;
    mine?.delete(message._id);
    if (mine?.size === 0) standing.delete(message.conversationId);
    await bring(message._id, name);
  }

  async function review(): Promise<void> {
    const since = new Date(core.clock.now().getTime() - REVIEW.ms);
    const held = core.store.deskEvents.find({ handledAt: { $gte: since }, desk, outcome: /^held: / }, { projection: { thread: 1, event: 1 } }).sort({ handledAt: -1 }).limit(REVIEW.most);
    for await (const { thread, event } of held) {
      const message = await core.store.messages.findOne({ deskPosts: deskPostKey(thread, event.postId) }, { projection: { _id: 1 } });
      if (message !== null) await bring(message._id, "held");
    }
  }

  /** Whatever moves in a conversation may have settled what is marked there. One look at a time. */
  const off = core.bus.on("lane.due", ({ conversationId }) => {
    const mine = standing.get(conversationId);
    if (mine === undefined || looking.has(conversationId)) return;
    looking.add(conversationId);
    void quietly(conversationId, async () => {
      const found = await find([...mine.keys()]);
      looking.delete(conversationId);
      await Promise.all(found.map(settle));
    }).finally(() => looking.delete(conversationId));
  });

  return {
    set: (messageId) => quietly(messageId, () => set(messageId)),
    settle: (messageId) => quietly(messageId, async () => { for (const message of await find([messageId])) await settle(message); }),
    review: () => quietly("those of late", review),
    stop() { off(); ended.abort(); },
  };
}
