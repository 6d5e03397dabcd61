/**
 * Text as Slack shows it, as `rich_text` elements: what is text there stays text, whatever characters it holds, so nobody can be mentioned,
 * no link can bear a false name and nothing is formatted that we did not format. Source: docs.slack.dev/reference/block-kit/blocks/rich-text-block
 */
import { cleanText } from "../../shared/text.ts";

interface Style { bold?: true; italic?: true; strike?: true; code?: true }
export type RichElement = { type: "text"; text: string; style?: Style } | { type: "link"; url: string; text?: string; style?: Style } | { type: "date"; timestamp: number; format: string; fallback: string };
export type RichPart = { type: "rich_text_section"; elements: RichElement[] } | { type: "rich_text_preformatted"; elements: RichElement[] };

/** UTF-16 units of one post; more is split. Slack recommends 4,000 at most. Source: docs.slack.dev/reference/methods/chat.postMessage#truncating */
export const TEXT_CHARS = 3_000;
/** What `text` may hold beside blocks; `chat.update` takes 4,000. Source: docs.slack.dev/reference/methods/chat.update#errors (msg_too_long) */
const FALLBACK_CHARS = 3_900;

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
/** Source: docs.slack.dev/messaging/formatting-message-text#escaping */
export const escapeText = (text: string): string => text.replace(/[&<>]/g, (sign) => ENTITIES[sign]!);

/** What notifications and screen readers get: escaped, and short enough for every method. */
export function fallbackText(text: string): string {
  let kept = cleanText(text).slice(0, FALLBACK_CHARS);
  for (;;) {
    const escaped = escapeText(kept.replace(/[\uD800-\uDBFF]$/, ""));
    if (escaped.length <= FALLBACK_CHARS) return escaped === "" ? " " : escaped;
    kept = kept.slice(0, Math.floor(kept.length * 0.8));
  }
}

const URL_IN_TEXT = /\bhttps?:\/\/[^\s<>"]+/gi;

/** A customer's text: literal, but for addresses, which lead where they say. */
export function literal(text: string, style?: Style): RichElement[] {
  const elements: RichElement[] = [];
  const add = (part: string) => { if (part !== "") elements.push({ type: "text", text: part, ...(style === undefined ? {} : { style }) }); };
  let end = 0;
  for (const match of text.matchAll(URL_IN_TEXT)) {
    const url = match[0].replace(/[.,;:!?)\]}'*_~]+$/, "");
    if (!URL.canParse(url)) continue;
    add(text.slice(end, match.index));
    elements.push({ type: "link", url, ...(style === undefined ? {} : { style }) });
    end = match.index + url.length;
  }
  add(text.slice(end));
  return elements;
}

const FENCE = /```(?:[^\n`]*\n)?([\s\S]*?)\n?```/g;
const INLINE = /`([^`\n]+)`|\[([^\]\n]{1,300})\]\(((?:https?:\/\/|mailto:)[^\s()<>]{1,2000})\)|(?<![\p{L}\p{N}])(\*\*|~~|\*|_)(?=[^\s*_~])((?:(?!\4)[^\n])*?[^\s\\])\4(?![\p{L}\p{N}*_~])|\\([\\`*_~[\]()])/gu;
const STYLES = { "**": "bold", "~~": "strike", "*": "italic", "_": "italic" } as const;

function inline(text: string, style: Style, into: RichElement[]): void {
  const styled = Object.keys(style).length === 0 ? undefined : style;
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    into.push(...literal(text.slice(end, match.index), styled));
    const [whole, code, label, url, mark, inner, escaped] = match;
    if (code !== undefined) into.push({ type: "text", text: code, style: { ...style, code: true } });
    else if (label !== undefined && url !== undefined) into.push({ type: "link", url, text: label, ...(styled === undefined ? {} : { style: styled }) });
    else if (mark !== undefined && inner !== undefined) inline(inner, { ...style, [STYLES[mark as keyof typeof STYLES]]: true }, into);
    else into.push({ type: "text", text: escaped!, ...(styled === undefined ? {} : { style: styled }) });
    end = match.index + whole.length;
  }
  into.push(...literal(text.slice(end), styled));
}

/** A teammate's text: the marks of light markdown (`**bold**`, `_italic_`, `~~struck~~`, code, `[label](address)`) become Slack's own. */
export function formatted(text: string): RichPart[] {
  const parts: RichPart[] = [];
  const section = (part: string) => {
    const elements: RichElement[] = [];
    inline(part, {}, elements);
    if (elements.length > 0) parts.push({ type: "rich_text_section", elements });
  };
  let end = 0;
  for (const match of text.matchAll(FENCE)) {
    if (match[1] === undefined || match[1].trim() === "") continue;
    section(text.slice(end, match.index));
    parts.push({ type: "rich_text_preformatted", elements: [{ type: "text", text: match[1] }] });
    end = match.index + match[0].length;
  }
  section(text.slice(end));
  return parts;
}
