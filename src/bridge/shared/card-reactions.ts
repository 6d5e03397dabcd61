/** Reactions to a conversation's card that are verbs; removing one undoes it. To a customer's line a reaction stays a reaction: it travels. */
import { z } from "zod";
import type { Core } from "../../core/core.ts";
import type { Agent, Conversation, DeskKind, DeskThreadId } from "../../core/model/types.ts";
import type { DeskAdapter, DeskHost } from "../../core/ports.ts";
import { agentByLink } from "../../core/services/inbox-settings.ts";
import { verbNamed } from "../../core/verbs/table.ts";
import { Recent } from "./recent.ts";
import { seenAt } from "./seen.ts";

/** Emoji as the desk names them → verbs, with arguments behind a colon: `fire: "priority:urgent"`. */
export const emojiSettings = <K extends z.ZodType<string, string>>(emoji: K) => z.record(
  emoji, z.string().refine((verb) => verbNamed(verb.split(":")[0]!) !== undefined, "`emoji` leads to verbs, such as resolve or priority:urgent; /help lists them"),
);
export type EmojiMap = Readonly<Record<string, string>>;

/** Reactions that are remembered. */
const KEPT = 1_000;

const UNDO: Record<string, { verb: string; stands(conversation: Conversation, agent: Agent): boolean }> = {
  resolve: { verb: "reopen", stands: ({ status }) => status === "resolved" },
  snooze: { verb: "reopen", stands: ({ status }) => status === "snoozed" },
  take: { verb: "unassign", stands: ({ assigneeId }, agent) => assigneeId === agent._id },
};

/** `post`: the thread's id, were this post the first of one. `at`: what its author could see then counts as seen. */
export interface Reaction { post: DeskThreadId; userId: string; name: string; removed: boolean; at: Date }
export interface CardReactionsOptions { core: Core; host: DeskHost; desk: DeskKind; map: EmojiMap; notify: DeskAdapter["notify"] }

/** True when it was meant for a card: then nobody else needs to look at it. Only linked agents count; what comes late is not done. */
export function createCardReactions({ core, host, desk, map, notify }: CardReactionsOptions): (reaction: Reaction) => Promise<boolean> {
  /** What the desk tells again is done once. */
  const begun = new Recent<true>(KEPT);

  return async function react({ post, userId, name, removed, at }) {
    const verb = map[name];
    if (verb === undefined) return false;
    const thread = await core.store.threads.findOne({ _id: post });
    if (thread === null) return false;
    const agent = await agentByLink(core, desk, userId);
    if (agent === undefined || !agent.active || core.clock.now().getTime() - at.getTime() > core.limits.lateMs) return true;

    let wanted = verb;
    if (removed) {
      const undo = UNDO[verb];
      const conversation = undo === undefined ? null : await core.store.conversations.findOne({ _id: thread.conversationId });
      if (undo === undefined || conversation === null || !undo.stands(conversation, agent)) return true;
      wanted = undo.verb;
    }
    const key = [post, userId, name, removed, at.getTime()].join(" ");
    if (begun.get(key) === true) return true;
    const seen = await seenAt(core, { thread: post }, at);
    begun.set(key, true);
    const result = await host.act({ desk, userId, thread: post, verb: wanted, args: "", ...(seen === undefined ? {} : { seen }) })
      .catch((error: unknown) => { begun.delete(key); throw error; });
    // What is so already was done by this very reaction, told a second time.
    if (result.code === "ALREADY_SO" && (result.buttons ?? []).length === 0) return true;
    const text = result.notice ?? (result.form === undefined ? undefined : `${result.form.title}:`);
    if (text === undefined) return true;
    try {
      await notify(userId, post, { text, buttons: result.buttons ?? [], ...(result.messageId === undefined ? {} : { messageId: result.messageId }) });
    } catch (error) {
      core.log.warn({ err: error }, "An agent could not be told what became of their reaction.");
    }
    return true;
  };
}
