/** What the calls about conversations take and answer. */
import { z } from "zod";
import { next, paging } from "./wire-api.ts";

const at = z.iso.datetime();
const named = z.strictObject({ id: z.string(), name: z.string() });
const seq = z.string().regex(/^\d{1,9}$/, "must be a whole number").transform(Number);
const kind = z.enum(["incoming", "outgoing", "note", "activity"]);

export const conversation = z.strictObject({
  id: z.string(), number: z.int(), status: z.enum(["open", "pending", "snoozed", "resolved"]), subject: z.string(), contact: named, inbox: named, channel: z.string(),
  owner: named.nullable(), team: named.nullable(), labels: z.array(z.string()), priority: z.enum(["low", "medium", "high", "urgent"]).nullable(), language: z.string().nullable(),
  waitingSince: at.nullable().describe("Since when the customer waits for us; null: they don't."), firstReplyAt: at.nullable(), snoozedUntil: at.nullable(), resolvedAt: at.nullable(), createdAt: at, lastMessageAt: at,
  lastSeq: z.int(), lastIncomingSeq: z.int(), link: z.string().nullable().describe("To its thread, where the desk has links."),
});
export type ConversationShown = z.infer<typeof conversation>;
export const conversationsQuery = z.strictObject({ ...paging, q: z.string().max(2_000).optional().describe("A filter, as in /find: status:open label:billing waiting>2h \"refund\".") });
export const conversations = z.strictObject({ conversations: z.array(conversation), next });

export const messagesQuery = z.strictObject({ after: seq.optional().describe("Lines behind this `seq`, oldest first."), before: seq.optional().describe("Lines before it; left out with `after`: the newest."), limit: paging.limit })
  .refine((query) => query.after === undefined || query.before === undefined, "takes after or before, not both");
export const message = z.strictObject({
  id: z.string(), seq: z.int().describe("Place in the conversation, from 1, without gaps."), kind, author: z.strictObject({ type: z.enum(["contact", "agent", "guest", "bot", "system"]), id: z.string().nullable(), name: z.string() }),
  text: z.string().describe("Of an activity: what was done, in words."), files: z.array(z.strictObject({ fileId: z.string(), name: z.string(), type: z.string(), bytes: z.int(), state: z.enum(["ready", "pending", "missing"]) })),
  createdAt: at, edited: z.boolean(), deleted: z.boolean(), held: z.string().nullable().describe("Why a reply waits for its author's word."),
  receipt: z.enum(["queued", "sending", "sent", "delivered", "read", "failed", "cancelled", "unknown"]).nullable().describe("What became of a reply."), error: z.strictObject({ code: z.string(), text: z.string() }).nullable(),
  reactions: z.array(z.strictObject({ emoji: z.string(), by: z.string(), from: z.enum(["contact", "agent"]) })), quote: z.string().nullable(),
});
export const messages = z.strictObject({ messages: z.array(message), more: z.boolean() });

const seen = z.int().min(0).optional().describe("The highest `seq` that its author could see: with a newer line of the customer the act is held, or asks first.");
export const sayBody = z.strictObject({ text: z.string().min(1).max(20_000), seen });
export const said = z.strictObject({ message, notice: z.string().nullable().describe("Why it is held: nothing went to the customer yet.") });
export const noteBody = z.strictObject({ text: z.string().min(1).max(20_000) });
export const actBody = z.strictObject({ verb: z.string().regex(/^[a-z]{1,30}$/i, "must be a verb's name, as GET /verbs lists them"), args: z.string().max(20_000).default("").describe("What a person writes behind the verb."), seen });
export const acted = z.strictObject({
  notice: z.string().nullable(), buttons: z.array(z.strictObject({ id: z.string().describe("A verb, and behind a colon its `args`."), label: z.string() })).describe("What may follow."), conversation,
});
