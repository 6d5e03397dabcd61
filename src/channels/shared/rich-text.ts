/** An agent's markdown-lite as text and the marks that were in it: the one form from which each channel makes its own. */
import { splitAt } from "./split.ts";

/** Offsets and lengths in UTF-16 code units. */
export interface Entity { type: "bold" | "italic" | "strikethrough" | "code" | "pre" | "text_link"; offset: number; length: number; url?: string }
export interface Rendered { text: string; entities: Entity[] }

const FENCE = /^```(?:[^\n`]*\n([\s\S]*?)\n?|([^\n`]+))```(?=\s|$)/;
const CODE = /^`([^`\n]+)`/;
const LINK = /^\[([^\]\n]{1,300})\]\(((?:https?:\/\/|mailto:|tel:)[^\s()<>]{1,2000})\)/i;
/** The mark hugs its words on the inside and touches no word on the outside: `snake_case` and `2 * 3` stay as they are. */
const SPAN = /^(\*\*|~~|\*|_)(?=[^\s*_~])((?:(?!\1)[^\n])*?[^\s\\])\1(?![\p{L}\p{N}*_~])/u;
const SPAN_TYPE = { "**": "bold", "~~": "strikethrough", "*": "italic", "_": "italic" } as const;
const ESCAPE = /^\\([\\`*_~[\]()])/;
const BARE_LINK = /^https?:\/\/[^\s<>]+/i;
const WORD = /[\p{L}\p{N}]/u;
/** How far a mark may be from its end, so that a text full of marks is read in reasonable time. */
const REACH = { fence: 16_384, other: 2_048 };

type Mark = { length: number; kind: "plain"; text: string } | { length: number; kind: "leaf"; text: string; entity: Omit<Entity, "offset" | "length"> } | { length: number; kind: "span"; text: string; type: Entity["type"] };

function markAt(part: string, i: number): Mark | null {
  const rest = part.slice(i, i + REACH.other);
  const afterWord = i > 0 && WORD.test(part[i - 1]!);
  switch (part[i]) {
    case "\\": { const m = ESCAPE.exec(rest); return m && { length: 2, kind: "plain", text: m[1]! }; }
    case "h": case "H": { const m = afterWord ? null : BARE_LINK.exec(rest); return m && { length: m[0].length, kind: "plain", text: m[0] }; }
    case "[": { const m = LINK.exec(rest); return m && { length: m[0].length, kind: "leaf", text: m[1]!, entity: { type: "text_link", url: m[2]! } }; }
    case "`": {
      const fence = part.startsWith("```", i) ? FENCE.exec(part.slice(i, i + REACH.fence)) : null;
      if (fence) return { length: fence[0].length, kind: "leaf", text: fence[1] ?? fence[2]!, entity: { type: "pre" } };
      const m = CODE.exec(rest);
      return m && { length: m[0].length, kind: "leaf", text: m[1]!, entity: { type: "code" } };
    }
    case "*": case "_": case "~": {
      const m = afterWord ? null : SPAN.exec(rest);
      return m && { length: m[0].length, kind: "span", text: m[2]!, type: SPAN_TYPE[m[1] as keyof typeof SPAN_TYPE] };
    }
    default: return null;
  }
}

/** Strips the marks and says where they were. Pure; any input renders, at worst as it stands. */
export function renderMarkdown(source: string): Rendered {
  const entities: Entity[] = [];
  let text = "";
  const enclose = (entity: Omit<Entity, "offset" | "length">, inner: () => void) => {
    const made: Entity = { ...entity, offset: text.length, length: 0 };
    entities.push(made);
    inner();
    made.length = text.length - made.offset;
  };
  const inline = (part: string) => {
    for (let i = 0; i < part.length;) {
      const mark = markAt(part, i);
      if (mark === null) { text += part[i++]!; continue; }
      if (mark.kind === "plain") text += mark.text;
      else if (mark.kind === "leaf") enclose(mark.entity, () => { text += mark.text; });
      else enclose({ type: mark.type }, () => inline(mark.text));
      i += mark.length;
    }
  };
  inline(source.replace(/\r\n?/g, "\n").replaceAll("\0", ""));
  return trimmed({ text, entities: aroundCode(text, entities) });
}

const isCode = ({ type }: Entity) => type === "code" || type === "pre";

/** Nothing is a mark in code: what was around it stops before it and goes on after it. Source: core.telegram.org/bots/api#formatting-options */
function aroundCode(text: string, entities: Entity[]): Entity[] {
  const codes = entities.filter(isCode);
  if (codes.length === 0) return entities;
  return entities.flatMap((entity) => {
    if (isCode(entity)) return [entity];
    const end = entity.offset + entity.length, runs: Entity[] = [];
    let offset = entity.offset;
    for (const code of codes) {
      if (code.offset < offset || code.offset >= end) continue;
      runs.push({ ...entity, offset, length: code.offset - offset });
      offset = code.offset + code.length;
    }
    runs.push({ ...entity, offset, length: end - offset });
    return runs.filter((run) => text.slice(run.offset, run.offset + run.length).trim() !== "");
  }).sort((a, b) => a.offset - b.offset || b.length - a.length);
}

/** Vendors trim texts themselves, which would shift every offset: so it is done here. */
function trimmed({ text, entities }: Rendered): Rendered {
  const start = text.length - text.trimStart().length;
  return slice({ text, entities }, start, text.trimEnd().length);
}

function slice({ text, entities }: Rendered, from: number, to: number): Rendered {
  const kept = entities.flatMap((entity) => {
    const start = Math.max(entity.offset, from), end = Math.min(entity.offset + entity.length, to);
    return end > start ? [{ ...entity, offset: start - from, length: end - start }] : [];
  });
  return { text: text.slice(from, Math.max(from, to)), entities: kept };
}

/** Pieces of at most `max` UTF-16 units, none blank, cut at paragraphs, lines or words and around entities that fit into one piece. */
export function splitRendered(whole: Rendered, max: number): Rendered[] {
  const pieces: Rendered[] = [];
  let rest = whole;
  while (rest.text.length > max) {
    const cut = beforeEntity(rest.entities, splitAt(rest.text, max), max);
    pieces.push(trimmed(slice(rest, 0, cut)));
    rest = trimmed(slice(rest, cut, rest.text.length));
  }
  return [...pieces, rest].filter((piece) => piece.text !== "");
}

/** Moves a cut that falls into an entity to its start, unless that leaves nothing before it or the entity fills a piece alone. */
function beforeEntity(entities: Entity[], cut: number, max: number): number {
  const through = entities.filter((e) => e.offset > 0 && e.offset < cut && e.offset + e.length > cut && e.length <= max);
  return through.length === 0 ? cut : Math.min(...through.map((e) => e.offset));
}
