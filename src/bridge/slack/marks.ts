/** The mark on an agent's message that outlives what was said about it: an ephemeral message is gone with the next reload. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Core } from "../../core/core.ts";
import { DeskError } from "../../core/errors.ts";
import type { Message } from "../../core/model/types.ts";
import type { SlackApi } from "./api.ts";
import { readThreadId } from "./ids.ts";

/** ✋ waits for its author's word; 🔒 stayed inside although its author may have meant it for the customer. */
const MARKS = { held: "raised_hand", inside: "lock" } as const;
type MarkName = (typeof MARKS)[keyof typeof MARKS];
/** Conversations whose marks are looked after; an older one stays until its message is acted on. */
const KEPT = 2_000;
const TRIES = 5;

type Marked = Pick<Message, "_id" | "conversationId" | "kind" | "held" | "explicit" | "origin" | "deletedAt">;
const PROJECTION = { conversationId: 1, kind: 1, held: 1, explicit: 1, origin: 1, deletedAt: 1 } as const;

export interface Marks {
  /** Marks the post that this message was made from, if it stayed inside. Never rejects. */
  set(messageId: string): Promise<void>;
  /** Takes the mark off a message that was settled. Never rejects. */
  settle(messageId: string): Promise<void>;
  stop(): void;
}

export function createMarks({ core, api }: { core: Core; api: SlackApi }): Marks {
  /** By conversation and message. */
  const standing = new Map<string, Map<string, MarkName>>();
  const looking = new Set<string>();
  const ended = new AbortController();

  const isHeld = ({ kind, held }: Marked): boolean => kind === "note" && held !== undefined && held.settled === undefined;
  const find = (ids: string[]): Promise<Marked[]> => core.store.messages.find({ _id: { $in: ids } }, { projection: PROJECTION }).toArray();

  async function react(method: "reactions.add" | "reactions.remove", origin: NonNullable<Message["origin"]>, name: MarkName): Promise<void> {
    const { channel } = readThreadId(origin.thread);
    for (let tries = 1; ; tries++) {
      try {
        return void (await api.call(method, { channel, timestamp: origin.postId, name }, { channel, priority: name === MARKS.held ? "post" : "background" }));
      } catch (error) {
        // Nobody waits for it, so it waits itself; a lock is worth less than what others need.
        const again = error instanceof DeskError && error.code === "RATE_LIMITED" && name === MARKS.held && tries < TRIES;
        if (!again) return core.log.debug({ err: error, method }, "A mark on an agent's message was not changed.");
        await sleep(error.o.retryAfterMs ?? 1_000 * tries, undefined, { signal: ended.signal, ref: false });
      }
    }
  }

  async function quietly(messageId: string, work: () => Promise<void>): Promise<void> {
    try { await work(); } catch (error) { if (!ended.signal.aborted) core.log.warn({ err: error, messageId }, "A mark on an agent's message could not be looked after."); }
  }

  async function set(messageId: string): Promise<void> {
    const [message] = await find([messageId]);
    if (message === undefined || message.kind !== "note" || message.origin?.desk !== "slack" || message.deletedAt !== undefined) return;
    const name = isHeld(message) ? MARKS.held : MARKS.inside;
    const mine = standing.get(message.conversationId) ?? new Map<string, MarkName>();
    if (mine.get(messageId) === name) return;
    standing.set(message.conversationId, mine.set(messageId, name));
    if (standing.size > KEPT) standing.delete(standing.keys().next().value!);
    await react("reactions.add", message.origin, name);
    // It was settled while its mark was still on the way.
    if (mine.get(messageId) !== name) await react("reactions.remove", message.origin, name);
  }

  async function settle(message: Marked): Promise<void> {
    if (message.origin?.desk !== "slack" || isHeld(message)) return;
    const mine = standing.get(message.conversationId);
    // After a restart only the message tells that there was one.
    const name = mine?.get(message._id) ?? (message.held !== undefined ? MARKS.held : message.explicit === "send-to-customer" ? MARKS.inside : undefined);
    if (name === undefined || (name === MARKS.inside && message.kind === "note")) return;
    mine?.delete(message._id);
    if (mine?.size === 0) standing.delete(message.conversationId);
    if (message.deletedAt === undefined) await react("reactions.remove", message.origin, name);
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
    stop() { off(); ended.abort(); },
  };
}
