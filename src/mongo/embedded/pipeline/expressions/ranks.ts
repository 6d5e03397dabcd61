const PIECE = 4096;

/** Numbers, asked for by their rank. They lie in sorted pieces, so that neither adding nor asking ever takes long; NaN is not among them. */
export class Ranks {
  private readonly pieces: Float64Array[] = [];
  private open: number[] = [];

  get size(): number {
    return this.pieces.length * PIECE + this.open.length;
  }

  add(n: number): void {
    this.open.push(n);
    if (this.open.length < PIECE) return;
    this.pieces.push(Float64Array.from(this.open).sort());
    this.open = [];
  }

  /** The number that `rank` others come before; rank is below size. */
  at(rank: number): number {
    const spans = [...this.pieces, Float64Array.from(this.open).sort()].map((piece) => ({ piece, from: 0, to: piece.length }));
    for (let left = rank; ;) {
      // The middle of the longest span halves at least that one.
      const longest = spans.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a));
      const pivot = longest.piece[(longest.from + longest.to) >> 1]!;
      const cuts = spans.map(({ piece, from, to }) => [place(piece, from, to, pivot, false), place(piece, from, to, pivot, true)] as const);
      const below = spans.reduce((sum, { from }, i) => sum + cuts[i]![0] - from, 0);
      const equal = cuts.reduce((sum, [low, high]) => sum + high - low, 0);
      if (left >= below && left < below + equal) return pivot;
      spans.forEach((span, i) => {
        if (left < below) span.to = cuts[i]![0];
        else span.from = cuts[i]![1];
      });
      if (left >= below) left -= below + equal;
    }
  }
}

/** Where numbers from `n` on begin, or those after it. */
function place(sorted: Float64Array, from: number, to: number, n: number, after: boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (after ? sorted[middle]! <= n : sorted[middle]! < n) low = middle + 1;
    else high = middle;
  }
  return low;
}
