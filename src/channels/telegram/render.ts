/** An agent's text as Telegram shows it: its formatting becomes `entities`, never `parse_mode`, so no character can break a message. */
import type { Span, Spanned } from "../../core/model/rich-text.ts";
import { piecesOf, readAgentText } from "../shared/pieces.ts";

/** After entities are parsed. Source: core.telegram.org/bots/api#sendmessage, #sendphoto */
export const MAX_TEXT = 4096;
export const MAX_CAPTION = 1024;
/** Telegram ignores what is beyond. Source: core.telegram.org/bots/api#formatting-options */
const MAX_ENTITIES = 100;

/** Source: core.telegram.org/bots/api#messageentity */
const NAMES = { bold: "bold", italic: "italic", strike: "strikethrough", code: "code", pre: "pre", link: "text_link", quote: "blockquote" } as const satisfies Record<Span["type"], string>;
export const FORMATTING = Object.keys(NAMES) as Span["type"][];
export const ENTITY_TYPES = Object.values(NAMES);
const TYPES = new Map<string, Span["type"]>([...Object.entries(NAMES).map(([type, name]) => [name, type as Span["type"]] as const), ["expandable_blockquote", "quote"]]);

export interface Entity { type: (typeof ENTITY_TYPES)[number]; offset: number; length: number; url?: string }
export interface Rendered { text: string; entities: Entity[] }

/** As many entities as Telegram shows. Code stands alone: what quotes it is none. */
function entitiesOf({ spans }: Spanned): Entity[] {
  const codes = spans.filter(({ type }) => type === "code" || type === "pre");
  const holdsCode = ({ offset, length }: Span) => codes.some((code) => code.offset < offset + length && code.offset + code.length > offset);
  return spans.filter((span) => span.type !== "quote" || !holdsCode(span)).slice(0, MAX_ENTITIES).map(({ type, ...place }) => ({ type: NAMES[type], ...place }));
}
const rendered = (piece: Spanned): Rendered => ({ text: piece.text, entities: entitiesOf(piece) });

export const renderText = (body: string): Rendered => rendered(readAgentText(body));
/** Pieces of at most `max` UTF-16 units, none blank. */
export const renderPieces = (body: string, max: number): Rendered[] => piecesOf(readAgentText(body), max).map(rendered);

/** Telegram's name of a kind of formatting, in ours; those that a desk can't show are null. */
export const typeOf = (entity: string): Span["type"] | null => TYPES.get(entity) ?? null;
