/**
 * The marks that WhatsApp shows as formatting, read as its apps read them: *bold*, _italic_, ~strike~, `code`, ```block```, "> " quotes.
 * Source: faq.whatsapp.com/539178204879377 (How to format your messages)
 */
import type { Span, Spanned } from "../../core/model/rich-text.ts";
import { saneSpans } from "../../core/text/spans.ts";

const PRE = /```([^\s`](?:[\s\S]{0,16384}?[^\s`])?|\s[\s\S]{0,16384}?\S\s*)```/y;
const CODE = /`([^\s`](?:[^`\n]{0,2048}[^\s`])?)`/y;
/** The mark hugs its words on the inside and touches no word on the outside. */
const STYLED = /([*_~])(?!\1)(?=\S)((?:(?!\1)[^\n]){0,2048}?[^\s])\1(?![\p{L}\p{N}])/uy;
const STYLES = { "*": "bold", "_": "italic", "~": "strike" } as const;
/** Twice what WhatsApp lets anybody write: more is shown as it stands. */
const MOST_CHARS = 8_192;
const WORD = /[\p{L}\p{N}]/u;
const at = (pattern: RegExp, text: string, i: number): RegExpExecArray | null => { pattern.lastIndex = i; return pattern.exec(text); };

function read(text: string, into: Spanned): void {
  const enclose = (type: Span["type"], inner: () => void) => {
    const span: Span = { type, offset: into.text.length, length: 0 };
    into.spans.push(span);
    inner();
    span.length = into.text.length - span.offset;
  };
  for (let i = 0; i < text.length;) {
    const sign = text[i]!;
    const block = sign === "`" ? at(PRE, text, i) : null;
    const code = sign === "`" && block === null ? at(CODE, text, i) : null;
    const styled = /[*_~]/.test(sign) && !WORD.test(text[i - 1] ?? "") ? at(STYLED, text, i) : null;
    if (block !== null) enclose("pre", () => { into.text += block[1]!; });
    else if (code !== null) enclose("code", () => { into.text += code[1]!; });
    else if (styled !== null) enclose(STYLES[styled[1] as keyof typeof STYLES], () => { read(styled[2]!, into); });
    else into.text += sign;
    i += (block ?? code ?? styled)?.[0].length ?? 1;
  }
}

/** Without the marks, and what they said. Addresses are left as they are. */
export function readMarkup(source: string): Spanned {
  if (source.length > MOST_CHARS || !/[*_~`]|^> /m.test(source)) return { text: source, spans: [] };
  const into: Spanned = { text: "", spans: [] };
  const lines = source.split(/(?<=\n)/);
  for (let i = 0; i < lines.length;) {
    const quoted = lines[i]!.startsWith("> ");
    let end = i + 1;
    while (end < lines.length && lines[end]!.startsWith("> ") === quoted) end++;
    const part = lines.slice(i, end).map((line) => (quoted ? line.slice(2) : line)).join("");
    const offset = into.text.length;
    read(part, into);
    if (quoted) into.spans.push({ type: "quote", offset, length: into.text.length - offset });
    i = end;
  }
  return { text: into.text, spans: saneSpans(into.text, into.spans) };
}
