/** The rules of a message's text. Stricter than Telegram where it would repair: what we send must need no repair. */
import { ApiFault } from "./faults.ts";

export interface FakeEntity { type: string; offset: number; length: number; url?: string }

const bad = (words: string) => new ApiFault(400, `Bad Request: ${words}`);
const splitsPair = (text: string, at: number) => /[\ud800-\udbff]/.test(text[at - 1] ?? "") && /[\udc00-\udfff]/.test(text[at] ?? "");
const TYPES = new Set(["bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "code", "pre", "text_link"]);

/** These stand in and around any other entity but code; all others stand alone. Source: core.telegram.org/bots/api#formatting-options */
const STYLES = new Set(["bold", "italic", "underline", "strikethrough", "spoiler"]);
const mayNest = (a: FakeEntity, b: FakeEntity) => [a, b].some(({ type }) => STYLES.has(type)) && ![a, b].some(({ type }) => type === "code" || type === "pre");

/** Source: core.telegram.org/bots/api#sendmessage, #messageentity */
export function checkText(text: unknown, raw: unknown, max: number, what: "text" | "caption"): { text: string; entities: FakeEntity[] } {
  if (typeof text !== "string" || (what === "text" && text.trim() === "")) throw bad("message text is empty");
  if (/\p{Cs}/u.test(text)) throw bad("strings must be encoded in UTF-8");
  if (text.length > max) throw bad(what === "text" ? "message is too long" : "message caption is too long");
  const entities = (raw ?? []) as FakeEntity[];
  if (!Array.isArray(entities)) throw bad("can't parse entities: expected an Array");
  for (const e of entities) {
    if (!TYPES.has(e.type)) throw bad(`can't parse entities: unsupported type ${e.type}`);
    if (!Number.isInteger(e.offset) || !Number.isInteger(e.length) || e.offset < 0 || e.length < 1 || e.offset + e.length > text.length) throw bad("ENTITY_BOUNDS_INVALID");
    if (splitsPair(text, e.offset) || splitsPair(text, e.offset + e.length)) throw bad("entity begins or ends in the middle of a UTF-16 symbol");
    if (e.type === "text_link" && !/^(https?|tg|mailto|tel):/.test(e.url ?? "")) throw bad("ENTITY_TEXTURL_INVALID");
  }
  const sorted = entities.toSorted((a, b) => a.offset - b.offset || b.length - a.length);
  for (const [i, e] of sorted.entries()) {
    for (const next of sorted.slice(i + 1)) {
      const overlaps = next.offset < e.offset + e.length;
      if (overlaps && next.offset + next.length > e.offset + e.length) throw bad("entities cross");
      if (overlaps && !mayNest(e, next)) throw bad(`${next.type} can't be nested in ${e.type}`);
    }
  }
  return { text, entities };
}
