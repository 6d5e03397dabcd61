/** A reply's text as a mail's: plain, and as HTML that nobody's text breaks out of. Pure. */
import type { Block, Inline } from "../../core/model/rich-text.ts";
import { parseMarkdown } from "../../core/text/markdown.ts";
import { withAddresses, withMarks } from "../shared/marked.ts";
import { readAgentText } from "../shared/pieces.ts";

const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;").replace(/'/g, "&#39;");
const link = (url: string, text: string): string => `<a href="${escape(url)}">${escape(text)}</a>`;
const ADDRESS = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/gi;

/** Addresses lead where they say. */
function linked(text: string): string {
  let out = "", end = 0;
  for (const { 0: url, index } of text.matchAll(ADDRESS)) {
    out += escape(text.slice(end, index)) + link(url, url);
    end = index + url.length;
  }
  return out + escape(text.slice(end));
}

const TAGS = { bold: "strong", italic: "em", strike: "s" } as const;
/** The only tags besides those of blocks; line ends stay as they are, but for those in code. */
const inline = (nodes: Inline[]): string => nodes.map((node) => {
  if (node.kind === "text") return linked(node.text);
  if (node.kind === "link") return link(node.url, node.text);
  if (node.kind === "code") return `<code>${escape(node.text)}</code>`;
  if (node.kind === "pre") return `<pre>${escape(node.text).replace(/\n/g, "&#10;")}</pre>`;
  return `<${TAGS[node.kind]}>${inline(node.children)}</${TAGS[node.kind]}>`;
}).join("");

/** Paragraphs and line ends are kept; blocks of code stand between them. */
const paragraphs = (html: string): string => html.split(/(<pre>.*?<\/pre>)/).flatMap((part) => (part.startsWith("<pre>") ? [part]
  : part.split(/\n{2,}/).map((lines) => lines.replace(/^\n|\n$/g, "")).filter((lines) => lines.trim() !== "").map((lines) => `<p>${lines.replace(/\n/g, "<br>\n")}</p>`))).join("\n");

function block(one: Block): string {
  if (one.kind === "lines") return paragraphs(inline(one.children));
  if (one.kind === "quote") return `<blockquote>${paragraphs(inline(one.children))}</blockquote>`;
  // numbers stay as they were written, whatever they count
  const bullets = one.items.every(({ lead }) => !/\d/.test(lead));
  if (!bullets) return `<p>${one.items.map(({ lead, children }) => `${escape(lead)}${inline(children)}`).join("<br>\n")}</p>`;
  return `<ul>${one.items.map(({ children }) => `<li>${inline(children)}</li>`).join("\n")}</ul>`;
}

/** The text and the signature below it, behind the mark that mail programs know. */
export const toText = (body: string, signature: string): string => withSignature(withMarks(withAddresses(readAgentText(body))), signature);

/** Every character of the texts that means something in HTML is escaped. */
export function toHtml(body: string, signature = ""): string {
  const below = signature.trim() === "" ? [] : [paragraphs(linked(`-- \n${signature.trim()}`))];
  return `<div style="font-family:sans-serif;font-size:14px;line-height:1.5">\n${[...parseMarkdown(body.trim()).map(block), ...below].filter((part) => part !== "").join("\n")}\n</div>`;
}

const withSignature = (text: string, signature: string): string => (signature.trim() === "" ? text : `${text}\n\n-- \n${signature.trim()}`);

/** A name or signature with who writes put in: `{agent}`, `{team}` and `{inbox}`; who is not known stands behind the next of them. */
export function withNames(template: string, { agent, team, inbox }: { agent: string; team: string; inbox: string }): string {
  const names: Record<string, string> = { agent: agent || team || inbox, team: team || inbox, inbox };
  return template.replace(/\{(agent|team|inbox)\}/g, (_, name: string) => names[name]!);
}
