/** An agent's text as WhatsApp shows it: its own marks around words, links with their address behind. WhatsApp has no escapes. */
import { withAddresses, withMarks } from "../shared/marked.ts";
import { piecesOf, readAgentText } from "../shared/pieces.ts";

/** UTF-16 units. Source: developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages, …/image-messages */
export const MAX_TEXT = 4096;
export const MAX_CAPTION = 1024;
/** The text over buttons or a list. Source: …/whatsapp/messages/interactive-reply-buttons-messages, …/interactive-list-messages */
export const MAX_QUESTION = 1024;
/** What marks may add to a piece. */
const ROOM_FOR_MARKS = 256;

/** Pieces of at most `max` UTF-16 units, none blank; a piece whose marks don't fit goes without them. Pure. */
export function renderText(source: string, max = MAX_TEXT): string[] {
  const whole = withAddresses(readAgentText(source));
  return piecesOf(whole, whole.spans.length === 0 ? max : max - ROOM_FOR_MARKS).map((piece) => {
    const text = withMarks(piece);
    return text.length <= max ? text : piece.text;
  });
}
