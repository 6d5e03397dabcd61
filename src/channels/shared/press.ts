/** What a button or a row of a list carries back when a customer presses it: our message's `_id` and the choice's. */

/** At most 56 bytes, for the shortest that a channel allows (Telegram: 64). */
export const makePress = (messageId: string, choice: string): string => `${messageId}:${choice}`;

/** Null for what `makePress` never made: a button of somebody else's. */
export function parsePress(data: string): { messageId: string; id: string } | null {
  const [, messageId, id] = /^([0-9a-f]{24}):(\w{1,30})$/.exec(data) ?? [];
  return messageId === undefined || id === undefined ? null : { messageId, id };
}
