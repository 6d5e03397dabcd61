/**
 * Text as Slack shows it, as `rich_text` elements: what is text there stays text, whatever characters it holds, so nobody can be mentioned,
 * no link can bear a false name and nothing is formatted that we did not format. Source: docs.slack.dev/reference/block-kit/blocks/rich-text-block
 */
import type { Inline, ListItem, RichText } from "../../../core/model/rich-text.ts";
import { cleanText } from "../../shared/text.ts";

interface Style { bold?: true; italic?: true; strike?: true; code?: true }
export type RichElement = { type: "text"; text: string; style?: Style } | { type: "link"; url: string; text?: string; style?: Style } | { type: "date"; timestamp: number; format: string; fallback: string };
export type RichPart = { type: "rich_text_section" | "rich_text_preformatted" | "rich_text_quote"; elements: RichElement[] } | { type: "rich_text_list"; style: "bullet"; indent: number; elements: RichPart[] };

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

/** Makes parts of blocks; text of blocks that Slack does not know flows on in one section. */
class Parts {
  readonly all: RichPart[] = [];
  private section: RichElement[] = [];

  private add(nodes: Inline[], style: Style, into: RichElement[] | null): void {
    const styled = Object.keys(style).length === 0 ? undefined : style;
    for (const node of nodes) {
      const to = into ?? this.section;
      if (node.kind === "text") to.push(...literal(node.text, styled));
      else if (node.kind === "link") to.push({ type: "link", url: node.url, text: node.text, ...(styled === undefined ? {} : { style: styled }) });
      else if (node.kind === "code") to.push({ type: "text", text: node.text, style: { ...style, code: true } });
      else if (node.kind !== "pre") this.add(node.children, { ...style, [node.kind]: true }, into);
      else if (into !== null) to.push({ type: "text", text: node.text, style: { code: true } });
      else this.push({ type: "rich_text_preformatted", elements: [{ type: "text", text: node.text }] });
    }
  }
  private elementsOf(nodes: Inline[]): RichElement[] {
    const elements: RichElement[] = [];
    this.add(nodes, {}, elements);
    return elements;
  }
  private push(...parts: RichPart[]): void {
    if (this.section.length > 0) this.all.push({ type: "rich_text_section", elements: this.section });
    this.section = [];
    this.all.push(...parts);
  }

  quote(nodes: Inline[]): void { this.push({ type: "rich_text_quote", elements: this.elementsOf(nodes) }); }
  lines(nodes: Inline[], below: boolean): void {
    if (below) this.section.push({ type: "text", text: "\n" });
    this.add(nodes, {}, null);
  }
  /** Slack would count numbers itself: numbered items are lines as they were written. */
  list(items: ListItem[], below: boolean): void {
    const bullets = items.every(({ lead }) => /[-*•]/.test(lead));
    if (!bullets) { for (const [n, { lead, children }] of items.entries()) this.lines([{ kind: "text", text: lead }, ...children], below || n > 0); return; }
    const depth = (lead: string) => Math.min(Math.floor(lead.search(/\S/) / 2), 8);
    for (const { lead, children } of items) {
      const item: RichPart = { type: "rich_text_section", elements: this.elementsOf(children) }, last = this.all.at(-1), indent = depth(lead);
      if (this.section.length === 0 && last?.type === "rich_text_list" && last.indent === indent) last.elements.push(item);
      else this.push({ type: "rich_text_list", style: "bullet", indent, elements: [item] });
    }
  }
  end(): RichPart[] { this.push(); return this.all; }
}

/** Formatted text as Slack's own. */
export function formatted(rich: RichText): RichPart[] {
  const parts = new Parts();
  let flows = false;
  for (const block of rich) {
    if (block.kind === "quote") parts.quote(block.children);
    else if (block.kind === "list") parts.list(block.items, flows);
    else parts.lines(block.children, flows);
    flows = block.kind === "lines" || (block.kind === "list" && /\d/.test(block.items.at(-1)!.lead));
  }
  return parts.end();
}
