/** Our own words as a message of Discord's: literally, so that a customer's name or line quoted in them can't format, mention or mislead. Pure. */
import { cleanText } from "../../shared/text.ts";
import { literal } from "../out/text.ts";
import { COMPONENTS_V2, EPHEMERAL } from "./payload.ts";

/** Characters of all text in one message; source: docs.discord.com/developers/components/reference (4000 in a message of components) */
const TEXT = 4_000;
const TEXT_DISPLAY = 10;

export interface MessageBody { flags: number; components: object[]; allowed_mentions: { parse: []; users?: string[]; replied_user?: false } }

/** Words with rows of buttons or selects under them. @param to whom they name first; whether that calls them is for `allowed_mentions` to say */
export function sayingBody(text: string, rows: object[] = [], to?: string): MessageBody {
  const named = to === undefined ? "" : `<@${to}> `;
  return { flags: COMPONENTS_V2, components: [{ type: TEXT_DISPLAY, content: named + shownText(text, TEXT - named.length) }, ...rows], allowed_mentions: { parse: [] } };
}
/** Seen by one person alone: an answer to what they did. */
export const aside = (body: MessageBody): MessageBody => ({ ...body, flags: body.flags | EPHEMERAL });

/** Literal text of at most `max` characters; escaping makes it longer, so it is cut until it fits. */
export function shownText(text: string, max: number): string {
  const whole = cleanText(text).trim();
  for (let kept = whole; ; kept = kept.slice(0, Math.floor(kept.length * 0.9)).replace(/[\uD800-\uDBFF]$/, "")) {
    const shown = literal(kept === whole ? kept : `${kept}…`);
    if (shown.length <= max) return shown === "" ? "–" : shown;
  }
}
