/** Our own words as blocks: literally, so that a customer's name or line quoted in them can't format, mention or mislead. Pure. */
import type { CardButton } from "../../../core/ports.ts";
import { cleanText, cut } from "../../shared/text.ts";
import { buttonElement } from "./buttons.ts";
import type { About } from "./buttons.ts";
import { fallbackText, literal } from "../out/text.ts";

/** Characters of one answer: blocks of a message may have about 13,200 in all (github.com/slackapi/bolt-js/issues/2509). */
const TEXT = 6_000;
/** Elements of one row; source: docs.slack.dev/reference/block-kit/blocks/actions-block */
const ROW = 25;

/** A block that shows `text` as it is; addresses in it lead where they say. */
export const wordsBlock = (text: string): object => ({ type: "rich_text", elements: [{ type: "rich_text_section", elements: literal(cut(cleanText(text), TEXT) || " ") }] });

/** A text and the buttons under it. */
export function saying(text: string, buttons: CardButton[], about: About = {}): object[] {
  const row = buttons.slice(0, ROW).map((button, place) => buttonElement(button, place, about));
  return [wordsBlock(text), ...(row.length === 0 ? [] : [{ type: "actions", elements: row }])];
}

/** The same as a message's body. */
export const sayingBody = (text: string, buttons: CardButton[], about?: About): { text: string; blocks: object[] } => ({ text: fallbackText(text), blocks: saying(text, buttons, about) });
