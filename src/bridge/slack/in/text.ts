/**
 * What people write in Slack → the markdown that channels and the guard read: **bold**, _italic_, ~~strike~~, `code`, [label](url).
 * Source: docs.slack.dev/messaging/formatting-message-text, docs.slack.dev/reference/block-kit/blocks/rich-text-block
 */
import { withEmoji } from "./emoji.ts";

/** Names for people; null where there is none. */
export interface Names { user(id: string): Promise<string | null>; channel(id: string): Promise<string | null>; group(id: string): Promise<string | null> }
/** `mentions`: how many people and groups the message notifies. */
export interface ReadText { text: string; mentions: number }

const FENCE = /```([\s\S]+?)```/g;
const INLINE = /`([^`\n]+)`/g;
const CONTROL = /<([^<>\n]+)>/g;
const HOLE = /\0(\d+)\0/g;
const entities = (text: string): string => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
/** A mark that hugs its words on the inside and touches no word on the outside. */
const span = (mark: string) => new RegExp(`(?<![\\p{L}\\p{N}${mark}\\\\])[${mark}](?=[^\\s${mark}])([^${mark}\\n]*[^\\s${mark}])[${mark}](?![\\p{L}\\p{N}${mark}])`, "gu");
const BOLD = span("*"), STRIKE = span("~");

/** What stands between `<` and `>`: shown how, and whom it notifies. */
async function readControl(inner: string, names: Names): Promise<{ text: string; notifies?: string }> {
  const bar = inner.indexOf("|");
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? null : entities(inner.slice(bar + 1));
  const [, sign, id = ""] = /^([@#])([A-Z0-9]+)$/.exec(target) ?? [];
  if (sign === "@") return { text: `@${(await names.user(id)) ?? label?.replace(/^@/, "") ?? id}`, notifies: id };
  if (sign === "#") return { text: `#${label === null || label === "" ? (await names.channel(id)) ?? id : label}` };
  const [, group] = /^!subteam\^([A-Z0-9]+)$/.exec(target) ?? [];
  if (group !== undefined) return { text: `@${label?.replace(/^@/, "") ?? (await names.group(group)) ?? group}`, notifies: group };
  const [, everyone] = /^!(here|channel|everyone|group)$/.exec(target) ?? [];
  if (everyone !== undefined) return { text: `@${everyone}`, notifies: everyone };
  if (target.startsWith("!")) return { text: label ?? "" };
  return { text: link(entities(target), label) };
}

/** Addresses that Slack recognised by itself are shown as they were written. */
function link(url: string, label: string | null): string {
  if (label === null || label === "" || label === url || url === `http://${label}` || url === `https://${label}` || url === `mailto:${label}` || url === `tel:${label}`) return label === null || label === "" ? url.replace(/^(?:mailto|tel):/, "") : label;
  const safe = /^(?:https?:\/\/|mailto:|tel:)[^\s()<>]+$/i.test(url) && !/[[\]\n]/.test(label);
  return safe ? `[${label}](${url})` : `${label} (${url})`;
}

/** A message's `text`, mrkdwn as Slack sends it. */
export async function readMrkdwn(source: string, names: Names): Promise<{ text: string; notified: Set<string> }> {
  const held: string[] = [];
  const hold = (text: string): string => `\0${held.push(text) - 1}\0`;
  const notified = new Set<string>();
  const controls = new Map<string, string>();
  for (const [whole, inner] of source.matchAll(CONTROL)) {
    if (controls.has(whole)) continue;
    const { text, notifies } = await readControl(inner!, names);
    if (notifies !== undefined) notified.add(notifies);
    controls.set(whole, text);
  }
  const plain = (text: string): string => entities(text.replace(CONTROL, (whole, inner: string) => { const [target = "", label] = inner.split("|"); return /^[@#!]/.test(target) ? controls.get(whole)! : label ?? target; }));

  const text = source.replaceAll("\0", "").replace(/\r\n?/g, "\n")
    .replace(FENCE, (_whole, code: string, at: number, all: string) => {
      const after = all.slice(at + code.length + 6);
      return `${hold(`\`\`\`\n${plain(code).replace(/^\n|\n$/g, "")}\n\`\`\``)}${after === "" || /^\s/.test(after) ? "" : "\n"}`;
    })
    .replace(INLINE, (_whole, code: string) => hold(`\`${plain(code)}\``))
    .replace(CONTROL, (whole) => hold(controls.get(whole)!))
    .replace(BOLD, "**$1**").replace(STRIKE, "~~$1~~");
  const filled = withEmoji(entities(text)).replace(HOLE, (_whole, n: string) => held[Number(n)]!);
  return { text: filled, notified };
}

type Node = Record<string, unknown>;
const nodes = (value: unknown): Node[] => (Array.isArray(value) ? (value as unknown[]).filter((one): one is Node => typeof one === "object" && one !== null) : []);
const word = (value: unknown): string => (typeof value === "string" ? value : "");

/** Whom the elements of rich text notify, at any depth. */
function notifiedBy(node: Node, into: Set<string>): void {
  if (node.type === "user") into.add(word(node.user_id));
  if (node.type === "usergroup") into.add(word(node.usergroup_id));
  if (node.type === "broadcast") into.add(word(node.range));
  for (const child of nodes(node.elements)) notifiedBy(child, into);
}

/** Rich text as the mrkdwn that Slack would have put into `text`: for messages that come without. */
function asMrkdwn(node: Node): string {
  const inner = () => nodes(node.elements).map((child) => asMrkdwn(child)).join("");
  const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  switch (node.type) {
    case "rich_text": return nodes(node.elements).map((child) => asMrkdwn(child)).join("\n");
    case "rich_text_quote": return inner().replace(/^/gm, "&gt; ");
    case "rich_text_preformatted": return `\`\`\`${inner()}\`\`\``;
    case "rich_text_list": return nodes(node.elements).map((child, i) => `${"    ".repeat(Number(node.indent ?? 0))}${node.style === "ordered" ? `${i + 1 + Number(node.offset ?? 0)}.` : "•"} ${asMrkdwn(child)}`).join("\n");
    case "text": return styled(escaped(word(node.text)), node.style as Node | undefined);
    case "link": return `<${word(node.url)}${word(node.text) === "" ? "" : `|${escaped(word(node.text))}`}>`;
    case "emoji": return `:${word(node.name)}:`;
    case "user": return `<@${word(node.user_id)}>`;
    case "usergroup": return `<!subteam^${word(node.usergroup_id)}>`;
    case "channel": return `<#${word(node.channel_id)}>`;
    case "broadcast": return `<!${word(node.range)}>`;
    case "date": return word(node.fallback);
    default: return inner();
  }
}
function styled(text: string, style: Node | undefined): string {
  const [, before = "", core = "", after = ""] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text) ?? [];
  if (style === undefined || core === "") return text;
  let marked = style.code === true ? `\`${core}\`` : core;
  if (style.strike === true) marked = `~${marked}~`;
  if (style.italic === true) marked = `_${marked}_`;
  if (style.bold === true) marked = `*${marked}*`;
  return before + marked + after;
}

/** What a message says. Its blocks count for whom it notifies, and for the text when there is no other. */
export async function readMessageText({ text = "", blocks }: { text?: string | undefined; blocks?: unknown }, names: Names): Promise<ReadText> {
  const rich = nodes(blocks).filter((block) => block.type === "rich_text");
  const read = await readMrkdwn(text.trim() === "" ? rich.map((block) => asMrkdwn(block)).join("\n") : text, names);
  for (const block of rich) notifiedBy(block, read.notified);
  return { text: read.text, mentions: read.notified.size };
}
