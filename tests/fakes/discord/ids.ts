/** Snowflakes: milliseconds since 2015, then a counter; never twice, never falling. Source: discord.com/developers/docs/reference#snowflakes */
const EPOCH = 1_420_070_400_000;

export class Snowflakes {
  private last = 0n;
  constructor(private readonly now: () => number) {}
  next(): string {
    const fromClock = BigInt(Math.max(0, Math.floor(this.now()) - EPOCH)) << 22n;
    this.last = fromClock > this.last ? fromClock : this.last + 1n;
    return this.last.toString();
  }
}

/** When a snowflake was made, in milliseconds since 1970. */
export const timeOf = (id: string): number => Number(BigInt(id) >> 22n) + EPOCH;
export const byId = (a: { id: string }, b: { id: string }): number => (BigInt(a.id) < BigInt(b.id) ? -1 : 1);
/** A snowflake of that moment, for `before` and `after`. */
export const idAt = (ms: number): string => (BigInt(Math.max(0, ms - EPOCH)) << 22n).toString();
