/** Posts and cards as Block Kit, within its budgets. Pure. Source: docs.slack.dev/reference/block-kit/blocks */
import type { Card, CardFact, DeskPost } from "../../../core/ports.ts";
import { movedWords } from "../../shared/moved.ts";
import { richTextOf } from "../../shared/rich-text.ts";
import { cleanText, cut, splitText } from "../../shared/text.ts";
import { buttonElement } from "../acts/buttons.ts";
import { makeMark } from "../ids.ts";
import { fallbackText, formatted, literal, TEXT_CHARS, type RichElement, type RichPart } from "./text.ts";

export type Block = Record<string, unknown>;
export interface Rendered { text: string; blocks: Block[] }

/** JSON characters of a message's blocks; Slack refuses somewhere past 13,200. Source: github.com/slackapi/bolt-js/issues/2509 */
const BLOCK_CHARS = 12_000;

const plain = (text: string) => ({ type: "plain_text", text, emoji: false });
const context = (text: string, more: Block = {}): Block => ({ type: "context", ...more, elements: [plain(cut(text, 2_000))] });
const rich = (parts: RichPart[], blockId: string): Block => ({ type: "rich_text", block_id: blockId, elements: parts });
const section = (elements: RichElement[]): RichPart => ({ type: "rich_text_section", elements });

const STANDING: Partial<Record<DeskPost["kind"], string>> = { agent: "Reply to the customer", note: "🔒 Note, stays in the team" };

/** Who is shown as the author; undefined: the app itself. Names are bounded. Source: docs.slack.dev/reference/methods/chat.postMessage#authorship */
export function identityOf(post: DeskPost): Record<string, string> | undefined {
  if (post.kind === "activity" || post.kind === "system") return undefined;
  const username = cut(cleanText(post.author.name).replace(/\s+/g, " "), 80);
  // a customer's own picture is never shown: it could be a teammate's
  if (post.kind === "customer") return { username, icon_emoji: ":bust_in_silhouette:" };
  return { username, ...(post.author.avatar?.startsWith("https://") === true ? { icon_url: post.author.avatar } : { icon_emoji: post.kind === "note" ? ":lock:" : ":speech_balloon:" }) };
}

function footOf(post: DeskPost): string {
  const said = [STANDING[post.kind], ...post.marks, ...(post.reactions === undefined || post.reactions.length === 0 ? [] : [`${post.author.name} reacted ${post.reactions.join(" ")}`])];
  return cleanText(said.filter((word) => word !== undefined).join(" · "));
}

/** `texts`: into exactly so many messages, as when they are there already. `parts`: messages in all, that with the files included. */
export interface Into { texts?: number; parts: number }
/** Characters that one message can show at most within the budget of its blocks. */
const MOST_CHARS = 5_500;
function fitInto(pieces: string[], texts: number | undefined): string[] {
  if (texts === undefined || pieces.length === texts) return pieces;
  if (pieces.length < texts) return [...pieces, ...Array.from({ length: texts - pieces.length }, () => "")];
  return [...pieces.slice(0, texts - 1), cut(pieces.slice(texts - 1).join(""), MOST_CHARS)];
}

const DELETED = "Deleted by its author.";

/**
 * One message for each piece. `label`: the name goes into the text, since the app may not post under other names. A piece whose links
 * or formatting would burst the budget is shown as it stands.
 */
export function renderPost(post: DeskPost, key: string, label: boolean, into?: Into): Rendered[] {
  const foot = footOf(post);
  const body = post.deleted === true ? DELETED : cleanText(post.text);
  if (post.kind === "activity" || post.kind === "system") {
    const pieces = fitInto(splitText([body, foot].filter((words) => words !== "").join(" · "), 2_000), into?.texts);
    return pieces.map((piece, part) => ({ text: fallbackText(piece), blocks: [context(piece === "" ? " " : piece, { block_id: makeMark({ kind: "post", key, part, parts: into?.parts ?? pieces.length }) })] }));
  }
  const pieces = fitInto(splitText(body, TEXT_CHARS), into?.texts);
  let end = 0;
  return pieces.map((piece, part) => {
    const start = end;
    end += piece.length;
    const head: RichPart[] = label && part === 0 ? [section([{ type: "text", text: `${cleanText(post.author.name)}\n`, style: { bold: true } }])] : [];
    const blockId = makeMark({ kind: "post", key, part, parts: into?.parts ?? pieces.length });
    const after = part === pieces.length - 1 && foot !== "" ? [context(foot)] : [];
    const shown = piece.trim() === "" ? [section([{ type: "text", text: post.files.length > 0 ? "📎" : "…" }])]
      : post.deleted === true ? [section([{ type: "text", text: piece, style: { italic: true } }])]
      : formatted(richTextOf(post, piece, start));
    const blocks = [rich([...head, ...shown], blockId), ...after];
    const fits = JSON.stringify(blocks).length <= BLOCK_CHARS;
    return { text: fallbackText(piece), blocks: fits ? blocks : [rich([...head, section([{ type: "text", text: piece }])], blockId), ...after] };
  });
}

