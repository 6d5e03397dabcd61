/** Plain text made fit for any desk: without what no screen shows, cut or split to what one post holds. Pure. */

/** Without what no screen shows: control characters, halves of characters, and the marks that turn the reading direction around. */
export const cleanText = (text: string): string => text.replace(/\r\n?/g, "\n").replace(/[^\P{Cc}\n\t]|[\u202D\u202E]|\p{Cs}/gu, "");

/** At most `max` UTF-16 units, "…" included. */
export const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, "")}…`);

/** "Ana · Telegram" in at most `max` units: what is cut is the name, never the channel behind it, so that no name can pass for a colleague's. */
export function cutName(text: string, max: number): string {
  const at = text.lastIndexOf(" · ");
  return text.length <= max || at < 0 || text.length - at > max / 2 ? cut(text, max) : `${cut(text.slice(0, at), max - (text.length - at))}${text.slice(at)}`;
}

/** Pieces of at most `max` UTF-16 units that give the text again when they are put together: cut after a line, else a word, else a character. */
export function splitText(text: string, max: number): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > max) {
    const window = rest.slice(0, max);
    let end = Math.max(window.lastIndexOf("\n"), window.lastIndexOf(" ")) + 1;
    if (end <= max / 2) end = /[\uD800-\uDBFF]$/.test(window) ? max - 1 : max;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...pieces, rest];
}
