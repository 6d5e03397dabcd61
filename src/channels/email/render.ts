/** A reply's text as a mail's: plain as it was written, and as HTML that nobody's text breaks out of. Pure. */

const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;").replace(/'/g, "&#39;");
const link = (url: string, text: string): string => `<a href="${url}">${text}</a>`;

/** One of: code, a named link, bold, struck, italic, a bare address. In escaped text, so quotes and angles are entities. */
const INLINE = /`([^`\n]+)`|\[([^\]\n]{1,200})\]\((https?:\/\/[^\s()<>"']+)\)|\*\*([^*\n]+)\*\*|~~([^~\n]+)~~|(?<![\w_])_([^_\n]+)_(?![\w_])|(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/g;

function inline(escaped: string): string {
  return escaped.replace(INLINE, (all: string, code?: string, name?: string, url?: string, bold?: string, struck?: string, italic?: string, bare?: string) => {
    if (code !== undefined) return `<code>${code}</code>`;
    if (name !== undefined && url !== undefined) return link(url, name);
    if (bold !== undefined) return `<strong>${bold}</strong>`;
    if (struck !== undefined) return `<s>${struck}</s>`;
    if (italic !== undefined) return `<em>${italic}</em>`;
    return bare === undefined ? all : link(bare.replace(/&(quot|#39|gt|lt);.*$/, ""), bare);
  });
}

/** Paragraphs and line ends are kept; every character of `text` that means something in HTML is escaped first. */
export function toHtml(text: string): string {
  const paragraphs = text.trim().split(/\n{2,}/).map((paragraph) => `<p>${inline(escape(paragraph)).replace(/\n/g, "<br>\n")}</p>`);
  return `<div style="font-family:sans-serif;font-size:14px;line-height:1.5">\n${paragraphs.join("\n")}\n</div>`;
}

/** The text with the signature below it, behind the mark that mail programs know. */
export const withSignature = (text: string, signature: string): string => (signature.trim() === "" ? text : `${text}\n\n-- \n${signature.trim()}`);
