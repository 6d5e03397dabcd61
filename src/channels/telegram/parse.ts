/** A Telegram update becomes what core understands. Source: core.telegram.org/bots/api#update */
import { z } from "zod";
import { UserError } from "../../core/errors.ts";
import type { InboundEvent } from "../../core/ports.ts";
import { contentOf, Content, plainName } from "./content.ts";
import { parsePress } from "../shared/press.ts";
import { makeAddress, makeMessageId, type Place } from "./ids.ts";

const Chat = z.object({ id: z.int(), type: z.string(), title: z.string().optional() });
type Chat = z.infer<typeof Chat>;
const User = z.object({ id: z.int(), is_bot: z.boolean(), first_name: z.string(), last_name: z.string().optional() });
const business = z.string().regex(/^[\w-]{1,128}$/);
const Message = z.looseObject({
  message_id: z.int(), date: z.int(), edit_date: z.int().optional(), chat: Chat, from: User.optional(), media_group_id: z.string().optional(),
  message_thread_id: z.int().optional(), is_topic_message: z.boolean().optional(), business_connection_id: business.optional(), migrate_to_chat_id: z.int().optional(),
  reply_to_message: z.looseObject({ message_id: z.int() }).optional(), ...Content.shape,
});
const Reaction = z.object({ type: z.string(), emoji: z.string().optional() });
const Keyboard = z.object({ inline_keyboard: z.array(z.array(z.looseObject({ text: z.string(), callback_data: z.string().optional() }))) });
const Update = z.looseObject({
  update_id: z.int(),
  message: Message.optional(),
  edited_message: Message.optional(),
  business_message: Message.optional(),
  edited_business_message: Message.optional(),
  deleted_business_messages: z.object({ business_connection_id: business, chat: Chat, message_ids: z.array(z.int()).min(1).max(100) }).optional(),
  message_reaction: z.object({ chat: Chat, message_id: z.int(), date: z.int(), user: User.optional(), new_reaction: z.array(Reaction) }).optional(),
  my_chat_member: z.object({ chat: Chat, from: User, date: z.int(), new_chat_member: z.object({ status: z.string() }) }).optional(),
  callback_query: z.object({ id: z.string().regex(/^\w{1,64}$/), from: User, data: z.string().optional(), message: z.looseObject({ message_id: z.int(), chat: Chat, message_thread_id: z.int().optional(), is_topic_message: z.boolean().optional(), business_connection_id: business.optional(), reply_markup: Keyboard.optional().catch(undefined) }).optional() }).optional(),
});
type Update = z.infer<typeof Update>;
type Message = z.infer<typeof Message>;

/** What we ask Telegram for; its default leaves reactions out. Telegram remembers the list. */
export const ALLOWED_UPDATES = ["message", "edited_message", "message_reaction", "my_chat_member", "callback_query", "business_message", "edited_business_message", "deleted_business_messages"] as const;

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
interface Read { chat: Chat | null; address: string; bodies: Body[] }

/** A topic counts in a group's forum alone: a private chat is one conversation whatever its topics. */
function placeIn(message: Pick<Message, "chat" | "message_thread_id" | "is_topic_message" | "business_connection_id">): Place {
  const { chat, message_thread_id: topic, is_topic_message: inTopic, business_connection_id: account } = message;
  return { chat: String(chat.id), ...(chat.type !== "private" && inTopic === true && topic !== undefined ? { topic } : {}), ...(account === undefined ? {} : { business: account }) };
}

/** Somebody presses Start on a link of ours: t.me/<bot>?start=<payload>. Source: core.telegram.org/bots/features#deep-linking */
const referralOf = (text: string): string | undefined => /^\/start(?:@\w{1,64})? ([\w-]{1,64})$/.exec(text)?.[1];

function fromMessage(message: Message): Body {
  const { chat, from } = message;
  if (message.migrate_to_chat_id !== undefined) return { type: "moved", to: String(message.migrate_to_chat_id) };
  if (from === undefined) return { type: "ignored", why: "unsupported", kind: "anonymous" };
  // in a chat of a business account the other one who writes is its owner
  if (from.is_bot || (message.business_connection_id !== undefined && from.id !== chat.id)) return { type: "ignored", why: "own" };
  const content = contentOf(message);
  if (content === null) return { type: "ignored", why: "unsupported", kind: "service message" };
  const place = placeIn(message), writer = nameOf(from), name = chat.type === "private" ? writer : plainName(chat.title ?? "");
  const referral = chat.type === "private" ? referralOf(content.text) : undefined;
  const answers = message.reply_to_message?.message_id;
  return {
    type: "message", channelMessageId: makeMessageId(place, message.message_id), text: checkText(content.text), files: content.files, ...(content.spans === undefined ? {} : { spans: content.spans }),
    ...(message.media_group_id === undefined ? {} : { groupId: message.media_group_id }),
    // the first message of a topic is answered by all in it
    ...(answers === undefined || answers === place.topic ? {} : { replyTo: makeMessageId(place, answers) }),
    ...(referral === undefined ? {} : { referral }), ...(chat.type === "private" || writer === "" ? {} : { authorName: writer }),
    sentAt: fromUnix(message.date), profile: name === "" ? {} : { name },
  };
}

