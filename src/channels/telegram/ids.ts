/** Telegram's ids as the opaque strings that core keeps. Stored, so old formats must stay readable. */

/** A message in a chat: Telegram numbers messages per chat, so the chat belongs to the id. Both directions use it. */
export const makeMessageId = (chat: number | string, message: number): string => `${chat}:${message}`;

/** @returns null for what `makeMessageId` never made. */
export function parseMessageId(id: string): { chat: number; message: number } | null {
  const match = /^(-?\d{1,16}):(\d{1,10})$/.exec(id);
  return match === null ? null : { chat: Number(match[1]), message: Number(match[2]) };
}

/** `<bot id>:<secret>`, as BotFather hands it out. Source: core.telegram.org/bots/api#authorizing-your-bot */
export const TOKEN_SHAPE = /^\d{1,16}:[A-Za-z0-9_-]+$/;
export const botIdOf = (token: string): string => token.slice(0, token.indexOf(":"));
