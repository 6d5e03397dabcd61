/** A reply is stored as queued and leaves when its undo window is over. */
import type { Core } from "../core.ts";
import type { Held } from "../lanes/lease.ts";
import { draftMessage } from "../model/draft.ts";
import { newId } from "../model/ids.ts";
import type { Agent, Author, Conversation, FileRef, Message } from "../model/types.ts";
import type { Step } from "../store/in-order.ts";
import { appendAndApply } from "./apply.ts";
import { FETCH_DESK_FILES, filesTodo } from "./desk-files.ts";
import { inboxOf } from "./inbox-settings.ts";
import { teamHasRead } from "./team-read.ts";

export interface ReplyInput {
  conversation: Conversation; agent: Agent; body: string; files: FileRef[];
  /** Unique key of what it was made from: a desk post, an API call's id. */
  source: string;
  origin?: NonNullable<Message["origin"]>;
  /** The desk's own time of the agent's line. */
  at?: Date;
  explicit?: NonNullable<Message["explicit"]>;
  /** Place in the delivery lane, when it goes before what is queued already; its `seq` else. */
  turn?: number;
  /** It goes as this approved text; `body` is how it reads. */
  template?: Message["template"];
  quote?: Message["quote"];
  choices?: Message["choices"];
  /** The lease under which the agent's line is handled: given back in the same write as the reply's effect, since nothing else follows under it. */
  held?: Held;
  /** It leaves at once: its author has had their time to take it back. */
  atOnce?: true;
  /** A write that goes along: what it was made from is handled. */
  handled?: { step: Step; done: boolean };
}

export const agentAuthor = (agent: Agent): Author => ({ type: "agent", id: agent._id, name: agent.name, ...(agent.avatar === undefined ? {} : { avatar: agent.avatar }) });

/** A repeat of the same `source` answers the first. Whose conversation it is was settled before (`takeOnReply`). */
export async function sendReply(core: Core, input: ReplyInput): Promise<Message> {
  const { conversation, agent } = input;
  const inbox = await inboxOf(core, conversation.inboxId);
  const now = core.clock.now();
  const dueAt = new Date(now.getTime() + (input.atOnce === true ? 0 : inbox.settings.undoSeconds * 1_000));
  // Without a window the first thing to show on the agent's own line is what became of it.
  const shownLater = input.origin !== undefined && inbox.settings.undoSeconds === 0;
  const { message, duplicate, also } = await appendAndApply(core, conversation, (seq) => {
    const draft = draftMessage({
      id: newId(now), conversationId: conversation._id, inboxId: conversation.inboxId, identityId: conversation.identityId, kind: "outgoing",
      source: input.source, author: agentAuthor(agent), body: input.body, files: input.files, now, seq,
    });
    return {
      ...draft, ...fromDesk(input.origin), todo: filesTodo(input.files, now), ...(input.template === undefined ? {} : { template: input.template }), ...(input.quote === undefined ? {} : { quote: input.quote }), ...(input.choices === undefined ? {} : { choices: input.choices }), ...(input.explicit === undefined ? {} : { explicit: input.explicit }),
      ...(inbox.settings.continuity == null ? {} : { mailDueAt: new Date(dueAt.getTime() + inbox.settings.continuity.minutes * 60_000) }),
      mirror: { ...draft.mirror, state: input.origin === undefined ? "queued" as const : "posted" as const, ...(shownLater ? {} : { dueAt: now }), ...(input.origin === undefined ? {} : { postedAt: input.at ?? now }) },
      delivery: { ...draft.delivery, state: "queued", dueAt, turn: input.turn ?? seq },
    };
  }, false, { ...(input.held === undefined ? {} : { held: input.held }), ...(input.handled === undefined ? {} : { also: [input.handled.step] }) });
  if (duplicate) return message;
  if (input.handled !== undefined) input.handled.done = also;
  core.bus.publish({ type: "message.stored", conversationId: conversation._id, messageId: message._id });
  if (message.todo.length > 0) core.bus.publish({ type: "todo.due", messageId: message._id, conversationId: conversation._id, for: FETCH_DESK_FILES });
  if (!shownLater) core.bus.publish({ type: "lane.due", lane: "mirror", conversationId: conversation._id });
  // A desk's own line is looked at when its event is handled: until then it could not be claimed.
  if (input.origin === undefined) core.bus.publish({ type: "lane.due", lane: "delivery", conversationId: conversation._id });
  await teamHasRead(core, conversation, message.seq);
  return message;
}

/** What a message made from a desk post carries: it is in the thread already. */
export const fromDesk = (origin: Message["origin"]): Pick<Message, "deskPosts"> & Pick<Partial<Message>, "origin"> =>
  origin === undefined ? { deskPosts: [] } : { origin, deskPosts: [deskPostKey(origin.thread, origin.postId)] };
export const deskPostKey = (thread: string, postId: string): string => `${thread}|${postId}`;