function fromEdit(message: Message, updateId: number): Body {
  if (message.from?.is_bot === true || (message.business_connection_id !== undefined && message.from?.id !== message.chat.id)) return { type: "ignored", why: "own" };
  // A live location is edited every few seconds; its first place was told.
  const content = message.location === undefined ? contentOf(message) : null;
  if (content === null) return { type: "ignored", why: "unsupported", kind: "edited_message" };
  return {
    type: "edit", eventId: String(updateId), channelMessageId: makeMessageId(placeIn(message), message.message_id),
    text: checkText(content.text), ...(content.spans === undefined ? {} : { spans: content.spans }), at: fromUnix(message.edit_date ?? message.date),
  };
}

/** Custom emojis have no character of their own and paid reactions are stars. */
const emojiOf = (reaction: z.infer<typeof Reaction>) => (reaction.type === "emoji" ? (reaction.emoji ?? "✨") : reaction.type === "paid" ? "⭐" : "✨");

/** A press is a line of its own: what was on the button. */
function fromPress({ id, from, data = "", message }: NonNullable<Update["callback_query"]>): Read {
  if (message === undefined) return { chat: null, address: "", bodies: [{ type: "ignored", why: "unsupported", kind: "callback_query" }] };
  const choice = parsePress(data), place = placeIn(message), name = nameOf(from);
  const label = message.reply_markup?.inline_keyboard.flat().find((button) => button.callback_data === data)?.text;
  const body: Body = choice === null ? { type: "ignored", why: "unsupported", kind: "callback_query" } : {
    type: "message", channelMessageId: `${makeAddress(place)}:press:${id}`, text: checkText((label ?? "").slice(0, 100)), files: [], choice, replyTo: makeMessageId(place, message.message_id),
    profile: message.chat.type !== "private" || name === "" ? {} : { name }, ...(message.chat.type === "private" || name === "" ? {} : { authorName: name }),
  };
  return { chat: message.chat, address: makeAddress(place), bodies: [body] };
}

function bodyOf(update: Update, now: Date): Read {
  const at = (message: Message, body: Body): Read => ({ chat: message.chat, address: body.type === "moved" ? String(message.chat.id) : makeAddress(placeIn(message)), bodies: [body] });
  const message = update.message ?? update.business_message, edited = update.edited_message ?? update.edited_business_message;
  if (message) return at(message, fromMessage(message));
  if (edited) return at(edited, fromEdit(edited, update.update_id));
  if (update.callback_query) return fromPress(update.callback_query);
  if (update.message_reaction) {
    const { chat, message_id, date, new_reaction } = update.message_reaction, place = { chat: String(chat.id) };
    return { chat, address: place.chat, bodies: [{ type: "reaction", eventId: String(update.update_id), vendorId: makeMessageId(place, message_id), emojis: new_reaction.map(emojiOf), at: fromUnix(date) }] };
  }
  if (update.deleted_business_messages) {
    const { business_connection_id: account, chat, message_ids: ids } = update.deleted_business_messages, place = { chat: String(chat.id), business: account };
    return { chat, address: makeAddress(place), bodies: ids.map((id) => ({ type: "delete", eventId: `${update.update_id}:${id}`, channelMessageId: makeMessageId(place, id), at: now })) };
  }
  if (update.my_chat_member) {
    const { chat, new_chat_member } = update.my_chat_member;
    const reachable = /^(member|administrator|creator)$/.test(new_chat_member.status);
    return { chat, address: String(chat.id), bodies: [{ type: "reachable", reachable, ...(reachable ? {} : { code: "BLOCKED_BY_CONTACT" }) }] };
  }
  const kind = Object.keys(update).find((key) => key !== "update_id") ?? "empty";
  return { chat: null, address: "", bodies: [{ type: "ignored", why: "unsupported", kind: kind.slice(0, 40) }] };
}

const isGroup = ({ type }: Chat): boolean => type === "group" || type === "supergroup";

/**
 * Pure; a repeat gives the same events. `now`: when a deletion counts as made, since Telegram does not say. Kinds that we did not ask for are "ignored", and so is a group
 * unless `groups`.
 * @throws {UserError} WEBHOOK_UNRECOGNISED for what can't be Telegram's, BAD_TEXT, TEXT_TOO_LONG
 */
export function parseUpdate(inboxId: string, json: unknown, { groups = false, now = new Date() }: { groups?: boolean; now?: Date } = {}): InboundEvent[] {
  const parsed = Update.safeParse(json);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join(".") ?? "";
    throw new UserError("WEBHOOK_UNRECOGNISED", `This is not an update of Telegram's Bot API${where === "" ? "" : ` (see \`${where}\`)`}. Nothing was stored.`);
  }
  const { chat, address, bodies } = bodyOf(parsed.data, now);
  if (chat !== null && chat.type !== "private" && !(groups && isGroup(chat))) return [{ inboxId, address, type: "ignored", why: "not-private", kind: chat.type.slice(0, 40) }];
  return bodies.map((body) => ({ inboxId, address, ...body }));
}

/** The press in an update that `parseUpdate` took, with our message under which it was made; null for others. */
export function pressOf(json: unknown): { id: string; place: (Place & { message: number }) | null } | null {
  const query = Update.safeParse(json).data?.callback_query;
  if (query === undefined) return null;
  return { id: query.id, place: query.message === undefined ? null : { ...placeIn(query.message), message: query.message.message_id } };
}
