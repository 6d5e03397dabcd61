/** What one customer sees, across their conversations: lines and every visible change, in the order of their stamps. */
import type { Core } from "../core.ts";
import type { Message } from "../model/types.ts";
import { isOwnStore } from "../ports.ts";
import { updateInFeed } from "../store/messages.ts";
import { climb } from "./record-delivery.ts";

export interface FeedMessage {
  id: string; seq: number; position: number; conversationId: string; kind: "incoming" | "outgoing"; body: string;
  files: { fileId: string; name: string; type: string; bytes: number }[];
  author: { name: string; avatar?: string }; createdAt: string; edited: boolean; deleted: boolean; receipt?: "sent" | "delivered" | "read";
  choices?: { id: string; label: string }[]; chosen?: { messageId: string; id: string };
}
export interface FeedPage { messages: FeedMessage[]; last: number; more: boolean }

/** All with a stamp above `after`, oldest change first; at most `limit` (1 to 200). */
export async function feedAfter(core: Core, identityId: string, after: number, limit: number): Promise<FeedPage> {
  const found = await core.store.messages.find({ identityId, feedLast: { $gt: after } }).sort({ feedLast: 1 }).limit(limit + 1).toArray();
  const page = found.slice(0, limit);
  return { messages: page.map(asFeedMessage), last: page.at(-1)?.feedLast ?? after, more: found.length > limit };
}

/** The `limit` lines before a place on screen, in the order of the screen. */
export async function feedBefore(core: Core, identityId: string, before: number, limit: number): Promise<FeedPage> {
  const found = await core.store.messages.find({ identityId, feedFirst: { $lt: before } }).sort({ feedFirst: -1 }).limit(limit + 1).toArray();
  const page = found.slice(0, limit).reverse();
  return { messages: page.map(asFeedMessage), last: Math.max(0, ...page.map((m) => m.feedLast ?? 0)), more: found.length > limit };
}

/** Only incoming and outgoing lines are ever stamped; a note has no place in a feed. */
function asFeedMessage(message: Message): FeedMessage {
  const deleted = message.deletedAt !== undefined;
  return {
    id: message._id, seq: message.feedLast ?? 0, position: message.feedFirst ?? 0, conversationId: message.conversationId,
    kind: message.kind === "incoming" ? "incoming" : "outgoing", body: deleted ? "" : message.body,
    files: deleted ? [] : message.files.filter((f) => f.state === "ready").map(({ fileId, name, type, bytes }) => ({ fileId, name, type, bytes })),
    author: { name: message.author.name, ...(message.author.avatar === undefined ? {} : { avatar: message.author.avatar }) },
    createdAt: message.createdAt.toISOString(), edited: message.editedAt !== undefined, deleted,
    ...(message.kind === "incoming" && message.seen !== undefined ? { receipt: message.seen } : {}),
    ...(deleted || message.choices === undefined ? {} : { choices: message.choices.map(({ id, label }) => ({ id, label })) }), ...(deleted || message.chosen === undefined ? {} : { chosen: message.chosen }),
  };
}

/** The customer has got (or read) everything stamped up to `seq`: receipts of our lines climb. Work is bounded by what is not yet there. */
export async function recordSeen(core: Core, seen: { identityId: string; seq: number; state: "delivered" | "read" }): Promise<void> {
  const below = seen.state === "delivered" ? (["sent"] as const) : (["sent", "delivered"] as const);
  const due = await core.store.messages
    .find({ identityId: seen.identityId, feedFirst: { $lte: seen.seq }, kind: "outgoing", "delivery.state": { $in: [...below, "sending"] } })
    .sort({ feedFirst: -1 }).limit(200).toArray();
  for (const message of due) await climb(core, message, seen.state);
}

/** Whether this inbox's customers read their feed from us, so that receipts on their own lines matter. */
export const servesFeed = (core: Core, inboxId: string): boolean => {
  const adapter = core.channels.get(inboxId);
  return adapter !== undefined && isOwnStore(adapter);
};

/** The customer's own lines up to `seq` are in the thread (delivered) or were answered (read), as they see it. */
export async function recordSeenByTeam(core: Core, conversationId: string, seq: number, state: "delivered" | "read"): Promise<void> {
  const below = state === "delivered" ? ["sent" as const] : ["sent" as const, "delivered" as const];
  const due = await core.store.messages.find({ conversationId, seq: { $lte: seq }, seen: { $in: below } }).sort({ seq: -1 }).limit(100).toArray();
  for (const message of due.reverse()) await updateInFeed(core, message, { seen: { $in: below } }, { $set: { seen: state } });
}
