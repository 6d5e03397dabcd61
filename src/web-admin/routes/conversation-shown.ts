/** Conversations and their lines as the API shows them. */
import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Core } from "../../core/core.ts";
import { UserError } from "../../core/errors.ts";
import { activityText } from "../../core/model/activity-text.ts";
import type { Conversation, Message } from "../../core/model/types.ts";
import { allInboxes } from "../../core/services/inbox-settings.ts";
import { linkToThread } from "../../core/services/thread-link.ts";
import { actorOf } from "../auth/caller.ts";
import type { ConversationShown, message as messageShape } from "../wire-conversations.ts";
import { iso, isoOrNull, type Incoming } from "./call.ts";
import { requireMatch } from "./contact-shown.ts";

export async function showConversation(core: Core, it: Conversation): Promise<ConversationShown> {
  const inbox = (await allInboxes(core)).find(({ _id }) => _id === it.inboxId);
  return {
    id: it._id, number: it.number, status: it.status, subject: it.subject, contact: { id: it.contactId, name: it.contactName }, inbox: { id: it.inboxId, name: inbox?.name ?? "an inbox that is gone" }, channel: it.channel,
    owner: it.assigneeId === null ? null : { id: it.assigneeId, name: it.assigneeName ?? "" }, team: it.teamId === undefined ? null : { id: it.teamId, name: it.teamName ?? "" }, labels: it.labels, priority: it.priority, language: it.language ?? null,
    waitingSince: isoOrNull(it.waitingSince), firstReplyAt: isoOrNull(it.firstReplyAt), snoozedUntil: isoOrNull(it.snoozedUntil), resolvedAt: isoOrNull(it.resolvedAt), createdAt: iso(it.createdAt), lastMessageAt: iso(it.lastMessageAt),
    lastSeq: it.appliedSeq, lastIncomingSeq: it.lastIncomingSeq, link: (await linkToThread(core, it)) ?? null,
  };
}

export function showMessage({ _id, seq, kind, author, body, files, createdAt, editedAt, deletedAt, held, delivery, reactions, quote, activity }: Message): z.infer<typeof messageShape> {
  const deleted = deletedAt !== undefined;
  return {
    id: _id, seq, kind, author: { type: author.type, id: author.id ?? null, name: author.name }, text: deleted ? "" : activity === undefined ? body : activityText(author.name, activity),
    files: deleted ? [] : files.map(({ fileId, name, type, bytes, state }) => ({ fileId, name, type, bytes, state })), createdAt: iso(createdAt), edited: editedAt !== undefined, deleted,
    held: held === undefined || held.settled !== undefined ? null : held.why, receipt: delivery.state === "none" ? null : delivery.state, error: delivery.error === undefined ? null : { code: delivery.error.code, text: delivery.error.text },
    reactions: deleted ? [] : reactions.map(({ emoji, by, from }) => ({ emoji, by, from })), quote: deleted ? null : (quote?.text ?? null),
  };
}

/** Rises with each fact that its card shows, and with each line. */
export const tagOf = ({ cardRev, appliedSeq }: Conversation): string => `"${cardRev}-${appliedSeq}"`;

/** The conversation of the path, by id or number. @throws {UserError} CONVERSATION_UNKNOWN, also for one out of sight */
export async function lookAtConversation({ parts: { core }, caller, params, concerns }: Pick<Incoming<unknown, unknown>, "parts" | "caller" | "params" | "concerns">, request?: FastifyRequest): Promise<Conversation> {
  const name = params["id"]!;
  const { inboxIds } = actorOf(caller, core.clock.now());
  const found = await core.store.conversations.findOne(/^\d{1,12}$/.test(name) ? { number: Number(name) } : { _id: name });
  if (found === null || (inboxIds !== "all" && !inboxIds.includes(found.inboxId))) throw new UserError("CONVERSATION_UNKNOWN", "There is no such conversation, or not for you.");
  concerns(found.contactId);
  if (request !== undefined) requireMatch(request, tagOf(found));
  return found;
}
