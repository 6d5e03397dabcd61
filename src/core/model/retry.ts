/** Delay before try `n` (n ≥ 1), in milliseconds: 2 s doubling to 5 min. A vendor's own longer wait wins.
 *  @throws {RangeError} when n < 1. */
export function retryDelayMs(n: number, vendorMs = 0): number {
  if (n < 1) throw new RangeError(`n=${n}`);
  return Math.max(vendorMs, Math.min(2_000 * 2 ** (n - 1), 300_000));
}
