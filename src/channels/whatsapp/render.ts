/** An agent's markdown-lite as WhatsApp shows it: its own marks around words, links with their address behind. WhatsApp has no escapes. */
import { renderMarkdown, splitRendered, type Entity, type Rendered } from "../shared/rich-text.ts";

/** UTF-16 units. Source: developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages, …/image-messages */
export const MAX_TEXT = 4096;
export const MAX_CAPTION = 1024;
/** The text over buttons or a list. Source: …/whatsapp/messages/interactive-reply-buttons-messages, …/interactive-list-messages */
export const MAX_QUESTION = 1024;
/** What marks may add to a piece. */
const ROOM_FOR_MARKS = 256;

/** Source: faq.whatsapp.com/539178204879377 (How to format your messages) */
const MARKS = { bold: "*", italic: "_", strikethrough: "~", code: "`", pre: "```" } as const;

/** The address stands behind its words, where it is not the words themselves. Offsets of what follows move along. */
function withLinks({ text, entities }: Rendered): Rendered {
  let whole = text;
  let rest = entities.filter((entity) => entity.type !== "text_link");
  for (const { offset, length, url } of entities.filter((entity) => entity.type === "text_link").toSorted((a, b) => b.offset - a.offset)) {
    const end = offset + length;
    if (url === undefined || url === whole.slice(offset, end)) continue;
    const added = ` (${url})`;
    whole = whole.slice(0, end) + added + whole.slice(end);
    rest = rest.map((entity): Entity => {
      if (entity.offset >= end) return { ...entity, offset: entity.offset + added.length };
      return entity.offset + entity.length > end ? { ...entity, length: entity.length + added.length } : entity;
    });
  }
  return { text: whole, entities: rest };
}

/** WhatsApp knows a mark only within one line, but for code blocks. */
const showable = (text: string) => ({ type, offset, length }: Entity) => type === "pre" || !text.slice(offset, offset + length).includes("\n");

function marked({ text, entities }: Rendered): string {
  const marks = entities.filter(showable(text)).flatMap(({ type, offset, length }, n) => {
    const mark = type === "text_link" ? "" : MARKS[type];
    return [{ at: offset, opens: true, length, mark, n }, { at: offset + length, opens: false, length, mark, n }];
  });
  // From the end, so that places stay; at one place the outer mark opens first and closes last.
  marks.sort((a, b) => b.at - a.at || Number(b.opens) - Number(a.opens) || (a.opens ? a.length - b.length || b.n - a.n : b.length - a.length || a.n - b.n));
  return marks.reduce((out, { at, mark }) => out.slice(0, at) + mark + out.slice(at), text);
}

/** Pieces of at most `max` UTF-16 units, none blank; a piece whose marks don't fit goes without them. Pure. */
export function renderText(source: string, max = MAX_TEXT): string[] {
  const whole = withLinks(renderMarkdown(source));
  return splitRendered(whole, whole.entities.length === 0 ? max : max - ROOM_FOR_MARKS).map((piece) => {
    const text = marked(piece);
    return text.length <= max ? text : piece.text;
  });
}
