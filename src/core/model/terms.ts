/** Words that search knows a text by: the same for what is stored and for what is looked for. */

const MAX_TERMS = 400;
const MAX_LENGTH = 40;

/** Lower-cased distinct words (letters, digits; NFKC), in order, at most 400 of at most 40 characters each. */
export function termsOf(text: string): string[] {
  const words = text.normalize("NFKC").toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu) ?? [];
  return [...new Set(words.map((word) => word.slice(0, MAX_LENGTH)))].slice(0, MAX_TERMS);
}
