import type { Span } from "../../../core/model/rich-text.ts";
import { parseMarkdown } from "../../../core/text/markdown.ts";
import { fromSpans } from "../../../core/text/spans.ts";
import { Blocks } from "../../../shared-ui/rich-text.tsx";

const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;
function links(text: string): { text: string; href?: string }[] {
  const pieces: { text: string; href?: string }[] = [];
  let from = 0;
  for (const { 0: href, index } of text.matchAll(LINK)) {
    pieces.push({ text: text.slice(from, index) }, { text: href, href });
    from = index + href.length;
  }
  return [...pieces, { text: text.slice(from) }];
}

/** `markdown`: a teammate wrote it. Else its signs mean nothing; formatting is what `spans` say. */
export function RichText({ text, spans = [], markdown = false }: { text: string; spans?: Span[]; markdown?: boolean }) {
  return <span class="rich"><Blocks blocks={markdown ? parseMarkdown(text) : fromSpans({ text, spans })} links={links} /></span>;
}
