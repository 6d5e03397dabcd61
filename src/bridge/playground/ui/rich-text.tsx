import type { VNode } from "preact";

const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;

/** Text with its lines kept and its web addresses as links; nothing else in it has a meaning. */
export function RichText({ text }: { text: string }) {
  const parts: (string | VNode)[] = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    parts.push(text.slice(from, match.index), <a key={match.index} href={match[0]} target="_blank" rel="noreferrer noopener nofollow">{match[0]}</a>);
    from = match.index + match[0].length;
  }
  return <span class="rich">{parts}{text.slice(from)}</span>;
}
