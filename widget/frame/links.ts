/** Text cut into plain pieces and safe links: http, https and mail addresses, never anything that runs. */
export interface Piece { text: string; href?: string }

const FOUND = /\bhttps?:\/\/[^\s<>"'`]+|\b[\w.+-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+\b/gi;
/** What ends a sentence rather than an address. */
const TAIL = /[.,;:!?'"*_~]+$/;

export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(FOUND)) {
    const link = trimmed(match[0]);
    const href = /^https?:/i.test(link) ? link : `mailto:${link}`;
    if (!URL.canParse(href)) continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index) });
    pieces.push({ text: link, href });
    from = match.index + link.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

/** Without closing punctuation; a closing bracket stays when the address opened it. */
function trimmed(found: string): string {
  let link = found.replace(TAIL, "");
  while (link.endsWith(")") && link.split(")").length > link.split("(").length) link = link.slice(0, -1).replace(TAIL, "");
  return link;
}
