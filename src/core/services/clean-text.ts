/** What no text of ours may hold, whoever sent it. */
import { UserError } from "../errors.ts";

/** True for NUL and for halves of surrogate pairs, which neither BSON nor UTF-8 can keep. */
export const isBrokenText = (text: string): boolean => text.includes("\0") || /\p{Surrogate}/u.test(text);

/**
 * Answers `text` unchanged when it can be stored. `maxChars` counts UTF-16 units.
 * @throws {UserError} BAD_TEXT for NUL and lone surrogates, TEXT_TOO_LONG past `maxChars`.
 */
export function cleanText(text: string, maxChars = Number.POSITIVE_INFINITY): string {
  if (isBrokenText(text)) throw new UserError("BAD_TEXT", "The text holds characters that can't be stored (NUL or half of a surrogate pair). Remove them and send it again.");
  if (text.length > maxChars) throw new UserError("TEXT_TOO_LONG", `The text has ${text.length} characters; ${maxChars} fit. Shorten it or send it in parts.`);
  return text;
}
