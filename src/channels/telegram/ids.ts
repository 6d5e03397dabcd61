/** Telegram's ids as the opaque strings that core keeps. Stored, so old formats must stay readable. */

/** Where a customer is: a chat; a topic of a group's forum; or a chat of a business account's, which the bot answers in that account's name. */
export interface Place { chat: string; topic?: number; business?: string }

/** `<chat>`, `<group>/<topic>` or `<chat>@<business connection>`. */
export const makeAddress = ({ chat, topic, business }: Place): string => `${chat}${topic === undefined ? "" : `/${topic}`}${business === undefined ? "" : `@${business}`}`;

/** Reads what `makeAddress` made; anything else is taken for a chat, which Telegram will not find. */
export function placeOf(address: string): Place {
  const [, chat, topic, business] = /^(-?\d{1,16})(?:\/(\d{1,10}))?(?:@([\w-]{1,128}))?$/.exec(address) ?? [];
  return chat === undefined ? { chat: address } : { chat, ...(topic === undefined ? {} : { topic: Number(topic) }), ...(business === undefined ? {} : { business }) };
}

/**
 * A message in a chat: Telegram numbers messages per chat, so the chat belongs to the id, and so does the business account, whose chats
 * number their own. Both directions use it.
 */
export const makeMessageId = (place: Pick<Place, "chat" | "business">, message: number): string => `${makeAddress({ chat: place.chat, ...(place.business === undefined ? {} : { business: place.business }) })}:${message}`;

/** @returns null for what `makeMessageId` never made. */
export function parseMessageId(id: string): (Place & { message: number }) | null {
  const match = /^(-?\d{1,16}(?:@[\w-]{1,128})?):(\d{1,10})$/.exec(id);
  return match === null ? null : { ...placeOf(match[1]!), message: Number(match[2]) };
}

/** `<bot id>:<secret>`, as BotFather hands it out. Source: core.telegram.org/bots/api#authorizing-your-bot */
export const TOKEN_SHAPE = /^\d{1,16}:[A-Za-z0-9_-]+$/;
export const botIdOf = (token: string): string => token.slice(0, token.indexOf(":"));