/** Lines under a file post; `block_id` says whose files they are. */
export const fileBlocks = (post: DeskPost, key: string, label: boolean): Block[] =>
  [context(cleanText(label ? `${post.author.name} · ${fileWords(post)}` : fileWords(post)), { block_id: makeMark({ kind: "files", key }) })];
const fileWords = (post: DeskPost): string => {
  const from = post.kind === "customer" ? "From the customer" : STANDING[post.kind] ?? "Files";
  return post.files.length === 1 ? `${from}: 1 file` : `${from}: ${post.files.length} files`;
};

function factElements({ label, value, at }: CardFact, last: boolean): RichElement[] {
  const end = last ? "" : "\n";
  const name: RichElement = { type: "text", text: `${label}: `, style: { bold: true } };
  if (at === undefined) return [name, { type: "text", text: `${cut(cleanText(value), 500)}${end}` }];
  // each viewer reads it in their own time zone
  const date: RichElement = { type: "date", timestamp: Math.floor(at.getTime() / 1_000), format: "{date_short_pretty} at {time}", fallback: at.toISOString() };
  return end === "" ? [name, date] : [name, date, { type: "text", text: end }];
}

const title = (card: Card): string => cut(cleanText(`#${card.number} ${card.title}`).replace(/\s+/g, " "), 150);

/** A resolved conversation's card is one line with its buttons; one that went to another desk points there. `key` is that under which the thread was opened. */
export function renderCard(card: Card, key: string): Rendered {
  const blockId = makeMark({ kind: "card", conversation: card.conversationId, collapsed: card.collapsed, key });
  const status = card.facts.find((fact) => fact.label === "Status")?.value ?? card.status;
  const contact = card.facts.find((fact) => fact.label === "Contact")?.value ?? "";
  const buttons: Block[] = card.buttons.length === 0 ? [] : [{ type: "actions", elements: card.buttons.slice(0, 25).map((button, place) => buttonElement(button, place, { number: card.number })) }];
  if (card.moved !== undefined) {
    const line = cut(`➡️ ${title(card)}${contact === "" ? "" : ` · ${cleanText(contact)}`}`, 400);
    const where = cleanText(`${movedWords(card.moved)}${card.moved.link === undefined ? "." : `: ${card.moved.link}`}`);
    return { text: fallbackText(`${line} · ${where}`), blocks: [context(line, { block_id: blockId }), { type: "rich_text", elements: [section(literal(where))] }, ...buttons] };
  }
  if (card.collapsed) {
    const line = cut(`✅ Resolved · ${title(card)}${contact === "" ? "" : ` · ${cleanText(contact)}`}`, 400);
    return { text: fallbackText(line), blocks: [context(line, { block_id: blockId }), ...buttons] };
  }
  const facts = card.facts.flatMap((fact, n) => factElements(fact, n === card.facts.length - 1));
  return {
    text: fallbackText(`${title(card)}${contact === "" ? "" : ` · ${contact}`} · ${status}`),
    blocks: [
      { type: "header", block_id: blockId, text: plain(title(card)) },
      ...(facts.length === 0 ? [] : [{ type: "rich_text", elements: [section(facts)] }]),
      ...(card.lastLine === null ? [] : [context(cut(cleanText(card.lastLine), 300))]),
      ...buttons,
    ],
  };
}

/** How every post is sent: nothing in it is looked for, nothing is previewed. Source: docs.slack.dev/messaging/formatting-message-text#automatic-parsing */
export const AS_IT_STANDS = { mrkdwn: false, parse: "none", link_names: false, unfurl_links: false, unfurl_media: false } as const;
/** What `chat.update` takes of it; left out, it would look for names. */
export const UPDATE_AS_IT_STANDS = { parse: "none", link_names: false } as const;
