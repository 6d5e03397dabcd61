/** An agent's text as Telegram shows it: markdown-lite becomes `entities`, never `parse_mode`, so no character can break a message. */
import { renderMarkdown, splitRendered as split, type Rendered } from "../shared/rich-text.ts";

export { renderMarkdown, type Rendered };

/** After entities are parsed. Source: core.telegram.org/bots/api#sendmessage, #sendphoto */
export const MAX_TEXT = 4096;
export const MAX_CAPTION = 1024;
/** Telegram ignores what is beyond. Source: core.telegram.org/bots/api#formatting-options */
const MAX_ENTITIES = 100;

/** Pieces of at most `max` UTF-16 units, with as many entities as Telegram shows. */
export const splitRendered = (whole: Rendered, max: number): Rendered[] =>
  split(whole, max).map(({ text, entities }) => ({ text, entities: entities.slice(0, MAX_ENTITIES) }));
