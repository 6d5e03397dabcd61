/** Every body, query and socket frame of `/widget/v1`. The browser takes the types only. */
import { z } from "zod";
import type { RichText } from "../../core/model/rich-text.ts";

/** Longest text of one message, in UTF-16 units. */
export const MAX_TEXT = 8_000;
const id = z.string().min(1).max(200);
const place = z.int().min(0);

export const sessionBody = z.strictObject({
  inboxKey: z.string().min(1).max(100),
  identity: z
    .strictObject({ id, hash: z.string().max(128).optional(), name: z.string().trim().max(120).optional(), email: z.email().max(254).optional() })
    .optional(),
});
export type SessionBody = z.infer<typeof sessionBody>;
export interface SessionAnswer { token: string; contactId: string | null }

export const messageBody = z.strictObject({
  /** Its length is checked apart, for an answer of its own. */
  body: z.string(),
  /** The sender's own id of this message; a repeat makes no second one. */
  clientId: z.string().min(1).max(100).regex(/^[\x21-\x7e]+$/, "must be printable ASCII without blanks"),
  fileIds: z.array(id).max(10).optional(),
  conversation: id.optional(),
  /** It is a press: on which choice of which line. `body` is what was on it. */
  choice: z.strictObject({ messageId: id, id: z.string().min(1).max(40) }).optional(),
});
export type MessageBody = z.infer<typeof messageBody>;
export interface MessageAnswer { id: string; seq: number; position: number; conversationId: string; clientId: string }

const wholeNumber = z.string().regex(/^\d{1,16}$/, "must be a whole number").transform(Number).pipe(z.int());
export const messagesQuery = z
  .strictObject({ after: wholeNumber.optional(), before: wholeNumber.optional(), limit: wholeNumber.pipe(z.int().min(1).max(200)).optional() })
  .refine((q) => q.after === undefined || q.before === undefined, "takes after or before, not both");

export const offersQuery = z.strictObject({ inboxKey: z.string().min(1).max(100), page: z.string().max(2_000) });
/** What may be shown on a page, and after how many seconds on it. */
export interface OffersAnswer { offers: { id: string; afterSeconds: number }[] }
export const offerBody = z.strictObject({ page: z.string().max(2_000) });
/** False: not for this visitor, or not again. What is shown comes by the feed. */
export interface OfferAnswer { shown: boolean }

export const readBody = z.strictObject({ seq: place });
export const typingBody = z.strictObject({ typing: z.boolean() });

export interface WireFile { fileId: string; name: string; type: string; bytes: number }
export type WireReceipt = "sent" | "delivered" | "read";
export interface WireMessage {
  id: string;
  /** Its newest stamp in this person's feed; rises with each visible change. */
  seq: number;
  /** Its first stamp: the place on screen. */
  position: number;
  conversationId: string;
  kind: "incoming" | "outgoing";
  body: string;
  /** The body read as the team formatted it; absent where it says no more than `body`. */
  format?: RichText;
  files: WireFile[];
  author: { name: string; avatar?: string };
  createdAt: string;
  edited: boolean;
  deleted: boolean;
  receipt?: WireReceipt;
  /** What may be pressed under it. */
  choices?: { id: string; label: string }[];
  /** The line is a press on a choice of that one. */
  chosen?: { messageId: string; id: string };
}
/** When an answer may be expected; times are ISO 8601. */
export interface TeamAnswer {
  open: boolean;
  /** Null while it is open, and when it never opens again. */
  opensAt: string | null;
  /** Working time that an answer usually takes; null: nobody said. */
  replyMinutes: number | null;
  /** By when that is, for a line written now. */
  replyBy: string | null;
}
export interface MessagesAnswer { messages: WireMessage[]; last: number; more: boolean }

export const authFrame = z.strictObject({ type: z.literal("auth"), token: z.string().max(2_000), after: place });
export const liveFrame = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("typing"), typing: z.boolean().optional() }),
  z.strictObject({ type: z.literal("received"), seq: place }),
  z.strictObject({ type: z.literal("read"), seq: place }),
]);
export type ClientFrame = z.infer<typeof authFrame> | z.infer<typeof liveFrame>;
export type ServerFrame =
  | { type: "ready" }
  | { type: "message"; message: WireMessage }
  | { type: "typing"; author: string; typing: boolean }
  | { type: "error"; code: string; message: string };

export interface WireError { code: string; message: string; errors?: { path: string; message: string }[] }
