/** Where to cut a text that is too long for one message of a vendor. */

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** A cut this far back is still better than one inside a paragraph. */
const WORTH = 0.5;

/**
 * Index in UTF-16 units, 1 to `max`, at which to cut `text` (longer than `max`): after the last paragraph, else line, else sentence,
 * else word of the second half; else between two characters as people see them, so no surrogate pair or joined emoji is torn.
 */
export function splitAt(text: string, max: number): number {
  const window = text.slice(0, max);
  for (const border of [/\n\s*\n/g, /\n/g, /[.!?…]\s/g, /\s/g]) {
    const last = [...window.matchAll(border)].at(-1);
    if (last !== undefined && last.index + last[0].length > max * WORTH) return last.index + last[0].length;
  }
  const from = Math.max(0, max - 64);
  let cut = 0;
  for (const { index } of graphemes.segment(text.slice(from, max + 64))) if (from + index <= max) cut = from + index;
  if (cut > from) return cut;
  return /[\ud800-\udbff]/.test(text[max - 1]!) ? Math.max(1, max - 1) : max;
}
