/**
 * Formatted text as Discord's markdown: what is not formatting is escaped, so it reads as it was meant and nothing else. Pure.
 * Source: support.discord.com/hc/articles/210298617 (Markdown)
 */
import type { Inline, RichText } from "../../../core/model/rich-text.ts";
import { literal } from "./text.ts";

const MARKS = { bold: "**", italic: "*", strike: "~~" } as const;

function code(text: string): string | null {
  if (text.includes("\n") || text.trim() === "" || text.includes("``")) return null;
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}
const block = (text: string): string | null => (/^\s*$|^\n|\n$|```/.test(text) ? null : `\`\`\`\n${text}\n\`\`\``);

/** Only web addresses may have a name, and no name may look like another address. */
function link(text: string, url: string, inLine: boolean): string {
  const words = literal(text, inLine);
  if (text === url || !URL.canParse(url)) return words;
  if (!/^https?:/i.test(url)) return `${words} (${literal(url, true)})`;
  return /[<>@]|:\/\/|\bwww\.|\.\p{L}{2}/iu.test(text) ? `${words} (<${url}>)` : `[${words.replaceAll("]", "\\]")}](<${url}>)`;
}

/** Discord looks for the end of a mark in code too. */
const endsMarks = (nodes: Inline[]): boolean => nodes.some((node) => node.kind === "pre" || (node.kind === "code" && /[*~\\`]/.test(node.text)) || ("children" in node && endsMarks(node.children)));

/** What is written so far. `ended`: its last sign ends a mark, with which one that begins here would run together. */
interface Written { out: string; ended: boolean }

function write(nodes: Inline[], to: Written): void {
  for (const node of nodes) {
    const inLine = to.out !== "" && !to.out.endsWith("\n");
    if ("children" in node && (to.ended || endsMarks(node.children))) { write(node.children, to); continue; }
    const mayMark = !to.ended;
    to.ended = false;
    if (node.kind === "text") to.out += literal(node.text, inLine);
    else if (node.kind === "link") to.out += link(node.text, node.url, inLine);
    else if (node.kind === "code" || node.kind === "pre") {
      const made = mayMark ? (node.kind === "code" ? code : block)(node.text) : null;
      to.out += made ?? literal(node.text, inLine);
      to.ended = made !== null;
    } else {
      const mark = MARKS[node.kind], inner: Written = { out: mark, ended: false };
      write(node.children, inner);
      const [, blank = "", words = "", after = ""] = /^(\s*)([\s\S]*?)(\s*)$/.exec(inner.out.slice(mark.length)) ?? [];
      to.out += words === "" ? blank + after : `${blank}${mark}${words}${mark}${after}`;
      to.ended = words !== "" && after === "";
    }
  }
}
function inline(nodes: Inline[], before = ""): string {
  const to: Written = { out: before, ended: false };
  write(nodes, to);
  return to.out.slice(before.length);
}

/** Numbers would be counted anew by Discord: numbered items are lines as they were written. */
const item = (lead: string, children: Inline[]): string => (/\d/.test(lead) ? inline([{ kind: "text", text: lead }, ...children]) : `${/^ */.exec(lead)![0]}- ${inline(children, "- ")}`);

export function formatted(rich: RichText): string {
  return rich.map((one) => {
    if (one.kind === "lines") return inline(one.children);
    if (one.kind === "list") return one.items.map(({ lead, children }) => item(lead, children)).join("\n");
    return inline(one.children, "> ").split("\n").map((line) => `> ${line}`).join("\n");
  }).join("\n");
}
