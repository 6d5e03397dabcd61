/** Names that a person may have meant. Pure. */

/** Slips (a letter more, less or other, two swapped) between two short words. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j]!, before[j - 2]! + 1);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}

/** Up to three of `names` that look like `word`, closest first: a shared beginning, or a slip in every third letter at most. */
export function closeNames(word: string, names: Iterable<string>): string[] {
  const wanted = word.slice(0, 40).toLowerCase();
  if (wanted === "") return [];
  const scored: { name: string; score: number }[] = [];
  for (const name of names) {
    const folded = name.slice(0, 40).toLowerCase();
    const score = folded.startsWith(wanted) || (folded.length > 2 && wanted.startsWith(folded)) ? 0.5 : distance(wanted, folded);
    if (score <= Math.max(1, Math.floor(Math.max(wanted.length, folded.length) / 3))) scored.push({ name, score });
  }
  return scored.sort((a, b) => a.score - b.score || a.name.localeCompare(b.name)).slice(0, 3).map((entry) => entry.name);
}

/** " Did you mean billing or bills?", or "" when nothing is close. */
export function didYouMean(word: string, names: Iterable<string>): string {
  const close = closeNames(word, names);
  return close.length === 0 ? "" : ` Did you mean ${close.join(" or ")}?`;
}
