/**
 * Whom a text would notify and where it would lead, as Slack reads it.
 * Source: docs.slack.dev/messaging/formatting-message-text (mentions, special mentions, links, escaping, automatic parsing)
 */
import type { Json, StoredMessage } from "./types.ts";

export interface Mention {
  kind: "user" | "subteam" | "here" | "channel" | "everyone"; id: string | null;
  /** Found only because names are parsed automatically (link_names, parse, or a text object without `verbatim`). */
  bare: boolean;
}
export interface Link { url: string; /** Null when the address itself is shown. */ label: string | null }
export interface Parsing { linkNames?: boolean; parse?: "none" | "full" | "client" | null; /** Handles and the ids they stand for. */ names?: Map<string, string> }

const CONTROL = /<([^<>\n]*)>/g;
const BARE = /(^|[^\w@])@([a-z0-9][\w.-]*)/gi;
const URL_IN_TEXT = /\b(?:https?:\/\/|mailto:)[^\s<>|]+/gi;

function control(inner: string): Mention | null {
  const [target = ""] = inner.split("|");
  if (/^@[UW][A-Z0-9]+$/.test(target)) return { kind: "user", id: target.slice(1), bare: false };
  const special = /^!(here|channel|everyone)$/.exec(target)?.[1] as "here" | "channel" | "everyone" | undefined;
  if (special !== undefined) return { kind: special, id: null, bare: false };
  const group = /^!subteam\^(S[A-Z0-9]+)$/.exec(target)?.[1];
  return group === undefined ? null : { kind: "subteam", id: group, bare: false };
}

/** Everyone whom `text` would notify. Entities (`&lt;`) are text, never markup. */
export function mentionsIn(text: string, { linkNames = false, parse = null, names = new Map() }: Parsing = {}): Mention[] {
  const found = [...text.matchAll(CONTROL)].map((match) => control(match[1]!)).filter((mention) => mention !== null);
  if (!linkNames && parse !== "full" && parse !== "client") return found;
  for (const [, , raw] of text.replaceAll(CONTROL, " ").matchAll(BARE)) {
    const name = raw!.toLowerCase().replace(/[.-]+$/, "");
    if (name === "here" || name === "channel" || name === "everyone") found.push({ kind: name, id: null, bare: true });
    else if (names.has(name)) found.push({ kind: names.get(name)!.startsWith("S") ? "subteam" : "user", id: names.get(name)!, bare: true });
  }
  return found;
}

const unescape = (text: string): string => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** Every link that `text` would show: written as `<url|label>` or `<url>`, or an address standing in the text. */
export function linksIn(text: string): Link[] {
  const found: Link[] = [];
  for (const [, inner] of text.matchAll(CONTROL)) {
    const [target = "", ...label] = inner!.split("|");
    if (/^(?:https?:\/\/|mailto:|tel:|slack:)/i.test(target)) found.push({ url: unescape(target), label: label.length === 0 ? null : unescape(label.join("|")) });
  }
  for (const [url] of text.replaceAll(CONTROL, " ").matchAll(URL_IN_TEXT)) found.push({ url: unescape(url), label: null });
  return found;
}

/** All pieces of a message that Slack reads as markup, and how. Plain text objects are never markup. */
function pieces(node: unknown, into: { texts: { text: string; verbatim: boolean }[]; mentions: Mention[]; links: Link[] }): void {
  if (Array.isArray(node)) { for (const item of node) pieces(item, into); return; }
  if (typeof node !== "object" || node === null) return;
  const part = node as Json;
  if (part.type === "mrkdwn" && typeof part.text === "string") { into.texts.push({ text: part.text, verbatim: part.verbatim === true }); return; }
  if (part.type === "markdown" && typeof part.text === "string") into.texts.push({ text: part.text, verbatim: false });
  if (part.type === "user" && typeof part.user_id === "string") into.mentions.push({ kind: "user", id: part.user_id, bare: false });
  if (part.type === "usergroup" && typeof part.usergroup_id === "string") into.mentions.push({ kind: "subteam", id: part.usergroup_id, bare: false });
  if (part.type === "broadcast") into.mentions.push({ kind: part.range as "here" | "channel" | "everyone", id: null, bare: false });
  if (part.type === "link" && typeof part.url === "string") into.links.push({ url: part.url, label: (part.text as string | undefined) ?? null });
  else if (typeof part.url === "string" && part.type === "button") into.links.push({ url: part.url, label: ((part.text as Json | undefined)?.text as string | undefined) ?? null });
  for (const value of Object.values(part)) pieces(value, into);
}

const read = (message: Pick<StoredMessage, "text" | "blocks">) => {
  const into = { texts: [] as { text: string; verbatim: boolean }[], mentions: [] as Mention[], links: [] as Link[] };
  pieces(message.blocks, into);
  return into;
};

/** Whom a stored message would notify, by its text, its blocks and the way it was sent. */
export function mentionsOf(message: StoredMessage, names: Map<string, string>): Mention[] {
  const { texts, mentions } = read(message);
  const { linkNames, parse } = message.parsing;
  return [...mentionsIn(message.text, { linkNames, parse, names }), ...mentions,
    ...texts.flatMap(({ text, verbatim }) => mentionsIn(text, { linkNames: !verbatim || linkNames, parse, names }))];
}
/** Every link that a stored message shows, by its text and its blocks. */
export function linksOf(message: StoredMessage): Link[] {
  const { texts, links } = read(message);
  return [...linksIn(message.text), ...links, ...texts.flatMap(({ text }) => linksIn(text))];
}
