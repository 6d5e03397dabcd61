/** A Telegram update becomes what core understands. Private chats only. Source: core.telegram.org/bots/api#update */
import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import type { InboundEvent } from "../../core/ports.ts";
import { contentOf, Content, plainName } from "./content.ts";
import { makeMessageId } from "./ids.ts";

const Chat = z.object({ id: z.int(), type: z.string() });
const User = z.object({ id: z.int(), is_bot: z.boolean(), first_name: z.string(), last_name: z.string().optional() });
const Message = z.looseObject({
  message_id: z.int(), date: z.int(), edit_date: z.int().optional(), chat: Chat, from: User.optional(), media_group_id: z.string().optional(), ...Content.shape,
});
const Reaction = z.object({ type: z.string(), emoji: z.string().optional() });
const Update = z.looseObject({
  update_id: z.int(),
  message: Message.optional(),
  edited_message: Message.optional(),
  message_reaction: z.object({ chat: Chat, message_id: z.int(), date: z.int(), user: User.optional(), new_reaction: z.array(Reaction) }).optional(),
  my_chat_member: z.object({ chat: Chat, from: User, date: z.int(), new_chat_member: z.object({ status: z.string() }) }).optional(),
});
type Update = z.infer<typeof Update>;
type Message = z.infer<typeof Message>;

/** What we ask Telegram for; its default leaves reactions out. Telegram remembers the list. */
export const ALLOWED_UPDATES = ["message", "edited_message", "message_reaction", "my_chat_member"] as const;

/** Telegram's texts end at 4,096 and captions at 4,096 (premium) UTF-16 units; entities spelled out may add to that. */
const MAX_TEXT = 32_768;

const fromUnix = (seconds: number) => new Date(seconds * 1000);

function checkText(text: string): string {
  if (text.includes("\0") || /\p{Cs}/u.test(text)) throw new UserError("BAD_TEXT", "The text holds characters that are none (NUL or half of one). Nothing was stored; send it without them.");
  if (text.length > MAX_TEXT) throw new UserError("TEXT_TOO_LONG", `The text is longer than the ${MAX_TEXT} characters that Telegram could ever send. Nothing was stored.`);
  return text;
}

const nameOf = (user: z.infer<typeof User>) => plainName([user.first_name, user.last_name].filter(Boolean).join(" "));

type Rest<E> = E extends unknown ? Omit<E, "inboxId" | "address"> : never;
type Body = Rest<InboundEvent>;

function fromMessage(message: Message): Body {
  if (message.from === undefined) return { type: "ignored", why: "unsupported", kind: "anonymous" };
  if (message.from.is_bot) return { type: "ignored", why: "own" };
  const content = contentOf(message);
  if (content === null) return { type: "ignored", why: "unsupported", kind: "service message" };
  const name = nameOf(message.from);
  return {
    type: "message", channelMessageId: makeMessageId(message.chat.id, message.message_id), text: checkText(content.text), files: content.files,
    ...(message.media_group_id === undefined ? {} : { groupId: message.media_group_id }),
    sentAt: fromUnix(message.date), profile: name === "" ? {} : { name },
  };
}

function fromEdit(message: Message, updateId: number): Body {
  if (message.from?.is_bot === true) return { type: "ignored", why: "own" };
  // A live location is edited every few seconds; its first place was told.
  const content = message.location === undefined ? contentOf(message) : null;
  if (content === null) return { type: "ignored", why: "unsupported", kind: "edited_message" };
  return {
    type: "edit", eventId: String(updateId), channelMessageId: makeMessageId(message.chat.id, message.message_id),
    text: checkText(content.text), at: fromUnix(message.edit_date ?? message.date),
  };
}

/** Custom emojis have no character of their own and paid reactions are stars. */
const emojiOf = (reaction: z.infer<typeof Reaction>) => (reaction.type === "emoji" ? (reaction.emoji ?? "✨") : reaction.type === "paid" ? "⭐" : "✨");

function bodyOf(update: Update): { chat: z.infer<typeof Chat> | null; body: Body } {
  if (update.message) return { chat: update.message.chat, body: fromMessage(update.message) };
  if (update.edited_message) return { chat: update.edited_message.chat, body: fromEdit(update.edited_message, update.update_id) };
  if (update.message_reaction) {
    const { chat, message_id, date, new_reaction } = update.message_reaction;
    const body: Body = { type: "reaction", eventId: String(update.update_id), vendorId: makeMessageId(chat.id, message_id), emojis: new_reaction.map(emojiOf), at: fromUnix(date) };
    return { chat, body };
  }
  if (update.my_chat_member) {
    const { chat, new_chat_member } = update.my_chat_member;
    const reachable = new_chat_member.status === "member";
    return { chat, body: { type: "reachable", reachable, ...(reachable ? {} : { code: "BLOCKED_BY_CONTACT" }) } };
  }
  const kind = Object.keys(update).find((key) => key !== "update_id") ?? "empty";
  return { chat: null, body: { type: "ignored", why: "unsupported", kind: kind.slice(0, 40) } };
}

/**
 * Pure; one update gives one event, and a repeat the same one. Kinds that we did not ask for are "ignored".
 * @throws {UserError} WEBHOOK_UNRECOGNISED for what can't be Telegram's, BAD_TEXT, TEXT_TOO_LONG
 */
export function parseUpdate(inboxId: string, json: unknown): InboundEvent[] {
  const parsed = Update.safeParse(json);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join(".") ?? "";
    throw new UserError("WEBHOOK_UNRECOGNISED", `This is not an update of Telegram's Bot API${where === "" ? "" : ` (see \`${where}\`)`}. Nothing was stored.`);
  }
  const { chat, body } = bodyOf(parsed.data);
  const event: Body = chat !== null && chat.type !== "private" ? { type: "ignored", why: "not-private", kind: chat.type.slice(0, 40) } : body;
  return [{ inboxId, address: chat === null ? "" : String(chat.id), ...event }];
}
